namespace Portal.Tests.Soak;

/// <summary>
/// Real time, so many times as fast: waits of minutes (retries, quiet times, timers) take seconds, in every process that is told the same
/// beginning. What the database and sockets time by themselves (leases, HTTP timeouts) stays as it is.
/// </summary>
public sealed class FastClock(DateTimeOffset from, int rate) : TimeProvider
{
    // Never early: a timer that fires before its time would find nothing due.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(1);

    public DateTimeOffset From => from;

    public int Rate => rate;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => from + ((System.GetUtcNow() - from) * rate);

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
