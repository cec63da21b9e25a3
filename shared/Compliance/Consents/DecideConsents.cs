using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Consents;

/// <summary>What somebody wants to say to a purpose.</summary>
public sealed record WantedConsent(string Purpose, bool Granted);

/// <summary>
/// Takes decisions of a person or a guest. A yes needs the notice that is current, for it is a yes to what that says; a no is taken with
/// any notice that there was: withdrawing must be as easy as giving. What was said before is not said again.
/// </summary>
public sealed class DecideConsents(
    PrivacyNotices notices, ConsentQuery consents, ConsentStore store, AuditWriter audit, TimeProvider clock)
{
    /// <param name="notice">The version that they were shown.</param>
    /// <param name="signal">Of this request: a yes beside a browser's no is kept, and counts once the browser says no more.</param>
    public async Task<Result<ConsentOverview>> RunAsync(
        Tx tx, TenantId tenant, ConsentSubject subject, Actor actor, DateOnly notice, IReadOnlyList<WantedConsent> wanted,
        BrowserSignal signal)
    {
        if (actor.ImpersonatorId is not null)
        {
            return new Refusal.Forbidden("impersonated", "Nobody consents for somebody else.");
        }

        if (!notices.Versions.Contains(notice))
        {
            return new Refusal.Conflict("unknown-notice", "There is no such version of the privacy notice.");
        }

        if (notice != notices.Current && wanted.Any(w => w.Granted))
        {
            return new Refusal.Conflict("notice-outdated", "There is a newer privacy notice. Show that one, and ask again.");
        }

        await ConsentStore.HoldAsync(tx, tenant, subject);
        var before = await consents.ReadAsync(tx, tenant, subject, signal);
        foreach (var want in wanted)
        {
            var said = before.Consents.Single(c => c.Purpose == want.Purpose).Decision;
            if (said is null || said.Granted != want.Granted || said.NoticeVersion != notice)
            {
                await AddAsync(tx, tenant, subject, actor, said, new(want.Purpose, want.Granted, notice, clock.GetUtcNow()), signal);
            }
        }

        return await consents.ReadAsync(tx, tenant, subject, signal);
    }

    private async Task AddAsync(
        Tx tx, TenantId tenant, ConsentSubject subject, Actor actor, ConsentDecision? before, ConsentDecision decision,
        BrowserSignal signal)
    {
        await store.AddAsync(tx, tenant, subject, decision, signal);
        await audit.WriteAsync(tx, tenant, actor, new AuditEntry(
            decision.Granted ? "consent_granted" : before is { Granted: true } ? "consent_withdrawn" : "consent_denied",
            subject.User is null ? "share_viewer" : "user", subject.Id,
            before is null ? null : new { purpose = before.Purpose, granted = before.Granted, noticeVersion = before.NoticeVersion },
            new
            {
                purpose = decision.Purpose,
                granted = decision.Granted,
                noticeVersion = decision.NoticeVersion,
                browserSignal = signal.SaysNo,
            }));
    }
}
