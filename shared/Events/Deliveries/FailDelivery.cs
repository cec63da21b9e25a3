using Portal.Foundation.Alerts;

namespace Portal.Events.Deliveries;

/// <summary>Gives a delivery up: every one that fails is told to on-call, who can have it sent again.</summary>
public sealed class FailDelivery(DeliveryStore deliveries, AlertStore alerts)
{
    /// <summary>sending → failed, with an alert. False: it was settled before.</summary>
    public async Task<bool> RunAsync(DeliveryRef reference, string reason, CancellationToken ct)
    {
        if (!await deliveries.EndAsync(reference.Tenant, reference, "failed", reason, ct))
        {
            return false;
        }

        await alerts.AddAsync(new(AlertKind.DeliveryFailed, reference.InstanceId,
            $"Delivery {reference.DeliveryId} has failed: {reason}", new { deliveryId = reference.DeliveryId }), ct);
        return true;
    }
}
