using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Foundation.Contract;

/// <summary>A refusal that a caller must reckon with: a status, the slug of its problem type, and when it is given.</summary>
public sealed record ApiRefusal(int Status, string Slug, string Title, string When, bool SaysWhen = false)
{
    /// <summary>Where there is no operation, and where its request never came to an end.</summary>
    private static readonly string[] OfNone = ["method-not-allowed", "no-such-route", "too-slow"];

    /// <summary>Every slug there is.</summary>
    public static IReadOnlyList<string> Slugs(IEnumerable<ApiOperation> operations) =>
        [.. operations.SelectMany(Of).Select(r => r.Slug).Concat(OfNone).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Everything an operation may refuse: its own refusals, and those that follow from the shape of its request.</summary>
    public static IReadOnlyList<ApiRefusal> Of(ApiOperation operation) =>
    [
        .. operation.Refusals.Select(r => new ApiRefusal(r.Status, r.Slug, r.Title ?? TitleOf(r.Status), r.When, r.SaysWhen))
            .Concat(ByShape(operation))
            .DistinctBy(r => (r.Status, r.Slug))
            .OrderBy(r => r.Status),
    ];

    private static IEnumerable<ApiRefusal> ByShape(ApiOperation operation)
    {
        var about = operation.About;
        if (operation.ReadsBody || about.Query is not null || about.NeedsMatch || about.RawBody is not null)
        {
            yield return New(400, "invalid-request", "A field, parameter or header breaks a rule; each is listed in errors.");
        }

        foreach (var refusal in OfDoor(operation))
        {
            yield return refusal;
        }

        if (operation.Parameters.Count > 0 && !operation.IsForGuests)
        {
            yield return New(404, "not-found", "There is no such thing, or it is not yours to see.");
        }

        if (operation.IsForGuests)
        {
            yield return New(404, "not-found", "There is no such share link.");
        }

        if (about.RawBody is null)
        {
            var detail = $"Accept allows no {string.Join(" and no ", about.MediaTypes)}.";
            yield return new(406, "not-acceptable", "Not in that media type", detail);
        }

        if (about.TakesKey)
        {
            yield return New(409, "idempotency-key-in-flight", "A request with this Idempotency-Key is being worked on.");
            yield return new(
                422, "idempotency-key-reused", "Another request used this key",
                "The Idempotency-Key belongs to a request with other content.");
        }

        if (about.NeedsMatch)
        {
            yield return new(412, "version-stale", "Changed by somebody else", "It changed since the version that If-Match names.");
            yield return new(428, "version-required", "Say which version you change", "If-Match is missing.");
        }

        if (operation.ReadsBody || about.RawBody is not null)
        {
            yield return new(
                413, "too-large", "The body is too large", about.RawBody is null
                    ? $"The body is larger than {(about.IsBeacon ? RequestBody.MaxBeacon : RequestBody.MaxJson) / 1024} KiB."
                    : "The body is too large.");
        }

        if (operation.ReadsBody)
        {
            yield return new(
                415, "unsupported-media-type", "Send JSON",
                $"The body is not application/json (or {(about.IsBeacon ? "text/plain" : "application/merge-patch+json")}).");
        }

        yield return New(429, "too-many-requests", "Too many requests; Retry-After says when to come again.");
        yield return new(500, "internal-error", "Something went wrong on our side", "A fault of ours. It is logged under requestId.");
        yield return new(
            503, "unavailable", "Not available just now",
            "The database or the sign-in service is away, or too many requests are under way. Try again after Retry-After.");
    }

    /// <summary>Before the function: the session, the membership, the role.</summary>
    private static IEnumerable<ApiRefusal> OfDoor(ApiOperation operation)
    {
        if (operation.About.SignedBy is { } header)
        {
            yield return new(
                401, "bad-signature", "The signature is not valid", $"{header} is missing, does not match the body, or is too old.");
        }

        if (operation.IsAnonymous)
        {
            yield break;
        }

        yield return New(401, "unauthenticated", "There is no session token, or it is not valid or has expired.");
        if (operation.IsForOperators)
        {
            yield return New(403, "forbidden", "You are not on call for the platform.");
            yield break;
        }

        if (operation.IsForUnprovisionedUsers)
        {
            yield return New(403, "forbidden", "An impersonated session may not.");
            yield break;
        }

        yield return New(403, "forbidden", "Your role does not allow it.");
        yield return New(403, "no-tenant", "The session's organization has no portal.");
        yield return New(403, "not-enrolled", "You are not a member of this portal.");
        yield return New(403, "deactivated", "Your account in this portal is deactivated.");
    }

    private static ApiRefusal New(int status, string slug, string when) => new(status, slug, TitleOf(status), when);

    private static string TitleOf(int status) => status switch
    {
        400 => "The request breaks a rule",
        401 => "Sign in first",
        403 => "Not allowed",
        404 => "Not found",
        409 => "Not possible in the present state",
        429 => "Too many requests",
        503 => "Not available just now",
        _ => "Refused",
    };
}
