using Portal.Foundation.Alerts;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Alerts;

namespace Portal.Functions.Operations.Alerts;

/// <summary>An alert on the wire: ids and states. People appear by their Clerk id.</summary>
public sealed record AlertJson(
    Guid Id, [OneOf(typeof(AlertKind))] string Kind, [OneOf(typeof(AlertSeverity))] string Severity,
    [OneOf(typeof(AlertStatus))] string Status, string Summary,
    [About("What it is about within its kind: more of the same trouble joins it.")] string Subject,
    [OneOf(typeof(AlertTold)), About("How people on call are told of its kind.")] string Told,
    [OneOf(typeof(AlertEnd)), About("When alerts of its kind are over.")] string Ends,
    [About("The page of the playbook that says what to do, from the root of the repository.")] string Runbook,
    [OneOf(typeof(Objective)), About("The objective that it counts against, if any.")] string? Objective,
    [About("How often it was raised while it was not resolved.")] long Times,
    DateTimeOffset FirstAt, DateTimeOffset LastAt,
    [About("The incident that it is part of. Warnings have none.")] Guid? IncidentId,
    DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, DateTimeOffset? ResolvedAt,
    [About("Null though it is resolved: its cause is gone.")] string? ResolvedBy)
{
    public static AlertJson From(AlertNote a)
    {
        var kind = AlertKind.Find(a.Kind);
        return new(
            a.Id.Value, a.Kind, a.Severity, a.Status, a.Summary, a.DedupKey, kind?.Told ?? AlertTold.DailyMail,
            kind?.End ?? AlertEnd.ByHand, kind?.Runbook ?? "", kind?.CountsAgainst, a.Times, a.FirstAt, a.LastAt, a.IncidentId?.Value,
            a.AcknowledgedAt, a.AcknowledgedBy, a.ResolvedAt, a.ResolvedBy);
    }
}
