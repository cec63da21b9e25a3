using Microsoft.Azure.Functions.Worker;
using Portal.Limits;

namespace Portal.Functions.Limits;

/// <summary>Every five minutes: forgets the windows of limits that are over.</summary>
public sealed class PruneRateWindowsTimer(RateLimit limit)
{
    [Function("PruneRateWindows")]
    public Task RunAsync([TimerTrigger("30 */5 * * * *")] TimerInfo timer, CancellationToken ct) => limit.PruneAsync(ct);
}
