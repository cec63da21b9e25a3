using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Projects;

namespace Portal.Events;

/// <summary>How wide a bucket is. Buckets begin in UTC.</summary>
public static class Grain
{
    public const string Hour = "hour";
    public const string Day = "day";
    public const string Month = "month";
}

/// <summary>How often something happened in a bucket, and how much of it.</summary>
public sealed record AnalyticsBucket(DateTimeOffset BucketStart, string Metric, long Events, double Amount);

/// <summary>What a batch of raw rows came to.</summary>
public sealed record RolledUp(int Rows, int Buckets);

/// <summary>SQL of the roll-ups.</summary>
public sealed class AnalyticsStore(PortalDb db)
{
    /// <summary>Buckets in an answer at most.</summary>
    public const int MaxBuckets = 10_000;

    /// <summary>
    /// Adds raw rows that were not added yet to their hour, day and month, and marks them, in one statement: however often it runs, or
    /// dies, each row counts once. An hour or a day that is past its own retention is left out: it would hold only what came late.
    /// </summary>
    public Task<RolledUp> RollUpAsync(DateTimeOffset hoursFrom, DateTimeOffset daysFrom, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.GetAsync<RolledUp>("""
            with found as (
                select event_id, metric from portal.analytics_raw where not rolled_up order by recorded_at limit @limit
                   for update skip locked),
            marked as (
                update portal.analytics_raw r set rolled_up = true from found f
                 where r.event_id = f.event_id and r.metric = f.metric
                returning r.tenant_id, r.metric, r.project_id, r.amount, r.occurred_at),
            sums as (
                select m.tenant_id, g.grain, date_trunc(g.grain, m.occurred_at, 'UTC') as bucket_start, m.metric, m.project_id,
                       count(*) as events, sum(m.amount) as amount
                  from marked m cross join (values ('hour'), ('day'), ('month')) as g (grain)
                 group by 1, 2, 3, 4, 5),
            added as (
                insert into portal.analytics_rollups as t (tenant_id, grain, bucket_start, metric, project_id, events, amount)
                select s.tenant_id, s.grain, s.bucket_start, s.metric, s.project_id, s.events, s.amount from sums s
                 where s.grain = 'month' or s.bucket_start >= case s.grain when 'hour' then @hoursFrom::timestamptz
                    else @daysFrom::timestamptz end
                 order by 1, 2, 3, 4, 5
                on conflict (tenant_id, grain, bucket_start, metric, project_id)
                do update set events = t.events + excluded.events, amount = t.amount + excluded.amount
                returning 1)
            select (select count(*) from marked)::integer as rows, (select count(*) from added)::integer as buckets
            """, new { hoursFrom, daysFrom, limit }), ct);

    /// <summary>Buckets that begin from <paramref name="from"/> to before <paramref name="to"/>, over the projects that the caller sees;
    /// one more than the most.</summary>
    public Task<IReadOnlyList<AnalyticsBucket>> ReadAsync(
        TenantId tenant, Caller caller, string grain, DateTimeOffset from, DateTimeOffset to, string? metric, Guid? project,
        CancellationToken ct) =>
        db.ReadAsync<AnalyticsBucket>(tenant, $"""
            select r.bucket_start, r.metric, sum(r.events)::bigint as events, sum(r.amount) as amount
              from portal.analytics_rollups r
             where r.tenant_id = @tenant and r.grain = @grain and r.bucket_start >= @from and r.bucket_start < @to
               and (@metric::text is null or r.metric = @metric) and (@project::uuid is null or r.project_id = @project)
               and (@seesAll or r.project_id = any({ProjectStore.Mine}))
             group by r.bucket_start, r.metric order by r.bucket_start, r.metric limit @take
            """,
            new { tenant, grain, from, to, metric, project, seesAll = caller.SeesAllProjects, user = caller.User, take = MaxBuckets + 1 },
            ct);
}
