using Portal.Foundation.Identity;
using Portal.Foundation.Limits;

namespace Portal.Sharing.ShareLinks;

/// <summary>Why a share link does not let somebody in. Revoked, expired, used up and nothing ready are one: the guest learns no
/// more.</summary>
public abstract record AccessDenied
{
    private AccessDenied()
    {
    }

    public sealed record Unknown : AccessDenied;

    public sealed record Unavailable : AccessDenied;

    public sealed record TooMany(int RetryAfter, int Limit) : AccessDenied;

    public sealed record SignInRequired : AccessDenied;

    public sealed record NotAddressed : AccessDenied;

    public sealed record PassphraseRequired : AccessDenied;

    /// <summary>No viewer's cookie: open the link first.</summary>
    public sealed record NotOpened : AccessDenied;

    /// <summary>The outcome words of the functions in 0009_sharing_and_review.sql.</summary>
    internal static AccessDenied Of(string outcome, int? retryAfter, int limit) => outcome switch
    {
        "limited" => new TooMany(retryAfter ?? 60, limit),
        "unavailable" => new Unavailable(),
        "sign_in_required" => new SignInRequired(),
        "not_addressed" => new NotAddressed(),
        "passphrase_required" => new PassphraseRequired(),
        "not_opened" => new NotOpened(),
        _ => new Unknown(),
    };
}

/// <summary>A guest at work behind a link: they have opened it and still may.</summary>
/// <param name="User">The member they were signed in as when they opened it.</param>
public sealed record GuestEntry(
    TenantId Tenant, ShareLinkId Link, ProjectId Project, AssetId Asset, AssetVersionId Version, Guid Viewer, UserId? User,
    DateTimeOffset ExpiresAt,
    bool AllowComments, bool AllowDownload, string PlaybackId, string? DownloadName, double? DurationS, double? FrameRate);

/// <summary>The way in to everything a guest does besides watching: the same guards as opening, for those who have opened.</summary>
public sealed class EnterShareLink(ShareAccessStore store, RateLimitStore limit, UnknownTokens unknown, TimeProvider clock)
{
    public async Task<(GuestEntry? Guest, AccessDenied? Refusal)> RunAsync(Visitor visitor, Requester requester, CancellationToken ct)
    {
        var found = await store.EnterAsync(new
        {
            tokenHash = ShareTokens.Hash(visitor.Token) ?? [],
            viewerHash = ShareTokens.CookieHash(visitor.ViewerToken),
            unlockHash = ShareTokens.CookieHash(visitor.UnlockToken),
            clerkUserId = visitor.ClerkUserId,
            ipHash = requester.IpHash,
            now = clock.GetUtcNow(),
            ipLimit = limit.Limits.PlaybacksPerMinute,
        }, ct);
        if (found.Outcome == "unknown")
        {
            return (null, await unknown.CountAsync(requester, ct));
        }

        return found.Outcome == "open"
            ? (new(found.TenantId!.Value, found.ShareLinkId!.Value, found.ProjectId!.Value, found.AssetId!.Value,
                found.AssetVersionId!.Value, found.ViewerId!.Value,
                found.UserId, found.ExpiresAt!.Value, found.AllowComments == true, found.AllowDownload == true, found.PlaybackId!,
                found.DownloadName,
                found.DurationS, found.FrameRate), null)
            : (null, AccessDenied.Of(found.Outcome, found.RetryAfter, limit.Limits.PlaybacksPerMinute));
    }
}
