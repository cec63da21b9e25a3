using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;
using Portal.Projects;

namespace Portal.People;

/// <summary>A person of a tenant as its Admins see them. <paramref name="SortName"/> is what the list by name is ordered by.</summary>
public sealed record User(
    UserId Id, string Name, string Email, string Role, string Status, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    string SortName);

/// <summary>Somebody who joins.</summary>
public sealed record NewUser(string ClerkUserId, string Email, string Name, string Role, DateTimeOffset? ClerkUpdatedAt);

/// <summary>Which users a list shows; null: all. <paramref name="Text"/> is looked for in names and addresses, whatever its
/// case.</summary>
public sealed record UserFilter(string? Role, string? Status, string? Text);

/// <summary>
/// All SQL of users. A tenant always keeps an active Admin: whoever may take one away locks the tenant's row first (lock order: tenant,
/// then user), so that eight at once are judged one after the other.
/// </summary>
public sealed class UserStore(PortalDb db, ParticipationTransitions participation, AuditWriter audit, TimeProvider clock)
{
    private const string SortName = "left(lower(u.name),50)";
    private const string Columns = $"u.id, u.name, u.email, u.role, u.status, u.version, u.created_at, u.updated_at, {SortName} as "
        + "sort_name";
    private const string Find = $"select {Columns} from portal.users u where u.tenant_id = @tenant and u.id = @id";

    private const string Listed = $"""
        select {Columns} from portal.users u
         where u.tenant_id = @tenant and (@role::text is null or u.role = @role) and (@status::text is null or u.status = @status)
           and (@text::text is null or position(lower(@text) in lower(u.name)) > 0 or position(lower(@text) in lower(u.email)) > 0)
        """;

    public static readonly Refusal.Conflict LastAdmin =
        new("last-admin", "This is the only active Admin. Make somebody else Admin first.");

    private static readonly PageQuery ByAge = PageQuery.Descending("u.created_at, u.id");
    private static readonly PageQuery ByName = PageQuery.Ascending($"{SortName}, u.id", "@afterKey, @afterId");

    private const string AnotherAdmin = """
        exists (select 1 from portal.users o where o.tenant_id = u.tenant_id and o.id <> u.id and o.role = 'admin' and o.status = 'active')
        """;

    public Task<User?> FindAsync(TenantId tenant, Caller caller, UserId id, CancellationToken ct) =>
        db.ReadOneAsync<User>(tenant, Find, new { tenant, id }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, UserId, CancellationToken)"/>
    public Task<User?> FindAsync(Tx tx, TenantId tenant, Caller caller, UserId id) => tx.QueryOneAsync<User>(Find, new { tenant, id });

    /// <summary>One row more than the page holds.</summary>
    public Task<IReadOnlyList<User>> ListAsync(
        TenantId tenant, Caller caller, UserFilter filter, bool byName, Page page, CancellationToken ct) =>
        db.ReadPageAsync<User>(
            tenant, byName ? ByName : ByAge, Listed, page, new { tenant, filter.Role, filter.Status, filter.Text }, ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, UserFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, filter.Role, filter.Status, filter.Text }, ct);

    /// <summary>The names of these people of the tenant, by id.</summary>
    public async Task<IReadOnlyDictionary<Guid, string>> NamesAsync(TenantId tenant, IReadOnlyList<Guid> ids, CancellationToken ct) =>
        ids.Count == 0
            ? new Dictionary<Guid, string>()
            : (await db.ReadAsync<(Guid Id, string Name)>(
                tenant, "select u.id, u.name from portal.users u where u.tenant_id = @tenant and u.id = any(@ids)",
                new { tenant, ids = ids.ToArray() }, ct)).ToDictionary(u => u.Id, u => u.Name);

    /// <summary>Is somebody with this address a member?</summary>
    public Task<bool> HasEmailAsync(Tx tx, TenantId tenant, string email) =>
        tx.GetAsync<bool>(
            "select exists (select 1 from portal.users where tenant_id = @tenant and lower(email) = lower(@email))",
            new { tenant, email });

    public Task<bool> IsMemberAsync(Tx tx, TenantId tenant, string clerkUserId) =>
        tx.GetAsync<bool>(
            "select exists (select 1 from portal.users where tenant_id = @tenant and clerk_user_id = @clerkUserId)",
            new { tenant, clerkUserId });

    /// <summary>
    /// Whoever came here with an import has no account: the first Clerk user with a verified address of theirs is that person. Null: there
    /// is nobody of these addresses who has none.
    /// </summary>
    public async Task<UserId?> LinkAsync(Tx tx, TenantId tenant, string clerkUserId, IReadOnlyList<string> verified)
    {
        var linked = await tx.GetAsync<Guid?>(
            "select portal.link_imported(@clerkUserId, @addresses)",
            new { clerkUserId, addresses = verified.Select(a => a.ToLowerInvariant()).ToArray() });
        return linked is { } id ? new UserId(id) : null;
    }

    /// <summary>Adds a person; null when this Clerk user is a member already. The caller writes the audit: only it knows why they
    /// join.</summary>
    public async Task<UserId?> EnrolAsync(Tx tx, TenantId tenant, NewUser user)
    {
        var now = clock.GetUtcNow();
        var added = await tx.QueryOneAsync<Guid?>("""
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, status, clerk_updated_at, created_at, updated_at)
            values (@id, @tenant, @ClerkUserId, @Email, @Name, @Role, 'active', @ClerkUpdatedAt, @now, @now)
            on conflict (tenant_id, clerk_user_id) do nothing returning id
            """,
            new { id = NewKey.At<UserId>(now), tenant, user.ClerkUserId, user.Email, user.Name, user.Role, user.ClerkUpdatedAt, now });
        return added is { } id ? new UserId(id) : null;
    }

    /// <summary>Asks for the tenant's row, so that whatever is decided about its Admins is decided by one at a time.</summary>
    public Task LockAdminsAsync(Tx tx, TenantId tenant) =>
        tx.ExecuteAsync("select 1 from portal.tenants where id = @tenant for no key update", new { tenant });

    /// <summary>Whether nobody else would be an active Admin.</summary>
    public Task<bool> IsLastAdminAsync(Tx tx, TenantId tenant, UserId id) => tx.GetAsync<bool>($"""
        select exists (select 1 from portal.users u where u.tenant_id = @tenant and u.id = @id and u.role = 'admin'
           and u.status = 'active' and not {AnotherAdmin})
        """, new { tenant, id });

    public async Task<Result<User>> ChangeRoleAsync(Tx tx, TenantId tenant, Caller caller, UserId id, int version, string role)
    {
        await LockAdminsAsync(tx, tenant);
        if (await FindAsync(tx, tenant, caller, id) is not { } before)
        {
            return new Refusal.NotFound("user");
        }

        if (before.Version != version)
        {
            return new Refusal.Stale(before.Version);
        }

        if (before.Role == role)
        {
            return before;
        }

        var after = await tx.QueryOneAsync<User>($"""
            update portal.users u set role = @role, version = u.version + 1, updated_at = @now
             where u.tenant_id = @tenant and u.id = @id and u.version = @version
               and (u.role <> 'admin' or u.status <> 'active' or @role = 'admin' or {AnotherAdmin})
            returning {Columns}
            """, new { tenant, id, version, role, now = clock.GetUtcNow() });
        if (after is null)
        {
            return LastAdmin;
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "user_role_changed", "user", id.Value, new { role = before.Role }, new { role = after.Role }, EventType.UserRoleChanged));
        await participation.EndAsync(tx, tenant, Actor.From(caller), id);
        return after;
    }

    /// <summary>active → deactivated, but the last Admin.</summary>
    public Task<Result<User>> DeactivateAsync(Tx tx, TenantId tenant, Caller caller, UserId id) =>
        MoveAsync(tx, tenant, caller, id, EventType.UserDeactivated, $"""
        update portal.users u set status = 'deactivated', version = u.version + 1, updated_at = @now
         where u.tenant_id = @tenant and u.id = @id and u.status in ('active') and (u.role <> 'admin' or {AnotherAdmin})
        returning {Columns}
        """, user => user.Status == "active" ? LastAdmin : new("user-not-active", $"The user is {user.Status}."));

    /// <summary>deactivated → active.</summary>
    public Task<Result<User>> ReactivateAsync(Tx tx, TenantId tenant, Caller caller, UserId id) =>
        MoveAsync(tx, tenant, caller, id, EventType.UserReactivated, $"""
        update portal.users u set status = 'active', version = u.version + 1, updated_at = @now
         where u.tenant_id = @tenant and u.id = @id and u.status in ('deactivated')
        returning {Columns}
        """, user => new("user-not-deactivated", $"The user is {user.Status}."));

    private async Task<Result<User>> MoveAsync(
        Tx tx, TenantId tenant, Caller caller, UserId id, EventType act, string sql, Func<User, Refusal.Conflict> why)
    {
        await LockAdminsAsync(tx, tenant);
        if (await FindAsync(tx, tenant, caller, id) is not { } before)
        {
            return new Refusal.NotFound("user");
        }

        if (await tx.QueryOneAsync<User>(sql, new { tenant, id, now = clock.GetUtcNow() }) is not { } moved)
        {
            return why(before);
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            act, "user", id.Value, new { status = before.Status }, new { status = moved.Status, role = moved.Role }, act));
        await participation.EndAsync(tx, tenant, Actor.From(caller), id);
        return moved;
    }
}
