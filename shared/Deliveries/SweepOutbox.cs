using Portal.Events;

namespace Portal.Deliveries;

/// <summary>
/// Every few seconds: routes new events, and starts what they want sent. The rows hold everything, so a sweep that dies is only a sweep
/// that is late, and two at once do not get in each other's way.
/// </summary>
public sealed class SweepOutbox(RouteEvents route, DeliveryStore deliveries)
{
    private const int Batch = 200;

    /// <summary>How long a delivery may be under way before it is asked whether it was ever started. Starting twice is harmless.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(2);

    public async Task<Swept> RunAsync(IDeliveryStarter starter, CancellationToken ct)
    {
        var routed = await route.RunAsync(ct);
        var started = await StartAllAsync(() => deliveries.TakePendingAsync(Batch, ct), starter, ct);
        var restarted = await StartAllAsync(() => deliveries.TakeStaleAsync(Quiet, Batch, ct), starter, ct);
        return new(routed, started, restarted);
    }

    private static async Task<int> StartAllAsync(Func<Task<IReadOnlyList<DeliveryRef>>> take, IDeliveryStarter starter, CancellationToken ct)
    {
        var count = 0;
        while (await take() is { Count: > 0 } taken)
        {
            foreach (var delivery in taken)
            {
                await starter.StartAsync(delivery, ct);
            }

            count += taken.Count;
        }

        return count;
    }
}

/// <param name="Routed">Events.</param>
/// <param name="Started">Deliveries.</param>
/// <param name="Looked">Deliveries under way for long, started if nobody had.</param>
public sealed record Swept(int Routed, int Started, int Looked);
