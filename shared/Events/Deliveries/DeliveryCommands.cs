using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Events.Deliveries;

/// <summary>A delivery as people on call see it: ids and states.</summary>
public sealed record DeliveryNote(
    Guid Id, TenantId TenantId, Guid EventId, string EventType, Guid AggregateId, string Channel, string Recipient, string Status,
    int Attempt, string? Reason, int Attempts,
    string? LastError, DateTimeOffset? NextAttemptAt, string? VendorId, string? MailState, DateTimeOffset CreatedAt,
    DateTimeOffset? DoneAt);

/// <summary>What came of asking for another attempt.</summary>
/// <param name="Delivery">As it is now; null: there is none.</param>
/// <param name="Refused">Only what has failed can be sent again.</param>
public sealed record RetriedDelivery(DeliveryNote? Delivery, bool Refused);

/// <summary>On-call's view of deliveries, across tenants, and the one thing they can do: have a failed one sent again.</summary>
public sealed class DeliveryCommands(PortalDb db, AuditWriter audit)
{
    private const string Columns = """
        d.id, d.tenant_id, d.event_id, d.event_type, d.aggregate_id, d.channel, d.recipient, d.status, d.attempt, d.reason, d.attempts,
        d.last_error, d.next_attempt_at,
        d.vendor_id, d.mail_state, d.created_at, d.done_at
        """;

    /// <summary>Newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<DeliveryNote>> ListAsync(string? status, Guid? tenant, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DeliveryNote>($"""
            select {Columns} from portal.deliveries d
             where (@status::text is null or d.status = @status) and (@tenant::uuid is null or d.tenant_id = @tenant)
               and (@afterAt::timestamptz is null or (d.created_at, d.id) < (@afterAt, @afterId))
             order by d.created_at desc, d.id desc limit @take
            """, new { status, tenant, afterAt = page.After?.At, afterId = page.After?.Id, take = page.Take }), ct);

    /// <summary>
    /// failed → pending, as a new attempt with an orchestration of its own. The vendor's key stays the delivery's: within 24 hours of a
    /// first attempt that went through after all, nothing is sent twice; later the vendor has forgotten it.
    /// </summary>
    public Task<RetriedDelivery> RetryAsync(Operator person, Guid id, string reason, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
    {
        var moved = await tx.QueryOneAsync<DeliveryNote>($"""
            update portal.deliveries d set status = 'pending', attempt = d.attempt + 1, reason = null, attempts = 0, last_error = null,
               done_at = null, started_at = null
             where d.id = @id and d.status = 'failed'
            returning {Columns}
            """, new { id });
        if (moved is null)
        {
            var now = await tx.QueryOneAsync<DeliveryNote>($"select {Columns} from portal.deliveries d where d.id = @id", new { id });
            return new RetriedDelivery(now, now is not null);
        }

        await audit.WriteAsync(tx, moved.TenantId, Actor.From(person), new AuditEntry(
            "delivery_retried", "delivery", id, new { status = "failed", attempt = moved.Attempt - 1 },
            new { status = moved.Status, attempt = moved.Attempt, reason }));
        return new RetriedDelivery(moved, false);
    }, ct);

    /// <summary>Where a row stands in the list.</summary>
    public static Position PositionOf(DeliveryNote note) => Position.Of(note.CreatedAt, note.Id);
}
