using System.Globalization;
using Portal.Compliance;

namespace Portal.Tests.Unit.Compliance;

/// <summary>When a week begins and ends in a time zone.</summary>
public sealed class LocalWeekTests
{
    [Theory]
    // Sydney and Adelaide put their clocks forward on 4 October and back on 5 April 2026, both inside the week that ends there.
    [InlineData("Australia/Sydney", "2026-10-05T00:00:00Z", "2026-W40", "2026-09-27T14:00:00Z", "2026-10-04T13:00:00Z")]
    [InlineData("Australia/Adelaide", "2026-10-05T00:00:00Z", "2026-W40", "2026-09-27T14:30:00Z", "2026-10-04T13:30:00Z")]
    [InlineData("Australia/Sydney", "2026-04-06T00:00:00Z", "2026-W14", "2026-03-29T13:00:00Z", "2026-04-05T14:00:00Z")]
    [InlineData("Australia/Brisbane", "2026-10-05T00:00:00Z", "2026-W40", "2026-09-27T14:00:00Z", "2026-10-04T14:00:00Z")]
    // A minute before its Monday, and at it.
    [InlineData("Australia/Perth", "2026-10-04T15:59:00Z", "2026-W39", "2026-09-20T16:00:00Z", "2026-09-27T16:00:00Z")]
    [InlineData("Australia/Perth", "2026-10-04T16:00:00Z", "2026-W40", "2026-09-27T16:00:00Z", "2026-10-04T16:00:00Z")]
    // Tehran had no Monday 22 March 2021 from 00:00 to 01:00, and on 21 September 2020 a Monday after a Sunday of 25 hours.
    [InlineData("Asia/Tehran", "2021-03-21T20:29:00Z", "2021-W10", "2021-03-07T20:30:00Z", "2021-03-14T20:30:00Z")]
    [InlineData("Asia/Tehran", "2021-03-21T20:30:00Z", "2021-W11", "2021-03-14T20:30:00Z", "2021-03-21T20:30:00Z")]
    [InlineData("Asia/Tehran", "2020-09-20T20:29:00Z", "2020-W37", "2020-09-06T19:30:00Z", "2020-09-13T19:30:00Z")]
    [InlineData("Asia/Tehran", "2020-09-20T20:30:00Z", "2020-W38", "2020-09-13T19:30:00Z", "2020-09-20T20:30:00Z")]
    // The first days of a year may be of the last week of the year before, the last ones of the first week of the next.
    [InlineData("UTC", "2027-01-04T00:00:00Z", "2026-W53", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z")]
    [InlineData("UTC", "2025-01-06T00:00:00Z", "2025-W01", "2024-12-30T00:00:00Z", "2025-01-06T00:00:00Z")]
    public void The_last_week_that_is_over(string zone, string now, string name, string start, string end)
    {
        var week = LocalWeek.LastOver(At(now), TimeZoneInfo.FindSystemTimeZoneById(zone));
        Assert.Equal((name, At(start), At(end)), (week.Name, week.Start, week.End));
    }

    [Fact]
    public void A_week_begins_at_the_first_of_two_midnights()
    {
        // Clocks that go back from one o'clock to midnight on Monday 5 October 2026.
        var summer = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            new(2026, 1, 1), new(2026, 12, 31), TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFixedDateRule(new(1, 1, 1, 2, 0, 0), 4, 6),
            TimeZoneInfo.TransitionTime.CreateFixedDateRule(new(1, 1, 1, 1, 0, 0), 10, 5));
        var zone = TimeZoneInfo.CreateCustomTimeZone("Test/Back", TimeSpan.FromHours(10), "Back", "Back", "Back", [summer]);
        Assert.Equal(At("2026-10-04T13:00:00Z"), LocalWeek.LastOver(At("2026-10-12T12:00:00Z"), zone).Start);
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
