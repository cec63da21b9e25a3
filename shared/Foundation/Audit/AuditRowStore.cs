using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Foundation.Audit;

/// <summary>What one act leaves: a row of the audit log and, when something may follow from it, one event.</summary>
internal sealed record AuditRows(
    Guid AuditId, Guid EventId, TenantId Tenant, Actor Actor, AuditEntry Entry, string? Old, string? New, DateTimeOffset Now);

/// <summary>SQL of what <see cref="AuditWriter"/> writes.</summary>
internal static class AuditRowStore
{
    public static Task<int> AddAsync(Tx tx, AuditRows rows) => tx.ExecuteAsync("""
        insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, impersonator_id, action, entity_type, entity_id,
                                      old_value, new_value, request_id, occurred_at)
        values (@AuditId, @Tenant, @Kind, @ActorId, @ImpersonatorId, @Action, @EntityType, @EntityId,
                @Old::jsonb, @New::jsonb, @RequestId, @Now);
        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, actor_id, occurred_at)
        select @EventId, @Tenant, @EntityType, @EntityId, @Event, coalesce(@New::jsonb, '{}'), @Person::uuid, @Now
         where @Event::text is not null;
        """, new
    {
        rows.AuditId,
        rows.EventId,
        rows.Tenant,
        rows.Actor.Kind,
        ActorId = rows.Actor.Id,
        rows.Actor.ImpersonatorId,
        rows.Actor.RequestId,
        rows.Actor.Person,
        rows.Entry.Action,
        rows.Entry.EntityType,
        rows.Entry.EntityId,
        Event = rows.Entry.EventType?.Name,
        rows.Old,
        rows.New,
        rows.Now,
    });
}
