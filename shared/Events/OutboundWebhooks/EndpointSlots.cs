namespace Portal.Events.OutboundWebhooks;

/// <summary>How many events are on their way to one endpoint at once, in this process: one that is slow keeps nobody else's
/// waiting.</summary>
public sealed class EndpointSlots
{
    public const int Most = 4;

    /// <summary>How many more wait for one of them to end, each in an activity of its own; whoever comes then is told at once.</summary>
    public const int MostWaiting = 4;

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Line> lines = [];

    /// <summary>Null: so many are on their way that none has ended in that time, by the machine's clock, or as many wait already. Else it
    /// is given back when disposed.</summary>
    public async Task<IDisposable?> TakeAsync(Guid endpoint, TimeSpan wait, CancellationToken ct)
    {
        if (Join(endpoint) is not { } line)
        {
            return null;
        }

        var taken = false;
        try
        {
            taken = await line.Free.WaitAsync(wait, ct);
            return taken ? new Slot(this, endpoint, line) : null;
        }
        finally
        {
            if (!taken)
            {
                Leave(endpoint, line);
            }
        }
    }

    private Line? Join(Guid endpoint)
    {
        lock (gate)
        {
            if (!lines.TryGetValue(endpoint, out var line))
            {
                lines[endpoint] = line = new Line();
            }

            if (line.Users == Most + MostWaiting)
            {
                return null;
            }

            line.Users++;
            return line;
        }
    }

    private void Leave(Guid endpoint, Line line)
    {
        lock (gate)
        {
            if (--line.Users == 0)
            {
                lines.Remove(endpoint);
                line.Dispose();
            }
        }
    }

    private sealed class Line : IDisposable
    {
        public SemaphoreSlim Free { get; } = new(Most, Most);

        public int Users { get; set; }

        public void Dispose() => Free.Dispose();
    }

    private sealed class Slot(EndpointSlots slots, Guid endpoint, Line line) : IDisposable
    {
        private bool released;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref released, true))
            {
                line.Free.Release();
                slots.Leave(endpoint, line);
            }
        }
    }
}
