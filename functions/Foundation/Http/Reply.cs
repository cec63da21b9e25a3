using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// A successful answer. Each carries an <c>ETag</c> of two parts, <c>"{version}.{hash of the body}"</c>: a GET with If-None-Match
/// compares the whole of it (what people do not edit, such as opens, changes too), a write with If-Match only the version
/// (docs/decisions/0012-etag-of-two-parts.md).
/// </summary>
/// <param name="Version">The entity's version; null for lists and what nobody edits.</param>
public sealed record Reply(int Status, JsonNode? Body, string? Location = null, int? Version = null) : IResult
{
    private const int TagBytes = 9;

    /// <summary>False: no two answers are the same, and a tag would be of no use.</summary>
    public bool IsTagged { get; init; } = true;

    public static Reply Ok(object body, int? version = null) => new(200, Json(body), null, version);

    public static Reply Created(string location, object body, int? version = null) => new(201, Json(body), location, version);

    public static Reply NoContent { get; } = new(204, null);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        if (Body is null)
        {
            response.StatusCode = Status;
            return;
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(Body, AnswerJson.Options);
        var tag = IsTagged ? Tag(bytes) : null;
        response.Headers.ETag = tag;
        var reading = HttpMethods.IsGet(httpContext.Request.Method) || HttpMethods.IsHead(httpContext.Request.Method);
        if (tag is not null && reading && IsKnown(httpContext.Request, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.StatusCode = Status;
        response.ContentType = "application/json; charset=utf-8";
        await AnswerBody.WriteAsync(httpContext, bytes);
    }

    private static JsonNode Json(object body) => JsonSerializer.SerializeToNode(body, body.GetType(), AnswerJson.Options)!;

    private string Tag(byte[] bytes)
    {
        var hash = Base64Url.EncodeToString(SHA256.HashData(bytes).AsSpan(0, TagBytes));
        return $"\"{Version?.ToString(CultureInfo.InvariantCulture) ?? "0"}.{hash}\"";
    }

    private static bool IsKnown(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known)
        && known.Any(k => k.Equals(EntityTagHeaderValue.Any) || k.Compare(new EntityTagHeaderValue(tag), useStrongComparison: false));
}
