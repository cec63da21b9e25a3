using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;

namespace Portal.Videos;

/// <summary>SQL of who of the tenant's people was given playback of what, until when.</summary>
public sealed class PlaybackAuditStore(PortalDb db, TimeProvider clock)
{
    public Task AddAsync(Caller caller, AssetVersionId version, Requester requester, DateTimeOffset expires, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return db.InTenantAsync(caller.Tenant, tx => tx.ExecuteAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, user_id, ip_hash, agent_family, request_id, minted_at,
               token_expires_at)
            values (@id, @tenant, @version, @user, @IpHash, @AgentFamily, @RequestId, @now, @expires)
            """, new
        {
            id = Guid.CreateVersion7(now),
            tenant = caller.Tenant,
            version,
            user = caller.User,
            requester.IpHash,
            requester.AgentFamily,
            requester.RequestId,
            now,
            expires,
        }), ct);
    }
}
