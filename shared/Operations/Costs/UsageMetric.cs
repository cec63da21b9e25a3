using Portal.Vendors.Mux;

namespace Portal.Operations.Costs;

/// <summary>What vendors charge for, as <c>portal.usage_days.metric</c> says it.</summary>
public static class UsageMetric
{
    /// <summary>Seconds of video that Mux encoded, on the day on which they could be watched.</summary>
    public const string Encoded = "encoded";

    /// <summary>Seconds of video at Mux, times the days that they lay there.</summary>
    public const string Stored = "stored";

    /// <summary>Seconds of video that Mux sent to players.</summary>
    public const string Delivered = "delivered";

    /// <summary>Bytes of originals at Vercel Blob, times days.</summary>
    public const string Originals = "originals";

    /// <summary>Mails that Resend took.</summary>
    public const string Mails = "mails";

    public static IReadOnlyList<string> All { get; } = [Encoded, Stored, Delivered, Originals, Mails];

    /// <summary>What Mux does with a video, and bills by its resolution.</summary>
    public static bool HasTiers(string metric) => metric is Encoded or Stored or Delivered;

    /// <summary>Of a metric; null: what is of no tier, or of none that is known.</summary>
    public static IReadOnlyList<string?> TiersOf(string metric) => HasTiers(metric) ? [null, .. ResolutionTier.All] : [null];

    /// <summary>What is counted and priced: one of <see cref="UsageUnit"/>.</summary>
    public static string UnitOf(string metric) => metric switch
    {
        Encoded or Delivered => UsageUnit.Minute,
        Stored => UsageUnit.MinuteMonth,
        Originals => UsageUnit.GigabyteMonth,
        _ => UsageUnit.Mail,
    };

    /// <summary>How much of what a row counts makes one unit, in a month of so many days.</summary>
    public static decimal RowsInUnit(string metric, int daysInMonth) => metric switch
    {
        Encoded or Delivered => 60m,
        Stored => 60m * daysInMonth,
        Originals => 1_000_000_000m * daysInMonth,
        _ => 1m,
    };
}

/// <summary>What a price is for. A month is the calendar's, whatever its length: what lies there all month is one.</summary>
public static class UsageUnit
{
    public const string Minute = "minute";
    public const string MinuteMonth = "minute_month";
    public const string GigabyteMonth = "gigabyte_month";
    public const string Mail = "mail";
}

/// <summary>Who counted what a day's videos used.</summary>
public static class UsageSource
{
    /// <summary>The portal, from its own rows and from what Mux says of playing.</summary>
    public const string Portal = "portal";

    /// <summary>Mux, in the file that it makes of each day.</summary>
    public const string MuxExport = "mux_export";

    /// <summary>The file, and the portal for videos that it does not name.</summary>
    public const string Both = "both";
}
