using Portal.Foundation.Limits;
using Portal.Tests.Support;

namespace Portal.Tests.Unit.Foundation;

/// <summary>What is counted of refusals in memory: by minute and key, and never more than is bounded.</summary>
public sealed class LimitFiguresTests
{
    private readonly TestClock clock = new();
    private readonly LimitFigures figures;

    public LimitFiguresTests()
    {
        figures = new(clock);
        clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(clock.GetUtcNow().Ticks % TimeSpan.TicksPerMinute));
    }

    [Fact]
    public void Each_minute_limit_key_and_mode_is_counted_and_taken_once()
    {
        var minute = clock.GetUtcNow();
        Assert.True(figures.Count("user", "a", "observe"));
        Assert.False(figures.Count("user", "a", "observe"));
        Assert.True(figures.Count("tenant", "a", "enforce"));
        clock.Advance(TimeSpan.FromSeconds(59.999));
        Assert.False(figures.Count("user", "a", "observe"));
        Assert.Equal(
            [new(minute, "tenant", "a", "enforce", 1), new LimitFigure(minute, "user", "a", "observe", 3)],
            figures.Take().OrderBy(figure => figure.Limit, StringComparer.Ordinal));
        Assert.Empty(figures.Take());

        // Taking is no new minute: whoever was logged in it is not logged again.
        Assert.False(figures.Count("user", "a", "observe"));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(figures.Count("user", "a", "observe"));
        Assert.Equal([minute, minute.AddMinutes(1)], figures.Take().Select(figure => figure.Minute).Order());
    }

    [Fact]
    public void The_most_frequent_twenty_are_named_and_the_rest_is_one_figure()
    {
        for (var key = 1; key <= LimitFigures.KeysStored + 2; key++)
        {
            for (var times = 0; times < key; times++)
            {
                figures.Count("playback", $"key{key:00}", "enforce");
            }
        }

        var taken = figures.Take();
        Assert.Equal(LimitFigures.KeysStored + 1, taken.Count);
        Assert.Equal(3, Assert.Single(taken, figure => figure.Key == LimitFigures.Rest).Times);
        Assert.DoesNotContain(taken, figure => figure.Key is "key01" or "key02");
        Assert.Equal(22, Assert.Single(taken, figure => figure.Key == "key22").Times);
    }

    [Fact]
    public void However_many_keys_there_are_a_thousand_are_told_apart_and_none_is_lost()
    {
        for (var key = 0; key < LimitFigures.MostKeys; key++)
        {
            Assert.True(figures.Count("playback", $"{key}", "observe"));
        }

        Assert.False(figures.Count("playback", "one too many", "observe"));
        Assert.False(figures.Count("playback", "0", "observe"));
        var taken = figures.Take();
        Assert.Equal(LimitFigures.MostKeys + 2, taken.Sum(figure => figure.Times));
        Assert.Equal(2, Assert.Single(taken, figure => figure.Key == "0").Times);

        // The next minute has room again.
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(figures.Count("playback", "one too many", "observe"));
    }

    [Fact]
    public void What_could_not_be_stored_goes_with_the_next()
    {
        figures.Count("user", "a", "enforce");
        var taken = figures.Take();
        figures.Count("user", "a", "enforce");
        figures.PutBack(taken);
        Assert.Equal(2, Assert.Single(figures.Take()).Times);
    }
}
