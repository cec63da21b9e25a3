using Portal.Foundation;
using Portal.People;

namespace Portal.Compliance;

/// <summary>Who processes data for us, what for, and where.</summary>
/// <param name="Overseas">Not in Australia: disclosed to tenants, and given ids only where ids do.</param>
public sealed record Processor(string Name, string Purpose, string Region, bool Overseas, string Receives);

/// <summary>A kind of data: how it is classed, how long it is kept, and who holds it.</summary>
/// <param name="Kept">How long, with the numbers that the tenant has set.</param>
/// <param name="Holders">Names of <see cref="DataClasses.Processors"/>.</param>
/// <param name="Counts">Names of what <see cref="ResidencyStore"/> counts; none: it is not kept by tenant.</param>
public sealed record DataClass(
    string Name, string Classification, string What, Func<RetentionSettings, string> Kept, IReadOnlyList<string> Holders,
    IReadOnlyList<string> Counts);

/// <summary>
/// Every class of data that the portal keeps. A table that is added is counted here, or named among those that are not, with the reason:
/// a test compares with the schema, and every report with the database that it is made from.
/// </summary>
public static class DataClasses
{
    internal const string Neon = "Neon";
    internal const string Azure = "Azure Functions";
    internal const string Mux = "Mux";
    internal const string Clerk = "Clerk";
    internal const string Resend = "Resend";
    internal const string Blob = "Vercel Blob";
    internal const string PagerDuty = "PagerDuty";

    public static IReadOnlyList<Processor> Processors { get; } =
    [
        new(Neon, "Database", "Sydney, Australia", false, "Everything in this report but the videos themselves"),
        new(
            Azure, "Runs the portal; durable orchestrations", "Sydney, Australia", false,
            "Everything while it is worked on; orchestration history holds ids only"),
        new(Blob, "Files: originals that are uploaded through us, copies of data, the audit archive", "Sydney, Australia", false,
            "Original video files, where the upload chose it; copies that people asked for; the archive of the audit log, by ids"),
        new(Mux, "Encodes, stores and plays videos", "United States and other countries; Mux offers no choice of storage region", true,
            "Video files, an upload id and the tenant's id; no names, titles or addresses"),
        new(
            Clerk, "Signs people in, sends invitations", "United States", true,
            "Names and e-mail addresses of people who sign in or are invited, and ids of ours"),
        new(Resend, "Sends e-mail", "United States", true, "E-mail addresses and the text of the mails"),
        new(PagerDuty, "Wakes people on call", "United States", true, "Ids and states of incidents; nothing of people or videos"),
    ];

    public static IReadOnlyList<DataClass> All { get; } =
    [
        new("Videos", "Confidential", "Video files, posters, and what is known of them",
            own => $"{own.ActiveVideoDays ?? RetentionSettings.MaxActiveVideoDays} days with an active creator, "
                + $"{own.InactiveDays} without, then archived; "
                + $"{RetentionDefaults.ArchivedVideoDays} days later deleted at Mux", [Mux, Blob, Neon], [
                    "assets", "asset_versions", "asset_versions_archived", "asset_versions_purged"
                ]),
        new("Planning and review", "Confidential", "Projects, milestones, tasks, comments", _ => "While the organisation is a customer",
            [Neon],
            ["projects", "project_members", "milestone_templates", "milestones", "tasks", "comments"]),
        new("People", "Confidential", "Names, e-mail addresses, roles, preferences, invites, consents, copies of what is kept of somebody",
            _ => "While the organisation is a customer, or until erased; consents of guests "
                + $"{RetentionDefaults.GuestDays} days after a link has ended, copies {RetentionDefaults.ExportDays} days",
            [Neon, Clerk, Resend, Blob],
            ["users", "invites", "notification_preferences", "project_mutes", "mail_suppressions", "erasure_requests",
                "erasure_certificates", "holds", "consents", "exports"]),
        new("Share tokens", "Sensitive", "Links for guests (tokens as hashes only), whom they are addressed to, who opened them",
            _ => "Links are active for 7 days at most at a time; addresses, viewers and names of guests "
                + $"{RetentionDefaults.GuestDays} days after a link has ended", [Neon, Resend],
            ["share_links", "share_link_guests", "share_viewers", "share_unlocks"]),
        new("Audit", "Restricted", "Who did what, and who was given playback; reviews of vendors; people by id",
            _ => $"Access to data {RetentionDefaults.AccessAuditDays} days, sign-ins {RetentionDefaults.SignInAuditDays}, the work in the "
                + $"portal {RetentionDefaults.AdminAuditDays}, security {RetentionDefaults.SecurityAuditDays}, playback "
                + $"{RetentionDefaults.PlaybackAuditDays}; then in an archive that is never dropped; reports and reviews while the "
                + "organisation is a customer", [Neon, Blob],
            [
                "audit_log", "audit_archive", "audit_archives", "audit_seals", "playback_audit", "playback_archive", "residency_reports",
                "vendor_reviews"
            ]),
        new("Events and notifications", "Internal", "What happened, by id; what people were told of",
            own => $"Notifications {own.NotificationDays ?? RetentionSettings.MaxNotificationDays} days, deliveries "
                + $"{RetentionDefaults.DeliveryDays}, what endpoints of webhooks answered {RetentionDefaults.WebhookLogDays}; events and "
                + "endpoints while the organisation is a customer", [Neon, Resend, PagerDuty],
            ["events", "deliveries", "notifications", "webhook_endpoints", "webhook_attempts"]),
        new(
            "Analytics", "Internal", "Counts of what happened, and how playback went; no people in them",
            own => $"Raw {own.RawAnalyticsDays ?? RetentionSettings.MaxRawAnalyticsDays} days, by hour "
                + $"{RetentionDefaults.HourlyAnalyticsDays}, by day {RetentionDefaults.DailyAnalyticsDays}, by month for ever; "
                + $"how playback went {RetentionDefaults.PlaybackEventDays}", [Neon],
                ["analytics_raw", "analytics_rollups", "playback_events"]),
        new(
            "Usage", "Internal", "How much of videos and mails is used a day, of which costs are made; no people in it",
            _ => $"{RetentionDefaults.UsageDays} days", [Neon], ["usage_days", "budget_notices"]),
        new(
            "Uploads", "Internal", "How uploads went", own => $"{own.UploadJobDays ?? RetentionSettings.MaxUploadJobDays} days",
            [Neon, Azure], ["upload_jobs"]),
        new(
            "Platform operations", "Internal", "Webhooks as vendors sent them, alerts, runs of timers; not kept by tenant",
            _ => $"Webhooks {RetentionDefaults.WebhookDays} days, runs {RetentionDefaults.TimerRunDays}, histories of orchestrations "
                + $"{RetentionDefaults.CompletedHistoryDays}, of failed ones {RetentionDefaults.FailedHistoryDays}",
            [Neon, Azure, PagerDuty], []),
    ];

    /// <summary>Tables with rows of tenants that no report counts, each with the reason.</summary>
    public static IReadOnlyDictionary<string, string> NotCounted { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["tenants"] = "the tenant itself",
        ["milestone_template_versions"] = "belongs to a template that is counted",
        ["template_applications"] = "likewise",
        ["task_assignees"] = "belongs to a task that is counted",
        ["task_watchers"] = "likewise",
        ["task_dependencies"] = "likewise",
        ["comment_mentions"] = "belongs to a comment that is counted",
        ["upload_attempts"] = "belongs to an upload job that is counted",
        ["mux_cleanups"] = "a list of work to do, by ids",
        ["mux_tasks"] = "likewise",
        ["outbox"] = "likewise",
        ["digests"] = "days for which a digest is settled",
        ["incident_notice_tenants"] = "of which incidents the tenant was told, by id",
        ["incidents"] = "the platform's, by ids; some name the tenant they are about",
        ["idempotency_keys"] = "answers of the last 24 hours",
        ["project_progress"] = "made from the events that are counted",
        ["unread_counts"] = "likewise",
        ["share_link_notices"] = "likewise",
        ["vendor_review_reminders"] = "days of which a tenant was told, by an event that is counted",
    };

    /// <summary>Those of the tables whose data nobody has declared.</summary>
    public static IReadOnlyList<string> Undeclared(IEnumerable<string> tables) =>
        [.. tables.Except(All.SelectMany(of => of.Counts)).Except(NotCounted.Keys).Order(StringComparer.Ordinal)];
}
