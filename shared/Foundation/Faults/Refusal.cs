namespace Portal.Foundation.Faults;

/// <summary>Why a use case did not do what it was asked for.</summary>
public abstract record Refusal
{
    private Refusal()
    {
    }

    /// <summary>There is none, or none that this caller may see.</summary>
    public sealed record NotFound(string What) : Refusal;

    /// <summary>The project is archived and takes no changes.</summary>
    public sealed record Archived : Refusal;

    /// <summary>The caller means an older version.</summary>
    public sealed record Stale(int Version) : Refusal;

    /// <summary>The state table has no such move (docs/states.md).</summary>
    public sealed record IllegalMove(string What, string Status, string To) : Refusal;

    /// <summary>Its present state does not allow this, for a reason of its own.</summary>
    /// <param name="RetryAfter">Seconds until it may; null when time alone changes nothing.</param>
    public sealed record Conflict(string Slug, string Detail, int? RetryAfter = null) : Refusal;

    /// <summary>Whoever asks may not.</summary>
    public sealed record Forbidden(string Slug, string Detail) : Refusal
    {
        public static Forbidden Deactivated { get; } = new("deactivated", "Your account in this portal is deactivated.");
    }

    /// <summary>Something must be shown first: a session, a passphrase.</summary>
    public sealed record Unauthenticated(string Slug, string Title, string Detail) : Refusal;

    /// <summary>Asked too often; the seconds until it may be asked again.</summary>
    /// <param name="Limit">The limit that is used up.</param>
    public sealed record TooMany(int RetryAfter, string Detail, int? Limit = null) : Refusal;

    /// <summary>Somebody whom it needs cannot be asked just now, or too much is under way; seconds until a retry makes sense.</summary>
    public sealed record Unavailable(int RetryAfter, string Detail) : Refusal;

    /// <summary>People on call have switched it off for a while; seconds until a retry makes sense.</summary>
    /// <param name="Feature">What is off, by its name.</param>
    public sealed record FeatureOff(string Feature, int RetryAfter, string Detail) : Refusal;

    /// <summary>A field names what is not there, or does not go with what is.</summary>
    public sealed record InvalidField(string Field, string Rule, string Detail) : Refusal;

    /// <summary>Several things were asked for at once, and these stand in the way.</summary>
    public sealed record BatchRefused(string Slug, string Detail, IReadOnlyList<InvalidField> Each) : Refusal;
}
