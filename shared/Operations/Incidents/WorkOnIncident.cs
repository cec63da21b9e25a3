using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>Another severity, and why.</summary>
/// <param name="Version">The version that it is changed at; null: whichever it has.</param>
public sealed record SeverityChange(string Severity, string Reason, int? Version);

/// <summary>
/// What Operators do with an incident besides moving it. The incident is held first, so that of two at once the second sees what the
/// first did. Notes are of resolved ones too: a review comes later. The audit log has who did it and what it became, not the words.
/// </summary>
public sealed class WorkOnIncident(PortalDb db, IncidentStore incidents, IncidentWorkStore work, AuditWriter audit)
{
    public const int LongestNote = 2000;
    public const int MostNotes = 200;

    /// <summary>
    /// To somebody on call, or to nobody; the same again changes nothing. Refused when it is resolved (<c>incident-resolved</c>) and when
    /// nobody of that id is on call.
    /// </summary>
    public Task<Result<Incident>> AssignAsync(Operator person, IncidentId id, string? assignee, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<Incident>>(async tx =>
        {
            if (await HoldAsync(tx, id) is not { } before)
            {
                return new Refusal.NotFound("incident");
            }

            if (before.Status == IncidentStatus.Resolved)
            {
                return Resolved;
            }

            if (assignee is not null && !await IncidentWorkStore.IsOperatorAsync(tx, assignee))
            {
                return new Refusal.InvalidField("assignee", "operator", "assignee must be the Clerk id of somebody who is on call.");
            }

            if (await IncidentWorkStore.AssignAsync(tx, id, assignee) is not { } assigned)
            {
                return before;
            }

            var (kind, action) = assignee is null
                ? (IncidentEntryKind.Unassigned, "incident_unassigned")
                : (IncidentEntryKind.Assigned, "incident_assigned");
            await work.AddAsync(tx, id, new(kind, person.ClerkUserId, Previous: before.Assignee, Became: assignee));
            await WriteAsync(tx, person, id, new(action, new { assignee = before.Assignee }, new { assignee }, null));
            return assigned;
        }, ct);

    /// <summary>Refused (<c>incident-notes-full</c>) when it has as many as an incident may have.</summary>
    public Task<Result<IncidentEntry>> NoteAsync(Operator person, IncidentId id, string text, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<IncidentEntry>>(async tx =>
        {
            if (await HoldAsync(tx, id) is null)
            {
                return new Refusal.NotFound("incident");
            }

            if (await IncidentWorkStore.CountNotesAsync(tx, id) >= MostNotes)
            {
                return new Refusal.Conflict("incident-notes-full", $"The incident has {MostNotes} notes, and takes no more.");
            }

            var note = await work.AddAsync(tx, id, new(IncidentEntryKind.Note, person.ClerkUserId, text));
            await WriteAsync(tx, person, id, new("incident_noted", null, new { line = note.Line }, null));
            return note;
        }, ct);

    /// <summary>
    /// Refused when it was changed since that version, is resolved (<c>incident-resolved</c>), or has that severity
    /// (<c>incident-severity-unchanged</c>). PagerDuty is told by the event.
    /// </summary>
    public Task<Result<Incident>> ChangeSeverityAsync(Operator person, IncidentId id, SeverityChange change, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<Incident>>(async tx =>
        {
            if (await HoldAsync(tx, id) is not { } before)
            {
                return new Refusal.NotFound("incident");
            }

            if (change.Version is { } version && version != before.Version)
            {
                return new Refusal.Stale(before.Version);
            }

            if (await IncidentWorkStore.ChangeSeverityAsync(tx, id, change.Severity) is not { } changed)
            {
                return before.Status == IncidentStatus.Resolved
                    ? Resolved
                    : new Refusal.Conflict("incident-severity-unchanged", $"The incident is of severity {before.Severity} already.");
            }

            await work.AddAsync(tx, id, new(
                IncidentEntryKind.SeverityChanged, person.ClerkUserId, change.Reason, before.Severity, change.Severity));
            await WriteAsync(tx, person, id, new(
                EventType.IncidentSeverityChanged, new { severity = before.Severity },
                new
                {
                    status = changed.Status,
                    kind = changed.Kind,
                    severity = changed.Severity,
                    page = changed.Pages,
                    reason = change.Reason,
                },
                EventType.IncidentSeverityChanged));
            return changed;
        }, ct);

    private static Refusal Resolved { get; } = new Refusal.Conflict("incident-resolved", "The incident is resolved.");

    private async Task<Incident?> HoldAsync(Tx tx, IncidentId id)
    {
        await IncidentStore.HoldAsync(tx, id);
        return await incidents.FindAsync(tx, id);
    }

    private Task WriteAsync(Tx tx, Operator person, IncidentId id, Act act) => audit.WriteAsync(
        tx, TenantId.Platform, Actor.From(person), new AuditEntry(act.Action, "incident", id.Value, act.Old, act.New, act.Event));

    private sealed record Act(string Action, object? Old, object? New, EventType? Event);
}
