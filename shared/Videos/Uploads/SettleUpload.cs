using Microsoft.Extensions.Options;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>What became of a report from Mux.</summary>
/// <param name="Upload">The job it was about; its orchestration is signalled, also when nothing changed.</param>
public sealed record Settled(SettledAs As, UploadRef? Upload);

public enum SettledAs
{
    /// <summary>The row moved.</summary>
    Moved,

    /// <summary>Late, repeated or superseded: nothing to do.</summary>
    NothingNew,

    /// <summary>The asset is not wanted any more; its deletion is on the list.</summary>
    Unwanted,

    /// <summary>It should be ours, but no row matches (yet): keep the event and try again.</summary>
    NoJob,

    /// <summary>Made by somebody else in the same Mux environment: not our business.</summary>
    NotOurs,
}

/// <summary>
/// The one place where a report from Mux changes rows, whether it came by webhook or was asked for: the row moves forward only, in any
/// order of reports. A video that Mux finishes late, of an attempt that failed or timed out, is adopted. On the clean-up list goes what a
/// person has cancelled or archived, and an asset whose upload has a finished video already.
/// </summary>
public sealed class SettleUpload(
    PortalDb db, UploadProgressStore progress, UploadTransitions moves, MuxCleanupStore cleanups, AlertStore alerts,
    IOptions<MuxOptions> mux, TimeProvider clock)
{
    /// <summary>The last attempt that a fault of Mux still begins; one after that is a person's to begin.</summary>
    private const int LastByItself = 3;

    /// <summary>A report of an upload: Mux made an asset of it, or gave up on it.</summary>
    public Task<Settled> ApplyUploadAsync(MuxUpload upload, string? passthrough, Actor actor, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var (job, earlier) = await progress.MatchAsync(tx, upload.AssetId, upload.Id, ParseKey(passthrough));
            if (job is null)
            {
                return Unmatched(passthrough);
            }

            if (upload.AssetId is { } assetId && IsUnwanted(job, assetId))
            {
                return await DiscardAsync(tx, job, assetId);
            }

            var moved = earlier ? null : upload.Status switch
            {
                "asset_created" when upload.AssetId is not null => await moves.ToProcessingAsync(tx, job, upload.AssetId, actor),
                "errored" => await moves.ToFailedAsync(
                    tx, job, UploadFailureCode.UploadErrored, upload.Error ?? "Mux could not take the upload.", actor),
                "timed_out" => await moves.ToTimedOutAsync(tx, job, actor),
                "cancelled" => await moves.ToCancelledAsync(tx, job, actor),
                _ => null,
            };
            return new(moved is null ? SettledAs.NothingNew : SettledAs.Moved, job.Ref);
        }, ct);

    /// <summary>A report of an asset: being prepared, ready, or errored.</summary>
    public Task<Settled> ApplyAssetAsync(MuxAsset asset, Actor actor, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var (job, earlier) = await progress.MatchAsync(tx, asset.Id, asset.UploadId, ParseKey(asset.Passthrough));
            if (asset.PublicPlaybackIds.Count > 0)
            {
                await alerts.AddAsync(tx, new(AlertKind.PublicPlaybackId, asset.Id,
                    $"Mux asset {asset.Id} can be played by anybody: it has a public playback ID.",
                    new { muxAssetId = asset.Id, jobId = job?.Id.Value }));
            }

            if (job is null)
            {
                return Unmatched(asset.Passthrough);
            }

            if (IsUnwanted(job, asset.Id))
            {
                return await DiscardAsync(tx, job, asset.Id);
            }

            if (earlier || job.Status is UploadStatus.Failed or UploadStatus.TimedOut)
            {
                return await LateAsync(tx, job, asset, actor);
            }

            return new(await MoveAsync(tx, job, asset, actor) ? SettledAs.Moved : SettledAs.NothingNew, job.Ref);
        }, ct);

    /// <summary>Cancelled by a person; or the job has its video, and this is another.</summary>
    private static bool IsUnwanted(UploadJob job, string assetId) =>
        job.Status == UploadStatus.Cancelled || (job.Status == UploadStatus.Ready && job.MuxAssetId != assetId);

    /// <summary>
    /// A report of an attempt that nobody waits for any more. While Mux prepares the video there is nothing to decide; once it is ready it
    /// is what the uploader wanted, unless somebody has archived the version meanwhile.
    /// </summary>
    private async Task<Settled> LateAsync(Tx tx, UploadJob job, MuxAsset asset, Actor actor)
    {
        if (asset is not { Status: "ready", SignedPlaybackId: not null })
        {
            return new(SettledAs.NothingNew, job.Ref);
        }

        return await moves.ToReadyAsync(tx, job, asset, actor) is not null
            ? new(SettledAs.Moved, job.Ref)
            : await DiscardAsync(tx, job, asset.Id);
    }

    private async Task<bool> MoveAsync(Tx tx, UploadJob job, MuxAsset asset, Actor actor)
    {
        switch (asset.Status)
        {
            case "ready" when asset.SignedPlaybackId is null:
                return await moves.ToFailedAsync(
                    tx, job, UploadFailureCode.NoSignedPlayback, "Mux made no signed playback ID.", actor) is not null;
            case "ready":
                return await moves.ToReadyAsync(tx, job, asset, actor) is not null;
            case "errored" when job.Status == UploadStatus.Ready:
                // Must not regress in silence: the row stays ready, on-call is told.
                await alerts.AddAsync(tx, new(AlertKind.ErroredAfterReady, job.Id.ToString(),
                    $"Mux reports an error for asset {asset.Id} that was ready before.",
                    new { muxAssetId = asset.Id, jobId = job.Id.Value }));
                return false;
            case "errored":
                var reason = asset.Error ?? "Mux could not process the file.";
                return (!MuxErrors.IsFileAtFault(asset.ErrorType) && await TryAgainAsync(tx, job, asset.Id, reason, actor))
                    || await moves.ToFailedAsync(tx, job, UploadFailureCode.MuxErrored, reason, actor) is not null;
            default:
                return await moves.ToProcessingAsync(tx, job, asset.Id, actor) is not null;
        }
    }

    /// <summary>Not the file's fault: the next attempt, which the sweep starts (<see cref="SweepUploads"/>).</summary>
    private async Task<bool> TryAgainAsync(Tx tx, UploadJob job, string assetId, string reason, Actor actor) =>
        job.Attempt < LastByItself && await moves.ToReplayedAsync(
            tx, job, clock.GetUtcNow() + mux.Value.UploadTimeout, UploadFailureCode.MuxErrored, actor,
            new(UploadFailureCode.MuxErrored, reason, assetId)) is not null;

    private async Task<Settled> DiscardAsync(Tx tx, UploadJob job, string assetId)
    {
        await cleanups.AddAsync(tx, job, assetId, job.Status == UploadStatus.Ready ? "superseded" : job.Status);
        return new(SettledAs.Unwanted, job.Ref);
    }

    private static Settled Unmatched(string? passthrough) =>
        new(ParseKey(passthrough) is null ? SettledAs.NotOurs : SettledAs.NoJob, null);

    private static Guid? ParseKey(string? passthrough) => Guid.TryParseExact(passthrough, "D", out var id) ? id : null;
}
