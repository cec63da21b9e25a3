using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Consents;

/// <summary>
/// May we measure this viewer or person? Whatever keeps figures of one of them asks here first, with the signal of the very request:
/// <see cref="Consent.Granted"/> is the answer (docs/playbook/compliance/cookie-consent-and-privacy-notice.md).
/// </summary>
public sealed class ConsentQuery(PortalDb db, PrivacyNotices notices)
{
    private const string Newest = """
        select distinct on (c.purpose) c.purpose, c.granted, c.notice_version, c.decided_at from portal.consents c
         where c.tenant_id = @tenant and coalesce(c.user_id, c.viewer_id) = @subject order by c.purpose, c.seq desc
        """;

    public async Task<ConsentOverview> ReadAsync(TenantId tenant, ConsentSubject subject, BrowserSignal signal, CancellationToken ct) =>
        Overview(await db.ReadAsync<ConsentDecision>(tenant, Newest, new { tenant, subject = subject.Id }, ct), signal);

    public async Task<ConsentOverview> ReadAsync(Tx tx, TenantId tenant, ConsentSubject subject, BrowserSignal signal) =>
        Overview(await tx.QueryAsync<ConsentDecision>(Newest, new { tenant, subject = subject.Id }), signal);

    private ConsentOverview Overview(IReadOnlyList<ConsentDecision> decisions, BrowserSignal signal) => new(
        notices.Current, signal,
        [
            .. from purpose in ConsentPurpose.All
               select Consent.Of(purpose, decisions.FirstOrDefault(d => d.Purpose == purpose), signal, notices.Current),
        ]);
}
