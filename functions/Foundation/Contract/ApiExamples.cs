using System.Text.Json.Nodes;

namespace Portal.Functions.Foundation.Contract;

/// <summary>
/// An example of a schema: what [About] gives, else a value that keeps the schema's rules. A test holds every example in the document
/// to its schema.
/// </summary>
internal sealed class ApiExamples(JsonObject components)
{
    private const int MaxDepth = 6;
    private const string Id = "0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47";
    private const string Time = "2026-03-02T09:00:00Z";

    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["name"] = "Autumn campaign",
        ["title"] = "Cut one",
        ["fileName"] = "cut-1.mp4",
        ["email"] = "kim@studio.example",
        ["status"] = "active",
        ["role"] = "agency",
        ["body"] = "The logo could stay a little longer.",
        ["label"] = "For the Harbour team",
        ["reason"] = "Asked for by the client",
        ["aspectRatio"] = "16:9",
        ["token"] = "c2hhcmUtdG9rZW4tb2YtdGhpcy1saW5rLTMyYnl0ZXM",
        ["timeZone"] = "Australia/Sydney",
    };

    /// <summary>A whole example.</summary>
    public JsonNode? Of(JsonObject schema, string name = "", int depth = 0)
    {
        if (schema["examples"] is JsonArray { Count: > 0 } given)
        {
            return given[0]?.DeepClone();
        }

        if (schema["$ref"]?.ToString() is { } reference)
        {
            return Of(components[reference.Split('/')[^1]]!.AsObject(), name, depth);
        }

        if (schema["anyOf"] is JsonArray choices)
        {
            return depth >= MaxDepth ? null : Of(choices[0]!.AsObject(), name, depth);
        }

        if (schema["enum"] is JsonArray allowed)
        {
            return allowed[0]?.DeepClone();
        }

        return (schema["type"] is JsonArray types ? types[0] : schema["type"])?.ToString() switch
        {
            "object" => Record(schema, depth),
            "array" => depth >= MaxDepth ? new JsonArray() : new JsonArray(Of(schema["items"]!.AsObject(), name, depth + 1)),
            "boolean" => false,
            "integer" => Math.Clamp(schema["minimum"]?.GetValue<long>() ?? 1, 1, schema["maximum"]?.GetValue<long>() ?? long.MaxValue),
            "number" => 12.5,
            "string" => Text(schema, name),
            _ => new JsonObject(),
        };
    }

    /// <summary>A request: what must be there, and what has an example of its own; where that is nothing, the first field.</summary>
    public JsonObject OfRequest(JsonObject schema)
    {
        var record = components[schema["$ref"]!.ToString().Split('/')[^1]]!.AsObject();
        var properties = record["properties"]!.AsObject();
        var required = (record["required"] as JsonArray ?? []).Select(r => r!.ToString()).ToHashSet();
        var told = properties.Where(p => required.Contains(p.Key) || p.Value!["examples"] is not null).Select(p => p.Key).ToList();
        told = told.Count == 0 ? [.. properties.Select(p => p.Key).Take(1)] : told;
        return new(told.Select(name =>
        {
            var field = properties[name]!.AsObject();
            var nested = field["examples"] is null && field["$ref"]?.ToString() is { } reference
                && components[reference.Split('/')[^1]]!["properties"] is not null;
            return KeyValuePair.Create(name, nested ? OfRequest(field) : Of(field, name));
        }));
    }

    private JsonObject Record(JsonObject schema, int depth) => new((schema["properties"] as JsonObject ?? [])
        .Select(p => KeyValuePair.Create(p.Key, Of(p.Value!.AsObject(), p.Key, depth + 1))));

    private static string Text(JsonObject schema, string name)
    {
        var text = schema["format"]?.ToString() switch
        {
            "uuid" => Id,
            "date-time" => Time,
            "date" => "2026-03-02",
            "uri" => "https://portal.example/",
            "email" => "kim@studio.example",
            _ when Words.TryGetValue(name, out var word) => word,
            _ when name.EndsWith("url", StringComparison.OrdinalIgnoreCase) => "https://portal.example/",
            _ => "text",
        };
        var max = schema["maxLength"]?.GetValue<int>() ?? int.MaxValue;
        return (text.Length > max ? text[..max] : text).PadRight(schema["minLength"]?.GetValue<int>() ?? 0, 'x');
    }
}
