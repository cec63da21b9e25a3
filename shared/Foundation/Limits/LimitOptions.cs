namespace Portal.Foundation.Limits;

/// <summary>Settings of the limits. All are counted in Postgres, so they hold over all instances together.</summary>
public sealed class LimitOptions
{
    public const string Section = "Limits";

    /// <summary>As much as an alert about the use of share links may wait for.</summary>
    public const int MostWatched = 1_000_000;

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

    /// <summary>Share links that one address is given or refused in ten minutes; one more raises an alert, and refuses nothing.</summary>
    public int LinksPerAddress { get; set; } = 20;

    /// <summary>Addresses that one share link is opened from in an hour, likewise.</summary>
    public int AddressesPerLink { get; set; } = 50;

    /// <summary>One of <see cref="LimitMode"/>.</summary>
    public string Mode { get; set; } = LimitMode.Enforce;

    /// <summary>Which limits <see cref="LimitMode.Observe"/> is for, by name, separated by commas. Empty: all that may be
    /// observed.</summary>
    public string Observed { get; set; } = "";

    public bool IsValid() =>
        UserPerMinute > 0 && TenantPerMinute > 0 && PlaybacksPerMinute > 0 && UploadsPerDay > 0 && FailedAttemptsPerMinute > 0
        && AuditReadsPerMinute > 0;

    public bool WatchIsValid() => LinksPerAddress is > 0 and <= MostWatched && AddressesPerLink is > 0 and <= MostWatched;

    public bool ModeIsValid() => LimitMode.All.Contains(Mode);

    public bool ObservedIsValid() => ObservedNames().All(LimitName.Observable.Contains);

    /// <summary>The mode of one limit.</summary>
    public string ModeOf(string limit) => IsObserved(limit) ? LimitMode.Observe : LimitMode.Enforce;

    public bool IsObserved(string limit) =>
        Mode == LimitMode.Observe && LimitName.Observable.Contains(limit) && (Observed.Length == 0 || ObservedNames().Contains(limit));

    private string[] ObservedNames() => Observed.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
