namespace Portal.People;

/// <summary>
/// How long a tenant keeps what, in days. The longest is the portal's own number; a tenant may shorten it down to the shortest. The
/// audit log is not among them: its numbers are the same for everybody.
/// </summary>
public sealed record RetentionSettings(
    int? NotificationDays, int? UploadJobDays, int? ActiveVideoDays, int? InactiveVideoDays, int? RawAnalyticsDays)
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

    /// <summary>Days until a video that nobody plays is archived: never more than those of one that is played.</summary>
    public int InactiveDays => Math.Min(ActiveVideoDays ?? MaxActiveVideoDays, InactiveVideoDays ?? MaxInactiveVideoDays);

    /// <summary>Nothing overridden.</summary>
    public static RetentionSettings Default { get; } = new(null, null, null, null, null);
}
