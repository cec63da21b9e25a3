namespace Portal.Invites;

/// <summary>
/// Run every half minute: invites whose time is over expire, and Clerk is told what a request could not tell it (it was away, asked
/// for patience, or our process died after its commit).
/// </summary>
public sealed class SweepInvites(InviteSyncStore store, SyncInvite sync)
{
    private const int Batch = 200;

    public async Task RunAsync(CancellationToken ct)
    {
        // Those that are over first: that makes their withdrawal due.
        if (await AllAsync(await store.OverdueAsync(Batch, ct), ct))
        {
            await AllAsync(await store.DueAsync(Batch, ct), ct);
        }
    }

    private async Task<bool> AllAsync(IReadOnlyList<DueInvite> due, CancellationToken ct)
    {
        foreach (var invite in due)
        {
            if (!await sync.RunAsync(invite.TenantId, invite.Id, ct))
            {
                return false;
            }
        }

        return true;
    }
}
