using Portal.Foundation.Faults;
using Portal.Foundation.Paging;
using Portal.Foundation.Timers;

namespace Portal.Compliance.Exports;

/// <summary>Starts exports whose start was lost and failed ones an hour later; deletes files whose week is over, or whose subject is being
/// erased.</summary>
public sealed class SweepExports(ExportStore store, MakeExport make)
{
    private const int Batch = 500;

    public async Task<RunCounts> RunAsync(IExportStarter starter, CancellationToken ct)
    {
        var counts = new RunCounts();
        await foreach (var export in Batches.ReadAsync(Batch, after => store.DueAsync(after, Batch, ct), e => e.Id))
        {
            await OneAsync(export, starter, counts, ct);
        }

        return counts;
    }

    private async Task OneAsync(DueExport export, IExportStarter starter, RunCounts counts, CancellationToken ct)
    {
        try
        {
            if (await make.ExpireAsync(export.Ref, ct))
            {
                counts.Add("expired", 1);
            }
            else if (export.Status != ExportStatus.Ready && await starter.StartOnceAsync(export.Ref, ct) == StartedOnce.Ended)
            {
                // Its orchestration ended without settling the row: another attempt takes over.
                await store.FailAsync(export.Ref, "its orchestration ended before the export did", ct);
                counts.Add("restarted", 1);
            }
        }
        catch (Exception e) when (e is TransientException or PermanentException)
        {
            // The store is away or refuses: the next sweep asks again, and the others go on.
            counts.Add("notDeleted", 1);
        }
    }
}
