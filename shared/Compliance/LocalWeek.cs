using System.Globalization;

namespace Portal.Compliance;

/// <summary>An ISO week in a time zone: Monday 00:00 to Monday 00:00 by its own clock, which is an hour more or less when the clocks
/// change.</summary>
public sealed record LocalWeek(string Name, DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>The last one that is over.</summary>
    public static LocalWeek LastOver(DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        var before = monday.AddDays(-7);
        var name = string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(before):0000}-W{ISOWeek.GetWeekOfYear(before):00}");
        return new(name, Instant(before, zone), Instant(monday, zone));
    }

    private static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        // Some zones change their clocks at midnight: the day then begins an hour later.
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(30);
        }

        // A midnight that there is twice: the day begins with the first.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
