using Portal.Foundation;
using Portal.People;

namespace Portal.Compliance.Erasure;

/// <summary>What an erasure does to a table's rows of its subject.</summary>
/// <param name="Why">Of what is kept, why and for how long.</param>
public sealed record TableErasure(string Did, string? Why = null)
{
    public const string Deletes = "deleted";
    public const string Replaces = "replaced";
    public const string Keeps = "kept";

    public static TableErasure Deleted { get; } = new(Deletes);

    public static TableErasure Replaced { get; } = new(Replaces);

    public static TableErasure Kept(string why) => new(Keeps, why);
}

/// <summary>A table: how long its rows are kept, and what the erasure of a person and of a guest does to those that are theirs.</summary>
/// <param name="Person">Null: nothing of a person is in it.</param>
/// <param name="Guest">Null: nothing of a guest is in it.</param>
public sealed record TablePlan(string Table, string Retention, TableErasure? Person = null, TableErasure? Guest = null);

/// <summary>
/// Every table of the schema, so that nothing new is forgotten: a test compares with the database and with what
/// <c>portal.erase_person</c> and <c>portal.erase_guest</c> touch, and the certificate is made of these lines.
/// </summary>
public static class TablePlans
{
    private const string Customer = "while the organization is a customer";
    private const string Ids = "by id only; who that was is not here any more";

    private static readonly TableErasure ById = TableErasure.Kept(Ids);
    private static readonly TableErasure Evidence =
        TableErasure.Kept(
            $"evidence that nobody may change: by id, network address as a keyed hash; {RetentionDefaults.AuditDays} days, then archived");

    private static readonly TableErasure Mails =
        TableErasure.Kept(
            $"that a mail was sent: to an id or to a keyed hash, without address or text; {RetentionDefaults.DeliveryDays} days");

    private static readonly TableErasure NotMailedAgain =
        TableErasure.Kept("the address as a keyed hash, so that somebody who asked for no more mail gets none");

    public static IReadOnlyList<TablePlan> All { get; } =
    [
        new("alerts", "as long as the database"),
        new("analytics_raw", $"{RetentionSettings.MaxRawAnalyticsDays} days"),
        new(
            "analytics_rollups",
            $"by hour {RetentionDefaults.HourlyAnalyticsDays}, by day {RetentionDefaults.DailyAnalyticsDays} days, by month for ever"),
        new("asset_versions", "by the tenant's days; then archived, and deleted at Mux"),
        new("assets", Customer, ById),
        new("audit_archive", "for ever", Evidence, Evidence),
        new("audit_log", $"{RetentionDefaults.AuditDays} days, then archived", Evidence, Evidence),
        new("audit_seals", "for ever"),
        new("change_freeze", "one row"),
        new("comment_mentions", Customer, ById),
        new("comments", Customer, TableErasure.Kept("under \"Deleted person\"; what others wrote of somebody is not searched"),
            TableErasure.Replaced),
        new(
            "consents", $"of people {Customer}, of guests {RetentionDefaults.GuestDays} days after their link has ended",
            TableErasure.Deleted, TableErasure.Deleted),
        new("deliveries", $"{RetentionDefaults.DeliveryDays} days", Mails, Mails),
        new("digests", $"{RetentionDefaults.DeliveryDays} days", TableErasure.Deleted),
        new("erasure_certificates", "for ever", TableErasure.Kept("this certificate"), TableErasure.Kept("this certificate")),
        new("erasure_requests", "for ever", TableErasure.Kept("that it was asked for, by id"),
            TableErasure.Kept("that it was asked for, the address as a keyed hash")),
        new("events", Customer, ById, ById),
        new("exports", $"that it was asked for, while the organization is a customer; the file {RetentionDefaults.ExportDays} days",
            TableErasure.Replaced, TableErasure.Replaced),
        new("holds", Customer, TableErasure.Kept("that there was a legal hold, by id")),
        new("idempotency_keys", $"{RetentionDefaults.IdempotencyHours} hours", TableErasure.Deleted, TableErasure.Deleted),
        new("incident_reports", $"{RetentionDefaults.WebhookDays} days"),
        new("incidents", "as long as the database"),
        new("invites", $"{RetentionDefaults.InviteDays} days after they are over", TableErasure.Replaced, TableErasure.Replaced),
        new("mail_suppressions", Customer, NotMailedAgain, NotMailedAgain),
        new("milestone_template_versions", Customer, ById),
        new("milestone_templates", Customer, ById),
        new("milestones", Customer, ById),
        new("mux_cleanups", "as long as the database"),
        new("mux_tasks", "as long as the database"),
        new("notification_preferences", Customer, TableErasure.Deleted),
        new("notifications", $"by the tenant's days, {RetentionSettings.MaxNotificationDays} at most", TableErasure.Deleted),
        new("operator_sessions", $"{RetentionDefaults.OperatorSessionDays} days after their end"),
        new("operators", "as long as they are on call"),
        new("outbox", "until dispatched"),
        new("playback_archive", "for ever", Evidence, Evidence),
        new("playback_audit", $"{RetentionDefaults.PlaybackAuditDays} days, then archived", Evidence, Evidence),
        new("project_members", Customer, ById),
        new("project_mutes", Customer, TableErasure.Deleted),
        new("project_progress", Customer),
        new("projects", Customer, ById),
        new("rate_windows", "an hour"),
        new("residency_reports", Customer),
        new("restore_tests", "as long as the database"),
        new("share_link_guests", $"{RetentionDefaults.GuestDays} days after their link has ended", null, TableErasure.Deleted),
        new("share_link_notices", Customer),
        new("share_links", Customer, ById),
        new("share_unlocks", "until their link has ended"),
        new(
            "share_viewers", $"by id; hashes {RetentionDefaults.GuestDays} days after their link has ended", TableErasure.Replaced,
            TableErasure.Replaced),
        new("task_assignees", Customer, ById),
        new("task_dependencies", Customer),
        new("task_watchers", Customer, ById),
        new("tasks", Customer, ById),
        new("template_applications", Customer, ById),
        new("tenants", Customer),
        new("timer_runs", $"{RetentionDefaults.TimerRunDays} days"),
        new("unread_counts", Customer, TableErasure.Deleted),
        new("upload_attempts", "with their job"),
        new("upload_jobs", $"by the tenant's days, {RetentionSettings.MaxUploadJobDays} at most", ById),
        new("users", Customer, TableErasure.Replaced),
        new("vendor_rate_limits", "one row a vendor"),
        new("vendor_review_reminders", Customer),
        new("vendor_reviews", Customer, TableErasure.Kept("that they recorded a review of a vendor, by id")),
        new("webhook_inbox", $"{RetentionDefaults.WebhookDays} days", TableErasure.Replaced, TableErasure.Replaced),
    ];

    /// <summary>The lines of a certificate, from what the erasure touched.</summary>
    public static IReadOnlyList<ErasedData> Erased(string kind, bool removesComments, IReadOnlyDictionary<string, long> rows) =>
    [
        .. from plan in All
           let erasure = kind == SubjectKind.Person ? plan.Person : plan.Guest
           where erasure is not null
           select plan.Table == "comments" && removesComments
               ? new ErasedData(plan.Table, TableErasure.Deletes, rows.GetValueOrDefault(plan.Table), null)
               : new ErasedData(
                   plan.Table, erasure.Did, erasure.Did == TableErasure.Keeps ? null : rows.GetValueOrDefault(plan.Table), erasure.Why),
    ];
}
