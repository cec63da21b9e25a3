using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;

namespace Portal.Sharing.ShareLinks;

/// <summary>What a guest's request brings along.</summary>
/// <param name="ViewerToken">Of an earlier open, or a key of the client's own making; null: none.</param>
/// <param name="OwnKey">
/// The same, where the client sent it itself and it is long enough not to be guessed: a viewer who is not known yet gets it as theirs, so
/// that opening twice counts once. Null: a new viewer is given a token of ours.
/// </param>
/// <param name="ClerkUserId">Of a session that was verified.</param>
public sealed record Visitor(string Token, string? ViewerToken, string? OwnKey, string? UnlockToken, string? ClerkUserId);

/// <summary>A guest who has opened the link and may go on: what they may do, and whose transaction does it.</summary>
public sealed record EnteredLink(
    string Outcome, int? RetryAfter, TenantId? TenantId, ShareLinkId? ShareLinkId, ProjectId? ProjectId, AssetId? AssetId, Guid? ViewerId,
    UserId? UserId,
    DateTimeOffset? ExpiresAt, bool? AllowComments, bool? AllowDownload, AssetVersionId? AssetVersionId, string? PlaybackId,
    string? MuxAssetId,
    string? DownloadName, double? DurationS, double? FrameRate);

/// <summary>What is needed to check a passphrase.</summary>
/// <param name="ByLink">How many guesses this link has had in the hour, this one included.</param>
public sealed record AskedPassphrase(
    string Outcome, int? RetryAfter, TenantId? TenantId, ShareLinkId? ShareLinkId, DateTimeOffset? ExpiresAt, byte[]? PassphraseHash,
    byte[]? PassphraseSalt,
    int? PassphraseIterations, int? PassphraseVersion, int? ByLink);

/// <summary>
/// Access for people who hold a token and nothing else: no tenant is known until its hash is found, so each is one security definer
/// function in infra/postgres/migrations/0009_sharing_and_review.sql.
/// </summary>
public sealed class ShareAccessStore(PortalDb db)
{
    /// <summary>Everything an open does, in one round trip.</summary>
    public Task<OpenedLink> OpenAsync(object args, CancellationToken ct) => db.AskAsync<OpenedLink>("""
        select * from portal.open_share_link(@tokenHash, @viewerHash, @newViewerHash, @unlockHash, @clerkUserId, @ipHash, @agentFamily,
           @requestId, @now, @ttl,
                                             @peek, @viewerId, @playbackAuditId, @auditId, @eventId, @ipLimit)
        """, args, ct);

    /// <summary>The same guards for a viewer who has opened the link, changing nothing.</summary>
    public Task<EnteredLink> EnterAsync(object args, CancellationToken ct) => db.AskAsync<EnteredLink>("""
        select * from portal.enter_share_link(@tokenHash, @viewerHash, @unlockHash, @clerkUserId, @ipHash, @now, @ipLimit)
        """, args, ct);

    /// <summary>Counts a guess and answers what it is held against.</summary>
    public Task<AskedPassphrase> AskPassphraseAsync(object args, CancellationToken ct) => db.AskAsync<AskedPassphrase>("""
        select * from portal.find_passphrase(@tokenHash, @ipHash, @now, @ipLimit, @linkLimit)
        """, args, ct);

    public Task<int> KeepUnlockAsync(
        Tx tx, TenantId tenant, ShareLinkId link, byte[] unlockHash, int passphraseVersion, DateTimeOffset now) => tx.ExecuteAsync("""
        insert into portal.share_unlocks (tenant_id, share_link_id, unlock_hash, passphrase_version, created_at)
        values (@tenant, @link, @unlockHash, @passphraseVersion, @now)
        """, new { tenant, link, unlockHash, passphraseVersion, now });

    /// <summary>
    /// A download is a token minted: the same proof of who got it, until when. False when the link has been revoked meanwhile: whoever
    /// commits first is seen by the other.
    /// </summary>
    public async Task<bool> KeepMintAsync(
        Tx tx, TenantId tenant, GuestEntry guest, Requester requester, DateTimeOffset now, DateTimeOffset expires)
    {
        var minted = await tx.ExecuteAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family,
               request_id, minted_at, token_expires_at)
            select @id, l.tenant_id, @version, l.id, @viewer, @ipHash, @agentFamily, @requestId, @now, @expires
              from portal.share_links l
             where l.tenant_id = @tenant and l.id = @link and l.status = 'active' and l.expires_at > @now and l.allow_download for share
            """, new
        {
            id = Guid.CreateVersion7(now),
            tenant,
            version = guest.Version,
            link = guest.Link,
            viewer = guest.Viewer,
            ipHash = requester.IpHash,
            agentFamily = requester.AgentFamily,
            requestId = requester.RequestId,
            now,
            expires,
        }) == 1;
        return minted && await tx.ExecuteAsync(
            "update portal.share_viewers set minted = minted + 1 where tenant_id = @tenant and id = @viewer",
            new { tenant, viewer = guest.Viewer }) == 1;
    }
}
