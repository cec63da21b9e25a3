using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class EventTests : DurableTest
{
    [Fact]
    public async Task An_event_raised_after_the_wait_wakes_it()
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<int>("Go"));
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", 7);
        Assert.Equal(7, (await CompletedAsync(id)).ReadOutputAs<int>());
        Assert.Equal(0, await QueryAsync<long>("select count(*) from durable.inbox"));
    }

    [Fact]
    public async Task An_event_raised_before_the_wait_is_kept_for_it()
    {
        var id = await StartAsync(async context =>
        {
            await context.WaitForExternalEvent<int>("First");
            return await context.WaitForExternalEvent<int>("Second");
        });
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Second", 2);
        await IdleAsync();
        await Client.RaiseEventAsync(id, "First", 1);
        Assert.Equal(2, (await CompletedAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Event_names_are_matched_without_regard_to_case()
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<string>("APPROVED"));
        await Client.RaiseEventAsync(id, "approved", "yes");
        Assert.Equal("yes", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Of_several_waiters_the_newest_is_served_first()
    {
        var id = await StartAsync(async context =>
        {
            var first = context.WaitForExternalEvent<int>("Go");
            var second = context.WaitForExternalEvent<int>("Go");
            var served = new List<int> { await second };
            served.Add(await first);
            return served;
        });
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", 1);
        await Client.RaiseEventAsync(id, "Go", 2);
        Assert.Equal([1, 2], (await CompletedAsync(id)).ReadOutputAs<List<int>>()!);
    }

    [Fact]
    public async Task Events_of_one_name_are_handed_out_in_the_order_they_were_raised()
    {
        var id = await StartAsync(async context =>
        {
            await context.WaitForExternalEvent<int>("Start");
            var got = new List<int>();
            while (got.Count < 20)
            {
                got.Add(await context.WaitForExternalEvent<int>("N"));
            }

            return got;
        });
        for (var n = 0; n < 20; n++)
        {
            await Client.RaiseEventAsync(id, "N", n);
        }

        await Client.RaiseEventAsync(id, "Start", 0);
        Assert.Equal(Enumerable.Range(0, 20), (await CompletedAsync(id)).ReadOutputAs<List<int>>()!);
    }

    [Fact]
    public async Task A_wait_with_timeout_ends_with_cancellation_when_the_time_is_over()
    {
        var id = await StartAsync(async context =>
        {
            try
            {
                return await context.WaitForExternalEvent<string>("Go", TimeSpan.FromMinutes(10));
            }
            catch (TaskCanceledException)
            {
                return "timed out";
            }
        });
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("timed out", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_wait_with_timeout_takes_an_event_in_time_and_forgets_its_timer()
    {
        var id = await StartAsync(async context =>
        {
            var got = await context.WaitForExternalEvent<string>("Go", TimeSpan.FromMinutes(10));
            return got + await context.WaitForExternalEvent<string>("Go");
        });
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", "a");
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(20));
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", "b");
        Assert.Equal("ab", (await CompletedAsync(id)).ReadOutputAs<string>());
        Assert.DoesNotContain("TimerFired", await HistoryAsync(id));
    }

    [Fact]
    public async Task An_event_for_an_instance_that_has_not_started_waits_for_it()
    {
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<string>("Go"));
        await Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("later", Clock.GetUtcNow().AddHours(1)));
        await Client.RaiseEventAsync("later", "Go", "early");
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await ReadAsync("later")).RuntimeStatus);
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("early", (await CompletedAsync("later")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_event_for_a_finished_or_unknown_instance_is_refused_and_leaves_nothing()
    {
        var done = await RunAsync(_ => Task.FromResult(1));
        var ended = await Assert.ThrowsAsync<RpcException>(() => Client.RaiseEventAsync(done.InstanceId, "Go"));
        var unknown = await Assert.ThrowsAsync<RpcException>(() => Client.RaiseEventAsync("nobody", "Go"));
        Assert.Equal((StatusCode.FailedPrecondition, StatusCode.NotFound), (ended.StatusCode, unknown.StatusCode));
        await IdleAsync();
        Assert.Equal(0, await QueryAsync<long>("select count(*) from durable.inbox"));
    }

    [Fact]
    public async Task An_orchestration_sends_events_to_another_and_to_a_child_it_starts_in_the_same_step()
    {
        Functions.Orchestrator("Child", context => context.WaitForExternalEvent<string>("Hello"));
        var other = await StartAsync(context => context.WaitForExternalEvent<string>("Hello"), id: "other");
        Functions.Orchestrator("Sender", async context =>
        {
            var child = context.CallSubOrchestratorAsync<string>("Child", options: new SubOrchestrationOptions(instanceId: "child"));
            context.SendEvent("other", "hello", "from sender");
            context.SendEvent("child", "hello", "from parent");
            return await child;
        });
        await Client.ScheduleNewOrchestrationInstanceAsync("Sender", new StartOrchestrationOptions("sender"));
        Assert.Equal("from parent", (await CompletedAsync("sender")).ReadOutputAs<string>());
        Assert.Equal("from sender", (await CompletedAsync(other)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_waiter_of_another_type_for_the_same_event_is_refused()
    {
        var done = await RunAsync(async context =>
        {
            _ = context.WaitForExternalEvent<int>("Go");
            return await context.WaitForExternalEvent<string>("Go");
        });
        Assert.Equal("System.ArgumentException", done.FailureDetails!.ErrorType);
    }

    [Fact]
    public async Task Suspending_holds_events_back_and_resuming_hands_them_out()
    {
        var id = await StartAsync(
            async context => await context.WaitForExternalEvent<int>("Go") + await context.WaitForExternalEvent<int>("Go"));
        await IdleAsync();
        await Client.SuspendInstanceAsync(id, "wait a bit");
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", 1);
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", 2);
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await ReadAsync(id)).RuntimeStatus);

        await ReplaceAsync(Engine);
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await ReadAsync(id)).RuntimeStatus);
        await Client.ResumeInstanceAsync(id, "go on");
        Assert.Equal(3, (await CompletedAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_timer_that_runs_out_while_suspended_fires_on_resume()
    {
        var id = await StartAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
            return "fired";
        });
        await IdleAsync();
        await Client.SuspendInstanceAsync(id);
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(2));
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await ReadAsync(id)).RuntimeStatus);
        // An event has it looked at, which is no reason to go on.
        await Client.RaiseEventAsync(id, "Unexpected");
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await ReadAsync(id)).RuntimeStatus);
        await Client.ResumeInstanceAsync(id);
        Assert.Equal("fired", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_cancelled_wait_takes_no_event()
    {
        var id = await StartAsync(async context =>
        {
            using var cancel = new CancellationTokenSource();
            var abandoned = context.WaitForExternalEvent<int>("Go", cancel.Token);
            await context.CallActivityAsync<string>("Echo", "x");
            // CancelAsync would come back on another thread.
#pragma warning disable CA1849
            cancel.Cancel();
#pragma warning restore CA1849
            return $"{abandoned.Status} {await context.WaitForExternalEvent<int>("Go")}";
        });
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", 4);
        Assert.Equal("Canceled 4", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task When_one_of_several_waiters_gives_up_the_newest_of_the_others_is_still_served_first()
    {
        var id = await StartAsync(async context =>
        {
            using var cancel = new CancellationTokenSource();
            var first = context.WaitForExternalEvent<int>("Go");
            var second = context.WaitForExternalEvent<int>("Go");
            var abandoned = context.WaitForExternalEvent<int>("Go", cancel.Token);
            await context.CallActivityAsync<string>("Echo", "x");
            // CancelAsync would come back on another thread.
#pragma warning disable CA1849
            cancel.Cancel();
#pragma warning restore CA1849
            return $"{abandoned.Status} {await second} {await first}";
        });
        await IdleAsync();
        await Client.RaiseEventAsync(id, "Go", 1);
        await Client.RaiseEventAsync(id, "Go", 2);
        Assert.Equal("Canceled 1 2", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_event_whose_word_was_lost_still_comes_before_the_next_one()
    {
        var id = await StartAsync(
            async context => $"{await context.WaitForExternalEvent<int>("N")}{await context.WaitForExternalEvent<int>("N")}");
        await IdleAsync();
        // Committed by a process that died before it could tell the owner.
        await ExecuteAsync(
            $$"""insert into durable.inbox (key, event) select key, '{"type":"EventRaised","Name":"N","Payload":"1"}' from durable.instances where id = '{{id}}'""");
        await Client.RaiseEventAsync(id, "N", 2);
        Assert.Equal("12", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Events_for_a_parked_instance_wait_until_it_is_resumed()
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<int>("Go"));
        await IdleAsync();
        await ReplaceAsync(Engine);
        await ExecuteAsync("update durable.instances set quarantine_reason = 'Quarantined: for this test'");
        await Client.RaiseEventAsync(id, "Go", 8);
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await ReadAsync(id)).RuntimeStatus);
        await Client.ResumeInstanceAsync(id);
        Assert.Equal(8, (await CompletedAsync(id)).ReadOutputAs<int>());
    }
}
