using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Videos;

/// <summary>
/// SQL of how playback went. Nothing that is written here names or hints at a person: what must not be kept is no parameter
/// (docs/decisions/0034-playback-is-measured-without-people.md).
/// </summary>
public sealed class PlaybackEventStore(PortalDb db, TimeProvider clock)
{
    /// <summary>A second message of the same kind about the same playback changes nothing.</summary>
    /// <param name="through">One of <see cref="WatchedThrough"/>.</param>
    public Task AddAsync(
        TenantId tenant, AssetVersionId version, string through, string agentFamily, PlaybackEvent said, CancellationToken ct) =>
        db.InTenantAsync(tenant, tx => tx.ExecuteAsync("""
            insert into portal.playback_events (tenant_id, playback_session_id, type, asset_version_id, watched_through, agent_family,
               startup_ms, rebuffers, rebuffer_ms, error_code, minute)
            values (@tenant, @SessionId, @Type, @version, @through, @agentFamily, @StartupMs, @Rebuffers, @RebufferMs, @ErrorCode,
               date_trunc('minute', @now))
            on conflict do nothing
            """, new
        {
            tenant,
            version,
            through,
            agentFamily,
            said.SessionId,
            said.Type,
            said.StartupMs,
            said.Rebuffers,
            said.RebufferMs,
            said.ErrorCode,
            now = clock.GetUtcNow(),
        }), ct);
}
