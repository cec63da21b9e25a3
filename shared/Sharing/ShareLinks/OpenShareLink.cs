using Microsoft.Extensions.Logging;
using Portal.Foundation.Faults;
using Portal.Vendors.Mux;
using Portal.Videos;

namespace Portal.Sharing.ShareLinks;

/// <summary>
/// Opens a share link for whoever holds its token: found by hash, guarded and counted in one round trip, then a playback token for
/// Mux of at most 15 minutes and never past the link's end. A revoked, expired or unknown link mints nothing.
/// </summary>
public sealed partial class OpenShareLink(
    ShareAccessStore store, ShareRefusals refusals, MintPlayback mint, PlaybackTokens tokens, TimeProvider clock,
    ILogger<OpenShareLink> logger)
{
    /// <param name="peek">HEAD: look, count nothing, mint nothing.</param>
    public async Task<Result<GuestLink>> RunAsync(Visitor visitor, bool peek, CancellationToken ct)
    {
        var found = await store.OpenAsync(visitor, tokens.Expiry(null) - clock.GetUtcNow(), peek, ct);
        if (found.Outcome != "open")
        {
            Log.Refused(logger, found.ShareLinkId.Value, found.Outcome, found.Reason);
            return await refusals.OfAsync(found.Outcome, found.RetryAfter, visitor.Requester, ct);
        }

        if (peek)
        {
            return found;
        }

        Log.Opened(logger, found.ShareLinkId.Value, found.TenantId.Value, found.NewViewer);
        return found with { Urls = mint.For(found.PlaybackId, tokens.Expiry(found.TokenExpiresAt)) };
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Information, Message = "Share link {ShareLinkId} of tenant {TenantId} opened (new viewer: {NewViewer})")]
        public static partial void Opened(ILogger logger, Guid shareLinkId, Guid tenantId, bool newViewer);

        [LoggerMessage(Level = LogLevel.Information, Message = "Share link {ShareLinkId}: {Outcome} {Reason}")]
        public static partial void Refused(ILogger logger, Guid shareLinkId, string outcome, string? reason);
    }
}
