namespace Portal.Functions.Foundation.Http;

/// <summary>
/// What the OpenAPI document says of an HTTP function, and what its tests hold it to. Answers that follow from the shape of the
/// request (401, 403, 413, 429, …) are added by the document itself.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OperationAttribute(string summary) : Attribute
{
    public string Summary { get; } = summary;

    /// <summary>A paragraph, where the summary leaves a question open.</summary>
    public string? Details { get; init; }

    /// <summary>The input record of the body.</summary>
    public Type? Takes { get; init; }

    /// <summary>The input record of the query string.</summary>
    public Type? Query { get; init; }

    /// <summary>The record that a success answers with; null: no body.</summary>
    public Type? Returns { get; init; }

    public int Status { get; init; } = 200;

    /// <summary>A second status of success (202 beside 201).</summary>
    public int AlsoStatus { get; init; }

    /// <summary>Anything but JSON.</summary>
    public string MediaType { get; init; } = "application/json";

    /// <summary>The same in another media type, for who asks for it with <c>Accept</c>.</summary>
    public string? AlsoAs { get; init; }

    public IReadOnlyList<string> MediaTypes => AlsoAs is { } other ? [MediaType, other] : [MediaType];

    /// <summary>The request must name the version it changes (<c>If-Match</c>): 428 without, 412 when it is stale.</summary>
    public bool NeedsMatch { get; init; }

    /// <summary>The request may carry an <c>Idempotency-Key</c>.</summary>
    public bool TakesKey { get; init; }

    /// <summary>Browsers send the body as a beacon: at most <see cref="RequestBody.MaxBeacon"/>, also as text/plain.</summary>
    public bool IsBeacon { get; init; }

    /// <summary>The body is read raw, not by an input record: what it must be.</summary>
    public string? RawBody { get; init; }

    /// <summary>The header with the signature over the raw body that stands in for a session.</summary>
    public string? SignedBy { get; init; }

    /// <summary>Carries an <c>ETag</c> though no session is asked for; with one it does, unless it is of the moment.</summary>
    public bool IsTagged { get; init; }

    /// <summary>No two answers are the same: none carries an <c>ETag</c>.</summary>
    public bool IsOfTheMoment { get; init; }
}

/// <summary>A refusal that is the operation's own: its status, the slug of its problem type, and when it is given.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class RefusesAttribute(int status, string slug, string when) : Attribute
{
    public int Status { get; } = status;

    public string Slug { get; } = slug;

    public string When { get; } = when;

    /// <summary>Carries <c>Retry-After</c>, which 429 and 503 always do.</summary>
    public bool SaysWhen { get; init; }

    /// <summary>Null: that of its status.</summary>
    public string? Title { get; init; }
}

/// <summary>An attribute that brings refusals along: those of whatever stands before the operation itself.</summary>
public interface IBringsRefusals
{
    IReadOnlyList<RefusesAttribute> Refusals { get; }
}

/// <summary>
/// The operation is part of a feature that people on call may switch off; then it is refused before anything is asked or done
/// (<see cref="FeatureMiddleware"/>).
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsAttribute(string feature) : Attribute, IBringsRefusals
{
    public string Feature { get; } = feature;

    public IReadOnlyList<RefusesAttribute> Refusals { get; } =
    [
        new(503, Problem.FeatureOffSlug, "People on call have switched it off while a vendor is away. Try again after Retry-After.")
        {
            Title = Problem.FeatureOffTitle,
        },
    ];
}
