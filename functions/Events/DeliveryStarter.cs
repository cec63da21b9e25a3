using Microsoft.DurableTask.Client;
using Portal.Events.Deliveries;
using Portal.Foundation.Faults;
using Portal.Functions.Durable;

namespace Portal.Functions.Events;

/// <summary>Starts deliveries through Durable's client, which Functions hands to a function per call.</summary>
public sealed class DeliveryStarter(DurableTaskClient durable) : IDeliveryStarter
{
    public Task StartAsync(DeliveryRef delivery, CancellationToken ct) =>
        durable.StartNewAsync(DeliverEventOrchestration.Name, delivery.DeliveryId, delivery.InstanceId, delivery, ct);

    public Task<StartedOnce> StartOnceAsync(DeliveryRef delivery, CancellationToken ct) =>
        durable.StartOnceAsync(DeliverEventOrchestration.Name, delivery.DeliveryId, delivery.InstanceId, delivery, ct);
}
