using Microsoft.DurableTask.Client;
using Portal.Compliance;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance;

/// <summary>Histories through Durable's client, which Functions hands to a function per call.</summary>
public sealed class OrchestrationHistories(DurableTaskClient durable) : IOrchestrationHistories
{
    public Task<int> PurgeCompletedAsync(DateTimeOffset before, CancellationToken ct) =>
        PurgeAsync(before, [OrchestrationRuntimeStatus.Completed], ct);

    public Task<int> PurgeFailedAsync(DateTimeOffset before, CancellationToken ct) =>
        PurgeAsync(before, [OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated], ct);

    /// <summary>From a day on that there is: Azure Tables knows none before 1601, which is what the host makes of no day.</summary>
    private async Task<int> PurgeAsync(DateTimeOffset before, OrchestrationRuntimeStatus[] statuses, CancellationToken ct) =>
        (await DurableCalls.AskAsync(
            () => durable.PurgeAllInstancesAsync(new PurgeInstancesFilter(DateTimeOffset.UnixEpoch, before, statuses), ct), ct))
        .PurgedInstanceCount;
}
