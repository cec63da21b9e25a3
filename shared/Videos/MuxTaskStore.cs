using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Videos;

/// <summary>Something to be done at Mux about a version.</summary>
/// <param name="Kind">One of <see cref="MuxTaskKind"/>.</param>
/// <param name="SlotAt">A slot of Mux's rate limit that was reserved for the next POST of this task.</param>
public sealed record MuxTask(
    Guid Id, TenantId TenantId, string Kind, AssetVersionId AssetVersionId, string MuxAssetId, string? OldPlaybackId, int Attempts,
    DateTimeOffset? SlotAt);

public static class MuxTaskKind
{
    public const string ReplacePlaybackId = "replace_playback_id";
    public const string Rendition = "rendition";
}

/// <summary>SQL of the list of tasks. A row stays due until Mux confirms, so that a crash or a refusal loses nothing.</summary>
public sealed class MuxTaskStore(PortalDb db, TimeProvider clock)
{
    /// <summary>A file to download, once for each version; nothing when there is one or it is being made.</summary>
    public Task<int> WantRenditionAsync(Tx tx, TenantId tenant, AssetVersionId version) => tx.ExecuteAsync("""
        insert into portal.mux_tasks (id, tenant_id, kind, asset_version_id, mux_asset_id, next_attempt_at, created_at)
        select @id, v.tenant_id, 'rendition', v.id, v.mux_asset_id, @now, @now from portal.asset_versions v
         where v.tenant_id = @tenant and v.id = @version and v.mux_asset_id is not null and v.download_name is null
        on conflict do nothing
        """, new { id = Guid.CreateVersion7(clock.GetUtcNow()), tenant, version, now = clock.GetUtcNow() });

    /// <summary>Takes what is due, for one minute: a worker that dies leaves it to the next. Attempts count from 1.</summary>
    /// <param name="tenant">Null: of all tenants.</param>
    public Task<IReadOnlyList<MuxTask>> TakeDueAsync(TenantId? tenant, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<MuxTask>("""
            update portal.mux_tasks c set next_attempt_at = @now + interval '1 minute', attempts = c.attempts + 1
             where c.id = any (array(
                   select id from portal.mux_tasks
                    where done_at is null and next_attempt_at <= @now and (@tenant::uuid is null or tenant_id = @tenant)
                    order by next_attempt_at limit @limit for update skip locked))
            returning c.id, c.tenant_id, c.kind, c.asset_version_id, c.mux_asset_id, c.old_playback_id, c.attempts, c.slot_at
            """, new { tenant = tenant?.Value, now = clock.GetUtcNow(), limit }), ct);

    /// <summary>Which playback id the version has now; null when it is gone.</summary>
    public Task<string?> PlaybackIdAsync(MuxTask task, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryOneAsync<string>(
            "select playback_id from portal.asset_versions where tenant_id = @TenantId and id = @AssetVersionId", task), ct);

    /// <summary>Playback ids of the version that were ever to be replaced, this task's among them.</summary>
    public async Task<IReadOnlySet<string>> RevokedAsync(MuxTask task, CancellationToken ct) =>
        (await db.AcrossTenantsAsync(tx => tx.QueryAsync<string>("""
            select old_playback_id from portal.mux_tasks
             where tenant_id = @TenantId and asset_version_id = @AssetVersionId and old_playback_id is not null
            """, task), ct)).ToHashSet(StringComparer.Ordinal);

    /// <summary>From the commit on, links of the version mint for the new playback id.</summary>
    public Task SwitchPlaybackIdAsync(MuxTask task, string playbackId, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.asset_versions set playback_id = @playbackId, updated_at = @now
             where tenant_id = @TenantId and id = @AssetVersionId and playback_id = @OldPlaybackId
            """, new { task.TenantId, task.AssetVersionId, task.OldPlaybackId, playbackId, now = clock.GetUtcNow() }), ct);

    /// <param name="downloadName">What the finished file is called at Mux.</param>
    public Task DoneAsync(MuxTask task, string? downloadName, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_tasks set done_at = @now, outcome = 'done', last_error = null where tenant_id = @TenantId and id = @Id
               and done_at is null;
            update portal.asset_versions set download_name = @downloadName
             where tenant_id = @TenantId and id = @AssetVersionId and @downloadName::text is not null
            """, new { task.TenantId, task.Id, task.AssetVersionId, downloadName, now = clock.GetUtcNow() }), ct);

    /// <summary>Mux will never do it; the row stays as the reason.</summary>
    public Task GiveUpAsync(MuxTask task, string error, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_tasks set done_at = @now, outcome = 'refused', last_error = left(@error, 1000) where tenant_id = @TenantId
               and id = @Id and done_at is null
            """, new { task.TenantId, task.Id, error, now = clock.GetUtcNow() }), ct);

    public Task RescheduleAsync(MuxTask task, DateTimeOffset nextAttemptAt, DateTimeOffset? slotAt, string? error, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_tasks set next_attempt_at = @nextAttemptAt, slot_at = @slotAt, last_error = left(@error, 1000)
             where tenant_id = @TenantId and id = @Id and done_at is null
            """, new { task.TenantId, task.Id, nextAttemptAt, slotAt, error }), ct);
}
