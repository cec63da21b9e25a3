namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Reads whose refusal is audited (docs/permissions.md): who did what, who watched what through a link, and the videos themselves. Refused
/// changes leave no row, for they read nothing.
/// </summary>
public static class SensitiveReads
{
    public static IReadOnlySet<PortalAction> Actions { get; } = new HashSet<PortalAction>
    {
        PortalAction.ReadAudit,
        PortalAction.ReadShareLink,
        PortalAction.PlayAsset,
    };
}
