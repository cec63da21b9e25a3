using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portal.Alerts;
using Portal.Db;
using Portal.Vendors;
using Portal.Vendors.Mux;

namespace Portal.Playback;

/// <summary>
/// Works off what is to be done at Mux. Each step can be repeated: what an earlier try made and could not write down is found at Mux and
/// adopted. A playback id is replaced in this order: make the new one, let the version play it, delete the old one; until the last step
/// is confirmed the chore stays due. After eight tries on-call is told, and the tries go on.
/// </summary>
public sealed partial class WorkOffMuxChores(
    MuxChoreStore chores, IMuxVideo mux, VendorPace pace, AlertStore alerts, IOptions<MuxOptions> options, TimeProvider clock, ILogger<WorkOffMuxChores> logger)
{
    private const int Batch = 50;
    private const int TriesBeforeAlert = 8;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);

    /// <param name="tenant">Only this tenant's: somebody waits for them. Null: all that is due.</param>
    /// <returns>How many were looked at.</returns>
    public async Task<int> RunAsync(TenantId? tenant, CancellationToken ct)
    {
        var due = await chores.TakeDueAsync(tenant, Batch, ct);
        foreach (var chore in due)
        {
            await (chore.Kind == MuxChoreKind.ReplacePlaybackId ? ReplaceAsync(chore, ct) : RenderAsync(chore, ct));
        }

        return due.Count;
    }

    private async Task ReplaceAsync(MuxChore chore, CancellationToken ct)
    {
        var old = chore.OldPlaybackId!;
        if (await chores.PlaybackIdAsync(chore, ct) == old)
        {
            var (playbackId, trouble) = await NextPlaybackIdAsync(chore, old, ct);
            if (trouble is not null)
            {
                await PutOffAsync(chore, trouble, ct);
                return;
            }

            if (playbackId is not null)
            {
                await chores.SwitchPlaybackIdAsync(chore, playbackId, ct);
            }
        }

        var deleted = await mux.DeletePlaybackIdAsync(chore.MuxAssetId, old, ct);
        if (Trouble.Of(deleted) is { } left)
        {
            await PutOffAsync(chore, left, ct);
            return;
        }

        await chores.DoneAsync(chore, null, ct);
        Log.Replaced(logger, chore.AssetVersionId.Value, chore.TenantId.Value);
    }

    /// <summary>The playback id that takes over; null when the whole asset is gone at Mux, and nothing can play it any more.</summary>
    private async Task<(string? PlaybackId, Trouble? Trouble)> NextPlaybackIdAsync(MuxChore chore, string old, CancellationToken ct)
    {
        var found = await mux.GetFilesAsync(chore.MuxAssetId, ct);
        if (found is VendorAnswer<MuxFiles>.Refused { Status: 404 })
        {
            return (null, null);
        }

        if (found is not VendorAnswer<MuxFiles>.Ok files)
        {
            return (null, Trouble.Of(found));
        }

        if (files.Value.SignedPlaybackIds.FirstOrDefault(id => id != old) is { } made)
        {
            return (made, null);
        }

        if (await WaitForTurnAsync(chore, ct) is { } wait)
        {
            return (null, wait);
        }

        var created = await mux.CreatePlaybackIdAsync(chore.MuxAssetId, ct);
        return created is VendorAnswer<string>.Ok ok ? (ok.Value, null) : (null, Trouble.Of(created));
    }

    private async Task RenderAsync(MuxChore chore, CancellationToken ct)
    {
        var found = await mux.GetFilesAsync(chore.MuxAssetId, ct);
        if (found is not VendorAnswer<MuxFiles>.Ok files)
        {
            await PutOffAsync(chore, Trouble.Of(found)!, ct);
            return;
        }

        switch (files.Value.Renditions is [var made, ..] ? made : null)
        {
            case null:
                var wait = await WaitForTurnAsync(chore, ct) ?? Trouble.Of(await mux.CreateRenditionAsync(chore.MuxAssetId, ct));
                await PutOffAsync(chore, wait ?? new Trouble(null, clock.GetUtcNow() + Look), ct);
                break;
            case { Status: "ready", Name: var name }:
                await chores.DoneAsync(chore, name, ct);
                break;
            case { Status: "preparing" }:
                await PutOffAsync(chore, new Trouble(null, clock.GetUtcNow() + Look), ct);
                break;
            case var no:
                await chores.GiveUpAsync(chore, $"Mux made no file: {no.Status}.", ct);
                await alerts.AddAsync(new("mux_rendition_failed", chore.AssetVersionId.ToString(), "warning",
                    $"Asset version {chore.AssetVersionId} cannot be downloaded: Mux made no file ({no.Status}).", new { assetVersionId = chore.AssetVersionId.Value }), ct);
                break;
        }
    }

    /// <summary>Null: POST now. Mux takes one a second for the whole account, so each waits for a turn of its own.</summary>
    private async Task<Trouble?> WaitForTurnAsync(MuxChore chore, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var turn = chore.TurnAt ?? await pace.TakeTurnAsync("mux", options.Value.PostGap, ct);
        return turn <= now ? null : new Trouble(null, turn, turn);
    }

    private async Task PutOffAsync(MuxChore chore, Trouble trouble, CancellationToken ct)
    {
        var again = trouble.Until ?? clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(900, 15 * Math.Pow(2, Math.Min(chore.Tries - 1, 10))));
        if (trouble.Pause is { } pause)
        {
            await pace.SlowDownAsync("mux", pause, ct);
            again = clock.GetUtcNow() + pause;
        }

        await chores.PutOffAsync(chore, again, trouble.Turn, trouble.Reason, ct);
        if (trouble.Reason is { } reason && chore.Tries == TriesBeforeAlert)
        {
            // A hard revoke that does not get through is a promise not kept.
            var severity = chore.Kind == MuxChoreKind.ReplacePlaybackId ? "error" : "warning";
            await alerts.AddAsync(new("mux_chore_stuck", chore.Id.ToString(), severity,
                $"{chore.Kind} of asset version {chore.AssetVersionId} is stuck at Mux: {reason}", new { assetVersionId = chore.AssetVersionId.Value, chore.Tries }), ct);
        }
    }

    /// <summary>Why a chore is not done yet. No reason: it only waits.</summary>
    private sealed record Trouble(string? Reason, DateTimeOffset? Until = null, DateTimeOffset? Turn = null, TimeSpan? Pause = null)
    {
        public static Trouble? Of<T>(VendorAnswer<T> answer) => answer switch
        {
            VendorAnswer<T>.Ok => null,
            VendorAnswer<T>.Paced p => new(null, Pause: p.Wait),
            VendorAnswer<T>.Refused r => new(r.Reason),
            VendorAnswer<T>.Unknown u => new(u.Reason),
            _ => throw new InvalidOperationException("An answer that is none of the four."),
        };
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Playback id of asset version {AssetVersionId} of tenant {TenantId} replaced")]
        public static partial void Replaced(ILogger logger, Guid assetVersionId, Guid tenantId);
    }
}
