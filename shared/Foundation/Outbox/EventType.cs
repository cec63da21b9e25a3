namespace Portal.Foundation.Outbox;

/// <summary>
/// The catalogue of events: what each is called, and the fields of its payload (a field with <c>?</c> is not in every one). Ids and states
/// only. Who hears of it and what it counts for is in <c>EventEffects</c> of Events; an event without a line there has no effects yet and
/// is kept for those to come.
/// </summary>
public sealed class EventType
{
    private const string Invite = "status role projectIds expiresAt invitedBy acceptedBy emailHash";
    private const string Upload = "status attempt projectId assetId assetVersionId uploaderId failureCode";
    private const string Incident = "status kind page severity? tenantId? jobId? attempt? code? reason?";

    private static readonly Dictionary<string, EventType> ByName = new(StringComparer.Ordinal);

    public static readonly EventType TenantCreated = new("tenant_created", "status timeZone adminId");
    public static readonly EventType TenantChanged = new(
        "tenant_changed",
        "nameHash timeZone digestHour logoUrlHash accentColor senderNameHash residencyContactHash residency retention "
            + "monthlyBudgetUsd");

    public static readonly EventType TenantBudgetReached = new("tenant_budget_reached", "percent month budgetUsd usd");

    public static readonly EventType TenantDeleted = new("tenant_deleted", "status");
    public static readonly EventType InviteCreated = new("invite_created", Invite);
    public static readonly EventType InviteReissued = new("invite_reissued", Invite);
    public static readonly EventType InviteRevoked = new("invite_revoked", Invite);
    public static readonly EventType InviteAccepted = new("invite_accepted", Invite);
    public static readonly EventType InviteExpired = new("invite_expired", Invite);
    public static readonly EventType UserEnrolled = new("user_enrolled", "role status inviteId? projectIds?");
    public static readonly EventType UserUpdated = new("user_updated", "nameHash emailHash");
    public static readonly EventType UserRoleChanged = new("user_role_changed", "role");
    public static readonly EventType UserDeactivated = new("user_deactivated", "status role reason?");
    public static readonly EventType UserReactivated = new("user_reactivated", "status role");
    public static readonly EventType ErasureRequested = new("erasure_requested", "kind userId? status dueAt");
    public static readonly EventType TenantErasureRequested = new("tenant_erasure_requested", "kind status startsAt dueAt");
    public static readonly EventType TenantErasureCancelled = new("tenant_erasure_cancelled", "status");
    public static readonly EventType ExportReady = new("export_ready", "status userId sha256 expiresAt");
    public static readonly EventType HoldPlaced = new("hold_placed", "kind subjectId status");
    public static readonly EventType HoldLifted = new("hold_lifted", "kind subjectId status");
    public static readonly EventType ErasureCompleted = new("erasure_completed", "kind userId? status");

    public static readonly EventType ProjectCreated = new("project_created", "projectId status members");
    public static readonly EventType ProjectUpdated = new("project_updated", "version fields");
    public static readonly EventType ProjectStatusChanged = new("project_status_changed", "status previous");
    public static readonly EventType ProjectArchived = new("project_archived", "status previous");
    public static readonly EventType ProjectMemberAdded = new("project_member_added", "userId");
    public static readonly EventType TemplateApplied = new(
        "milestone_template_applied", "applicationId templateId templateVersion startDate milestoneIds taskIds");

    public static readonly EventType MilestoneStatusChanged = new("milestone_status_changed", "status previous projectId");
    public static readonly EventType TaskCreated = new(
        "task_created", "status projectId milestoneId priority dueDate assigneeIds wordsChanged duplicateOf");

    public static readonly EventType TaskDeleted = new("task_deleted", "projectId");
    public static readonly EventType TaskStatusChanged = new(
        "task_status_changed", "status previous projectId milestoneId watcherIds assigneeIds");

    public static readonly EventType AssetUploaded = new(
        "asset_uploaded", "status projectId assetId assetVersionId versionNumber source sizeBytes");

    public static readonly EventType AssetVersionReplaced = new(
        "asset_version_replaced", "projectId assetId assetVersionId versionNumber uploadJobId");

    public static readonly EventType AssetVersionArchived = new(
        "asset_version_archived", "status assetId projectId versionNumber cause?");

    public static readonly EventType AssetExpiring = new("asset_expiring", "projectId assetVersionId versionNumber archivedFrom");
    public static readonly EventType AssetKept = new("asset_kept", "projectId versionNumbers");
    public static readonly EventType AssetRestored = new("asset_restored", "projectId versionNumbers");
    public static readonly EventType AssetVersionPurged = new("asset_version_purged", "status purged assetId muxAssetId");
    public static readonly EventType AssetReady = new("mux_asset_ready", Upload);
    public static readonly EventType AssetFailed = new("asset_process_failed", Upload);
    public static readonly EventType UploadProcessing = new("upload_processing", Upload);
    public static readonly EventType UploadCancelled = new("upload_cancelled", Upload);
    public static readonly EventType UploadReplayed = new(
        "upload_replayed", "status attempt reason fileNeeded projectId assetId assetVersionId uploaderId");

    public static readonly EventType ShareLinkCreated = new(
        "share_link_created",
        "status projectId assetId assetVersionId expiresAt allowComments allowDownload requireSignIn hasPassphrase newPassphrase maxOpens "
            + "notify guests");

    public static readonly EventType ShareLinkSent = new("share_link_sent", "projectId assetId guests");
    public static readonly EventType ShareLinkOpened = new("share_link_opened", "shareLinkId projectId viewerId assetVersionId");
    public static readonly EventType ShareLinkExtended = new("share_link_extended", "status expiresAt assetId projectId");
    public static readonly EventType ShareLinkExpired = new("share_link_expired", "status assetId projectId createdBy");
    public static readonly EventType ShareLinkRevoked = new("share_link_revoked", "status assetId projectId");
    public static readonly EventType ShareLinkHardRevoked = new("share_link_hard_revoked", "status assetId assetVersionIds");
    public static readonly EventType CommentAdded = new(
        "comment_added", "commentId threadId projectId assetId assetVersionId authorId viewerId shareLinkId visibility mentions");

    public static readonly EventType DigestSent = new(
        "notification_digest_sent", "userId day since overdue dueToday moved linksOpened unread");

    public static readonly EventType EmailBounced = new("email_bounced", "deliveryId recipient eventType reason");

    public static readonly EventType WebhookEndpointTested = new("webhook_endpoint_tested", "host");
    public static readonly EventType WebhookEndpointDisabled = new("webhook_endpoint_disabled", "reason failingSince");

    /// <summary>Moves of the unread counts: written by dispatching, when a person marks, and when old ones are pruned.</summary>
    public static readonly EventType NotificationsAdded = new("notifications_added", "userIds");

    public static readonly EventType NotificationsMarked = new("notifications_marked", "unread");
    public static readonly EventType NotificationsPruned = new("notifications_pruned", "notifications users");

    public static readonly EventType ResidencyReport = new("residency_report_generated", "reportId week sha256 htmlSha256");
    public static readonly EventType VendorReviewed = new("vendor_reviewed", "vendor result reviewedOn");
    public static readonly EventType VendorReviewDue = new("vendor_review_due", "dueOn vendors");
    public static readonly EventType VendorReviewOverdue = new("vendor_review_overdue", "dueOn vendors");
    public static readonly EventType RestoreTested = new(
        "backup_restore_tested", "ranAt backupTakenAt succeeded durationSeconds incidentId");

    public static readonly EventType BudgetBreach = new(
        "error_budget_breach", "status kind slo window burnRate budgetLeft times page");

    /// <summary>Mails to people on call: what they say is read when they are sent.</summary>
    public static readonly EventType WarningsReported = new("warnings_reported", "since until operators");

    public static readonly EventType ObjectivesReported = new("objectives_reported", "since until operators");
    public static readonly EventType IncidentOpened = new("incident_opened", Incident);
    public static readonly EventType IncidentAcknowledged = new("incident_acknowledged", Incident);
    public static readonly EventType IncidentSeverityChanged = new(
        "incident_severity_changed", "status kind severity page reason");

    public static readonly EventType IncidentNoticeSent = new("incident_notice_sent", "incidentId");
    public static readonly EventType IncidentResolved = new("incident_resolved", Incident);
    public static readonly EventType ChangeFreezeSwitched = new("change_freeze_switched", "on incidentId reason");

    private EventType(string name, string payload)
    {
        Name = name;
        Payload = [.. payload.Split(' ')];
        ByName.Add(name, this);
    }

    public static IReadOnlyCollection<EventType> All => ByName.Values;

    /// <summary>As <c>portal.events.type</c> says it.</summary>
    public string Name { get; }

    public IReadOnlyList<string> Payload { get; }

    public static implicit operator string(EventType type) => type.Name;

    /// <summary>Null: an event of that name was written by a version of the app that knew more, or less.</summary>
    public static EventType? Find(string name) => ByName.GetValueOrDefault(name);

    public override string ToString() => Name;
}
