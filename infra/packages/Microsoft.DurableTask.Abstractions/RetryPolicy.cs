using CoreFailureDetails = DurableTask.Core.FailureDetails;
using CoreSubOrchestrationFailed = DurableTask.Core.Exceptions.SubOrchestrationFailedException;
using CoreTaskFailed = DurableTask.Core.Exceptions.TaskFailedException;

namespace Microsoft.DurableTask;

public delegate bool RetryHandler(RetryContext retryContext);

public delegate Task<bool> AsyncRetryHandler(RetryContext retryContext);

public record RetryContext(
    TaskOrchestrationContext OrchestrationContext,
    int LastAttemptNumber,
    TaskFailureDetails LastFailure,
    TimeSpan TotalRetryTime,
    CancellationToken CancellationToken);

public class RetryPolicy
{
    private const string AtLeastFirst = "at least the first interval";

    public RetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        Require(maxNumberOfAttempts > 0, nameof(maxNumberOfAttempts), maxNumberOfAttempts, "greater than zero");
        Require(firstRetryInterval > TimeSpan.Zero, nameof(firstRetryInterval), firstRetryInterval, "greater than zero");
        Require(backoffCoefficient >= 1, nameof(backoffCoefficient), backoffCoefficient, "at least 1.0");
        Require(AtLeastOrInfinite(maxRetryInterval, firstRetryInterval), nameof(maxRetryInterval), maxRetryInterval, AtLeastFirst);
        Require(AtLeastOrInfinite(retryTimeout, firstRetryInterval), nameof(retryTimeout), retryTimeout, AtLeastFirst);

        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? TimeSpan.FromHours(1);
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
        Handle = _ => true;
    }

    public int MaxNumberOfAttempts { get; }

    public TimeSpan FirstRetryInterval { get; }

    public double BackoffCoefficient { get; }

    public TimeSpan MaxRetryInterval { get; }

    public TimeSpan RetryTimeout { get; }

    /// <summary>
    /// The one way for a runtime to ask a policy. As in the real package it wants DurableTask.Core's exceptions with their
    /// FailureDetails set, and throws InvalidOperationException on any other once <see cref="HandleFailure"/> was given.
    /// </summary>
    public Func<Exception, bool> Handle { get; private init; }

    public Func<TaskFailureDetails, bool> HandleFailure
    {
        init => Handle = exception => value(Convert(exception switch
        {
            CoreTaskFailed failed => failed.FailureDetails,
            CoreSubOrchestrationFailed failed => failed.FailureDetails,
            _ => null,
        }) ?? throw new InvalidOperationException(
            "A retry predicate was asked about an exception without failure details: " + exception.GetType()));
    }

    private static TaskFailureDetails? Convert(CoreFailureDetails? details) => details is null
        ? null
        : new(details.ErrorType, details.ErrorMessage, details.StackTrace, Convert(details.InnerFailure), null);

    private static bool AtLeastOrInfinite(TimeSpan? value, TimeSpan least) =>
        value is null || value >= least || value == Timeout.InfiniteTimeSpan;

    private static void Require(bool holds, string name, object? value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"The value for {name} must be {rule}.");
        }
    }
}
