using Microsoft.DurableTask;
using Portal.Foundation.Faults;

namespace Portal.Functions.Durable;

/// <summary>How orchestrations try a call again while a vendor or the database is away.</summary>
internal static class Retries
{
    /// <summary>Some 14 hours of one call: then the orchestration begins afresh, so that its history stays short.</summary>
    private const int AttemptsPerRun = 60;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>For bookkeeping in our own rows: a day of attempts, since a database that is away must not fail what is healthy.</summary>
    public static TaskOptions Bookkeeping { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5))
        { HandleFailure = f => f.IsCausedBy<TransientException>() });

    /// <summary>30 s doubling to 15 min.</summary>
    public static TimeSpan Delay(int attempts) =>
        TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, attempts - 1)));

    /// <summary>What the row says of a call that will not get better: a refusal in its own words. The text of a bug is in the log and the
    /// history.</summary>
    public static string ReasonOf(TaskFailedException e) =>
        e.FailureDetails.IsCausedBy<PermanentException>() ? e.FailureDetails.ErrorMessage : "internal_error";

    /// <summary>Calls until it answers.</summary>
    /// <param name="call">Gets the number of the attempt, from 1.</param>
    /// <param name="note">Told of a failed attempt, its error, and when the next one is.</param>
    /// <exception cref="OutageException">It has not answered for as long as one run of the orchestration lasts.</exception>
    /// <exception cref="TaskFailedException">It failed for another reason than an outage.</exception>
    public static async Task<T> UntilAnsweredAsync<T>(
        TaskOrchestrationContext context, Func<int, Task<T>> call, Func<int, string, DateTime, Task> note)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                return await call(attempts);
            }
            catch (TaskFailedException e) when (e.FailureDetails.IsCausedBy<TransientException>())
            {
                if (attempts == AttemptsPerRun)
                {
                    throw new OutageException();
                }

                var next = context.CurrentUtcDateTime + Delay(attempts);
                await note(attempts, e.FailureDetails.ErrorMessage, next);
                await context.CreateTimer(next, CancellationToken.None);
            }
        }
    }
}

/// <summary>A vendor or the database has been away for as long as one run of an orchestration lasts.</summary>
internal sealed class OutageException : Exception;
