using Portal.Foundation.Faults;
using Portal.Foundation.Limits;

namespace Portal.Sharing.ShareLinks;

/// <summary>
/// Why a share link does not let somebody in, in the words that a guest reads. Revoked, expired, used up and nothing ready are one: the
/// guest learns no more. Who asks for one unknown token after the other is guessing, whichever endpoint they try: all count together.
/// </summary>
public sealed class ShareRefusals(FailedAttempts failed, RateLimitStore limit)
{
    /// <param name="outcome">A word of the functions open_share_link, enter_share_link or find_passphrase.</param>
    public async Task<Refusal> OfAsync(string outcome, int? retryAfter, Requester requester, CancellationToken ct) => outcome switch
    {
        "limited" => TooMany(retryAfter!.Value, limit.Limits.PlaybacksPerMinute),
        "guessed_too_often" => new Refusal.TooMany(retryAfter!.Value, "Too many wrong passphrases for this link."),
        "unavailable" => new Refusal.Forbidden(
            "share-link-unavailable", "This link is no longer available. Ask the person who sent it for a new one."),
        "sign_in_required" => new Refusal.Unauthenticated(
            "sign-in-required", "Sign in first", "This link is only for people who are signed in."),
        "not_addressed" => new Refusal.Forbidden("not-addressed", "This link is for somebody else."),
        "passphrase_required" => new Refusal.Unauthenticated(
            "passphrase-required", "Passphrase needed", "Send the passphrase to this link's unlock address."),
        "not_opened" => new Refusal.Forbidden("share-link-not-opened", "Open the link first, and send its cookie along."),
        "unknown" => await failed.CountAsync("share_token", requester, ct) is { Allowed: false } hit
            ? TooMany(hit.RetryAfter, limit.Limits.FailedAttemptsPerMinute)
            : new Refusal.NotFound("share link"),
        _ => throw new InvalidOperationException($"A share link's outcome without a refusal: {outcome}."),
    };

    private static Refusal.TooMany TooMany(int retryAfter, int limit) =>
        new(retryAfter, $"At most {limit} requests a minute from one address.", limit);
}
