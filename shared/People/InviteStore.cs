using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.People;

/// <summary>An invite as the tenant's Admins see it.</summary>
/// <param name="ClerkState">What Clerk has been told: see 0007_people.sql.</param>
public sealed record Invite(
    InviteId Id, string Email, string Role, Guid[] ProjectIds, string Status, DateTimeOffset ExpiresAt, string ClerkState,
    string? ClerkFault,
    UserId InvitedBy, string InvitedByName, Guid? AcceptedBy, string? AcceptedByName, DateTimeOffset? AcceptedAt, int Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Somebody to invite.</summary>
public sealed record NewInvite(string Email, string Role, IReadOnlyList<Guid> ProjectIds, TimeSpan Lifetime);

/// <summary>
/// All SQL of what people do with invites. Each move is one guarded UPDATE that also says what Clerk has to be told; who tells it is
/// <see cref="SyncInvite"/>. At most one invite of a tenant is pending for an address: whoever makes one pending holds the address' lock.
/// </summary>
public sealed class InviteStore(PortalDb db, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    /// <summary>pending → revoked; Clerk is to be told.</summary>
    private const string Revoke = """
        update portal.invites i set status = 'revoked', generation = i.generation + 1, clerk_state = 'unwanted', clerk_attempts = 0,
               clerk_next_at = greatest(i.clerk_next_at, @now), version = i.version + 1, updated_at = @now
        """;

    internal const string Columns = """
        i.id, i.email, i.role, i.project_ids, i.status, i.expires_at, i.clerk_state, i.clerk_fault, i.invited_by,
        (select u.name from portal.users u where u.tenant_id = i.tenant_id and u.id = i.invited_by) as invited_by_name,
        i.accepted_by, (select u.name from portal.users u where u.tenant_id = i.tenant_id and u.id = i.accepted_by) as accepted_by_name,
        i.accepted_at, i.version, i.created_at, i.updated_at
        """;

    private const string Find = $"select {Columns} from portal.invites i where i.tenant_id = @tenant and i.id = @id";

    private const string Listed = $"""
        select {Columns} from portal.invites i where i.tenant_id = @tenant and (@status::text is null or i.status = @status)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("i.created_at, i.id");

    public Task<Invite?> FindAsync(TenantId tenant, Caller caller, InviteId id, CancellationToken ct) =>
        db.ReadOneAsync<Invite>(tenant, Find, new { tenant, id }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, InviteId, CancellationToken)"/>
    public Task<Invite?> FindAsync(Tx tx, TenantId tenant, Caller caller, InviteId id) =>
        tx.QueryOneAsync<Invite>(Find, new { tenant, id });

    /// <summary>The invite's row for oneself, until the transaction ends. Lock order: the row, then its address.</summary>
    public Task<Invite?> LockAsync(Tx tx, TenantId tenant, Caller caller, InviteId id) =>
        tx.QueryOneAsync<Invite>($"{Find} for no key update", new { tenant, id });

    /// <summary>Newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<Invite>> ListAsync(TenantId tenant, Caller caller, string? status, Page page, CancellationToken ct) =>
        db.ReadPageAsync<Invite>(tenant, ByAge, Listed, page, new { tenant, status }, ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, string? status, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, status }, ct);

    /// <summary>Are all of these projects that somebody can still join?</summary>
    public async Task<bool> AreProjectsAsync(Tx tx, TenantId tenant, IReadOnlyList<Guid> projects) =>
        await tx.GetAsync<long>("select count(*) from portal.projects where tenant_id = @tenant and id = any(@projects) and status <> "
            + "'archived'",
            new { tenant, projects = projects.ToArray() }) == projects.Count;

    /// <summary>Held until the commit: two people who invite the same address do it one after the other.</summary>
    public Task LockAddressAsync(Tx tx, TenantId tenant, string email) =>
        tx.ExecuteAsync(
            "select pg_advisory_xact_lock(hashtextextended('invite' || @tenant::text || lower(@email), 0))", new { tenant, email });

    public Task<bool> HasPendingAsync(Tx tx, TenantId tenant, string email) =>
        tx.GetAsync<bool>("select exists (select 1 from portal.invites where tenant_id = @tenant and lower(email) = lower(@email) and "
            + "status = 'pending')",
            new { tenant, email });

    /// <summary>– → pending. Hold <see cref="LockAddressAsync"/> and find none pending first.</summary>
    public async Task<Invite> AddAsync(Tx tx, TenantId tenant, Caller caller, NewInvite invite)
    {
        var now = clock.GetUtcNow();
        var added = await tx.GetAsync<Invite>($"""
            insert into portal.invites as i (id, tenant_id, email, role, project_ids, status, expires_at, clerk_state, clerk_next_at,
               invited_by, created_at, updated_at)
            values (@id, @tenant, @Email, @Role, @projects, 'pending', @expiresAt, 'wanted', @now, @by, @now, @now)
            returning {Columns}
            """, new
        {
            id = NewKey.At<InviteId>(now),
            tenant,
            invite.Email,
            invite.Role,
            projects = invite.ProjectIds.ToArray(),
            expiresAt = now + invite.Lifetime,
            by = caller.User,
            now,
        });
        await RecordAsync(tx, tenant, Actor.From(caller), EventType.InviteCreated, null, added);
        return added;
    }

    /// <summary>expired, revoked → pending, with a new end. Hold the row's and the address' lock, and find none pending first.</summary>
    public async Task<Invite> ReissueAsync(Tx tx, TenantId tenant, Caller caller, Invite before, TimeSpan lifetime)
    {
        var now = clock.GetUtcNow();
        var after = await tx.GetAsync<Invite>($"""
            update portal.invites i set status = 'pending', expires_at = @expiresAt, generation = i.generation + 1, clerk_state = 'wanted',
                   clerk_invitation_id = null, clerk_fault = null, clerk_attempts = 0, clerk_next_at = greatest(i.clerk_next_at, @now),
                   version = i.version + 1, updated_at = @now
             where i.tenant_id = @tenant and i.id = @id and i.status in ('expired', 'revoked')
            returning {Columns}
            """, new { tenant, id = before.Id, expiresAt = now + lifetime, now });
        await RecordAsync(tx, tenant, Actor.From(caller), EventType.InviteReissued, before.Status, after);
        return after;
    }

    /// <summary>pending → revoked: from the commit on it lets nobody in, whatever Clerk still shows.</summary>
    public async Task<Result<Invite>> RevokeAsync(Tx tx, TenantId tenant, Caller caller, InviteId id)
    {
        if (await LockAsync(tx, tenant, caller, id) is not { } before)
        {
            return new Refusal.NotFound("invite");
        }

        var after = await tx.QueryOneAsync<Invite>($"""
            {Revoke}
             where i.tenant_id = @tenant and i.id = @id and i.status in ('pending')
            returning {Columns}
            """, new { tenant, id, now = clock.GetUtcNow() });
        await RecordAsync(tx, tenant, Actor.From(caller), EventType.InviteRevoked, "pending", after);
        return after is null ? new Refusal.Conflict("invite-not-pending", $"The invite is {before.Status}.") : after;
    }

    /// <summary>pending → revoked, because somebody withdrew the invitation at Clerk by hand. False: not pending, or that invitation is
    /// not its present one.</summary>
    public async Task<bool> RevokedAtClerkAsync(Tx tx, TenantId tenant, Actor actor, InviteId id, string invitationId)
    {
        var after = await tx.QueryOneAsync<Invite>($"""
            update portal.invites i set status = 'revoked', generation = i.generation + 1, clerk_state = 'none', clerk_attempts = 0,
               updated_at = @now
             where i.tenant_id = @tenant and i.id = @id and i.status in ('pending') and i.clerk_state = 'sent'
                and i.clerk_invitation_id = @invitationId
            returning {Columns}
            """, new { tenant, id, invitationId, now = clock.GetUtcNow() });
        return await RecordAsync(tx, tenant, actor, EventType.InviteRevoked, "pending", after);
    }

    /// <summary>All that are pending, because their tenant goes.</summary>
    public async Task RevokeAllAsync(Tx tx, TenantId tenant, Caller caller)
    {
        foreach (var id in await tx.QueryAsync<Guid>("select id from portal.invites where tenant_id = @tenant and status = 'pending'",
            new { tenant }))
        {
            await RevokeAsync(tx, tenant, caller, new InviteId(id));
        }
    }

    /// <summary>pending → revoked, those to this address: whoever it is is to be erased.</summary>
    public async Task WithdrawAsync(Tx tx, TenantId tenant, Actor actor, string email)
    {
        var withdrawn = await tx.QueryAsync<Invite>($"""
            {Revoke}
             where i.tenant_id = @tenant and lower(i.email) = lower(@email) and i.status in ('pending')
            returning {Columns}
            """, new { tenant, email, now = clock.GetUtcNow() });
        foreach (var invite in withdrawn)
        {
            await RecordAsync(tx, tenant, actor, EventType.InviteRevoked, "pending", invite);
        }
    }

    /// <summary>pending → expired, by time. False: not pending, or not over yet.</summary>
    public async Task<bool> ExpireAsync(Tx tx, TenantId tenant, InviteId id)
    {
        var after = await tx.QueryOneAsync<Invite>($"""
            update portal.invites i set status = 'expired', generation = i.generation + 1, clerk_state = 'unwanted', clerk_attempts = 0,
                   clerk_next_at = greatest(i.clerk_next_at, @now), updated_at = @now
             where i.tenant_id = @tenant and i.id = @id and i.status in ('pending') and i.expires_at <= @now
                and i.clerk_state <> 'accepted'
            returning {Columns}
            """, new { tenant, id, now = clock.GetUtcNow() });
        return await RecordAsync(tx, tenant, Actor.System("ExpireInvites"), EventType.InviteExpired, "pending", after);
    }

    /// <summary>
    /// The pending invite that lets this person in: the one that their membership is marked with, else one to an address that they have
    /// proved to be theirs. Its row stays locked, so that it lets in once.
    /// </summary>
    public Task<Invite?> LockForAsync(Tx tx, TenantId tenant, Guid marked, IReadOnlyList<string> addresses) =>
        tx.QueryOneAsync<Invite>($"""
            select {Columns} from portal.invites i
             where i.tenant_id = @tenant and i.status = 'pending'
               and (i.id = @marked or (lower(i.email) = any(@addresses) and i.expires_at > @now))
             order by i.id = @marked desc, i.created_at desc limit 1
               for update
            """, new { tenant, marked, addresses = addresses.Select(a => a.ToLowerInvariant()).ToArray(), now = clock.GetUtcNow() });

    /// <summary>pending → accepted. They may have joined another way: an invitation left at Clerk is withdrawn.</summary>
    public async Task<bool> AcceptAsync(Tx tx, TenantId tenant, Actor actor, InviteId id, UserId by)
    {
        var after = await tx.QueryOneAsync<Invite>($"""
            update portal.invites i set status = 'accepted', accepted_by = @by, accepted_at = @now, clerk_state = 'unwanted',
               clerk_attempts = 0,
                   clerk_next_at = greatest(i.clerk_next_at, @now), updated_at = @now
             where i.tenant_id = @tenant and i.id = @id and i.status in ('pending')
            returning {Columns}
            """, new { tenant, id, by, now = clock.GetUtcNow() });
        return await RecordAsync(tx, tenant, actor, EventType.InviteAccepted, "pending", after);
    }

    /// <summary>False: nothing moved, and nothing is written.</summary>
    private async Task<bool> RecordAsync(Tx tx, TenantId tenant, Actor actor, EventType act, string? before, Invite? after)
    {
        if (after is not null)
        {
            var was = before is null ? null : new { status = before };
            await audit.WriteAsync(tx, tenant, actor, new AuditEntry(act, "invite", after.Id.Value, was, Recorded(after), act));
        }

        return after is not null;
    }

    private object Recorded(Invite i) => new
    {
        status = i.Status,
        role = i.Role,
        projectIds = i.ProjectIds,
        expiresAt = i.ExpiresAt,
        invitedBy = i.InvitedBy.Value,
        acceptedBy = i.AcceptedBy,
        emailHash = hash.Of(i.Email),
    };
}
