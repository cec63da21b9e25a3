using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Events.Deliveries;

/// <summary>All SQL of deliveries. The row says what was sent; the orchestration only carries it there.</summary>
public sealed class DeliveryStore(PortalDb db, TimeProvider clock)
{
    /// <summary>
    /// pending → sending, oldest first. One that has an earlier one of the same aggregate to the same recipient still open waits for it:
    /// nobody reads that a link was withdrawn before the mail that brings it.
    /// </summary>
    public Task<IReadOnlyList<DeliveryRef>> TakePendingAsync(int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DeliveryRef>("""
            update portal.deliveries d set status = 'sending', started_at = @now
             where d.id in (
                   select p.id from portal.deliveries p
                    where p.status = 'pending'
                      and not exists (select 1 from portal.deliveries q
                                       where q.tenant_id = p.tenant_id and q.aggregate_id = p.aggregate_id and q.channel = p.channel
                                         and q.recipient = p.recipient and q.seq < p.seq and q.status in ('pending', 'sending'))
                    order by p.created_at, p.id limit @limit for update skip locked)
               and d.status = 'pending'
            returning d.tenant_id, d.id as delivery_id, d.attempt
            """, new { now = clock.GetUtcNow(), limit }), ct);

    /// <summary>Those that somebody took and that are not done: whoever took them may have died before starting. Looked at again after as
    /// long.</summary>
    public Task<IReadOnlyList<DeliveryRef>> TakeStaleAsync(TimeSpan quiet, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DeliveryRef>("""
            update portal.deliveries d set started_at = @now
             where d.id in (select id from portal.deliveries where status = 'sending' and started_at <= @before order by started_at
                limit @limit for update skip locked)
            returning d.tenant_id, d.id as delivery_id, d.attempt
            """, new { now = clock.GetUtcNow(), before = clock.GetUtcNow() - quiet, limit }), ct);

    public async Task<Delivery?> FindAsync(TenantId tenant, DeliveryRef delivery, CancellationToken ct)
    {
        var row = await db.ReadOneAsync<Row>(tenant, """
            select d.id, d.channel, d.recipient, d.status, d.attempt, d.created_at, d.offered_at is not null as submission_started,
                   d.seq, e.event_id,
               e.aggregate_type, e.aggregate_id, e.type,
                   e.payload::text as payload, e.actor_id, e.occurred_at
              from portal.deliveries d join portal.events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
             where d.tenant_id = @tenant and d.id = @DeliveryId and d.attempt = @Attempt
            """, new { tenant, delivery.DeliveryId, delivery.Attempt }, ct);
        return row is null ? null : new(row.Id, row.Channel, row.Recipient, row.Status, row.Attempt, row.CreatedAt, row.SubmissionStarted,
            new(row.Seq, row.EventId, tenant, row.AggregateType, row.AggregateId, row.Type, row.Payload, row.ActorId, row.OccurredAt));
    }

    /// <summary>Noted before the vendor is asked: from then on only its answer tells whether it went out. False: it is settled by
    /// now.</summary>
    public async Task<bool> SubmissionStartedAsync(TenantId tenant, DeliveryRef delivery, CancellationToken ct) =>
        await db.InTenantAsync(tenant, tx => tx.ExecuteAsync("""
            update portal.deliveries set offered_at = coalesce(offered_at, @now) where tenant_id = @tenant and id = @DeliveryId
               and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, now = clock.GetUtcNow() }), ct) == 1;

    /// <summary>sending → sent.</summary>
    public Task<int> SentAsync(TenantId tenant, DeliveryRef delivery, string? vendorId, CancellationToken ct) =>
        db.InTenantAsync(tenant, tx => tx.ExecuteAsync("""
            update portal.deliveries set status = 'sent', vendor_id = @vendorId, done_at = @now, next_attempt_at = null, last_error = null,
                   mail_state = case when channel = 'email' then 'accepted' end, mail_state_at = case when channel = 'email' then @now end
             where tenant_id = @tenant and id = @DeliveryId and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, vendorId, now = clock.GetUtcNow() }), ct);

    /// <summary>sending → skipped or failed, with the reason.</summary>
    public async Task<bool> EndAsync(TenantId tenant, DeliveryRef delivery, string status, string reason, CancellationToken ct) =>
        await db.InTenantAsync(tenant, tx => tx.ExecuteAsync("""
            update portal.deliveries set status = @status, reason = left(@reason, 200), done_at = @now, next_attempt_at = null
             where tenant_id = @tenant and id = @DeliveryId and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, status, reason, now = clock.GetUtcNow() }), ct) == 1;

    public Task<int> NoteAttemptAsync(
        TenantId tenant, DeliveryRef delivery, int attempts, string error, DateTimeOffset next, CancellationToken ct) =>
        db.InTenantAsync(tenant, tx => tx.ExecuteAsync("""
            update portal.deliveries set attempts = @attempts, last_error = left(@error, 1000), next_attempt_at = @next
             where tenant_id = @tenant and id = @DeliveryId and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, attempts, error, next }), ct);

    private sealed record Row(
        Guid Id, string Channel, string Recipient, string Status, int Attempt, DateTimeOffset CreatedAt, bool SubmissionStarted, long Seq,
        Guid EventId, string AggregateType,
        Guid AggregateId, string Type, string Payload, Guid? ActorId, DateTimeOffset OccurredAt);
}
