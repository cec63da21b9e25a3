using Portal.Db;

namespace Portal.Playback;

/// <summary>Something to be done at Mux about a version.</summary>
/// <param name="Kind">One of <see cref="MuxChoreKind"/>.</param>
/// <param name="TurnAt">A turn of Mux's pace that was reserved for the next POST of this chore.</param>
public sealed record MuxChore(
    Guid Id, TenantId TenantId, string Kind, AssetVersionId AssetVersionId, string MuxAssetId, string? OldPlaybackId, int Tries, DateTimeOffset? TurnAt);

public static class MuxChoreKind
{
    public const string ReplacePlaybackId = "replace_playback_id";
    public const string Rendition = "rendition";
}

/// <summary>SQL of the list of chores. A row stays due until Mux confirms, so that a crash or a refusal loses nothing.</summary>
public sealed class MuxChoreStore(PortalDb db, TimeProvider clock)
{
    /// <summary>A file to download, once for each version; nothing when there is one or it is being made.</summary>
    public Task<int> WantRenditionAsync(Tx tx, TenantId tenant, AssetVersionId version) => tx.ExecuteAsync("""
        insert into portal.mux_chores (id, tenant_id, kind, asset_version_id, mux_asset_id, next_try_at, created_at)
        select @id, v.tenant_id, 'rendition', v.id, v.mux_asset_id, @now, @now from portal.asset_versions v
         where v.tenant_id = @tenant and v.id = @version and v.mux_asset_id is not null and v.download_name is null
        on conflict do nothing
        """, new { id = Guid.CreateVersion7(clock.GetUtcNow()), tenant, version, now = clock.GetUtcNow() });

    /// <summary>Takes what is due, for one minute: a worker that dies leaves it to the next. Tries count from 1.</summary>
    /// <param name="tenant">Null: of all tenants.</param>
    public Task<IReadOnlyList<MuxChore>> TakeDueAsync(TenantId? tenant, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<MuxChore>("""
            update portal.mux_chores c set next_try_at = @now + interval '1 minute', tries = c.tries + 1
             where c.id in (select id from portal.mux_chores where done_at is null and next_try_at <= @now and (@tenant::uuid is null or tenant_id = @tenant)
                             order by next_try_at limit @limit for update skip locked)
            returning c.id, c.tenant_id, c.kind, c.asset_version_id, c.mux_asset_id, c.old_playback_id, c.tries, c.turn_at
            """, new { tenant = tenant?.Value, now = clock.GetUtcNow(), limit }), ct);

    /// <summary>Which playback id the version has now; null when it is gone.</summary>
    public Task<string?> PlaybackIdAsync(MuxChore chore, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryOneAsync<string>(
            "select playback_id from portal.asset_versions where tenant_id = @TenantId and id = @AssetVersionId", chore), ct);

    /// <summary>From the commit on, links of the version mint for the new playback id.</summary>
    public Task SwitchPlaybackIdAsync(MuxChore chore, string playbackId, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.asset_versions set playback_id = @playbackId, updated_at = @now
             where tenant_id = @TenantId and id = @AssetVersionId and playback_id = @OldPlaybackId
            """, new { chore.TenantId, chore.AssetVersionId, chore.OldPlaybackId, playbackId, now = clock.GetUtcNow() }), ct);

    /// <param name="downloadName">What the finished file is called at Mux.</param>
    public Task DoneAsync(MuxChore chore, string? downloadName, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_chores set done_at = @now, outcome = 'done', last_error = null where tenant_id = @TenantId and id = @Id and done_at is null;
            update portal.asset_versions set download_name = @downloadName
             where tenant_id = @TenantId and id = @AssetVersionId and @downloadName::text is not null
            """, new { chore.TenantId, chore.Id, chore.AssetVersionId, downloadName, now = clock.GetUtcNow() }), ct);

    /// <summary>Mux will never do it; the row stays as the reason.</summary>
    public Task GiveUpAsync(MuxChore chore, string error, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_chores set done_at = @now, outcome = 'refused', last_error = left(@error, 1000) where tenant_id = @TenantId and id = @Id and done_at is null
            """, new { chore.TenantId, chore.Id, error, now = clock.GetUtcNow() }), ct);

    public Task PutOffAsync(MuxChore chore, DateTimeOffset nextTryAt, DateTimeOffset? turnAt, string? error, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_chores set next_try_at = @nextTryAt, turn_at = @turnAt, last_error = left(@error, 1000)
             where tenant_id = @TenantId and id = @Id and done_at is null
            """, new { chore.TenantId, chore.Id, nextTryAt, turnAt, error }), ct);
}
