using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Exports;

/// <summary>A file of an export: what of some tables is the subject's.</summary>
/// <param name="Name">Without its ending.</param>
/// <param name="Tables">Where it is from.</param>
/// <param name="Fields">What each field of a record means.</param>
/// <param name="Person">The statement for a person; null: a person has none.</param>
/// <param name="Guest">The statement for a guest; null: a guest has none.</param>
public sealed record ExportedTable(
    string Name, string About, IReadOnlyList<string> Tables, IReadOnlyList<(string Name, string Meaning)> Fields, string? Person,
    string? Guest)
{
    public string? Of(string kind) => kind == SubjectKind.Person ? Person : Guest;
}

/// <summary>Whose data it is, as the statements look for them.</summary>
public sealed record ExportedSubject(
    TenantId Tenant, string TenantName, Guid? Subject, string Address, string? AddressHash, Guid[] Viewers)
{
    /// <summary>As deliveries name them.</summary>
    public string Recipient => Subject is { } user ? $"user:{user}" : $"guest:{AddressHash}";
}

/// <summary>
/// What an export holds: one statement a file and kind, newest first. Every table that says something about a person or a guest is in a
/// file or in <see cref="LeftOut"/>, with the reason: a test compares with <c>TablePlans</c>.
/// </summary>
public sealed class ExportedRowsQuery(PortalDb db)
{
    /// <summary>Of one file; what is older is left out, and the export says so.</summary>
    public const int MostRecords = 50_000;

    private const string Head = "select to_jsonb(r)::text from (";
    private const string Tail = ") r limit @most";
    private const string Id = "identifies the record in the portal";
    private const string When = "when, in UTC";

    private const string Comments = """
        select c.id, c.asset_id as "assetId", c.asset_version_id as "assetVersionId", c.parent_id as "replyTo", c.guest_name as "name",
               c.body, c.created_at as "createdAt", c.edited_at as "editedAt", c.deleted_at as "deletedAt"
          from portal.comments c where c.tenant_id = @tenant
        """;

    private const string Opened = """
        select v.id, v.share_link_id as "shareLinkId", v.agent_family as "browser", v.first_seen_at as "firstSeenAt",
               v.last_seen_at as "lastSeenAt", v.minted as "addresses"
          from portal.share_viewers v where v.tenant_id = @tenant
        """;

    private const string Played = """
        select p.id, p.asset_version_id as "assetVersionId", p.share_link_id as "shareLinkId", p.agent_family as "browser",
               p.minted_at as "mintedAt", p.token_expires_at as "expiresAt"
          from (select * from portal.playback_audit union all select * from portal.playback_archive) p where p.tenant_id = @tenant
        """;

    private const string Invited = """
        select i.id, i.email, i.role, i.status, i.created_at as "createdAt", i.expires_at as "expiresAt", i.accepted_at as "acceptedAt"
          from portal.invites i where i.tenant_id = @tenant
        """;

    private const string Mailed = """
        select d.id, d.event_type as "about", d.status, d.mail_state as "fate", d.created_at as "createdAt", d.done_at as "endedAt"
          from portal.deliveries d where d.tenant_id = @tenant and d.recipient = @Recipient order by d.created_at desc, d.id desc
        """;

    private const string Unmailed = """
        select s.event_type as "about", s.reason, s.created_at as "since" from portal.mail_suppressions s
         where s.tenant_id = @tenant and s.address_hash = @AddressHash order by s.created_at desc
        """;

    private const string Acted = """
        select a.id, a.action, a.entity_type as "entityType", a.entity_id as "entityId", a.occurred_at as "occurredAt"
          from (select tenant_id, id, actor_kind, actor_id, action, entity_type, entity_id, occurred_at from portal.audit_log
                union all
                select tenant_id, id, actor_kind, actor_id, action, entity_type, entity_id, occurred_at from portal.audit_archive) a
         where a.tenant_id = @tenant
        """;

    private const string Decided = """
        select c.purpose, c.granted, c.notice_version as "noticeVersion", c.decided_at as "decidedAt" from portal.consents c
         where c.tenant_id = @tenant
        """;

    private const string Erasures = """
        select e.id, e.status, e.requested_at as "requestedAt", e.due_at as "dueAt", e.ended_at as "endedAt"
          from portal.erasure_requests e where e.tenant_id = @tenant
        """;

    private const string Exports = """
        select x.id, x.status, x.requested_at as "requestedAt", x.ready_at as "readyAt", x.expires_at as "expiresAt"
          from portal.exports x where x.tenant_id = @tenant
        """;

    private const string Subject = """
        select t.name as tenant_name, u.id as subject, coalesce(u.email, @address::text, '') as address
          from portal.tenants t left join portal.users u on u.tenant_id = t.id and u.id = @subject
         where t.id = @tenant
        """;

    public static IReadOnlyList<ExportedTable> All { get; } =
    [
        new(
            "profile", "The account.", ["users"],
            [
                ("id", Id), ("name", "as others see it"), ("email", "where mail goes"), ("role", "what the account may do"),
                ("status", "active or deactivated"), ("createdAt", When), ("updatedAt", When),
            ],
            $"""
            {Head}select u.id, u.name, u.email, u.role, u.status, u.created_at as "createdAt", u.updated_at as "updatedAt"
              from portal.users u where u.tenant_id = @tenant and u.id = @Subject{Tail}
            """,
            null),
        new(
            "notification-settings", "What the person wants to hear of.", ["notification_preferences"],
            [("about", "kind of event"), ("inApp", "in the portal"), ("email", "by mail")],
            $"""
            {Head}select n.event_type as "about", n.in_app as "inApp", n.email from portal.notification_preferences n
             where n.tenant_id = @tenant and n.user_id = @Subject order by n.event_type{Tail}
            """,
            null),
        new(
            "muted-projects", "Projects the person does not want to hear of.", ["project_mutes"],
            [("projectId", Id), ("project", "its name")],
            $"""
            {Head}select m.project_id as "projectId", p.name as "project" from portal.project_mutes m
              join portal.projects p on p.tenant_id = m.tenant_id and p.id = m.project_id
             where m.tenant_id = @tenant and m.user_id = @Subject order by m.project_id{Tail}
            """,
            null),
        new(
            "notifications", "What the portal told the person.", ["notifications"],
            [
                ("id", Id), ("about", "kind of event"), ("subjectType", "what it was about"), ("subjectId", "which one"),
                ("createdAt", When), ("readAt", "when it was marked as read"),
            ],
            $"""
            {Head}select n.id, n.type as "about", n.subject_type as "subjectType", n.subject_id as "subjectId",
                   n.created_at as "createdAt", n.read_at as "readAt"
              from portal.notifications n where n.tenant_id = @tenant and n.user_id = @Subject order by n.created_at desc, n.id desc{Tail}
            """,
            null),
        new(
            "digests", "Days on which a summary was made for the person.", ["digests"],
            [("day", "in the organization's time zone"), ("settledAt", When)],
            $"""
            {Head}select d.day, d.settled_at as "settledAt" from portal.digests d
             where d.tenant_id = @tenant and d.user_id = @Subject order by d.day desc{Tail}
            """,
            null),
        new(
            "projects", "Projects the person is a member of.", ["project_members"],
            [("projectId", Id), ("project", "its name"), ("addedAt", When)],
            $"""
            {Head}select m.project_id as "projectId", p.name as "project", m.added_at as "addedAt" from portal.project_members m
              join portal.projects p on p.tenant_id = m.tenant_id and p.id = m.project_id
             where m.tenant_id = @tenant and m.user_id = @Subject order by m.added_at desc, m.project_id{Tail}
            """,
            null),
        new(
            "tasks", "Tasks the person is assigned to or watches.", ["task_assignees", "task_watchers"],
            [
                ("taskId", Id), ("as", "assignee or watcher"), ("title", "what is to be done"), ("status", "how far it is"),
                ("addedAt", When),
            ],
            $"""
            {Head}select t.id as "taskId", w.role as "as", t.title, t.status, w.added_at as "addedAt"
              from (select a.tenant_id, a.user_id, a.task_id, a.added_at, 'assignee' as role from portal.task_assignees a
                    union all select b.tenant_id, b.user_id, b.task_id, b.added_at, 'watcher' from portal.task_watchers b) w
              join portal.tasks t on t.tenant_id = w.tenant_id and t.id = w.task_id
             where w.tenant_id = @tenant and w.user_id = @Subject order by w.added_at desc, t.id, w.role{Tail}
            """,
            null),
        new(
            "videos", "Versions of videos the person uploaded, and how their processing went.", ["assets", "upload_jobs"],
            [
                ("assetId", Id), ("assetVersionId", Id), ("title", "of the video"),
                ("fileName", "as it was called on the uploader's side"), ("sizeBytes", "in bytes"), ("status", "of the version"),
                ("createdAt", When),
            ],
            $"""
            {Head}select a.id as "assetId", v.id as "assetVersionId", a.title, v.file_name as "fileName", v.size_bytes as "sizeBytes",
                   v.status, j.created_at as "createdAt"
              from portal.upload_jobs j join portal.assets a on a.tenant_id = j.tenant_id and a.id = j.asset_id
              join portal.asset_versions v on v.tenant_id = j.tenant_id and v.id = j.asset_version_id
             where j.tenant_id = @tenant and j.created_by = @Subject order by j.created_at desc, j.id desc{Tail}
            """,
            null),
        new(
            "comments", "What the subject wrote.", ["comments"],
            [
                ("id", Id), ("assetId", "the video"), ("assetVersionId", "its version"), ("replyTo", "the comment it answers"),
                ("name", "as a guest gave it"), ("body", "the text; empty when deleted"), ("createdAt", When), ("editedAt", When),
                ("deletedAt", When),
            ],
            $"{Head}{Comments} and c.author_id = @Subject order by c.seq desc{Tail}",
            $"{Head}{Comments} and c.viewer_id = any (@Viewers) order by c.seq desc{Tail}"),
        new(
            "mentions", "Comments that mention the person.", ["comment_mentions"],
            [("commentId", Id), ("createdAt", When)],
            $"""
            {Head}select m.comment_id as "commentId", c.created_at as "createdAt" from portal.comment_mentions m
              join portal.comments c on c.tenant_id = m.tenant_id and c.id = m.comment_id
             where m.tenant_id = @tenant and m.user_id = @Subject order by c.seq desc{Tail}
            """,
            null),
        new(
            "links-made", "Share links the person made.", ["share_links"],
            [
                ("id", Id), ("assetId", "the video"), ("label", "a note of its maker"), ("status", "active, expired or revoked"),
                ("createdAt", When), ("expiresAt", When),
            ],
            $"""
            {Head}select l.id, l.asset_id as "assetId", l.label, l.status, l.created_at as "createdAt", l.expires_at as "expiresAt"
              from portal.share_links l where l.tenant_id = @tenant and l.created_by = @Subject order by l.created_at desc, l.id desc{Tail}
            """,
            null),
        new(
            "links-sent", "Share links that were addressed to the guest.", ["share_link_guests"],
            [("shareLinkId", Id), ("email", "where it was sent"), ("title", "of the video"), ("addedAt", When)],
            null,
            $"""
            {Head}select g.share_link_id as "shareLinkId", g.email, a.title, g.added_at as "addedAt" from portal.share_link_guests g
              join portal.share_links l on l.tenant_id = g.tenant_id and l.id = g.share_link_id
              join portal.assets a on a.tenant_id = l.tenant_id and a.id = l.asset_id
             where g.tenant_id = @tenant and g.email = @Address order by g.added_at desc, g.share_link_id{Tail}
            """),
        new(
            "links-opened", "Share links opened, by browser. Network addresses are kept as keyed hashes, which nobody can read back.",
            ["share_viewers"],
            [
                ("id", "the browser, as the link knows it"), ("shareLinkId", Id), ("browser", "its family"), ("firstSeenAt", When),
                ("lastSeenAt", When), ("addresses", "how often an address to watch the video was given"),
            ],
            $"{Head}{Opened} and v.user_id = @Subject order by v.last_seen_at desc, v.id{Tail}",
            $"{Head}{Opened} and v.id = any (@Viewers) order by v.last_seen_at desc, v.id{Tail}"),
        new(
            "playback", "Each time an address to watch or download a video was given.", ["playback_audit", "playback_archive"],
            [
                ("id", Id), ("assetVersionId", "the version of the video"), ("shareLinkId", "the link, if by one"),
                ("browser", "its family"), ("mintedAt", When), ("expiresAt", "until when the address opened it"),
            ],
            $"{Head}{Played} and p.user_id = @Subject order by p.minted_at desc, p.id{Tail}",
            $"{Head}{Played} and p.viewer_id = any (@Viewers) order by p.minted_at desc, p.id{Tail}"),
        new(
            "invites", "Invitations to the portal.", ["invites"],
            [
                ("id", Id), ("email", "where it was sent"), ("role", "that was offered"), ("status", "how it ended"), ("createdAt", When),
                ("expiresAt", When), ("acceptedAt", When),
            ],
            $"{Head}{Invited} and (i.accepted_by = @Subject or lower(i.email) = lower(@Address)) order by i.created_at desc, i.id{Tail}",
            $"{Head}{Invited} and lower(i.email) = lower(@Address) order by i.created_at desc, i.id{Tail}"),
        new(
            "mails", "Mails that were sent, without their text, which only the mail vendor keeps.", ["deliveries"],
            [
                ("id", Id), ("about", "kind of event"), ("status", "whether it was handed to the vendor"),
                ("fate", "what became of it: delivered, bounced and so on"), ("createdAt", When), ("endedAt", When),
            ],
            $"{Head}{Mailed}{Tail}", $"{Head}{Mailed}{Tail}"),
        new(
            "mails-declined", "Mails that are not sent any more, by wish or because the address bounced.", ["mail_suppressions"],
            [("about", "kind of event; empty for all"), ("reason", "why"), ("since", When)],
            $"{Head}{Unmailed}{Tail}", $"{Head}{Unmailed}{Tail}"),
        new(
            "actions", "What the subject did, as the audit log has it; what is past its time there lies in the archive: ask for it.",
            ["audit_log", "audit_archive"],
            [("id", Id), ("action", "what was done"), ("entityType", "to what"), ("entityId", "to which one"), ("occurredAt", When)],
            $"{Head}{Acted} and a.actor_kind in ('user', 'guest') and a.actor_id = @Subject::text order by a.occurred_at desc, a.id{Tail}",
            $"{Head}{Acted} and a.actor_kind = 'guest' and a.actor_id = any (@Viewers::text[]) order by a.occurred_at desc, a.id{Tail}"),
        new(
            "consents", "What the subject consented to, denied or withdrew.", ["consents"],
            [
                ("purpose", "what for"), ("granted", "true: yes"), ("noticeVersion", "the privacy notice that was shown"),
                ("decidedAt", When),
            ],
            $"{Head}{Decided} and c.user_id = @Subject order by c.seq desc{Tail}",
            $"{Head}{Decided} and c.viewer_id = any (@Viewers) order by c.seq desc{Tail}"),
        new(
            "erasures", "Requests to erase the subject.", ["erasure_requests", "erasure_certificates"],
            [("id", Id), ("status", "how far it is"), ("requestedAt", When), ("dueAt", When), ("endedAt", When)],
            $"{Head}{Erasures} and e.subject_id = @Subject order by e.requested_at desc{Tail}",
            $"{Head}{Erasures} and e.address_hash = @AddressHash order by e.requested_at desc{Tail}"),
        new(
            "exports", "Copies like this one.", ["exports"],
            [("id", Id), ("status", "how far it is"), ("requestedAt", When), ("readyAt", When), ("expiresAt", "when its file goes")],
            $"{Head}{Exports} and x.subject_id = @Subject order by x.requested_at desc{Tail}",
            $"{Head}{Exports} and x.address_hash = @AddressHash order by x.requested_at desc{Tail}"),
    ];

    /// <summary>Tables that name people and are in no file, with the reason that the export gives.</summary>
    public static IReadOnlyDictionary<string, string> LeftOut { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["events"] = "what actions.json says, for the portal's own machinery",
        ["holds"] = "a legal hold is not told to whom it is about",
        ["idempotency_keys"] = "answers given before, kept for a day",
        ["limit_figures"] = "how often a limit was reached, kept for two days",
        ["milestone_template_versions"] = "the organization's; that the person made it is in actions.json",
        ["milestone_templates"] = "the organization's; that the person made it is in actions.json",
        ["milestones"] = "the organization's; that the person made it is in actions.json",
        ["projects"] = "the organization's; that the person made it is in actions.json",
        ["tasks"] = "the organization's; that the person made it is in actions.json",
        ["template_applications"] = "the organization's; that the person made it is in actions.json",
        ["vendor_reviews"] = "the organization's; that the person recorded one is in actions.json",
        ["unread_counts"] = "a number, counted of notifications.json",
        ["webhook_attempts"] = "what systems of the organization answered when they got events, kept for a month",
        ["webhook_endpoints"] = "the organization's; that the person made it is in actions.json",
        ["webhook_inbox"] = "reports of vendors about what is in the other files",
    };

    /// <summary>Null: there is no such person any more.</summary>
    public async Task<ExportedSubject?> SubjectAsync(Export export, PersonalHash hash, CancellationToken ct)
    {
        var found = await db.ReadOneAsync<Found>(
            export.TenantId, Subject, new { tenant = export.TenantId, subject = export.SubjectId, address = export.Address }, ct);
        return found is null || (export.SubjectId is not null && found.Subject is null) ? null : new(
            export.TenantId, found.TenantName, export.SubjectId, found.Address, hash.Of(found.Address), export.ViewerIds);
    }

    /// <summary>The records of one file, each a JSON object; one more than <see cref="MostRecords"/> when there are more.</summary>
    public Task<IReadOnlyList<string>> ReadAsync(ExportedTable table, string kind, ExportedSubject subject, CancellationToken ct) =>
        table.Of(kind) is not { } statement ? Task.FromResult<IReadOnlyList<string>>([])
            : db.ReadAsync<string>(subject.Tenant, statement, new
            {
                tenant = subject.Tenant,
                subject.Subject,
                subject.Address,
                subject.AddressHash,
                subject.Viewers,
                subject.Recipient,
                most = MostRecords + 1,
            }, ct);

    private sealed record Found(string TenantName, Guid? Subject, string Address);
}
