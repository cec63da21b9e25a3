namespace Portal.Runtime.Durable;

/// <summary>
/// When each owned instance next wants to be woken, with one timer of the engine's clock set to the earliest. The instance rows hold the
/// same times, so nothing here has to survive.
/// </summary>
internal sealed class TimerQueue : IDisposable
{
    // Timers of the runtime take at most about 49 days; a later time is looked at again after one.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly TimeProvider clock;
    private readonly Action<long> wake;
    private readonly Lock gate = new();
    private readonly SortedSet<(DateTime At, long Key)> order = [];
    private readonly Dictionary<long, DateTime> times = [];
    private readonly ITimer timer;
    private DateTime armed = DateTime.MaxValue;
    private bool disposed;

    public TimerQueue(TimeProvider clock, Action<long> wake)
    {
        this.clock = clock;
        this.wake = wake;
        timer = clock.CreateTimer(_ => Fire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    public bool HasDue
    {
        get
        {
            lock (gate)
            {
                return order.Count > 0 && order.Min.At <= Now;
            }
        }
    }

    /// <summary>Null: not at all.</summary>
    public void Set(long key, DateTime? at)
    {
        lock (gate)
        {
            if (times.Remove(key, out var before))
            {
                order.Remove((before, key));
            }

            if (at is not { } time)
            {
                return;
            }

            times.Add(key, time);
            order.Add((time, key));
            if (time < armed)
            {
                Arm(TimeSpan.Zero);
            }
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            times.Clear();
            order.Clear();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
        }

        timer.Dispose();
    }

    private void Fire()
    {
        var due = new List<long>();
        lock (gate)
        {
            var now = Now;
            while (order.Count > 0 && order.Min is var (at, key) && at <= now)
            {
                order.Remove((at, key));
                times.Remove(key);
                due.Add(key);
            }

            Arm(atLeast: due.Count == 0 ? TimeSpan.FromMilliseconds(1) : TimeSpan.Zero);
        }

        foreach (var key in due)
        {
            wake(key);
        }
    }

    /// <summary>A runtime timer may fire a little early; the least wait then keeps it from spinning.</summary>
    private void Arm(TimeSpan atLeast)
    {
        if (disposed)
        {
            return;
        }

        if (order.Count == 0)
        {
            armed = DateTime.MaxValue;
            return;
        }

        armed = order.Min.At;
        var wait = armed - Now;
        timer.Change(wait < atLeast ? atLeast : wait > Longest ? Longest : wait, Timeout.InfiniteTimeSpan);
    }
}
