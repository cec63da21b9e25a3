using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>
/// Acknowledging and resolving, by Operators, by people at PagerDuty, or because the cause is gone; the alerts of an incident follow. The
/// event that comes of it tells PagerDuty the same, after the trigger: deliveries about one incident keep their order.
/// </summary>
public sealed class IncidentTransitions(PortalDb db, IncidentStore incidents, AlertTransitions alerts, AuditWriter audit)
{
    /// <summary>open → acknowledged. Refused (<c>incident-not-open</c>) when it is acknowledged or resolved already.</summary>
    public Task<Result<Incident>> AcknowledgeAsync(Operator person, IncidentId id, CancellationToken ct) => db.AcrossTenantsAsync(
        async tx => await AcknowledgeAsync(tx, IncidentMover.Of(person), id) is { } moved
            ? moved
            : await WhyNotAsync(tx, id, "incident-not-open"), ct);

    /// <summary>open, acknowledged → resolved. Refused (<c>incident-resolved</c>) when it is resolved already.</summary>
    public Task<Result<Incident>> ResolveAsync(
        Operator person, IncidentId id, string reason, CancellationToken ct) => db.AcrossTenantsAsync(
        async tx => await ResolveAsync(tx, IncidentMover.Of(person), id, reason) is { } moved
            ? moved
            : await WhyNotAsync(tx, id, "incident-resolved"), ct);

    /// <summary>open, acknowledged → resolved, because its cause is gone: nobody has resolved it.</summary>
    public Task<Incident?> CloseAsync(Tx tx, IncidentId id, Actor actor) =>
        ResolveAsync(tx, new(actor, null), id, "its cause is gone");

    /// <summary>open → acknowledged, inside a running transaction. Null: it is not open.</summary>
    public async Task<Incident?> AcknowledgeAsync(Tx tx, IncidentMover mover, IncidentId id)
    {
        if (await incidents.AcknowledgeAsync(tx, id, mover.Name!) is not { } moved)
        {
            return null;
        }

        await alerts.AcknowledgeAllAsync(tx, id, mover.Name!);
        await WriteAsync(tx, mover, moved, IncidentStatus.Open, EventType.IncidentAcknowledged, null);
        return moved;
    }

    /// <summary>open, acknowledged → resolved, likewise. Null: it is resolved already.</summary>
    public async Task<Incident?> ResolveAsync(Tx tx, IncidentMover mover, IncidentId id, string reason)
    {
        if (await incidents.ResolveAsync(tx, id, mover.Name, reason) is not { } moved)
        {
            return null;
        }

        await alerts.ResolveAllAsync(tx, id, mover.Name);
        await WriteAsync(
            tx, mover, moved, moved.AcknowledgedAt is null ? IncidentStatus.Open : IncidentStatus.Acknowledged,
            EventType.IncidentResolved, reason);
        return moved;
    }

    private Task WriteAsync(Tx tx, IncidentMover mover, Incident moved, string from, EventType what, string? reason) => audit.WriteAsync(
        tx, TenantId.Platform, mover.Actor, new AuditEntry(
            what, "incident", moved.Id.Value, new { status = from },
            new { status = moved.Status, kind = moved.Kind, page = moved.Pages && !mover.IsPagerDuty, reason }, what));

    private async Task<Result<Incident>> WhyNotAsync(Tx tx, IncidentId id, string slug) => await incidents.FindAsync(tx, id) is { } present
        ? new Refusal.Conflict(slug, $"The incident is {present.Status}.")
        : new Refusal.NotFound("incident");
}
