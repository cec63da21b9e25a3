using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.Operations.Costs;

namespace Portal.Functions.Operations.Costs;

/// <summary>Every day, once Mux knows all of yesterday (it is twelve hours late): what was used.</summary>
public sealed class MeasureUsageTimer(MeasureUsage measure, TimerRunStore runs)
{
    [Function("MeasureUsage")]
    public Task RunAsync([TimerTrigger("0 45 12 * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("MeasureUsage", measure.RunAsync, ct);
}
