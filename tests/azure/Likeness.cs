using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Azure;

/// <summary>What of an answer must be alike wherever it comes from: ids, times, tokens and numbers are replaced by their kind.</summary>
internal static partial class Likeness
{
    // Of the connection, or of the moment.
    private static readonly HashSet<string> Left = ["date", "content-length", "transfer-encoding", "connection"];

    public static string Of(ApiAnswer answer, bool bodyToo = true)
    {
        var headers = answer.Headers.Where(header => !Left.Contains(header.Key)).OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {(header.Key is "etag" or "set-cookie" ? Kind(header.Value) : Plain(header.Value))}");
        return $"{answer.Status}\n{string.Join('\n', headers)}\n{(bodyToo ? Body(answer) : "")}";
    }

    private static string Body(ApiAnswer answer) => answer switch
    {
        // A line each.
        { MediaType: "application/x-ndjson" } =>
            Shape(new JsonArray([.. answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line))])),
        // Its bytes are of the moment, and no text; the names of its files are neither.
        { MediaType: "application/zip" } =>
            string.Join(' ', FileName().Matches(answer.Body).Select(name => name.Value).Distinct().Order(StringComparer.Ordinal)),
        { Json: { } json } => Shape(json),
        _ => Plain(answer.Body),
    };

    /// <summary>A validator is opaque; of a cookie its name and attributes count.</summary>
    private static string Kind(string value) => Opaque().Replace(Plain(value), "{opaque}");

    private static string Shape(JsonNode? json) => json switch
    {
        JsonObject row =>
            $"{{{string.Join(
                ", ",
                row.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{each.Key}: {Shape(each.Value)}"))}}}",
        // How many there are, and in which order, is not the runtime's doing.
        JsonArray rows => $"[{string.Join(" | ", rows.Select(Shape).Distinct().Order(StringComparer.Ordinal))}]",
        null => "null",
        _ => Plain(json.ToString()),
    };

    private static string Plain(string text) =>
        Number().Replace(Token().Replace(Time().Replace(Id().Replace(text, "{id}"), "{time}"), "{token}"), "0");

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-f]{32}")]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00|\+0000)?|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT|\d{4}-\d\d-\d\d")]
    private static partial Regex Time();

    [GeneratedRegex(@"[A-Za-z0-9_+/=-]{20,}(\.[A-Za-z0-9_-]{20,})*")]
    private static partial Regex Token();

    [GeneratedRegex("\"[^\"]+\"|(?<==)[^;]{20,}")]
    private static partial Regex Opaque();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"[A-Za-z-]{3,40}\.(json|txt)")]
    private static partial Regex FileName();
}
