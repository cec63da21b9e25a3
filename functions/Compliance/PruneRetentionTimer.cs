using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Compliance;
using Portal.Foundation.Timers;

namespace Portal.Functions.Compliance;

/// <summary>Every day, while Sydney sleeps: archives and deletes what was kept for its time.</summary>
public sealed class PruneRetentionTimer(PruneRetention prune, TimerRunStore runs)
{
    [Function("PruneRetention")]
    public Task RunAsync(
        [TimerTrigger("%PruneRetentionSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync("PruneRetention", stop => prune.RunAsync(new OrchestrationHistories(durable), stop), ct);
}
