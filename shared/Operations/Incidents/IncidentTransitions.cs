using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>What came of an Operator's act on an incident.</summary>
public abstract record MovedIncident
{
    private MovedIncident()
    {
    }

    public sealed record Done(Incident Incident) : MovedIncident;

    /// <summary>It is in no status that it may leave that way.</summary>
    public sealed record Refused(Incident Incident) : MovedIncident;

    public sealed record NotFound : MovedIncident;
}

/// <summary>
/// Acknowledging and resolving, by Operators. The event that comes of it tells PagerDuty the same, after the trigger: deliveries about one
/// incident keep their order.
/// </summary>
public sealed class IncidentTransitions(PortalDb db, IncidentStore incidents, AuditWriter audit)
{
    public Task<MovedIncident> AcknowledgeAsync(Operator person, IncidentId id, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => MoveAsync(tx, person, id, incidents.AcknowledgeAsync, IncidentStatus.Open, EventType.IncidentAcknowledged, null), ct);

    public Task<MovedIncident> ResolveAsync(Operator person, IncidentId id, string reason, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => MoveAsync(tx, person, id, incidents.ResolveAsync, null, EventType.IncidentResolved, reason), ct);

    private async Task<MovedIncident> MoveAsync(
        Tx tx, Operator person, IncidentId id, Func<Tx, IncidentId, string, Task<Incident?>> move, string? from, EventType what,
        string? reason)
    {
        if (await move(tx, id, person.ClerkUserId) is not { } moved)
        {
            return await incidents.FindAsync(tx, id) is { } present ? new MovedIncident.Refused(present) : new MovedIncident.NotFound();
        }

        var old = from ?? (moved.AcknowledgedAt is null ? IncidentStatus.Open : IncidentStatus.Acknowledged);
        await audit.WriteAsync(tx, TenantId.Platform, Actor.From(person), new AuditEntry(
            what, "incident", id.Value, new { status = old }, new { status = moved.Status, kind = moved.Kind, page = moved.Pages, reason },
            what));
        return new MovedIncident.Done(moved);
    }
}
