using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Videos.Uploads;

/// <summary>
/// The states of an upload job. Legal moves (docs/states.md), each a guarded UPDATE in <see cref="UploadTransitions"/>:
/// waiting → processing → ready; waiting, processing → failed or cancelled; waiting → ready or timed_out;
/// failed, timed_out → waiting (replay, retry) or ready (Mux made the video after all); waiting, processing → waiting as the next attempt
/// (Mux failed, and the file did not).
/// </summary>
public static class UploadStatus
{
    public const string Waiting = "waiting";
    public const string Processing = "processing";
    public const string Ready = "ready";
    public const string Failed = "failed";
    public const string TimedOut = "timed_out";
    public const string Cancelled = "cancelled";

    public static bool IsFinal(string status) => status is not (Waiting or Processing);
}

/// <summary>Why an upload is failed or timed out: what a program tells apart (docs/states.md says when each comes).</summary>
public static class UploadFailureCode
{
    public const string MuxErrored = "mux_errored";
    public const string UploadErrored = "upload_errored";
    public const string NoSignedPlayback = "no_signed_playback";
    public const string MuxLost = "mux_lost";
    public const string Refused = "refused";
    public const string InternalError = "internal_error";
    public const string TimedOut = "timed_out";
}

/// <summary>Where the bytes go: straight to Mux, or to Vercel Blob in Sydney first.</summary>
public static class UploadSource
{
    public const string Direct = "direct";
    public const string Blob = "blob";
}

/// <summary>Names one attempt of one upload job. All that an orchestration is given: ids only (docs/flows/upload-to-ready.md).</summary>
public sealed record UploadRef(Guid TenantId, Guid JobId, int Attempt)
{
    /// <summary>Raised at the orchestration after the upload's row changed.</summary>
    public const string ChangedEvent = "UploadChanged";

    /// <summary>The instance id of this attempt's orchestration.</summary>
    public string InstanceId => InstanceIdOf(JobId, Attempt);

    public static string InstanceIdOf(Guid jobId, int attempt) => $"{jobId:D}-{attempt}";
}

/// <summary>An upload job's row.</summary>
/// <param name="CreatedByName">Null where the pipeline reads it.</param>
public sealed record UploadJob(
    UploadJobId Id, TenantId TenantId, ProjectId ProjectId, AssetId AssetId, AssetVersionId AssetVersionId, UserId CreatedBy,
    string Source,
    string Status, int Attempt, DateTimeOffset? StartedAt, string? MuxUploadId, string? MuxUploadUrl, string? MuxAssetId,
    DateTimeOffset? MuxCreateAt, string? BlobPathname, string? BlobUrl, string? CorsOrigin, DateTimeOffset ExpiresAt, int Attempts,
    string? LastError,
    DateTimeOffset? NextRetryAt, string? FailureCode, string? FailureReason, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    string FileName, long SizeBytes, string? CreatedByName)
{
    public UploadRef Ref => new(TenantId.Value, Id.Value, Attempt);

    /// <summary>The file has arrived at Vercel Blob: no deadline applies to sending it any more.</summary>
    public bool HasOriginal => BlobUrl is not null;
}

/// <summary>
/// The pipelines that carry uploads, as far as plain code needs them. Both calls may be repeated: starting one that runs already and
/// waking one that has ended do nothing. They throw <see cref="TransientException"/> while the engine does not answer.
/// </summary>
public interface IUploadPipelines
{
    Task StartAsync(UploadRef upload, CancellationToken ct);

    /// <summary>Wakes it after its row changed. The row is the truth; losing a signal costs time, not correctness.</summary>
    Task SignalAsync(UploadRef upload, CancellationToken ct);
}
