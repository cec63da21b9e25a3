namespace Portal.Foundation.Limits;

/// <summary>Settings of the limits. All are counted in Postgres, so they hold over all instances together.</summary>
public sealed class LimitOptions
{
    public const string Section = "Limits";

    /// <summary>Signed-in requests of one person in a minute.</summary>
    public int UserPerMinute { get; set; } = 600;

    /// <summary>Signed-in requests of one tenant in a minute.</summary>
    public int TenantPerMinute { get; set; } = 6000;

    /// <summary>Share, guest and playback requests from one address, together, in any minute.</summary>
    public int PlaybacksPerMinute { get; set; } = RateLimitStore.PlaybacksPerMinute;

    /// <summary>Uploads that one person may create in a day.</summary>
    public int UploadsPerDay { get; set; } = RateLimitStore.UploadsPerDay;

    /// <summary>Made-up sessions, unknown share tokens and the like from one address in a minute; one more raises an alert.</summary>
    public int FailedAttemptsPerMinute { get; set; } = 20;

    /// <summary>Exports and verifications of one tenant's audit log in a minute, and evidence made.</summary>
    public int AuditReadsPerMinute { get; set; } = 10;

    public bool IsValid() =>
        UserPerMinute > 0 && TenantPerMinute > 0 && PlaybacksPerMinute > 0 && UploadsPerDay > 0 && FailedAttemptsPerMinute > 0
        && AuditReadsPerMinute > 0;
}
