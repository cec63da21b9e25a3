using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Videos;

namespace Portal.Sharing.ShareLinks;

/// <summary>What a guest's request brings along.</summary>
/// <param name="ViewerToken">Of an earlier open, or a key of the client's own making; null: none.</param>
/// <param name="NewViewerToken">
/// What a viewer who is not known yet gets: the client's own key, so that opening twice counts once, or a random one of ours.
/// </param>
/// <param name="ClerkUserId">Of a session that was verified.</param>
public sealed record Visitor(
    string Token, string? ViewerToken, string NewViewerToken, string? UnlockToken, string? ClerkUserId, Requester Requester);

/// <summary>
/// What the database knows of a link for one visitor: the row of open_share_link and enter_share_link. Use cases hand it on only where
/// the outcome is <c>open</c>; before that, what follows <paramref name="ShareLinkId"/> is empty.
/// </summary>
/// <param name="Reason">Of a refusal: for the audit and the log, never for the guest.</param>
/// <param name="UserId">The member who looks, when they are signed in.</param>
/// <param name="TokenExpiresAt">When playback tokens that are minted now must end; of an open only.</param>
/// <param name="DownloadName">Of the file at Mux, once it is made.</param>
public sealed record GuestLink(
    string Outcome, string? Reason, int? RetryAfter, TenantId TenantId, ShareLinkId ShareLinkId, ProjectId ProjectId, AssetId AssetId,
    AssetVersionId AssetVersionId, int VersionNumber, Guid ViewerId, bool NewViewer, UserId? UserId, DateTimeOffset ExpiresAt,
    DateTimeOffset? TokenExpiresAt, string Title, bool AllowComments, bool AllowDownload, string PlaybackId, string? DownloadName,
    double? DurationS, string? AspectRatio, double? FrameRate)
{
    /// <summary>Where to watch; null where nothing was minted.</summary>
    public PlaybackUrls? Urls { get; init; }
}

/// <summary>What is needed to check a passphrase, where the outcome is <c>ask</c>.</summary>
/// <param name="Guesses">How many guesses this link has had in the hour, this one included; null: the address has had its share.</param>
public sealed record AskedPassphrase(
    string Outcome, int? RetryAfter, TenantId TenantId, ShareLinkId ShareLinkId, DateTimeOffset? ExpiresAt, byte[] PassphraseHash,
    byte[] PassphraseSalt, int PassphraseIterations, int PassphraseVersion, int? Guesses);

/// <summary>
/// Access for people who hold a token and nothing else: no tenant is known until its hash is found, so each is one security definer
/// function in infra/postgres/functions. A text that cannot be a token is looked up all the same, by an empty hash: guessing costs a
/// place in the address's minute either way.
/// </summary>
public sealed class ShareAccessStore(PortalDb db, RateLimitStore limit, TimeProvider clock)
{
    /// <summary>Everything an open does, in one round trip.</summary>
    /// <param name="lifetime">Of a playback token.</param>
    /// <param name="peek">Guard, but count, create and mint nothing.</param>
    public async Task<GuestLink> OpenAsync(Visitor visitor, TimeSpan lifetime, bool peek, CancellationToken ct)
    {
        var (now, ipLimit) = (clock.GetUtcNow(), await IpLimitAsync(visitor.Requester, ct));
        var link = await db.AskAsync<GuestLink>("""
            select * from portal.open_share_link(@tokenHash, @viewerHash, @newViewerHash, @unlockHash, @ClerkUserId, @IpHash, @AgentFamily,
               @RequestId, @now, @lifetime, @peek, @viewerId, @playbackAuditId, @auditId, @eventId, @ipLimit)
            """, new
        {
            tokenHash = ShareTokens.Hash(visitor.Token) ?? [],
            viewerHash = ShareTokens.CookieHash(visitor.ViewerToken),
            newViewerHash = ShareTokens.CookieHash(visitor.NewViewerToken),
            unlockHash = ShareTokens.CookieHash(visitor.UnlockToken),
            visitor.ClerkUserId,
            visitor.Requester.IpHash,
            visitor.Requester.AgentFamily,
            visitor.Requester.RequestId,
            now,
            lifetime,
            peek,
            viewerId = Guid.CreateVersion7(now),
            playbackAuditId = Guid.CreateVersion7(now),
            auditId = Guid.CreateVersion7(now),
            eventId = Guid.CreateVersion7(now),
            ipLimit,
        }, ct);
        Count(link.Outcome, visitor.Requester);
        return link;
    }

    /// <summary>The same guards for a viewer who has opened the link, changing nothing.</summary>
    public async Task<GuestLink> EnterAsync(Visitor visitor, CancellationToken ct)
    {
        var ipLimit = await IpLimitAsync(visitor.Requester, ct);
        var link = await db.AskAsync<GuestLink>("""
            select * from portal.enter_share_link(@tokenHash, @viewerHash, @unlockHash, @ClerkUserId, @IpHash, @now, @ipLimit)
            """, new
        {
            tokenHash = ShareTokens.Hash(visitor.Token) ?? [],
            viewerHash = ShareTokens.CookieHash(visitor.ViewerToken),
            unlockHash = ShareTokens.CookieHash(visitor.UnlockToken),
            visitor.ClerkUserId,
            visitor.Requester.IpHash,
            now = clock.GetUtcNow(),
            ipLimit,
        }, ct);
        Count(link.Outcome, visitor.Requester);
        return link;
    }

    /// <summary>Counts a guess and answers what it is held against.</summary>
    public async Task<AskedPassphrase> AskPassphraseAsync(
        string token, Requester requester, int addressLimit, int linkLimit, DateTimeOffset now, CancellationToken ct)
    {
        var ipLimit = await IpLimitAsync(requester, ct);
        var asked = await db.AskAsync<AskedPassphrase>("""
            select * from portal.find_passphrase(@tokenHash, @IpHash, @now, @ipLimit, @addressLimit, @linkLimit)
            """, new
        {
            tokenHash = ShareTokens.Hash(token) ?? [],
            requester.IpHash,
            now,
            ipLimit,
            addressLimit,
            linkLimit,
        }, ct);
        Count(asked.Outcome, requester);
        return asked;
    }

    /// <summary>The guess was right: keeps the cookie that opens the link, and the guess counts no more.</summary>
    public Task<int> KeepUnlockAsync(
        Tx tx, TenantId tenant, AskedPassphrase asked, Requester requester, byte[] unlockHash, DateTimeOffset now) => tx.ExecuteAsync("""
        insert into portal.share_unlocks (tenant_id, share_link_id, unlock_hash, passphrase_version, created_at)
        values (@tenant, @ShareLinkId, @unlockHash, @PassphraseVersion, @now);
        select portal.take_back_guess(@ShareLinkId, @IpHash, @now)
        """, new { tenant, asked.ShareLinkId, asked.PassphraseVersion, requester.IpHash, unlockHash, now });

    /// <summary>
    /// A download is a token minted: the same proof of who got it, until when. False when the link has been revoked meanwhile: whoever
    /// commits first is seen by the other.
    /// </summary>
    public async Task<bool> KeepMintAsync(Tx tx, TenantId tenant, GuestLink guest, Requester requester, DateTimeOffset expires)
    {
        var now = clock.GetUtcNow();
        var minted = await tx.ExecuteAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family,
               request_id, minted_at, token_expires_at)
            select @id, l.tenant_id, @AssetVersionId, l.id, @ViewerId, @IpHash, @AgentFamily, @RequestId, @now, @expires
              from portal.share_links l
             where l.tenant_id = @tenant and l.id = @ShareLinkId and l.status = 'active' and l.expires_at > @now and l.allow_download
               for share
            """, new
        {
            id = Guid.CreateVersion7(now),
            tenant,
            guest.AssetVersionId,
            guest.ShareLinkId,
            guest.ViewerId,
            requester.IpHash,
            requester.AgentFamily,
            requester.RequestId,
            now,
            expires,
        }) == 1;
        return minted && await tx.ExecuteAsync(
            "update portal.share_viewers set minted = minted + 1 where tenant_id = @tenant and id = @ViewerId",
            new { tenant, guest.ViewerId }) == 1;
    }

    /// <summary>
    /// What the functions take a place of the address's minute by; null: they take none. Where the limit is only observed the place is
    /// taken before, for a request that is over it must go on: a round trip that there is in that mode alone.
    /// </summary>
    private async Task<int?> IpLimitAsync(Requester requester, CancellationToken ct)
    {
        if (!limit.Limits.IsObserved(LimitName.Playback))
        {
            return limit.Limits.PlaybacksPerMinute;
        }

        await limit.TakePlaybackAsync(requester, ct);
        return null;
    }

    /// <summary>What a function has refused is counted as what is refused elsewhere.</summary>
    private void Count(string outcome, Requester requester)
    {
        if (outcome == "limited")
        {
            limit.Refuses(LimitName.Playback, requester.ShownHash);
        }
    }
}
