using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Portal.Foundation.Telemetry;

namespace Portal.Functions.Foundation.Telemetry;

/// <summary>
/// Sends traces, metrics and logs to where settings say (docs/azure.md). Without such a setting nothing of OpenTelemetry is registered,
/// and nobody listens to a span. What leaves goes through <see cref="RedactTraces"/> and <see cref="RedactLogs"/>.
/// </summary>
public static class TelemetryRegistrations
{
    /// <summary>Spans of statements, with their text and never their values.</summary>
    private const string Postgres = "Npgsql";

    /// <summary>.NET's own of HTTP clients: every call to a vendor.</summary>
    private const string HttpClients = "System.Net.Http";

    public static IServiceCollection AddPortalTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section)
            .Validate(
                o => o.OtlpUrlIsRight(), "Telemetry:OtlpUrl must be the address of a collector without a path (http://127.0.0.1:4318).")
            .Validate(o => o.AzureMonitorIsRight(), "Telemetry:AzureMonitor must be a connection string of Application Insights.")
            .Validate(o => o.SampleRatio is >= 0 and <= 1, "Telemetry:SampleRatio must be between 0 and 1.")
            .ValidateOnStart();
        var options = configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new();
        if (options.IsOn && options.OtlpUrlIsRight() && options.AzureMonitorIsRight())
        {
            Add(services, options);
        }

        return services;
    }

    private static void Add(IServiceCollection services, TelemetryOptions options)
    {
        // Of libraries only what went wrong: the rest tells what spans tell, and some lines of theirs have paths.
        services.AddLogging(logging => logging
            .AddFilter<OpenTelemetryLoggerProvider>("Microsoft", LogLevel.Warning)
            .AddFilter<OpenTelemetryLoggerProvider>("System", LogLevel.Warning)
            .AddFilter<OpenTelemetryLoggerProvider>("Grpc", LogLevel.Warning));
        services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(traces => Export(
                traces.AddSource(PortalTrace.SourceName, Postgres, HttpClients)
                    .SetSampler(new TraceIdRatioBasedSampler(options.SampleRatio)).AddProcessor(new RedactTraces()),
                options))
            .WithMetrics(metrics => Export(metrics.AddMeter(PortalMetrics.MeterName, Postgres, HttpClients), options))
            .WithLogging(
                logs => Export(logs.AddProcessor(new RedactLogs()), options),
                logs => (logs.IncludeScopes, logs.IncludeFormattedMessage) = (true, true));
    }

    private static void Export(TracerProviderBuilder traces, TelemetryOptions options)
    {
        if (options.Otlp("traces") is { } url)
        {
            traces.AddOtlpExporter(otlp => At(otlp, url));
        }

        if (options.AzureMonitor.Length > 0)
        {
            traces.AddAzureMonitorTraceExporter(azure => At(azure, options), Credential(options));
        }
    }

    private static void Export(MeterProviderBuilder metrics, TelemetryOptions options)
    {
        if (options.Otlp("metrics") is { } url)
        {
            // Only what was measured since the last time: a burn rate is measured by one instance, now by this one and then by another.
            metrics.AddOtlpExporter((otlp, reader) =>
            {
                At(otlp, url);
                reader.TemporalityPreference = MetricReaderTemporalityPreference.Delta;
            });
        }

        if (options.AzureMonitor.Length > 0)
        {
            metrics.AddAzureMonitorMetricExporter(azure => At(azure, options), Credential(options));
        }
    }

    private static void Export(LoggerProviderBuilder logs, TelemetryOptions options)
    {
        if (options.Otlp("logs") is { } url)
        {
            logs.AddOtlpExporter(otlp => At(otlp, url));
        }

        if (options.AzureMonitor.Length > 0)
        {
            logs.AddAzureMonitorLogExporter(azure => At(azure, options), Credential(options));
        }
    }

    private static void At(OtlpExporterOptions otlp, Uri url) => (otlp.Endpoint, otlp.Protocol) = (url, OtlpExportProtocol.HttpProtobuf);

    private static void At(AzureMonitorExporterOptions azure, TelemetryOptions options)
    {
        azure.ConnectionString = options.AzureMonitor;

        // What is left out has been left out by our own sampler; what failed to leave is kept in memory, not on the instance's disk.
        azure.SamplingRatio = 1;
        azure.TracesPerSecond = null;
        azure.DisableOfflineStorage = true;
    }

    private static ManagedIdentityCredential? Credential(TelemetryOptions options) => options.AzureClientId.Length == 0
        ? null
        : new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(options.AzureClientId));
}
