using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Durable;

public sealed class DeterminismTests : DurableTest
{
    [Fact]
    public async Task Changed_code_fails_with_the_step_what_was_expected_and_what_was_found()
    {
        var id = await StartAsync(async context =>
        {
            await context.CallActivityAsync<string>("Echo", "a");
            await context.CallActivityAsync<string>("Echo", "b");
            return await context.WaitForExternalEvent<string>("Go");
        });
        await IdleAsync();
        Functions.Orchestrator("Main", async context =>
        {
            await context.CallActivityAsync<string>("Echo", "a");
            await context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
            return await context.WaitForExternalEvent<string>("Go");
        });
        var message = await AfterReplayAsync(id);
        Assert.Contains("at step #1 its history has activity 'Echo', but the code came to timer", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_now_does_less_or_more_is_found_out()
    {
        var less = await StartAsync(async context =>
        {
            await context.CallActivityAsync<string>("Echo", "a");
            return await context.WaitForExternalEvent<string>("Go");
        });
        await IdleAsync();
        Functions.Orchestrator("Main", context => context.WaitForExternalEvent<string>("Go"));
        Assert.Contains("step #0 its history has activity 'Echo', but the code came to nothing", await AfterReplayAsync(less), StringComparison.Ordinal);

        var more = await StartAsync(context => context.WaitForExternalEvent<string>("Go"));
        await IdleAsync();
        Functions.Orchestrator("Main", async context =>
        {
            await context.CallActivityAsync<string>("Echo", "a");
            return await context.WaitForExternalEvent<string>("Go");
        });
        Assert.Contains("step #0 its history has nothing more, but the code came to activity 'Echo'", await AfterReplayAsync(more), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_something_that_is_not_durable_fails_at_once()
    {
        var done = await RunAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromHours(1), TimeProvider.System);
            return 1;
        });
        Assert.Contains("awaits something that is not durable", done.SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coming_back_on_a_foreign_thread_while_waiting_for_something_durable_fails()
    {
        var done = await RunAsync(async context =>
        {
            var never = context.WaitForExternalEvent<int>("Never");
            await Task.WhenAny(never, Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System));
            return await context.CallActivityAsync<string>("Echo", "x");
        });
        Assert.Contains("awaits something that is not durable", done.SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaving_the_thread_without_context_fails_too()
    {
        var done = await RunAsync(async context =>
        {
            _ = context.WaitForExternalEvent<int>("Never");
            await Task.Run(() => Thread.Yield()).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System).ConfigureAwait(false);
            return await context.CallActivityAsync<string>("Echo", "x");
        });
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("not durable", done.SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Yields_and_synchronous_continuations_stay_on_the_orchestrators_thread()
    {
        var done = await RunAsync(async context =>
        {
            await Task.Yield();
            var doubled = await context.CallActivityAsync<string>("Echo", "x").ContinueWith(
                echo => echo.Result + echo.Result, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return doubled + await context.CallActivityAsync<string>("Echo", "z");
        });
        Assert.Equal("\"xxz\"", done.SerializedOutput);
    }

    [Fact]
    public async Task Logging_is_silent_while_replaying()
    {
        var lines = 0;
        var id = await StartAsync(async context =>
        {
            if (!context.IsReplaying) lines++;
            return await context.WaitForExternalEvent<string>("Go");
        });
        await IdleAsync();
        await ReplaceAsync(Engine);
        await Client.RaiseEventAsync(id, "Go", "x");
        await CompletedAsync(id);
        Assert.Equal(1, lines);
    }

    [Fact]
    public async Task An_orchestrator_removed_while_running_fails_clearly()
    {
        var id = await StartAsync(context => context.WaitForExternalEvent<string>("Go"));
        await IdleAsync();
        Functions.Remove("Main");
        Assert.Contains("No orchestrator task named 'Main' was found.", await AfterReplayAsync(id), StringComparison.Ordinal);
    }

    private async Task<string> AfterReplayAsync(string id)
    {
        await ReplaceAsync(Engine);
        await Client.RaiseEventAsync(id, "Go", "x");
        var done = await CompletedAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        return done.SerializedOutput!;
    }
}
