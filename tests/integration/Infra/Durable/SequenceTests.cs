using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class SequenceTests : DurableTest
{
    [Fact]
    public async Task Activities_run_one_after_the_other_and_their_results_come_back()
    {
        var done = await RunAsync(async context =>
        {
            var text = "";
            for (var i = 1; i <= 5; i++)
            {
                text += await context.CallActivityAsync<string>("Echo", $"{i}");
            }

            return text;
        });

        Assert.Equal(OrchestrationRuntimeStatus.Completed, done.RuntimeStatus);
        Assert.Equal("12345", done.ReadOutputAs<string>());
        Assert.Equal(["Echo", "Echo", "Echo", "Echo", "Echo"], Functions.Ran);
    }

    [Fact]
    public async Task A_thousand_activities_fan_out_and_in()
    {
        Functions.Activity<int, int>("Square", n => n * n);
        var done = await RunAsync(async context =>
        {
            var squares = await Task.WhenAll(Enumerable.Range(1, 1000).Select(n => context.CallActivityAsync<int>("Square", n)));
            return squares.Sum();
        });

        Assert.Equal(333_833_500, done.ReadOutputAs<int>());
        Assert.Equal(1000, (await HistoryAsync(done.InstanceId)).Count(type => type == "TaskCompleted"));
    }

    [Fact]
    public async Task Input_and_output_keep_every_json_shape()
    {
        foreach (var (value, json) in new (object?, string?)[]
        {
            (null, null), ("text \"quoted\" ünï \u0001", null), (42, "42"), (1.5, "1.5"), (true, "true"), (new[] { 1, 2 }, "[1,2]"),
            (
                new Sample(
                    "r1", true, new DateTime(
                        2026, 1, 2, 3, 4, 5, DateTimeKind.Utc)), """{"Id":"r1","Ok":true,"At":"2026-01-02T03:04:05Z"}"""),
            (new Dictionary<string, int> { ["b"] = 1, ["a"] = 2 }, """{"b":1,"a":2}"""),
        })
        {
            var done = await RunAsync(context => Task.FromResult(context.GetInput<object>()), value);
            if (json is not null)
            {
                Assert.Equal(json, done.SerializedInput);
            }

            Assert.Equal(done.SerializedInput, done.SerializedOutput);
        }

        var echoed = await RunAsync(
            context => context.CallActivityAsync<string>("Echo", context.GetInput<string>()), "text \"quoted\" ünï \u0001");
        Assert.Equal("text \"quoted\" ünï \u0001", echoed.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Names_of_json_members_are_read_without_regard_to_case()
    {
        Functions.Orchestrator("Main", context => Task.FromResult(context.GetInput<Sample>()!.Id));
        await Client.ScheduleNewOrchestrationInstanceAsync("Main", new { id = "low", ok = true }, new StartOrchestrationOptions("i"));
        Assert.Equal("low", (await CompletedAsync("i")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_uncaught_exception_fails_the_instance_with_its_message_as_output()
    {
        var done = await RunAsync<string>(async context =>
        {
            await context.CallActivityAsync<string>("Echo", "x");
            throw new InvalidOperationException("broken", new ArgumentException("cause"));
        });

        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Equal("broken", done.SerializedOutput);
        Assert.Equal("System.InvalidOperationException", done.FailureDetails!.ErrorType);
        // The host's service passes on the outermost only.
        Assert.Null(done.FailureDetails.InnerFailure);
        Assert.True(done.FailureDetails.IsCausedBy<InvalidOperationException>());
    }

    [Fact]
    public async Task A_failed_activity_surfaces_with_its_name_id_and_inner_failures()
    {
        Functions.Activity<string, string>("Deep", _ => throw new InvalidOperationException("outer", new TimeoutException("inner")));
        var done = await RunAsync(async context =>
        {
            await context.CallActivityAsync<string>("Echo", "x");
            try
            {
                await context.CallActivityAsync("Deep", "x");
                return "no exception";
            }
            catch (TaskFailedException failed)
            {
                return $"{failed.TaskName} #{failed.TaskId} {failed.FailureDetails.ErrorType} / "
                    + $"{failed.FailureDetails.InnerFailure!.ErrorType} "
                    + $"{failed.FailureDetails.IsCausedBy<SystemException>()} {failed.Message}";
            }
        });

        Assert.Equal(
            "Deep #1 System.InvalidOperationException / System.TimeoutException True Task 'Deep' (#1) failed with an unhandled "
                + "exception: outer",
            done.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Ids_and_times_and_replay_flag_are_stable_over_replay()
    {
        var seen = new List<(bool Replaying, Guid Id, DateTime At)>();
        var done = await StartAsync(async context =>
        {
            lock (seen)
            {
                seen.Add((context.IsReplaying, context.NewGuid(), context.CurrentUtcDateTime));
            }

            await context.WaitForExternalEvent<string>("Go");
            lock (seen)
            {
                seen.Add((context.IsReplaying, context.NewGuid(), context.CurrentUtcDateTime));
            }

            await context.WaitForExternalEvent<string>("Go");
            return $"{context.NewGuid()}";
        });
        await IdleAsync();
        // Past the microsecond, which the database does not keep.
        Clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(7));
        await Client.RaiseEventAsync(done, "Go");
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(1));
        await ReplaceAsync(Engine);
        await Client.RaiseEventAsync(done, "Go");
        await CompletedAsync(done);

        Assert.Equal(4, seen.Count);
        Assert.Equal([false, false, true, true], seen.Select(entry => entry.Replaying));
        Assert.Equal(seen.Take(2).Select(entry => (entry.Id, entry.At)), seen.Skip(2).Select(entry => (entry.Id, entry.At)));
        Assert.NotEqual(seen[0].Id, seen[1].Id);
        Assert.Equal(TimeSpan.FromMinutes(1), seen[1].At - seen[0].At);
        Assert.Equal(DateTimeKind.Utc, seen[0].At.Kind);
    }

    [Fact]
    public async Task Custom_status_is_visible_while_running()
    {
        var id = await StartAsync(async context =>
        {
            context.SetCustomStatus(new { Phase = "waiting" });
            return await context.WaitForExternalEvent<string>("Go");
        });
        await IdleAsync();
        Assert.Equal("""{"Phase":"waiting"}""", (await ReadAsync(id)).SerializedCustomStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await ReadAsync(id)).RuntimeStatus);
        await Client.RaiseEventAsync(id, "go", "on");
        Assert.Equal("on", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    private sealed record Sample(string Id, bool Ok, DateTime At);
}
