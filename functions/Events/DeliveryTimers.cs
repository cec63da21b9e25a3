using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Events;
using Portal.Events.Deliveries;
using Portal.Foundation.Timers;

namespace Portal.Functions.Events;

/// <summary>Every five seconds, unless SweepOutboxSchedule says otherwise: routes new events and starts what they want sent.</summary>
public sealed class SweepOutboxTimer(SweepOutbox sweep, TimerRunStore runs)
{
    [Function("SweepOutbox")]
    public Task RunAsync(
        [TimerTrigger("%SweepOutboxSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync("SweepOutbox", async stop =>
        {
            var swept = await sweep.RunAsync(new DeliveryStarter(durable), stop);
            return RunCounts.Of("routed", swept.Routed).Add("started", swept.Started).Add("lookedAt", swept.Looked);
        }, ct);
}

/// <summary>Every quarter of an hour, unless SendDigestsSchedule says otherwise: digests where the tenant's hour has come.</summary>
public sealed class SendDigestsTimer(SendDigests digests, TimerRunStore runs)
{
    [Function("SendDigests")]
    public Task RunAsync([TimerTrigger("%SendDigestsSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("SendDigests", async stop => RunCounts.Of("sent", await digests.RunAsync(stop)), ct);
}
