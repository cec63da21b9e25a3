namespace Portal.Operations.Incidents;

/// <summary>What the lines of an incident's timeline tell.</summary>
public static class IncidentEntryKind
{
    public const string Opened = "opened";

    /// <summary>The same was reported again: the second time, and the last.</summary>
    public const string CountedUp = "counted_up";

    /// <summary>PagerDuty took the page.</summary>
    public const string Paged = "paged";

    /// <summary>PagerDuty took another severity.</summary>
    public const string PageUpdated = "page_updated";

    /// <summary>The first page of an incident of security came later than it ought to.</summary>
    public const string PagedLate = "paged_late";
    public const string Acknowledged = "acknowledged";
    public const string Assigned = "assigned";
    public const string Unassigned = "unassigned";
    public const string Note = "note";
    public const string SeverityChanged = "severity_changed";

    /// <summary>Tenants were told of it.</summary>
    public const string NoticeSent = "notice_sent";
    public const string Resolved = "resolved";
}

/// <summary>A line of an incident's timeline.</summary>
/// <param name="Line">Names it within its incident, and orders lines of the same time.</param>
/// <param name="By">Clerk id of the Operator, or <c>pagerduty:</c> and the id of somebody there; null: the portal itself.</param>
/// <param name="Text">A note, or the reason.</param>
/// <param name="Previous">A severity or an assignee, before.</param>
/// <param name="Became">A severity or an assignee, from then on; of a page the service of PagerDuty that took it; of a
/// notice how many tenants it was sent to.</param>
/// <param name="Times">How often the same had been reported.</param>
public sealed record IncidentEntry(
    DateTimeOffset At, Guid Line, string Kind, string? By, string? Text, string? Previous, string? Became, long? Times);

/// <summary>A line to be written.</summary>
public sealed record NewEntry(string Kind, string? By, string? Text = null, string? Previous = null, string? Became = null);
