using Portal.Foundation.Identity;

namespace Portal.Operations.Incidents;

/// <summary>What incidents are about. One is open for each kind and key at most.</summary>
public static class IncidentKind
{
    /// <summary>An error budget burns too fast; key: the objective.</summary>
    public const string BudgetBreach = "error_budget_breach";

    /// <summary>A backup could not be restored.</summary>
    public const string RestoreTestFailed = "restore_test_failed";

    /// <summary>A video will not be ready without somebody; key: the upload job.</summary>
    public const string UploadFailed = "upload_failed";

    /// <summary>A critical alert; key: its kind and key. Or all errors of one kind; key: the kind.</summary>
    public const string Alert = "alert";

    /// <summary>Somebody found a breach of security; key: its own id, for no two of them are the same.</summary>
    public const string Security = "security";
}

/// <summary>open → acknowledged → resolved; open → resolved (docs/states.md).</summary>
public static class IncidentStatus
{
    public const string Open = "open";
    public const string Acknowledged = "acknowledged";
    public const string Resolved = "resolved";
}

/// <summary>Which of PagerDuty's services is told of an incident.</summary>
public static class IncidentUrgency
{
    /// <summary>The one that wakes somebody.</summary>
    public const string High = "high";

    /// <summary>The one that does not.</summary>
    public const string Low = "low";
}

/// <summary>Something on-call works on.</summary>
/// <param name="TenantId">The tenant it came up in; null: the platform's.</param>
/// <param name="Pages">PagerDuty is told of it and of its moves.</param>
/// <param name="Times">How often the same was reported while it was not resolved.</param>
/// <param name="AcknowledgedBy">Clerk id of the Operator, or <c>pagerduty:</c> and the id of somebody there.</param>
/// <param name="ResolvedBy">The same; null when it went away by itself.</param>
/// <param name="OpenedBy">Clerk id of the Operator who reported it; null: the portal or monitoring found it.</param>
/// <param name="Assignee">Clerk id of the Operator who works on it.</param>
/// <param name="PagedAt">When PagerDuty took the first page.</param>
/// <param name="DiscoveredAt">Of security: when somebody found it.</param>
public sealed record Incident(
    IncidentId Id, string Kind, string DedupKey, string Severity, string Summary, Guid? TenantId, bool Pages, string Urgency,
    string Status, long Times,
    DateTimeOffset OpenedAt, DateTimeOffset LastAt, DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, DateTimeOffset? ResolvedAt,
    string? ResolvedBy, string? ResolvedReason, string? OpenedBy, string? Assignee, DateTimeOffset? PagedAt, DateTimeOffset? DiscoveredAt,
    int Version)
{
    /// <summary>Of security: from its discovery to the first page that PagerDuty took.</summary>
    public TimeSpan? TimeToPage => PagedAt - DiscoveredAt;
}

/// <summary>Trouble to open an incident for.</summary>
public sealed record Trouble(
    string Kind, string Key, string Severity, string Summary, bool Pages = true, string Urgency = IncidentUrgency.High)
{
    /// <summary>Clerk id of the Operator who reports it.</summary>
    public string? By { get; init; }

    /// <summary>Of security: when somebody found it.</summary>
    public DateTimeOffset? DiscoveredAt { get; init; }
}
