using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portal.Foundation.Alerts;
using Portal.Foundation.Identity;
using Portal.Vendors;
using Portal.Vendors.Mux;

namespace Portal.Videos;

/// <summary>
/// Works off what is to be done at Mux. Each step can be repeated: what an earlier attempt made and could not write down is found at Mux
/// and adopted. A playback id is replaced in this order: make the new one, let the version play it, delete the old one; until the last
/// step is confirmed the task stays due. After eight attempts on-call is told, and the attempts go on.
/// </summary>
public sealed partial class ProcessMuxTasks(
    MuxTaskStore tasks, MuxVideo mux, VendorRateLimitStore limiter, AlertStore alerts, IOptions<MuxOptions> options, TimeProvider clock,
    ILogger<ProcessMuxTasks> logger)
{
    private const int Batch = 50;
    private const int AttemptsBeforeAlert = 8;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);

    /// <param name="tenant">Only this tenant's: somebody waits for them. Null: all that is due.</param>
    /// <returns>How many were looked at.</returns>
    public async Task<int> RunAsync(TenantId? tenant, CancellationToken ct)
    {
        var due = await tasks.TakeDueAsync(tenant, Batch, ct);
        foreach (var task in due)
        {
            await (task.Kind == MuxTaskKind.ReplacePlaybackId ? ReplaceAsync(task, ct) : RenderAsync(task, ct));
        }

        return due.Count;
    }

    private async Task ReplaceAsync(MuxTask task, CancellationToken ct)
    {
        var old = task.OldPlaybackId!;
        if (await tasks.PlaybackIdAsync(task, ct) == old)
        {
            var (playbackId, trouble) = await NextPlaybackIdAsync(task, old, ct);
            if (trouble is not null)
            {
                await RescheduleAsync(task, trouble, ct);
                return;
            }

            if (playbackId is not null)
            {
                await tasks.SwitchPlaybackIdAsync(task, playbackId, ct);
            }
        }

        if (await mux.DeletePlaybackIdAsync(task.MuxAssetId, old, ct) is { } failure)
        {
            await RescheduleAsync(task, Trouble.Of(failure), ct);
            return;
        }

        await tasks.DoneAsync(task, null, ct);
        Log.Replaced(logger, task.AssetVersionId.Value, task.TenantId.Value);
    }

    /// <summary>The playback id that takes over; null when the whole asset is gone at Mux, and nothing can play it any more.</summary>
    private async Task<(string? PlaybackId, Trouble? Trouble)> NextPlaybackIdAsync(MuxTask task, string old, CancellationToken ct)
    {
        var found = await mux.GetFilesAsync(task.MuxAssetId, ct);
        if (found.IsFailure(out var failure, out var files))
        {
            return (null, failure is VendorFailure.Refused { Status: 404 } ? null : Trouble.Of(failure));
        }

        // Never one that was revoked before, whose deletion Mux may still have to confirm: the version would play what is about to go.
        var revoked = await tasks.RevokedAsync(task, ct);
        if (files.SignedPlaybackIds.FirstOrDefault(id => !revoked.Contains(id)) is { } made)
        {
            return (made, null);
        }

        if (await WaitForSlotAsync(task, ct) is { } wait)
        {
            return (null, wait);
        }

        var created = await mux.CreatePlaybackIdAsync(task.MuxAssetId, ct);
        return created.IsFailure(out failure, out var next) ? (null, Trouble.Of(failure)) : (next, null);
    }

    private async Task RenderAsync(MuxTask task, CancellationToken ct)
    {
        var found = await mux.GetFilesAsync(task.MuxAssetId, ct);
        if (found.IsFailure(out var failure, out var files))
        {
            await RescheduleAsync(task, Trouble.Of(failure), ct);
            return;
        }

        switch (files.Renditions is [var made, ..] ? made : null)
        {
            case null:
                var wait = await WaitForSlotAsync(task, ct)
                    ?? (await mux.CreateRenditionAsync(task.MuxAssetId, ct) is { } refused ? Trouble.Of(refused) : null);
                await RescheduleAsync(task, wait ?? new Trouble(null, clock.GetUtcNow() + Look), ct);
                break;
            case { Status: "ready", Name: var name }:
                await tasks.DoneAsync(task, name, ct);
                break;
            case { Status: "preparing" }:
                await RescheduleAsync(task, new Trouble(null, clock.GetUtcNow() + Look), ct);
                break;
            case var no:
                await tasks.GiveUpAsync(task, $"Mux made no file: {no.Status}.", ct);
                await alerts.AddAsync(new(AlertKind.RenditionFailed, task.AssetVersionId.ToString(),
                    $"Asset version {task.AssetVersionId} cannot be downloaded: Mux made no file ({no.Status}).",
                    new { assetVersionId = task.AssetVersionId.Value }), ct);
                break;
        }
    }

    /// <summary>Null: POST now. Mux takes one a second for the whole account, so each waits for a slot of its own.</summary>
    private async Task<Trouble?> WaitForSlotAsync(MuxTask task, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var slot = task.SlotAt ?? await limiter.TakeSlotAsync("mux", options.Value.PostGap, ct);
        return slot <= now ? null : new Trouble(null, slot, slot);
    }

    private async Task RescheduleAsync(MuxTask task, Trouble trouble, CancellationToken ct)
    {
        var again = trouble.Until
            ?? clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(900, 15 * Math.Pow(2, Math.Min(task.Attempts - 1, 10))));
        if (trouble.Pause is { } pause)
        {
            await limiter.SlowDownAsync("mux", pause, ct);
            again = clock.GetUtcNow() + pause;
        }

        await tasks.RescheduleAsync(task, again, trouble.Slot, trouble.Reason, ct);
        if (trouble.Reason is { } reason && task.Attempts == AttemptsBeforeAlert)
        {
            // A hard revoke that does not get through is a promise not kept.
            var kind = task.Kind == MuxTaskKind.ReplacePlaybackId ? AlertKind.RevokeStuck : AlertKind.MuxTaskStuck;
            await alerts.AddAsync(new(kind, task.Id.ToString(),
                $"{task.Kind} of asset version {task.AssetVersionId} is stuck at Mux: {reason}",
                new { assetVersionId = task.AssetVersionId.Value, task.Attempts }), ct);
        }
    }

    /// <summary>Why a task is not done yet. No reason: it only waits.</summary>
    private sealed record Trouble(string? Reason, DateTimeOffset? Until = null, DateTimeOffset? Slot = null, TimeSpan? Pause = null)
    {
        public static Trouble Of(VendorFailure failure) =>
            failure is VendorFailure.RateLimited paced ? new(null, Pause: paced.Wait) : new(failure.Reason);
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Information, Message = "Playback id of asset version {AssetVersionId} of tenant {TenantId} replaced")]
        public static partial void Replaced(ILogger logger, Guid assetVersionId, Guid tenantId);
    }
}
