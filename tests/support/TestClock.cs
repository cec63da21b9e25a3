using Microsoft.Extensions.Time.Testing;

namespace Portal.Tests.Support;

/// <summary>
/// A clock that stands still until a test moves it: <see cref="FakeTimeProvider"/>, moved from one due timer to the next.
/// <see cref="Advance"/> fires every timer that falls due on the way, in order, and each callback sees the clock at its own due time,
/// not at the end of the step.
/// </summary>
/// <remarks>
/// <para>Callbacks run on the thread that moves the clock, outside the lock, so they may use the clock themselves.
/// When <see cref="Advance"/> returns, the callbacks have run; what they woke (the rest of an async method after
/// <c>Task.Delay(span, clock)</c>) may still be on its way. Wait for its effect with <see cref="Eventually"/>. Of several threads that
/// move it at once one does it for all; the others return at once.</para>
/// <para>A loop that arms its next timer only after it was woken needs <see cref="Eventually.MovingAsync"/>: one big step would
/// pass it by.</para>
/// </remarks>
public sealed class TestClock : FakeTimeProvider
{
    /// <summary>A Monday morning, far from midnight, month ends and daylight saving changes.</summary>
    public static readonly DateTimeOffset DefaultStart = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    // Far from UTC, so that code which takes local time for UTC is seen at once.
    private static readonly TimeZoneInfo FarFromUtc =
        TimeZoneInfo.CreateCustomTimeZone("Test+13", TimeSpan.FromHours(13), "Test+13", "Test+13");

    private readonly Lock gate = new();
    private readonly HashSet<ClockTimer> armed = [];
    private DateTimeOffset goal;
    private bool moving;

    public TestClock()
        : this(DefaultStart)
    {
    }

    public TestClock(DateTimeOffset start)
        : base(start.ToUniversalTime())
    {
        goal = Start;
        SetLocalTimeZone(FarFromUtc);
    }

    /// <summary>When the next timer fires; null if none is armed.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (gate)
            {
                return armed.Count == 0 ? null : armed.Min(timer => timer.Due);
            }
        }
    }

    /// <summary>How many timers are armed.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (gate)
            {
                return armed.Count;
            }
        }
    }

    /// <summary>Moves the clock forward and fires what falls due on the way. What several threads move it by adds up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative: this clock never goes back.</exception>
    public new void Advance(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        lock (gate)
        {
            goal += span;
        }

        MoveToGoal();
    }

    /// <summary>As <see cref="Advance"/>, to a moment. A moment that has passed already changes nothing.</summary>
    public void AdvanceTo(DateTimeOffset moment)
    {
        lock (gate)
        {
            goal = moment > goal ? moment : goal;
        }

        MoveToGoal();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ClockTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void MoveToGoal()
    {
        lock (gate)
        {
            if (moving)
            {
                return;
            }

            moving = true;
        }

        try
        {
            while (NextStop() is { } stop)
            {
                SetUtcNow(stop);
            }
        }
        catch
        {
            lock (gate)
            {
                moving = false;
            }

            throw;
        }
    }

    /// <summary>The next due time or the goal, whichever comes first; null when the goal is reached: then nobody moves it.</summary>
    private DateTimeOffset? NextStop()
    {
        lock (gate)
        {
            var now = GetUtcNow();
            var stop = goal;
            foreach (var due in armed.Select(timer => timer.Due))
            {
                stop = due > now && due < stop ? due : stop;
            }

            moving = stop > now;
            return moving ? stop : null;
        }
    }

    private ITimer CreateInnerTimer(TimerCallback callback) =>
        base.CreateTimer(callback, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>The library's timer, with what it does not keep: when it is due, and the context of whoever made it.</summary>
    private sealed class ClockTimer : ITimer
    {
        private readonly TestClock clock;
        private readonly Action call;
        private readonly ITimer inner;
        private TimeSpan period;
        private bool disposed;

        public ClockTimer(TestClock clock, TimerCallback callback, object? state)
        {
            this.clock = clock;
            call = InContextOfCreator(callback, state);
            inner = clock.CreateInnerTimer(_ => Fire());
        }

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            // As with real timers: at once, but not before the creator has its timer in hand.
            var atOnce = dueTime == TimeSpan.Zero;
            var wait = !atOnce ? dueTime : period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period;
            lock (clock.gate)
            {
                if (disposed)
                {
                    return false;
                }

                this.period = period;
                Arm(wait == Timeout.InfiniteTimeSpan ? null : clock.GetUtcNow() + wait);
            }

            if (atOnce)
            {
                ThreadPool.QueueUserWorkItem(static late => late.FireUnlessDisposed(), this, preferLocal: false);
            }

            return inner.Change(wait, period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period);
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                disposed = true;
                Arm(null);
            }

            inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            lock (clock.gate)
            {
                Arm(period > TimeSpan.Zero ? clock.GetUtcNow() + period : null);
            }

            call();
        }

        private void FireUnlessDisposed()
        {
            lock (clock.gate)
            {
                if (disposed)
                {
                    return;
                }
            }

            call();
        }

        private void Arm(DateTimeOffset? due)
        {
            Due = due ?? default;
            _ = due is null ? clock.armed.Remove(this) : clock.armed.Add(this);
        }

        private static Action InContextOfCreator(TimerCallback callback, object? state) =>
            ExecutionContext.Capture() is { } context
                ? () => ExecutionContext.Run(context, _ => callback(state), null)
                : () => callback(state);
    }
}
