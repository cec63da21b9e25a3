using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Portal.Tests.Support.Contract;

/// <summary>
/// Holds a JSON value to a schema of the OpenAPI document: the part of JSON Schema that the document uses, and no keyword passes
/// unread. A field that the schema does not name is a fault, whatever JSON Schema says: an answer must not tell more than is documented.
/// </summary>
public sealed class SchemaCheck(JsonObject schemas)
{
    private static readonly HashSet<string> Notes = ["description", "examples", "example", "default", "contentMediaType", "contentSchema"];

    /// <summary>What is wrong, with pointers; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults(JsonNode schema, JsonNode? value)
    {
        var faults = new List<string>();
        Check(schema.AsObject(), value, "", faults);
        return faults;
    }

    private void Check(JsonObject schema, JsonNode? value, string at, List<string> faults)
    {
        var kind = Kind(value);
        foreach (var (keyword, rule) in schema)
        {
            if (Notes.Contains(keyword))
            {
                continue;
            }

            if (!Holds(schema, keyword, rule!, value, kind, at, faults))
            {
                faults.Add($"{at}: {keyword} {rule!.ToJsonString()} is broken by {Short(value)}");
            }
        }
    }

    private bool Holds(JsonObject schema, string keyword, JsonNode rule, JsonNode? value, string kind, string at, List<string> faults)
    {
        switch (keyword)
        {
            case "$ref":
                Check(schemas[rule.ToString().Split('/')[^1]]!.AsObject(), value, at, faults);
                return true;
            case "type":
                return (
                    rule is JsonArray many ? many.Select(t => t!.ToString()) : [rule.ToString()]).Any(t =>
                        t == kind || (t == "number" && kind == "integer"));
            case "enum":
                return rule.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value));
            case "anyOf":
                return rule.AsArray().Any(choice => Faults(choice!, value).Count == 0) || Tell(rule.AsArray(), value, at, faults);
            case "properties":
                Fields(schema, rule.AsObject(), value as JsonObject, at, faults);
                return true;
            case "additionalProperties":
                return rule is not JsonObject of || Entries(value as JsonObject).All(e => Faults(of, e.Value).Count == 0);
            case "required":
                return value is not JsonObject o || rule.AsArray().All(name => o.ContainsKey(name!.ToString()));
            case "maxProperties":
                return value is not JsonObject few || few.Count <= rule.GetValue<int>();
            case "propertyNames":
                return Entries(value as JsonObject).All(e => Faults(rule, JsonValue.Create(e.Key)).Count == 0);
            case "items":
                for (var i = 0; i < (value as JsonArray)?.Count; i++)
                {
                    Check(rule.AsObject(), value[i], $"{at}/{i}", faults);
                }

                return true;
            default:
                return Limits(keyword, rule, value, kind);
        }
    }

    private static bool Limits(string keyword, JsonNode rule, JsonNode? value, string kind) => keyword switch
    {
        "minItems" => value is not JsonArray a || a.Count >= rule.GetValue<int>(),
        "maxItems" => value is not JsonArray a || a.Count <= rule.GetValue<int>(),
        "uniqueItems" => value is not JsonArray a || a.Select(e => e?.ToJsonString()).Distinct().Count() == a.Count,
        "minLength" => kind != "string" || value!.ToString().Length >= rule.GetValue<int>(),
        "maxLength" => kind != "string" || value!.ToString().Length <= rule.GetValue<int>(),
        "pattern" => kind != "string" || Regex.IsMatch(value!.ToString(), rule.ToString(), RegexOptions.None, TimeSpan.FromSeconds(1)),
        "minimum" => kind is not ("integer" or "number") || Number(value!) >= Number(rule),
        "maximum" => kind is not ("integer" or "number") || Number(value!) <= Number(rule),
        "format" => kind != "string" || Format(rule.ToString(), value!.ToString()),
        _ => throw new InvalidOperationException($"The document uses {keyword}, which this check does not know."),
    };

    private void Fields(JsonObject schema, JsonObject properties, JsonObject? value, string at, List<string> faults)
    {
        foreach (var (name, field) in Entries(value))
        {
            if (properties[name] is { } known)
            {
                Check(known.AsObject(), field, $"{at}/{name}", faults);
            }
            else if (schema["additionalProperties"] is not JsonObject)
            {
                faults.Add($"{at}/{name}: is not in the document");
            }
        }
    }

    /// <summary>None of several fits: what the first (the one that is not null) would say.</summary>
    private bool Tell(JsonArray choices, JsonNode? value, string at, List<string> faults)
    {
        Check(choices[0]!.AsObject(), value, at, faults);
        return true;
    }

    private static bool Format(string format, string text) => format switch
    {
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "date-time" =>
            text.Length > 18 && text[10] == 'T'
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out _),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "email" => text.Contains('@', StringComparison.Ordinal),
        _ => true,
    };

    private static string Kind(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.ToJsonString().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? "integer" : "number",
        _ => "string",
    };

    private static JsonObject Entries(JsonObject? value) => value ?? [];

    private static double Number(JsonNode value) => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);

    private static string Short(JsonNode? value) => value?.ToJsonString() is { } text ? text[..Math.Min(text.Length, 200)] : "null";
}
