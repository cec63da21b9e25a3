namespace Portal.People;

/// <summary>The types of event that a person can be notified of, in the portal or by e-mail.</summary>
public static class NotificationTypes
{
    public const string InviteCreated = "invite_created";
    public const string InviteExpired = "invite_expired";
    public const string UserEnrolled = "user_enrolled";
    public const string UserRoleChanged = "user_role_changed";
    public const string ProjectCreated = "project_created";
    public const string ProjectMemberAdded = "project_member_added";
    public const string TaskStatusChanged = "task_status_changed";
    public const string AssetReady = "mux_asset_ready";
    public const string AssetFailed = "asset_process_failed";
    public const string AssetVersionReplaced = "asset_version_replaced";
    public const string ShareLinkOpened = "share_link_opened";
    public const string ShareLinkExpired = "share_link_expired";
    public const string ShareLinkRevoked = "share_link_revoked";
    public const string CommentAdded = "comment_added";
    public const string EmailBounced = "email_bounced";
    public const string Digest = "notification_digest_sent";
    public const string ResidencyReport = "residency_report_generated";

    public static IReadOnlyList<string> All { get; } =
    [
        InviteCreated, InviteExpired, UserEnrolled, UserRoleChanged, ProjectCreated, ProjectMemberAdded, TaskStatusChanged, AssetReady,
        AssetFailed, AssetVersionReplaced,
        ShareLinkOpened, ShareLinkExpired, ShareLinkRevoked, CommentAdded, EmailBounced, Digest, ResidencyReport,
    ];
}
