using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>
/// Acknowledging and resolving, by Operators. The event that comes of it tells PagerDuty the same, after the trigger: deliveries about one
/// incident keep their order.
/// </summary>
public sealed class IncidentTransitions(PortalDb db, IncidentStore incidents, AuditWriter audit)
{
    /// <summary>open → acknowledged. Refused (<c>incident-not-open</c>) when it is acknowledged or resolved already.</summary>
    public Task<Result<Incident>> AcknowledgeAsync(Operator person, IncidentId id, CancellationToken ct) => db.AcrossTenantsAsync(
        async tx => await incidents.AcknowledgeAsync(tx, id, person.ClerkUserId) is { } moved
            ? await WriteAsync(tx, person, moved, IncidentStatus.Open, EventType.IncidentAcknowledged, null)
            : await WhyNotAsync(tx, id, "incident-not-open"), ct);

    /// <summary>open, acknowledged → resolved. Refused (<c>incident-resolved</c>) when it is resolved already.</summary>
    public Task<Result<Incident>> ResolveAsync(
        Operator person, IncidentId id, string reason, CancellationToken ct) => db.AcrossTenantsAsync(
        async tx => await incidents.ResolveAsync(tx, id, person.ClerkUserId) is { } moved
            ? await WriteAsync(
                tx, person, moved, moved.AcknowledgedAt is null ? IncidentStatus.Open : IncidentStatus.Acknowledged,
                EventType.IncidentResolved, reason)
            : await WhyNotAsync(tx, id, "incident-resolved"), ct);

    private async Task<Result<Incident>> WriteAsync(Tx tx, Operator person, Incident moved, string from, EventType what, string? reason)
    {
        await audit.WriteAsync(tx, TenantId.Platform, Actor.From(person), new AuditEntry(
            what, "incident", moved.Id.Value, new { status = from },
            new { status = moved.Status, kind = moved.Kind, page = moved.Pages, reason }, what));
        return moved;
    }

    private async Task<Result<Incident>> WhyNotAsync(Tx tx, IncidentId id, string slug) => await incidents.FindAsync(tx, id) is { } present
        ? new Refusal.Conflict(slug, $"The incident is {present.Status}.")
        : new Refusal.NotFound("incident");
}
