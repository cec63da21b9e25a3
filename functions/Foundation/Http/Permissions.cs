using Portal.Foundation.Identity;

namespace Portal.Functions.Foundation.Http;

/// <summary>What an HTTP function lets its caller do.</summary>
public enum PortalAction
{
    /// <summary>No session: health, share tokens, webhooks. What is asked for instead is in the function (a token, a signature).</summary>
    Anonymous,
    CreateProject,
    ReadProject,
    RequestUpload,
    ReadUpload,
    CancelUpload,
    RetryUpload,
    ReadAsset,
    PlayAsset,
    UpdateAsset,
    ArchiveAssetVersion,
    RestoreAsset,
    CreateShareLink,
    ReadShareLink,
    RevokeShareLink,
    ReadTenant,
    UpdateTenant,
    DeleteTenant,
    ReadMe,
    UpdateMe,
    ReadUser,
    UpdateUser,
    DeactivateUser,
    CreateInvite,
    ReadInvite,
    ReissueInvite,
    RevokeInvite,
    ReadNotification,
    UpdateNotification,

    /// <summary>What happened of all that one may read.</summary>
    ReadChanges,

    /// <summary>A session in an organization, and no tenant yet: the one thing to do before there are roles.</summary>
    CreateTenant,
    UpdateShareLink,
    ReadSharedWithMe,
    ReadComment,
    WriteComment,
    ResolveComment,

    /// <summary>Asked inside DeleteComment, for comments of others.</summary>
    DeleteAnyComment,
    UpdateProject,
    ArchiveProject,
    ManageProjectMembers,
    ReadTemplate,
    ManageTemplates,
    ApplyTemplate,
    CreateMilestone,
    ReadMilestone,
    UpdateMilestone,
    ScheduleMilestone,
    MoveMilestone,
    DeleteMilestone,
    CreateTask,
    ReadTask,
    UpdateTask,
    ChangeTaskStatus,
    DeleteTask,

    ReadAudit,
    ReadAnalytics,
    ReadReport,
    RequestErasure,
    ReadErasure,

    /// <summary>Of oneself.</summary>
    EraseMe,
    RequestExport,
    ReadExport,

    /// <summary>Of oneself.</summary>
    ExportMe,
    PlaceHold,
    ReadHold,
    LiftHold,

    /// <summary>The register of vendors, and what was found when one was looked at.</summary>
    ReadVendorReview,
    RecordVendorReview,

    /// <summary>Endpoints of outbound webhooks, and what was sent to them.</summary>
    ReadWebhookEndpoint,
    ManageWebhookEndpoints,

    /// <summary>What people on call told the tenant of an incident.</summary>
    ReadIncidentNotice,

    /// <summary>How the tenant stands with what it has to see to.</summary>
    ReadCompliance,

    /// <summary>What the tenant uses and costs.</summary>
    ReadCosts,

    /// <summary>What the videos cost that a person uploaded.</summary>
    ReadMyCosts,

    /// <summary>People on call, across tenants.</summary>
    OperateUploads,

    /// <summary>People on call: any orchestration, by ids and states.</summary>
    OperateOrchestrations,

    /// <summary>People on call: mails and pages that follow from events, by ids and states.</summary>
    OperateDeliveries,

    /// <summary>People on call: stored webhooks, by ids, states and errors.</summary>
    OperateWebhooks,

    /// <summary>People on call: alerts, incidents, objectives, limits, switches, the change freeze, tests of restoring a backup.</summary>
    OperateIncidents,

    /// <summary>People on call: what tenants use and cost, by ids.</summary>
    OperateCosts,

    /// <summary>People on call with the cookie of a sign-in at /ops, checked by the page itself.</summary>
    UseOpsPage,
}

/// <summary>Names the action of an HTTP function. One that names none fails a test, and every request to it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AllowsAttribute(PortalAction action) : Attribute
{
    public PortalAction Action { get; } = action;
}

/// <summary>
/// Who may do what: the only place where roles decide (docs/permissions.md). Admin ⊇ Agency. Whether a person may do it to
/// this very project or asset is a question of rows, answered by the stores with 404.
/// </summary>
public static class Permissions
{
    private static readonly string[] Producers = [Role.Admin, Role.Agency];
    private static readonly HashSet<PortalAction> Operators =
    [
        PortalAction.OperateUploads,
        PortalAction.OperateOrchestrations,
        PortalAction.OperateDeliveries,
        PortalAction.OperateIncidents,
        PortalAction.OperateWebhooks,
        PortalAction.OperateCosts,
        PortalAction.UseOpsPage,
    ];

    private static readonly string[] Everybody = [Role.Admin, Role.Agency, Role.Client, Role.Compliance];

    public static IReadOnlyDictionary<PortalAction, IReadOnlyList<string>> Table { get; } = new Dictionary<PortalAction,
    IReadOnlyList<string>>
    {
        [PortalAction.CreateProject] = [Role.Admin],
        [PortalAction.ReadProject] = [Role.Admin, Role.Agency, Role.Client],
        [PortalAction.RequestUpload] = Producers,
        [PortalAction.ReadUpload] = Producers,
        [PortalAction.CancelUpload] = Producers,
        [PortalAction.RetryUpload] = Producers,
        [PortalAction.ReadAsset] = Producers,
        [PortalAction.PlayAsset] = Producers,
        [PortalAction.UpdateAsset] = Producers,
        [PortalAction.ArchiveAssetVersion] = Producers,
        [PortalAction.RestoreAsset] = [Role.Admin],
        [PortalAction.CreateShareLink] = Producers,
        [PortalAction.ReadShareLink] = Producers,
        [PortalAction.RevokeShareLink] = Producers,
        [PortalAction.ReadTenant] = [Role.Admin],
        [PortalAction.UpdateTenant] = [Role.Admin],
        [PortalAction.DeleteTenant] = [Role.Admin],
        [PortalAction.ReadMe] = Everybody,
        [PortalAction.UpdateMe] = Everybody,
        [PortalAction.ReadUser] = [Role.Admin],
        [PortalAction.UpdateUser] = [Role.Admin],
        [PortalAction.DeactivateUser] = [Role.Admin],
        [PortalAction.CreateInvite] = [Role.Admin],
        [PortalAction.ReadInvite] = [Role.Admin],
        [PortalAction.ReissueInvite] = [Role.Admin],
        [PortalAction.RevokeInvite] = [Role.Admin],
        [PortalAction.ReadNotification] = Everybody,
        [PortalAction.UpdateNotification] = Everybody,
        [PortalAction.ReadChanges] = Everybody,
        [PortalAction.UpdateShareLink] = Producers,
        [PortalAction.ReadSharedWithMe] = [Role.Client],
        [PortalAction.ReadComment] = [Role.Admin, Role.Agency, Role.Client],
        [PortalAction.WriteComment] = Producers,
        [PortalAction.ResolveComment] = Producers,
        [PortalAction.DeleteAnyComment] = [Role.Admin],
        [PortalAction.UpdateProject] = [Role.Admin],
        [PortalAction.ArchiveProject] = [Role.Admin],
        [PortalAction.ManageProjectMembers] = [Role.Admin],
        [PortalAction.ReadTemplate] = Producers,
        [PortalAction.ManageTemplates] = [Role.Admin],
        [PortalAction.ApplyTemplate] = [Role.Admin],
        [PortalAction.CreateMilestone] = [Role.Admin],
        [PortalAction.ReadMilestone] = [Role.Admin, Role.Agency, Role.Client],
        [PortalAction.UpdateMilestone] = [Role.Admin],
        [PortalAction.ScheduleMilestone] = Producers,
        [PortalAction.MoveMilestone] = Producers,
        [PortalAction.DeleteMilestone] = [Role.Admin],
        [PortalAction.CreateTask] = Producers,
        [PortalAction.ReadTask] = Producers,
        [PortalAction.UpdateTask] = Producers,
        [PortalAction.ChangeTaskStatus] = Producers,
        [PortalAction.DeleteTask] = Producers,
        [PortalAction.ReadAudit] = [Role.Admin, Role.Compliance],
        [PortalAction.ReadAnalytics] = Producers,
        [PortalAction.ReadReport] = [Role.Admin, Role.Compliance],
        [PortalAction.RequestErasure] = [Role.Admin, Role.Compliance],
        [PortalAction.ReadErasure] = [Role.Admin, Role.Compliance],
        [PortalAction.EraseMe] = Everybody,
        [PortalAction.RequestExport] = [Role.Admin, Role.Compliance],
        [PortalAction.ReadExport] = [Role.Admin, Role.Compliance],
        [PortalAction.ExportMe] = Everybody,
        [PortalAction.PlaceHold] = [Role.Admin, Role.Compliance],
        [PortalAction.ReadHold] = [Role.Admin, Role.Compliance],
        [PortalAction.LiftHold] = [Role.Compliance],
        [PortalAction.ReadVendorReview] = [Role.Admin, Role.Compliance],
        [PortalAction.RecordVendorReview] = [Role.Admin, Role.Compliance],
        [PortalAction.ReadWebhookEndpoint] = [Role.Admin],
        [PortalAction.ManageWebhookEndpoints] = [Role.Admin],
        [PortalAction.ReadIncidentNotice] = [Role.Admin],
        [PortalAction.ReadCompliance] = [Role.Admin, Role.Compliance],
        [PortalAction.ReadCosts] = [Role.Admin],
        [PortalAction.ReadMyCosts] = Producers,
    };

    /// <summary>
    /// Reads whose refusal is audited (docs/permissions.md): who did what, who watched what through a link, and the videos themselves.
    /// Refused changes leave no row, for they read nothing.
    /// </summary>
    public static IReadOnlySet<PortalAction> Sensitive { get; } = new HashSet<PortalAction>
    {
        PortalAction.ReadAudit,
        PortalAction.ReadShareLink,
        PortalAction.PlayAsset,
    };

    /// <summary>All that a role may do, in the order of the enumeration.</summary>
    public static IReadOnlyList<PortalAction> Of(string role) => [.. Enum.GetValues<PortalAction>().Where(action => Allows(action, role))];

    /// <summary>Not a matter of a role in a tenant.</summary>
    public static bool IsForOperators(PortalAction action) => Operators.Contains(action);

    public static bool Allows(PortalAction action, string role) => Table.TryGetValue(action, out var roles) && roles.Contains(role);
}
