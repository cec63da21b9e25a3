using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.Operations.Alerts;

namespace Portal.Functions.Operations.Alerts;

/// <summary>Every minute: what waits or fails too much, and which alerts are over.</summary>
public sealed class WatchAlertsTimer(WatchAlerts watch, TimerRunStore runs)
{
    [Function("WatchAlerts")]
    public Task RunAsync([TimerTrigger("40 * * * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("WatchAlerts", watch.RunAsync, ct);
}
