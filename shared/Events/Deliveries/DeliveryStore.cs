using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Events.Deliveries;

/// <summary>A delivery as people on call see it: ids and states.</summary>
public sealed record DeliveryNote(
    Guid Id, TenantId TenantId, Guid EventId, string EventType, Guid AggregateId, string Channel, string Recipient, string Status,
    int Attempt, string? Reason, int Attempts, string? LastError, DateTimeOffset? NextAttemptAt, string? VendorId, string? MailState,
    DateTimeOffset CreatedAt, DateTimeOffset? DoneAt)
{
    /// <summary>Where it stands in the list.</summary>
    public static Position PositionOf(DeliveryNote note) => Position.Of(note.CreatedAt, note.Id);
}

/// <summary>All SQL of deliveries. The row says what was sent; the orchestration only carries it there.</summary>
public sealed class DeliveryStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    /// <summary>What sending again makes of a settled delivery (<c>d</c>): a new attempt that waits.</summary>
    internal const string AsNewAttempt = """
        status = 'pending', attempt = d.attempt + 1, reason = null, attempts = 0, last_error = null, done_at = null, started_at = null,
        next_attempt_at = null
        """;

    private const string Columns = """
        d.id, d.tenant_id, d.event_id, d.event_type, d.aggregate_id, d.channel, d.recipient, d.status, d.attempt, d.reason, d.attempts,
        d.last_error, d.next_attempt_at, d.vendor_id, d.mail_state, d.created_at, d.done_at
        """;

    private const string Listed = $"""
        select {Columns} from portal.deliveries d
         where (@status::text is null or d.status = @status) and (@tenant::uuid is null or d.tenant_id = @tenant)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("d.created_at, d.id");

    /// <summary>
    /// pending → sending, oldest first. One that has an earlier one of the same aggregate to the same recipient still open waits for it:
    /// nobody reads that a link was withdrawn before the mail that brings it.
    /// </summary>
    /// <param name="held">Channels of which none is taken.</param>
    public Task<IReadOnlyList<DeliveryRef>> TakePendingAsync(int limit, IReadOnlyList<string> held, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DeliveryRef>("""
            update portal.deliveries d set status = 'sending', started_at = @now, taken_at = @now
             where d.id = any (array(
                   select p.id from portal.deliveries p
                    where p.status = 'pending' and p.channel <> all(@held)
                      and not exists (select 1 from portal.deliveries q
                                       where q.tenant_id = p.tenant_id and q.aggregate_id = p.aggregate_id and q.channel = p.channel
                                         and q.recipient = p.recipient and q.seq < p.seq and q.status in ('pending', 'sending'))
                    order by p.created_at, p.id limit @limit for update skip locked))
               and d.status = 'pending'
            returning d.tenant_id, d.id as delivery_id, d.attempt
            """, new { now = clock.GetUtcNow(), limit, held = held.ToArray() }), ct);

    /// <summary>Those that somebody took and that are not done: whoever took them may have died before starting. Looked at again after as
    /// long. One whose orchestration has said when it goes on is left alone until then.</summary>
    public Task<IReadOnlyList<DeliveryRef>> TakeStaleAsync(TimeSpan quiet, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DeliveryRef>("""
            update portal.deliveries d set started_at = @now
             where d.id = any (array(
                   select id from portal.deliveries where status = 'sending' and started_at <= @before
                      and (next_attempt_at is null or next_attempt_at <= @before)
                    order by started_at limit @limit for update skip locked))
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
        await db.RunAsync(tenant, """
            update portal.deliveries set offered_at = coalesce(offered_at, @now) where tenant_id = @tenant and id = @DeliveryId
               and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, now = clock.GetUtcNow() }, ct) == 1;

    /// <summary>sending → sent.</summary>
    public Task<int> SentAsync(TenantId tenant, DeliveryRef delivery, string? vendorId, CancellationToken ct) =>
        db.RunAsync(tenant, """
            update portal.deliveries set status = 'sent', vendor_id = @vendorId, done_at = @now, next_attempt_at = null, last_error = null,
                   mail_state = case when channel = 'email' then 'accepted' end, mail_state_at = case when channel = 'email' then @now end
             where tenant_id = @tenant and id = @DeliveryId and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, vendorId, now = clock.GetUtcNow() }, ct);

    /// <summary>sending → skipped or failed, with the reason.</summary>
    public async Task<bool> EndAsync(TenantId tenant, DeliveryRef delivery, string status, string reason, CancellationToken ct) =>
        await db.RunAsync(tenant, """
            update portal.deliveries set status = @status, reason = left(@reason, 200), done_at = @now, next_attempt_at = null
             where tenant_id = @tenant and id = @DeliveryId and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, status, reason, now = clock.GetUtcNow() }, ct) == 1;

    public Task<int> NoteAttemptAsync(
        TenantId tenant, DeliveryRef delivery, int attempts, string error, DateTimeOffset next, CancellationToken ct) =>
        db.RunAsync(tenant, """
            update portal.deliveries set attempts = @attempts, last_error = left(@error, 1000), next_attempt_at = @next
             where tenant_id = @tenant and id = @DeliveryId and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, attempts, error, next }, ct);

    /// <summary>It waits, and not because an attempt failed. Until then nobody need ask whether its orchestration is alive.</summary>
    public Task<int> WaitAsync(TenantId tenant, DeliveryRef delivery, TimeSpan wait, CancellationToken ct) =>
        db.RunAsync(tenant, """
            update portal.deliveries set next_attempt_at = @next
             where tenant_id = @tenant and id = @DeliveryId and attempt = @Attempt and status = 'sending'
            """, new { tenant, delivery.DeliveryId, delivery.Attempt, next = clock.GetUtcNow() + wait }, ct);

    /// <summary>For on-call, across tenants: newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<DeliveryNote>> ListAsync(string? status, Guid? tenant, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<DeliveryNote>(ByAge, Listed, page, new { status, tenant }), ct);

    /// <summary>
    /// failed → pending, as a new attempt with an orchestration of its own. The vendor's key stays the delivery's: within 24 hours of a
    /// first attempt that went through after all, nothing is sent twice; later the vendor has forgotten it.
    /// Refused (<c>delivery-not-failed</c>) in another status.
    /// </summary>
    public Task<Result<DeliveryNote>> RetryAsync(Operator person, Guid id, string reason, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<DeliveryNote>>(async tx =>
        {
            var moved = await tx.QueryOneAsync<DeliveryNote>($"""
                update portal.deliveries d set {AsNewAttempt}
                 where d.id = @id and d.status = 'failed'
                returning {Columns}
                """, new { id });
            if (moved is null)
            {
                var now = await tx.QueryOneAsync<DeliveryNote>($"select {Columns} from portal.deliveries d where d.id = @id", new { id });
                return now is null
                    ? new Refusal.NotFound("delivery")
                    : new Refusal.Conflict("delivery-not-failed", $"The delivery is {now.Status}; only a failed one can be sent again.");
            }

            await audit.WriteAsync(tx, moved.TenantId, Actor.From(person), new AuditEntry(
                "delivery_retried", "delivery", id, new { status = "failed", attempt = moved.Attempt - 1 },
                new { status = moved.Status, attempt = moved.Attempt, reason }));
            return moved;
        }, ct);

    private sealed record Row(
        Guid Id, string Channel, string Recipient, string Status, int Attempt, DateTimeOffset CreatedAt, bool SubmissionStarted, long Seq,
        Guid EventId, string AggregateType,
        Guid AggregateId, string Type, string Payload, Guid? ActorId, DateTimeOffset OccurredAt);
}
