using Portal.Foundation.Limits;

namespace Portal.Sharing.ShareLinks;

/// <summary>Who asks for one unknown token after the other is guessing, whichever endpoint they try: all count together.</summary>
public sealed class UnknownTokens(FailedAttempts failed, RateLimitStore limit)
{
    public async Task<AccessDenied> CountAsync(Requester requester, CancellationToken ct) =>
        await failed.CountAsync("share_token", requester, ct) is { Allowed: false } hit
            ? new AccessDenied.TooMany(hit.RetryAfter, limit.Limits.FailedAttemptsPerMinute)
            : new AccessDenied.Unknown();
}
