using Microsoft.Extensions.Logging;
using Portal.Foundation.Faults;

namespace Portal.Events.Deliveries;

/// <summary>
/// Every few seconds: routes new events, and starts what they want sent. The rows hold everything, so a sweep that dies is only a sweep
/// that is late, and two at once do not get in each other's way.
/// </summary>
public sealed partial class SweepOutbox(DispatchEvents route, DeliveryStore deliveries, FailDelivery fail, ILogger<SweepOutbox> logger)
{
    private const int Batch = 200;

    /// <summary>Starting is waiting for the engine's storage, which commits many in one go.</summary>
    private const int AtOnce = 16;

    /// <summary>How long a delivery may be under way before it is asked whether it was ever started. Starting twice is harmless.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(2);

    public async Task<Swept> RunAsync(IDeliveryStarter starter, CancellationToken ct)
    {
        var routed = await route.RunAsync(ct);
        var started = await StartAllAsync(() => deliveries.TakePendingAsync(Batch, ct), starter, ct);
        var restarted = await StartAllAsync(() => deliveries.TakeStaleAsync(Quiet, Batch, ct), starter, ct);
        return new(routed, started, restarted);
    }

    private async Task<int> StartAllAsync(Func<Task<IReadOnlyList<DeliveryRef>>> take, IDeliveryStarter starter, CancellationToken ct)
    {
        var (count, failed) = (0, 0);

        // While the engine is away no more are taken than the batch in hand: each would wait until it counts as stale.
        while (failed == 0 && await take() is { Count: > 0 } taken)
        {
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
            await Parallel.ForEachAsync(taken, parallel, async (delivery, stop) =>
            {
                if (await StartAsync(delivery, starter, stop))
                {
                    Interlocked.Increment(ref count);
                }
                else
                {
                    Interlocked.Increment(ref failed);
                }
            });
        }

        return count;
    }

    private async Task<bool> StartAsync(DeliveryRef delivery, IDeliveryStarter starter, CancellationToken ct)
    {
        try
        {
            if (await starter.StartAsync(delivery, ct) == StartedOnce.Ended
                && await fail.RunAsync(delivery, "its orchestration ended without settling it", ct))
            {
                Log.Abandoned(logger, delivery.DeliveryId);
            }

            return true;
        }
        catch (TransientException e)
        {
            // It counts as stale before long, and is started then.
            Log.NotStarted(logger, delivery.DeliveryId, e.Message);
            return false;
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
