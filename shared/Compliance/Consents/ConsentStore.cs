using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Consents;

/// <summary>SQL that keeps decisions. They are only ever added; what holds is the newest (<see cref="ConsentQuery"/>).</summary>
public sealed class ConsentStore
{
    /// <summary>One decision after the other of one subject, until the commit.</summary>
    public static Task<int> HoldAsync(Tx tx, TenantId tenant, ConsentSubject subject) => tx.ExecuteAsync(
        "select pg_advisory_xact_lock(hashtextextended('portal.consents ' || @tenant::text || @subject::text, 0))",
        new { tenant, subject = subject.Id });

    public Task<int> AddAsync(Tx tx, TenantId tenant, ConsentSubject subject, ConsentDecision decision, BrowserSignal signal) =>
        tx.ExecuteAsync("""
            insert into portal.consents (tenant_id, user_id, viewer_id, purpose, granted, notice_version, browser_signal, decided_at)
            values (@tenant, @User, @Viewer, @Purpose, @Granted, @NoticeVersion, @SaysNo, @DecidedAt)
            """, new
        {
            tenant,
            subject.User,
            subject.Viewer,
            decision.Purpose,
            decision.Granted,
            decision.NoticeVersion,
            signal.SaysNo,
            decision.DecidedAt,
        });
}
