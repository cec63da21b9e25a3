using System.Globalization;
using Portal.Tests.Support;
using Portal.Vendors.Clerk;

namespace Portal.Tests.Unit.Vendors;

/// <summary>How many sessions are remembered, and which are forgotten first.</summary>
public sealed class VerifiedSessionTests
{
    private const int Most = 5000;
    private readonly TestClock clock = new();
    private readonly VerifiedSessions sessions;

    public VerifiedSessionTests() => sessions = new(clock);

    [Fact]
    public void Those_that_had_their_minute_make_room_and_the_others_stay()
    {
        Add(0, Most / 2);
        clock.Advance(TimeSpan.FromSeconds(1));
        Add(Most / 2, Most);
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Null(sessions.Find("0"));
        Assert.NotNull(sessions.Find($"{Most - 1}"));

        Add(Most, Most + 1);
        Assert.Equal("user_2500", sessions.Find($"{Most / 2}")?.Session.UserId);
        Assert.NotNull(sessions.Find($"{Most - 1}"));
        Assert.NotNull(sessions.Find($"{Most}"));
        // Half of them made room: as many again are taken before anybody is forgotten.
        Add(Most + 1, Most + (Most / 2));
        Assert.NotNull(sessions.Find($"{Most / 2}"));
    }

    [Fact]
    public void When_all_are_fresh_and_it_is_full_it_begins_anew()
    {
        Add(0, Most);
        Assert.NotNull(sessions.Find("0"));
        Add(Most, Most + 1);
        Assert.Null(sessions.Find("0"));
        Assert.NotNull(sessions.Find($"{Most}"));
    }

    private void Add(int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            sessions.Add(
                i.ToString(CultureInfo.InvariantCulture),
                new(new ClerkSession($"user_{i}", "sess", null, null), null, null, clock.GetUtcNow()));
        }
    }
}
