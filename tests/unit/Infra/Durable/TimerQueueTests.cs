using System.Collections.Concurrent;
using Portal.Runtime.Durable;
using Portal.Tests.Support;

namespace Portal.Tests.Unit.Infra.Durable;

public sealed class WakeClockTests
{
    private readonly TestClock clock = new();
    private readonly ConcurrentQueue<long> woken = new();

    [Fact]
    public void Wakes_in_the_order_of_time_and_each_once()
    {
        using var wakes = Create();
        wakes.Set(1, In(minutes: 3));
        wakes.Set(2, In(minutes: 1));
        wakes.Set(3, In(minutes: 2));
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([2, 3], woken);
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal([2, 3, 1], woken);
        Assert.False(wakes.HasDue);
    }

    [Fact]
    public void A_new_time_replaces_the_old_one_and_none_takes_it_away()
    {
        using var wakes = Create();
        wakes.Set(1, In(minutes: 1));
        wakes.Set(1, In(minutes: 5));
        wakes.Set(2, In(minutes: 1));
        wakes.Set(2, null);
        clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Empty(woken);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([1], woken);
    }

    [Fact]
    public void A_time_further_away_than_a_timer_can_be_set_is_reached()
    {
        using var wakes = Create();
        wakes.Set(1, In(minutes: 60 * 24 * 400));
        clock.Advance(TimeSpan.FromDays(400) - TimeSpan.FromSeconds(1));
        Assert.Empty(woken);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([1], woken);
    }

    private TimerQueue Create() => new(clock, woken.Enqueue);

    private DateTime In(int minutes) => clock.GetUtcNow().UtcDateTime.AddMinutes(minutes);
}
