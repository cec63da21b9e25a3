using System.Globalization;
using Portal.Videos.Uploads;

namespace Portal.Operations.Orchestrations;

/// <summary>Where on-call files an orchestration.</summary>
public static class DiagnosisGroup
{
    /// <summary>Under way, nothing to do.</summary>
    public const string Running = "running";

    /// <summary>Does not get on by itself, or gives reason to think so.</summary>
    public const string Stuck = "stuck";

    /// <summary>Ended badly.</summary>
    public const string Failed = "failed";

    public const string Over = "over";
}

/// <summary>Why on-call files it there: a failed upload's own code, or one of these.</summary>
public static class DiagnosisCode
{
    public const string Replayed = "replayed";
    public const string Gone = "gone";
    public const string Starting = "starting";
    public const string NotStarted = "not_started";
    public const string Abandoned = "abandoned";
    public const string Overdue = "overdue";
    public const string SlowAtMux = "slow_at_mux";
    public const string Running = "running";
    public const string EngineBehind = "engine_behind";
    public const string Retrying = "retrying";
    public const string Suspended = "suspended";
    public const string Pending = "pending";
    public const string OrchestrationFailed = "orchestration_failed";
    public const string Terminated = "terminated";
    public const string Canceled = "canceled";
    public const string Completed = "completed";

    public static IReadOnlyList<string> All { get; } =
    [
        UploadFailureCode.MuxErrored, UploadFailureCode.UploadErrored, UploadFailureCode.NoSignedPlayback, UploadFailureCode.MuxLost,
        UploadFailureCode.Refused, UploadFailureCode.InternalError, UploadFailureCode.TimedOut, UploadStatus.Failed,
        UploadStatus.Cancelled, UploadStatus.Ready, Replayed, Gone, Starting, NotStarted, Abandoned, Overdue, SlowAtMux, Running,
        EngineBehind, Retrying, Suspended, Pending, OrchestrationFailed, Terminated, Canceled, Completed,
    ];
}

/// <summary>What on-call should make of an orchestration: its group, a stable code, a sentence.</summary>
public sealed record Diagnosis(string Group, string Code, string Text)
{
    /// <summary>A worker that is alive takes a message at once; a turn or a lease of a dead one takes seconds.</summary>
    internal static readonly TimeSpan EngineGrace = TimeSpan.FromMinutes(2);

    /// <summary>The retry at which on-call is alerted (docs/flows/upload-to-ready.md).</summary>
    internal const int AlarmingAttempts = 4;
    private static readonly TimeSpan ExpiryGrace = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongPreparing = TimeSpan.FromHours(1);

    /// <param name="instance">Null: Durable has no such instance.</param>
    /// <param name="upload">Null: it carries no upload.</param>
    public static Diagnosis Of(OrchestrationInstance? instance, UploadNote? upload, DateTimeOffset now)
    {
        if (upload is { IsCurrent: true })
        {
            return UploadStatus.IsFinal(upload.Status) ? OfFinal(upload) : OfUnfinished(instance, upload, now);
        }

        if (upload is not null && instance is null or { IsOver: true })
        {
            return new(
                DiagnosisGroup.Over, DiagnosisCode.Replayed,
                $"An earlier attempt, {upload.Status}; attempt {upload.CurrentAttempt} is the current one.");
        }

        return instance is null
            ? new(DiagnosisGroup.Over, DiagnosisCode.Gone, "Durable has no such instance.")
            : OfInstance(instance, now);
    }

    private static Diagnosis OfFinal(UploadNote upload) => upload.Status switch
    {
        UploadStatus.Failed => new(DiagnosisGroup.Failed, upload.FailureCode ?? UploadStatus.Failed, upload.FailureCode switch
        {
            UploadFailureCode.MuxErrored =>
                $"Mux cannot use the file: {Because(upload)} Another file is needed; a replay of a stored original ends the same way.",
            UploadFailureCode.MuxLost => $"Mux has lost the asset. {Because(upload)} A replay starts it over.",
            UploadFailureCode.InternalError => "A fault of ours ended it; the timeline and the log say which. A replay starts it over.",
            UploadFailureCode.Refused => $"Mux refuses what we ask: {Because(upload)} A replay is refused likewise until that is fixed.",
            _ => $"The upload failed ({upload.FailureCode}): {Because(upload)}",
        }),
        UploadStatus.TimedOut =>
            new(
                DiagnosisGroup.Failed, UploadFailureCode.TimedOut,
                "No file was sent in time. A replay opens a new upload and asks the uploader for the file."),
        UploadStatus.Cancelled => new(DiagnosisGroup.Over, UploadStatus.Cancelled, "The upload was cancelled."),
        _ => new(DiagnosisGroup.Over, upload.Status, "The upload is ready."),
    };

    private static Diagnosis OfUnfinished(OrchestrationInstance? instance, UploadNote upload, DateTimeOffset now)
    {
        if (instance is null)
        {
            return now - upload.UpdatedAt < EngineGrace
                ? new(DiagnosisGroup.Running, DiagnosisCode.Starting, "Its orchestration is about to be started.")
                : new(
                    DiagnosisGroup.Stuck, DiagnosisCode.NotStarted,
                    $"No orchestration carries this upload, {upload.Status} for {Span(now - upload.UpdatedAt)}. Does the timer "
                        + "ReconcileUploads run?");
        }

        if (instance.IsOver)
        {
            return new(
                DiagnosisGroup.Stuck, DiagnosisCode.Abandoned,
                $"Its orchestration is {instance.Status} while the upload is still {upload.Status}. "
                + "Replay starts the orchestration again.");
        }

        if (upload.NextRetryAt is { } due && upload.Attempts > 0 && instance.Status == RuntimeStatus.Running)
        {
            return OfRetry(upload, due, now);
        }

        if (upload.Status == UploadStatus.Waiting && upload.ExpiresAt + ExpiryGrace < now)
        {
            return new(
                DiagnosisGroup.Stuck, DiagnosisCode.Overdue,
                $"Nothing was sent and the upload should have timed out {Span(now - upload.ExpiresAt)} ago.");
        }

        return upload.Status == UploadStatus.Processing && now - upload.UpdatedAt > LongPreparing
            && instance.Status == RuntimeStatus.Running
            ? new(
                DiagnosisGroup.Stuck, DiagnosisCode.SlowAtMux,
                $"Mux has been preparing it for {Span(now - upload.UpdatedAt)}. The pipeline asks Mux every 15 min.")
            : instance.Status == RuntimeStatus.Running
                ? new(DiagnosisGroup.Running, DiagnosisCode.Running, OfWaiting(upload))
                : OfInstance(instance, now);
    }

    /// <summary>What an upload that is on its way waits for.</summary>
    private static string OfWaiting(UploadNote upload) =>
        upload.Status == UploadStatus.Processing ? "Mux has the file and prepares the video."
        : upload.WaitsForFile ? "Waiting for the file: the uploader has an address to send it to."
        : "Waiting for Mux to take it.";

    private static Diagnosis OfRetry(UploadNote upload, DateTimeOffset due, DateTimeOffset now)
    {
        if (due + EngineGrace < now)
        {
            return new(
                DiagnosisGroup.Stuck, DiagnosisCode.EngineBehind,
                $"Its next attempt was due {Span(now - due)} ago: the engine is behind.");
        }

        var when = due - now >= TimeSpan.FromSeconds(1) ? $"in {Span(due - now)}" : "now";
        var text = $"Our calls fail: {upload.Attempts} so far, the next attempt comes {when}. It goes on by itself.";
        return new(upload.Attempts >= AlarmingAttempts ? DiagnosisGroup.Stuck : DiagnosisGroup.Running, DiagnosisCode.Retrying, text);
    }

    private static Diagnosis OfInstance(OrchestrationInstance instance, DateTimeOffset now) => instance.Status switch
    {
        RuntimeStatus.Suspended =>
            new(
                DiagnosisGroup.Stuck, DiagnosisCode.Suspended,
                "Suspended: it does nothing until somebody resumes it. The timeline says who did it, or why it was quarantined."),
        RuntimeStatus.Pending when now - instance.CreatedAt > EngineGrace =>
            new(
                DiagnosisGroup.Stuck, DiagnosisCode.EngineBehind,
                $"No worker has taken it for {Span(now - instance.CreatedAt)}: the engine is behind."),
        RuntimeStatus.Pending => new(DiagnosisGroup.Running, DiagnosisCode.Pending, "Waits for a worker to take it."),
        RuntimeStatus.Failed =>
            new(
                DiagnosisGroup.Failed, DiagnosisCode.OrchestrationFailed,
                $"The orchestration failed: {instance.Error ?? "it does not say why"}"),
        RuntimeStatus.Terminated => new(DiagnosisGroup.Over, DiagnosisCode.Terminated, "Somebody terminated it."),
        RuntimeStatus.Canceled => new(DiagnosisGroup.Over, DiagnosisCode.Canceled, "It was cancelled."),
        RuntimeStatus.Completed => new(DiagnosisGroup.Over, DiagnosisCode.Completed, "It has run to its end."),
        _ => new(DiagnosisGroup.Running, DiagnosisCode.Running, instance.State is { } state ? $"Under way: {state}." : "Under way."),
    };

    private static string Because(UploadNote upload) =>
        upload.FailureReason is { Length: > 0 } reason ? $"{reason.TrimEnd('.')}." : "no reason is given.";

    /// <summary>A span as people say it: 12 s, 4 min, 3 h, 2 days.</summary>
    public static string Span(TimeSpan span) => span.Duration() switch
    {
        { TotalSeconds: < 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 10 } s when s.TotalSeconds % 1 >= 0.05 => string.Create(CultureInfo.InvariantCulture, $"{s.TotalSeconds:0.0} s"),
        { TotalSeconds: < 100 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalSeconds:0} s"),
        { TotalMinutes: < 100 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalMinutes:0} min"),
        { TotalHours: < 48 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalHours:0} h"),
        var s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalDays:0} days"),
    };
}
