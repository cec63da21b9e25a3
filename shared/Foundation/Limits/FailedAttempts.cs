using Microsoft.Extensions.Options;
using Portal.Foundation.Alerts;

namespace Portal.Foundation.Limits;

/// <summary>
/// Guessing, slowed and seen: made-up sessions, unknown share tokens, wrong passphrases. Failures are counted by address over all
/// instances; past the limit of a minute the address is told to wait, and the first time in each minute on-call hears of it.
/// </summary>
public sealed class FailedAttempts(RateLimitStore limit, AlertStore alerts, IOptions<LimitOptions> options)
{
    /// <param name="kind">What was guessed at: <c>session</c>, <c>share_token</c>, …</param>
    public async Task<Hit> CountAsync(string kind, Requester requester, CancellationToken ct)
    {
        var address = Convert.ToHexStringLower(requester.IpHash);
        var most = options.Value.FailedAttemptsPerMinute;
        var hit = limit.Judge(
            LimitName.FailedAttempts, requester.ShownHash,
            await limit.TakeAsync($"failed:{kind}:{address}", TimeSpan.FromMinutes(1), most, ct));
        if (hit.Hits == most + 1)
        {
            var shown = requester.ShownHash;
            await alerts.AddAsync(
                new Alert(
                    AlertKind.BruteForce, $"{kind}:{shown}", $"More than {most} failed attempts ({kind}) in a minute from one address",
                    new { kind, ipHash = shown }), ct);
        }

        return hit;
    }
}
