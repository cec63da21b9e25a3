using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Compliance.Exports;
using Portal.Foundation.Timers;

namespace Portal.Functions.Compliance.Exports;

/// <summary>Every five minutes: exports whose start was lost, and files whose time is over.</summary>
public sealed class SweepExportsTimer(SweepExports sweep, TimerRunStore runs)
{
    [Function("SweepExports")]
    public Task RunAsync(
        [TimerTrigger("30 */5 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync("SweepExports", stop => sweep.RunAsync(new ExportStarter(durable), stop), ct);
}
