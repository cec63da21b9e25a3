using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.People;

/// <summary>What Clerk has to be told of one invite. <paramref name="Generation"/> fences: an answer to an earlier one moves
/// nothing.</summary>
public sealed record InviteTask(
    InviteId Id, string OrganizationId, string Email, string ClerkState, string? ClerkInvitationId, int Generation, int ClerkAttempts,
    DateTimeOffset ExpiresAt,
    DateTimeOffset ClerkNextAt);

/// <summary>An invite that something is due for, as the sweep finds it across tenants.</summary>
public sealed record DueInvite(TenantId TenantId, InviteId Id);

/// <summary>
/// The SQL between invites and Clerk. A task is taken by moving <c>clerk_next_at</c> to the end of a lease, longer than any call: a
/// request and the sweep never talk to Clerk about the same invite at once, and a process that dies leaves it due again.
/// </summary>
public sealed class InviteSyncStore(PortalDb db, TimeProvider clock)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private const string Columns = """
        i.id, t.clerk_org_id as organization_id, i.email, i.clerk_state, i.clerk_invitation_id, i.generation, i.clerk_attempts,
        i.expires_at, i.clerk_next_at
        """;

    /// <summary>Across tenants: invites that Clerk has to be told of.</summary>
    public Task<IReadOnlyList<DueInvite>> DueAsync(int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DueInvite>("""
            select tenant_id, id from portal.invites
             where clerk_state in ('wanted', 'unwanted') and clerk_next_at <= @now order by clerk_next_at limit @limit
            """, new { now = clock.GetUtcNow(), limit }), ct);

    /// <summary>Across tenants: pending ones that are over, unless the person has joined already.</summary>
    public Task<IReadOnlyList<DueInvite>> OverdueAsync(int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DueInvite>("""
            select tenant_id, id from portal.invites
             where status = 'pending' and expires_at <= @now and clerk_state <> 'accepted' and clerk_next_at <= @now order by expires_at
                limit @limit
            """, new { now = clock.GetUtcNow(), limit }), ct);

    /// <summary>Takes what is due for this invite; null when nothing is, or somebody else is at it.</summary>
    public Task<InviteTask?> TakeAsync(TenantId tenant, InviteId id, CancellationToken ct) =>
        db.InTenantAsync(tenant, tx => tx.QueryOneAsync<InviteTask>($"""
            update portal.invites i set clerk_next_at = @until, clerk_attempts = i.clerk_attempts + 1
              from portal.tenants t
             where t.id = i.tenant_id and i.tenant_id = @tenant and i.id = @id and i.clerk_next_at <= @now
               and (i.clerk_state in ('wanted', 'unwanted')
                  or (i.status = 'pending' and i.expires_at <= @now and i.clerk_state <> 'accepted'))
            returning {Columns}
            """, new { tenant, id, now = clock.GetUtcNow(), until = clock.GetUtcNow() + Lease }), ct);

    /// <summary>Writes what came of it and gives the lease back. False: people decided otherwise meanwhile, and the invite is due
    /// again.</summary>
    public Task<bool> SettleAsync(
        TenantId tenant, InviteTask task, string state, string? invitationId, string? fault, CancellationToken ct) =>
        db.InTenantAsync(tenant, async tx =>
        {
            var args = new
            {
                tenant,
                id = task.Id,
                task.Generation,
                was = task.ClerkState,
                leased = task.ClerkNextAt,
                state,
                invitationId,
                fault,
                now = clock.GetUtcNow(),
            };
            var settled = await tx.ExecuteAsync("""
                update portal.invites set clerk_state = @state, clerk_invitation_id = coalesce(@invitationId, clerk_invitation_id),
                   clerk_fault = @fault,
                       clerk_attempts = 0, clerk_next_at = @now
                 where tenant_id = @tenant and id = @id and generation = @Generation and clerk_state = @was
                """, args) == 1;
            if (!settled)
            {
                await tx.ExecuteAsync("""
                    update portal.invites set clerk_next_at = @now where tenant_id = @tenant and id = @id and clerk_next_at = @leased
                    """, args);
            }

            return settled;
        }, ct);

    /// <summary>wanted → sent: Clerk tells of the invitation before, or in place of, its answer. Whoever is making it just now finds
    /// nothing left to do.</summary>
    public async Task<bool> SentAsync(Tx tx, TenantId tenant, InviteId id, int generation, string invitationId) =>
        await tx.ExecuteAsync("""
        update portal.invites set clerk_state = 'sent', clerk_invitation_id = @invitationId, clerk_fault = null, clerk_attempts = 0
         where tenant_id = @tenant and id = @id and generation = @generation and status = 'pending' and clerk_state = 'wanted'
        """, new { tenant, id, generation, invitationId }) == 1;

    /// <summary>wanted, sent → accepted: from now on time does not end it.</summary>
    public async Task<bool> AcceptedAsync(Tx tx, TenantId tenant, InviteId id, int generation) => await tx.ExecuteAsync("""
        update portal.invites set clerk_state = 'accepted', clerk_attempts = 0
         where tenant_id = @tenant and id = @id and generation = @generation and status = 'pending' and clerk_state in ('wanted', 'sent')
        """, new { tenant, id, generation }) == 1;

    /// <summary>Not now: due again then.</summary>
    public Task RescheduleAsync(TenantId tenant, InviteTask task, DateTimeOffset until, CancellationToken ct) =>
        db.InTenantAsync(tenant, tx => tx.ExecuteAsync("""
            update portal.invites set clerk_next_at = @until where tenant_id = @tenant and id = @id and clerk_next_at = @leased
            """, new { tenant, id = task.Id, leased = task.ClerkNextAt, until }), ct);
}
