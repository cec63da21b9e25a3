using Portal.Limits;

namespace Portal.ShareLinks;

/// <summary>Who asks for one unknown token after the other is guessing, whichever door they try: all doors count together.</summary>
public sealed class UnknownTokens(FailedTries failed, RateLimit limit)
{
    public async Task<DoorRefusal> CountAsync(Requester requester, CancellationToken ct) =>
        await failed.CountAsync("share_token", requester, ct) is { Allowed: false } hit
            ? new DoorRefusal.TooMany(hit.RetryAfter, limit.Limits.FailedTriesPerMinute)
            : new DoorRefusal.Unknown();
}
