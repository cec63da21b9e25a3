using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

public sealed class TestClockTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TestClock clock = new();

    [Fact]
    public void Time_stands_still_until_it_is_moved()
    {
        Assert.Equal(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero), clock.GetUtcNow());
        var stamp = clock.GetTimestamp();

        clock.Advance(TimeSpan.FromMinutes(90));

        Assert.Equal(new DateTimeOffset(2026, 3, 2, 10, 30, 0, TimeSpan.Zero), clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromMinutes(90), clock.GetElapsedTime(stamp));
    }

    [Fact]
    public void Timers_fire_in_order_and_see_their_own_due_time()
    {
        var seen = new List<string>();
        using var late = Arm("late", 3);
        using var early = Arm("early", 1);
        using var alsoEarly = Arm("also early", 1);
        using var never = Arm("never", 11);

        clock.Advance(10 * Second);

        Assert.Equal(["early at 1", "also early at 1", "late at 3"], seen);
        Assert.Equal(clock.Start + (10 * Second), clock.GetUtcNow());
        Assert.Equal(1, clock.ArmedTimers);
        Assert.Equal(clock.Start + (11 * Second), clock.NextDue);

        ITimer Arm(string name, int seconds) => clock.CreateTimer(
            _ => seen.Add(
                $"{name} at {(clock.GetUtcNow() - clock.Start).TotalSeconds:0}"), null, seconds * Second, Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void A_periodic_timer_fires_once_a_period()
    {
        var seen = new List<double>();
        using var timer = clock.CreateTimer(_ => seen.Add((clock.GetUtcNow() - clock.Start).TotalSeconds), null, 2 * Second, 5 * Second);

        clock.Advance(13 * Second);

        Assert.Equal([2, 7, 12], seen);
    }

    [Fact]
    public void A_callback_may_arm_and_cancel_timers()
    {
        var seen = new List<string>();
        ITimer? second = null;
        using var cancelled = clock.CreateTimer(_ => seen.Add("cancelled"), null, 2 * Second, Timeout.InfiniteTimeSpan);
        using var first = clock.CreateTimer(
            _ =>
            {
                seen.Add("first");
                cancelled.Dispose();
                second = clock.CreateTimer(_ => seen.Add("second"), null, Second, Timeout.InfiniteTimeSpan);
            },
            null,
            Second,
            Timeout.InfiniteTimeSpan);

        clock.Advance(5 * Second);

        Assert.Equal(["first", "second"], seen);
        Assert.False(cancelled.Change(Second, Second));
        second!.Dispose();
    }

    [Fact]
    public async Task A_timer_due_at_once_fires_without_moving_the_clock()
    {
        var fired = new TaskCompletionSource();
        await using var timer = clock.CreateTimer(_ => fired.SetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    [Fact]
    public async Task Delays_and_deadlines_follow_the_clock()
    {
        var delay = Task.Delay(TimeSpan.FromHours(1), clock);
        using var deadline = new CancellationTokenSource(TimeSpan.FromHours(2), clock);
        Assert.False(delay.IsCompleted);

        clock.AdvanceTo(clock.Start + TimeSpan.FromHours(1));
        await delay;
        Assert.False(deadline.IsCancellationRequested);

        clock.Advance(TimeSpan.FromHours(1));
        Assert.True(deadline.IsCancellationRequested);
    }

    [Fact]
    public async Task A_loop_of_delays_is_followed_step_by_step()
    {
        var rounds = 0;
        using var stop = new CancellationTokenSource();
        var loop = LoopAsync();

        await Eventually.MovingAsync(clock, TimeSpan.FromMinutes(1), () => Task.FromResult(Volatile.Read(ref rounds) >= 5), "five rounds");

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.True(clock.GetUtcNow() >= clock.Start + TimeSpan.FromMinutes(5));

        async Task LoopAsync()
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromMinutes(1), clock, stop.Token);
                Interlocked.Increment(ref rounds);
            }
        }
    }

    [Fact]
    public async Task Threads_may_use_the_clock_at_once()
    {
        var fired = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var round = 0; round < 500; round++)
            {
                // Kept by the clock until it fires.
                clock.CreateTimer(_ => Interlocked.Increment(ref fired), null, Second, Timeout.InfiniteTimeSpan);
                clock.Advance(TimeSpan.FromMilliseconds(10));
            }
        })));

        clock.Advance(Second);

        Assert.Equal(4000, fired);
        Assert.Equal(clock.Start + TimeSpan.FromSeconds(41), clock.GetUtcNow());
    }

    [Fact]
    public void Time_does_not_go_back() => Assert.Throws<ArgumentOutOfRangeException>(() => clock.Advance(-Second));
}
