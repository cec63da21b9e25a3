using System.ComponentModel;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation.Outbox;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Events.Changes;

/// <summary>
/// The types of event that are told as changes: those that outbound webhooks offer, and the marks of a person's own notifications. Each
/// names what one must be allowed to do to hear of it, beside being allowed to read its subject.
/// </summary>
[DisplayName("ChangeType")]
public static class ChangeTypes
{
    /// <summary>A test holds it to <see cref="OfferedEvents"/>: a new type of event is told to nobody until somebody says whom.</summary>
    public static IReadOnlyDictionary<string, PortalAction> Actions { get; } = new Dictionary<PortalAction, EventType[]>
    {
        [PortalAction.ReadTenant] =
            [EventType.TenantCreated, EventType.TenantChanged, EventType.TenantDeleted, EventType.EmailBounced],
        [PortalAction.ReadInvite] =
        [
            EventType.InviteCreated, EventType.InviteReissued, EventType.InviteRevoked, EventType.InviteAccepted, EventType.InviteExpired,
        ],
        [PortalAction.ReadMe] =
        [
            EventType.UserEnrolled, EventType.UserUpdated, EventType.UserRoleChanged, EventType.UserDeactivated, EventType.UserReactivated,
        ],
        [PortalAction.ReadErasure] =
        [
            EventType.ErasureRequested, EventType.ErasureCompleted, EventType.TenantErasureRequested, EventType.TenantErasureCancelled,
        ],
        [PortalAction.ReadExport] = [EventType.ExportReady],
        [PortalAction.ReadHold] = [EventType.HoldPlaced, EventType.HoldLifted],
        [PortalAction.ReadProject] =
        [
            EventType.ProjectCreated, EventType.ProjectUpdated, EventType.ProjectStatusChanged, EventType.ProjectArchived,
            EventType.ProjectMemberAdded,
        ],
        [PortalAction.ReadMilestone] = [EventType.MilestoneStatusChanged],
        [PortalAction.ReadTask] =
            [EventType.TaskCreated, EventType.TaskDeleted, EventType.TaskStatusChanged, EventType.TemplateApplied],
        [PortalAction.ReadAsset] =
        [
            EventType.AssetUploaded, EventType.AssetVersionReplaced, EventType.AssetVersionArchived, EventType.AssetExpiring,
            EventType.AssetKept, EventType.AssetRestored, EventType.AssetVersionPurged, EventType.AssetReady, EventType.AssetFailed,
        ],
        [PortalAction.ReadUpload] = [EventType.UploadProcessing, EventType.UploadCancelled, EventType.UploadReplayed],
        [PortalAction.ReadShareLink] =
        [
            EventType.ShareLinkCreated, EventType.ShareLinkSent, EventType.ShareLinkOpened, EventType.ShareLinkExtended,
            EventType.ShareLinkExpired, EventType.ShareLinkRevoked, EventType.ShareLinkHardRevoked,
        ],
        [PortalAction.ReadComment] = [EventType.CommentAdded],
        [PortalAction.ReadReport] = [EventType.ResidencyReport],
        [PortalAction.ReadCosts] = [EventType.TenantBudgetReached],
        [PortalAction.ReadVendorReview] = [EventType.VendorReviewed, EventType.VendorReviewDue, EventType.VendorReviewOverdue],
        [PortalAction.ReadNotification] = [EventType.NotificationsAdded, EventType.NotificationsMarked],
    }.SelectMany(entry => entry.Value, (entry, type) => (type.Name, Action: entry.Key)).ToDictionary(
        pair => pair.Name, pair => pair.Action, StringComparer.Ordinal);

    public static IReadOnlyList<string> All { get; } = [.. Actions.Keys.Order(StringComparer.Ordinal)];

    /// <summary>What a guest hears of besides comments: the end of their link, and that it moved.</summary>
    public static IReadOnlyList<string> OfLink { get; } =
        [EventType.ShareLinkExtended, EventType.ShareLinkExpired, EventType.ShareLinkRevoked];

    /// <summary>May that role hear of such events at all? Whether of this one is asked of its subject.</summary>
    public static bool Allows(string type, string role) =>
        Actions.TryGetValue(type, out var action) && Permissions.Allows(action, role);
}
