using System.Collections.Frozen;
using System.ComponentModel;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>One thing that analytics count.</summary>
/// <param name="Amount">How much of it an event is; null: nothing. Once each without it.</param>
public sealed record Metric(string Name, Func<PortalEvent, double?>? Amount = null)
{
    public double? Of(PortalEvent e) => Amount is null ? 1 : Amount(e);
}

/// <summary>What metrics are called.</summary>
[DisplayName("Metric")]
public static class MetricNames
{
    public static IReadOnlyList<string> All { get; } = [.. EventEffects.Counted.Distinct().Order(StringComparer.Ordinal)];
}

/// <summary>
/// What follows from the events of one type: the catalogue of effects (docs/flows/events.md), beside <see cref="EventType"/>, which says
/// what an event is. Counting is a pure function of the event, so that what is counted can be made again from the events.
/// </summary>
/// <param name="Notify">Who finds it among their notifications.</param>
/// <param name="Mail">Which of the tenant's people get a mail.</param>
/// <param name="MailGuests">The guests of the share link get a mail; where the event names some of them (<c>guests</c>, keyed hashes),
/// those.</param>
/// <param name="MailContact">The tenant's residency contact gets a mail.</param>
/// <param name="MailOperators">People on call get a mail: those that the event names (<c>operators</c>, Clerk's ids).</param>
/// <param name="Page">On-call is paged about the incident that the event is of, unless the event itself says <c>page: false</c>.</param>
/// <param name="Progress">By how much it moves its project's tasks, all and done.</param>
/// <param name="Unread">By how much it moves people's unread notifications.</param>
public sealed record EventEffects(
    AudienceQuery? Notify = null, AudienceQuery? Mail = null, bool MailGuests = false, bool MailContact = false,
    bool MailOperators = false, bool Page = false,
    Func<PortalEvent, (int Tasks, int Done)>? Progress = null, Func<PortalEvent, IEnumerable<(Guid Person, int Moved)>>? Unread = null,
    params Metric[] Counts)
{
    private static readonly EventEffects None = new();

    private static readonly FrozenDictionary<string, EventEffects> Catalogue = new Dictionary<EventType, EventEffects>
    {
        [EventType.InviteCreated] = new(Notify: AudienceQuery.Admins, Counts: new Metric("invites_created")),
        [EventType.InviteExpired] = new(Mail: AudienceQuery.Admins),
        [EventType.UserEnrolled] = new(Notify: AudienceQuery.Admins, Counts: new Metric("people_enrolled")),
        [EventType.UserRoleChanged] = new(Notify: AudienceQuery.ThatPerson),
        [EventType.ProjectCreated] = new(
            Notify: AudienceQuery.ProjectAgency, Mail: AudienceQuery.ProjectAgency, Counts: new Metric("projects_created")),
        [EventType.ProjectMemberAdded] = new(Notify: AudienceQuery.NewMember, Mail: AudienceQuery.NewMember),
        [EventType.TemplateApplied] = new(
            Progress: e => (Tasks(e), 0), Counts: [new("templates_applied"), new("tasks_created", e => Tasks(e))]),
        [EventType.TaskCreated] = new(Progress: _ => (1, 0), Counts: new Metric("tasks_created")),
        [EventType.TaskDeleted] = new(Progress: _ => (-1, 0)),
        [EventType.TaskStatusChanged] = new(
            Notify: AudienceQuery.TaskFollowers,
            Progress: e => (0, IsDone(e) ? 1 : WasDone(e) ? -1 : 0),
            Counts:
            [
                new("tasks_completed", e => IsDone(e) ? 1 : null), new("tasks_reopened", e => !IsDone(e) && WasDone(e) ? 1 : null),
            ]),
        [EventType.AssetUploaded] = new(Counts: new Metric("uploads")),
        [EventType.AssetVersionReplaced] = new(Notify: AudienceQuery.ProjectAgency),
        [EventType.AssetExpiring] = new(
            Notify: AudienceQuery.ProjectAgencyAndAdmins, Mail: AudienceQuery.ProjectAgencyAndAdmins),
        [EventType.AssetReady] = new(
            Notify: AudienceQuery.UploaderAndProject, Mail: AudienceQuery.UploaderAndProject, Counts: new Metric("uploads_ready")),
        [EventType.AssetFailed] = new(
            Notify: AudienceQuery.UploaderAndAdmins, Mail: AudienceQuery.UploaderOfFailed, Counts: new Metric("uploads_failed")),
        [EventType.UploadReplayed] = new(Notify: AudienceQuery.FileSender, Mail: AudienceQuery.FileSender),
        [EventType.ShareLinkCreated] = new(MailGuests: true, Counts: new Metric("share_links_created")),
        [EventType.ShareLinkSent] = new(MailGuests: true),
        [EventType.ShareLinkOpened] = new(Notify: AudienceQuery.LinkOwnerWhenDue, Counts: new Metric("share_link_opens")),
        [EventType.ShareLinkExpired] = new(Notify: AudienceQuery.LinkOwner),
        [EventType.ShareLinkRevoked] = new(
            Notify: AudienceQuery.Admins, MailGuests: true, Counts: new Metric("share_links_revoked")),
        [EventType.CommentAdded] = new(
            Notify: AudienceQuery.CommentParticipants, Mail: AudienceQuery.Mentioned, Counts: new Metric("comments")),
        [EventType.DigestSent] = new(Mail: AudienceQuery.ThatPerson, Counts: new Metric("digests_sent")),
        [EventType.EmailBounced] = new(Notify: AudienceQuery.Admins),
        [EventType.TenantErasureRequested] = new(Notify: AudienceQuery.EveryAdmin, Mail: AudienceQuery.EveryAdmin),
        [EventType.TenantErasureCancelled] = new(Notify: AudienceQuery.EveryAdmin, Mail: AudienceQuery.EveryAdmin),
        [EventType.ExportReady] = new(Mail: AudienceQuery.ThatPerson),
        [EventType.ResidencyReport] = new(Mail: AudienceQuery.Compliance, MailContact: true),
        [EventType.VendorReviewDue] = new(Notify: AudienceQuery.AdminsAndCompliance, Mail: AudienceQuery.AdminsAndCompliance),
        [EventType.VendorReviewOverdue] = new(Notify: AudienceQuery.AdminsAndCompliance, Mail: AudienceQuery.AdminsAndCompliance),
        [EventType.TenantBudgetReached] = new(Notify: AudienceQuery.Admins, Mail: AudienceQuery.Admins),
        [EventType.WebhookEndpointDisabled] = new(Notify: AudienceQuery.Admins, Mail: AudienceQuery.Admins),
        [EventType.WarningsReported] = new(MailOperators: true),
        [EventType.ObjectivesReported] = new(MailOperators: true),
        [EventType.BudgetBreach] = new(Page: true),
        [EventType.IncidentOpened] = new(Page: true),
        [EventType.IncidentAcknowledged] = new(Page: true),
        [EventType.IncidentNoticeSent] = new(Notify: AudienceQuery.EveryAdmin, Mail: AudienceQuery.EveryAdmin),
        [EventType.IncidentSeverityChanged] = new(Page: true),
        [EventType.IncidentResolved] = new(Page: true),
        [EventType.NotificationsAdded] = new(Unread: e => e.Ids("userIds").Select(id => (id, 1))),
        [EventType.NotificationsMarked] = new(Unread: e => [(e.AggregateId, (int)(e.Number("unread") ?? 0))]),
        [EventType.NotificationsPruned] = new(Unread: e => e.Numbers("users").Select(u => (u.Key, -u.Value))),
    }.ToFrozenDictionary(entry => entry.Key.Name, entry => entry.Value);

    /// <summary>Everything that is counted.</summary>
    public static IEnumerable<string> Counted => Catalogue.Values.SelectMany(effects => effects.Counts).Select(metric => metric.Name);

    public static EventEffects Of(string type) => Catalogue.GetValueOrDefault(type, None);

    /// <summary>What an event counts for.</summary>
    public static IEnumerable<(string Name, double Amount)> CountsOf(PortalEvent e) =>
        from metric in Of(e.Type).Counts
        let amount = metric.Of(e)
        where amount is not null
        select (metric.Name, amount.Value);

    private static int Tasks(PortalEvent e) => e.Ids("taskIds").Count;

    private static bool IsDone(PortalEvent e) => e.Text("status") == "done";

    private static bool WasDone(PortalEvent e) => e.Text("previous") == "done";
}
