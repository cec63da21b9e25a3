using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Compliance.Holds;

/// <summary>What a legal hold is on.</summary>
public static class HoldKind
{
    public const string Tenant = "tenant";
    public const string Project = "project";
    public const string Asset = "asset";
    public const string Person = "person";
}

/// <summary>A legal hold, in force until it is lifted.</summary>
/// <param name="SubjectName">What its subject is called; null: it has no name any more.</param>
public sealed record Hold(
    Guid Id, string Kind, Guid SubjectId, string? SubjectName, string Reason, DateOnly ReviewOn, Guid PlacedBy, string? PlacedByName,
    DateTimeOffset PlacedAt, Guid? LiftedBy, string? LiftedByName, DateTimeOffset? LiftedAt, string? LiftReason, int Version);

/// <summary>A hold to be placed. <paramref name="SubjectId"/> of a tenant is the tenant's own.</summary>
public sealed record NewHold(string Kind, Guid SubjectId, string Reason, DateOnly ReviewOn);

/// <summary>
/// All SQL of legal holds. Whether one covers something is <c>portal.is_held</c>, which retention asks in its statements and an erasure
/// before every step; both take the hold as it stands at that moment.
/// </summary>
public sealed class HoldStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = """
        h.id, h.kind, h.subject_id,
        case h.kind when 'tenant' then (select t.name from portal.tenants t where t.id = h.tenant_id)
                    when 'project' then (select p.name from portal.projects p where p.tenant_id = h.tenant_id and p.id = h.subject_id)
                    when 'asset' then (select a.title from portal.assets a where a.tenant_id = h.tenant_id and a.id = h.subject_id)
                    else (select u.name from portal.users u where u.tenant_id = h.tenant_id and u.id = h.subject_id) end as subject_name,
        h.reason, h.review_on, h.placed_by,
        (select u.name from portal.users u where u.tenant_id = h.tenant_id and u.id = h.placed_by) as placed_by_name, h.placed_at,
        h.lifted_by, (select u.name from portal.users u where u.tenant_id = h.tenant_id and u.id = h.lifted_by) as lifted_by_name,
        h.lifted_at, h.lift_reason, h.version
        """;

    private const string Listed = $"""
        select {Columns} from portal.holds h
         where h.tenant_id = @tenant and (@inForce::boolean is null or (h.lifted_at is null) = @inForce)
        """;

    private const string Find = $"select {Columns} from portal.holds h where h.tenant_id = @tenant and h.id = @id";

    private const string IsThere = """
        select case @Kind when 'tenant' then @SubjectId = @tenant
                          when 'project' then exists (select 1 from portal.projects where tenant_id = @tenant and id = @SubjectId)
                          when 'asset' then exists (select 1 from portal.assets where tenant_id = @tenant and id = @SubjectId)
                          else exists (select 1 from portal.users where tenant_id = @tenant and id = @SubjectId) end
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("h.placed_at, h.id");

    public Task<IReadOnlyList<Hold>> ListAsync(TenantId tenant, bool? inForce, Page page, CancellationToken ct) =>
        db.ReadPageAsync<Hold>(tenant, ByAge, Listed, page, new { tenant, inForce }, ct);

    public Task<long> CountAsync(TenantId tenant, bool? inForce, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, inForce }, ct);

    public Task<Hold?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<Hold>(tenant, Find, new { tenant, id }, ct);

    public async Task<Result<Hold>> PlaceAsync(Tx tx, TenantId tenant, Caller caller, NewHold wanted)
    {
        if (!await tx.GetAsync<bool>(IsThere, new { tenant, wanted.Kind, wanted.SubjectId }))
        {
            return new Refusal.NotFound(wanted.Kind);
        }

        var now = clock.GetUtcNow();
        var made = await tx.QueryOneAsync<Guid?>("""
            insert into portal.holds (id, tenant_id, kind, subject_id, reason, review_on, placed_by, placed_at)
            values (@id, @tenant, @Kind, @SubjectId, @Reason, @ReviewOn, @by, @now)
            on conflict (tenant_id, kind, subject_id) where lifted_at is null do nothing
            returning id
            """, new
        {
            id = Guid.CreateVersion7(now),
            tenant,
            wanted.Kind,
            wanted.SubjectId,
            wanted.Reason,
            wanted.ReviewOn,
            by = caller.User,
            now,
        });
        if (made is not { } id)
        {
            return new Refusal.Conflict("held", "A hold on it is in force.");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "hold_placed", "hold", id, null, new { kind = wanted.Kind, subjectId = wanted.SubjectId, status = "in_force" },
            EventType.HoldPlaced));
        return (await tx.QueryOneAsync<Hold>(Find, new { tenant, id }))!;
    }

    /// <summary>Lifts it. Erasures that it has held back, and nothing else does, begin.</summary>
    public async Task<Result<Hold>> LiftAsync(Tx tx, TenantId tenant, Caller caller, Guid id, string reason)
    {
        if (await tx.QueryOneAsync<Hold>(Find, new { tenant, id }) is not { } before)
        {
            return new Refusal.NotFound("hold");
        }

        var lifted = await tx.ExecuteAsync("""
            update portal.holds set lifted_by = @by, lifted_at = @now, lift_reason = @reason, version = version + 1
             where tenant_id = @tenant and id = @id and lifted_at is null
            """, new { tenant, id, by = caller.User, now = clock.GetUtcNow(), reason }) == 1;
        if (!lifted)
        {
            return new Refusal.Conflict("not-in-force", "The hold has been lifted.");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "hold_lifted", "hold", id, new { status = "in_force" },
            new { kind = before.Kind, subjectId = before.SubjectId, status = "lifted" }, EventType.HoldLifted));
        return (await tx.QueryOneAsync<Hold>(Find, new { tenant, id }))!;
    }
}
