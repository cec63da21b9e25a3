using Portal.Foundation.Alerts;
using Portal.Foundation.Db;
using Portal.Operations.Incidents;

namespace Portal.Operations.OnCallMails;

/// <summary>All warnings of one kind in a period.</summary>
/// <param name="Alerts">How many: one for each trouble.</param>
/// <param name="Times">How often they were raised since each began.</param>
/// <param name="Open">How many of them are not over.</param>
/// <param name="Summary">Of the last one.</param>
public sealed record WarningsOfKind(string Kind, long Alerts, long Times, long Open, string Summary);

/// <summary>An objective in a week, and what is left of its budget at its end.</summary>
/// <param name="Pages">How often somebody was paged about it.</param>
public sealed record ObjectiveWeek(string Objective, long Good, long Total, long BudgetGood, long BudgetTotal, long Pages);

/// <summary>All SQL of mails to people on call: who they are, which periods are done with, and what there is to say.</summary>
public sealed class OnCallMailStore(PortalDb db, TimeProvider clock)
{
    public const string Warnings = "warnings";
    public const string Objectives = "objectives";

    private const string Warned = "a.severity = @severity and a.last_at >= @Since and a.first_at < @Until";

    /// <summary>The end of the last period that was done with; null: none yet.</summary>
    public static async Task<DateTimeOffset?> LastAsync(Tx tx, string kind) => (await tx.GetAsync<LastPeriod>(
        "select max(m.until) as until from portal.operator_mails m where m.kind = @kind", new { kind })).Until;

    /// <summary>A period is done with once, however often and by how many it is tried.</summary>
    public async Task<bool> TakeAsync(Tx tx, Guid id, string kind, MailPeriod period, bool mailed) => await tx.ExecuteAsync("""
        insert into portal.operator_mails (id, kind, since, until, mailed, created_at)
        values (@id, @kind, @Since, @Until, @mailed, @now) on conflict (kind, until) do nothing
        """, new { id, kind, period.Since, period.Until, mailed, now = clock.GetUtcNow() }) == 1;

    /// <summary>Clerk's ids of all people on call.</summary>
    public static Task<IReadOnlyList<string>> OperatorsAsync(Tx tx) =>
        tx.QueryAsync<string>("select o.clerk_user_id from portal.operators o order by o.clerk_user_id");

    public static Task<bool> AnyWarningAsync(Tx tx, MailPeriod period) =>
        tx.GetAsync<bool>($"select exists (select 1 from portal.alerts a where {Warned})", In(period));

    /// <summary>What happened most comes first.</summary>
    public Task<IReadOnlyList<WarningsOfKind>> WarningsAsync(MailPeriod period, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<WarningsOfKind>($"""
            select a.kind, count(*) as alerts, sum(a.times)::bigint as times, count(*) filter (where a.resolved_at is null) as open,
                   (array_agg(a.summary order by a.last_at desc, a.id desc))[1] as summary
              from portal.alerts a
             where {Warned}
             group by a.kind order by 3 desc, 1
            """, In(period)), ct);

    public Task<IReadOnlyList<ObjectiveWeek>> ObjectivesAsync(MailPeriod week, TimeSpan budget, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<ObjectiveWeek>("""
            select s.objective, coalesce(m.good, 0)::bigint as good, coalesce(m.total, 0)::bigint as total,
                   coalesce(m.budget_good, 0)::bigint as budget_good, coalesce(m.budget_total, 0)::bigint as budget_total,
                   (select count(*) from portal.incidents i
                     where i.kind = @breach and i.dedup_key = s.objective and i.opened_at >= @Since and i.opened_at < @Until) as pages
              from portal.objective_states s
              left join lateral (
                   select sum(o.good) filter (where o.minute >= @Since) as good, sum(o.total) filter (where o.minute >= @Since) as total,
                          sum(o.good) as budget_good, sum(o.total) as budget_total
                     from portal.objective_minutes o
                    where o.objective = s.objective and o.minute >= @from and o.minute < @Until) m on true
             order by s.objective
            """, new { week.Since, week.Until, from = week.Until - budget, breach = IncidentKind.BudgetBreach }), ct);

    private static object In(MailPeriod period) => new { severity = AlertSeverity.Warning, period.Since, period.Until };

    private sealed record LastPeriod(DateTimeOffset? Until);
}
