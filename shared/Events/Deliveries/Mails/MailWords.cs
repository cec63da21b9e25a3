using System.Globalization;
using Portal.Sharing;

namespace Portal.Events.Deliveries.Mails;

/// <summary>Times, days and places in a video, in words of Australian English.</summary>
public static class MailWords
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

    /// <summary>"0:01:23, frame 5": whole frames, never a rounded second.</summary>
    public static string Place(int frame, FrameRate rate)
    {
        var seconds = (long)frame * rate.Denominator / rate.Numerator;
        var first = (seconds * rate.Numerator + rate.Denominator - 1) / rate.Denominator;
        return string.Create(
            CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}, frame {frame - first}");
    }

    /// <summary>What people typed may be long; a mail shows its beginning.</summary>
    public static string Shorten(string text, int length) =>
        text.Length <= length ? text : $"{text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)]}…";
}
