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

/// <summary>A table: how long its rows are kept, and what the erasure of a tenant, a person and a guest does to those that are
/// theirs.</summary>
/// <param name="Tenant">Null: nothing of a tenant is in it.</param>
/// <param name="Person">Null: nothing of a person is in it.</param>
/// <param name="Guest">Null: nothing of a guest is in it.</param>
public sealed record TablePlan(
    string Table, string Retention, TableErasure? Tenant, TableErasure? Person = null, TableErasure? Guest = null)
{
    /// <param name="kind">One of <see cref="SubjectKind"/>.</param>
    public TableErasure? Of(string kind) => kind switch
    {
        SubjectKind.Person => Person,
        SubjectKind.Guest => Guest,
        _ => Tenant,
    };
}

/// <summary>
/// Every table of the schema, so that nothing new is forgotten: a test compares with the database and with what
/// <c>portal.erase_person</c>, <c>portal.erase_guest</c> and <c>portal.erase_tenant_rows</c> touch, and the certificate is made of these
/// lines.
/// </summary>
public static class TablePlans
{
    private const string Customer = "while the organization is a customer";
    private const string Ids = "by id only; who that was is not here any more";

    private static readonly TableErasure Gone = TableErasure.Deleted;
    private static readonly TableErasure ById = TableErasure.Kept(Ids);
    private static readonly TableErasure Evidence =
        TableErasure.Kept(
            "evidence that nobody may change: by id, network address as a keyed hash; "
                + $"{RetentionDefaults.AccessAuditDays} days to {RetentionDefaults.SecurityAuditDays} by what it tells of, playback "
                + $"{RetentionDefaults.PlaybackAuditDays}, then in an archive that is never dropped");

    private static readonly TableErasure Mails =
        TableErasure.Kept(
            $"that a mail was sent: to an id or to a keyed hash, without address or text; {RetentionDefaults.DeliveryDays} days");

    private static readonly TableErasure Answers =
        TableErasure.Kept(
            $"what systems of the organization answered when they got events, which name nobody; {RetentionDefaults.WebhookLogDays} days");

    private static readonly TableErasure NotMailedAgain =
        TableErasure.Kept("the address as a keyed hash, so that somebody who asked for no more mail gets none");

    public static IReadOnlyList<TablePlan> All { get; } =
    [
        new("alerts", "as long as the database", ById),
        new("analytics_raw", $"{RetentionSettings.MaxRawAnalyticsDays} days", Gone),
        new(
            "analytics_rollups",
            $"by hour {RetentionDefaults.HourlyAnalyticsDays}, by day {RetentionDefaults.DailyAnalyticsDays} days, by month for ever",
            Gone),
        new("asset_versions", "by the tenant's days; then archived, and deleted at Mux", Gone),
        new("assets", Customer, Gone, ById),
        new("audit_archive", "until its files are verified", Evidence, Evidence, Evidence),
        new("audit_archives", "for ever, as their files", Evidence),
        new(
            "audit_log",
            $"access {RetentionDefaults.AccessAuditDays} days, sign-ins {RetentionDefaults.SignInAuditDays}, work in the portal "
                + $"{RetentionDefaults.AdminAuditDays}, security {RetentionDefaults.SecurityAuditDays}; then in files of the archive",
            Evidence, Evidence, Evidence),
        new("audit_seals", "for ever", TableErasure.Kept("hashes and signatures over the audit log, and times")),
        new("budget_notices", $"{RetentionDefaults.UsageDays} days", Gone),
        new("change_freeze", "one row", null),
        new("comment_mentions", Customer, Gone, ById),
        new(
            "comments", Customer, Gone,
            TableErasure.Kept("under \"Deleted person\"; what others wrote of somebody is not searched"), TableErasure.Replaced),
        new(
            "consents", $"of people {Customer}, of guests {RetentionDefaults.GuestDays} days after their link has ended", Gone,
            Gone, Gone),
        new("deliveries", $"{RetentionDefaults.DeliveryDays} days", Gone, Mails, Mails),
        new("digests", $"{RetentionDefaults.DeliveryDays} days", Gone, Gone),
        new(
            "erasure_certificates", "for ever",
            TableErasure.Kept("this certificate, and those of people and guests who were erased before"),
            TableErasure.Kept("this certificate"), TableErasure.Kept("this certificate")),
        new(
            "erasure_requests", "for ever", TableErasure.Kept("that they were asked for, by id; addresses of guests as keyed hashes"),
            TableErasure.Kept("that it was asked for, by id"), TableErasure.Kept("that it was asked for, the address as a keyed hash")),
        new("events", Customer, ById, ById, ById),
        new(
            "exports", $"that it was asked for, while the organization is a customer; the file {RetentionDefaults.ExportDays} days", Gone,
            TableErasure.Replaced, TableErasure.Replaced),
        new("holds", Customer, Gone, TableErasure.Kept("that there was a legal hold, by id")),
        new("idempotency_keys", $"{RetentionDefaults.IdempotencyHours} hours", Gone, Gone, Gone),
        new("incident_entries", "with their incident", null),
        new("incident_notice_tenants", "with their incident", ById),
        new("incident_notices", "with their incident", null),
        new("incident_reports", $"{RetentionDefaults.WebhookDays} days", null),
        new("incidents", "as long as the database", ById),
        new("invites", $"{RetentionDefaults.InviteDays} days after they are over", Gone, TableErasure.Replaced, TableErasure.Replaced),
        new(
            "limit_figures", $"{RetentionDefaults.LimitFigureDays} days",
            TableErasure.Kept($"how often a limit was reached, by id; {RetentionDefaults.LimitFigureDays} days"),
            TableErasure.Kept($"how often a limit was reached, by id; {RetentionDefaults.LimitFigureDays} days")),
        new("mail_suppressions", Customer, Gone, NotMailedAgain, NotMailedAgain),
        new("milestone_template_versions", Customer, Gone, ById),
        new("milestone_templates", Customer, Gone, ById),
        new("milestones", Customer, Gone, ById),
        new("mux_cleanups", "as long as the database", Gone),
        new("mux_tasks", "as long as the database", Gone),
        new("notification_preferences", Customer, Gone, Gone),
        new("notifications", $"by the tenant's days, {RetentionSettings.MaxNotificationDays} at most", Gone, Gone),
        new("objective_minutes", $"{RetentionDefaults.FigureDays} days", null),
        new("objective_states", "one row an objective", null),
        new("operator_mails", "one row a day and one a week", null),
        new("operator_sessions", $"{RetentionDefaults.OperatorSessionDays} days after their end", null),
        new("operators", "as long as they are on call", null),
        new("outbox", "until dispatched", Gone),
        new("playback_archive", "for ever", Evidence, Evidence, Evidence),
        new("playback_audit", $"{RetentionDefaults.PlaybackAuditDays} days, then archived", Evidence, Evidence, Evidence),
        new("playback_events", $"{RetentionDefaults.PlaybackEventDays} days", Gone),
        new("probe_runs", $"{RetentionDefaults.ProbeDays} days", null),
        new("project_members", Customer, Gone, ById),
        new("project_mutes", Customer, Gone, Gone),
        new("project_progress", Customer, Gone),
        new("projects", Customer, Gone, ById),
        new("rate_windows", "an hour", TableErasure.Kept("how often something was asked for, by id; an hour")),
        new("request_figures", $"{RetentionDefaults.FigureDays} days", null),
        new("request_flushes", $"{RetentionDefaults.FigureDays} days", null),
        new("residency_reports", Customer, Gone),
        new("restore_tests", "as long as the database", null),
        new("share_link_guests", $"{RetentionDefaults.GuestDays} days after their link has ended", Gone, null, Gone),
        new("share_link_notices", Customer, Gone),
        new("share_links", Customer, Gone, ById),
        new("share_unlocks", "until their link has ended", Gone),
        new(
            "share_viewers", $"by id; hashes {RetentionDefaults.GuestDays} days after their link has ended", Gone,
            TableErasure.Replaced, TableErasure.Replaced),
        new("switches", "one row each", null),
        new("task_assignees", Customer, Gone, ById),
        new("task_dependencies", Customer, Gone),
        new("task_watchers", Customer, Gone, ById),
        new("tasks", Customer, Gone, ById),
        new("template_applications", Customer, Gone, ById),
        new("tenants", Customer, TableErasure.Replaced),
        new("timer_runs", $"{RetentionDefaults.TimerRunDays} days", null),
        new("unread_counts", Customer, Gone, Gone),
        new("upload_attempts", "with their job", Gone),
        new("upload_jobs", $"by the tenant's days, {RetentionSettings.MaxUploadJobDays} at most", Gone, ById),
        new("usage_counts", $"one row a day, {RetentionDefaults.UsageDays} days", null),
        new("usage_days", $"{RetentionDefaults.UsageDays} days", Gone),
        new("users", Customer, Gone, TableErasure.Replaced),
        new("vendor_circuits", "one row each", null),
        new("vendor_rate_limits", "one row a vendor", null),
        new("vendor_review_reminders", Customer, Gone),
        new("vendor_reviews", Customer, Gone, TableErasure.Kept("that they recorded a review of a vendor, by id")),
        new("webhook_attempts", $"{RetentionDefaults.WebhookLogDays} days", Gone, Answers, Answers),
        new("webhook_endpoints", Customer, Gone, ById),
        new("webhook_inbox", $"{RetentionDefaults.WebhookDays} days", TableErasure.Replaced, TableErasure.Replaced, TableErasure.Replaced),
    ];

    /// <summary>The lines of a certificate, from what the erasure touched.</summary>
    public static IReadOnlyList<ErasedData> Erased(string kind, bool removesComments, IReadOnlyDictionary<string, long> rows) =>
    [
        .. from plan in All
           let erasure = plan.Of(kind)
           where erasure is not null
           select plan.Table == "comments" && removesComments
               ? new ErasedData(plan.Table, TableErasure.Deletes, rows.GetValueOrDefault(plan.Table), null)
               : new ErasedData(
                   plan.Table, erasure.Did, erasure.Did == TableErasure.Keeps ? null : rows.GetValueOrDefault(plan.Table), erasure.Why),
    ];
}
