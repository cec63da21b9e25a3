using Portal.Vendors.Blob;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>Adds to a job where its bytes go: Mux's URL from the row, or a Vercel Blob client token made on the spot (it is not
/// stored).</summary>
public sealed class UploadTargets(BlobTokens blobs, TimeProvider clock)
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);

    public UploadJson Json(UploadJob job) => UploadJson.From(job, Blob(job));

    private BlobUpload? Blob(UploadJob job)
    {
        if (job is not { Source: UploadSource.Blob, Status: UploadStatus.Waiting, BlobUrl: null })
        {
            return null;
        }

        var until = clock.GetUtcNow() + TokenLife;
        return blobs.Mint(job.BlobPathname!, job.SizeBytes, until < job.ExpiresAt ? until : job.ExpiresAt);
    }
}
