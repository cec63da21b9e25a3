using Portal.Foundation;
using Portal.Foundation.Timers;

namespace Portal.Events;

/// <summary>Adds what is new in the raw analytics to hours, days and months. Late events are additions like any other.</summary>
public sealed class RollupAnalytics(AnalyticsStore store, TimeProvider clock)
{
    public const int Batch = 5000;

    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var counts = new RunCounts();
        for (var rows = Batch; rows == Batch;)
        {
            ct.ThrowIfCancellationRequested();
            var now = clock.GetUtcNow();
            var some = await store.RollUpAsync(
                now.AddDays(-RetentionDefaults.HourlyAnalyticsDays), now.AddDays(-RetentionDefaults.DailyAnalyticsDays), Batch, ct);
            rows = some.Rows;
            counts.Add("rows", some.Rows).Add("buckets", some.Buckets);
        }

        return counts;
    }
}
