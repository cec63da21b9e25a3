namespace Portal.Tests.Support;

/// <summary>
/// A clock that stands still until a test moves it. <see cref="Advance"/> fires every timer that falls due on the way, in order,
/// and each callback sees the clock at its own due time.
/// </summary>
/// <remarks>
/// <para>Callbacks run on the thread that moves the clock, outside the lock, so they may use the clock themselves.
/// When <see cref="Advance"/> returns, the callbacks have run; what they woke (the rest of an async method after
/// <c>Task.Delay(span, clock)</c>) may still be on its way. Wait for its effect with <see cref="Eventually"/>.</para>
/// <para>A loop that arms its next timer only after it was woken needs <see cref="Eventually.MovingAsync"/>: one big step would
/// pass it by.</para>
/// </remarks>
public sealed class TestClock : TimeProvider
{
    /// <summary>A Monday morning, far from midnight, month ends and daylight saving changes.</summary>
    public static readonly DateTimeOffset DefaultStart = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    // Far from UTC, so that code which takes local time for UTC is seen at once.
    private static readonly TimeZoneInfo FarFromUtc =
        TimeZoneInfo.CreateCustomTimeZone("Test+13", TimeSpan.FromHours(13), "Test+13", "Test+13");

    private readonly Lock gate = new();
    private readonly SortedSet<ClockTimer> armed = new(Comparer<ClockTimer>.Create(
        (one, other) => (one.Due, one.Order).CompareTo((other.Due, other.Order))));
    private DateTimeOffset now;
    private DateTimeOffset goal;
    private long sequence;

    public TestClock()
        : this(DefaultStart)
    {
    }

    public TestClock(DateTimeOffset start)
    {
        now = goal = start.ToUniversalTime();
        Start = now;
    }

    /// <summary>Where this clock began.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>When the next timer fires; null if none is armed.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (gate)
            {
                return armed.Min?.Due;
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

    public override TimeZoneInfo LocalTimeZone => FarFromUtc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <summary>Moves the clock forward and fires what falls due on the way. What several threads move it by adds up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative: this clock never goes back.</exception>
    public void Advance(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        DateTimeOffset target;
        lock (gate)
        {
            goal = target = goal + span;
        }

        FireUntil(target);
    }

    /// <summary>As <see cref="Advance"/>, to a moment. A moment that has passed already changes nothing.</summary>
    public void AdvanceTo(DateTimeOffset moment)
    {
        lock (gate)
        {
            goal = moment > goal ? moment : goal;
        }

        FireUntil(moment);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ClockTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void FireUntil(DateTimeOffset target)
    {
        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>The earliest timer due by <paramref name="until"/>, with the clock moved to its due time; null moves the clock to the end.</summary>
    private ClockTimer? TakeDue(DateTimeOffset until)
    {
        lock (gate)
        {
            var timer = armed.Min is { } first && first.Due <= until ? first : null;
            // Two threads may move the clock at once; neither may pull it back.
            var moment = timer?.Due ?? until;
            now = moment > now ? moment : now;
            if (timer is null)
            {
                return null;
            }

            armed.Remove(timer);
            if (timer.Period > TimeSpan.Zero)
            {
                Arm(timer, timer.Due + timer.Period);
            }

            return timer;
        }
    }

    private void Arm(ClockTimer timer, DateTimeOffset due)
    {
        timer.Due = due;
        timer.Order = sequence++;
        armed.Add(timer);
    }

    private bool Change(ClockTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfNoSpan(dueTime, nameof(dueTime));
        ThrowIfNoSpan(period, nameof(period));
        lock (gate)
        {
            if (timer.Disposed)
            {
                return false;
            }

            armed.Remove(timer);
            timer.Period = period;
            if (dueTime > TimeSpan.Zero)
            {
                Arm(timer, now + dueTime);
            }
            else if (dueTime == TimeSpan.Zero)
            {
                // As with real timers: at once, but not before the creator has its timer in hand.
                ThreadPool.QueueUserWorkItem(static late => late.FireUnlessDisposed(), timer, preferLocal: false);
                if (period > TimeSpan.Zero)
                {
                    Arm(timer, now + period);
                }
            }

            return true;
        }
    }

    private void Remove(ClockTimer timer)
    {
        lock (gate)
        {
            timer.Disposed = true;
            armed.Remove(timer);
        }
    }

    private bool IsDisposed(ClockTimer timer)
    {
        lock (gate)
        {
            return timer.Disposed;
        }
    }

    private static void ThrowIfNoSpan(TimeSpan span, string name)
    {
        if (span < TimeSpan.Zero && span != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, span, "A timer's span is zero, positive or infinite.");
        }
    }

    /// <summary>Its mutable parts belong to the clock's lock; due and order change only while it is not armed.</summary>
    private sealed class ClockTimer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        private readonly Action fire = InContextOfCreator(callback, state);

        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; set; }

        public long Order { get; set; }

        public bool Disposed { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => clock.Change(this, dueTime, period);

        public void Fire() => fire();

        public void FireUnlessDisposed()
        {
            if (!clock.IsDisposed(this))
            {
                Fire();
            }
        }

        public void Dispose() => clock.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private static Action InContextOfCreator(TimerCallback callback, object? state) =>
            ExecutionContext.Capture() is { } context
                ? () => ExecutionContext.Run(context, _ => callback(state), null)
                : () => callback(state);
    }
}
