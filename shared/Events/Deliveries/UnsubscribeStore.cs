using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Events.Deliveries;

/// <summary>A mail that somebody wants no more of.</summary>
public sealed record UnwantedMail(TenantId TenantId, Guid Id, string EventType, string Recipient, string TenantName);

/// <summary>SQL of unsubscribing.</summary>
public sealed class UnsubscribeStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private static readonly Actor Reader = Actor.System("unsubscribe");

    public async Task<UnwantedMail?> FindAsync(Guid delivery, CancellationToken ct)
    {
        var tenants = await db.AcrossTenantsAsync(
            tx => tx.QueryAsync<TenantId>("select d.tenant_id from portal.deliveries d where d.id = @delivery", new { delivery }), ct);
        return tenants is [var tenant]
            ? await db.ReadOneAsync<UnwantedMail>(tenant, """
                select d.tenant_id, d.id, d.event_type, d.recipient, t.name as tenant_name
                  from portal.deliveries d join portal.tenants t on t.id = d.tenant_id where d.tenant_id = @tenant and d.id = @delivery
                """, new { tenant, delivery }, ct)
            : null;
    }

    /// <summary>False: it was stopped before.</summary>
    public Task<bool> StopAsync(UnwantedMail mail, CancellationToken ct) =>
        db.InTenantAsync(mail.TenantId, tx => StopAsync(tx, mail.TenantId, mail), ct);

    private async Task<bool> StopAsync(Tx tx, TenantId tenant, UnwantedMail mail)
    {
        var now = clock.GetUtcNow();
        var user = mail.Recipient.StartsWith("user:", StringComparison.Ordinal) ? Guid.Parse(mail.Recipient.AsSpan(5)) : (Guid?)null;
        var changed = user is not null
            ? await tx.ExecuteAsync("""
                insert into portal.notification_preferences as n (tenant_id, user_id, event_type, in_app, email)
                   values (@tenant, @user, @EventType, true, false)
                on conflict (tenant_id, user_id, event_type) do update set email = false where n.email
                """, new { tenant, user, mail.EventType })
            : await tx.ExecuteAsync("""
                insert into portal.mail_suppressions (tenant_id, address_hash, event_type, reason, created_at)
                values (@tenant, @address, @EventType, 'unsubscribed', @now) on conflict do nothing
                """,
                new
                {
                    tenant,
                    address = mail.Recipient[(mail.Recipient.IndexOf(':', StringComparison.Ordinal) + 1)..],
                    mail.EventType,
                    now,
                });
        if (changed > 0)
        {
            await audit.WriteAsync(tx, tenant, Reader, new AuditEntry(
                "mail_unsubscribed", user is null ? "delivery" : "user", user ?? mail.Id, null, new { type = mail.EventType }));
        }

        return changed > 0;
    }
}
