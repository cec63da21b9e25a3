using System.Globalization;
using Portal.Sharing;

namespace Portal.Events.Deliveries.Mails;

/// <summary>Places in a video in words.</summary>
public static class MailWords
{
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
