using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Deliveries;
using Portal.Digests;

namespace Portal.Functions.Deliveries;

/// <summary>Every five seconds, unless SweepOutboxSchedule says otherwise: routes new events and starts what they want sent.</summary>
public sealed class SweepOutboxTimer(SweepOutbox sweep)
{
    [Function("SweepOutbox")]
    public Task RunAsync([TimerTrigger("%SweepOutboxSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        sweep.RunAsync(new DeliveryStarter(durable), ct);
}

/// <summary>Every quarter of an hour, unless SendDigestsSchedule says otherwise: digests where the tenant's hour has come.</summary>
public sealed class SendDigestsTimer(SendDigests digests)
{
    [Function("SendDigests")]
    public Task RunAsync([TimerTrigger("%SendDigestsSchedule%")] TimerInfo timer, CancellationToken ct) => digests.RunAsync(ct);
}
