using System.Collections.Frozen;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>What follows from an event of one type.</summary>
/// <param name="Notify">Who finds it among their notifications.</param>
/// <param name="Mail">Which of the tenant's people get a mail.</param>
/// <param name="MailGuests">The guests of the share link get a mail; where the event names some of them (<c>guests</c>, keyed hashes),
/// those.</param>
/// <param name="MailContact">The tenant's residency contact gets a mail.</param>
/// <param name="Page">On-call is paged about the incident that the event is of, unless the event itself says <c>page: false</c>.</param>
public sealed record EventRoute(
    Audience? Notify = null, Audience? Mail = null, bool MailGuests = false, bool MailContact = false, bool Page = false);

/// <summary>
/// The event table: for each type of event, who is notified and how (docs/flows/events.md). An event that is not here has no such effects;
/// what it counts for is in <see cref="EventMetrics"/> and <see cref="ReadModelStore"/>.
/// </summary>
public static class EventRoutes
{
    private static readonly FrozenDictionary<string, EventRoute> Table = new Dictionary<string, EventRoute>
    {
        [EventTypes.InviteCreated] = new(Notify: Audience.Admins),
        [EventTypes.InviteExpired] = new(Mail: Audience.Admins),
        [EventTypes.UserEnrolled] = new(Notify: Audience.Admins),
        [EventTypes.UserRoleChanged] = new(Notify: Audience.ThatPerson),
        [EventTypes.ProjectCreated] = new(Notify: Audience.ProjectAgency, Mail: Audience.ProjectAgency),
        [EventTypes.ProjectMemberAdded] = new(Notify: Audience.NewMember, Mail: Audience.NewMember),
        [EventTypes.TaskStatusChanged] = new(Notify: Audience.TaskFollowers),
        [EventTypes.AssetReady] = new(Notify: Audience.UploaderAndProject, Mail: Audience.UploaderAndProject),
        [EventTypes.AssetFailed] = new(Notify: Audience.Uploader),
        [EventTypes.AssetVersionReplaced] = new(Notify: Audience.ProjectAgency),
        [EventTypes.ShareLinkCreated] = new(MailGuests: true),
        [EventTypes.ShareLinkSent] = new(MailGuests: true),
        [EventTypes.ShareLinkOpened] = new(Notify: Audience.LinkOwnerWhenDue),
        [EventTypes.ShareLinkExpired] = new(Notify: Audience.LinkOwner),
        [EventTypes.ShareLinkRevoked] = new(Notify: Audience.Admins, MailGuests: true),
        [EventTypes.CommentAdded] = new(Notify: Audience.CommentParticipants, Mail: Audience.Mentioned),
        [EventTypes.DigestSent] = new(Mail: Audience.ThatPerson),
        [EventTypes.ResidencyReport] = new(Mail: Audience.Compliance, MailContact: true),
        [EventTypes.EmailBounced] = new(Notify: Audience.Admins),
        [EventTypes.BudgetBreach] = new(Page: true),
        [EventTypes.IncidentOpened] = new(Page: true),
        [EventTypes.IncidentAcknowledged] = new(Page: true),
        [EventTypes.IncidentResolved] = new(Page: true),
    }.ToFrozenDictionary();

    public static EventRoute Of(string type) => Table.GetValueOrDefault(type) ?? new EventRoute();

    /// <summary>Types that have a route, for documents and tests.</summary>
    public static IEnumerable<string> Types => Table.Keys;
}
