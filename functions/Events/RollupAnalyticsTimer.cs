using Microsoft.Azure.Functions.Worker;
using Portal.Events;
using Portal.Foundation.Timers;

namespace Portal.Functions.Events;

/// <summary>Every hour: raw analytics into hours, days and months.</summary>
public sealed class RollupAnalyticsTimer(RollupAnalytics rollup, TimerRunStore runs)
{
    [Function("RollupAnalytics")]
    public Task RunAsync([TimerTrigger("%RollupAnalyticsSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("RollupAnalytics", rollup.RunAsync, ct);
}
