using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Npgsql;
using Portal.Runtime.Durable;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Durable;

/// <summary>Leases in real time: they run by the database's clock, which no test can move.</summary>
public sealed class LeaseTests : DurableTest
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private TaskCompletionSource? frozen;

    [Fact]
    public async Task A_dead_process_loses_its_instances_within_the_time_of_its_lease()
    {
        await Engine.StopAsync();
        var dying = await StartEngineAsync(pollInterval: Poll, lease: Lease);
        var survivor = await StartEngineAsync(pollInterval: Poll, lease: Lease);
        var runs = 0;
        var started = new TaskCompletionSource();
        Functions.ActivityAsync<string, string>("Cut", async (_, ct) =>
        {
            if (Interlocked.Increment(ref runs) > 1)
            {
                return "taken over";
            }

            started.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            return "never";
        });
        Functions.Orchestrator("Main", context => context.CallActivityAsync<string>("Cut", "x"));
        await dying.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        await started.Task.WaitAsync(Limit, TimeProvider.System);
        Assert.Equal(dying.Worker, await QueryAsync<long>("select owner from durable.instances"));
        var died = TimeProvider.System.GetTimestamp();
        dying.Abandon();
        var done = await survivor.Client.WaitForInstanceCompletionAsync("i", true).WaitAsync(Limit, TimeProvider.System);
        Assert.Equal("taken over", done.ReadOutputAs<string>());
        // Lease and poll, and generously for a busy machine; without the lease it would wait for ever.
        Assert.InRange(TimeProvider.System.GetElapsedTime(died), TimeSpan.Zero, Lease + Poll + TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task A_stop_without_any_time_left_ends_well_and_leaves_the_instances_to_the_end_of_the_lease()
    {
        await Engine.StopAsync();
        var hasty = await StartEngineAsync(pollInterval: Poll, lease: Lease);
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<string>("Go"));
        await hasty.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        await hasty.WhenIdleAsync(Limit);
        var worker = hasty.Worker;

        await hasty.StopAsync(new CancellationToken(canceled: true));
        Assert.False(await QueryAsync<bool>($"select stopped from durable.workers where id = {worker}"));

        var next = await StartEngineAsync(pollInterval: Poll, lease: Lease);
        await next.Client.RaiseEventAsync("i", "Go", "on");
        var done = await next.Client.WaitForInstanceCompletionAsync("i", true).WaitAsync(Limit, TimeProvider.System);
        Assert.Equal("on", done.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_process_that_cannot_renew_loses_its_instances_and_starts_over_when_it_can()
    {
        await Engine.StopAsync();
        var hold = new TaskCompletionSource();
        frozen = hold;
        var freeze = false;
        var stuck = await StartEngineAsync(
            context => context.Point == DurableFaultPoint.BeforeHeartbeat && Volatile.Read(ref freeze)
                ? hold.Task
                : Task.CompletedTask, pollInterval: Poll, lease: Lease);
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<string>("Go"));
        await stuck.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        await stuck.WhenIdleAsync(Limit);
        var before = stuck.Worker;
        Volatile.Write(ref freeze, true);
        var other = await StartEngineAsync(pollInterval: Poll, lease: Lease);
        await Eventually.ValueAsync(
            () => QueryAsync<long>("select owner from durable.instances"), owner => owner == other.Worker, "the other one takes over");

        hold.SetResult();
        await Eventually.TrueAsync(() => stuck.Worker != before, "it finds itself declared dead and registers anew");
        await stuck.Client.RaiseEventAsync("i", "Go", "on");
        Assert.Equal(
            "on", (
                await other.Client.WaitForInstanceCompletionAsync("i", true).WaitAsync(
                    Limit, TimeProvider.System)).ReadOutputAs<string>());
        Assert.Equal(other.Worker, await QueryAsync<long>("select owner from durable.instances"));
    }

    [Fact]
    public async Task Every_round_renews_the_lease_for_its_whole_length()
    {
        await ExecuteAsync($"update durable.workers set lease_until = clock_timestamp() + interval '1 minute' where id = {Engine.Worker}");

        await Engine.RunHousekeepingAsync();

        Assert.InRange(
            await QueryAsync<double>(
                $"select extract(epoch from lease_until - clock_timestamp()) from durable.workers where id = {Engine.Worker}"), 240, 300);
    }

    [Fact]
    public async Task A_renewal_that_fails_now_and_then_costs_nothing()
    {
        await Engine.StopAsync();
        var failed = 0;
        var engine = await StartEngineAsync(
            context => context.Point == DurableFaultPoint.BeforeHeartbeat && Interlocked.Increment(ref failed) % 2 == 0
                ? Task.FromException(new NpgsqlException("injected")) : Task.CompletedTask,
            pollInterval: TimeSpan.FromMilliseconds(50), lease: TimeSpan.FromSeconds(20));
        var worker = engine.Worker;
        await Eventually.TrueAsync(() => Volatile.Read(ref failed) > 10, "several rounds");
        Assert.Equal(worker, engine.Worker);
        Functions.Orchestrator("Main", context => context.CallActivityAsync<string>("Echo", "x"));
        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        Assert.Equal(
            "x", (
                await engine.Client.WaitForInstanceCompletionAsync("i", true).WaitAsync(
                    Limit, TimeProvider.System)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_stop_cuts_off_what_does_not_end_within_the_drain_limit_and_hands_it_over()
    {
        await Engine.StopAsync();
        var stopping = await StartEngineAsync(drain: TimeSpan.FromMilliseconds(300));
        var running = new TaskCompletionSource();
        var cut = 0;
        Functions.ActivityAsync<string, string>("Endless", async (_, ct) =>
        {
            if (running.Task.IsCompleted)
            {
                // A stop is no crash: nothing is held against the instance that was cut off.
                return $"second, strikes {await QueryAsync<int>("select strikes from durable.instances")}";
            }

            running.SetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            }
            finally
            {
                cut++;
            }

            return "first";
        });
        Functions.Orchestrator("Main", context => context.CallActivityAsync<string>("Endless", "x"));
        await stopping.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        await running.Task.WaitAsync(Limit, TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        await stopping.StopAsync();
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromMilliseconds(290), TimeSpan.FromSeconds(8));
        // The stop does not wait for what it has cut off.
        await Eventually.TrueAsync(() => Volatile.Read(ref cut) == 1, "the activity to be cut off");

        var next = await StartEngineAsync();
        Assert.Equal(
            "second, strikes 0", (
                await next.Client.WaitForInstanceCompletionAsync("i", true).WaitAsync(Limit, TimeProvider.System)).ReadOutputAs<string>());
        Assert.Equal(0, await QueryAsync<long>("select count(*) from durable.instances where strikes > 0"));
    }

    [Fact]
    public async Task An_orchestrator_step_that_kills_the_process_every_time_is_parked_and_the_others_go_on()
    {
        await Engine.StopAsync();
        var deadly = true;
        var died = new SemaphoreSlim(0);
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<string>("Go"));
        async Task<DurableEngine> StartDeadlyAsync()
        {
            DurableEngine? engine = null;
            engine = await StartEngineAsync(
                context =>
                {
                    if (deadly && context.Point == DurableFaultPoint.BeforeCommit && context.InstanceIds.Contains("poison"))
                    {
                        engine!.Abandon();
                        died.Release();
                    }

                    return Task.CompletedTask;
                },
                quarantineAfter: 3, start: false);
            await engine.StartAsync();
            return engine;
        }

        // Started while nobody runs, so that not the start but each take-over is what kills.
        deadly = false;
        var current = await StartDeadlyAsync();
        await Task.WhenAll(
            new[] { "poison", "harmless" }.Select(
                id => current.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions(id))));
        await current.WhenIdleAsync(Limit);
        await current.StopAsync();
        var sender = await StartEngineAsync(start: false);
        await sender.Client.RaiseEventAsync("poison", "Go", "boom");
        deadly = true;
        for (var crash = 1; crash <= 3; crash++)
        {
            var victim = await StartDeadlyAsync();
            Assert.True(await died.WaitAsync(Limit), $"crash {crash}");
            await ExecuteAsync("update durable.workers set lease_until = '-infinity' where not stopped");
            Assert.Equal(0, victim.Worker);
        }

        var last = await StartDeadlyAsync();
        await last.WhenIdleAsync(Limit);
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await last.Client.GetInstanceAsync("poison"))!.RuntimeStatus);
        await last.Client.RaiseEventAsync("harmless", "Go", "fine");
        Assert.Equal(
            "fine", (
                await last.Client.WaitForInstanceCompletionAsync("harmless", true).WaitAsync(
                    Limit, TimeProvider.System)).ReadOutputAs<string>());
        deadly = false;
        await last.Client.ResumeInstanceAsync("poison");
        Assert.Equal(
            "boom", (
                await last.Client.WaitForInstanceCompletionAsync("poison", true).WaitAsync(
                    Limit, TimeProvider.System)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_step_that_is_being_committed_while_its_instance_is_terminated_leaves_no_trace()
    {
        var hold = new TaskCompletionSource();
        frozen = hold;
        var reached = new TaskCompletionSource();
        await Engine.StopAsync();
        var engine = await StartEngineAsync(async context =>
        {
            if (context.Point == DurableFaultPoint.BeforeCommit && Functions.Ran.Contains("Echo")
                && reached.TrySetResult())
            {
                await hold.Task;
            }
        });
        Functions.Orchestrator("Main", async context =>
        {
            await context.CallActivityAsync<string>("Echo", "x");
            await context.CallSubOrchestratorAsync<int>("Main2", options: new SubOrchestrationOptions(instanceId: "kid"));
            return 1;
        });
        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        await reached.Task.WaitAsync(Limit, TimeProvider.System);
        await engine.Client.TerminateInstanceAsync("i");
        var row = await QueryAsync<string>("select i::text from durable.instances i");
        hold.SetResult();
        await engine.WhenIdleAsync(Limit);
        Assert.Equal(row, await QueryAsync<string>("select i::text from durable.instances i"));
        Assert.Equal(2, await QueryAsync<long>("select count(*) from durable.history"));
    }

    /// <summary>A test that fails leaves nothing blocked behind: the engine could not be disposed of.</summary>
    public override async Task DisposeAsync()
    {
        frozen?.TrySetResult();
        await base.DisposeAsync();
    }
}
