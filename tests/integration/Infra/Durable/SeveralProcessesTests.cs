using System.Collections.Concurrent;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Portal.Runtime.Durable;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Durable;

[TakesLong]
public sealed class SeveralProcessesTests : DurableTest
{
    private readonly ConcurrentDictionary<string, int> effects = new(StringComparer.Ordinal);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Functions.Activity<string, string>("Effect", name =>
        {
            effects.AddOrUpdate(name, 1, (_, before) => before + 1);
            return name;
        });
        Functions.Orchestrator("Upload", async context =>
        {
            await context.CallActivityAsync<string>("Effect", context.InstanceId + "-insert");
            var ready = await context.WaitForExternalEvent<int>("Ready");
            await context.CallActivityAsync<string>("Effect", context.InstanceId + "-update");
            return ready;
        });
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Instances_started_in_one_process_take_events_from_another(int processes)
    {
        var engines = new List<DurableEngine> { Engine };
        while (engines.Count < processes)
        {
            engines.Add(await StartEngineAsync());
        }

        var ids = Enumerable.Range(0, 100).Select(n => $"u{n}").ToList();
        await Task.WhenAll(
            ids.Select(
                (id, n) =>
                    engines[n % processes].Client.ScheduleNewOrchestrationInstanceAsync("Upload", new StartOrchestrationOptions(id))));
        await Task.WhenAll(ids.Select((id, n) => engines[(n + 1) % processes].Client.RaiseEventAsync(id, "Ready", n)));
        await Task.WhenAll(ids.Select(async (id, n) =>
        {
            var done = await engines[(n + 2) % processes].Client.WaitForInstanceCompletionAsync(id, true).WaitAsync(
                Limit, TimeProvider.System);
            Assert.Equal(n, done.ReadOutputAs<int>());
        }));
        Assert.All(effects, effect => Assert.Equal(1, effect.Value));
        Assert.Equal(200, effects.Count);
        await HistoryChecker.CheckAsync(Engine, Functions);
    }

    [Fact]
    public async Task Processes_killed_one_after_the_other_lose_and_double_no_step()
    {
        var ids = Enumerable.Range(0, 60).Select(n => $"u{n}").ToList();
        var current = await StartEngineAsync();
        foreach (var chunk in ids.Chunk(20))
        {
            await Task.WhenAll(
                chunk.Select(id => current.Client.ScheduleNewOrchestrationInstanceAsync("Upload", new StartOrchestrationOptions(id))));
            var worker = current.Worker;
            current.Abandon();
            await ExpireAsync(worker);
            current = await StartEngineAsync();
        }

        await Task.WhenAll(ids.Select(id => Client.RaiseEventAsync(id, "Ready", 1)));
        foreach (var id in ids)
        {
            Assert.Equal(OrchestrationRuntimeStatus.Completed, (await CompletedAsync(id)).RuntimeStatus);
        }

        await HistoryChecker.CheckAsync(Engine, Functions);
        foreach (var id in ids)
        {
            Assert.Equal(2, (await HistoryAsync(id)).Count(type => type == "TaskCompleted"));
        }
    }

    [Fact]
    public async Task A_graceful_stop_lets_running_activities_finish_and_hands_the_rest_over_at_once()
    {
        var running = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Functions.ActivityAsync<string, string>("Slow", async (_, _) =>
        {
            running.TrySetResult();
            await release.Task;
            return "done";
        });
        var first = await StartEngineAsync();
        Functions.Orchestrator("Slowly", context => context.CallActivityAsync<string>("Slow", "x"));
        await first.Client.ScheduleNewOrchestrationInstanceAsync("Slowly", new StartOrchestrationOptions("slow"));
        await first.Client.ScheduleNewOrchestrationInstanceAsync("Upload", new StartOrchestrationOptions("waiting"));
        await running.Task.WaitAsync(Limit, TimeProvider.System);
        await first.Client.WaitForInstanceStartAsync("waiting").WaitAsync(Limit, TimeProvider.System);
        var stopping = first.StopAsync();
        release.SetResult();
        await stopping.WaitAsync(Limit, TimeProvider.System);
        Assert.Equal("done", (await CompletedAsync("slow")).ReadOutputAs<string>());
        Assert.Equal(1, Functions.Ran.Count(name => name == "Slow"));

        await Client.RaiseEventAsync("waiting", "Ready", 1);
        Assert.Equal(1, (await CompletedAsync("waiting")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task What_is_started_while_no_engine_runs_waits_for_one()
    {
        var dormant = await StartEngineAsync(start: false);
        Engine.Abandon();
        await dormant.Client.ScheduleNewOrchestrationInstanceAsync("Upload", new StartOrchestrationOptions("i"));
        await dormant.Client.RaiseEventAsync("i", "Ready", 5);
        await dormant.StartAsync();
        Assert.Equal(
            5, (await dormant.Client.WaitForInstanceCompletionAsync("i", true).WaitAsync(Limit, TimeProvider.System)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Instances_that_made_room_are_replayed_when_they_are_needed()
    {
        var small = await StartEngineAsync(maxLive: 10);
        var ids = Enumerable.Range(0, 100).Select(n => $"u{n}").ToList();
        await Task.WhenAll(
            ids.Select(id => small.Client.ScheduleNewOrchestrationInstanceAsync("Upload", new StartOrchestrationOptions(id))));
        await small.WhenIdleAsync(Limit);
        Assert.InRange(small.LiveInstances, 0, 10);
        await Task.WhenAll(ids.Select((id, n) => small.Client.RaiseEventAsync(id, "Ready", n)));
        await small.WhenIdleAsync(Limit);
        foreach (var (id, n) in ids.Select((id, n) => (id, n)))
        {
            Assert.Equal(n, (await CompletedAsync(id)).ReadOutputAs<int>());
        }

        Assert.All(effects, effect => Assert.Equal(1, effect.Value));
    }

    [Fact]
    public async Task An_idle_engine_is_quiet()
    {
        await Engine.StopAsync();
        var quiet = await StartEngineAsync(pollInterval: TimeSpan.FromSeconds(5));
        await quiet.Client.ScheduleNewOrchestrationInstanceAsync("Upload", new StartOrchestrationOptions("i"));
        await quiet.WhenIdleAsync(Limit);
        await Eventually.ValueAsync(QueriesPerSecondAsync, rate => rate < 1, "less than one query a second");

        // Each query of the engine's connections shows with its own start time; looked at far more often than an idle engine may ask.
        async Task<double> QueriesPerSecondAsync()
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var since = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(6))
            {
                seen.UnionWith((await QueryAsync<string>(
                    """
                    select coalesce(string_agg(pid || ' ' || query_start, ','), '') from pg_stat_activity
                    where application_name = 'portal-durable' and datname = current_database()
                       and query_start > now() - interval '6 seconds'
                    """)).Split(',', StringSplitOptions.RemoveEmptyEntries));
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }

            return seen.Count / TimeProvider.System.GetElapsedTime(since).TotalSeconds;
        }
    }
}
