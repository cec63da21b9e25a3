using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.Vendors;
using Portal.Vendors.Blob;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>
/// Asks Mux how an upload stands and settles the row by the answer, for webhooks that never came: lost webhooks, and uploads that timed
/// out, for which Mux sends none. The same code as for webhooks decides what moves. An original whose callback was lost is found at Vercel
/// Blob.
/// </summary>
public sealed class ReconcileUpload(
    EndUpload uploads, UploadProgressStore progress, MuxVideo mux, BlobReads blob, SettleUpload settle, TimeProvider clock)
{
    /// <summary>The row's status afterwards; null when the attempt is over.</summary>
    /// <exception cref="TransientException">Mux or Vercel Blob is away.</exception>
    public async Task<string?> RunAsync(UploadRef upload, CancellationToken ct)
    {
        var job = await uploads.CurrentAsync(upload, ct);
        if (job is null || UploadStatus.IsFinal(job.Status))
        {
            return job?.Status;
        }

        if (await AskAsync(job, ct) && job.NextRetryAt is not null)
        {
            await progress.NoteAnsweredAsync(upload, ct);
        }

        job = await uploads.CurrentAsync(upload, ct);
        if (job is { Status: UploadStatus.Waiting, HasOriginal: false } && clock.GetUtcNow() >= job.ExpiresAt)
        {
            await uploads.TimeOutAsync(job, ct);
            job = await uploads.CurrentAsync(upload, ct);
        }

        return job?.Status;
    }

    /// <summary>False: there is nobody to ask yet, and a call that opens it at Mux may still be due.</summary>
    private async Task<bool> AskAsync(UploadJob job, CancellationToken ct)
    {
        if (job.MuxAssetId is not null)
        {
            await AskAssetAsync(job, job.MuxAssetId, ct);
        }
        else if (job.MuxUploadId is not null)
        {
            await AskUploadAsync(job, job.MuxUploadId, ct);
        }
        else if (job is { Source: UploadSource.Blob, HasOriginal: false })
        {
            await AskBlobAsync(job.BlobPathname!, ct);
        }
        else
        {
            return false;
        }

        return true;
    }

    private async Task AskBlobAsync(string pathname, CancellationToken ct)
    {
        switch (await blob.FindAsync(pathname, ct))
        {
            case { Value: { } original }:
                await progress.KeepBlobAsync(pathname, original.Url, ct);
                break;
            case { Failure: { } failure and not VendorFailure.Refused { Status: 404 } }:
                throw new TransientException($"Vercel Blob could not be asked: {failure.Reason}");
        }
    }

    private async Task AskUploadAsync(UploadJob job, string uploadId, CancellationToken ct)
    {
        switch (await mux.GetUploadAsync(uploadId, ct))
        {
            case { Value: { } upload }:
                await settle.ApplyUploadAsync(upload, job.Id.ToString(), Actor.Mux(null), ct);
                if (upload.AssetId is not null)
                {
                    await AskAssetAsync(job, upload.AssetId, ct);
                }

                break;
            case { Failure: VendorFailure.Refused { Status: 404 } }:
                await uploads.FailAsync(job.Ref, UploadFailureCode.MuxLost, "Mux does not know the upload any more.", ct);
                break;
            case { Failure: var failure }:
                throw new TransientException($"Mux could not be asked: {failure?.Reason}");
        }
    }

    private async Task AskAssetAsync(UploadJob job, string assetId, CancellationToken ct)
    {
        switch (await mux.GetAssetAsync(assetId, ct))
        {
            case { Value: { } asset }:
                await settle.ApplyAssetAsync(asset, Actor.Mux(null), ct);
                break;
            case { Failure: VendorFailure.Refused { Status: 404 } }:
                await uploads.FailAsync(job.Ref, UploadFailureCode.MuxLost, "Mux does not know the asset any more.", ct);
                break;
            case { Failure: var failure }:
                throw new TransientException($"Mux could not be asked: {failure?.Reason}");
        }
    }
}
