using System.Globalization;

namespace Portal.Foundation;

/// <summary>Times, days and numbers in words of Australian English.</summary>
public static class Words
{
    /// <summary>"Monday 2 March 2026 at 9:30 am, Sydney time".</summary>
    public static string Time(DateTimeOffset at, string timeZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        var local = TimeZoneInfo.ConvertTime(at, zone);
        var city = timeZone[(timeZone.LastIndexOf('/') + 1)..].Replace('_', ' ');
        return $"{Day(DateOnly.FromDateTime(local.DateTime))} at {local.ToString("h:mm", CultureInfo.InvariantCulture)} "
            + $"{(local.Hour < 12 ? "am" : "pm")}, {city} time";
    }

    /// <summary>"Monday 2 March 2026".</summary>
    public static string Day(DateOnly day) => day.ToString("dddd d MMMM yyyy", CultureInfo.InvariantCulture);

    public static string Count(int number, string one, string many) =>
        number == 1 ? $"1 {one}" : $"{number.ToString(CultureInfo.InvariantCulture)} {many}";

    /// <summary>"6 days": in the largest unit of which there are two at least, and never more than there is.</summary>
    public static string Span(TimeSpan span) =>
        span >= TimeSpan.FromDays(2) ? Count((int)span.TotalDays, "day", "days")
        : span >= TimeSpan.FromHours(2) ? Count((int)span.TotalHours, "hour", "hours")
        : span >= TimeSpan.FromMinutes(1) ? Count((int)span.TotalMinutes, "minute", "minutes")
        : "less than a minute";

    /// <summary>"1:05", "1:00:07": a place in a video, to the second it lies in.</summary>
    public static string Clock(double seconds)
    {
        var whole = (long)Math.Max(0, seconds);
        return whole >= 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{whole / 3600}:{whole / 60 % 60:00}:{whole % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 60}:{whole % 60:00}");
    }
}
