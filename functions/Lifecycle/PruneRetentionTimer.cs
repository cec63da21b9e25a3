using Microsoft.Azure.Functions.Worker;
using Portal.Lifecycle;
using Portal.Operations;

namespace Portal.Functions.Lifecycle;

/// <summary>Every day, while Sydney sleeps: archives and deletes what was kept for its time.</summary>
public sealed class PruneRetentionTimer(PruneRetention prune, TimerRuns runs)
{
    [Function("PruneRetention")]
    public Task RunAsync([TimerTrigger("%PruneRetentionSchedule%")] TimerInfo timer, CancellationToken ct) => runs.RunAsync("PruneRetention", prune.RunAsync, ct);
}
