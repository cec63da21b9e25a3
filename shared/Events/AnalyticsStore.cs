using System.Text.Json;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
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

/// <summary>A bucket of one project, as it is kept.</summary>
public sealed record RollupRow(string Grain, DateTimeOffset BucketStart, string Metric, Guid? ProjectId, long Events, double Amount);

/// <summary>What a batch of raw rows came to.</summary>
public sealed record RolledUp(int Rows, int Buckets);

/// <summary>SQL of the roll-ups.</summary>
public sealed class AnalyticsStore(PortalDb db, TimeProvider clock)
{
    private const string Kept = """
        r.tenant_id = @tenant and (r.grain = 'month' or r.bucket_start >= case r.grain when 'hour' then @hoursFrom::timestamptz
           else @daysFrom::timestamptz end)
        """;

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

    /// <summary>What a batch of events counts for.</summary>
    public async Task CountAsync(Tx tx, TenantId tenant, IReadOnlyList<PortalEvent> events)
    {
        var metrics = events.SelectMany(
            EventEffects.CountsOf, (e, m) =>
                new { event_id = e.EventId, name = m.Name, project = e.ProjectId, amount = m.Amount, at = e.OccurredAt }).ToList();
        if (metrics.Count > 0)
        {
            await tx.ExecuteAsync("""
                insert into portal.analytics_raw (tenant_id, event_id, metric, project_id, amount, occurred_at, recorded_at)
                select @tenant, m.event_id, m.name, m.project, m.amount, m.at, @now
                  from jsonb_to_recordset(@metrics::jsonb) as m (
                           event_id uuid, name text, project uuid, amount double precision, at timestamptz)
                on conflict (event_id, metric) do nothing
                """, new { tenant, metrics = JsonSerializer.Serialize(metrics), now = clock.GetUtcNow() });
        }
    }

    /// <summary>Raw rows that are not rolled up yet, by event and metric; held until the commit: nobody does so meanwhile.</summary>
    public static Task<IReadOnlyList<(Guid Event, string Metric)>> HoldRawAsync(Tx tx, TenantId tenant) =>
        tx.QueryAsync<(Guid, string)>(
            "select event_id, metric from portal.analytics_raw where tenant_id = @tenant and not rolled_up for update", new { tenant });

    /// <summary>The tenant's buckets: months, and hours and days as far back as they are kept.</summary>
    public static Task<IReadOnlyList<RollupRow>> RollupsAsync(
        Tx tx, TenantId tenant, DateTimeOffset hoursFrom, DateTimeOffset daysFrom) =>
        tx.QueryAsync<RollupRow>($"""
            select r.grain, r.bucket_start, r.metric, r.project_id, r.events, r.amount from portal.analytics_rollups r where {Kept}
            """, new { tenant, hoursFrom, daysFrom });

    /// <summary>These in the place of all that <see cref="RollupsAsync"/> answers.</summary>
    public static Task<int> ReplaceRollupsAsync(
        Tx tx, TenantId tenant, DateTimeOffset hoursFrom, DateTimeOffset daysFrom, IReadOnlyList<RollupRow> rows) => tx.ExecuteAsync($"""
        delete from portal.analytics_rollups r where {Kept};
        insert into portal.analytics_rollups (tenant_id, grain, bucket_start, metric, project_id, events, amount)
        select @tenant, b.grain, b.start, b.metric, b.project, b.events, b.amount
          from unnest(@grains, @starts, @metrics, @projects, @events, @amounts) as b (grain, start, metric, project, events, amount)
        """, new
        {
            tenant,
            hoursFrom,
            daysFrom,
            grains = rows.Select(r => r.Grain).ToArray(),
            starts = rows.Select(r => r.BucketStart.UtcDateTime).ToArray(),
            metrics = rows.Select(r => r.Metric).ToArray(),
            projects = rows.Select(r => r.ProjectId).ToArray(),
            events = rows.Select(r => r.Events).ToArray(),
            amounts = rows.Select(r => r.Amount).ToArray(),
        });

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
