using Portal.Foundation.Timers;

namespace Portal.People;

/// <summary>
/// The two timers over invites. Every half minute Clerk is told what a request could not tell it (it was away, asked to slow down, or our
/// process died after its commit). Every five minutes invites whose time is over expire, and are withdrawn at Clerk.
/// </summary>
public sealed class SweepInvites(InviteSyncStore store, SyncInvite sync)
{
    private const int Batch = 200;

    public async Task<RunCounts> SyncAsync(CancellationToken ct)
    {
        var counts = new RunCounts();
        await AllAsync(await store.DueAsync(Batch, ct), "told", counts, ct);
        return counts;
    }

    /// <summary>Asks Clerk about each one before it expires, so a batch is all there is in one go; the rest comes with the next
    /// run.</summary>
    public async Task<RunCounts> ExpireAsync(CancellationToken ct)
    {
        var counts = new RunCounts();
        if (await AllAsync(await store.OverdueAsync(Batch, ct), "over", counts, ct) && !counts.IsIdle)
        {
            // That has made their withdrawal due.
            await AllAsync(await store.DueAsync(Batch, ct), "told", counts, ct);
        }

        return counts;
    }

    private async Task<bool> AllAsync(IReadOnlyList<DueInvite> due, string name, RunCounts counts, CancellationToken ct)
    {
        foreach (var invite in due)
        {
            if (!await sync.RunAsync(invite.TenantId, invite.Id, ct))
            {
                return false;
            }

            counts.Add(name, 1);
        }

        return true;
    }
}
