using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Portal.Runtime.Durable;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Durable;

/// <summary>Every commit point fails once, or the process dies there; a slow worker wakes late and loses.</summary>
[TakesLong]
public sealed class CrashTests : DurableTest
{
    private readonly List<TaskCompletionSource> gates = [];

    [Theory]
    [InlineData(DurableFaultPoint.BeforeCommit)]
    [InlineData(DurableFaultPoint.AfterCommit)]
    public async Task A_transaction_that_fails_once_is_tried_again_and_nothing_happens_twice(DurableFaultPoint point)
    {
        var nth = 0;
        bool hit;
        do
        {
            nth++;
            var count = 0;
            await using var engine = await StartEngineAsync(context =>
                AtCommit(context, point) && Interlocked.Increment(ref count) == nth
                    ? Task.FromException(new IOException("injected"))
                    : Task.CompletedTask);
            Functions.Ran.Clear();
            await RunEverythingAsync($"p{nth}", () => engine);
            Assert.Equal(4, Functions.Ran.Count(name => name == "Count"));
            hit = count >= nth;
        }
        while (hit);
        Assert.True(nth > 5, $"The run has only {nth} commits");
        await HistoryChecker.CheckAsync(Engine, Functions);
    }

    [Theory]
    [InlineData(DurableFaultPoint.BeforeCommit)]
    [InlineData(DurableFaultPoint.AfterCommit)]
    [InlineData(DurableFaultPoint.BeforeActivity)]
    [InlineData(DurableFaultPoint.AfterActivity)]
    public async Task A_process_that_dies_at_any_point_loses_and_doubles_no_effect(DurableFaultPoint point)
    {
        var survivor = Engine;
        var nth = 0;
        bool died;
        do
        {
            nth++;
            var count = 0;
            var worker = 0L;
            var dead = new TaskCompletionSource();
            DurableEngine? engine = null;
            engine = await StartEngineAsync(context =>
            {
                if ((AtCommit(context, point) || (context.Point == point && context.Activity is not null))
                    && Interlocked.Increment(ref count) == nth)
                {
                    worker = engine!.Worker;
                    engine.Abandon();
                    dead.TrySetResult();
                }

                return Task.CompletedTask;
            });
            var running = RunEverythingAsync($"p{nth}", () => dead.Task.IsCompleted ? survivor : engine);
            await Task.WhenAny(dead.Task, running);
            died = dead.Task.IsCompleted;
            if (died)
            {
                await ExpireAsync(worker);
                await survivor.RunHousekeepingAsync();
            }

            await running;
            await engine.DisposeAsync();
        }
        while (died);
        Assert.True(nth > 3, $"The run passes the point only {nth} times");
        await HistoryChecker.CheckAsync(survivor, Functions);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_and_wakes_late_fails_to_commit()
    {
        var blocked = new TaskCompletionSource();
        var release = Gate();
        var slow = await StartEngineAsync(async context =>
        {
            // The step after the first activity, not the start and not the step that asks for it.
            if (AtCommit(context, DurableFaultPoint.BeforeCommit) && Functions.Ran.Contains("Count")
                && blocked.TrySetResult())
            {
                await release.Task;
            }
        });
        PrepareOrchestrators();
        await slow.Client.ScheduleNewOrchestrationInstanceAsync("Parent", "i", new StartOrchestrationOptions("i"));
        await blocked.Task.WaitAsync(Limit, TimeProvider.System);
        var fast = Engine;
        await ExpireAsync(slow.Worker);
        await fast.RunHousekeepingAsync();
        // The activity has run twice now, and the instance waits for its event at the new owner: as far as the slow one wants to take it,
        // and further.
        await Eventually.ValueAsync(() => HistoryAsync("i"), history => history.Contains("TimerFired"), "the new owner goes on");
        var history = await HistoryAsync("i");
        var row = await QueryAsync<string>("select i::text from durable.instances i");

        release.SetResult();
        await slow.RunHousekeepingAsync();
        await slow.WhenIdleAsync(Limit);
        Assert.Equal(history, await HistoryAsync("i"));
        Assert.Equal(row, await QueryAsync<string>("select i::text from durable.instances i"));

        await slow.Client.RaiseEventAsync("i", "Go", 1);
        Assert.Equal("ii!", (await CompletedAsync("i")).ReadOutputAs<string>());
        await HistoryChecker.CheckAsync(fast, Functions);
    }

    [Fact]
    public async Task A_step_that_nobody_has_overtaken_is_refused_all_the_same_once_its_lease_is_lost()
    {
        TaskCompletionSource[] release = [Gate(), Gate()];
        var reached = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        Func<DurableFaultContext, Task> BlockAt(int n) => async context =>
        {
            if (AtCommit(context, DurableFaultPoint.BeforeCommit) && Functions.Ran.Contains("Count")
                && reached[n].TrySetResult())
            {
                await release[n].Task;
            }
        };
        Engine.Abandon();
        var slow = await StartEngineAsync(BlockAt(0));
        PrepareOrchestrators();
        await slow.Client.ScheduleNewOrchestrationInstanceAsync("Parent", "i", new StartOrchestrationOptions("i"));
        await reached[0].Task.WaitAsync(Limit, TimeProvider.System);
        await ExpireAsync(slow.Worker);
        var owner = await StartEngineAsync(BlockAt(1));
        // A renewal that was under way may have come after the lease ran out.
        await Eventually.TrueAsync(async () =>
        {
            await ExpireAsync(slow.Worker);
            await owner.RunHousekeepingAsync();
            return reached[1].Task.IsCompleted;
        }, "the new owner to reach its step");
        var row = await QueryAsync<string>("select i::text from durable.instances i");

        release[0].SetResult();
        await slow.RunHousekeepingAsync();
        await Eventually.TrueAsync(() => slow.Operations.CommitsWaiting == 0, "the slow worker has tried");
        Assert.Equal(row, await QueryAsync<string>("select i::text from durable.instances i"));

        release[1].SetResult();
        await owner.WhenIdleAsync(Limit);
        await owner.Client.RaiseEventAsync("i", "Go", 1);
        Assert.Equal(
            "ii!", (
                await owner.Client.WaitForInstanceCompletionAsync("i", true).WaitAsync(
                    Limit, TimeProvider.System)).ReadOutputAs<string>());
        await HistoryChecker.CheckAsync(owner, Functions);
    }

    [Fact]
    public async Task A_lost_answer_to_a_commit_does_not_run_other_activities_of_the_instance_again()
    {
        var release = Gate();
        var failed = false;
        Functions.ActivityAsync<string, string>("Slow", async (input, _) =>
        {
            await release.Task;
            return input;
        });
        var engine = await StartEngineAsync(context =>
        {
            if (!AtCommit(context, DurableFaultPoint.AfterCommit) || !Functions.Ran.Contains("Echo") || failed)
            {
                return Task.CompletedTask;
            }

            failed = true;
            return Task.FromException(new IOException("injected"));
        });
        Functions.Orchestrator("Both", async context =>
            string.Concat(
                await Task.WhenAll(context.CallActivityAsync<string>("Slow", "a"), context.CallActivityAsync<string>("Echo", "b"))));
        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Both", new StartOrchestrationOptions("i"));
        await Eventually.ValueAsync(
            () => HistoryAsync("i"), history => history.Contains("TaskCompleted"), "the quick activity is recorded");
        await Eventually.TrueAsync(
            () => failed && engine.Operations.CommitsWaiting == 0, "the answer got lost and the commit was settled");
        release.SetResult();
        Assert.Equal("ab", (await CompletedAsync("i")).ReadOutputAs<string>());
        Assert.Equal(1, Functions.Ran.Count(name => name == "Slow"));
    }

    [Fact]
    public async Task A_step_whose_message_was_consumed_before_does_not_happen()
    {
        var once = 0;
        var engine = await StartEngineAsync(async context =>
        {
            // As if the message had been delivered a second time: its row is gone when the step that counts on it commits.
            if (AtCommit(context, DurableFaultPoint.BeforeCommit) && await QueryAsync<long>("select count(*) from durable.inbox") > 0
                && once++ == 0)
            {
                await ExecuteAsync("delete from durable.inbox");
            }
        });
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<int>("Go"));
        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        await engine.WhenIdleAsync(Limit);
        await engine.Client.RaiseEventAsync("i", "Go", 1);
        await engine.WhenIdleAsync(Limit);
        Assert.Equal(["ExecutionStarted"], await HistoryAsync("i"));
        await engine.Client.RaiseEventAsync("i", "Go", 2);
        Assert.Equal(2, (await CompletedAsync("i")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_worker_declared_dead_starts_over_under_a_new_id_and_goes_on()
    {
        var before = Engine.Worker;
        var id = await StartAsync(context => context.WaitForExternalEvent<string>("Go"));
        await IdleAsync();
        await ExecuteAsync("update durable.workers set dead = true");
        await Engine.RunHousekeepingAsync();
        Assert.NotEqual(before, Engine.Worker);
        await Client.RaiseEventAsync(id, "Go", "on");
        Assert.Equal("on", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_activity_cut_off_by_a_crash_runs_again()
    {
        var runs = 0;
        var started = new TaskCompletionSource();
        Functions.ActivityAsync<string, string>("Cut", async (_, ct) =>
        {
            if (Interlocked.Increment(ref runs) > 1)
            {
                return "second";
            }

            started.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            return "first";
        });
        var id = await StartAsync(context => context.CallActivityAsync<string>("Cut", "x"));
        await started.Task.WaitAsync(Limit, TimeProvider.System);
        await ReplaceAsync(Engine);
        Assert.Equal("second", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_step_that_kills_the_process_every_time_is_parked_and_can_be_resumed()
    {
        var deadly = true;
        var reached = new SemaphoreSlim(0);
        Functions.ActivityAsync<string, string>("Deadly", async (_, ct) =>
        {
            reached.Release();
            if (deadly)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            }

            return $"alive, strikes {await QueryAsync<int>("select strikes from durable.instances")}";
        });
        var id = await StartAsync(context => context.CallActivityAsync<string>("Deadly", "x"));
        for (var crash = 1; crash <= 3; crash++)
        {
            Assert.True(await reached.WaitAsync(Limit));
            await ReplaceAsync(Engine, quarantineAfter: 3);
        }

        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await ReadAsync(id)).RuntimeStatus);
        Assert.StartsWith(
            "Quarantined: taken over 3 times", await QueryAsync<string>(
                "select quarantine_reason from durable.instances"), StringComparison.Ordinal);
        Assert.Equal(0, reached.CurrentCount);

        deadly = false;
        await Client.ResumeInstanceAsync(id);
        Assert.Equal("alive, strikes 0", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Instances_that_were_only_there_when_another_killed_the_process_go_on()
    {
        var deadly = new SemaphoreSlim(0);
        var bystanders = 0;
        Functions.ActivityAsync<string, string>("Deadly", async (_, ct) =>
        {
            deadly.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            return "never";
        });
        Functions.ActivityAsync<string, string>("Slow", async (_, ct) =>
        {
            // As slow as the crash is quick, until it is alone.
            if (Volatile.Read(ref bystanders) < 3)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            }

            return "done";
        });
        Functions.Orchestrator("Poison", context => context.CallActivityAsync<string>("Deadly", "x"));
        Functions.Orchestrator("Bystander", context => context.CallActivityAsync<string>("Slow", "x"));
        var innocent = await Task.WhenAll(Enumerable.Range(0, 10).Select(n =>
            Client.ScheduleNewOrchestrationInstanceAsync("Bystander", new StartOrchestrationOptions($"innocent{n}"))));
        var poison = await Client.ScheduleNewOrchestrationInstanceAsync("Poison", new StartOrchestrationOptions("poison"));
        for (var crash = 1; crash <= 5; crash++)
        {
            Assert.True(await deadly.WaitAsync(Limit), $"The deadly activity did not run before crash {crash}.");
            Interlocked.Increment(ref bystanders);
            await ReplaceAsync(Engine);
        }

        foreach (var id in innocent)
        {
            Assert.Equal(OrchestrationRuntimeStatus.Completed, (await CompletedAsync(id)).RuntimeStatus);
        }

        Assert.Equal(poison, await QueryAsync<string>("select id from durable.instances where quarantine_reason is not null"));
    }

    [Fact]
    public async Task A_parked_instance_can_be_terminated()
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<string>("Go"));
        await IdleAsync();
        await ExecuteAsync("update durable.instances set quarantine_reason = 'test'");
        await Client.TerminateInstanceAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await CompletedAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task Connections_cut_under_load_lose_nothing()
    {
        PrepareOrchestrators();
        var ids = Enumerable.Range(0, 30).Select(n => $"i{n}").ToList();
        using var stop = new CancellationTokenSource();
        var cutting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await ExecuteAsync(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'portal-durable' and datname = "
                        + "current_database()");
                // Long enough to get something done between two cuts where a new connection takes a tenth of a second.
                await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
            }
        });
        await Task.WhenAll(
            ids.Select(
                id => Patiently(() => Client.ScheduleNewOrchestrationInstanceAsync("Parent", id, new StartOrchestrationOptions(id)))));
        await Task.WhenAll(ids.Select(id => Patiently(() => Client.RaiseEventAsync(id, "Go", 1))));
        await stop.CancelAsync();
        await cutting;
        foreach (var id in ids)
        {
            Assert.Equal(OrchestrationRuntimeStatus.Completed, (await CompletedAsync(id)).RuntimeStatus);
        }

        await HistoryChecker.CheckAsync(Engine, Functions);
    }

    /// <summary>
    /// The caller's part under faults: a call that failed is made again; an id that is taken by then was ours, and an instance that has
    /// ended by then had heard the event whose answer got lost.
    /// </summary>
    private static async Task Patiently(Func<Task> call)
    {
        for (var again = false; ; again = true)
        {
            try
            {
                await call();
                return;
            }
            catch (Grpc.Core.RpcException ended) when (again && ended.StatusCode == Grpc.Core.StatusCode.FailedPrecondition)
            {
                return;
            }
            catch (global::DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException)
            {
                return;
            }
            catch (Exception exception) when (exception is Npgsql.NpgsqlException or IOException or OperationCanceledException
                or ObjectDisposedException or Grpc.Core.RpcException { StatusCode: Grpc.Core.StatusCode.Unavailable })
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }

    private void PrepareOrchestrators()
    {
        Functions.Activity<string, string>("Count", input => input);
        Functions.Orchestrator("Child", async context =>
        {
            var input = await context.CallActivityAsync<string>("Count", context.GetInput<string>());
            return input + await context.CallActivityAsync<string>("Count", input);
        });
        Functions.Orchestrator("Parent", async context =>
        {
            var input = context.GetInput<string>();
            var first = await context.CallActivityAsync<string>("Count", input);
            await context.CreateTimer(TimeSpan.Zero, CancellationToken.None);
            await context.WaitForExternalEvent<int>("Go");
            context.SetCustomStatus("children");
            var child = await context.CallSubOrchestratorAsync<string>(
                "Child", first, new SubOrchestrationOptions(instanceId: context.InstanceId + "-kid"));
            return child + await context.CallActivityAsync<string>("Count", "!");
        });
    }

    /// <summary>A test that fails leaves nothing blocked behind: the engine could not be disposed of.</summary>
    public override async Task DisposeAsync()
    {
        foreach (var gate in gates)
        {
            gate.TrySetResult();
        }

        await base.DisposeAsync();
    }

    private TaskCompletionSource Gate()
    {
        var gate = new TaskCompletionSource();
        gates.Add(gate);
        return gate;
    }

    private static bool AtCommit(DurableFaultContext context, DurableFaultPoint point) =>
        context.Point == point && context.Activity is null && context.InstanceIds.Count > 0;

    /// <summary>One of everything, through <paramref name="current"/>, the engine that lives.</summary>
    private async Task RunEverythingAsync(string id, Func<DurableEngine> current)
    {
        PrepareOrchestrators();
        await Patiently(() => current().Client.ScheduleNewOrchestrationInstanceAsync("Parent", "x", new StartOrchestrationOptions(id)));
        await Patiently(() => current().Client.RaiseEventAsync(id, "Go", 1));
        var done = await CompletedAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, done.RuntimeStatus);
        Assert.Equal("xx!", done.ReadOutputAs<string>());
        var history = await HistoryAsync(id);
        Assert.Equal(2, history.Count(type => type == "TaskCompleted"));
        Assert.Equal(1, history.Count(type => type == "SubOrchestrationCompleted"));
        Assert.Equal(2, (await HistoryAsync(id + "-kid")).Count(type => type == "TaskCompleted"));
    }
}
