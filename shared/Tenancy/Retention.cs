namespace Portal.Tenancy;

/// <summary>
/// How long a tenant keeps what, in days. The longest is the portal's own number; a tenant may shorten it down to the shortest. The
/// audit log is not among them: 365 days, then archived, for everybody.
/// </summary>
public sealed record Retention(int? NotificationDays, int? UploadJobDays, int? ActiveVideoDays, int? InactiveVideoDays, int? RawAnalyticsDays)
{
    public const int MinNotificationDays = 7;
    public const int MaxNotificationDays = 90;
    public const int MinUploadJobDays = 30;
    public const int MaxUploadJobDays = 365;
    public const int MinActiveVideoDays = 30;
    public const int MaxActiveVideoDays = 180;
    public const int MinInactiveVideoDays = 30;
    public const int MaxInactiveVideoDays = 90;
    public const int MinRawAnalyticsDays = 1;
    public const int MaxRawAnalyticsDays = 30;

    /// <summary>Nothing overridden.</summary>
    public static Retention Default { get; } = new(null, null, null, null, null);
}
