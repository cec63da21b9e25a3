namespace Portal.Foundation.Alerts;

/// <summary>How bad an alert is, as PagerDuty's Events API v2 names it.</summary>
public static class AlertSeverity
{
    /// <summary>Somebody is woken: each is an incident, which pages.</summary>
    public const string Critical = "critical";

    /// <summary>Something does not happen that should, until on-call acts: those of one kind are an incident, whose page wakes
    /// nobody.</summary>
    public const string Error = "error";

    /// <summary>On-call wants to know; it may well mend itself. Told by mail, once a day.</summary>
    public const string Warning = "warning";

    public static IReadOnlyList<string> All { get; } = [Critical, Error, Warning];
}

/// <summary>How people on call are told of an alert.</summary>
public static class AlertTold
{
    /// <summary>By PagerDuty, at once, whatever the hour.</summary>
    public const string Page = "page";

    /// <summary>By PagerDuty's service that wakes nobody.</summary>
    public const string LowUrgencyPage = "low_urgency_page";

    /// <summary>Every Operator, in one mail about the day before.</summary>
    public const string DailyMail = "daily_mail";

    public static IReadOnlyList<string> All { get; } = [Page, LowUrgencyPage, DailyMail];
}

/// <summary>When an alert is over.</summary>
public static class AlertEnd
{
    /// <summary>When its cause is gone: the rows say so, or whoever raised it looks again.</summary>
    public const string WithItsCause = "with_its_cause";

    /// <summary>When it was not raised again for a while: what it tells of happens, and leaves nothing behind that could be looked
    /// at.</summary>
    public const string WhenQuiet = "when_quiet";

    /// <summary>When somebody has looked into it: that it is not seen any more would prove nothing.</summary>
    public const string ByHand = "by_hand";

    public static IReadOnlyList<string> All { get; } = [WithItsCause, WhenQuiet, ByHand];
}

/// <summary>Names of service level objectives: what share of something must be good. Each has an error budget.</summary>
public static class Objective
{
    public const string Availability = "availability";
    public const string PlaybackSuccess = "playback_success";
    public const string WebhookSuccess = "webhook_success";
    public const string ShareOpenLatency = "share_open_latency";
    public const string ApiLatency = "api_latency";
    public const string PlaybackAvailability = "playback_availability";
    public const string Revocation = "revocation";
    public const string ErasureInTime = "erasure";
    public const string Replay = "replay";
    public const string Retries = "retries";
    public const string PlaybackErrors = "playback_errors";
    public const string SyntheticPlayback = "synthetic_playback";

    public static IReadOnlyList<string> All { get; } =
    [
        Availability, PlaybackSuccess, WebhookSuccess, ShareOpenLatency, ApiLatency, PlaybackAvailability, Revocation, ErasureInTime,
        Replay, Retries, PlaybackErrors, SyntheticPlayback,
    ];
}

/// <summary>
/// The catalogue of alerts: what each kind is called, how bad it is and so who is told, where on-call reads what to do, when it is over,
/// and the objective that it counts against, if any. docs/playbook/operations/alerts.md is the same table with what each means.
/// </summary>
public sealed class AlertKind
{
    private const string Everything = "docs/playbook/operations/alerts.md";
    private const string Upload = "docs/playbook/operations/an-upload-is-stuck.md";
    private const string OutboundWebhooks = "docs/playbook/operations/webhooks-do-not-arrive.md";
    private const string Mux = "docs/playbook/platform/mux-upload-and-webhook-reliability.md";
    private const string Erasure = "docs/playbook/compliance/erasing-somebody.md";
    private const string Exports = "docs/playbook/compliance/giving-people-their-data.md";
    private const string Reviews = "docs/playbook/compliance/vendor-reviews.md";
    private const string AuditLog = "docs/playbook/operations/the-audit-log.md";
    private const string Objectives = "docs/playbook/operations/slo-and-incident-response.md";
    private const string Retention = "docs/playbook/compliance/data-residency-and-retention.md";
    private const string Engine = "docs/playbook/operations/the-engine-is-behind.md";
    private const string Backlog = "docs/playbook/operations/work-piles-up.md";
    private const string Costs = "docs/playbook/cost/cost-monitoring-and-alerting.md";
    private const string Expiry = "docs/playbook/operations/keys-and-certificates.md";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Digests are made every quarter of an hour.</summary>
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly Dictionary<string, AlertKind> ByName = new(StringComparer.Ordinal);

    // Whoever was given no access has it, or could have.
    public static readonly AlertKind PublicPlaybackId = new("public_playback_id", AlertSeverity.Critical, Retention);
    public static readonly AlertKind MintedAfterRevoke = new(
        "minted_after_revoke", AlertSeverity.Critical, Retention, Objective.Revocation, end: AlertEnd.ByHand);
    public static readonly AlertKind RevokedButPlayable = new(
        "revoked_but_playable", AlertSeverity.Critical, Retention, Objective.Revocation, end: AlertEnd.ByHand);
    public static readonly AlertKind RevokeStuck = new("mux_revoke_stuck", AlertSeverity.Error, Retention, Objective.Revocation);
    public static readonly AlertKind BruteForce = new("brute_force", AlertSeverity.Warning, Everything, quietFor: Day);
    public static readonly AlertKind PassphraseGuessing = new("passphrase_guessing", AlertSeverity.Warning, Everything, quietFor: Day);

    // Each request was allowed; together they are unusual.
    public static readonly AlertKind AddressWithManyLinks = new("address_with_many_links", AlertSeverity.Warning, Everything);
    public static readonly AlertKind LinkWithManyAddresses = new("link_with_many_addresses", AlertSeverity.Warning, Everything);

    /// <summary>Of money, as its Admins set it.</summary>
    public static readonly AlertKind TenantBudgetReached = new("tenant_budget_reached", AlertSeverity.Warning, Costs);

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

    public static readonly AlertKind WebhookRefused = new("webhook_refused", AlertSeverity.Warning, Mux, quietFor: Day);
    public static readonly AlertKind WebhookRetrying = new("webhook_retrying", AlertSeverity.Warning, Mux);
    public static readonly AlertKind WebhookDead = new("webhook_dead", AlertSeverity.Error, Mux, Objective.WebhookSuccess);

    public static readonly AlertKind DeliveryBlocked = new("delivery_blocked", AlertSeverity.Error, Backlog);
    public static readonly AlertKind DeliveryRetrying = new("delivery_retrying", AlertSeverity.Warning, Backlog);
    public static readonly AlertKind DeliveryFailed = new("delivery_failed", AlertSeverity.Error, Backlog);
    public static readonly AlertKind WebhookEndpointDisabled = new(
        "webhook_endpoint_disabled", AlertSeverity.Warning, OutboundWebhooks);

    public static readonly AlertKind EventStuck = new("event_stuck", AlertSeverity.Error, Everything);
    public static readonly AlertKind DigestsFailed = new("digests_failed", AlertSeverity.Error, Everything, quietFor: Hour);
    public static readonly AlertKind InvitesStuck = new("invites_stuck", AlertSeverity.Error, Everything);
    public static readonly AlertKind TenantWithoutAdmin = new("tenant_without_admin", AlertSeverity.Error, Everything);
    public static readonly AlertKind ErasureLate = new("erasure_late", AlertSeverity.Error, Erasure, Objective.ErasureInTime);
    public static readonly AlertKind ErasureFailed = new("erasure_failed", AlertSeverity.Error, Erasure, Objective.ErasureInTime);
    public static readonly AlertKind ErasureOverdue = new("erasure_overdue", AlertSeverity.Critical, Erasure, Objective.ErasureInTime);
    public static readonly AlertKind ExportFailed = new("export_failed", AlertSeverity.Error, Exports);
    public static readonly AlertKind AuditArchiveFailed = new("audit_archive_failed", AlertSeverity.Error, AuditLog);
    public static readonly AlertKind DataClassUndeclared = new("data_class_undeclared", AlertSeverity.Error, Retention);
    public static readonly AlertKind RestoreTestOverdue = new("restore_test_overdue", AlertSeverity.Error, Reviews);
    public static readonly AlertKind BudgetBurning = new("budget_burning", AlertSeverity.Warning, Objectives);
    public static readonly AlertKind TimerFailed = new("timer_failed", AlertSeverity.Error, Everything);

    // What waits for too long, or goes wrong too often, whatever the cause.
    public static readonly AlertKind EngineBehind = new("engine_behind", AlertSeverity.Critical, Engine);
    public static readonly AlertKind InboxBehind = new("inbox_behind", AlertSeverity.Error, Backlog, Objective.WebhookSuccess);
    public static readonly AlertKind OutboxBehind = new("outbox_behind", AlertSeverity.Error, Backlog);
    public static readonly AlertKind DeliveriesFailing = new("deliveries_failing", AlertSeverity.Error, Backlog);
    public static readonly AlertKind WebhooksDying = new("webhooks_dying", AlertSeverity.Error, Backlog, Objective.WebhookSuccess);

    public static readonly AlertKind CertificateExpiring = new(
        "certificate_expiring", AlertSeverity.Error, Expiry, Objective.Availability);

    public static readonly AlertKind KeyExpiring = new("key_expiring", AlertSeverity.Warning, Expiry);

    /// <param name="quietFor">It is over when it was not raised for that long.</param>
    private AlertKind(
        string name, string severity, string runbook, string? objective = null, string? end = null, TimeSpan? quietFor = null)
    {
        (Name, Severity, Runbook, CountsAgainst, QuietFor) = (name, severity, runbook, objective, quietFor);
        End = quietFor is null ? end ?? AlertEnd.WithItsCause : AlertEnd.WhenQuiet;
        ByName.Add(name, this);
    }

    public static IReadOnlyCollection<AlertKind> All => ByName.Values;

    /// <summary>As <c>portal.alerts.kind</c> says it.</summary>
    public string Name { get; }

    /// <summary>One of <see cref="AlertSeverity"/>.</summary>
    public string Severity { get; }

    /// <summary>One of <see cref="AlertTold"/>. All are on <c>/ops</c>, and in the log at Error.</summary>
    public string Told => Severity switch
    {
        AlertSeverity.Critical => AlertTold.Page,
        AlertSeverity.Error => AlertTold.LowUrgencyPage,
        _ => AlertTold.DailyMail,
    };

    /// <summary>One of <see cref="AlertEnd"/>.</summary>
    public string End { get; }

    /// <summary>Of <see cref="AlertEnd.WhenQuiet"/>: how long.</summary>
    public TimeSpan? QuietFor { get; }

    /// <summary>The page that says what to do, from the root of the repository.</summary>
    public string Runbook { get; }

    /// <summary>One of <see cref="Objective"/>, or none.</summary>
    public string? CountsAgainst { get; }

    /// <summary>Null: an alert of that name was raised by a version of the app that knew more, or less.</summary>
    public static AlertKind? Find(string name) => ByName.GetValueOrDefault(name);

    public override string ToString() => Name;
}
