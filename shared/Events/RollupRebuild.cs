using System.Globalization;
using Portal.Foundation;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>
/// Analytics by hour, day and month, made again from the events of one tenant. Left out is what has no place there: raw rows that are not
/// rolled up yet, which this holds until the commit so that nobody does so meanwhile, and hours and days that retention has taken.
/// </summary>
internal sealed class RollupRebuild
{
    private readonly HashSet<(Guid, string)> waiting;
    private readonly DateTimeOffset hoursFrom;
    private readonly DateTimeOffset daysFrom;
    private readonly Dictionary<Bucket, (long Events, double Amount)> sums = [];

    private RollupRebuild(HashSet<(Guid, string)> waiting, DateTimeOffset now) =>
        (this.waiting, hoursFrom, daysFrom) = (
            waiting, now.AddDays(-RetentionDefaults.HourlyAnalyticsDays), now.AddDays(-RetentionDefaults.DailyAnalyticsDays));

    public int Rows => sums.Count;

    public static async Task<RollupRebuild> BeginAsync(Tx tx, TenantId tenant, DateTimeOffset now) =>
        new([.. await AnalyticsStore.HoldRawAsync(tx, tenant)], now);

    public void Add(PortalEvent e)
    {
        foreach (var metric in EventEffects.CountsOf(e).Where(m => !waiting.Contains((e.EventId, m.Name))))
        {
            var at = e.OccurredAt.UtcDateTime;
            Add(new(Grain.Month, new DateTime(at.Year, at.Month, 1, 0, 0, 0, DateTimeKind.Utc), metric.Name, e.ProjectId), metric.Amount);
            AddKept(new(Grain.Day, at.Date, metric.Name, e.ProjectId), metric.Amount, daysFrom);
            AddKept(new(Grain.Hour, at.Date.AddHours(at.Hour), metric.Name, e.ProjectId), metric.Amount, hoursFrom);
        }
    }

    /// <summary>Compares with what is kept, and replaces it where it differs. Answers what was wrong.</summary>
    public async Task<IReadOnlyList<WrongRow>> PutRightAsync(Tx tx, TenantId tenant)
    {
        var kept = (await AnalyticsStore.RollupsAsync(tx, tenant, hoursFrom, daysFrom)).ToDictionary(
            r => new Bucket(r.Grain, r.BucketStart.UtcDateTime, r.Metric, r.ProjectId), r => (r.Events, r.Amount));
        var wrong = (from bucket in kept.Keys.Union(sums.Keys)
                     let was = kept.GetValueOrDefault(bucket)
                     let now = sums.GetValueOrDefault(bucket)
                     where was.Events != now.Events || Math.Abs(was.Amount - now.Amount) > 1e-6
                     select new WrongRow(bucket.Name, bucket.Project ?? Guid.Empty, $"{was}", $"{now}")).ToList();
        if (wrong.Count > 0)
        {
            await AnalyticsStore.ReplaceRollupsAsync(
                tx, tenant, hoursFrom, daysFrom,
                [.. sums.Select(s => s.Key.ToRow(s.Value.Events, s.Value.Amount))]);
        }

        return wrong;
    }

    private void AddKept(Bucket bucket, double amount, DateTimeOffset from)
    {
        if (bucket.Start >= from.UtcDateTime)
        {
            Add(bucket, amount);
        }
    }

    private void Add(Bucket bucket, double amount)
    {
        var (events, sum) = sums.GetValueOrDefault(bucket);
        sums[bucket] = (events + 1, sum + amount);
    }

    private sealed record Bucket(string Grain, DateTime Start, string Metric, Guid? Project)
    {
        public RollupRow ToRow(long events, double amount) => new(Grain, Start, Metric, Project, events, amount);

        public string Name => string.Create(CultureInfo.InvariantCulture, $"{Metric} of the {Grain} {Start:yyyy-MM-dd HH:mm}");
    }
}
