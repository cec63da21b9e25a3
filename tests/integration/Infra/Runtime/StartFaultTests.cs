using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Portal.Runtime;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class StartFaultTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    [Fact]
    public async Task Every_fault_of_the_functions_is_listed_at_once()
    {
        var failure = await FaultAsync(new RuntimeHost.Setup { Functions = [typeof(FaultySamples)] });
        string[] expected =
        [
            "Function name 'Twice' is used 2 times",
            "'ThingByKey' never answers GET 'things/{key}': 'ThingById' ('Things/{id}') sorts before it",
            "'RootRoute' (FaultySamples.RootRoute): the route \"\" is the function's name to the host",
            "'UnknownParameter' (FaultySamples.UnknownParameter): parameter 'other' (Guid) is neither in the route 'u/{id}'",
            "'UnbindableType' (FaultySamples.UnbindableType): route value 'id' cannot become a Version",
            "'NoTrigger' (FaultySamples.NoTrigger): no parameter has a trigger",
            "'TwoTriggers' (FaultySamples.TwoTriggers): has 2 triggers (timer, input)",
            "'BadRoute' (FaultySamples.BadRoute): route 'bad/{id'",
            "'BadConstraint' (FaultySamples.BadConstraint): route 'bad/{id:uuid}'",
            "'HostRoute': the route 'administration' is in the host's own space",
            "'NoSetting' (FaultySamples.NoSetting): the setting %NoSuchSchedule%",
            "'BadCron' (FaultySamples.BadCron): 'every morning' is no NCRONTAB",
            "'WrongContext' (FaultySamples.WrongContext): [OrchestrationTrigger] context must be",
            "'ClientInOrchestrator' (FaultySamples.ClientInOrchestrator): an orchestrator must not use a client",
            "'1digit' (FaultySamples.BadName): a name starts with a letter",
            "'Hidden' (FaultySamples.Hidden): method and class must be public",
        ];
        Assert.All(expected, text => Assert.Contains(text, failure.Message, StringComparison.Ordinal));
        Assert.True(expected.Length == failure.Faults.Count, failure.Message);
    }

    [Fact]
    public async Task Missing_host_json_is_named()
    {
        var failure = await FaultAsync(new RuntimeHost.Setup { Functions = [typeof(KeySamples)], HostJson = null });
        Assert.Contains("host.json is missing", Assert.Single(failure.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "version": "1.0" }""", "version")]
    [InlineData("""{ "version": "2.0" """, "is not valid")]
    [InlineData(
        """{ "version": "2.0", "logging": { "logLevel": { "default": "Loud" } } }""", "logging.logLevel.default is no log level: 'Loud'")]
    [InlineData("""{ "version": "2.0", "functionTimeout": "00:00:00.5" }""", "functionTimeout must be a time span of a second or more")]
    [InlineData("""{ "version": "2.0", "functionTimeout": "ten minutes" }""", "functionTimeout must be a time span of a second or more")]
    [InlineData(
        """{ "version": "2.0", "extensions": { "http": { "maxConcurrentRequests": 0 } } }""", "extensions.http.maxConcurrentRequests must be a positive number")]
    public async Task Faulty_host_json_is_explained(string hostJson, string expected)
    {
        var failure = await FaultAsync(new RuntimeHost.Setup { Functions = [typeof(KeySamples)], HostJson = hostJson });
        Assert.Contains(expected, Assert.Single(failure.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Function_class_that_cannot_be_created_is_found_at_start()
    {
        var failure = await FaultAsync(new RuntimeHost.Setup { Functions = [typeof(NeedsSomething)] });
        Assert.Equal("NeedsSomething needs IFormatProvider (format), which is not registered.", Assert.Single(failure.Faults));
    }

    [Fact]
    public async Task Registration_with_a_hole_is_found_at_start()
    {
        var failure = await FaultAsync(
            new RuntimeHost.Setup { Functions = [typeof(KeySamples)], App = app => app.Services.AddSingleton<NeedsSomething>() });
        Assert.Contains("IFormatProvider", Assert.Single(failure.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taken_port_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var failure = await FaultAsync(new RuntimeHost.Setup { Functions = [typeof(KeySamples)], Port = port });
        Assert.Contains($"Port {port} on 127.0.0.1 is in use", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unreachable_database_is_named_without_its_password()
    {
        var failure = await FaultAsync(new RuntimeHost.Setup
        {
            Functions = [typeof(TimerSamples)],
            Settings = TimerSamples.Settings,
            App = TimerSamples.Register(new TimerSamples.Runs()),
            Timers = true,
            Database = "Host=127.0.0.1;Port=1;Database=nowhere;Username=me;Password=hush",
        });
        Assert.Contains("nowhere on 127.0.0.1:1 cannot be used", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", failure.ToString(), StringComparison.Ordinal);
    }

    private async Task<FunctionsHostStartException> FaultAsync(RuntimeHost.Setup setup) =>
        await Assert.ThrowsAsync<FunctionsHostStartException>(async () =>
        {
            await using var host = await RuntimeHost.StartAsync(database, setup);
        });
}
