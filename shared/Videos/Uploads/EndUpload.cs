using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Vendors;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>The ends of an attempt that the pipeline itself decides, and what a cancelled one leaves to tidy up at Mux.</summary>
public sealed class EndUpload(
    PortalDb db, UploadProgressStore progress, UploadTransitions moves, MuxCleanupStore cleanups, DeleteUnwantedAssets deletions,
    MuxVideo mux)
{
    private static readonly Actor Pipeline = Actor.System("upload-pipeline");

    /// <summary>The job when this attempt is still its current one.</summary>
    public async Task<UploadJob?> CurrentAsync(UploadRef upload, CancellationToken ct) =>
        await progress.FindAsync(upload, ct) is { } job && job.Attempt == upload.Attempt ? job : null;

    public Task<string?> FailAsync(UploadRef upload, string code, string reason, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var job = await progress.LockAsync(tx, upload);
            return job is null
                ? null
                : (await moves.ToFailedAsync(tx, job with { Attempt = upload.Attempt }, code, reason, Pipeline) ?? job).Status;
        }, ct);

    public Task TimeOutAsync(UploadJob job, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => moves.ToTimedOutAsync(tx, job, Pipeline), ct);

    /// <summary>
    /// After a cancel: withdraws the Mux upload, and puts its asset, should the bytes have been faster, on the list to delete. A report of
    /// an asset that appears later still goes on that list (<see cref="SettleUpload"/>).
    /// </summary>
    /// <exception cref="TransientException">Mux is away.</exception>
    public async Task CleanUpAsync(UploadRef upload, CancellationToken ct)
    {
        if (await CurrentAsync(upload, ct) is not { Status: UploadStatus.Cancelled } job)
        {
            return;
        }

        var assetId = job.MuxAssetId;
        if (assetId is null && job.MuxUploadId is { } uploadId)
        {
            // 403: not waiting any more, so the asset may exist; 404: Mux has forgotten it.
            if ((await mux.CancelUploadAsync(uploadId, ct)).Failure is { } failure and not VendorFailure.Refused)
            {
                throw new TransientException($"Mux could not be told that the upload is cancelled: {failure.Reason}");
            }

            assetId = await mux.GetUploadAsync(uploadId, ct) switch
            {
                { Value: { } atMux } => atMux.AssetId,
                { Failure: VendorFailure.Refused { Status: 404 } } => null,
                _ => throw new TransientException("Mux could not be asked whether the cancelled upload became an asset."),
            };
        }

        if (assetId is not null)
        {
            await db.AcrossTenantsAsync(tx => cleanups.AddAsync(tx, job, assetId, "cancelled"), ct);
            await deletions.RunAsync(ct);
        }
    }
}
