using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Portal.Deliveries;

namespace Portal.Functions.Deliveries;

/// <summary>Starts deliveries through Durable's client, which Functions hands to a function per call.</summary>
public sealed class DeliveryStarter(DurableTaskClient durable) : IDeliveryStarter
{
    public async Task StartAsync(DeliveryRef delivery, CancellationToken ct)
    {
        // One that has ended would be started over by the same id.
        if (await DurableCalls.AskAsync(() => durable.GetInstanceAsync(delivery.InstanceId, ct), ct) is not null)
        {
            return;
        }

        try
        {
            await DurableCalls.AskAsync(
                () => durable.ScheduleNewOrchestrationInstanceAsync(
                    DeliverEventOrchestration.Name, delivery, new StartOrchestrationOptions(InstanceId: delivery.InstanceId), ct),
                ct);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Somebody was faster: it runs, which is what we want.
            return;
        }
    }
}
