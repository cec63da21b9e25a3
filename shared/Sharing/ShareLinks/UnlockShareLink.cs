using System.Buffers.Text;
using System.Security.Cryptography;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Limits;

namespace Portal.Sharing.ShareLinks;

/// <summary>What came of giving a passphrase.</summary>
public abstract record UnlockedShareLink
{
    private UnlockedShareLink()
    {
    }

    /// <param name="UnlockToken">The cookie that opens the link until its end; null when it asks for no passphrase.</param>
    public sealed record Unlocked(string? UnlockToken, DateTimeOffset? ExpiresAt) : UnlockedShareLink;

    public sealed record Wrong : UnlockedShareLink;

    public sealed record Refused(AccessDenied Why) : UnlockedShareLink;
}

/// <summary>
/// Takes the passphrase of a link. Guesses are counted before they are looked at: 10 in a quarter of an hour from one address, 100 in an
/// hour for one link, right ones included. At the tenth of a link on-call is told; every wrong one is in the tenant's audit log.
/// </summary>
public sealed class UnlockShareLink(
    PortalDb db, ShareAccessStore store, AuditWriter audit, AlertStore alerts, UnknownTokens unknown, TimeProvider clock)
{
    public const int GuessesPerAddress = 10;
    public const int GuessesPerLink = 100;
    private const int GuessesBeforeAlert = 10;
    private const int UnlockTokenBytes = 32;

    public async Task<UnlockedShareLink> RunAsync(string token, string passphrase, Requester requester, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var asked = await store.AskPassphraseAsync(new
        {
            tokenHash = ShareTokens.Hash(token) ?? [],
            ipHash = requester.IpHash,
            now,
            ipLimit = GuessesPerAddress,
            linkLimit = GuessesPerLink,
        }, ct);
        if (asked.ByLink >= GuessesBeforeAlert || asked is { Outcome: "limited", ShareLinkId: not null })
        {
            await alerts.AddAsync(new("passphrase_guessing", asked.ShareLinkId!.Value.ToString(), "warning",
                $"Somebody is guessing the passphrase of share link {asked.ShareLinkId}.",
                new { shareLinkId = asked.ShareLinkId.Value.Value, tenantId = asked.TenantId!.Value.Value, guesses = asked.ByLink }), ct);
        }

        // Past the limit of this endpoint they are counted on, so that on-call hears of it.
        var counted = asked is { ShareLinkId: null, Outcome: "unknown" or "limited" } ? await unknown.CountAsync(requester, ct) : null;
        switch (asked.Outcome)
        {
            case "unknown":
                return new UnlockedShareLink.Refused(counted!);
            case "open":
                return new UnlockedShareLink.Unlocked(null, null);
            case not "ask":
                return new UnlockedShareLink.Refused(AccessDenied.Of(asked.Outcome, asked.RetryAfter, GuessesPerAddress));
        }

        var tenant = asked.TenantId!.Value;
        var link = asked.ShareLinkId!.Value;
        if (!Passphrases.IsValid(passphrase, new(asked.PassphraseHash!, asked.PassphraseSalt!, asked.PassphraseIterations!.Value)))
        {
            await db.InTenantAsync(tenant, async tx =>
            {
                await audit.WriteAsync(tx, tenant, new Actor("guest", null, null, requester.RequestId), new AuditEntry(
                    "share_link_unlock_failed", "share_link", link.Value, null,
                    new
                    {
                        ipHash = Convert.ToHexStringLower(requester.IpHash),
                        agentFamily = requester.AgentFamily,
                        guesses = asked.ByLink,
                    }));
                return true;
            }, ct);
            return new UnlockedShareLink.Wrong();
        }

        var unlock = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(UnlockTokenBytes));
        await db.InTenantAsync(
            tenant, tx => store.KeepUnlockAsync(
                tx, tenant, link, ShareTokens.CookieHash(unlock)!, asked.PassphraseVersion!.Value, now), ct);
        return new UnlockedShareLink.Unlocked(unlock, asked.ExpiresAt);
    }
}
