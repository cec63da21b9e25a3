namespace Portal.Tests.Soak;

/// <summary>
/// Real time, so many times as fast: waits of minutes (retries, quiet times, timers) take seconds, in every process that is told the same
/// beginning. What the database and sockets time by themselves (leases, HTTP timeouts) stays as it is.
/// </summary>
/// <param name="begun">How far ahead it is from the beginning: <see cref="Ahead"/> of the process that moved it.</param>
public sealed class FastClock(DateTimeOffset from, int rate, TimeSpan begun = default) : TimeProvider
{
    // Never early: a timer that fires before its time would find nothing due.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(1);

    private long ahead = begun.Ticks;

    public DateTimeOffset From => from;

    public int Rate => rate;

    /// <summary>By how much it has been moved.</summary>
    public TimeSpan Ahead => TimeSpan.FromTicks(Interlocked.Read(ref ahead));

    public override long TimestampFrequency => System.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => from + ((System.GetUtcNow() - from) * rate) + Ahead;

    /// <summary>Moves it in this process alone, while those that live by it are down: timers that are set do not notice.</summary>
    public void Move(TimeSpan time) => Interlocked.Add(ref ahead, time.Ticks);

    public override long GetTimestamp() => System.GetTimestamp() * rate;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new FastTimer(System.CreateTimer(callback, state, Shorten(dueTime), Shorten(period)), this);

    private TimeSpan Shorten(TimeSpan time) => time <= TimeSpan.Zero ? time : (time / rate) + Late;

    private sealed class FastTimer(ITimer real, FastClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => real.Change(clock.Shorten(dueTime), clock.Shorten(period));

        public void Dispose() => real.Dispose();

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
