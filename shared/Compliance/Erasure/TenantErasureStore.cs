using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Compliance.Erasure;

/// <summary>Something of a tenant at Mux: an asset, or an upload that may still take a file or have become an asset.</summary>
/// <param name="Key">Its place in the order.</param>
public sealed record TenantAtMux(string Key, string? AssetId, string? UploadId);

/// <summary>Webhooks that were looked through.</summary>
/// <param name="Looked">How many; fewer than were asked for: they were the last.</param>
/// <param name="Waiting">Of the tenant, and not dealt with yet.</param>
public sealed record ErasedWebhooks(long Looked, long Erased, long Waiting, DateTimeOffset? LastAt, Guid? LastId);

/// <summary>
/// All SQL of what the erasure of a tenant finds and deletes; its request is in <see cref="ErasureStore"/>. Rows of every table go through
/// <c>portal.erase_tenant_rows</c>, which works for nothing but a running erasure of its own tenant.
/// </summary>
public sealed class TenantErasureStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    /// <summary>Assets by whatever row names them; uploads of which no asset is known.</summary>
    private const string AtMux = """
        select 'asset ' || a.id as key, a.id as asset_id, null::text as upload_id from (
               select mux_asset_id as id from portal.asset_versions where tenant_id = @tenant
               union select mux_asset_id from portal.upload_jobs where tenant_id = @tenant
               union select mux_asset_id from portal.upload_attempts where tenant_id = @tenant
               union select mux_asset_id from portal.mux_tasks where tenant_id = @tenant
               union select mux_asset_id from portal.mux_cleanups where tenant_id = @tenant) a where a.id is not null
        union all
        select 'upload ' || u.id, null, u.id from (
               select mux_upload_id as id from portal.upload_jobs where tenant_id = @tenant and mux_asset_id is null
               union select mux_upload_id from portal.upload_attempts where tenant_id = @tenant and mux_asset_id is null) u
         where u.id is not null
        """;

    /// <summary>Names in the store: of originals, whether or not one came, and of files of exports.</summary>
    private const string AtBlob = """
        select j.blob_pathname as name, true as original from portal.upload_jobs j
         where j.tenant_id = @tenant and j.blob_pathname is not null
        union all
        select x.pathname, false from portal.exports x where x.tenant_id = @tenant and x.pathname is not null
        """;

    /// <summary>active, deleted → erased: from the commit on nobody gets in and no link opens. Erasures of its people and guests are a
    /// part of this one, and no file of an export is made any more.</summary>
    public async Task CloseAsync(Tx tx, ErasureRequest request, Actor actor)
    {
        var (tenant, now) = (request.TenantId, clock.GetUtcNow());
        var before = await tx.QueryOneAsync<string>("""
            with before as (select t.status from portal.tenants t where t.id = @tenant for no key update)
            update portal.tenants t set status = 'erased', deleted_at = coalesce(t.deleted_at, @now), version = t.version + 1,
                   updated_at = @now
              from before b where t.id = @tenant and t.status in ('active', 'deleted') returning b.status
            """, new { tenant, now });
        if (before is null)
        {
            return;
        }

        await audit.WriteAsync(tx, tenant, actor, new AuditEntry(
            "tenant_erased", "tenant", tenant.Value, new { status = before }, new { status = "erased" }, EventType.TenantDeleted));
        var others = await tx.QueryAsync<Guid>("""
            update portal.erasure_requests set status = 'cancelled', ended_at = @now, address = null, clerk_user_id = null,
                   version = version + 1
             where tenant_id = @tenant and id <> @id and status in ('requested', 'running', 'failed', 'held') returning id
            """, new { tenant, id = request.Id, now });
        foreach (var other in others)
        {
            await audit.WriteAsync(tx, tenant, actor, new AuditEntry(
                "erasure_cancelled", "erasure_request", other, null, new { status = "cancelled", partOf = request.Id }));
        }

        await tx.ExecuteAsync(
            "update portal.exports set discard = true, next_at = @now where tenant_id = @tenant and status <> 'expired'",
            new { tenant, now });
    }

    public Task<IReadOnlyList<TenantAtMux>> AtMuxAsync(TenantId tenant, string after, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<TenantAtMux>(
            $"select * from ({AtMux}) m where m.key collate \"C\" > @after order by m.key collate \"C\" limit @limit",
            new { tenant, after, limit }), ct);

    public Task<ErasedAtMux> CountAtMuxAsync(TenantId tenant, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.GetAsync<ErasedAtMux>($"select count(m.asset_id) as assets, count(m.upload_id) as uploads from ({AtMux}) m",
            new { tenant }), ct);

    public Task<IReadOnlyList<string>> AtBlobAsync(TenantId tenant, string after, int limit, CancellationToken ct) =>
        db.ReadAsync<string>(
            tenant, $"select f.name from ({AtBlob}) f where f.name collate \"C\" > @after order by f.name collate \"C\" limit @limit",
            new { tenant, after, limit }, ct);

    public Task<ErasedAtBlob> CountAtBlobAsync(Tx tx, TenantId tenant) => tx.GetAsync<ErasedAtBlob>($"""
        select count(*) filter (where f.original) as originals, count(*) filter (where not f.original) as copies from ({AtBlob}) f
        """, new { tenant });

    /// <summary>Clerk's ids of everybody who is or was somebody here; of a person who was erased it is not known any more.</summary>
    public Task<IReadOnlyList<string>> ClerkUsersAsync(TenantId tenant, CancellationToken ct) => db.ReadAsync<string>(
        tenant, "select u.clerk_user_id from portal.users u where u.tenant_id = @tenant and u.erased_at is null order by u.id",
        new { tenant }, ct);

    /// <summary>Empties bodies of webhooks that are about the tenant, behind a place in the order in which they came.</summary>
    public Task<ErasedWebhooks> EraseWebhooksAsync(Tx tx, TenantId tenant, DateTimeOffset at, Guid id, int limit) =>
        tx.GetAsync<ErasedWebhooks>(
            "select * from portal.erase_tenant_webhooks(@tenant, @at, @id, @limit)", new { tenant, at, id, limit });

    /// <summary>Deletes rows, at most so many; fewer in all: none is left.</summary>
    public Task<IReadOnlyList<ErasedRows>> EraseRowsAsync(Tx tx, TenantId tenant, int limit) =>
        tx.QueryAsync<ErasedRows>("select * from portal.erase_tenant_rows(@tenant, @limit)", new { tenant, limit });

    /// <summary>Replaces what the tenant's own row says.</summary>
    public async Task<ErasedRows> ForgetAsync(Tx tx, TenantId tenant) => new(
        "tenants", await tx.GetAsync<long>("select portal.forget_tenant(@tenant, @now)", new { tenant, now = clock.GetUtcNow() }));
}
