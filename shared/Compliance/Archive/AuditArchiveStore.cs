using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Archive;

/// <summary>A file of the archive: the seals that it holds, and where it lies.</summary>
public sealed record ArchiveFile(long FirstSeal, long LastSeal, string Pathname, int Attempts);

/// <summary>A file as it was read back.</summary>
public sealed record VerifiedFile(long Rows, long SizeBytes, byte[] Sha256);

/// <summary>How much of a tenant's log lies in verified files.</summary>
public sealed record ArchiveExtent(long Files, long FirstSeal, long LastSeal, long Rows);

/// <summary>SQL of the files that the audit log is archived in.</summary>
public sealed class AuditArchiveStore(PortalDb db, AuditWriter audit, AlertStore alerts, TimeProvider clock)
{
    /// <summary>From this attempt on, on-call is told.</summary>
    private const int AlertedAttempt = 3;
    private const int LongestError = 1000;
    private const string Columns = "f.first_seal, f.last_seal, f.pathname, f.attempts";
    private static readonly Actor By = Actor.System("retention");

    /// <summary>Whether a row whose time is over lies behind all files.</summary>
    public Task<bool> IsDueAsync(TenantId tenant, AuditClass of, DateTimeOffset before, CancellationToken ct)
    {
        var (actions, others) = AuditActions.Words(of);
        return db.InTenantAsync(tenant, tx => tx.GetAsync<bool>("""
            with place as (
                select s.last_written_in, s.last_row_id
                  from portal.audit_archives f
                  join portal.audit_seals s on s.tenant_id = f.tenant_id and s.number = f.last_seal
                 where f.tenant_id = @tenant and f.verified_at is not null order by f.last_seal desc limit 1),
            behind as (
                select coalesce((select last_written_in from place), -1) as written_in,
                       coalesce((select last_row_id from place), '00000000-0000-0000-0000-000000000000') as row_id)
            select exists (
                select 1 from behind b, (
                       select l.tenant_id, l.occurred_at, l.action, l.written_in, l.id from portal.audit_log l
                       union all
                       select a.tenant_id, a.occurred_at, a.action, a.written_in, a.id from portal.audit_archive a) r
                 where r.tenant_id = @tenant and r.occurred_at < @before
                   and ((not @others and r.action = any (@actions)) or (@others and r.action <> all (@actions)))
                   and (r.written_in, r.id) > (b.written_in, b.row_id))
            """, new { tenant, actions, others, before }), ct);
    }

    /// <summary>The file to write next: one that is planned, or the next seals up to that one, of so many rows at most, or one seal.
    /// Null: all of them are in files.</summary>
    public Task<ArchiveFile?> PlanAsync(TenantId tenant, long through, long mostRows, CancellationToken ct) =>
        db.InTenantAsync(tenant, async tx =>
        {
            await tx.ExecuteAsync("""
                insert into portal.audit_archives (tenant_id, first_seal, last_seal, pathname, planned_at)
                select @tenant, n.first, n.last, format('audit/%s/seals-%s-%s.ndjson', @tenant, n.first, n.last), @now
                  from (select min(s.number) as first, max(s.number) as last
                          from (select y.number, y.number = min(y.number) over () as is_first,
                                       sum(y.row_count) over (order by y.number) as rows
                                  from portal.audit_seals y
                                 where y.tenant_id = @tenant and y.number <= @through
                                   and y.number > coalesce(
                                       (select max(f.last_seal) from portal.audit_archives f where f.tenant_id = @tenant), 0)) s
                         where s.rows <= @mostRows or s.is_first) n
                 where n.first is not null
                   and not exists (select 1 from portal.audit_archives f where f.tenant_id = @tenant and f.verified_at is null)
                on conflict do nothing
                """, new { tenant, through, mostRows, now = clock.GetUtcNow() });
            return await tx.QueryOneAsync<ArchiveFile>($"""
                select {Columns} from portal.audit_archives f
                 where f.tenant_id = @tenant and f.verified_at is null order by f.first_seal limit 1
                """, new { tenant });
        }, ct);

    /// <summary>It lies there as it should: rows may leave for it.</summary>
    public async Task VerifiedAsync(TenantId tenant, ArchiveFile file, VerifiedFile read, CancellationToken ct)
    {
        await db.InTenantAsync(tenant, async tx =>
        {
            var noted = await tx.ExecuteAsync("""
                update portal.audit_archives
                   set rows = @Rows, size_bytes = @SizeBytes, sha256 = @Sha256, verified_at = @now, last_error = null
                 where tenant_id = @tenant and first_seal = @FirstSeal and verified_at is null
                """, new { tenant, file.FirstSeal, read.Rows, read.SizeBytes, read.Sha256, now = clock.GetUtcNow() });
            if (noted == 1)
            {
                await audit.WriteAsync(tx, tenant, By, new AuditEntry("audit_archived", "tenant", tenant.Value, null, new
                {
                    firstSeal = file.FirstSeal,
                    lastSeal = file.LastSeal,
                    rows = read.Rows,
                    sha256 = Convert.ToHexStringLower(read.Sha256),
                }));
            }

            return noted;
        }, ct);
        await db.AcrossTenantsAsync(tx => alerts.ResolveAsync(tx, AlertKind.AuditArchiveFailed, tenant.ToString()), ct);
    }

    /// <summary>It could not be written, or what lies there is not it; the next run tries again.</summary>
    public async Task FailedAsync(TenantId tenant, ArchiveFile file, string why, CancellationToken ct)
    {
        why = why.Length <= LongestError ? why : why[..LongestError];
        await db.InTenantAsync(tenant, tx => tx.ExecuteAsync("""
            update portal.audit_archives set attempts = attempts + 1, last_error = @why
             where tenant_id = @tenant and first_seal = @FirstSeal and verified_at is null
            """, new { tenant, file.FirstSeal, why }), ct);
        if (file.Attempts + 1 >= AlertedAttempt)
        {
            await alerts.AddAsync(
                new(
                    AlertKind.AuditArchiveFailed, tenant.ToString(),
                    $"The audit log of tenant {tenant} cannot be archived (seals {file.FirstSeal} to {file.LastSeal}, attempt "
                        + $"{file.Attempts + 1}). Nothing leaves the log.",
                    new { tenantId = tenant.Value, file.FirstSeal, file.LastSeal, attempts = file.Attempts + 1, why }), ct);
        }
    }

    /// <summary>Lets rows of a class go that verified files have; how many.</summary>
    public Task<int> ReleaseAsync(TenantId tenant, AuditClass of, DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var (actions, others) = AuditActions.Words(of);
            var rows = await tx.GetAsync<int>(
                "select portal.release_audit(@tenant, @actions, @others, @before, @limit)",
                new { tenant, actions, others, before, limit });
            if (rows > 0)
            {
                await audit.WriteAsync(tx, tenant, By, new AuditEntry(
                    "audit_released", "tenant", tenant.Value, null, new { @class = of.Name, rows, before }));
            }

            return rows;
        }, ct);

    /// <summary>The verified file that holds a seal; null: none does.</summary>
    public Task<ArchiveFile?> FindAsync(TenantId tenant, long seal, CancellationToken ct) => db.ReadOneAsync<ArchiveFile>(tenant, $"""
        select {Columns} from portal.audit_archives f
         where f.tenant_id = @tenant and f.first_seal <= @seal and f.last_seal >= @seal and f.verified_at is not null
        """, new { tenant, seal }, ct);

    /// <summary>Null: nothing is archived yet.</summary>
    public Task<ArchiveExtent?> ExtentAsync(TenantId tenant, CancellationToken ct) => db.ReadOneAsync<ArchiveExtent>(tenant, """
        select count(*) as files, min(f.first_seal) as first_seal, max(f.last_seal) as last_seal, sum(f.rows)::bigint as rows
          from portal.audit_archives f where f.tenant_id = @tenant and f.verified_at is not null having count(*) > 0
        """, new { tenant }, ct);
}
