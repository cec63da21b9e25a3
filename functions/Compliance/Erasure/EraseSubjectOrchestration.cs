using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Portal.Compliance.Erasure;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>
/// Carries one attempt of the erasure of a person or a guest: ends what the subject may do, then Clerk, then our rows; ten minutes later,
/// when what was on its way has arrived, our rows again and the certificate. Instance id: <c>erase-{erasure id}-{attempt}</c>.
/// </summary>
public static class EraseSubjectOrchestration
{
    public const string Name = "EraseSubject";

    /// <summary>Webhooks, mails and requests that had begun before.</summary>
    private static readonly TimeSpan Arrival = TimeSpan.FromMinutes(10);

    [Function(Name)]
    public static Task<string> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ErasureRef erasure) =>
        ErasureRun.RunAsync(context, erasure, async run =>
        {
            if (!await run.StepAsync<bool>(EraseSubjectActivities.Begin))
            {
                return false;
            }

            await run.StepAsync<string>(EraseSubjectActivities.Clerk);
            await run.StepAsync<bool>(EraseSubjectActivities.Rows);
            await run.WaitAsync(Arrival);
            await run.StepAsync<bool>(EraseSubjectActivities.Complete);
            return true;
        });
}
