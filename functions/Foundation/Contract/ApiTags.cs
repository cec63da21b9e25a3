namespace Portal.Functions.Foundation.Contract;

/// <summary>A group of operations in the document.</summary>
/// <param name="Paths">What its paths begin with.</param>
public sealed record ApiTag(string Name, string Description, IReadOnlyList<string> Paths);

/// <summary>How the document groups operations: by path, as a reader knows them.</summary>
public static class ApiTags
{
    public static IReadOnlyList<ApiTag> All { get; } =
    [
        new("Analytics", "What happened, counted by hour, day and month.", ["/api/analytics"]),
        new("API document", "This document, and a page to read it on.", ["/api/docs", "/api/openapi.json"]),
        new("Assets", "Videos with their versions, and playing them as a member.", ["/api/assets"]),
        new("Audit", "Who did what: reading, exporting and checking the log that nobody can change.", ["/api/audit"]),
        new("Changes", "What happens, told to who waits for it.", ["/api/changes", "/api/share/{token}/changes"]),
        new("Comments", "Threads on a version, placed by frame.",
            ["/api/comments", "/api/assets/{id}/versions/{number}/comments", "/api/share/{token}/comments"]),
        new("Compliance", "How a tenant stands with all that it has to see to, at a glance.", ["/api/compliance"]),
        new(
            "Costs", "What is used of what vendors charge for, and what it costs: of a tenant, and of all for people on call.",
            ["/api/costs", "/api/me/costs", "/api/ops/costs", "/api/ops/costs.csv"]),
        new(
            "Deliveries", "What was sent because of events, for people on call, and the way out of mails.",
            ["/api/mail", "/api/ops/deliveries"]),
        new(
            "Erasures", "Erasing what is kept of a person or a guest, within a day, and proving it.",
            ["/api/erasures", "/api/me/erasure"]),
        new("Exports", "Copies of what is kept of a person or a guest.", ["/api/exports", "/api/me/export"]),
        new("Health", "Whether the app runs and can do its work.", ["/api/health", "/api/status"]),
        new("Holds", "Legal holds: what they cover is neither deleted nor erased until Compliance lifts them.", ["/api/holds"]),
        new(
            "Incidents",
            "For people on call: alerts, incidents, objectives, the probe, limits, switches, change freeze, tests of restoring a backup.",
            [
                "/api/ops/alerts", "/api/ops/incidents", "/api/ops/objectives", "/api/ops/change-freeze", "/api/ops/error-budget-breaches",
                "/api/ops/limits", "/api/ops/probe", "/api/ops/restore-tests", "/api/ops/switches",
            ]),
        new("Incident notices", "What people on call told a tenant of an incident.", ["/api/incident-notices"]),
        new("Invites", "Inviting people into the portal, by an e-mail that Clerk sends.", ["/api/invites"]),
        new("Milestones", "The steps of a project.", ["/api/milestones"]),
        new("Notifications", "What a person has been told, and has read.", ["/api/notifications"]),
        new("Operations", "For people on call: across tenants, by ids and states.", ["/api/ops"]),
        new(
            "Playback audit", "Who was given playback of what, and until when; sealed with the audit log.", ["/api/playback-audit"]),
        new("Privacy", "The privacy notice, and what people and guests consented to.",
            ["/api/privacy-notice", "/api/me/consents", "/api/share/{token}/consents"]),
        new("Projects", "What people work on; everything else hangs off a project.", ["/api/projects"]),
        new(
            "Residency reports", "Weekly evidence of where a tenant's data is kept, by whom, and how much of it there is.",
            ["/api/reports"]),
        new("Share links", "Sharing a video with guests under control, and what a guest may do with the link.",
            ["/api/share-links", "/api/share", "/api/shared-with-me"]),
        new("Tasks", "What is to be done, by whom and until when; what waits for what.", ["/api/tasks"]),
        new("Templates", "Milestones with their tasks, dated relative to a start, to seed projects from.",
            ["/api/milestone-templates", "/api/projects/{id}/apply-template"]),
        new(
            "Tenants", "The portal of an organization: setting it up, its branding and compliance settings.",
            ["/api/tenant", "/api/tenants"]),
        new("Uploads", "Getting a video from a browser to Mux, and following it until it is ready.", ["/api/uploads"]),
        new("Users", "The people of a portal, their roles, and one's own profile.", ["/api/users", "/api/me"]),
        new(
            "Vendors", "Who holds data of the portal, what has been promised, and each tenant's quarterly reviews of it.",
            ["/api/vendors", "/api/vendor-reviews"]),
        new(
            "Webhook endpoints", "Systems of a tenant's own that get its events, signed as Standard Webhooks has it, and what they said.",
            ["/api/webhook-endpoints"]),
        new("Webhooks", "What vendors call. They prove themselves with a signature over the raw body.", ["/api/webhooks"]),
    ];

    /// <summary>The tag with the longest beginning of that path; null when none has one.</summary>
    public static ApiTag? Of(string path) => (
        from tag in All
        from beginning in tag.Paths
        where path == beginning || path.StartsWith(beginning + "/", StringComparison.Ordinal)
        orderby beginning.Length descending
        select tag).FirstOrDefault();
}
