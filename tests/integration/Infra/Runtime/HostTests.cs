using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Portal.Runtime.Http;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>Waits at a gate, so that a test decides how many requests are under way.</summary>
public sealed class GateSamples(GateSamples.Gate gate)
{
    [Function("Gated")]
    public async Task<IResult> Gated([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, CancellationToken ct)
    {
        Interlocked.Increment(ref gate.Entered);
        try
        {
            await gate.Open.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref gate.Cancelled);
            throw;
        }

        return Results.Text("through");
    }

    public sealed class Gate
    {
#pragma warning disable CA1051 // Interlocked needs fields.
        public int Entered;
        public int Cancelled;
#pragma warning restore CA1051

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

public sealed class HostTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    private readonly GateSamples.Gate gate = new();

    [Fact]
    public async Task Requests_over_the_limit_of_host_json_are_answered_429()
    {
        await using var host = await StartGatedAsync(
            http: """{ "routePrefix": "", "maxConcurrentRequests": 2, "maxOutstandingRequests": 3 }""");
        var waiting = Enumerable.Range(0, 2).Select(_ => host.GetAsync("/Gated")).ToList();
        await Eventually.TrueAsync(() => gate.Entered == 2, "two requests run");

        // One of the next two is queued, the other refused at once.
        var next = host.GetAsync("/Gated");
        var other = host.GetAsync("/Gated");
        var refused = await Task.WhenAny(next, other);
        Assert.Equal("429 ", await refused);
        var queued = refused == next ? other : next;
        Assert.Equal(2, gate.Entered);
        Assert.Equal("200 ", await host.GetAsync("/admin/host/ping"));

        gate.Open.SetResult();
        Assert.All(await Task.WhenAll([.. waiting, queued]), answer => Assert.Equal("200 through", answer));
        Assert.Equal("200 through", await host.GetAsync("/Gated"));
    }

    [Fact]
    public async Task Who_leaves_while_waiting_for_a_place_takes_up_none()
    {
        using var limit = new RequestLimit(concurrent: 1, outstanding: 2);
        Assert.True(await limit.TryEnterAsync(CancellationToken.None));
        for (var time = 0; time < 3; time++)
        {
            using var leaving = new CancellationTokenSource();
            var waiting = limit.TryEnterAsync(leaving.Token).AsTask();
            Assert.False(await limit.TryEnterAsync(CancellationToken.None));
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        var next = limit.TryEnterAsync(CancellationToken.None).AsTask();
        Assert.False(next.IsCompleted);
        limit.Leave();
        Assert.True(await next);
    }

    [Fact]
    public async Task Caller_who_leaves_cancels_the_invocation_and_is_no_error()
    {
        await using var host = await StartGatedAsync();
        using var leaving = new CancellationTokenSource();
        var request = host.Http.GetAsync(new Uri("/Gated", UriKind.Relative), leaving.Token);
        await Eventually.TrueAsync(() => gate.Entered == 1, "the request runs");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await Eventually.TrueAsync(() => gate.Cancelled == 1, "the function is cancelled");
        await Eventually.TrueAsync(() => host.Log.With("the caller left").Length == 1, "the log says why");
        Assert.Empty(host.Log.With("Error "));
    }

    [Fact]
    public async Task Stop_lets_a_running_request_finish_and_takes_no_new_one()
    {
        await using var host = await StartGatedAsync();
        var running = host.GetAsync("/Gated");
        await Eventually.TrueAsync(() => gate.Entered == 1, "the request runs");
        var stopping = host.Host.StopAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using var late = new HttpClient { BaseAddress = host.Host.Address };
                    using var response = await late.GetAsync(new Uri("/admin/host/ping", UriKind.Relative));
                    return false;
                }
                catch (HttpRequestException)
                {
                    return true;
                }
            },
            "no new connection is taken");
        Assert.False(stopping.IsCompleted);

        gate.Open.SetResult();
        Assert.Equal("200 through", await running);
        await stopping;
    }

    [Fact]
    public async Task Stop_cancels_what_runs_past_its_limit()
    {
        await using var host = await StartGatedAsync(stopLimit: TimeSpan.FromMilliseconds(100));
        var running = host.GetAsync("/Gated");
        await Eventually.TrueAsync(() => gate.Entered == 1, "the request runs");
        await host.Host.StopAsync();
        await Eventually.TrueAsync(() => gate.Cancelled == 1, "the function is cancelled");
        await Record.ExceptionAsync(() => running);
    }

    [Fact]
    public async Task WaitForShutdown_returns_stopped_when_cancelled_or_when_the_app_asks()
    {
        await using var cancelled = await StartGatedAsync();
        using var shutdown = new CancellationTokenSource();
        var waiting = cancelled.Host.WaitForShutdownAsync(shutdown.Token);
        Assert.False(waiting.IsCompleted);
        await shutdown.CancelAsync();
        await waiting;
        await Assert.ThrowsAsync<HttpRequestException>(() => cancelled.GetAsync("/admin/host/ping"));

        await using var asked = await StartGatedAsync();
        var ending = asked.Host.WaitForShutdownAsync();
        asked.Host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await ending;
        await Assert.ThrowsAsync<HttpRequestException>(() => asked.GetAsync("/admin/host/ping"));
    }

    [Fact]
    public async Task Settings_come_from_the_file_then_the_environment_then_the_caller()
    {
        var prefix = $"T{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable($"{prefix}__B", "environment");
        Environment.SetEnvironmentVariable($"{prefix}__C", "environment");
        try
        {
            await using var host = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
            {
                Functions = [typeof(KeySamples)],
                LocalSettings = $$"""
                    { // as Core Tools allows
                      "IsEncrypted": false,
                      "Values": { "{{prefix}}__A": "file", "{{prefix}}:B": "file", "{{prefix}}__C": "file", "{{prefix}}__D": 7, },
                    }
                    """,
                Settings = new Dictionary<string, string?> { [$"{prefix}:C"] = "caller" },
            });
            var settings = host.Host.Services.GetRequiredService<IConfiguration>().GetSection(prefix);
            Assert.Equal(("file", "environment", "caller", "7"), (settings["A"], settings["B"], settings["C"], settings["D"]));
            Assert.Null(Environment.GetEnvironmentVariable($"{prefix}__A"));
        }
        finally
        {
            Environment.SetEnvironmentVariable($"{prefix}__B", null);
            Environment.SetEnvironmentVariable($"{prefix}__C", null);
        }
    }

    [Fact]
    public async Task Environment_is_development_unless_set()
    {
        await using var plain = await RuntimeHost.StartAsync(database, typeof(KeySamples));
        Assert.True(plain.Host.Services.GetRequiredService<IHostEnvironment>().IsDevelopment());

        await using var staged = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(KeySamples)],
            Settings = new Dictionary<string, string?> { ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Staging" },
        });
        Assert.True(staged.Host.Services.GetRequiredService<IHostEnvironment>().IsStaging());
    }

    [Fact]
    public async Task Host_json_is_overridden_by_settings_as_on_Azure()
    {
        await using var host = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(KeySamples)],
            Settings = new Dictionary<string, string?> { ["AzureFunctionsJobHost__extensions__http__routePrefix"] = "v1" },
        });
        Assert.Equal("200 open", await host.GetAsync("/v1/Open"));
    }

    [Fact]
    public async Task App_gets_the_hosts_clock_even_if_it_registers_another()
    {
        var clock = new TestClock();
        await using var host = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(KeySamples)],
            Clock = clock,
            App = app => app.Services.AddSingleton(TimeProvider.System),
        });
        Assert.Same(clock, host.Host.Services.GetRequiredService<TimeProvider>());
        Assert.Equal(
            "2026", host.Host.Services.GetRequiredService<TimeProvider>().GetUtcNow().ToString("yyyy", CultureInfo.InvariantCulture));
    }

    private Task<RuntimeHost> StartGatedAsync(string http = """{ "routePrefix": "" }""", TimeSpan? stopLimit = null) =>
        RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(GateSamples)],
            HostJson = $$"""{ "version": "2.0", "extensions": { "http": {{http}} } }""",
            App = app => app.Services.AddSingleton(gate),
            StopLimit = stopLimit ?? TimeSpan.FromSeconds(10),
        });
}
