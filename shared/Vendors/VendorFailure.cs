namespace Portal.Vendors;

/// <summary>Why a call to a vendor did not come to a value: a closed set, so that every caller decides about each.</summary>
public abstract record VendorFailure
{
    private VendorFailure(string reason) => Reason = reason;

    /// <summary>One sentence, for people and for logs.</summary>
    public string Reason { get; }

    /// <summary>The vendor understood and said no (4xx): the same call will not get better.</summary>
    public sealed record Refused(int Status, string Reason) : VendorFailure(Reason);

    /// <summary>Too many calls (429): wait at least that long, which is no failure of ours.</summary>
    public sealed record RateLimited(TimeSpan Wait) : VendorFailure("The vendor asked for a slower pace.");

    /// <summary>No answer, a broken one, or 5xx: the outcome is unknown, the call may have had its effect. Try again.</summary>
    /// <param name="NotCalledFor">Set: it failed too often, and was left alone this time. It had no effect, and is no attempt where
    /// attempts are limited.</param>
    public sealed record Unknown(string Reason, TimeSpan? NotCalledFor = null) : VendorFailure(Reason);
}
