using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Videos;

/// <summary>SQL of what people change about an asset: its words, and taking a version out of use.</summary>
public sealed class AssetChangeStore(AuditWriter audit, TimeProvider clock)
{
    /// <summary>
    /// Holds the asset row until the commit. Whoever makes a link, a version or an archive decision about one asset waits here, so that
    /// the last ready version cannot go while it is being shared.
    /// </summary>
    public Task HoldAsync(Tx tx, TenantId tenant, AssetId id) =>
        tx.ExecuteAsync("select 1 from portal.assets where tenant_id = @tenant and id = @id for update", new { tenant, id });

    /// <summary>False when somebody else changed it since <paramref name="asset"/> was read. Titles are no matter for the audit log: it
    /// says which fields.</summary>
    public async Task<bool> ChangeAsync(
        Tx tx, TenantId tenant, Caller caller, Asset asset, string title, string description, IReadOnlyDictionary<string, string> metadata)
    {
        var json = JsonSerializer.Serialize(metadata, JsonSerializerOptions.Web);
        var changed = await tx.ExecuteAsync("""
            update portal.assets set title = @title, description = @description, metadata = @json::jsonb, version = version + 1,
               updated_at = @now
             where tenant_id = @tenant and id = @id and version = @version
            """, new { tenant, id = asset.Id, asset.Version, title, description, json, now = clock.GetUtcNow() }) == 1;
        if (changed)
        {
            var fields = new[] { ("title", title != asset.Title), ("description", description != asset.Description),
                ("metadata", !asset.Fields.OrderBy(m => m.Key).SequenceEqual(metadata.OrderBy(m => m.Key))) };
            await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("asset_updated", "asset", asset.Id.Value,
                new { version = asset.Version },
                new
                {
                    version = asset.Version + 1,
                    projectId = asset.ProjectId.Value,
                    fields = fields.Where(f => f.Item2).Select(f => f.Item1),
                }));
        }

        return changed;
    }

    /// <summary>
    /// ready, failed, cancelled → archived. A version that an active link plays, and that no other version could stand in for, stays:
    /// revoke the link first (<c>version-shared</c>). One in another status is refused too (<c>version-not-archivable</c>). Call
    /// <see cref="HoldAsync"/> before.
    /// </summary>
    public async Task<Refusal?> ArchiveAsync(Tx tx, TenantId tenant, Caller caller, AssetVersion version)
    {
        var now = clock.GetUtcNow();
        var args = new { tenant, id = version.Id, asset = version.AssetId, now };
        if (version.Status == "ready" && await tx.GetAsync<bool>("""
            select exists (select 1 from portal.share_links l
                            where l.tenant_id = @tenant and l.asset_id = @asset and l.status = 'active' and l.expires_at > @now
                              and (l.asset_version_id = @id
                                   or (l.asset_version_id is null and not exists (
                                       select 1 from portal.asset_versions v
                                        where v.tenant_id = @tenant and v.asset_id = @asset and v.status = 'ready' and v.id <> @id))))
            """, args))
        {
            return new Refusal.Conflict(
                "version-shared", "The version is ready, and an active share link plays it. Revoke the link first.");
        }

        var moved = await tx.ExecuteAsync("""
            update portal.asset_versions set status = 'archived', archived_at = @now, updated_at = @now
             where tenant_id = @tenant and id = @id and status in ('ready', 'failed', 'cancelled')
            """, args) == 1;
        if (moved)
        {
            await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("asset_version_archived", "asset_version",
                version.Id.Value,
                new { status = version.Status },
                new
                {
                    status = "archived",
                    assetId = version.AssetId.Value,
                    projectId = version.ProjectId.Value,
                    versionNumber = version.Number,
                },
                EventType.AssetVersionArchived));
        }

        return moved ? null : new Refusal.Conflict("version-not-archivable", $"The version is {version.Status}.");
    }

    /// <summary>What is in use counts as new: retention takes it no sooner than it would a new upload. Null: nothing of it is ready. Call
    /// <see cref="HoldAsync"/> before.</summary>
    public async Task<Refusal?> KeepAsync(Tx tx, TenantId tenant, Caller caller, Asset asset)
    {
        var kept = await tx.QueryAsync<int>("""
            update portal.asset_versions set kept_at = @now, expiry_warned_at = null, updated_at = @now
             where tenant_id = @tenant and asset_id = @Id and status = 'ready' returning number
            """, new { tenant, asset.Id, now = clock.GetUtcNow() });
        if (kept.Count == 0)
        {
            return new Refusal.Conflict("nothing-to-keep", "No version of it is ready.");
        }

        await WriteAsync(tx, tenant, caller, asset, EventType.AssetKept, kept);
        return null;
    }

    /// <summary>archived → ready, the versions that are still at Mux; they count as new. Call <see cref="HoldAsync"/> before.</summary>
    public async Task<Refusal?> RestoreAsync(Tx tx, TenantId tenant, Caller caller, Asset asset)
    {
        var restored = await tx.QueryAsync<int>("""
            update portal.asset_versions set status = 'ready', archived_at = null, kept_at = @now, expiry_warned_at = null,
                   updated_at = @now
             where tenant_id = @tenant and asset_id = @Id and status in ('archived') and purged_at is null and playback_id is not null
            returning number
            """, new { tenant, asset.Id, now = clock.GetUtcNow() });
        if (restored.Count == 0)
        {
            return new Refusal.Conflict("nothing-to-restore", "No version of it is archived, or they have been deleted at Mux.");
        }

        await WriteAsync(tx, tenant, caller, asset, EventType.AssetRestored, restored);
        return null;
    }

    private Task WriteAsync(Tx tx, TenantId tenant, Caller caller, Asset asset, EventType act, IReadOnlyList<int> numbers) =>
        audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            act.Name, "asset", asset.Id.Value, null, new { projectId = asset.ProjectId.Value, versionNumbers = numbers.Order() }, act));
}
