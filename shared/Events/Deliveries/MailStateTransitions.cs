using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries;

/// <summary>What a vendor says became of a mail.</summary>
/// <param name="State">A <c>mail_state</c> of portal.deliveries.</param>
/// <param name="Suppress">Why its address gets no more mail, as portal.mail_suppressions has it; null: it may.</param>
public sealed record MailState(string State, string? Suppress);

/// <summary>
/// Notes what became of a mail. It moves forward only, whatever the order of webhooks: accepted, delivered, then whatever went wrong, a
/// complaint last. An address that bounced for good or complained gets no more mail of that tenant, and the tenant's Admins are notified
/// once (event email_bounced).
/// </summary>
public sealed class MailStateTransitions(PortalDb db, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    /// <summary>True: the mail moved on, or its address was struck off; null: no delivery has that vendor id (yet).</summary>
    public Task<bool?> MoveAsync(string vendorId, MailState state, IReadOnlyList<string> addresses, Actor actor, CancellationToken ct) =>
        db.AcrossTenantsAsync<bool?>(async tx =>
        {
            // By the vendor's id alone, which is unique: whose mail it was is what we ask.
            var mail = await tx.QueryOneAsync<SentMail>("""
                select d.tenant_id, d.id, d.recipient, d.event_type, d.mail_state from portal.deliveries d where d.vendor_id = @vendorId
                   for update
                """, new { vendorId });
            if (mail is null)
            {
                return null;
            }

            var moved = await tx.ExecuteAsync("""
                update portal.deliveries set mail_state = @state, mail_state_at = @now
                 where tenant_id = @tenant and id = @id
                   and array_position(array['accepted', 'delivered', 'failed', 'suppressed', 'bounced', 'complained'],
                      coalesce(mail_state, 'accepted'))
                     < array_position(array['accepted', 'delivered', 'failed', 'suppressed', 'bounced', 'complained'], @state)
                """, new { tenant = mail.TenantId, id = mail.Id, state = state.State, now = clock.GetUtcNow() }) == 1;
            foreach (var address in state.Suppress is null ? [] : addresses)
            {
                moved |= await SuppressAsync(tx, mail, address, state, actor);
            }

            return moved;
        }, ct);

    private async Task<bool> SuppressAsync(Tx tx, SentMail mail, string address, MailState state, Actor actor)
    {
        // Who had asked for no mail is written down as undeliverable now: asking for mail again would not help.
        var struck = await tx.ExecuteAsync("""
            insert into portal.mail_suppressions as s (tenant_id, address_hash, event_type, reason, created_at)
            values (@tenant, @address, '', @reason, @now)
            on conflict (tenant_id, address_hash, event_type) do update set reason = excluded.reason, created_at = excluded.created_at
            where s.reason = 'unsubscribed'
            """, new { tenant = mail.TenantId, address = hash.Of(address), reason = state.Suppress, now = clock.GetUtcNow() }) == 1;
        if (struck)
        {
            await audit.WriteAsync(tx, mail.TenantId, actor, new AuditEntry(
                "email_bounced", "delivery", mail.Id, new { mailState = mail.MailState },
                new { deliveryId = mail.Id, recipient = mail.Recipient, eventType = mail.EventType, reason = state.State },
                EventType.EmailBounced));
        }

        return struck;
    }

    private sealed record SentMail(TenantId TenantId, Guid Id, string Recipient, string EventType, string? MailState);
}
