using System.Text.Json.Nodes;
using Portal.Functions.Foundation.Contract;

namespace Portal.Tests.Support.Contract;

/// <summary>Holds answers to the OpenAPI document: status, problem type, headers, media type, every field.</summary>
public sealed class ApiContract
{
    // What any HTTP server adds, and what the app adds to every answer to harden browsers.
    private static readonly HashSet<string> Everywhere =
    [
        "content-type", "content-length", "date", "server", "transfer-encoding", "x-request-id", "cache-control", "x-content-type-options",
        "referrer-policy",
        "strict-transport-security", "content-security-policy", "cross-origin-resource-policy", "cross-origin-opener-policy",
        "permissions-policy", "x-frame-options",
        "vary", "set-cookie", "content-disposition", "access-control-allow-origin", "access-control-expose-headers",
        "access-control-allow-credentials",
    ];

    private readonly JsonObject document = ApiDocument.Current.Json;
    private readonly SchemaCheck check = new(ApiDocument.Current.Json["components"]!["schemas"]!.AsObject());

    /// <summary>What the answer does that the document does not say; empty when all is said.</summary>
    public IReadOnlyList<string> Faults(ApiOperation operation, string verb, ApiAnswer answer)
    {
        var responses = document["paths"]![operation.Path]![verb.ToLowerInvariant()]!["responses"]!.AsObject();
        if (responses[$"{answer.Status}"] is not { } found)
        {
            return [$"status {answer.Status} is not documented"];
        }

        var response = Resolve(found);
        var faults = new List<string>();
        var documented = (response["headers"]?.AsObject() ?? []).Select(h => h.Key.ToLowerInvariant()).ToHashSet();
        faults.AddRange(
            answer.Headers.Keys.Where(
                h => !documented.Contains(h) && !Everywhere.Contains(h)).Select(h => $"header {h} is not documented"));
        faults.AddRange(Missing(answer, documented).Select(h => $"header {h} is documented and missing"));
        faults.AddRange(Content(response["content"] as JsonObject, verb, answer));
        if (answer.Problem is { Length: > 0 } slug && !response["description"]!.ToString().Contains($"`{slug}`", StringComparison.Ordinal))
        {
            faults.Add($"problem {slug} is not documented for {answer.Status}");
        }

        return faults;
    }

    private IEnumerable<string> Content(JsonObject? content, string verb, ApiAnswer answer)
    {
        if (verb == "HEAD" || content is null)
        {
            return answer.Body.Length == 0 ? [] : [$"a body where none is documented: {answer.Body}"];
        }

        if (content[answer.MediaType ?? ""] is not { } media)
        {
            return [$"media type {answer.MediaType ?? "(none)"} is not documented"];
        }

        return answer.MediaType!.EndsWith("json", StringComparison.Ordinal)
            && !answer.MediaType.Contains("ndjson", StringComparison.Ordinal)
            ? check.Faults(media["schema"]!, answer.Json)
            : Lines(media["schema"]!, answer);
    }

    /// <summary>NDJSON: each line by the schema of a line.</summary>
    private IEnumerable<string> Lines(JsonNode schema, ApiAnswer answer) => schema["contentSchema"] is { } line
        ? answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(text => check.Faults(line, JsonNode.Parse(text)))
        : [];

    /// <summary>What a caller relies on: not to be left out.</summary>
    private static IEnumerable<string> Missing(ApiAnswer answer, HashSet<string> documented) =>
        new[] { "etag", "location", "www-authenticate", "x-request-id" }.Append(
            answer.Status is 429 or 503 ? "retry-after" : "x-request-id").Where(h =>
                documented.Contains(h) && !answer.Headers.ContainsKey(h));

    private JsonObject Resolve(JsonNode response) => response["$ref"]?.ToString() is { } reference
        ? document["components"]!["responses"]![reference.Split('/')[^1]]!.AsObject()
        : response.AsObject();
}
