namespace Portal.Foundation.Alerts;

/// <summary>How bad an alert is, as PagerDuty's Events API v2 names it.</summary>
public static class AlertSeverity
{
    /// <summary>Somebody is woken: it opens an incident, which pages.</summary>
    public const string Critical = "critical";

    /// <summary>Something does not happen that should, until on-call acts.</summary>
    public const string Error = "error";

    /// <summary>On-call wants to know; it may well mend itself.</summary>
    public const string Warning = "warning";
}

/// <summary>Service level objectives: what share of something must be good. Each has an error budget.</summary>
public static class Objective
{
    public const string Availability = "availability";
    public const string PlaybackSuccess = "playback_success";
    public const string WebhookSuccess = "webhook_success";
    public const string ShareOpenLatency = "share_open_latency";

    public static IReadOnlyList<string> All { get; } = [Availability, PlaybackSuccess, WebhookSuccess, ShareOpenLatency];
}

/// <summary>
/// The catalogue of alerts: what each kind is called, how bad it is, where on-call reads what to do, and the objective that it counts
/// against, if any. docs/playbook/operations/alerts.md is the same table with what each means.
/// </summary>
public sealed class AlertKind
{
    private const string Everything = "docs/playbook/operations/alerts.md";
    private const string Upload = "docs/playbook/operations/an-upload-is-stuck.md";
    private const string Paging = "docs/playbook/operations/incidents-and-change-freeze.md";
    private const string Mux = "docs/playbook/platform/mux-upload-and-webhook-reliability.md";
    private const string Erasure = "docs/playbook/compliance/erasing-somebody.md";
    private const string Exports = "docs/playbook/compliance/giving-people-their-data.md";
    private const string Reviews = "docs/playbook/compliance/vendor-reviews.md";
    private const string AuditLog = "docs/playbook/operations/the-audit-log.md";
    private const string Retention = "docs/playbook/compliance/data-residency-and-retention.md";

    private static readonly Dictionary<string, AlertKind> ByName = new(StringComparer.Ordinal);

    // Whoever was given no access has it, or could have.
    public static readonly AlertKind PublicPlaybackId = new("public_playback_id", AlertSeverity.Critical, Retention);
    public static readonly AlertKind MintedAfterRevoke = new("minted_after_revoke", AlertSeverity.Critical, Retention);
    public static readonly AlertKind RevokedButPlayable = new("revoked_but_playable", AlertSeverity.Critical, Retention);
    public static readonly AlertKind RevokeStuck = new("mux_revoke_stuck", AlertSeverity.Error, Retention);
    public static readonly AlertKind BruteForce = new("brute_force", AlertSeverity.Warning, Everything);
    public static readonly AlertKind PassphraseGuessing = new("passphrase_guessing", AlertSeverity.Warning, Everything);

    public static readonly AlertKind ClerkKeysUnavailable = new(
        "clerk_keys_unavailable", AlertSeverity.Critical, Everything, Objective.Availability);

    public static readonly AlertKind OperatorDeleted = new("operator_deleted", AlertSeverity.Error, Everything);

    public static readonly AlertKind UploadRetrying = new("upload_retrying", AlertSeverity.Warning, Upload);
    public static readonly AlertKind UploadFailed = new("upload_failed", AlertSeverity.Warning, Upload);
    public static readonly AlertKind AssetUploadDisagree = new("asset_upload_disagree", AlertSeverity.Error, Upload);
    public static readonly AlertKind ErroredAfterReady = new(
        "errored_after_ready", AlertSeverity.Error, Upload, Objective.PlaybackSuccess);

    public static readonly AlertKind MuxAssetMissing = new("mux_asset_missing", AlertSeverity.Error, Upload, Objective.PlaybackSuccess);
    public static readonly AlertKind MuxAssetWithoutRow = new("mux_asset_without_row", AlertSeverity.Warning, Mux);
    public static readonly AlertKind MuxCleanupStuck = new("mux_cleanup_stuck", AlertSeverity.Warning, Upload);
    public static readonly AlertKind MuxSweepIncomplete = new("mux_sweep_incomplete", AlertSeverity.Warning, Everything);
    public static readonly AlertKind RenditionFailed = new("mux_rendition_failed", AlertSeverity.Warning, Everything);
    public static readonly AlertKind MuxTaskStuck = new("mux_task_stuck", AlertSeverity.Warning, Everything);

    public static readonly AlertKind WebhookRefused = new("webhook_refused", AlertSeverity.Warning, Mux);
    public static readonly AlertKind WebhookRetrying = new("webhook_retrying", AlertSeverity.Warning, Mux);
    public static readonly AlertKind WebhookDead = new("webhook_dead", AlertSeverity.Error, Mux, Objective.WebhookSuccess);

    public static readonly AlertKind DeliveryBlocked = new("delivery_blocked", AlertSeverity.Error, Paging);
    public static readonly AlertKind DeliveryRetrying = new("delivery_retrying", AlertSeverity.Warning, Paging);
    public static readonly AlertKind DeliveryFailed = new("delivery_failed", AlertSeverity.Error, Paging);
    public static readonly AlertKind EventStuck = new("event_stuck", AlertSeverity.Error, Everything);
    public static readonly AlertKind DigestsFailed = new("digests_failed", AlertSeverity.Error, Everything);
    public static readonly AlertKind InvitesStuck = new("invites_stuck", AlertSeverity.Error, Everything);
    public static readonly AlertKind TenantWithoutAdmin = new("tenant_without_admin", AlertSeverity.Error, Everything);
    public static readonly AlertKind ErasureLate = new("erasure_late", AlertSeverity.Error, Erasure);
    public static readonly AlertKind ErasureFailed = new("erasure_failed", AlertSeverity.Error, Erasure);
    public static readonly AlertKind ErasureOverdue = new("erasure_overdue", AlertSeverity.Critical, Erasure);
    public static readonly AlertKind ExportFailed = new("export_failed", AlertSeverity.Error, Exports);
    public static readonly AlertKind AuditArchiveFailed = new("audit_archive_failed", AlertSeverity.Error, AuditLog);
    public static readonly AlertKind DataClassUndeclared = new("data_class_undeclared", AlertSeverity.Error, Retention);
    public static readonly AlertKind RestoreTestOverdue = new("restore_test_overdue", AlertSeverity.Error, Reviews);
    public static readonly AlertKind TimerFailed = new("timer_failed", AlertSeverity.Error, Everything);

    private AlertKind(string name, string severity, string runbook, string? objective = null)
    {
        (Name, Severity, Runbook, CountsAgainst) = (name, severity, runbook, objective);
        ByName.Add(name, this);
    }

    public static IReadOnlyCollection<AlertKind> All => ByName.Values;

    /// <summary>As <c>portal.alerts.kind</c> says it.</summary>
    public string Name { get; }

    /// <summary>One of <see cref="AlertSeverity"/>.</summary>
    public string Severity { get; }

    /// <summary>Who is told: on-call is woken by PagerDuty, or finds it at <c>/ops</c> and in the log (at Error).</summary>
    public bool Pages => Severity == AlertSeverity.Critical;

    /// <summary>The page that says what to do, from the root of the repository.</summary>
    public string Runbook { get; }

    /// <summary>One of <see cref="Objective"/>, or none.</summary>
    public string? CountsAgainst { get; }

    public override string ToString() => Name;
}
