using System.Collections.Concurrent;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Durable;

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
        Assert.Contains(
            "step #0 its history has activity 'Echo', but the code came to nothing", await AfterReplayAsync(less),
            StringComparison.Ordinal);

        var more = await StartAsync(context => context.WaitForExternalEvent<string>("Go"));
        await IdleAsync();
        Functions.Orchestrator("Main", async context =>
        {
            await context.CallActivityAsync<string>("Echo", "a");
            return await context.WaitForExternalEvent<string>("Go");
        });
        Assert.Contains(
            "step #0 its history has nothing more, but the code came to activity 'Echo'", await AfterReplayAsync(more),
            StringComparison.Ordinal);
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
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = await StartAsync(async context =>
        {
            var never = context.WaitForExternalEvent<int>("Never");
            await Task.WhenAny(never, foreign.Task);
            return await context.CallActivityAsync<string>("Echo", "x");
        });
        // Not before it waits: a task that is done already is no wait at all.
        await Engine.WhenIdleAsync(Limit);
        foreign.SetResult();
        var done = await CompletedAsync(id);
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
                echo => echo.Result + echo.Result, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            return doubled + await context.CallActivityAsync<string>("Echo", "z");
        });
        Assert.Equal("\"xxz\"", done.SerializedOutput);
    }

    [Fact]
    public async Task A_replay_safe_logger_is_silent_while_replaying()
    {
        using var lines = new Lines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(lines));
        await Engine.StopAsync();
        var first = await StartEngineAsync(loggers: loggers);
        Functions.Orchestrator("Main", async context =>
        {
            var safe = context.CreateReplaySafeLogger("Main");
            safe.LogInformation("before");
            await context.WaitForExternalEvent<string>("Go");
            safe.LogInformation("after");
            return 1;
        });
        await first.Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("i"));
        await first.WhenIdleAsync(Limit);
        var worker = first.Worker;
        first.Abandon();
        await ExpireAsync(worker);
        var second = await StartEngineAsync(loggers: loggers);
        await second.Client.RaiseEventAsync("i", "Go", "x");
        await second.Client.WaitForInstanceCompletionAsync("i").WaitAsync(Limit, TimeProvider.System);
        Assert.Equal(["before", "after"], lines.Written);
    }

    [Fact]
    public async Task An_activity_removed_while_it_was_to_run_fails_clearly()
    {
        Functions.ActivityAsync<string, string>("Gone", async (_, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            return "never";
        });
        var id = await StartAsync(context => context.CallActivityAsync<string>("Gone", "x"));
        await Eventually.TrueAsync(() => Functions.Ran.Contains("Gone"), "the activity runs");
        Functions.Remove("Gone");
        await ReplaceAsync(Engine);
        var done = await CompletedAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("No activity task named 'Gone' was found.", done.SerializedOutput, StringComparison.Ordinal);
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

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = new();

        // The engine's own lines are of no interest.
        public ILogger CreateLogger(string categoryName) => categoryName == "Main" ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue(formatter(state, exception));

        public void Dispose() => GC.SuppressFinalize(this);
    }
}
