using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Compliance.Erasure;
using Portal.Foundation.Timers;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>Every five minutes: erasures that are to begin, and those that are late.</summary>
public sealed class SweepErasuresTimer(SweepErasures sweep, TimerRunStore runs)
{
    [Function("SweepErasures")]
    public Task RunAsync(
        [TimerTrigger("0 */5 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync("SweepErasures", stop => sweep.RunAsync(new ErasureStarter(durable), stop), ct);
}
