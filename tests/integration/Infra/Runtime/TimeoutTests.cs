using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>host.json's functionTimeout ends a run: its token is cancelled, and it has failed whatever it makes of that.</summary>
public sealed class TimeoutTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    private const string Said = "Timeout value of 00:10:00 exceeded by function";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TestClock clock = new();
    private readonly TimeoutSamples.Runs runs = new();

    [Theory]
    [InlineData("Patient", true)]
    [InlineData("Deaf", false)]
    public async Task A_request_that_takes_too_long_is_a_bare_500(string function, bool hears)
    {
        await using var host = await StartAsync("00:10:00");
        var request = host.GetAsync($"/{function}");
        await runs.Entered.Task.WaitAsync(Patience);
        clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.False(request.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("500 ", await request.WaitAsync(Patience));
        Assert.Single(host.Log.With($"Error Function.{function}: {Said} '{function}'"));
        if (hears)
        {
            await runs.Cancelled.Task.WaitAsync(Patience);
        }

        Assert.Equal("200 quick", await host.GetAsync("/Quick"));
        runs.Released.TrySetResult();
    }

    [Fact]
    public async Task A_timer_that_takes_too_long_fails()
    {
        await using var host = await StartAsync("00:10:00");
        var run = host.Host.RunTimerAsync("SlowTimer");
        await runs.Entered.Task.WaitAsync(Patience);
        clock.Advance(TimeSpan.FromMinutes(10));
        var failure = await Record.ExceptionAsync(() => run.WaitAsync(Patience));
        Assert.Equal("Timeout value of 00:10:00 was exceeded by function: SlowTimer", failure?.Message);
        await runs.Cancelled.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task An_activity_that_takes_too_long_fails_its_orchestration()
    {
        await using var host = await StartAsync("00:10:00");
        var id = await host.Host.DurableClient.ScheduleNewOrchestrationInstanceAsync("SlowFlow");
        await runs.Entered.Task.WaitAsync(Patience);
        clock.Advance(TimeSpan.FromMinutes(10));
        using var limit = new CancellationTokenSource(Patience);
        var done = await host.Host.DurableClient.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, limit.Token);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("was exceeded by function: SlowStep", done.FailureDetails?.ErrorMessage, StringComparison.Ordinal);
        await runs.Cancelled.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Without_a_limit_a_run_takes_what_it_takes()
    {
        await using var host = await StartAsync("-1");
        var request = host.GetAsync("/Patient");
        await runs.Entered.Task.WaitAsync(Patience);
        clock.Advance(TimeSpan.FromHours(3));
        runs.Released.SetResult();
        Assert.Equal("200 late", await request.WaitAsync(Patience));
    }

    private Task<RuntimeHost> StartAsync(string timeout) => RuntimeHost.StartAsync(database, new RuntimeHost.Setup
    {
        Functions = [typeof(TimeoutSamples)],
        HostJson = $$"""{ "version": "2.0", "functionTimeout": "{{timeout}}", "extensions": { "http": { "routePrefix": "" } } }""",
        App = app => app.Services.AddSingleton(runs),
        Clock = clock,
    });
}
