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
                DiagnosisGroup.Over, "replayed",
                $"An earlier attempt, {upload.Status}; attempt {upload.CurrentAttempt} is the current one.");
        }

        return instance is null ? new(DiagnosisGroup.Over, "gone", "Durable has no such instance.") : OfInstance(instance, now);
    }

    private static Diagnosis OfFinal(UploadNote upload) => upload.Status switch
    {
        UploadStatus.Failed => new(DiagnosisGroup.Failed, upload.FailureCode ?? "failed", upload.FailureCode switch
        {
            "mux_errored" =>
                $"Mux cannot use the file: {Because(upload)} Another file is needed; a replay of a stored original ends the same way.",
            "mux_lost" => $"Mux has lost the asset. {Because(upload)} A replay starts it over.",
            "internal_error" => "A fault of ours ended it; the timeline and the log say which. A replay starts it over.",
            "refused" => $"Mux refuses what we ask: {Because(upload)} A replay is refused likewise until that is fixed.",
            _ => $"The upload failed ({upload.FailureCode}): {Because(upload)}",
        }),
        UploadStatus.TimedOut =>
            new(
                DiagnosisGroup.Failed, "timed_out",
                "No file was sent in time. A replay opens a new upload and asks the uploader for the file."),
        UploadStatus.Cancelled => new(DiagnosisGroup.Over, "cancelled", "The upload was cancelled."),
        _ => new(DiagnosisGroup.Over, upload.Status, "The upload is ready."),
    };

    private static Diagnosis OfUnfinished(OrchestrationInstance? instance, UploadNote upload, DateTimeOffset now)
    {
        if (instance is null)
        {
            return now - upload.UpdatedAt < EngineGrace
                ? new(DiagnosisGroup.Running, "starting", "Its orchestration is about to be started.")
                : new(
                    DiagnosisGroup.Stuck, "not_started",
                    $"No orchestration carries this upload, {upload.Status} for {Span(now - upload.UpdatedAt)}. Does the timer "
                        + "ReconcileUploads run?");
        }

        if (instance.IsOver)
        {
            return new(
                DiagnosisGroup.Stuck, "abandoned",
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
                DiagnosisGroup.Stuck, "overdue",
                $"Nothing was sent and the upload should have timed out {Span(now - upload.ExpiresAt)} ago.");
        }

        return upload.Status == UploadStatus.Processing && now - upload.UpdatedAt > LongPreparing
            && instance.Status == RuntimeStatus.Running
            ? new(
                DiagnosisGroup.Stuck, "slow_at_mux",
                $"Mux has been preparing it for {Span(now - upload.UpdatedAt)}. The pipeline asks Mux every 15 min.")
            : instance.Status == RuntimeStatus.Running
                ? new(DiagnosisGroup.Running, "running", OfWaiting(upload))
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
            return new(DiagnosisGroup.Stuck, "engine_behind", $"Its next attempt was due {Span(now - due)} ago: the engine is behind.");
        }

        var when = due > now ? $"in {Span(due - now)}" : "now";
        var text = $"Our calls fail: {upload.Attempts} so far, the next attempt comes {when}. It goes on by itself.";
        return new(upload.Attempts >= AlarmingAttempts ? DiagnosisGroup.Stuck : DiagnosisGroup.Running, "retrying", text);
    }

    private static Diagnosis OfInstance(OrchestrationInstance instance, DateTimeOffset now) => instance.Status switch
    {
        RuntimeStatus.Suspended =>
            new(
                DiagnosisGroup.Stuck, "suspended",
                "Suspended: it does nothing until somebody resumes it. The timeline says who did it, or why it was quarantined."),
        RuntimeStatus.Pending when now - instance.CreatedAt > EngineGrace =>
            new(
                DiagnosisGroup.Stuck, "engine_behind",
                $"No worker has taken it for {Span(now - instance.CreatedAt)}: the engine is behind."),
        RuntimeStatus.Pending => new(DiagnosisGroup.Running, "pending", "Waits for a worker to take it."),
        RuntimeStatus.Failed =>
            new(DiagnosisGroup.Failed, "orchestration_failed", $"The orchestration failed: {instance.Error ?? "it does not say why"}"),
        RuntimeStatus.Terminated => new(DiagnosisGroup.Over, "terminated", "Somebody terminated it."),
        RuntimeStatus.Canceled => new(DiagnosisGroup.Over, "canceled", "It was cancelled."),
        RuntimeStatus.Completed => new(DiagnosisGroup.Over, "completed", "It has run to its end."),
        _ => new(DiagnosisGroup.Running, "running", instance.State is { } state ? $"Under way: {state}." : "Under way."),
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
