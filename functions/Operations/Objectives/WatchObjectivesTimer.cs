using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.Operations.Objectives;

namespace Portal.Functions.Operations.Objectives;

/// <summary>Every minute, when all instances have handed in the one before: measures objectives, and tells whom their burn
/// concerns.</summary>
public sealed class WatchObjectivesTimer(WatchObjectives watch, TimerRunStore runs)
{
    [Function("WatchObjectives")]
    public Task RunAsync([TimerTrigger("20 * * * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("WatchObjectives", watch.RunAsync, ct);
}
