using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Projects;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>One tenant's row of a Clerk user.</summary>
public sealed record UserOfTenant(TenantId TenantId, UserId Id);

/// <summary>What a deactivation came to. <paramref name="WithoutAdmin"/>: nobody is left who runs the tenant.</summary>
public sealed record Deactivation(bool Moved, bool WithoutAdmin)
{
    /// <summary>What on-call is told, if anything.</summary>
    public Alert? AlertOf(TenantId tenant) => !WithoutAdmin ? null : new(
        AlertKind.TenantWithoutAdmin, tenant.ToString(),
        $"Tenant {tenant} has no active Admin any more: the last one is gone at Clerk or was erased.", new { tenantId = tenant.Value });
}

/// <summary>
/// The SQL of following Clerk: it names a person or an organization, so rows are looked up across tenants and changed one tenant at a
/// time. Names and addresses go into the row and, as keyed hashes, into the audit.
/// </summary>
public sealed class ClerkSyncStore(
    PortalDb db, UserStore users, ParticipationTransitions participation, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    /// <summary>Across tenants: where this Clerk user is, or was, a member; not where all are being erased.</summary>
    public Task<IReadOnlyList<UserOfTenant>> FindAsync(string clerkUserId, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<UserOfTenant>(
            """
            select u.tenant_id, u.id from portal.users u
              join portal.tenants t on t.id = u.tenant_id and t.status <> 'erased'
             where u.clerk_user_id = @clerkUserId order by u.tenant_id
            """, new { clerkUserId }), ct);

    /// <summary>Across tenants: whose Clerk organization it is, as long as the tenant lives.</summary>
    public async Task<TenantId?> FindTenantAsync(string organizationId, CancellationToken ct) =>
        await db.AcrossTenantsAsync(tx => tx.QueryOneAsync<Guid?>(
            "select id from portal.tenants where clerk_org_id = @organizationId and status = 'active'", new { organizationId }),
            ct) is { } id ? new TenantId(id) : null;

    /// <summary>
    /// Takes over address and name, unless what we have is newer, or the person is to be erased. A name that they chose here stays, and
    /// so does an address as long as Clerk knows of none that is proved. True when anything changed.
    /// </summary>
    public async Task<bool> ApplyProfileAsync(Tx tx, TenantId tenant, Actor actor, UserId id, ClerkUser person)
    {
        var at = person.UpdatedAt ?? clock.GetUtcNow();
        var before = await tx.QueryOneAsync<Known>("""
            select u.name, u.email, u.own_name from portal.users u
             where u.tenant_id = @tenant and u.id = @id and coalesce(u.clerk_updated_at, '-infinity') <= @at
               and not exists (select 1 from portal.erasure_requests e where e.tenant_id = @tenant and e.kind = 'person'
                  and e.subject_id = @id and e.status <> 'cancelled')
               for no key update
            """, new { tenant, id, at });
        if (before is null)
        {
            return false;
        }

        var name = before.OwnName ? before.Name : person.Name ?? before.Name;
        var email = person.Email ?? before.Email;
        var same = name == before.Name && email == before.Email;
        await tx.ExecuteAsync("""
            update portal.users set name = @name, email = @email, clerk_updated_at = @at, updated_at = case when @same then updated_at
               else @now end
             where tenant_id = @tenant and id = @id
            """, new { tenant, id, name, email, at, same, now = clock.GetUtcNow() });
        if (!same)
        {
            await audit.WriteAsync(tx, tenant, actor, new AuditEntry("user_updated", "user", id.Value,
                new { nameHash = hash.Of(before.Name), emailHash = hash.Of(before.Email) },
                new { nameHash = hash.Of(name), emailHash = hash.Of(email) }, EventType.UserUpdated));
        }

        return !same;
    }

    /// <summary>active → deactivated at Clerk's word, the last Admin too: who cannot sign in does not run a tenant.</summary>
    public async Task<Deactivation> DeactivateAsync(Tx tx, TenantId tenant, Actor actor, UserId id, string reason)
    {
        await users.LockAdminsAsync(tx, tenant);
        var role = await tx.QueryOneAsync<string>("""
            update portal.users set status = 'deactivated', version = version + 1, updated_at = @now
             where tenant_id = @tenant and id = @id and status in ('active') returning role
            """, new { tenant, id, now = clock.GetUtcNow() });
        if (role is not null)
        {
            await audit.WriteAsync(tx, tenant, actor, new AuditEntry(
                "user_deactivated", "user", id.Value, new { status = "active" }, new { status = "deactivated", role, reason },
                EventType.UserDeactivated));
            await participation.EndAsync(tx, tenant, actor, id);
        }

        // Asked of the rows and not of this move: told again, it is still true.
        return new(role is not null, await tx.GetAsync<bool>("""
            select exists (select 1 from portal.users u join portal.tenants t on t.id = u.tenant_id
                            where u.tenant_id = @tenant and u.id = @id and u.role = 'admin' and t.status = 'active')
               and not exists (select 1 from portal.users where tenant_id = @tenant and role = 'admin' and status = 'active')
            """, new { tenant, id }));
    }

    private sealed record Known(string Name, string Email, bool OwnName);
}
