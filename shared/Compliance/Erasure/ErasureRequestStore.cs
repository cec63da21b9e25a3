using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.People;

namespace Portal.Compliance.Erasure;

/// <summary>All SQL of asking for an erasure and of taking it back; how it is carried out: <see cref="ErasureStore"/>.</summary>
public sealed class ErasureRequestStore(
    ErasureStore store, UserStore users, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    private static readonly TimeSpan HoldBack = TimeSpan.FromHours(24);
    private static readonly TimeSpan Grace = TimeSpan.FromDays(7);

    /// <summary>For whom the erasure of a tenant is not.</summary>
    public static Refusal OfTenant { get; } = new Refusal.Forbidden("forbidden", "An Admin asks for the erasure of a portal.");

    /// <summary>
    /// Asks for an erasure. Asked again while one of the same subject waits, it is that one, which begins no later than now asked;
    /// refused when it has begun.
    /// </summary>
    public async Task<Result<ErasureRequest>> RequestAsync(Tx tx, TenantId tenant, Actor actor, NewErasure wanted)
    {
        var subject = wanted.Subject is { } user ? await SubjectAsync(tx, tenant, user) : null;
        if (wanted.Subject is not null && subject is null)
        {
            return new Refusal.NotFound("user");
        }

        if (wanted.Subject is { } person && await users.IsLastAdminAsync(tx, tenant, person))
        {
            return UserStore.LastAdmin;
        }

        if (subject is { Erased: true })
        {
            return new Refusal.Conflict("erased", "The person has been erased.");
        }

        if (wanted.Kind == SubjectKind.Guest && await IsMemberAsync(tx, tenant, wanted.Address!))
        {
            return new Refusal.InvalidField("email", "guest", "must not be that of a user: ask for the erasure of the person.");
        }

        if (await SubjectQuery.UnknownViewersAsync(tx, tenant, wanted.Viewers) is { } unknown)
        {
            return unknown;
        }

        return wanted.Kind == SubjectKind.Tenant
            ? await AddAsync(tx, tenant, actor, wanted, null, Grace) is { } asked
                ? asked
                : new Refusal.Conflict("erasure-begun", "The erasure of this portal has been asked for.")
            : await AddAsync(tx, tenant, actor, wanted, subject, TimeSpan.Zero) ?? await HastenAsync(tx, tenant, wanted);
    }

    /// <summary>At Clerk's word, which may be a mis-click: held back for a day, and refused to nobody, since whoever is gone there runs no
    /// tenant. True: it is new.</summary>
    public async Task<bool> RequestHeldBackAsync(Tx tx, TenantId tenant, Actor actor, UserId user) =>
        await SubjectAsync(tx, tenant, user) is { Erased: false } subject
        && await AddAsync(
            tx, tenant, actor, new(SubjectKind.Person, user, null, [], ErasedComments.Keep), subject, HoldBack) is not null;

    /// <summary>Whether it is the caller's own address, letter case aside.</summary>
    public Task<bool> IsAddressOfAsync(Tx tx, Caller caller, string address) => tx.GetAsync<bool>("""
        select exists (select 1 from portal.users u
                        where u.tenant_id = @Tenant and u.id = @User and lower(u.email) = lower(@address))
        """, new { caller.Tenant, caller.User, address = address.Trim() });

    /// <summary>Whether that is what the tenant is called.</summary>
    public Task<bool> IsNameOfAsync(Tx tx, TenantId tenant, string name) => tx.GetAsync<bool>(
        "select exists (select 1 from portal.tenants t where t.id = @tenant and t.name = @name)", new { tenant, name = name.Trim() });

    /// <summary>requested, held → cancelled, unless it had begun before it was held; a tenant's by an Admin, and once requested until its
    /// week is over.</summary>
    public async Task<Result<ErasureRequest>> CancelAsync(Tx tx, Caller caller, Guid id)
    {
        var tenant = caller.Tenant;
        if (await store.FindAsync(tx, tenant, id) is not { } before)
        {
            return new Refusal.NotFound("erasure");
        }

        if (before.Kind == SubjectKind.Tenant && caller.Role != Role.Admin)
        {
            return OfTenant;
        }

        var now = clock.GetUtcNow();
        var cancelled = await tx.ExecuteAsync("""
            update portal.erasure_requests set status = 'cancelled', ended_at = @now, address = null, clerk_user_id = null,
                   version = version + 1
             where tenant_id = @tenant and id = @id and status in ('requested', 'held') and started_at is null
               and (kind <> 'tenant' or status = 'held' or starts_at > @now)
            """, new { tenant, id, now }) == 1;
        if (!cancelled)
        {
            return new Refusal.Conflict("erasure-begun", "It has begun, or is over, and cannot be taken back.");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "erasure_cancelled", "erasure_request", id, new { status = before.Status }, new { status = "cancelled" },
            before.Kind == SubjectKind.Tenant ? EventType.TenantErasureCancelled : null));
        return (await store.FindAsync(tx, tenant, id))!;
    }

    private async Task<ErasureRequest?> AddAsync(
        Tx tx, TenantId tenant, Actor actor, NewErasure wanted, Subject? subject, TimeSpan heldBack)
    {
        var now = clock.GetUtcNow();
        var address = subject?.Email ?? wanted.Address?.Trim().ToLowerInvariant();
        var starts = now + heldBack;
        var made = await tx.QueryOneAsync<Guid?>("""
            insert into portal.erasure_requests (id, tenant_id, kind, subject_id, status, comments, address, address_hash, viewer_ids,
                clerk_user_id, requested_by, requested_at, starts_at, next_at, due_at)
            values (@id, @tenant, @Kind, @subject, 'requested', @Comments, @address, @addressHash, @viewers, @clerkUser, @by, @now,
                @starts, @starts, @due)
            on conflict (tenant_id, kind, coalesce(subject_id::text, address_hash, ''))
               where status in ('requested', 'running', 'failed', 'held')
            do nothing
            returning id
            """, new
        {
            id = Guid.CreateVersion7(now),
            tenant,
            wanted.Kind,
            subject = wanted.Subject?.Value,
            wanted.Comments,
            address,
            addressHash = hash.Of(address),
            viewers = wanted.Viewers.ToArray(),
            clerkUser = subject?.ClerkUserId,
            by = actor.Person,
            now,
            starts,
            due = starts + ErasureRequest.Promise,
        });
        if (made is not { } id)
        {
            return null;
        }

        await audit.WriteAsync(tx, tenant, actor, wanted.Kind == SubjectKind.Tenant
            ? new AuditEntry("erasure_requested", "erasure_request", id, null,
                new { kind = wanted.Kind, status = "requested", startsAt = starts, dueAt = starts + ErasureRequest.Promise },
                EventType.TenantErasureRequested)
            : new AuditEntry("erasure_requested", "erasure_request", id, null,
                new { kind = wanted.Kind, userId = wanted.Subject?.Value, status = "requested", dueAt = starts + ErasureRequest.Promise },
                EventType.ErasureRequested));
        return await store.FindAsync(tx, tenant, id);
    }

    /// <summary>The one that waits, which begins now, as asked now.</summary>
    private async Task<Result<ErasureRequest>> HastenAsync(Tx tx, TenantId tenant, NewErasure wanted)
    {
        var now = clock.GetUtcNow();
        var id = await tx.QueryOneAsync<Guid?>("""
            update portal.erasure_requests set starts_at = least(starts_at, @now), next_at = least(next_at, @now),
                   due_at = least(due_at, @due), comments = @Comments, version = version + 1
             where tenant_id = @tenant and kind = @Kind and status in ('requested')
               and (subject_id = @subject or (subject_id is null and address_hash = @addressHash))
            returning id
            """, new
        {
            tenant,
            wanted.Kind,
            wanted.Comments,
            subject = wanted.Subject?.Value,
            addressHash = hash.Of(wanted.Address),
            now,
            due = now + ErasureRequest.Promise,
        });
        return id is { } waiting
            ? (await store.FindAsync(tx, tenant, waiting))!
            : new Refusal.Conflict("erasure-begun", "An erasure of the same subject is under way.");
    }

    private static Task<Subject?> SubjectAsync(Tx tx, TenantId tenant, UserId id) => tx.QueryOneAsync<Subject>("""
        select u.email, u.clerk_user_id, u.erased_at is not null as erased from portal.users u
         where u.tenant_id = @tenant and u.id = @id
        """, new { tenant, id });

    private static Task<bool> IsMemberAsync(Tx tx, TenantId tenant, string address) => tx.GetAsync<bool>(
        "select exists (select 1 from portal.users u where u.tenant_id = @tenant and lower(u.email) = lower(@address))",
        new { tenant, address = address.Trim() });

    private sealed record Subject(string Email, string ClerkUserId, bool Erased);
}
