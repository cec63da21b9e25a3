using System.Text.Json;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>All SQL of the outbox: what waits to be routed, in order.</summary>
public sealed class OutboxStore(PortalDb db, TimeProvider clock)
{
    /// <summary>A tenant's lock is held until the commit: two sweeps never route one tenant's events at once, or out of order.</summary>
    private const string Lock = "select pg_try_advisory_xact_lock(hashtextextended('portal.outbox ' || @tenant::text, 0))";

    private const string Columns = """
        o.seq, e.event_id, e.tenant_id, e.aggregate_type, e.aggregate_id, e.type, e.payload::text as payload, e.actor_id, e.occurred_at
        """;

    /// <summary>Tenants with events that are due, whoever waits longest first.</summary>
    /// <param name="but">Those of which nothing can be taken now: somebody else is at it, or an event is in the way of the others.</param>
    public Task<IReadOnlyList<TenantId>> TenantsAsync(IReadOnlyCollection<TenantId> but, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<TenantId>("""
            select o.tenant_id from portal.outbox o where o.next_attempt_at <= @now and o.tenant_id <> all(@but) group by o.tenant_id
               order by min(o.seq) limit @limit
            """, new { now = clock.GetUtcNow(), but = but.Select(t => t.Value).ToArray(), limit }), ct);

    /// <summary>
    /// The tenant's next events in order, behind a lock that ends with the transaction; none when somebody else holds it. An event that
    /// could not be routed before holds back the later ones of its aggregate, and nothing else.
    /// </summary>
    public async Task<IReadOnlyList<PortalEvent>> TakeAsync(Tx tx, TenantId tenant, int limit) =>
        await tx.GetAsync<bool>(Lock, new { tenant })
            ? await tx.QueryAsync<PortalEvent>($"""
                select {Columns}
                  from portal.outbox o join portal.events e on e.tenant_id = o.tenant_id and e.event_id = o.event_id
                 where o.tenant_id = @tenant and o.next_attempt_at <= @now
                   and not exists (select 1 from portal.outbox p join portal.events f on f.tenant_id = p.tenant_id
                      and f.event_id = p.event_id
                                    where p.tenant_id = @tenant and p.next_attempt_at > @now and p.seq < o.seq
                                       and f.aggregate_id = e.aggregate_id)
                 order by o.seq limit @limit
                """, new { tenant, limit, now = clock.GetUtcNow() })
            : [];

    public Task<int> DoneAsync(Tx tx, TenantId tenant, IReadOnlyList<PortalEvent> events) =>
        tx.ExecuteAsync(
            "delete from portal.outbox where tenant_id = @tenant and seq = any(@seqs)",
            new { tenant, seqs = events.Select(e => e.Seq).ToArray() });

    /// <summary>Who was notified, as events of their own: what a person has not read is counted from events alone.</summary>
    public async Task AddNotifiedAsync(Tx tx, TenantId tenant, IReadOnlyList<Notified> notified)
    {
        if (notified.Count == 0)
        {
            return;
        }

        var now = clock.GetUtcNow();
        var sources = notified.GroupBy(t => t.EventId, t => t.UserId).ToList();
        await tx.ExecuteAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            select a.id, @tenant, 'event', a.source, @type, a.payload::jsonb, @now
               from unnest(@ids, @sources, @payloads) as a (id, source, payload)
            """, new
        {
            tenant,
            type = EventType.NotificationsAdded.Name,
            ids = sources.Select(_ => Guid.CreateVersion7(now)).ToArray(),
            sources = sources.Select(s => s.Key).ToArray(),
            payloads = sources.Select(s => JsonSerializer.Serialize(new { userIds = s })).ToArray(),
            now,
        });
    }

    /// <summary>Until the commit no event of this tenant is dispatched.</summary>
    public static Task<int> HoldAsync(Tx tx, TenantId tenant) => tx.ExecuteAsync(
        "select pg_advisory_xact_lock(hashtextextended('portal.outbox ' || @tenant::text, 0))", new { tenant });

    /// <summary>Events that are dispatched, in batches by id: those still in the outbox are left out.</summary>
    public static Task<IReadOnlyList<PortalEvent>> DispatchedAsync(Tx tx, TenantId tenant, Guid after, int limit) =>
        tx.QueryAsync<PortalEvent>("""
            select 0::bigint as seq, e.event_id, e.tenant_id, e.aggregate_type, e.aggregate_id, e.type, e.payload::text as payload,
                   e.actor_id, e.occurred_at
              from portal.events e
             where e.tenant_id = @tenant and e.event_id > @after
               and not exists (select 1 from portal.outbox o where o.tenant_id = @tenant and o.event_id = e.event_id)
             order by e.event_id limit @limit
            """, new { tenant, after, limit });

    /// <summary>The event stays, for later. Answers how often it has been tried now.</summary>
    public Task<int> RescheduleAsync(TenantId tenant, PortalEvent e, string error, TimeSpan wait, CancellationToken ct) =>
        db.InTenantAsync(tenant, tx => tx.GetAsync<int>("""
            update portal.outbox set attempts = attempts + 1, last_error = left(@error, 1000), next_attempt_at = @next
             where tenant_id = @tenant and seq = @Seq
            returning attempts
            """, new { tenant, e.Seq, error, next = clock.GetUtcNow() + wait }), ct);
}
