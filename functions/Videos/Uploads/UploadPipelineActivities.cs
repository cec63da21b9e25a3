using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Functions.Durable;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>Inputs of the pipeline's activities: ids, times and words of ours only.</summary>
public sealed record OpenRequest(UploadRef Upload, DateTimeOffset? Slot);

/// <param name="Alert">The retry that starts now is the one on-call wants to hear of.</param>
public sealed record AttemptNote(UploadRef Upload, int Attempts, string Error, DateTime NextRetryAt, bool Alert);

public sealed record FailureNote(UploadRef Upload, string Code, string Reason);

/// <summary>
/// The steps of <see cref="UploadPipelineOrchestration"/>. Each may run more than once (a crash, a lost lease) and each may be the
/// second to arrive: the guarded statements behind them see to that. A database that is away means try again.
/// </summary>
public sealed class UploadPipelineActivities(
    CreateMuxUpload open, ReconcileUpload reconcile, EndUpload end, UploadProgressStore progress, AlertStore alerts,
    ILogger<UploadPipelineActivities> logger)
{
    public const string Open = "OpenUploadAtMux";
    public const string GetStatus = "GetUploadStatus";
    public const string Reconcile = "ReconcileUpload";
    public const string NoteAttempt = "NoteUploadAttempt";
    public const string Fail = "FailUpload";
    public const string CleanUp = "CleanUpUploadAtMux";

    [Function(Open)]
    public Task<Opened> OpenAsync([ActivityTrigger] OpenRequest request, CancellationToken ct) =>
        StepAsync(request.Upload, Open, () => open.RunAsync(request.Upload, request.Slot, ct));

    [Function(GetStatus)]
    public Task<string?> LookAsync([ActivityTrigger] UploadRef upload, CancellationToken ct) =>
        StepAsync(upload, GetStatus, async () => (await end.CurrentAsync(upload, ct))?.Status);

    [Function(Reconcile)]
    public Task<string?> ReconcileAsync([ActivityTrigger] UploadRef upload, CancellationToken ct) =>
        StepAsync(upload, Reconcile, () => reconcile.RunAsync(upload, ct));

    [Function(NoteAttempt)]
    public Task<bool> NoteAttemptAsync([ActivityTrigger] AttemptNote note, CancellationToken ct) =>
        StepAsync(note.Upload, NoteAttempt, async () =>
    {
        await progress.NoteAttemptAsync(
            note.Upload, note.Attempts, note.Error, new DateTimeOffset(note.NextRetryAt.ToUniversalTime()), ct);
        if (note.Alert)
        {
            await alerts.AddAsync(new(AlertKind.UploadRetrying, note.Upload.InstanceId,
                $"Upload {note.Upload.JobId} starts retry {note.Attempts}: {note.Error}",
                new { jobId = note.Upload.JobId, note.Upload.Attempt }), ct);
        }

        return true;
    });

    [Function(Fail)]
    public Task<string?> FailAsync([ActivityTrigger] FailureNote note, CancellationToken ct) =>
        StepAsync(note.Upload, Fail, () => end.FailAsync(note.Upload, note.Code, note.Reason, ct));

    [Function(CleanUp)]
    public Task<bool> CleanUpAsync([ActivityTrigger] UploadRef upload, CancellationToken ct) => StepAsync(upload, CleanUp, async () =>
    {
        await end.CleanUpAsync(upload, ct);
        return true;
    });

    private Task<T> StepAsync<T>(UploadRef upload, string step, Func<Task<T>> run) => ActivityStep.RunAsync(
        logger, upload.JobId,
        new Dictionary<string, object>
        {
            ["TenantId"] = upload.TenantId,
            ["JobId"] = upload.JobId,
            ["Attempt"] = upload.Attempt,
        },
        step, run);
}
