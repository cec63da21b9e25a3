using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations;

/// <summary>An incident on the wire: ids and states. People appear by their Clerk id.</summary>
public sealed record IncidentJson(
    Guid Id, [OneOf(typeof(IncidentKind))] string Kind, [OneOf("critical", "error", "warning", "info")] string Severity,
    [OneOf(typeof(IncidentStatus))] string Status, string Summary,
    [About("What it is about within its kind: the objective, the upload job, the alert's kind and key.")] string Subject,
    [About("The tenant it came up in; null: the platform's.")] Guid? TenantId,
    [About("PagerDuty is told of it.")] bool Pages,
    [OneOf(typeof(IncidentUrgency)), About("PagerDuty wakes somebody for it (high), or does not (low).")] string Urgency,
    [About("How often the same was reported while it was not resolved.")] long Times,
    DateTimeOffset OpenedAt, DateTimeOffset LastAt, DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, DateTimeOffset? ResolvedAt,
    [About("Null though it is resolved: it went away by itself.")] string? ResolvedBy,
    [About("The Operator who reported it; null: the portal or monitoring found it.")] string? OpenedBy,
    [About("The Operator who works on it.")] string? Assignee,
    [About("When PagerDuty took the first page.")] DateTimeOffset? PagedAt,
    [About("Of kind security: when somebody found it.")] DateTimeOffset? DiscoveredAt,
    [About("From discoveredAt to pagedAt; it ought to be 900 at the most.")] double? SecondsToPage)
{
    public static IncidentJson From(Incident i) => new(
        i.Id.Value, i.Kind, i.Severity, i.Status, i.Summary, i.DedupKey, i.TenantId, i.Pages, i.Urgency, i.Times, i.OpenedAt, i.LastAt,
        i.AcknowledgedAt, i.AcknowledgedBy, i.ResolvedAt, i.ResolvedBy, i.OpenedBy, i.Assignee, i.PagedAt,
        i.DiscoveredAt, i.TimeToPage?.TotalSeconds);
}

/// <summary>A line of an incident's timeline. People appear by their Clerk id.</summary>
public sealed record IncidentEntryJson(
    [About("Names the line within its incident.")] Guid Id, DateTimeOffset At, [OneOf(typeof(IncidentEntryKind))] string Kind,
    [About("The Operator, or pagerduty: and the id of somebody there; null: the portal itself.")] string? By,
    [About("A note, or the reason.")] string? Text,
    [About("The severity or the assignee before.")] string? Previous,
    [About("The severity or the assignee from then on; of a page the service of PagerDuty that took it (high, low, "
        + "security), of a notice how many tenants it was sent to.")]
    string? Became,
    [About("How often the same had been reported by then.")] long? Times)
{
    public static IncidentEntryJson From(IncidentEntry e) => new(e.Line, e.At, e.Kind, e.By, e.Text, e.Previous, e.Became, e.Times);
}

/// <summary>What became of a report: the incident, and whether it was opened by it.</summary>
public sealed record ReportedBreachJson(IncidentJson Incident, bool Opened);

public sealed record ChangeFreezeJson(
    bool On, DateTimeOffset Since, string Reason, [About("The breach that switched it on.")] Guid? IncidentId, string? ChangedBy)
{
    public static ChangeFreezeJson From(Freeze f) => new(f.IsOn, f.Since, f.Reason, f.IncidentId, f.ChangedBy);
}

/// <summary>A test of restoring a backup. <c>recordedBy</c> is null when monitoring told of it; <c>incidentId</c> is the incident of a
/// failed one.</summary>
public sealed record RestoreTestJson(
    Guid Id, DateTimeOffset RanAt, DateTimeOffset BackupTakenAt, bool Succeeded, int DurationSeconds, string Notes, string? EvidenceUrl,
    string? RecordedBy, DateTimeOffset RecordedAt, Guid? IncidentId)
{
    public static RestoreTestJson From(RestoreTest t) => new(
        t.Id, t.RanAt, t.BackupTakenAt, t.Succeeded, t.DurationS, t.Notes, t.EvidenceUrl, t.RecordedBy, t.RecordedAt, t.IncidentId);
}
