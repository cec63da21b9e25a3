using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Limits;
using Portal.Foundation.Timers;

namespace Portal.Functions.Foundation;

/// <summary>Every five minutes: forgets the windows of limits that are over.</summary>
public sealed class PruneRateWindowsTimer(RateLimitStore limit, TimerRunStore runs)
{
    [Function("PruneRateWindows")]
    public Task RunAsync([TimerTrigger("30 */5 * * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("PruneRateWindows", async stop => RunCounts.Of("pruned", await limit.PruneAsync(stop)), ct);
}
