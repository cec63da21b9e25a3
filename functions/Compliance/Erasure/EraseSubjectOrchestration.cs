using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Portal.Compliance.Erasure;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>
/// Carries one attempt of an erasure: ends what the subject may do, then Clerk, then our rows; ten minutes later, when what was on its way
/// has arrived, our rows again and the certificate. While Clerk or the database is away a step is tried again, after 30 s doubling to
/// 15 min, for as long as it takes. What Clerk refuses fails the attempt; the sweep starts another an hour later, and on-call is told.
/// Instance id: <c>erase-{erasure id}-{attempt}</c>. Output: how the request ended.
/// </summary>
public static class EraseSubjectOrchestration
{
    public const string Name = "EraseSubject";

    /// <summary>Webhooks, mails and requests that had begun before.</summary>
    private static readonly TimeSpan Arrival = TimeSpan.FromMinutes(10);

    [Function(Name)]
    public static async Task<string> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ErasureRef erasure)
    {
        try
        {
            if (!await StepAsync<bool>(context, erasure, EraseSubjectActivities.Begin))
            {
                return "not_due";
            }

            await StepAsync<string>(context, erasure, EraseSubjectActivities.Clerk);
            await StepAsync<bool>(context, erasure, EraseSubjectActivities.Rows);
            await context.CreateTimer(context.CurrentUtcDateTime + Arrival, CancellationToken.None);
            await StepAsync<bool>(context, erasure, EraseSubjectActivities.Complete);
            return ErasureStatus.Completed;
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

    private static Task<T> StepAsync<T>(TaskOrchestrationContext context, ErasureRef erasure, string activity) =>
        Retries.UntilAnsweredAsync(
            context,
            _ => context.CallActivityAsync<T>(activity, erasure),
            (_, error, _) => context.CallActivityAsync<bool>(
                EraseSubjectActivities.NoteError, new ErasureFault(erasure, error), Retries.Bookkeeping));
}
