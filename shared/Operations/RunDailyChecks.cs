using Portal.Compliance.Reviews;
using Portal.Foundation.Alerts;
using Portal.Foundation.Faults;
using Portal.Foundation.Paging;
using Portal.Foundation.Timers;
using Portal.Operations.Alerts;
using Portal.Operations.Incidents;
using Portal.Vendors;
using Portal.Vendors.Mux;
using Portal.Videos.Uploads;

namespace Portal.Operations;

/// <summary>
/// What must always be true, looked at once a day; whatever is not becomes an alert, which repeats join: asset and upload state agree, and
/// nothing that was revoked can be played, a backup was restored lately, and no key or certificate is about to run out. Tenants are
/// reminded of reviews of vendors. That no Mux asset
/// has a public playback id, and that Mux and our rows have the same assets, is looked at every hour by <see cref="SweepMuxAssets"/>.
/// </summary>
public sealed class RunDailyChecks(
    DailyCheckStore store, RestoreTestStore restores, RemindOfReviews reviews, WatchExpiry expiry, MuxVideo mux, AlertStore alerts,
    TimeProvider clock)
{
    private const int Batch = 500;
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(10);

    /// <summary>A day that was missed is looked at by the next run; tokens live for 15 minutes only, but that one was made at all is what
    /// matters.</summary>
    private static readonly TimeSpan Back = TimeSpan.FromDays(7);

    /// <summary>Mux confirms within seconds; the task itself goes on.</summary>
    private static readonly TimeSpan HardRevokeTakes = TimeSpan.FromHours(1);

    /// <exception cref="TransientException">Mux could not be asked about everything; what was found is on the alert list.</exception>
    /// <exception cref="AggregateException">Some tenants could not be reminded; all else was done.</exception>
    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var counts = new RunCounts();
        await StatesAsync(counts, ct);
        await LateTokensAsync(counts, ct);
        counts.Add("restoreTestOverdue", await restores.AlertWhenOverdueAsync(ct) ? 1 : 0);
        counts.Add("expiring", await expiry.RunAsync(ct));

        // Before what needs Mux: nobody waits for a reminder because Mux is away.
        var unreminded = await reviews.RunAsync(counts, ct);
        await HardRevokesAsync(counts, ct);
        return unreminded.Count == 0
            ? counts
            : throw new AggregateException($"{unreminded.Count} tenants could not be reminded of vendor reviews.", unreminded);
    }

    private async Task StatesAsync(RunCounts counts, CancellationToken ct)
    {
        var startedAt = clock.GetUtcNow();
        var gaps = await store.StatusGapsAsync(startedAt - Settled, Batch, ct);
        foreach (var gap in gaps)
        {
            counts.Add("statesApart", 1);
            await alerts.AddAsync(new(AlertKind.AssetUploadDisagree, gap.JobId.ToString(),
                $"Upload {gap.JobId} is {gap.JobStatus}, but asset version {gap.AssetVersionId} is {gap.VersionStatus}.",
                new { uploadJobId = gap.JobId, assetVersionId = gap.AssetVersionId, tenantId = gap.TenantId.Value }), ct);
        }

        if (gaps.Count < Batch)
        {
            await alerts.ResolveUnseenAsync([AlertKind.AssetUploadDisagree], startedAt, ct);
        }
    }

    private async Task LateTokensAsync(RunCounts counts, CancellationToken ct)
    {
        foreach (var late in await store.MintedAfterRevokeAsync(clock.GetUtcNow() - Back, Batch, ct))
        {
            counts.Add("mintedAfterRevoke", late.Tokens);
            await alerts.AddAsync(new(AlertKind.MintedAfterRevoke, late.ShareLinkId.ToString(),
                $"{late.Tokens} playback tokens were made through share link {late.ShareLinkId} after it had been revoked.",
                new { shareLinkId = late.ShareLinkId, tenantId = late.TenantId.Value, lastMintedAt = late.LastMintedAt }), ct);
        }
    }

    private async Task HardRevokesAsync(RunCounts counts, CancellationToken ct)
    {
        var (now, unasked) = (clock.GetUtcNow(), 0);
        await foreach (var playback in Batches.ReadAsync(Batch, after => store.HardRevokedAsync(now - Back, after, Batch, ct), p => p.Id))
        {
            if (playback.DoneAt is null && playback.CreatedAt > now - HardRevokeTakes)
            {
                continue;
            }

            if (await IsPlayableAsync(playback, ct) is not { } playable)
            {
                unasked++;
            }
            else if (playable || playback.StillPlayed)
            {
                counts.Add("revokedButPlayable", 1);
                await alerts.AddAsync(new(AlertKind.RevokedButPlayable, playback.Id.ToString(),
                    $"Asset version {playback.AssetVersionId} can still be played by a playback id that a hard revoke took away.",
                    new
                    {
                        assetVersionId = playback.AssetVersionId,
                        tenantId = playback.TenantId.Value,
                        muxAssetId = playback.MuxAssetId,
                    }), ct);
            }
        }

        if (unasked > 0)
        {
            throw new TransientException($"Mux could not be asked about {unasked} playback ids.");
        }
    }

    /// <summary>Null: Mux did not say.</summary>
    private async Task<bool?> IsPlayableAsync(RevokedPlayback playback, CancellationToken ct) =>
        await mux.GetFilesAsync(playback.MuxAssetId, ct) switch
        {
            { Value: { } files } => files.SignedPlaybackIds.Contains(playback.OldPlaybackId),
            { Failure: VendorFailure.Refused { Status: 404 } } => false,
            _ => null,
        };
}
