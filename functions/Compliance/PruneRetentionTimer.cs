using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Foundation.Timers;

namespace Portal.Functions.Compliance;

/// <summary>Every day, while Sydney sleeps: archives and deletes what was kept for its time.</summary>
public sealed class PruneRetentionTimer(PruneRetention prune, TimerRunStore runs)
{
    [Function("PruneRetention")]
    public Task RunAsync([TimerTrigger("%PruneRetentionSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("PruneRetention", prune.RunAsync, ct);
}
