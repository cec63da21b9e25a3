using Microsoft.DurableTask;

namespace Portal.Runtime.Durable;

/// <summary>
/// Retries of one call, run as orchestrator code: each attempt is an own task in history and each pause an own timer, so a replay goes
/// through the same attempts. A task that does not exist is not retried; it will not come to exist.
/// </summary>
internal static class RetryLoop
{
    public const string ActivityNotFound = "ActivityTaskNotFound";
    public const string OrchestratorNotFound = "OrchestratorTaskNotFound";

    public static Task<T> RunAsync<T>(ReplayContext context, TaskName name, TaskRetryOptions? retry, Func<Task<T>> attempt) => retry switch
    {
        { Policy: { } policy } => ByPolicyAsync(context, policy, attempt),
        { Handler: { } handler } => ByHandlerAsync(context, handler, attempt),
        _ => attempt(),
    };

    private static async Task<T> ByPolicyAsync<T>(ReplayContext context, RetryPolicy policy, Func<Task<T>> attempt)
    {
        var first = context.CurrentUtcDateTime;
        for (var failures = 0; ;)
        {
            try
            {
                return await attempt();
            }
            catch (TaskFailedException failed)
                when (++failures < policy.MaxNumberOfAttempts && Retriable(failed) && WithinTime(context, policy, first)
                    && policy.Handle(Failure.From(failed.FailureDetails).ToCoreException()))
            {
                await context.CreateTimer(context.CurrentUtcDateTime.Add(Pause(policy, failures)), CancellationToken.None);
            }
        }
    }

    private static async Task<T> ByHandlerAsync<T>(ReplayContext context, AsyncRetryHandler handler, Func<Task<T>> attempt)
    {
        var first = context.CurrentUtcDateTime;
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await attempt();
            }
            catch (TaskFailedException failed) when (Retriable(failed))
            {
                var asked = new RetryContext(
                    context, failures, failed.FailureDetails, context.CurrentUtcDateTime - first, CancellationToken.None);
                if (!await handler(asked))
                {
                    throw;
                }
            }
        }
    }

    private static bool Retriable(TaskFailedException failed) =>
        failed.FailureDetails.ErrorType is not (ActivityNotFound or OrchestratorNotFound);

    private static bool WithinTime(ReplayContext context, RetryPolicy policy, DateTime first) =>
        policy.RetryTimeout == Timeout.InfiniteTimeSpan || context.CurrentUtcDateTime - first < policy.RetryTimeout;

    /// <summary>First interval × coefficient^(failures-1), at most the cap.</summary>
    private static TimeSpan Pause(RetryPolicy policy, int failures)
    {
        var milliseconds = policy.FirstRetryInterval.TotalMilliseconds * Math.Pow(policy.BackoffCoefficient, failures - 1);
        var cap = policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : policy.MaxRetryInterval;
        return milliseconds < cap.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : cap;
    }
}
