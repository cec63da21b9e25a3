using Dapper;
using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Npgsql;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class LifecycleTests : DurableTest
{
    [Fact]
    public async Task A_running_id_is_refused_and_a_finished_one_starts_anew()
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<int>("Go"), id: "one");
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions(id)));
        await Client.RaiseEventAsync(id, "Go", 1);
        await CompletedAsync(id);

        await Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions(id));
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await ReadAsync(id)).RuntimeStatus);
        Assert.Equal(["ExecutionStarted"], await HistoryAsync(id));
        await Client.RaiseEventAsync(id, "Go", 2);
        Assert.Equal(2, (await CompletedAsync(id)).ReadOutputAs<int>());
        Assert.Equal(
            await QueryAsync<long>("select count(*) from durable.instances"), await QueryAsync<long>(
                "select count(distinct key) from durable.history"));
    }

    [Fact]
    public async Task A_finished_id_is_refused_when_the_caller_says_so()
    {
        await RunAsync(_ => Task.FromResult(1), id: "one");
        var options = new StartOrchestrationOptions("one").WithDedupeStatuses(OrchestrationRuntimeStatus.Completed);
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => Client.ScheduleNewOrchestrationInstanceAsync("Main", options));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_start_sees_what_the_last_step_of_its_id_has_just_made_of_it(bool refuseCompleted)
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<int>("Go"), id: "one");
        await IdleAsync();
        await Engine.StopAsync();
        // The step that ends it, written and not committed.
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var ending = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "update durable.instances set lane = 1, status = 1, next_seq = 2; insert into durable.history select key, 1, now(), '[]' "
                + "from durable.instances", transaction: ending);
        var options = refuseCompleted
            ? new StartOrchestrationOptions(id).WithDedupeStatuses(OrchestrationRuntimeStatus.Completed)
            : new StartOrchestrationOptions(id);
        var start = Client.ScheduleNewOrchestrationInstanceAsync("Main", options);
        await Eventually.TrueAsync(
            async () =>
                await QueryAsync<long>(
                    "select count(*) from pg_stat_activity where application_name = 'portal-durable' and wait_event_type = 'Lock'") > 0,
            "the start waits for the step");
        await ending.CommitAsync();
        if (refuseCompleted)
        {
            await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => start);
        }
        else
        {
            await start;
        }

        Assert.Equal(refuseCompleted ? 1 : 0, await QueryAsync<int>("select lane from durable.instances"));
        var next = await StartEngineAsync();
        await next.WhenIdleAsync(Limit);
        for (var round = 0; round < 12; round++)
        {
            await next.RunHousekeepingAsync();
        }

        Assert.Equal(
            0, await QueryAsync<long>(
                "select count(*) from durable.history h where not exists (select from durable.instances i where i.key = h.key)"));
        Assert.Equal(0, await QueryAsync<long>("select count(*) from durable.inbox"));
    }

    [Fact]
    public async Task Of_eight_starters_of_one_id_one_wins()
    {
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<int>("Go"));
        var second = await StartEngineAsync();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async n =>
        {
            try
            {
                await (n % 2 == 0 ? Client : second.Client).ScheduleNewOrchestrationInstanceAsync(
                    "Main", new StartOrchestrationOptions("one"));
                return true;
            }
            catch (OrchestrationAlreadyExistsException)
            {
                return false;
            }
        }));
        Assert.Single(outcomes, won => won);

        // Either engine may have it; the first step sets the status in the transaction that writes the history.
        await Client.WaitForInstanceStartAsync("one");
        Assert.Equal(["ExecutionStarted"], await HistoryAsync("one"));
    }

    [Fact]
    public async Task Terminating_ends_an_instance_with_an_output()
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<int>("Go"));
        await IdleAsync();
        await Client.TerminateInstanceAsync(id, new { Why = "enough" });
        var done = await CompletedAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, done.RuntimeStatus);
        Assert.Equal("""{"Why":"enough"}""", done.SerializedOutput);

        await RefusedAsync(StatusCode.FailedPrecondition, () => Client.RaiseEventAsync(id, "Go", 1));
        await RefusedAsync(StatusCode.FailedPrecondition, () => Client.TerminateInstanceAsync(id));
        await IdleAsync();
        Assert.Equal(["ExecutionStarted", "ExecutionTerminated", "ExecutionCompleted"], await HistoryAsync(id));
    }

    [Fact]
    public async Task Terminating_works_on_a_pending_instance_and_on_one_whose_activity_runs()
    {
        var running = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Functions.ActivityAsync<string, string>("Slow", async (_, _) =>
        {
            running.SetResult();
            await release.Task;
            return "late";
        });
        Functions.Orchestrator("Busy", context => context.CallActivityAsync<string>("Slow", "x"));
        await Client.ScheduleNewOrchestrationInstanceAsync("Busy", new StartOrchestrationOptions("busy"));
        await Client.ScheduleNewOrchestrationInstanceAsync("Busy", new StartOrchestrationOptions("pending", Clock.GetUtcNow().AddDays(1)));
        await running.Task;
        await Client.TerminateInstanceAsync("busy");
        await Client.TerminateInstanceAsync("pending");
        release.SetResult();
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await ReadAsync("busy")).RuntimeStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await ReadAsync("pending")).RuntimeStatus);
        Assert.DoesNotContain("TaskCompleted", await HistoryAsync("busy"));
    }

    [Fact]
    public async Task Terminating_recursively_ends_the_children_and_a_terminated_child_fails_its_parent()
    {
        Functions.Orchestrator("Child", context => context.WaitForExternalEvent<int>("Go"));
        foreach (var id in new[] { "a", "b" })
        {
            await StartAsync(
                context => context.CallSubOrchestratorAsync<int>(
                    "Child", options: new SubOrchestrationOptions(instanceId: "kid-" + context.InstanceId)), id: id);
        }

        await IdleAsync();
        await Client.TerminateInstanceAsync("a", new TerminateInstanceOptions(Recursive: true));
        await Client.TerminateInstanceAsync("kid-b");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await CompletedAsync("kid-a")).RuntimeStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await CompletedAsync("a")).RuntimeStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await CompletedAsync("b")).RuntimeStatus);
    }

    [Fact]
    public async Task Purging_recursively_takes_along_what_an_instance_started_however_deep()
    {
        Functions.Orchestrator("Grandchild", _ => Task.FromResult(1));
        Functions.Orchestrator("Child", context => context.CallSubOrchestratorAsync<int>(
            "Grandchild", options: new SubOrchestrationOptions(instanceId: "grand" + context.InstanceId)));
        foreach (var id in new[] { "a", "b" })
        {
            await StartAsync(
                context => context.CallSubOrchestratorAsync<int>(
                    "Child", options: new SubOrchestrationOptions(instanceId: "kid-" + context.InstanceId)), id: id);
            await CompletedAsync(id);
        }

        Assert.Equal(3, (await Client.PurgeInstanceAsync("a", new PurgeInstanceOptions(Recursive: true))).PurgedInstanceCount);
        Assert.Null(await Client.GetInstanceAsync("grandkid-a"));
        Assert.Equal(1, (await Client.PurgeInstanceAsync("b")).PurgedInstanceCount);
        Assert.NotNull(await Client.GetInstanceAsync("kid-b"));
    }

    [Fact]
    public async Task Continue_as_new_starts_over_with_new_input_and_no_history_and_keeps_unprocessed_events()
    {
        var id = await StartAsync(async context =>
        {
            var sum = context.GetInput<int>();
            if (sum == 0)
            {
                await context.WaitForExternalEvent<object?>("Begin");
            }

            if (sum >= 50)
            {
                return sum;
            }

            var next = sum + await context.WaitForExternalEvent<int>("Add");
            await context.CallActivityAsync<string>("Echo", "x");
            context.ContinueAsNew(next);
            return 0;
        }, 0);
        for (var n = 0; n < 10; n++)
        {
            await Client.RaiseEventAsync(id, "Add", 5);
        }

        await Client.RaiseEventAsync(id, "Begin");
        var done = await CompletedAsync(id);
        Assert.Equal(50, done.ReadOutputAs<int>());
        Assert.Equal(["ExecutionStarted", "ExecutionCompleted"], await HistoryAsync(id));
    }

    [Fact]
    public async Task Continue_as_new_keeps_the_order_of_events_and_works_after_a_take_over()
    {
        var id = await StartAsync(async context =>
        {
            var got = context.GetInput<List<int>>()!;
            if (got.Count == 6)
            {
                return got;
            }

            got.Add(await context.WaitForExternalEvent<int>("Add"));
            if (got.Count == 3)
            {
                await context.WaitForExternalEvent<object?>("Half");
            }

            context.ContinueAsNew(got);
            return [];
        }, new List<int>());
        for (var n = 1; n <= 6; n++)
        {
            await Client.RaiseEventAsync(id, "Add", n);
        }

        await IdleAsync();
        await ReplaceAsync(Engine);
        await Client.RaiseEventAsync(id, "Half");
        Assert.Equal([1, 2, 3, 4, 5, 6], (await CompletedAsync(id)).ReadOutputAs<List<int>>()!);
    }

    [Fact]
    public async Task Events_that_come_in_the_step_that_continues_as_new_are_kept()
    {
        Functions.Orchestrator("Main", async context =>
        {
            if (context.GetInput<int>() == 1)
            {
                return $"{await context.WaitForExternalEvent<int>("Add")} {await context.WaitForExternalEvent<int>("Add")}";
            }

            await context.WaitForExternalEvent<object?>("Begin");
            context.ContinueAsNew(1);
            return "";
        });
        // Nothing runs before its time, so its first step finds all three: one before what it waits for, one after.
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(
            "Main", 0, new StartOrchestrationOptions(StartAt: Clock.GetUtcNow().AddMinutes(1)));
        await Client.RaiseEventAsync(id, "Add", 1);
        await Client.RaiseEventAsync(id, "Begin");
        await Client.RaiseEventAsync(id, "Add", 2);
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("1 2", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Continue_as_new_can_drop_unprocessed_events()
    {
        var id = await StartAsync(async context =>
        {
            if (context.GetInput<int>() == 1)
            {
                return await context.WaitForExternalEvent<int>("Add");
            }

            await context.WaitForExternalEvent<object?>("Begin");
            context.ContinueAsNew(1, preserveUnprocessedEvents: false);
            return 0;
        }, 0);
        await Client.RaiseEventAsync(id, "Add", 1);
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Begin");
        await IdleAsync();
        Assert.False((await ReadAsync(id)).IsCompleted);
        await Client.RaiseEventAsync(id, "Add", 2);
        Assert.Equal(2, (await CompletedAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Waiting_for_start_and_completion_returns_when_they_happen()
    {
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<int>("Go"));
        await Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i", Clock.GetUtcNow().AddMinutes(1)));
        var start = Client.WaitForInstanceStartAsync("i");
        var end = Client.WaitForInstanceCompletionAsync("i", getInputsAndOutputs: true);
        await IdleAsync();
        Assert.False(start.IsCompleted);
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await start.WaitAsync(Limit, TimeProvider.System)).RuntimeStatus);
        Assert.False(end.IsCompleted);
        await Client.RaiseEventAsync("i", "Go", 3);
        Assert.Equal(3, (await end.WaitAsync(Limit, TimeProvider.System)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Waiting_can_be_cancelled_and_an_unknown_instance_is_an_error()
    {
        await StartAsync(context => context.WaitForExternalEvent<int>("Go"), id: "i");
        using var cancel = new CancellationTokenSource();
        var wait = Client.WaitForInstanceCompletionAsync("i", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Client.WaitForInstanceStartAsync("nobody"));
        Assert.Null(await Client.GetInstanceAsync("nobody"));
    }

    [Fact]
    public async Task Restart_runs_again_with_the_same_input_under_the_same_or_a_new_id()
    {
        await RunAsync(context => Task.FromResult(context.GetInput<string>()), "in", "one");
        Assert.Equal("one", await Client.RestartAsync("one"));
        Assert.Equal("in", (await CompletedAsync("one")).ReadOutputAs<string>());
        var other = await Client.RestartAsync("one", restartWithNewInstanceId: true);
        Assert.NotEqual("one", other);
        Assert.Equal("in", (await CompletedAsync(other)).ReadOutputAs<string>());
        await Assert.ThrowsAsync<ArgumentException>(() => Client.RestartAsync("nobody"));
    }

    [Fact]
    public async Task A_hundred_generations_leave_no_more_history_than_one()
    {
        var longest = 0L;
        Functions.Orchestrator("Main", async context =>
        {
            var round = context.GetInput<int>();
            await context.CallActivityAsync<string>("Echo", "x");
            if (round < 100)
            {
                context.ContinueAsNew(round + 1);
            }

            return round;
        });
        Functions.ActivityAsync<string, string>("Echo", async (input, _) =>
        {
            longest = Math.Max(longest, await QueryAsync<long>("select count(*) from durable.history"));
            return input;
        });
        await Client.ScheduleNewOrchestrationInstanceAsync("Main", 0, new StartOrchestrationOptions("again"));
        Assert.Equal(100, (await CompletedAsync("again")).ReadOutputAs<int>());
        Assert.Equal(1, longest);
        Assert.Equal(["ExecutionStarted", "TaskScheduled", "TaskCompleted", "ExecutionCompleted"], await HistoryAsync("again"));
        Assert.Equal(0, await QueryAsync<long>("select count(*) from durable.inbox"));
    }

    [Fact]
    public async Task Custom_status_survives_a_take_over_and_can_be_taken_back()
    {
        var id = await StartAsync(async context =>
        {
            context.SetCustomStatus("first");
            await context.WaitForExternalEvent<int>("Go");
            await context.WaitForExternalEvent<int>("Go");
            context.SetCustomStatus(null);
            return await context.WaitForExternalEvent<int>("Go");
        });
        await IdleAsync();
        await ReplaceAsync(Engine);
        await Client.RaiseEventAsync(id, "Go", 1);
        await IdleAsync();
        Assert.Equal("\"first\"", (await ReadAsync(id)).SerializedCustomStatus);
        await Client.RaiseEventAsync(id, "Go", 2);
        await IdleAsync();
        Assert.Null((await ReadAsync(id)).SerializedCustomStatus);
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_as_the_host_refuses_it()
    {
        var running = await StartAsync(context => context.WaitForExternalEvent<int>("Go"), id: "running");
        await Client.WaitForInstanceStartAsync(running);
        await RefusedAsync(StatusCode.NotFound, () => Client.RaiseEventAsync("nobody", "Go"));
        await RefusedAsync(StatusCode.NotFound, () => Client.TerminateInstanceAsync("nobody"));
        await RefusedAsync(StatusCode.Unknown, () => Client.SuspendInstanceAsync("nobody"));
        await RefusedAsync(StatusCode.Unknown, () => Client.ResumeInstanceAsync("nobody"));
        await RefusedAsync(StatusCode.Unknown, () => Client.ResumeInstanceAsync(running));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.RewindInstanceAsync("nobody", "why"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Client.RewindInstanceAsync(running, "why"));
        Assert.Equal(0, (await Client.PurgeInstanceAsync("nobody")).PurgedInstanceCount);
        Assert.Equal(0, (await Client.PurgeInstanceAsync(running)).PurgedInstanceCount);

        await Client.SuspendInstanceAsync(running);
        await IdleAsync();
        await RefusedAsync(StatusCode.Unknown, () => Client.SuspendInstanceAsync(running));
        await Client.ResumeInstanceAsync(running);
        await Client.RaiseEventAsync(running, "Go", 1);
        await CompletedAsync(running);
        await RefusedAsync(StatusCode.Unknown, () => Client.SuspendInstanceAsync(running));
        await RefusedAsync(StatusCode.Unknown, () => Client.ResumeInstanceAsync(running));
    }

    [Fact]
    public async Task A_number_that_nobody_gave_is_zero_as_input_and_as_result()
    {
        Functions.Activity<string, string?>("Nothing", _ => null);
        var done = await RunAsync(async context => context.GetInput<int>() + await context.CallActivityAsync<int>("Nothing", "x"));
        Assert.Equal("0", done.SerializedOutput);
    }

    [Fact]
    public async Task A_cancelled_call_of_the_client_ends_for_its_caller()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client.ScheduleNewOrchestrationInstanceAsync("Main", null, new StartOrchestrationOptions("i"), cancel.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.RaiseEventAsync("i", "Go", null, cancel.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.TerminateInstanceAsync("i", null, cancel.Token));
        await IdleAsync();
    }

    private static async Task RefusedAsync(StatusCode status, Func<Task> call) =>
        Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
}
