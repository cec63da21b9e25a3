using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Foundation.Alerts;

/// <summary>How the open alerts of an incident stand.</summary>
public sealed record AlertsOfIncident(int Open, int Acknowledged);

/// <summary>Guarded moves of alerts: open → acknowledged → resolved; open → resolved.</summary>
public sealed class AlertTransitions(TimeProvider clock)
{
    /// <summary>False: it is acknowledged or resolved already.</summary>
    public async Task<bool> AcknowledgeAsync(Tx tx, AlertId id, string by) => await tx.ExecuteAsync("""
        update portal.alerts set acknowledged_at = @now, acknowledged_by = @by
         where id = @id and acknowledged_at is null and resolved_at is null
        """, new { id, by, now = clock.GetUtcNow() }) == 1;

    /// <summary>False: it is resolved already.</summary>
    /// <param name="by">Null: its cause is gone.</param>
    public async Task<bool> ResolveAsync(Tx tx, AlertId id, string? by) => await tx.ExecuteAsync(
        "update portal.alerts set resolved_at = @now, resolved_by = @by where id = @id and resolved_at is null",
        new { id, by, now = clock.GetUtcNow() }) == 1;

    /// <summary>Whoever works on an incident works on all of it.</summary>
    public Task<int> AcknowledgeAllAsync(Tx tx, IncidentId incident, string by) => tx.ExecuteAsync("""
        update portal.alerts set acknowledged_at = @now, acknowledged_by = @by
         where incident_id = @incident and acknowledged_at is null and resolved_at is null
        """, new { incident, by, now = clock.GetUtcNow() });

    public Task<int> ResolveAllAsync(Tx tx, IncidentId incident, string? by) => tx.ExecuteAsync(
        "update portal.alerts set resolved_at = @now, resolved_by = @by where incident_id = @incident and resolved_at is null",
        new { incident, by, now = clock.GetUtcNow() });

    public static Task<AlertsOfIncident> OfAsync(Tx tx, IncidentId incident) => tx.GetAsync<AlertsOfIncident>("""
        select (count(*) filter (where acknowledged_at is null))::int as open,
               (count(*) filter (where acknowledged_at is not null))::int as acknowledged
          from portal.alerts where incident_id = @incident and resolved_at is null
        """, new { incident });
}
