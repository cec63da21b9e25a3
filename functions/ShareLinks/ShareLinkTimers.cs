using Microsoft.Azure.Functions.Worker;
using Portal.Db;
using Portal.Playback;
using Portal.ShareLinks;

namespace Portal.Functions.ShareLinks;

/// <summary>Every minute: moves links past their end to expired. Nothing waits for it: every read compares the end with the clock.</summary>
public sealed class ExpireShareLinksTimer(PortalDb db, ShareLinkMoves moves)
{
    private const int Batch = 200;

    [Function("ExpireShareLinks")]
    public async Task RunAsync([TimerTrigger("20 * * * * *")] TimerInfo timer, CancellationToken ct)
    {
        while (await db.AcrossTenantsAsync(tx => moves.ExpireAsync(tx, Batch), ct) == Batch)
        {
            ct.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>Every hour: forgets who unlocked links that are over.</summary>
public sealed class ForgetShareUnlocksTimer(PortalDb db, ShareLinkMoves moves)
{
    private const int Batch = 1000;

    [Function("ForgetShareUnlocks")]
    public async Task RunAsync([TimerTrigger("40 25 * * * *")] TimerInfo timer, CancellationToken ct)
    {
        while (await db.AcrossTenantsAsync(tx => moves.ForgetUnlocksAsync(tx, Batch), ct) == Batch)
        {
            ct.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>Every half minute: what Mux has not confirmed yet, playback ids to replace and files to make.</summary>
public sealed class WorkOffMuxChoresTimer(WorkOffMuxChores chores)
{
    [Function("WorkOffMuxChores")]
    public Task RunAsync([TimerTrigger("10,40 * * * * *")] TimerInfo timer, CancellationToken ct) => chores.RunAsync(null, ct);
}
