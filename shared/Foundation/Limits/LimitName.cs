namespace Portal.Foundation.Limits;

/// <summary>The limits that settings name, as logs, figures and <c>Limits:Observed</c> call them.</summary>
public static class LimitName
{
    public const string User = "user";
    public const string Tenant = "tenant";
    public const string Playback = "playback";
    public const string Uploads = "uploads";
    public const string AuditReads = "audit_reads";
    public const string FailedAttempts = "failed_attempts";

    public static IReadOnlyList<string> All { get; } = [User, Tenant, Playback, Uploads, AuditReads, FailedAttempts];

    /// <summary>Those that only keep the load down. What stops guessing, and what keeps a day's money together, is always
    /// enforced.</summary>
    public static IReadOnlyList<string> Observable { get; } = [User, Tenant, Playback, AuditReads];
}

/// <summary>What becomes of a request that is over a limit.</summary>
public static class LimitMode
{
    /// <summary>It is refused.</summary>
    public const string Enforce = "enforce";

    /// <summary>It is let through, counted and logged.</summary>
    public const string Observe = "observe";

    public static IReadOnlyList<string> All { get; } = [Enforce, Observe];
}
