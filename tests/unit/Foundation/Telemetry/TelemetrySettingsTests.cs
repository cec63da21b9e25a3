using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry.Trace;
using Portal.Foundation.Telemetry;
using Portal.Functions.Foundation.Telemetry;

namespace Portal.Tests.Unit.Foundation.Telemetry;

/// <summary>Nothing is registered unless a place is named; what is wrong stops the start with a sentence.</summary>
public sealed class TelemetrySettingsTests
{
    private const string Insights = "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://insights.example/";

    [Theory]
    [InlineData("", "", false)]
    [InlineData("OtlpUrl", "http://127.0.0.1:4318", true)]
    [InlineData("OtlpUrl", "https://collector.example/", true)]
    [InlineData("AzureMonitor", Insights, true)]
    public void It_is_on_where_a_place_is_named(string setting, string value, bool on)
    {
        using var services = Services(setting, value);

        services.GetRequiredService<IStartupValidator>().Validate();

        Assert.Equal(on, services.GetService<TracerProvider>() is not null);
        Assert.Equal(on, services.GetServices<IHostedService>().Any());
    }

    [Theory]
    [InlineData("OtlpUrl", "127.0.0.1:4318", "Telemetry:OtlpUrl must be")]
    [InlineData("OtlpUrl", "http://127.0.0.1:4318/v1/traces", "Telemetry:OtlpUrl must be")]
    [InlineData("OtlpUrl", "ftp://127.0.0.1", "Telemetry:OtlpUrl must be")]
    [InlineData("OtlpUrl", "http://me:secret@127.0.0.1:4318", "Telemetry:OtlpUrl must be")]
    [InlineData("AzureMonitor", "https://insights.example", "Telemetry:AzureMonitor must be")]
    [InlineData("SampleRatio", "1.01", "Telemetry:SampleRatio must be")]
    [InlineData("SampleRatio", "-0.01", "Telemetry:SampleRatio must be")]
    public void What_is_wrong_stops_the_start(string setting, string value, string sentence)
    {
        using var services = Services(setting, value);

        var fault = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.StartsWith(sentence, Assert.Single(fault.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_is_in_the_trace_that_has_the_id_of_its_work_and_whoever_started_it_leads_there()
    {
        var (work, none) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == PortalTrace.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);

        using (var request = PortalTrace.Begin("RequestUpload", ActivityKind.Server, $"00-{none:N}-00f067aa0ba902b7-01", null))
        {
            PortalTrace.Link(work);
            using var step = PortalTrace.Step("OpenUploadAtMux", work);

            Assert.Equal(none.ToString("N"), request!.TraceId.ToHexString());
            Assert.Equal(work.ToString("N"), step!.TraceId.ToHexString());
            Assert.Equal(step.TraceId, Assert.Single(request.Links).Context.TraceId);
            Assert.Equal(step.ParentSpanId, Assert.Single(request.Links).Context.SpanId);
        }

        Assert.NotEqual(default, PortalTrace.Begin("ReadMe", ActivityKind.Server, "nonsense", null)!.TraceId);
    }

    private static ServiceProvider Services(string setting, string value)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [$"Telemetry:{setting}"] = value }).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddPortalTelemetry(configuration)
            .BuildServiceProvider();
    }
}
