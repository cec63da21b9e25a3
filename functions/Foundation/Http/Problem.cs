using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary>One broken rule: where (JSON Pointer, RFC 6901, or <c>?name</c> for a query parameter), which rule, and a sentence.</summary>
public sealed record FieldError(string Pointer, string Rule, string Message);

/// <summary>Problem details (RFC 9457). <c>type</c> is stable; <c>requestId</c> is what to quote to support.</summary>
public sealed class Problem(
    int status, string slug, string title, string? detail = null, IReadOnlyList<FieldError>? errors = null, int? retryAfter = null,
    int? limit = null)
    : IResult
{
    internal const string FeatureOffSlug = "feature-off";
    internal const string FeatureOffTitle = "Switched off for a while";

    private static readonly JsonSerializerOptions Json = new(AnswerJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public int Status => status;

    /// <summary>Of a change that meant another version: the one that there is.</summary>
    public int? CurrentVersion { get; init; }

    /// <summary>Of what is switched off: its name.</summary>
    public string? Feature { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        if (retryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            if (limit is { } most)
            {
                RateHeaders.Write(response, most, 0, seconds);
            }
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(Document(httpContext.RequestId()), Json);
        response.ContentType = "application/problem+json";
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            await response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }

    /// <summary>The document itself; without a request id it is fit to be stored for a repeated request.</summary>
    public JsonObject Document(string? requestId) =>
        JsonSerializer.SerializeToNode(
            new { type = $"/problems/{slug}", title, status, detail, feature = Feature, requestId, errors }, Json)!.AsObject();

    /// <summary>A problem that was stored.</summary>
    public static Problem From(int status, JsonObject document) => new(
        status,
        document["type"]!.ToString()["/problems/".Length..],
        document["title"]!.ToString(),
        document["detail"]?.ToString(),
        document["errors"]?.Deserialize<IReadOnlyList<FieldError>>(Json));

    public static Problem Invalid(IReadOnlyList<FieldError> errors) =>
        new(
            400, "invalid-request", "The request breaks a rule",
            $"{errors.Count} {(errors.Count == 1 ? "field is" : "fields are")} not right; each is listed in errors.", errors);

    public static Problem NotFound(string what) => new(404, "not-found", "Not found", $"There is no such {what}.");

    public static Problem Conflict(string slug, string detail, int? retryAfter = null) =>
        new(409, slug, "Not possible in the present state", detail, retryAfter: retryAfter);

    /// <param name="limit">The limit that is used up, for <c>RateLimit-Limit</c>.</param>
    public static Problem TooMany(int retryAfter, string detail, int? limit = null) =>
        new(429, "too-many-requests", "Too many requests", detail, retryAfter: retryAfter, limit: limit);

    public static Problem Busy(int retryAfter) =>
        new(503, "unavailable", "Not available just now", "Too many requests are under way.", retryAfter: retryAfter);

    /// <param name="feature">What people on call have switched off.</param>
    public static Problem FeatureOff(string feature, int retryAfter, string detail) =>
        new(503, FeatureOffSlug, FeatureOffTitle, detail, retryAfter: retryAfter) { Feature = feature };

    public static Problem Unauthenticated(string detail) => new(401, "unauthenticated", "Sign in first", detail);

    public static Problem Forbidden(string slug, string detail) => new(403, slug, "Not allowed", detail);
}
