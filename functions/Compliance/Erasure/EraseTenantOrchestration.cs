using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Portal.Compliance.Erasure;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>
/// Carries one attempt of the erasure of a tenant: closes it, and when what was on its way has arrived, deletes what Mux, Vercel Blob and
/// Clerk hold; ten minutes later, when they have told of it, webhooks, our rows, and the certificate. Rows go last: they name what is
/// elsewhere. Instance id: <c>erase-{erasure id}-{attempt}</c>.
/// </summary>
public static class EraseTenantOrchestration
{
    public const string Name = "EraseTenant";

    /// <summary>Webhooks that tell of what was deleted.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromMinutes(10);

    [Function(Name)]
    public static Task<string> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ErasureRef erasure) =>
        ErasureRun.RunAsync(context, erasure, async run =>
        {
            if (await run.StepAsync<DateTimeOffset?>(EraseTenantActivities.Begin) is not { } arrived)
            {
                return false;
            }

            await run.WaitUntilAsync(arrived);
            await DrainAsync(run, erasure, EraseTenantActivities.Mux);
            await DrainAsync(run, erasure, EraseTenantActivities.Blob);
            await run.StepAsync<bool>(EraseTenantActivities.Clerk);
            await run.WaitAsync(Told);
            await run.StepAsync<bool>(EraseTenantActivities.Webhooks);
            while (await run.StepAsync<bool>(EraseTenantActivities.Rows))
            {
                // There are more.
            }

            await run.StepAsync<bool>(EraseTenantActivities.Complete);
            return true;
        });

    /// <summary>A hundred at a time, so that no activity runs for long.</summary>
    private static async Task DrainAsync(ErasureRun run, ErasureRef erasure, string activity)
    {
        for (var after = ""; after is not null;)
        {
            after = await run.StepAsync<string?>(activity, new ErasurePage(erasure, after));
        }
    }
}
