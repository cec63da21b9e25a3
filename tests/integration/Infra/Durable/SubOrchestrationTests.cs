using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class SubOrchestrationTests : DurableTest
{
    [Fact]
    public async Task A_child_gets_its_id_knows_its_parent_and_returns_its_output()
    {
        Functions.Orchestrator(
            "Child", context =>
                Task.FromResult(
                    $"{context.InstanceId} of {context.Parent!.Name} {context.Parent.InstanceId} got {context.GetInput<int>()}"));
        var done = await RunAsync(
            context => context.CallSubOrchestratorAsync<string>("Child", 5, new SubOrchestrationOptions(instanceId: "kid")), id: "mother");
        Assert.Equal("kid of Main mother got 5", done.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Three_generations_deep_and_wide()
    {
        Functions.Orchestrator("Tree", async context =>
        {
            var depth = context.GetInput<int>();
            if (depth == 0)
            {
                return await context.CallActivityAsync<string>("Echo", "1") == "1" ? 1 : 0;
            }

            return (
                await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => context.CallSubOrchestratorAsync<int>("Tree", depth - 1)))).Sum();
        });
        await Client.ScheduleNewOrchestrationInstanceAsync("Tree", 3, new StartOrchestrationOptions("root"));
        Assert.Equal(27, (await CompletedAsync("root")).ReadOutputAs<int>());
        Assert.Equal(40, await QueryAsync<long>("select count(*) from durable.instances where lane = 1"));
    }

    [Fact]
    public async Task A_failing_child_fails_its_caller_with_its_reason()
    {
        Functions.Orchestrator<int>("Child", context => throw new InvalidOperationException("no luck"));
        var done = await RunAsync(async context =>
        {
            try
            {
                await context.CallSubOrchestratorAsync("Child");
                return "no exception";
            }
            catch (TaskFailedException failed)
            {
                return $"{failed.TaskName}: {failed.FailureDetails.ErrorType}: {failed.FailureDetails.ErrorMessage}";
            }
        });
        Assert.Equal("Child: System.InvalidOperationException: no luck", done.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_child_is_retried_under_its_id()
    {
        var runs = 0;
        Functions.Orchestrator("Child", context => ++runs < 3 ? throw new InvalidOperationException("again") : Task.FromResult(runs));
        var id = await StartAsync(context => context.CallSubOrchestratorAsync<int>(
            "Child", null, TaskOptions.FromRetryPolicy(new(5, TimeSpan.FromMinutes(1))).WithInstanceId("kid")));
        for (var i = 0; i < 2; i++)
        {
            await IdleAsync();
            Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(3, (await CompletedAsync(id)).ReadOutputAs<int>());
        Assert.Equal(2, await QueryAsync<long>("select count(*) from durable.instances"));
    }

    [Fact]
    public async Task A_child_whose_id_is_taken_by_a_running_instance_fails_the_call()
    {
        Functions.Orchestrator("Child", context => context.WaitForExternalEvent<int>("Go"));
        await Client.ScheduleNewOrchestrationInstanceAsync("Child", new StartOrchestrationOptions("kid"));
        var done = await RunAsync(
            context => context.CallSubOrchestratorAsync<int>("Child", options: new SubOrchestrationOptions(instanceId: "kid")));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("already exists", done.SerializedOutput, StringComparison.Ordinal);
        Assert.False((await ReadAsync("kid")).IsCompleted);
    }

    [Fact]
    public async Task Of_two_children_started_in_one_step_under_one_id_the_second_is_refused()
    {
        Functions.Orchestrator("Child", context => Task.FromResult(context.GetInput<int>()));
        var id = await StartAsync(async context =>
        {
            var options = new SubOrchestrationOptions(instanceId: "kid");
            var first = context.CallSubOrchestratorAsync<int>("Child", 1, options);
            var second = context.CallSubOrchestratorAsync<int>("Child", 2, options);
            var got = await first;
            try
            {
                return got + await second;
            }
            catch (TaskFailedException failed)
            {
                return failed.FailureDetails.ErrorMessage.Contains("already exists", StringComparison.Ordinal) ? got : -1;
            }
        });
        Assert.Equal(1, (await CompletedAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_child_under_its_parents_own_id_is_refused_and_holds_nobody_up()
    {
        Functions.Orchestrator("Child", context => Task.FromResult(1));
        var id = await StartAsync(
            context => context.CallSubOrchestratorAsync<int>(
                "Child", options: new SubOrchestrationOptions(instanceId: context.InstanceId)), id: "self");
        var done = await CompletedAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("already exists", done.SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_late_answer_does_not_reach_the_next_generation_of_its_parent()
    {
        Functions.Orchestrator("Child", context => context.WaitForExternalEvent<string>("Go"));
        var id = await StartAsync(async context =>
        {
            var round = context.GetInput<int>();
            var child = context.CallSubOrchestratorAsync<string>("Child", options: new SubOrchestrationOptions(instanceId: $"kid{round}"));
            if (round == 0)
            {
                await context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
                context.ContinueAsNew(1);
                return "";
            }

            return await child;
        }, 0);
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(1));
        await IdleAsync();
        await Client.RaiseEventAsync("kid0", "Go", "old");
        await IdleAsync();
        Assert.False((await ReadAsync(id)).IsCompleted);
        await Client.RaiseEventAsync("kid1", "Go", "new");
        Assert.Equal("new", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failure_three_levels_down_keeps_its_causes_on_the_way_up()
    {
        Functions.Orchestrator("Level", async context =>
        {
            var depth = context.GetInput<int>();
            return depth == 0
                ? await context.CallActivityAsync<string>("Fail", "deep trouble")
                : await context.CallSubOrchestratorAsync<string>("Level", depth - 1);
        });
        Functions.Orchestrator("Reader", async context =>
        {
            var types = new List<string>();
            try
            {
                await context.CallSubOrchestratorAsync<string>("Level", 2);
            }
            catch (TaskFailedException failed)
            {
                for (var at = failed.FailureDetails; at is not null; at = at.InnerFailure)
                {
                    types.Add(at.ErrorType);
                }
            }

            return types;
        });
        await Client.ScheduleNewOrchestrationInstanceAsync("Reader", new StartOrchestrationOptions("reader"));
        Assert.Equal(
            [.. Enumerable.Repeat("Microsoft.DurableTask.TaskFailedException", 3), "System.InvalidOperationException"],
            (await CompletedAsync("reader")).ReadOutputAs<List<string>>());

        await Client.ScheduleNewOrchestrationInstanceAsync("Level", 2, new StartOrchestrationOptions("top"));
        var failure = (await CompletedAsync("top")).FailureDetails!;
        Assert.True(failure.IsCausedBy<TaskFailedException>());
        Assert.False(failure.IsCausedBy<InvalidOperationException>(), "IsCausedBy looks at the outermost error, as the real one does");
        Assert.Contains("deep trouble", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_handler_of_a_child_sees_its_failure_and_ends_the_attempts()
    {
        var seen = new List<string>();
        Functions.Orchestrator<int>("Child", context => throw new InvalidOperationException("no"));
        var options = TaskOptions.FromRetryHandler(retry =>
        {
            seen.Add($"{retry.LastAttemptNumber} {retry.LastFailure.ErrorType}");
            return retry.LastAttemptNumber < 3;
        });
        var done = await RunAsync(context => context.CallSubOrchestratorAsync<int>("Child", null, options));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Equal(
            ["1 System.InvalidOperationException", "2 System.InvalidOperationException", "3 System.InvalidOperationException"], seen);
    }
}
