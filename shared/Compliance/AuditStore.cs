using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Compliance;

/// <summary>A row of the audit log. Values are JSON text as Postgres writes it, for the hash is over that text.</summary>
public sealed record AuditRow(
    Guid Id, string ActorKind, string? ActorId, string? ImpersonatorId, string Action, string EntityType, Guid EntityId, string? OldValue,
    string? NewValue,
    string? RequestId, DateTimeOffset OccurredAt, byte[] RowHash, long WrittenIn)
{
    /// <inheritdoc cref="Actor.Person"/>
    public Guid? Person => new Actor(ActorKind, ActorId, ImpersonatorId, RequestId).Person;
}

/// <summary>Which rows are asked for; all conditions hold together.</summary>
public sealed record AuditFilter(
    string? Actor, string? Action, string? EntityType, Guid? EntityId, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>A place in a tenant's chain.</summary>
public sealed record ChainPlace(long WrittenIn, Guid RowId) : IComparable<ChainPlace>
{
    public static readonly ChainPlace Beginning = new(-1, Guid.Empty);

    public int CompareTo(ChainPlace? other) =>
        other is null ? 1 : WrittenIn != other.WrittenIn ? WrittenIn.CompareTo(other.WrittenIn) : RowId.CompareTo(other.RowId);
}

/// <summary>All reading of the audit log and its seals. Nobody changes them; <see cref="AuditWriter"/> and <see cref="SealAudit"/>
/// add.</summary>
public sealed class AuditStore(PortalDb db)
{
    private const string Columns = """
        a.id, a.actor_kind, a.actor_id, a.impersonator_id, a.action, a.entity_type, a.entity_id, a.old_value::text as old_value,
        a.new_value::text as new_value, a.request_id, a.occurred_at, a.row_hash, a.written_in
        """;

    // Each text leads with the condition that has an index of its own; the rest is checked row by row.
    private const string ByTime = $"select {Columns} from portal.audit_log a where a.tenant_id = @tenant";
    private const string ByEntity = $"{ByTime} and a.entity_id = @entityId";
    private const string ByActor = $"{ByTime} and a.actor_id = @actor";
    private const string ByAction = $"{ByTime} and a.action = @action";
    private const string Filter = """
           and (@entityId::uuid is null or a.entity_id = @entityId) and (@actor::text is null or a.actor_id = @actor)
           and (@action::text is null or a.action = @action) and (@entityType::text is null or a.entity_type = @entityType)
           and a.occurred_at >= coalesce(@from::timestamptz, '-infinity') and a.occurred_at < coalesce(@to::timestamptz, 'infinity')
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("a.occurred_at, a.id");

    private const string SealColumns = "tenant_id, number, previous_seal, seal, row_ids, row_hashes, last_written_in, last_row_id, "
        + "key_id, signature, sealed_at";

    /// <summary>Newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<AuditRow>> ListAsync(TenantId tenant, AuditFilter filter, Page page, CancellationToken ct)
    {
        var sql = filter switch
        {
            { EntityId: not null } => ByAge.Of($"{ByEntity} {Filter}", page),
            { Actor: not null } => ByAge.Of($"{ByActor} {Filter}", page),
            { Action: not null } => ByAge.Of($"{ByAction} {Filter}", page),
            _ => ByAge.Of($"{ByTime} {Filter}", page),
        };
        return db.ReadAsync<AuditRow>(tenant, sql, PageQuery.Arguments(new
        {
            tenant,
            actor = filter.Actor,
            action = filter.Action,
            entityType = filter.EntityType,
            entityId = filter.EntityId,
            from = filter.From,
            to = filter.To,
        }, page), ct);
    }

    /// <summary>Rows in the order of the chain, behind <paramref name="after"/>: those in the archive first, for only sealed rows move
    /// there.</summary>
    public Task<IReadOnlyList<AuditRow>> ReadChainAsync(TenantId tenant, ChainPlace after, int take, CancellationToken ct) =>
        db.ReadAsync<AuditRow>(tenant, $"""
            select * from (
                (select {Columns} from portal.audit_archive a
                  where a.tenant_id = @tenant and (a.written_in, a.id) > (@afterWrite, @afterId) order by a.written_in, a.id limit @take)
                union all
                (select {Columns} from portal.audit_log a
                  where a.tenant_id = @tenant and (a.written_in, a.id) > (@afterWrite, @afterId) order by a.written_in, a.id
                     limit @take)) a
             order by a.written_in, a.id limit @take
            """, new
        {
            tenant,
            afterWrite = after.WrittenIn,
            afterId = after.RowId,
            take,
        }, ct);

    /// <summary>First and last seal with rows of that time; nulls when there is none.</summary>
    public async Task<SealSpan> FindSpanAsync(TenantId tenant, DateTimeOffset? from, DateTimeOffset? to, CancellationToken ct) =>
        (await db.ReadOneAsync<SealSpan>(tenant, """
            select min(number) as first, max(number) as last from portal.audit_seals
             where tenant_id = @tenant and last_at >= coalesce(@from::timestamptz, '-infinity')
                and first_at < coalesce(@to::timestamptz, 'infinity')
            """, new { tenant, from, to }, ct))!;

    public Task<IReadOnlyList<AuditSeal>> ReadSealsAsync(TenantId tenant, long first, long last, int take, CancellationToken ct) =>
        db.ReadAsync<AuditSeal>(tenant, $"""
            select {SealColumns} from portal.audit_seals where tenant_id = @tenant and number between @first and @last order by number
               limit @take
            """, new { tenant, first, last, take }, ct);

    /// <summary>When the first row of these seals happened, and the moment after the last.</summary>
    public async Task<SealTimes> TimesAsync(TenantId tenant, long first, long last, CancellationToken ct) =>
        (await db.ReadOneAsync<SealTimes>(tenant, """
            select min(first_at) as "from", max(last_at) + interval '1 microsecond' as "to" from portal.audit_seals
             where tenant_id = @tenant and number between @first and @last
            """, new { tenant, first, last }, ct))!;

    public Task<AuditSeal?> FindLastSealAsync(TenantId tenant, CancellationToken ct) =>
        db.ReadOneAsync<AuditSeal>(tenant, $"""
            select {SealColumns} from portal.audit_seals where tenant_id = @tenant order by number desc limit 1
            """, new { tenant }, ct);
}

/// <summary>The time of what some seals hold.</summary>
public sealed record SealTimes(DateTimeOffset? From, DateTimeOffset? To);

/// <summary>A run of seals, by number.</summary>
public sealed record SealSpan(long? First, long? Last);
