using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Portal.Compliance.Erasure;
using Portal.Foundation.Faults;
using Portal.Functions.Videos.Uploads;

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

    /// <summary>Some 14 hours of one step: then afresh, so that the history stays short.</summary>
    private const int AttemptsPerRun = 60;

    /// <summary>Webhooks, mails and requests that had begun before.</summary>
    private static readonly TimeSpan Arrival = TimeSpan.FromMinutes(10);

    private static readonly TaskOptions Bookkeeping = TaskOptions.FromRetryPolicy(
        new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5))
        { HandleFailure = f => f.IsCausedBy<TransientException>() });

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
            var reason = e.FailureDetails.IsCausedBy<PermanentException>() ? e.FailureDetails.ErrorMessage : "internal_error";
            await context.CallActivityAsync<bool>(EraseSubjectActivities.Fail, new ErasureFault(erasure, reason), Bookkeeping);
            return ErasureStatus.Failed;
        }
    }

    private static async Task<T> StepAsync<T>(TaskOrchestrationContext context, ErasureRef erasure, string activity)
    {
        for (var attempts = 1; attempts <= AttemptsPerRun; attempts++)
        {
            try
            {
                return await context.CallActivityAsync<T>(activity, erasure);
            }
            catch (TaskFailedException e) when (e.FailureDetails.IsCausedBy<TransientException>())
            {
                await context.CallActivityAsync<bool>(
                    EraseSubjectActivities.NoteError, new ErasureFault(erasure, e.FailureDetails.ErrorMessage), Bookkeeping);
                await context.CreateTimer(
                    context.CurrentUtcDateTime + UploadPipelineOrchestration.Delay(attempts), CancellationToken.None);
            }
        }

        throw new OutageException();
    }

    private sealed class OutageException : Exception;
}
