using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Portal.Compliance.Exports;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance.Exports;

/// <summary>
/// Carries one attempt of an export: one activity reads, zips and stores. While the store or the database is away it is tried again, after
/// 30 s doubling to 15 min. What the store refuses fails the attempt; the sweep starts another an hour later, and on-call is told.
/// Instance id: <c>export-{export id}-{attempt}</c>. Output: how the export ended.
/// </summary>
public static class ExportDataOrchestration
{
    public const string Name = "ExportData";

    [Function(Name)]
    public static async Task<string> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ExportRef export)
    {
        try
        {
            return await Retries.UntilAnsweredAsync(
                context,
                _ => context.CallActivityAsync<bool>(ExportDataActivities.Make, export),
                (_, error, _) => context.CallActivityAsync<bool>(
                    ExportDataActivities.NoteError, new ExportFault(export, error), Retries.Bookkeeping))
                ? ExportStatus.Ready : "not_due";
        }
        catch (OutageException)
        {
            context.ContinueAsNew(export);
            return ExportStatus.Running;
        }
        catch (TaskFailedException e)
        {
            var reason = Retries.ReasonOf(e);
            await context.CallActivityAsync<bool>(ExportDataActivities.Fail, new ExportFault(export, reason), Retries.Bookkeeping);
            return ExportStatus.Failed;
        }
    }
}
