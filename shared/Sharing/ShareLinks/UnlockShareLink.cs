using System.Buffers.Text;
using System.Security.Cryptography;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Limits;

namespace Portal.Sharing.ShareLinks;

/// <param name="Token">The cookie that opens the link until its end; null when it asks for no passphrase.</param>
public sealed record UnlockedShareLink(string? Token, DateTimeOffset? ExpiresAt);

/// <summary>
/// Takes the passphrase of a link. Wrong ones are counted: 10 in a quarter of an hour from one address at one link, 100 in an hour at one
/// link. A guess counts before it is looked at, and no more once it turns out right. At the tenth wrong one of a link on-call is told;
/// every one is in the tenant's audit log.
/// </summary>
public sealed class UnlockShareLink(
    PortalDb db, ShareAccessStore store, Passphrases passphrases, ShareRefusals refusals, AuditWriter audit, AlertStore alerts,
    TimeProvider clock)
{
    public const int GuessesPerAddress = 10;
    public const int GuessesPerLink = 100;
    private const int GuessesBeforeAlert = 10;
    private const int UnlockTokenBytes = 32;

    public async Task<Result<UnlockedShareLink>> RunAsync(string token, string passphrase, Requester requester, CancellationToken ct)
    {
        // First of all: who waits for a turn has counted nothing yet, so that guesses of people who are right do not add up.
        using var turn = await passphrases.TakeTurnAsync(ct);
        if (!turn.IsAcquired)
        {
            return Passphrases.Busy;
        }

        var now = clock.GetUtcNow();
        var asked = await store.AskPassphraseAsync(token, requester, GuessesPerAddress, GuessesPerLink, now, ct);
        if (asked.Outcome == "open")
        {
            return new UnlockedShareLink(null, null);
        }

        var wrong = asked.Outcome == "ask"
            && !passphrases.IsValid(passphrase, new(asked.PassphraseHash, asked.PassphraseSalt, asked.PassphraseIterations));
        if (asked.Outcome == "guessed_too_often" || (wrong && asked.Guesses >= GuessesBeforeAlert))
        {
            await alerts.AddAsync(new(AlertKind.PassphraseGuessing, asked.ShareLinkId.ToString(),
                $"Somebody is guessing the passphrase of share link {asked.ShareLinkId}.",
                new { shareLinkId = asked.ShareLinkId.Value, tenantId = asked.TenantId.Value, guesses = asked.Guesses }), ct);
        }

        if (asked.Outcome != "ask")
        {
            return await refusals.OfAsync(asked.Outcome, asked.RetryAfter, requester, ct);
        }

        if (wrong)
        {
            await db.InTenantAsync(asked.TenantId, async tx =>
            {
                await audit.WriteAsync(tx, asked.TenantId, new Actor("guest", null, null, requester.RequestId), new AuditEntry(
                    "share_link_unlock_failed", "share_link", asked.ShareLinkId.Value, null,
                    new
                    {
                        ipHash = Convert.ToHexStringLower(requester.IpHash),
                        agentFamily = requester.AgentFamily,
                        guesses = asked.Guesses,
                    }));
                return true;
            }, ct);
            return new Refusal.Forbidden("wrong-passphrase", "That is not the passphrase of this link.");
        }

        var unlock = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(UnlockTokenBytes));
        await db.InTenantAsync(
            asked.TenantId,
            tx => store.KeepUnlockAsync(tx, asked.TenantId, asked, requester, ShareTokens.CookieHash(unlock)!, now), ct);
        return new UnlockedShareLink(unlock, asked.ExpiresAt);
    }
}
