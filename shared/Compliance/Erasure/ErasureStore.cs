using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Compliance.Erasure;

/// <summary>An erasure that is open, as the sweep sees it across tenants.</summary>
public sealed record OpenErasure(
    Guid Id, TenantId TenantId, string Kind, string Status, int Attempt, DateTimeOffset StartsAt, DateTimeOffset DueAt)
{
    public ErasureRef Ref => new(TenantId.Value, Id, Attempt);
}

/// <summary>How many rows of a table an erasure touched.</summary>
public sealed record ErasedRows(string What, long Count);

/// <summary>A certificate as it is kept.</summary>
public sealed record StoredCertificate(
    Guid ErasureId, TenantId TenantId, string Document, string KeyId, byte[] Signature, DateTimeOffset CreatedAt);

/// <summary>All SQL of erasure requests as they are carried out, and of their certificates; how they are asked for:
/// <see cref="ErasureRequestStore"/>. What is erased of the rows: <c>portal.erase_person</c>, <c>portal.erase_guest</c>; of a tenant,
/// <see cref="TenantErasureStore"/>.</summary>
public sealed class ErasureStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromHours(1);

    private const string Columns = """
        e.id, e.tenant_id, e.kind, e.subject_id, e.status, e.comments, e.address, e.address_hash, e.viewer_ids, e.clerk_user_id,
        e.requested_by, e.attempt, e.last_error, e.requested_at, e.starts_at, e.due_at, e.started_at, e.ended_at, e.version,
        e.done::text as done,
        (select u.name from portal.users u where u.tenant_id = e.tenant_id and u.id = e.subject_id) as subject_name,
        (select u.name from portal.users u where u.tenant_id = e.tenant_id and u.id = e.requested_by) as requested_by_name
        """;

    private const string Listed = $"""
        select {Columns} from portal.erasure_requests e where e.tenant_id = @tenant and (@status::text is null or e.status = @status)
        """;

    private const string Find = $"select {Columns} from portal.erasure_requests e where e.tenant_id = @tenant and e.id = @id";

    /// <summary>Whether a legal hold keeps request <c>e</c> from beginning: of a tenant's, one on anything in it.</summary>
    private const string IsHeld = """
        case e.kind when 'tenant' then exists (select 1 from portal.holds h where h.tenant_id = e.tenant_id and h.lifted_at is null)
                    else portal.is_held(e.tenant_id, null, null, e.subject_id) end
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("e.requested_at, e.id");

    public Task<IReadOnlyList<ErasureRequest>> ListAsync(TenantId tenant, string? status, Page page, CancellationToken ct) =>
        db.ReadPageAsync<ErasureRequest>(tenant, ByAge, Listed, page, new { tenant, status }, ct);

    public Task<long> CountAsync(TenantId tenant, string? status, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, status }, ct);

    public Task<ErasureRequest?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<ErasureRequest>(tenant, Find, new { tenant, id }, ct);

    public Task<ErasureRequest?> FindAsync(Tx tx, TenantId tenant, Guid id) =>
        tx.QueryOneAsync<ErasureRequest>(Find, new { tenant, id });

    /// <summary>requested, failed → running, when its time has come. Null: not this attempt's, or not yet.</summary>
    public async Task<ErasureRequest?> BeginAsync(Tx tx, ErasureRef erasure)
    {
        var now = clock.GetUtcNow();
        var before = await LockAsync(tx, erasure);
        if (before is null || before.Status == ErasureStatus.Running || before.Status == ErasureStatus.Held
            || before.EndedAt is not null || before.StartsAt > now)
        {
            return before is { Status: ErasureStatus.Running } ? before : null;
        }

        if (await IsHeldAsync(tx, before))
        {
            await HoldAsync(tx, before);
            return null;
        }

        await tx.ExecuteAsync("""
            update portal.erasure_requests set status = 'running', started_at = coalesce(started_at, @now), version = version + 1
             where tenant_id = @Tenant and id = @ErasureId and attempt = @Attempt and status in ('requested', 'failed')
            """, new { erasure.Tenant, erasure.ErasureId, erasure.Attempt, now });
        await audit.WriteAsync(tx, erasure.Tenant, By, new AuditEntry(
            "erasure_started", "erasure_request", erasure.ErasureId, new { status = before.Status }, new { status = "running" }));
        return await FindAsync(tx, erasure.Tenant, erasure.ErasureId);
    }

    /// <summary>held → requested, where no hold is left; they begin with the next sweep, and are due a day from now.</summary>
    public async Task ResumeAsync(Tx tx, TenantId tenant, Actor actor)
    {
        var now = clock.GetUtcNow();
        var resumed = await tx.QueryAsync<Guid>($"""
            update portal.erasure_requests e set status = 'requested', attempt = attempt + 1, starts_at = @now, next_at = @now,
                   due_at = @due, last_error = null, version = version + 1
             where tenant_id = @tenant and status in ('held') and not ({IsHeld})
            returning id
            """, new { tenant, now, due = now + ErasureRequest.Promise });
        foreach (var id in resumed)
        {
            await audit.WriteAsync(tx, tenant, actor, new AuditEntry(
                "erasure_resumed", "erasure_request", id, new { status = "held" }, new { status = "requested" }));
        }
    }

    /// <summary>The running attempt, its row locked. Null: it is over, another attempt's, or a legal hold was placed meanwhile, and it is
    /// held. A tenant's goes on: nobody can sign in any more to place one, or to lift it.</summary>
    public async Task<ErasureRequest?> RunningAsync(Tx tx, ErasureRef erasure)
    {
        if (await LockAsync(tx, erasure) is not { Status: ErasureStatus.Running } running)
        {
            return null;
        }

        if (running.Kind == SubjectKind.Tenant || !await IsHeldAsync(tx, running))
        {
            return running;
        }

        await HoldAsync(tx, running);
        return null;
    }

    /// <summary>Erases in the tenant's rows what names the subject, and adds up what that touched.</summary>
    /// <returns>The request with these counts in it.</returns>
    public async Task<ErasureRequest> EraseRowsAsync(Tx tx, ErasureRequest request)
    {
        var args = new
        {
            tenant = request.TenantId,
            subject = request.SubjectId,
            request.Address,
            request.AddressHash,
            clerkUser = request.ClerkUserId,
            viewers = request.ViewerIds,
            remove = request.RemovesComments,
            now = clock.GetUtcNow(),
        };
        var erased = request.Kind == SubjectKind.Person
            ? await tx.QueryAsync<ErasedRows>(
                "select * from portal.erase_person(@tenant, @subject, @Address, @clerkUser, @remove, @now)", args)
            : await tx.QueryAsync<ErasedRows>(
                "select * from portal.erase_guest(@tenant, @Address, @AddressHash, @viewers, @remove, @now)", args);
        return await NoteRowsAsync(tx, request, erased);
    }

    /// <summary>Adds up what a step of the running attempt touched, in its transaction.</summary>
    /// <inheritdoc cref="EraseRowsAsync" path="/returns"/>
    public async Task<ErasureRequest> NoteRowsAsync(Tx tx, ErasureRequest request, IEnumerable<ErasedRows> erased)
    {
        var done = ErasureSteps.Read(request.Done);
        foreach (var rows in erased)
        {
            done.Rows[rows.What] = done.Rows.GetValueOrDefault(rows.What) + rows.Count;
        }

        return await NoteDoneAsync(tx, request, done);
    }

    /// <summary>What was kept for who repeats a request with its key: the last rows to go.</summary>
    /// <inheritdoc cref="EraseRowsAsync" path="/returns"/>
    public async Task<ErasureRequest> EraseAnswersAsync(Tx tx, ErasureRequest request)
    {
        var needles = new[] { request.Address, request.ClerkUserId }.OfType<string>().ToArray();
        var erased = await tx.GetAsync<long>(
            "select portal.erase_answers(@tenant, @Id, @needles)", new { tenant = request.TenantId, request.Id, needles });
        return await NoteRowsAsync(tx, request, [new("idempotency_keys", erased)]);
    }

    /// <summary>What still holds the subject's data, because it is on its way: an invite that Clerk must be told of, a mail, a file that
    /// is to be deleted, a webhook that is not dealt with.</summary>
    public Task<long> UnderWayAsync(Tx tx, ErasureRequest request) => tx.GetAsync<long>("""
        select (select count(*) from portal.invites i
                 where i.tenant_id = @tenant and lower(i.email) = lower(@Address))
             + (select count(*) from portal.deliveries d
                 where d.tenant_id = @tenant and d.recipient = @recipient and d.done_at is null)
             + (select count(*) from portal.exports x where x.tenant_id = @tenant and x.discard and x.status <> 'expired'
                   and (x.subject_id = @SubjectId or x.address_hash = @AddressHash or x.kind = 'tenant'))
             + portal.erasure_texts_waiting(@tenant, @Id)
        """, new
    {
        tenant = request.TenantId,
        request.Id,
        request.Address,
        request.SubjectId,
        request.AddressHash,
        recipient = request.SubjectId is { } user ? $"user:{user}" : $"guest:{request.AddressHash}",
    });

    /// <summary>What a step outside of the database came to, whether or not a hold was placed meanwhile; nothing when the attempt is
    /// over.</summary>
    public Task<bool> NoteDoneAsync(ErasureRef erasure, Func<ErasureSteps, ErasureSteps> with, CancellationToken ct) =>
        db.InTenantAsync(erasure.Tenant, async tx =>
        {
            if (await LockAsync(tx, erasure) is not { Status: ErasureStatus.Running } running)
            {
                return false;
            }

            await NoteDoneAsync(tx, running, with(ErasureSteps.Read(running.Done)));
            return true;
        }, ct);

    /// <summary>Likewise of a request whose row is locked.</summary>
    /// <returns>The request with that in it.</returns>
    public static async Task<ErasureRequest> NoteDoneAsync(Tx tx, ErasureRequest request, ErasureSteps done)
    {
        var noted = request with { Done = JsonSerializer.Serialize(done, JsonSerializerOptions.Web) };
        await tx.ExecuteAsync(
            "update portal.erasure_requests set done = @Done::jsonb where tenant_id = @TenantId and id = @Id",
            new { noted.TenantId, noted.Id, noted.Done });
        return noted;
    }

    /// <summary>Why the running attempt waits: for whoever reads the request.</summary>
    public Task NoteErrorAsync(ErasureRef erasure, string error, CancellationToken ct) =>
        db.InTenantAsync(erasure.Tenant, tx => tx.ExecuteAsync("""
            update portal.erasure_requests set last_error = left(@error, 1000)
             where tenant_id = @Tenant and id = @ErasureId and attempt = @Attempt and status in ('running')
            """, new { erasure.Tenant, erasure.ErasureId, erasure.Attempt, error }), ct);

    /// <summary>running → completed, with its certificate; what was looked for is forgotten.</summary>
    public async Task CompleteAsync(Tx tx, ErasureRequest request, StoredCertificate certificate)
    {
        await tx.ExecuteAsync("""
            insert into portal.erasure_certificates (erasure_id, tenant_id, document, key_id, signature, created_at)
            values (@ErasureId, @TenantId, @Document, @KeyId, @Signature, @CreatedAt)
            """, certificate);
        await tx.ExecuteAsync("""
            update portal.erasure_requests set status = 'completed', ended_at = @CreatedAt, address = null, clerk_user_id = null,
                   last_error = null, next_at = null, version = version + 1
             where tenant_id = @TenantId and id = @ErasureId and status in ('running')
            """, certificate);
        await audit.WriteAsync(tx, request.TenantId, By, new AuditEntry(
            "erasure_completed", "erasure_request", request.Id, new { status = "running" },
            new { kind = request.Kind, userId = request.SubjectId, status = "completed" }, EventType.ErasureCompleted));
    }

    /// <summary>running → failed; the sweep starts another attempt in an hour. False: it is over, or another attempt's.</summary>
    public Task<bool> FailAsync(ErasureRef erasure, string reason, CancellationToken ct) => db.InTenantAsync(erasure.Tenant, async tx =>
    {
        var failed = await tx.ExecuteAsync("""
            update portal.erasure_requests set status = 'failed', attempt = attempt + 1, next_at = @next, last_error = left(@reason, 1000),
                   version = version + 1
             where tenant_id = @Tenant and id = @ErasureId and attempt = @Attempt and status in ('running')
            """, new { erasure.Tenant, erasure.ErasureId, erasure.Attempt, reason, next = clock.GetUtcNow() + RetryAfter }) == 1;
        if (failed)
        {
            await audit.WriteAsync(tx, erasure.Tenant, By, new AuditEntry(
                "erasure_failed", "erasure_request", erasure.ErasureId, new { status = "running" }, new { status = "failed" }));
        }

        return failed;
    }, ct);

    /// <summary>Of all tenants: those that may begin, and those under way.</summary>
    public Task<IReadOnlyList<OpenErasure>> OpenAsync(Guid after, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<OpenErasure>("""
            select e.id, e.tenant_id, e.kind, e.status, e.attempt, e.starts_at, e.due_at from portal.erasure_requests e
             where e.status in ('requested', 'running', 'failed') and e.next_at <= @now and e.id > @after order by e.id limit @limit
            """, new { now = clock.GetUtcNow(), after, limit }), ct);

    public Task<StoredCertificate?> FindCertificateAsync(TenantId tenant, Guid erasure, CancellationToken ct) =>
        db.ReadOneAsync<StoredCertificate>(tenant, """
            select c.erasure_id, c.tenant_id, c.document, c.key_id, c.signature, c.created_at from portal.erasure_certificates c
             where c.tenant_id = @tenant and c.erasure_id = @erasure
            """, new { tenant, erasure }, ct);

    /// <summary>For whoever holds the code of it, which names no tenant.</summary>
    public Task<StoredCertificate?> FindCertificateAsync(Guid erasure, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryOneAsync<StoredCertificate>("""
            select c.erasure_id, c.tenant_id, c.document, c.key_id, c.signature, c.created_at from portal.erasure_certificates c
             where c.erasure_id = @erasure
            """, new { erasure }), ct);

    /// <summary>The organization at Clerk that is the tenant's.</summary>
    public Task<string> OrganizationAsync(Tx tx, TenantId tenant) =>
        tx.GetAsync<string>("select t.clerk_org_id from portal.tenants t where t.id = @tenant", new { tenant });

    private static Task<bool> IsHeldAsync(Tx tx, ErasureRequest request) => tx.GetAsync<bool>(
        $"select {IsHeld} from portal.erasure_requests e where e.tenant_id = @TenantId and e.id = @Id",
        new { request.TenantId, request.Id });

    private async Task HoldAsync(Tx tx, ErasureRequest request)
    {
        var gone = ErasureSteps.Read(request.Done).Gone;
        await tx.ExecuteAsync("""
            update portal.erasure_requests set status = 'held', last_error = left(@why, 1000), version = version + 1
             where tenant_id = @TenantId and id = @Id and status in ('requested', 'running', 'failed')
            """, new
        {
            request.TenantId,
            request.Id,
            why = gone.Count == 0 ? "a legal hold is in force" : $"a legal hold is in force; erased before: {string.Join(", ", gone)}",
        });
        await audit.WriteAsync(tx, request.TenantId, By, new AuditEntry(
            "erasure_held", "erasure_request", request.Id, new { status = request.Status }, new { status = "held" }));
    }

    private static Actor By => Actor.System("erasure");

    private Task<ErasureRequest?> LockAsync(Tx tx, ErasureRef erasure) => tx.QueryOneAsync<ErasureRequest>($"""
        select {Columns} from portal.erasure_requests e
         where e.tenant_id = @Tenant and e.id = @ErasureId and e.attempt = @Attempt for no key update
        """, new { erasure.Tenant, erasure.ErasureId, erasure.Attempt });
}
