using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Operations;

/// <summary>A version whose status is not what its job's says it must be.</summary>
public sealed record StatusGap(Guid JobId, Guid AssetVersionId, TenantId TenantId, string JobStatus, string VersionStatus);

/// <summary>A revoked link for which tokens were made afterwards.</summary>
public sealed record LateToken(TenantId TenantId, Guid ShareLinkId, long Tokens, DateTimeOffset LastMintedAt);

/// <summary>A playback id that a hard revoke took away.</summary>
/// <param name="DoneAt">When Mux confirmed; null: it has not yet.</param>
/// <param name="StillPlayed">The version says that it plays from this very id.</param>
public sealed record RevokedPlayback(
    Guid Id, TenantId TenantId, Guid AssetVersionId, string MuxAssetId, string OldPlaybackId, DateTimeOffset CreatedAt,
    DateTimeOffset? DoneAt, bool StillPlayed);

/// <summary>SQL of the daily checks, across tenants.</summary>
public sealed class DailyCheckStore(PortalDb db)
{
    /// <summary>Settled for a while: between the two rows of one move nobody looks.</summary>
    public Task<IReadOnlyList<StatusGap>> StatusGapsAsync(DateTimeOffset settledBefore, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<StatusGap>("""
            select j.id as job_id, v.id as asset_version_id, j.tenant_id, j.status as job_status, v.status as version_status
              from portal.upload_jobs j
              join portal.asset_versions v on v.tenant_id = j.tenant_id and v.id = j.asset_version_id
             where j.updated_at <= @settledBefore and v.updated_at <= @settledBefore
               and v.status <> case j.status when 'waiting' then 'pending' when 'timed_out' then 'failed' else j.status end
               and not (v.status = 'archived' and j.status in ('ready', 'failed', 'timed_out', 'cancelled'))
             order by j.id limit @limit
            """, new { settledBefore, limit }), ct);

    public Task<IReadOnlyList<LateToken>> MintedAfterRevokeAsync(DateTimeOffset since, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(
            tx => tx.QueryAsync<LateToken>("select * from portal.minted_after_revoke(@since, @limit)", new { since, limit }), ct);

    public Task<IReadOnlyList<RevokedPlayback>> HardRevokedAsync(DateTimeOffset since, Guid after, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<RevokedPlayback>("""
            select c.id, c.tenant_id, c.asset_version_id, c.mux_asset_id, c.old_playback_id, c.created_at, c.done_at,
                   exists (select 1 from portal.asset_versions v
                            where v.tenant_id = c.tenant_id and v.id = c.asset_version_id and v.playback_id = c.old_playback_id
                               and v.purged_at is null) as still_played
              from portal.mux_tasks c
             where c.kind = 'replace_playback_id' and (c.done_at is null or c.done_at >= @since) and c.id > @after
             order by c.id limit @limit
            """, new { since, after, limit }), ct);
}
