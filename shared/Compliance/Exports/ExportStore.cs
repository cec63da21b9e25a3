using System.Text.Json;
using Portal.Foundation;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Compliance.Exports;

/// <summary>An export that there is something to do about, as the sweep sees it across tenants.</summary>
public sealed record DueExport(Guid Id, TenantId TenantId, string Status, int Attempt)
{
    public ExportRef Ref => new(TenantId.Value, Id, Attempt);
}

/// <summary>All SQL of exports. What is in one: <see cref="ExportedRowsQuery"/>.</summary>
public sealed class ExportStore(PortalDb db, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(RetentionDefaults.ExportDays);

    private const string Columns = """
        x.id, x.tenant_id, x.kind, x.subject_id, x.address, x.address_hash, x.viewer_ids, x.status, x.attempt, x.last_error,
        x.requested_by, x.requested_at, x.pathname, x.size_bytes, x.sha256, x.rows::text as rows, x.ready_at, x.expires_at, x.version,
        (select u.name from portal.users u where u.tenant_id = x.tenant_id and u.id = x.subject_id) as subject_name,
        (select u.name from portal.users u where u.tenant_id = x.tenant_id and u.id = x.requested_by) as requested_by_name
        """;

    private const string Listed = $"""
        select {Columns} from portal.exports x where x.tenant_id = @tenant and (@status::text is null or x.status = @status)
        """;

    private const string Find = $"select {Columns} from portal.exports x where x.tenant_id = @tenant and x.id = @id";

    private const string IsOver = "(x.discard or x.status = 'ready') and x.status <> 'expired' and x.next_at <= @now";

    private static readonly PageQuery ByAge = PageQuery.Descending("x.requested_at, x.id");

    private static Actor By => Actor.System("export");

    public Task<IReadOnlyList<Export>> ListAsync(TenantId tenant, string? status, Page page, CancellationToken ct) =>
        db.ReadPageAsync<Export>(tenant, ByAge, Listed, page, new { tenant, status }, ct);

    public Task<long> CountAsync(TenantId tenant, string? status, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, status }, ct);

    public Task<Export?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<Export>(tenant, Find, new { tenant, id }, ct);

    public Task<Export?> FindAsync(Tx tx, TenantId tenant, Guid id) => tx.QueryOneAsync<Export>(Find, new { tenant, id });

    /// <summary>The newest that somebody asked for of themselves.</summary>
    public Task<Export?> FindOwnAsync(Caller caller, CancellationToken ct) => db.ReadOneAsync<Export>(caller.Tenant, $"""
        select {Columns} from portal.exports x
         where x.tenant_id = @Tenant and x.subject_id = @User and x.requested_by = @User order by x.requested_at desc, x.id desc limit 1
        """, new { caller.Tenant, caller.User }, ct);

    /// <summary>Asks for an export. Refused while one of the same subject is being made.</summary>
    public async Task<Result<Export>> RequestAsync(Tx tx, TenantId tenant, Caller caller, NewExport wanted)
    {
        if (wanted.Subject is { } user && !await tx.GetAsync<bool>(
            "select exists (select 1 from portal.users u where u.tenant_id = @tenant and u.id = @user and u.erased_at is null)",
            new { tenant, user }))
        {
            return new Refusal.NotFound("user");
        }

        if (await SubjectQuery.UnknownViewersAsync(tx, tenant, wanted.Viewers) is { } unknown)
        {
            return unknown;
        }

        var now = clock.GetUtcNow();
        var address = wanted.Address?.Trim().ToLowerInvariant();
        var made = await tx.QueryOneAsync<Guid?>("""
            insert into portal.exports (id, tenant_id, kind, subject_id, address, address_hash, viewer_ids, requested_by, requested_at,
                next_at)
            values (@id, @tenant, @Kind, @subject, @address, @addressHash, @viewers, @by, @now, @now)
            on conflict (tenant_id, kind, coalesce(subject_id::text, address_hash, ''))
               where status in ('requested', 'running', 'failed') do nothing
            returning id
            """, new
        {
            id = Guid.CreateVersion7(now),
            tenant,
            wanted.Kind,
            subject = wanted.Subject?.Value,
            address,
            addressHash = address is null ? null : hash.Of(address),
            viewers = wanted.Viewers.ToArray(),
            by = caller.User.Value,
            now,
        });
        if (made is not { } id)
        {
            return new Refusal.Conflict("export-begun", "An export of the same subject is being made.");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "export_requested", "export", id, null,
            new { kind = wanted.Kind, userId = wanted.Subject?.Value, status = "requested" }));
        return (await FindAsync(tx, tenant, id))!;
    }

    /// <summary>requested, failed → running. Null: it is over, or another attempt's.</summary>
    public Task<Export?> BeginAsync(ExportRef export, CancellationToken ct) => db.InTenantAsync(export.Tenant, async tx =>
    {
        await tx.ExecuteAsync("""
            update portal.exports set status = 'running', version = version + 1
             where tenant_id = @Tenant and id = @ExportId and attempt = @Attempt and status in ('requested', 'failed') and not discard
            """, new { export.Tenant, export.ExportId, export.Attempt });
        return await RunningAsync(tx, export);
    }, ct);

    /// <summary>Where the file will be, before it is sent there.</summary>
    /// <returns>False: it is over, or another attempt's.</returns>
    public async Task<bool> NotePathnameAsync(ExportRef export, string pathname, CancellationToken ct) =>
        await db.RunAsync(export.Tenant, """
            update portal.exports set pathname = @pathname
             where tenant_id = @tenant and id = @ExportId and attempt = @Attempt and status in ('running') and not discard
            """, new { tenant = export.Tenant, export.ExportId, export.Attempt, pathname }, ct) == 1;

    /// <summary>running → ready; whoever asked gets a mail. False: it is over, or another attempt's.</summary>
    public Task<bool> ReadyAsync(ExportRef export, ExportedFile file, CancellationToken ct) => db.InTenantAsync(export.Tenant, async tx =>
    {
        var now = clock.GetUtcNow();
        var expiresAt = now + Lifetime;
        var requestedBy = await tx.QueryOneAsync<Guid?>("""
            update portal.exports set status = 'ready', size_bytes = @SizeBytes, sha256 = @Sha256, rows = @rows::jsonb, ready_at = @now,
                   expires_at = @expiresAt, next_at = @expiresAt, last_error = null, version = version + 1
             where tenant_id = @Tenant and id = @ExportId and attempt = @Attempt and status in ('running') and not discard
            returning requested_by
            """, new
        {
            export.Tenant,
            export.ExportId,
            export.Attempt,
            file.SizeBytes,
            file.Sha256,
            rows = JsonSerializer.Serialize(file.Rows),
            now,
            expiresAt,
        });
        if (requestedBy is not { } user)
        {
            return false;
        }

        await audit.WriteAsync(tx, export.Tenant, By, new AuditEntry(
            "export_ready", "export", export.ExportId, new { status = "running" },
            new { status = "ready", userId = user, sha256 = file.Sha256, expiresAt }, EventType.ExportReady));
        return true;
    }, ct);

    /// <summary>running → failed; the sweep starts another attempt in an hour. False: it is over, or another attempt's.</summary>
    public Task<bool> FailAsync(ExportRef export, string reason, CancellationToken ct) => db.InTenantAsync(export.Tenant, async tx =>
    {
        var failed = await tx.ExecuteAsync("""
            update portal.exports set status = 'failed', attempt = attempt + 1, next_at = @next, last_error = left(@reason, 1000),
                   version = version + 1
             where tenant_id = @Tenant and id = @ExportId and attempt = @Attempt and status in ('requested', 'running')
            """, new { export.Tenant, export.ExportId, export.Attempt, reason, next = clock.GetUtcNow() + RetryAfter }) == 1;
        if (failed)
        {
            await audit.WriteAsync(tx, export.Tenant, By, new AuditEntry(
                "export_failed", "export", export.ExportId, new { status = "running" }, new { status = "failed" }));
        }

        return failed;
    }, ct);

    /// <summary>Why the running attempt waits: for whoever reads it.</summary>
    public Task NoteErrorAsync(ExportRef export, string error, CancellationToken ct) => db.RunAsync(export.Tenant, """
        update portal.exports set last_error = left(@error, 1000)
         where tenant_id = @tenant and id = @ExportId and attempt = @Attempt and status in ('running')
        """, new { tenant = export.Tenant, export.ExportId, export.Attempt, error }, ct);

    /// <summary>One whose time is over: its week, or because its subject is being erased. Null: it is not.</summary>
    public Task<Export?> FindOverAsync(ExportRef export, CancellationToken ct) => db.ReadOneAsync<Export>(export.Tenant, $"""
        select {Columns} from portal.exports x
         where x.tenant_id = @tenant and x.id = @ExportId and {IsOver}
        """, new { tenant = export.Tenant, export.ExportId, now = clock.GetUtcNow() }, ct);

    /// <summary>→ expired, when its file is gone. False: another is there by now, or it was expired before.</summary>
    public Task<bool> ExpireAsync(Export export, CancellationToken ct) => db.InTenantAsync(export.TenantId, async tx =>
    {
        var expired = await tx.ExecuteAsync($"""
            update portal.exports x set status = 'expired', address = null, pathname = null, next_at = null, last_error = null,
                   version = version + 1
             where x.tenant_id = @TenantId and x.id = @Id and {IsOver} and x.pathname is not distinct from @Pathname
            """, new { export.TenantId, export.Id, export.Pathname, now = clock.GetUtcNow() }) == 1;
        if (expired)
        {
            await audit.WriteAsync(tx, export.TenantId, By, new AuditEntry(
                "export_expired", "export", export.Id, new { status = export.Status }, new { status = "expired" }));
        }

        return expired;
    }, ct);

    /// <summary>Who asks for an address to fetch it.</summary>
    public Task DownloadedAsync(Caller caller, Export export, CancellationToken ct) => db.InTenantAsync(caller.Tenant, async tx =>
    {
        await audit.WriteAsync(tx, caller.Tenant, Actor.From(caller), new AuditEntry(
            "export_download_requested", "export", export.Id, null, new { sha256 = export.Sha256 }));
        return true;
    }, ct);

    /// <summary>Of all tenants: those to be started, and those whose week is over.</summary>
    public Task<IReadOnlyList<DueExport>> DueAsync(Guid after, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DueExport>("""
            select x.id, x.tenant_id, x.status, x.attempt from portal.exports x
             where x.status in ('requested', 'running', 'failed', 'ready') and x.next_at <= @now and x.id > @after
             order by x.id limit @limit
            """, new { now = clock.GetUtcNow(), after, limit }), ct);

    private static Task<Export?> RunningAsync(Tx tx, ExportRef export) => tx.QueryOneAsync<Export>($"""
        select {Columns} from portal.exports x
         where x.tenant_id = @Tenant and x.id = @ExportId and x.attempt = @Attempt and x.status = 'running'
        """, new { export.Tenant, export.ExportId, export.Attempt });
}
