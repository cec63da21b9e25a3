using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Moq;
using Core = DurableTask.Core;

namespace Portal.Tests.Unit.Packages;

/// <summary>What Durable's own base classes do, which the local runtime inherits and must not contradict.</summary>
public sealed class DurableBaseClassTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Wait_that_times_out_is_cancelled_and_its_timer_came_first()
    {
        var context = new Context();

        var wait = context.WaitForExternalEvent<string>("approved", Second);
        context.Timer.SetResult();

        await Assert.ThrowsAsync<TaskCanceledException>(() => wait);
        Assert.Equal([$"timer {context.CurrentUtcDateTime + Second:T}", "wait approved"], context.Calls);
    }

    [Fact]
    public async Task Event_in_time_cancels_the_timer()
    {
        var context = new Context();

        var wait = context.WaitForExternalEvent<string>("approved", Second);
        context.Event.SetResult("yes");

        Assert.Equal("yes", await wait);
        Assert.True(context.TimerCancellation.IsCancellationRequested);
    }

    [Fact]
    public void Replay_safe_logger_is_silent_while_replaying()
    {
        var context = new Context();
        context.Logger.Setup(logger => logger.IsEnabled(It.IsAny<LogLevel>())).Returns(true);
        var safe = context.CreateReplaySafeLogger("orchestration");

        context.Replaying = true;
        safe.Log(LogLevel.Information, 0, "again", null, (state, _) => state);
        context.Replaying = false;
        safe.Log(LogLevel.Information, 0, "once", null, (state, _) => state);

        context.Logger.Verify(
            logger => logger.Log(LogLevel.Information, 0, It.IsAny<string>(), null, It.IsAny<Func<string, Exception?, string>>()),
            Times.Once);
    }

    [Theory]
    [InlineData(0, 1, 1, null)]
    [InlineData(1, 0, 1, null)]
    [InlineData(1, 1, 0.5, null)]
    [InlineData(1, 2, 1, 1)]
    public void Retry_policy_refuses_what_makes_no_sense(int attempts, int first, double backoff, int? longest) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new RetryPolicy(attempts, first * Second, backoff, longest * Second, Timeout.InfiniteTimeSpan));

    [Fact]
    public void Retry_predicate_is_asked_through_the_core_exceptions_only()
    {
        var policy = new RetryPolicy(3, Second) { HandleFailure = failure => failure.ErrorType == "TryAgain" };

        Assert.True(policy.Handle(CoreFailure("TryAgain")));
        Assert.False(policy.Handle(CoreFailure("GiveUp")));
        Assert.Throws<InvalidOperationException>(() => policy.Handle(new TimeoutException()));
        Assert.True(new RetryPolicy(3, Second).Handle(new TimeoutException()));
    }

    [Fact]
    public void Failure_knows_its_base_types_by_name()
    {
        var failure = TaskFailureDetails.FromException(new ArgumentNullException("x", new TimeoutException()));

        Assert.True(failure.IsCausedBy<ArgumentException>());
        Assert.False(failure.IsCausedBy<TimeoutException>());
        Assert.Null(failure.InnerFailure!.InnerFailure);
        Assert.False((failure with { ErrorType = "Not.A.Type" }).IsCausedBy<Exception>());
    }

    [Fact]
    public void Failed_task_says_which_and_why() => Assert.Equal(
        "Task 'SendMail' (#4) failed with an unhandled exception: quota",
        new TaskFailedException("SendMail", 4, new InvalidOperationException("quota")).Message);

    [Fact]
    public void Metadata_without_a_converter_was_fetched_without_payloads()
    {
        var metadata = new OrchestrationMetadata("Name", "id") { SerializedOutput = "\"out\"" };

        Assert.Throws<InvalidOperationException>(metadata.ReadOutputAs<string>);
    }

    [Fact]
    public void Dedupe_statuses_travel_by_name() => Assert.Equal(
        ["Running", "Completed"],
        new StartOrchestrationOptions("id")
            .WithDedupeStatuses(OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Completed).DedupeStatuses!);

    private static Core.Exceptions.TaskFailedException CoreFailure(string type) =>
        new("failed") { FailureDetails = new Core.FailureDetails(type, "failed", null, null, isNonRetriable: false) };

    private sealed class Context : TaskOrchestrationContext
    {
        public Mock<ILogger> Logger { get; } = new();

        public List<string> Calls { get; } = [];

        public TaskCompletionSource Timer { get; } = new();

        public TaskCompletionSource<object> Event { get; } = new();

        public CancellationToken TimerCancellation { get; private set; }

        public bool Replaying { get; set; }

        public override TaskName Name => "Test";

        public override string InstanceId => "id";

        public override ParentOrchestrationInstance? Parent => null;

        public override DateTime CurrentUtcDateTime => new(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc);

        public override bool IsReplaying => Replaying;

        protected override ILoggerFactory LoggerFactory =>
            Mock.Of<ILoggerFactory>(factory => factory.CreateLogger(It.IsAny<string>()) == Logger.Object);

        public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
        {
            Calls.Add($"timer {fireAt:T}");
            TimerCancellation = cancellationToken;
            return Timer.Task;
        }

        public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
        {
            Calls.Add($"wait {eventName}");
            return (T)await Event.Task.WaitAsync(cancellationToken);
        }

        public override T GetInput<T>() => throw new NotSupportedException();

        public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) =>
            throw new NotSupportedException();

        public override void SendEvent(string instanceId, string eventName, object payload) => throw new NotSupportedException();

        public override void SetCustomStatus(object? customStatus) => throw new NotSupportedException();

        public override Task<TResult> CallSubOrchestratorAsync<TResult>(
            TaskName orchestratorName, object? input = null, TaskOptions? options = null) => throw new NotSupportedException();

        public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
            throw new NotSupportedException();

        public override Guid NewGuid() => throw new NotSupportedException();
    }
}
