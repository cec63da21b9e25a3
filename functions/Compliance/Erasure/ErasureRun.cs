using Microsoft.DurableTask;
using Portal.Compliance.Erasure;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>
/// One attempt of an erasure, whatever its subject is. While a vendor or the database is away a step is tried again, after 30 s doubling
/// to 15 min, for as long as it takes. What a vendor refuses fails the attempt; the sweep starts another an hour later, and on-call is
/// told.
/// </summary>
internal sealed class ErasureRun(TaskOrchestrationContext context, ErasureRef erasure)
{
    private const string NotDue = "not_due";

    /// <param name="steps">False: its time has not come, or it is another attempt's.</param>
    /// <returns>How the request ended.</returns>
    public static async Task<string> RunAsync(TaskOrchestrationContext context, ErasureRef erasure, Func<ErasureRun, Task<bool>> steps)
    {
        try
        {
            return await steps(new(context, erasure)) ? ErasureStatus.Completed : NotDue;
        }
        catch (OutageException)
        {
            context.ContinueAsNew(erasure);
            return ErasureStatus.Running;
        }
        catch (TaskFailedException e)
        {
            var reason = Retries.ReasonOf(e);
            await context.CallActivityAsync<bool>(EraseSubjectActivities.Fail, new ErasureFault(erasure, reason), Retries.Bookkeeping);
            return ErasureStatus.Failed;
        }
    }

    /// <param name="input">Null: the attempt.</param>
    public Task<T> StepAsync<T>(string activity, object? input = null) => Retries.UntilAnsweredAsync(
        context,
        _ => context.CallActivityAsync<T>(activity, input ?? erasure),
        (_, error, _) => context.CallActivityAsync<bool>(
            EraseSubjectActivities.NoteError, new ErasureFault(erasure, error), Retries.Bookkeeping));

    public Task WaitAsync(TimeSpan time) => context.CreateTimer(context.CurrentUtcDateTime + time, CancellationToken.None);

    /// <summary>Not at all when it is later already.</summary>
    public Task WaitUntilAsync(DateTimeOffset moment) => moment.UtcDateTime > context.CurrentUtcDateTime
        ? context.CreateTimer(moment.UtcDateTime, CancellationToken.None)
        : Task.CompletedTask;
}
