using System.Globalization;
using NCrontab;

namespace Portal.Runtime.Timers;

/// <summary>When a timer is due: NCRONTAB in UTC with six fields (or five, without seconds), or a fixed time span, as the host reads
/// them.</summary>
internal sealed class TimerSchedule
{
    private readonly string text;
    private readonly Func<DateTime, DateTime> next;

    private TimerSchedule(string text, Func<DateTime, DateTime> next)
    {
        this.text = text;
        this.next = next;
    }

    /// <summary>More than once a minute: the host keeps no schedule status for these, so downtime is not made up for.</summary>
    public bool IsSubMinute
    {
        get
        {
            var first = next(DateTime.UnixEpoch);
            return next(first) - first < TimeSpan.FromMinutes(1);
        }
    }

    /// <summary>Null if the text is neither.</summary>
    public static TimerSchedule? Parse(string text)
    {
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        if (fields is 5 or 6
            && CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = fields == 6 }) is { } cron)
        {
            return new TimerSchedule(text, cron.GetNextOccurrence);
        }

        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var every) && every > TimeSpan.Zero
            ? new TimerSchedule(text, after => after + every)
            : null;
    }

    /// <summary>The first occurrence after <paramref name="after"/>, never at it.</summary>
    public DateTimeOffset Next(DateTimeOffset after) => new(next(after.UtcDateTime), TimeSpan.Zero);

    public override string ToString() => text;
}
