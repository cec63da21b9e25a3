using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Limits;
using Portal.Vendors.Mux;
using Portal.Videos;

namespace Portal.Sharing.ShareLinks;

/// <summary>What a guest gets.</summary>
public abstract record OpenedShareLink
{
    private OpenedShareLink()
    {
    }

    /// <param name="ViewerToken">Set for a new viewer: the cookie that lets them come back without being counted again.</param>
    public sealed record Open(OpenedLink Link, PlaybackUrls Urls, string? ViewerToken) : OpenedShareLink;

    /// <summary>HEAD: it would open.</summary>
    public sealed record WouldOpen : OpenedShareLink;

    public sealed record Refused(AccessDenied Why) : OpenedShareLink;
}

/// <summary>
/// Opens a share link for whoever holds its token: found by hash, guarded and counted in one round trip, then a playback token for
/// Mux of at most 15 minutes and never past the link's end. A revoked, expired or unknown link mints nothing.
/// </summary>
public sealed partial class OpenShareLink(
    ShareAccessStore store, MintPlayback mint, PlaybackTokens tokens, RateLimitStore limit, UnknownTokens unknown, TimeProvider clock,
    ILogger<OpenShareLink> logger)
{
    private const int ViewerTokenBytes = 32;

    /// <param name="peek">HEAD: look, count nothing, mint nothing.</param>
    public async Task<OpenedShareLink> RunAsync(Visitor visitor, Requester requester, bool peek, CancellationToken ct)
    {
        var newViewer = visitor.OwnKey ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ViewerTokenBytes));
        var now = clock.GetUtcNow();

        // A text that cannot be a token still takes a hit of the address's minute: guessing costs the same either way.
        var opened = await store.OpenAsync(new
        {
            tokenHash = ShareTokens.Hash(visitor.Token) ?? [],
            viewerHash = ShareTokens.CookieHash(visitor.ViewerToken),
            newViewerHash = ShareTokens.CookieHash(newViewer),
            unlockHash = ShareTokens.CookieHash(visitor.UnlockToken),
            clerkUserId = visitor.ClerkUserId,
            ipHash = requester.IpHash,
            agentFamily = requester.AgentFamily,
            requestId = requester.RequestId,
            now,
            ttl = tokens.Expiry(null) - now,
            peek,
            viewerId = Guid.CreateVersion7(now),
            playbackAuditId = Guid.CreateVersion7(now),
            auditId = Guid.CreateVersion7(now),
            eventId = Guid.CreateVersion7(now),
            ipLimit = limit.Limits.PlaybacksPerMinute,
        }, ct);

        if (opened.Outcome != "open")
        {
            Log.Refused(logger, opened.ShareLinkId?.Value, opened.Outcome, opened.Reason);
            var why = AccessDenied.Of(opened.Outcome, opened.RetryAfter, limit.Limits.PlaybacksPerMinute);
            return new OpenedShareLink.Refused(why is AccessDenied.Unknown ? await unknown.CountAsync(requester, ct) : why);
        }

        if (peek)
        {
            return new OpenedShareLink.WouldOpen();
        }

        Log.Opened(logger, opened.ShareLinkId!.Value.Value, opened.TenantId!.Value.Value, opened.NewViewer == true);
        var urls = mint.For(opened.PlaybackId!, tokens.Expiry(opened.TokenExpiresAt));
        return new OpenedShareLink.Open(opened, urls, opened.NewViewer == true ? newViewer : null);
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Information, Message = "Share link {ShareLinkId} of tenant {TenantId} opened (new viewer: {NewViewer})")]
        public static partial void Opened(ILogger logger, Guid shareLinkId, Guid tenantId, bool newViewer);

        [LoggerMessage(Level = LogLevel.Information, Message = "Share link {ShareLinkId}: {Outcome} {Reason}")]
        public static partial void Refused(ILogger logger, Guid? shareLinkId, string outcome, string? reason);
    }
}
