using Portal.Functions.Foundation.Http.Inputs;
using Portal.Vendors.Blob;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>Why an upload ended badly: a stable code, and a sentence for the uploader.</summary>
public sealed record UploadFailureJson([OneOf(typeof(UploadFailureCode))] string Code, string? Reason);

/// <summary>How the bytes are sent; what each means is told of the target.</summary>
public static class UploadProtocol
{
    public const string Resumable = "resumable";
    public const string Single = "single";
}

/// <summary>
/// Where and how to send the bytes. <c>resumable</c>: PUT in chunks that are multiples of 256 KiB, each with Content-Range; 308 means
/// send the next, 200 or 201 finished. <c>single</c>: one PUT with the headers given; or in parts, where <c>multipart</c> says.
/// </summary>
public sealed record UploadTargetJson(
    [OneOf("PUT")] string Method, string Url, [OneOf(typeof(UploadProtocol))] string Protocol, IReadOnlyDictionary<string, string> Headers,
    DateTimeOffset ExpiresAt, UploadMultipartJson? Multipart = null);

/// <summary>
/// Vercel Blob's multipart upload, for files that must survive a break: POST to <c>url</c> with the target's headers and
/// <c>x-mpu-action</c> create, upload (one for each part, again when it broke off) and complete, as Vercel's own client does. A target
/// read later goes on with the same upload.
/// </summary>
public sealed record UploadMultipartJson(string Url, int PartBytes);

/// <summary>An upload job on the wire.</summary>
public sealed record UploadJson(
    Guid Id, [OneOf(typeof(UploadStatus))] string Status, [OneOf(typeof(UploadSource))] string Source, int Attempt,
    Guid ProjectId, Guid AssetId, Guid AssetVersionId, Guid CreatedBy, string CreatedByName, string FileName, long SizeBytes,
    UploadTargetJson? Target, UploadFailureJson? Failure, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    private const int PartBytes = 8 * 1024 * 1024;

    public static UploadJson From(UploadJob job, BlobUpload? blob) => new(
        job.Id.Value, job.Status, job.Source, job.Attempt, job.ProjectId.Value, job.AssetId.Value, job.AssetVersionId.Value,
        job.CreatedBy.Value, job.CreatedByName!,
        job.FileName,
        job.SizeBytes,
        TargetOf(job, blob),
        job.FailureCode is null ? null : new(job.FailureCode, job.FailureReason),
        job.CreatedAt,
        job.UpdatedAt);

    private static UploadTargetJson? TargetOf(UploadJob job, BlobUpload? blob)
    {
        if (job.Status != UploadStatus.Waiting)
        {
            return null;
        }

        if (job.MuxUploadUrl is { } url)
        {
            return new("PUT", url, UploadProtocol.Resumable, new Dictionary<string, string>(), job.ExpiresAt);
        }

        return blob is null
            ? null
            : new("PUT", blob.Url, UploadProtocol.Single, new Dictionary<string, string>
            {
                ["authorization"] = $"Bearer {blob.Token}",
                ["x-vercel-blob-access"] = "private",
                ["x-api-version"] = "12",
            }, blob.ExpiresAt, new(blob.MultipartUrl, PartBytes));
    }
}
