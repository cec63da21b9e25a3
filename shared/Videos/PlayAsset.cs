using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Vendors.Mux;

namespace Portal.Videos;

/// <summary>What a member gets who wants to watch.</summary>
public abstract record PlayedAsset
{
    private PlayedAsset()
    {
    }

    public sealed record Playing(ReadyVersion Version, PlaybackUrls Urls) : PlayedAsset;

    public sealed record NotFound : PlayedAsset;

    public sealed record NotReady(string Status) : PlayedAsset;

    public sealed record TooMany(int RetryAfter, int Limit) : PlayedAsset;
}

/// <summary>Mints playback for a member of the tenant, with its audit row: who watched what, until when.</summary>
public sealed class PlayAsset(
    PortalDb db, AssetStore assets, MintPlayback mint, PlaybackTokens tokens, RateLimitStore limit, TimeProvider clock)
{
    public async Task<PlayedAsset> RunAsync(Caller caller, AssetId id, Requester requester, CancellationToken ct)
    {
        var hit = await limit.TakePlaybackAsync(requester, ct);
        if (!hit.Allowed)
        {
            return new PlayedAsset.TooMany(hit.RetryAfter, limit.Limits.PlaybacksPerMinute);
        }

        if (await assets.FindAsync(caller.Tenant, caller, id, ct) is not { } asset)
        {
            return new PlayedAsset.NotFound();
        }

        if (await assets.FindReadyAsync(caller.Tenant, id, null, ct) is not { } version)
        {
            return new PlayedAsset.NotReady(asset.VersionStatus);
        }

        var expires = tokens.Expiry(null);
        var now = clock.GetUtcNow();
        await db.InTenantAsync(caller.Tenant, tx => tx.ExecuteAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, user_id, ip_hash, agent_family, request_id, minted_at,
               token_expires_at)
            values (@id, @tenant, @version, @user, @IpHash, @AgentFamily, @RequestId, @now, @expires)
            """, new
        {
            id = Guid.CreateVersion7(now),
            tenant = caller.Tenant,
            version = version.Id,
            user = caller.User,
            requester.IpHash,
            requester.AgentFamily,
            requester.RequestId,
            now,
            expires,
        }), ct);
        return new PlayedAsset.Playing(version, mint.For(version.PlaybackId, expires));
    }
}
