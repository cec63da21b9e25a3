using Microsoft.DurableTask.Client;
using Portal.Foundation.Webhooks;

namespace Portal.Functions.Durable;

/// <summary>Events through Durable's client, which Functions hands to a function per call.</summary>
public sealed class OrchestrationSignals(DurableTaskClient durable) : IOrchestrationSignals
{
    public async Task SignalAsync(OrchestrationSignal signal, CancellationToken ct)
    {
        if (await DurableCalls.AskAsync(() => durable.GetInstanceAsync(signal.InstanceId, ct), ct) is { IsCompleted: false })
        {
            await DurableCalls.SendAsync(() => durable.RaiseEventAsync(signal.InstanceId, signal.Event, null, ct), ct);
        }
    }
}
