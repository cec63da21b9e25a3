namespace Portal.Foundation.Audit;

/// <summary>What kind of act a row of the audit log tells of, and for how long it stays there; then it is in the archive alone.</summary>
public sealed record AuditClass(string Name, int Days)
{
    /// <summary>Somebody was given data to see or to take along.</summary>
    public static readonly AuditClass Access = new("access", RetentionDefaults.AccessAuditDays);

    /// <summary>Sessions of those on call; the portal's people sign in at Clerk.</summary>
    public static readonly AuditClass SignIn = new("sign_in", RetentionDefaults.SignInAuditDays);

    /// <summary>The work that is done in the portal, by people, by vendors and by itself.</summary>
    public static readonly AuditClass Admin = new("admin", RetentionDefaults.AdminAuditDays);

    /// <summary>Who may what, what was refused or taken back, and what proves that people's data was treated as they asked.</summary>
    public static readonly AuditClass Security = new("security", RetentionDefaults.SecurityAuditDays);

    /// <summary>Those that are kept shorter come first.</summary>
    public static IReadOnlyList<AuditClass> All { get; } = [Access, SignIn, Admin, Security];

    public override string ToString() => Name;
}

/// <summary>
/// Every action of the audit log in its class. <see cref="AuditWriter"/> takes no other, and a test reads the sources for those that it
/// does not see; a row of an older version with a word that is gone is kept as long as any.
/// </summary>
public static class AuditActions
{
    private static readonly Dictionary<string, AuditClass> Classes = new(StringComparer.Ordinal);

    static AuditActions()
    {
        Add(AuditClass.Access,
            "share_link_opened", "share_link_refused", "export_download_requested", "playback_evidence_made");
        Add(AuditClass.SignIn, "operator_signed_in", "operator_signed_out", "operator_session_ended");
        Add(AuditClass.Security,
            "read_denied", "share_link_unlock_failed", "orchestration_act_refused",
            "share_link_revoked", "share_link_hard_revoked",
            "invite_created", "invite_reissued", "invite_revoked", "invite_accepted", "invite_expired",
            "user_enrolled", "user_linked", "user_role_changed", "user_deactivated", "user_reactivated", "participation_ended",
            "tenant_created", "tenant_deleted", "tenant_erased", "tenant_imported",
            "erasure_requested", "erasure_started", "erasure_held", "erasure_resumed", "erasure_cancelled", "erasure_completed",
            "erasure_failed",
            "export_requested", "export_ready", "export_failed", "export_expired",
            "hold_placed", "hold_lifted", "consent_granted", "consent_withdrawn", "consent_denied",
            "audit_exported", "audit_archived", "audit_released", "vendor_reviewed",
            "webhook_endpoint_created", "webhook_endpoint_updated", "webhook_endpoint_deleted", "webhook_endpoint_disabled",
            "webhook_secret_rotated");
        Add(AuditClass.Admin,
            "tenant_changed", "tenant_budget_reached", "user_updated", "profile_changed", "mail_unsubscribed", "email_bounced",
            "delivery_retried",
            "project_created", "project_updated", "project_status_changed", "project_archived", "project_member_added",
            "project_member_removed",
            "milestone_created", "milestone_updated", "milestone_deleted", "milestone_status_changed", "milestone_template_created",
            "milestone_template_edited", "milestone_template_archived", "milestone_template_applied",
            "task_created", "task_updated", "task_deleted", "task_status_changed", "task_assigned", "task_unassigned", "task_watched",
            "task_unwatched", "task_dependency_added", "task_dependency_removed",
            "asset_uploaded", "asset_updated", "asset_expiring", "asset_kept", "asset_restored", "asset_version_replaced",
            "asset_version_archived", "asset_version_purged", "original_deleted",
            "upload_processing", "mux_asset_ready", "asset_process_failed", "upload_timed_out", "upload_cancelled", "upload_replayed",
            "share_link_created", "share_link_updated", "share_link_sent", "share_link_extended", "share_link_expired",
            "comment_added", "comment_edited", "comment_deleted", "comment_resolved", "comment_reopened",
            "notification_digest_sent", "notifications_pruned", "residency_report_generated", "vendor_review_due",
            "vendor_review_overdue",
            "webhook_replayed", "webhooks_replayed", "webhook_dead", "webhook_endpoint_tested", "webhooks_redelivered",
            "orchestration_terminate", "orchestration_suspend", "orchestration_resume", "orchestration_restart", "orchestration_rewind",
            "incident_opened", "incident_acknowledged", "incident_resolved", "incident_assigned", "incident_unassigned",
            "incident_noted", "incident_severity_changed", "incident_notice_drafted", "incident_notice_sent",
            "error_budget_breach", "switch_set", "switch_cleared",
            "alert_acknowledged", "alert_resolved", "warnings_reported", "objectives_reported",
            "change_freeze_on", "change_freeze_off", "backup_restore_tested");
    }

    public static IReadOnlyDictionary<string, AuditClass> All => Classes;

    /// <summary>Of a word that nobody knows any more: the class that is kept longest.</summary>
    public static AuditClass ClassOf(string action) => Classes.GetValueOrDefault(action, AuditClass.Security);

    /// <summary>The words of a class; of <see cref="AuditClass.Security"/> those of the others, for it has all but theirs.</summary>
    internal static (string[] Actions, bool Others) Words(AuditClass of) => of == AuditClass.Security
        ? ([.. Classes.Where(entry => entry.Value != of).Select(entry => entry.Key)], true)
        : ([.. Classes.Where(entry => entry.Value == of).Select(entry => entry.Key)], false);

    private static void Add(AuditClass of, params ReadOnlySpan<string> actions)
    {
        foreach (var action in actions)
        {
            Classes.Add(action, of);
        }
    }
}
