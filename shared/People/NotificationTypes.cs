using System.ComponentModel;
using Portal.Foundation.Outbox;

namespace Portal.People;

/// <summary>The types of event that a person can be notified of, in the portal or by e-mail, in the order of the settings page.</summary>
[DisplayName("NotificationType")]
public static class NotificationTypes
{
    public static IReadOnlyList<string> All { get; } =
    [
        EventType.InviteCreated, EventType.InviteExpired, EventType.UserEnrolled, EventType.UserRoleChanged, EventType.ProjectCreated,
        EventType.ProjectMemberAdded, EventType.TaskStatusChanged, EventType.AssetReady, EventType.AssetFailed,
        EventType.UploadReplayed, EventType.AssetVersionReplaced, EventType.AssetExpiring, EventType.ShareLinkOpened,
        EventType.ShareLinkExpired, EventType.ShareLinkRevoked, EventType.CommentAdded, EventType.EmailBounced,
        EventType.DigestSent, EventType.ExportReady, EventType.ResidencyReport, EventType.VendorReviewDue,
        EventType.VendorReviewOverdue, EventType.TenantErasureRequested, EventType.TenantErasureCancelled,
        EventType.WebhookEndpointDisabled, EventType.IncidentNoticeSent, EventType.TenantBudgetReached,
    ];
}
