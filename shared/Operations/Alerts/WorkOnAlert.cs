using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Operations.Incidents;

namespace Portal.Operations.Alerts;

/// <summary>Operators acknowledge and resolve alerts. The incident of one follows once all of its alerts are acknowledged, or
/// over.</summary>
public sealed class WorkOnAlert(PortalDb db, AlertTransitions moves, AlertIncidents incidents, AuditWriter audit)
{
    /// <summary>open → acknowledged. Refused (<c>alert-not-open</c>) when it is acknowledged or resolved already.</summary>
    public Task<Result<AlertNote>> AcknowledgeAsync(Operator person, AlertId id, CancellationToken ct) => MoveAsync(
        person, id, new("alert_acknowledged", "alert-not-open", null), tx => moves.AcknowledgeAsync(tx, id, person.ClerkUserId), ct);

    /// <summary>open, acknowledged → resolved. Refused (<c>alert-resolved</c>) when it is resolved already.</summary>
    public Task<Result<AlertNote>> ResolveAsync(Operator person, AlertId id, string reason, CancellationToken ct) => MoveAsync(
        person, id, new("alert_resolved", "alert-resolved", reason), tx => moves.ResolveAsync(tx, id, person.ClerkUserId), ct);

    private Task<Result<AlertNote>> MoveAsync(Operator person, AlertId id, Act act, Func<Tx, Task<bool>> move, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<AlertNote>>(async tx =>
    {
        if (await AlertQuery.FindAsync(tx, id) is not { } before)
        {
            return new Refusal.NotFound("alert");
        }

        // Always the incident before the alert: whoever raises one of its alerts just now does so too.
        if (before.IncidentId is { } held)
        {
            await incidents.HoldAsync(tx, held);
        }

        if (!await move(tx))
        {
            var present = await AlertQuery.FindAsync(tx, id);
            return new Refusal.Conflict(act.Slug, $"The alert is {present!.Status}.");
        }

        var after = (await AlertQuery.FindAsync(tx, id))!;
        await audit.WriteAsync(tx, TenantId.Platform, Actor.From(person), new AuditEntry(
            act.Action, "alert", id.Value, new { status = before.Status },
            new { status = after.Status, kind = after.Kind, reason = act.Reason }));
        if (before.IncidentId is { } moved)
        {
            await incidents.MovedAsync(tx, moved, Actor.From(person));
        }

        return after;
    }, ct);

    private sealed record Act(string Action, string Slug, string? Reason);
}
