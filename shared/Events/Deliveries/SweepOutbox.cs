using Microsoft.Extensions.Logging;
using Portal.Foundation.Faults;
using Portal.Foundation.Outages;

namespace Portal.Events.Deliveries;

/// <summary>
/// Every few seconds: routes new events, and starts what they want sent. The rows hold everything, so a sweep that dies is only a sweep
/// that is late, and two at once do not get in each other's way.
/// </summary>
public sealed partial class SweepOutbox(
    DispatchEvents route, DeliveryStore deliveries, FailDelivery fail, KnownOutages outages, ILogger<SweepOutbox> logger)
{
    private const int Batch = 200;

    /// <summary>How long a delivery may be under way before it is asked whether it was ever started. Starting twice is harmless.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(2);

    public async Task<Swept> RunAsync(IDeliveryStarter starter, CancellationToken ct)
    {
        var routed = await route.RunAsync(ct);
        var started = await StartAllAsync(
            async () => await deliveries.TakePendingAsync(Batch, await HeldAsync(ct), ct), delivery => starter.StartAsync(delivery, ct));
        var restarted = await StartAllAsync(
            () => deliveries.TakeStaleAsync(Quiet, Batch, ct), delivery => RestartAsync(delivery, starter, ct));
        return new(routed, started, restarted);
    }

    /// <summary>Mails that are held back stay what they are, and go out in their order when that is over.</summary>
    private async Task<IReadOnlyList<string>> HeldAsync(CancellationToken ct) =>
        await outages.FindAsync(Feature.Mail, ct) is null ? [] : [SendMail.Channel];

    /// <summary>
    /// A batch at once: starting is waiting for the engine's storage, which commits many in one go. While the engine is away no more are
    /// taken than the batch in hand: each would wait until it counts as stale.
    /// </summary>
    private async Task<int> StartAllAsync(Func<Task<IReadOnlyList<DeliveryRef>>> take, Func<DeliveryRef, Task> start)
    {
        var count = 0;
        for (var failed = false; !failed && await take() is { Count: > 0 } taken;)
        {
            var started = await Task.WhenAll(taken.Select(delivery => IsStartedAsync(delivery, start)));
            count += started.Count(done => done);
            failed = started.Contains(false);
        }

        return count;
    }

    private async Task<bool> IsStartedAsync(DeliveryRef delivery, Func<DeliveryRef, Task> start)
    {
        try
        {
            await start(delivery);
            return true;
        }
        catch (TransientException e)
        {
            // It counts as stale before long, and is started then.
            Log.NotStarted(logger, delivery.DeliveryId, e.Message);
            return false;
        }
    }

    private async Task RestartAsync(DeliveryRef delivery, IDeliveryStarter starter, CancellationToken ct)
    {
        if (await starter.StartOnceAsync(delivery, ct) == StartedOnce.Ended
            && await fail.RunAsync(delivery, "its orchestration ended without settling it", ct))
        {
            Log.Abandoned(logger, delivery.DeliveryId);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The orchestration of delivery {DeliveryId} ended without settling it")]
        public static partial void Abandoned(ILogger logger, Guid deliveryId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Could not start delivery {DeliveryId}: {Reason}")]
        public static partial void NotStarted(ILogger logger, Guid deliveryId, string reason);
    }
}

/// <param name="Routed">Events.</param>
/// <param name="Started">Deliveries.</param>
/// <param name="Looked">Deliveries under way for long, started if nobody had.</param>
public sealed record Swept(int Routed, int Started, int Looked);
