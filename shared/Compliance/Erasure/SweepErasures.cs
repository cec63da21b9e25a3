using Portal.Foundation.Alerts;
using Portal.Foundation.Faults;
using Portal.Foundation.Paging;
using Portal.Foundation.Timers;

namespace Portal.Compliance.Erasure;

/// <summary>
/// Starts what is due: requests whose time of holding back is over, those whose start was lost, and failed ones an hour later. Tells
/// on-call of what is late: four hours before it is due, and again, as an incident that pages, when it is.
/// </summary>
public sealed class SweepErasures(ErasureStore store, AlertStore alerts, TimeProvider clock)
{
    private const int Batch = 500;
    private static readonly TimeSpan Warning = TimeSpan.FromHours(4);

    public async Task<RunCounts> RunAsync(IErasureStarter starter, CancellationToken ct)
    {
        var counts = new RunCounts();
        await foreach (var erasure in Batches.ReadAsync(Batch, after => store.OpenAsync(after, Batch, ct), e => e.Id))
        {
            await OneAsync(erasure, starter, counts, ct);
        }

        return counts;
    }

    private async Task OneAsync(OpenErasure erasure, IErasureStarter starter, RunCounts counts, CancellationToken ct)
    {
        if (await starter.StartOnceAsync(erasure.Kind, erasure.Ref, ct) == StartedOnce.Ended)
        {
            // Its orchestration ended without settling the row: somebody terminated it, say. Another attempt takes over.
            await store.FailAsync(erasure.Ref, "its orchestration ended before the erasure did", ct);
            counts.Add("restarted", 1);
        }

        var left = erasure.DueAt - clock.GetUtcNow();
        if (left > Warning)
        {
            return;
        }

        counts.Add("late", 1);
        var kind = left > TimeSpan.Zero ? AlertKind.ErasureLate : AlertKind.ErasureOverdue;
        await alerts.AddAsync(new(kind, erasure.Id.ToString(),
            $"Erasure {erasure.Id} is due at {erasure.DueAt:yyyy-MM-dd HH:mm} UTC and is {erasure.Status}.",
            new { erasureId = erasure.Id, tenantId = erasure.TenantId.Value }), ct);
    }
}
