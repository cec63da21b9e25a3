using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Operations.Probes;

/// <summary>All SQL of the synthetic probe. Its rows are the platform's, the link is that of whichever tenant the setting leads
/// to.</summary>
public sealed class ProbeStore(PortalDb db)
{
    /// <summary>After that a probe without an outcome is lost; count_objectives counts it then.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Takes the minute. False: another instance has it.</summary>
    public async Task<bool> ClaimAsync(DateTimeOffset minute, DateTimeOffset now, CancellationToken ct) =>
        await db.RunAcrossTenantsAsync(
            "insert into portal.probe_runs (minute, started_at) values (@minute, @now) on conflict (minute) do nothing",
            new { minute, now }, ct) == 1;

    public Task<ProbedLink?> FindLinkAsync(ShareLinkId id, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.QueryOneAsync<ProbedLink>("""
            select l.tenant_id, l.id, l.token_kid, l.generation, l.expires_at from portal.share_links l where l.id = @id
            """, new { id }), ct);

    public Task<int> EndAsync(DateTimeOffset minute, ProbeResult result, TimeSpan took, CancellationToken ct) =>
        db.RunAcrossTenantsAsync("""
            update portal.probe_runs set outcome = @Outcome, step = @Step, status = @Status, took_ms = @took
             where minute = @minute and outcome is null
            """, new { minute, result.Outcome, result.Step, result.Status, took = (int)took.TotalMilliseconds }, ct);

    /// <summary>Lets the minute go without an outcome.</summary>
    public Task<int> ReleaseAsync(DateTimeOffset minute) => db.RunAcrossTenantsAsync(
        "delete from portal.probe_runs where minute = @minute and outcome is null", new { minute }, CancellationToken.None);

    /// <summary>The last hour, the newest first.</summary>
    public Task<IReadOnlyList<ProbeRun>> LastHourAsync(DateTimeOffset now, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.QueryAsync<ProbeRun>("""
            select r.minute, coalesce(r.outcome, case when r.started_at < @before then @Lost end) as outcome, r.step, r.status, r.took_ms
              from portal.probe_runs r where r.minute > @since order by r.minute desc
            """, new { since = now - Hour, before = now - LostAfter, ProbeOutcome.Lost }), ct);
}
