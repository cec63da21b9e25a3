using System.Globalization;
using Portal.Compliance.Reviews;

namespace Portal.Tests.Unit.Compliance;

/// <summary>When reviews of vendors and tests of restoring are due.</summary>
public sealed class ReviewScheduleTests
{
    [Theory]
    [InlineData("2026-03-02", "2020-01-01", "2026-06-02")]
    [InlineData(null, "2026-03-02", "2026-06-02")]
    // A quarter after the last of a month is the last of a shorter one.
    [InlineData("2026-11-30", "2020-01-01", "2027-02-28")]
    public void A_review_is_due_a_quarter_after_the_last_or_after_the_tenant_came(string? reviewed, string since, string due) =>
        Assert.Equal(Day(due), ReviewSchedule.NextDue(reviewed is null ? null : Day(reviewed), Day(since)));

    [Theory]
    [InlineData("2026-05-18", "current")]
    [InlineData("2026-05-19", "due_soon")]
    [InlineData("2026-06-02", "due_soon")]
    [InlineData("2026-06-03", "overdue")]
    public void It_is_due_soon_for_two_weeks_and_overdue_the_day_after(string today, string state) =>
        Assert.Equal(state, ReviewSchedule.StateOn(Day(today), Day("2026-06-02")));

    [Theory]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(-90, true)]
    [InlineData(-91, false)]
    public void A_review_is_recorded_within_ninety_days(int days, bool may) =>
        Assert.Equal(may, ReviewSchedule.MayBeRecorded(Day("2026-06-02").AddDays(days), Day("2026-06-02")));

    [Fact]
    public void A_backup_is_restored_every_31_days()
    {
        var restored = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
        Assert.False(ReviewSchedule.IsRestoreTestOverdue(restored, restored.AddDays(31)));
        Assert.True(ReviewSchedule.IsRestoreTestOverdue(restored, restored.AddDays(31).AddSeconds(1)));
        Assert.True(ReviewSchedule.IsRestoreTestOverdue(null, restored));
    }

    private static DateOnly Day(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
