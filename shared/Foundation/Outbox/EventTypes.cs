
namespace Portal.Foundation.Outbox;

/// <summary>Types of event that something follows from. What follows is in the event table of Events.</summary>
public static class EventTypes
{
    public const string InviteCreated = "invite_created";
    public const string InviteExpired = "invite_expired";
    public const string UserEnrolled = "user_enrolled";
    public const string UserRoleChanged = "user_role_changed";
    public const string ProjectCreated = "project_created";
    public const string ProjectMemberAdded = "project_member_added";
    public const string TemplateApplied = "milestone_template_applied";
    public const string TaskCreated = "task_created";
    public const string TaskDeleted = "task_deleted";
    public const string TaskStatusChanged = "task_status_changed";
    public const string AssetUploaded = "asset_uploaded";
    public const string AssetVersionReplaced = "asset_version_replaced";
    public const string AssetReady = "mux_asset_ready";
    public const string AssetFailed = "asset_process_failed";
    public const string ShareLinkCreated = "share_link_created";
    public const string ShareLinkSent = "share_link_sent";
    public const string ShareLinkOpened = "share_link_opened";
    public const string ShareLinkExpired = "share_link_expired";
    public const string ShareLinkRevoked = "share_link_revoked";
    public const string CommentAdded = "comment_added";
    public const string DigestSent = "notification_digest_sent";
    public const string ResidencyReport = "residency_report_generated";
    public const string EmailBounced = "email_bounced";
    public const string RestoreTested = "backup_restore_tested";
    public const string BudgetBreach = "error_budget_breach";
    public const string UploadCancelled = "upload_cancelled";
    public const string IncidentOpened = "incident_opened";
    public const string IncidentAcknowledged = "incident_acknowledged";
    public const string IncidentResolved = "incident_resolved";
    public const string ChangeFreezeSwitched = "change_freeze_switched";

    /// <summary>Moves of the unread counts: written while an event is routed, when a person marks, and when old ones are pruned.</summary>
    public const string NotificationsAdded = "notifications_added";
    public const string NotificationsMarked = "notifications_marked";
    public const string NotificationsPruned = "notifications_pruned";
}
