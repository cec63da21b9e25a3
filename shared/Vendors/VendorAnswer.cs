namespace Portal.Vendors;

/// <summary>What came of a call to a vendor: a closed set, so that every caller decides about each.</summary>
public abstract record VendorAnswer<T>
{
    private VendorAnswer()
    {
    }

    /// <summary>It worked.</summary>
    public sealed record Ok(T Value) : VendorAnswer<T>;

    /// <summary>The vendor understood and said no (4xx): the same call will not get better.</summary>
    public sealed record Refused(int Status, string Reason) : VendorAnswer<T>;

    /// <summary>Too many calls (429): wait at least that long, which is no failure of ours.</summary>
    public sealed record RateLimited(TimeSpan Wait) : VendorAnswer<T>;

    /// <summary>No answer, a broken one, or 5xx: the outcome is unknown, the call may have had its effect. Try again.</summary>
    public sealed record Unknown(string Reason) : VendorAnswer<T>;
}
