using System.Text.Json.Nodes;
using Portal.Foundation;

namespace Portal.Functions.Foundation.Contract.Page;

/// <summary>Schemas as tables of fields.</summary>
internal sealed class DocsSchemas(JsonObject schemas)
{
    private const int MostWords = 12;

    private static readonly (string Keyword, string Words)[] Limits =
    [
        ("minLength", "at least {0} characters"), ("maxLength", "at most {0} characters"), ("minimum", "from {0}"), ("maximum", "to {0}"),
        ("minItems", "at least {0} entries"), ("maxItems", "at most {0} entries"), (
            "maxProperties", "at most {0} entries"), ("pattern", "matches {0}"), ("default", "left out: {0}"),
    ];

    /// <summary>The section with all of them.</summary>
    public string All() => string.Concat(schemas.Select(s => Article(s.Key, s.Value!.AsObject())));

    /// <summary>The fields of a body: of the record itself, or what it is a list of.</summary>
    public string Body(JsonObject schema, bool answer = false) => schema["$ref"]?.ToString() is { } reference
        ? $"<p class=\"type\">{Type(schema)}</p>{Fields(schemas[NameOf(reference)]!.AsObject(), answer)}"
        : $"<p class=\"type\">{Type(schema)}{(schema["description"] is { } about ? " – " + DocsHtml.Line(about.ToString()) : "")}</p>";

    /// <summary>A type in words, with links to records and to vocabularies too long for a line.</summary>
    public string Type(JsonObject schema)
    {
        if (schema["$ref"]?.ToString() is { } reference)
        {
            var target = schemas[NameOf(reference)]!.AsObject();
            if (target["enum"] is JsonArray { Count: <= MostWords })
            {
                return Type(target);
            }

            return $"<a href=\"#schema-{NameOf(reference)}\">{NameOf(reference)}</a>";
        }

        if (schema["anyOf"] is JsonArray choices)
        {
            return string.Join(" or ", choices.Select(c => Type(c!.AsObject())));
        }

        if (schema["enum"] is JsonArray allowed)
        {
            return string.Join(" | ", allowed.Select(a => $"<code>{Html.Encode(a?.ToString() ?? "null")}</code>"));
        }

        var types = schema["type"] is JsonArray several
            ? several.Select(t => t!.ToString()).ToList()
            : [schema["type"]?.ToString() ?? "anything"];
        var words = types[0] switch
        {
            "array" => $"list of {Type(schema["items"]!.AsObject())}",
            "string" => Html.Encode(schema["format"]?.ToString() ?? schema["contentMediaType"]?.ToString() ?? "string"),
            var other => other,
        };
        return types.Count > 1 ? $"{words} or null" : words;
    }

    /// <param name="answer">Fields of answers are there unless something else is said.</param>
    public string Fields(JsonObject schema, bool answer = false)
    {
        if (schema["properties"] is not JsonObject { Count: > 0 } properties)
        {
            return "";
        }

        var required = (schema["required"] as JsonArray ?? []).Select(r => r!.ToString()).ToHashSet();
        return Table(
            properties.Select(
                p => Row(p.Key, p.Value!.AsObject(), !answer && required.Contains(p.Key), p.Value["description"]?.ToString())));
    }

    public static string Table(IEnumerable<string> rows) => $"<dl class=\"fields\">{string.Concat(rows)}</dl>";

    public string Row(string name, JsonObject schema, bool required, string? description, string? place = null)
    {
        var limits = LimitsOf(schema).Concat(schema["items"] is JsonObject items ? LimitsOf(items).Select(l => "each " + l) : []).ToList();
        var marks = (required ? "<span class=\"must\">required</span>" : "") + (
            place is null ? "" : $"<span class=\"place\">{place}</span>");
        var notes = limits.Count == 0 ? "" : $"<p class=\"limits\">{string.Join(", ", limits)}</p>";
        return $"<div><dt><code>{Html.Encode(name)}</code> <span "
            + $"class=\"type\">{Type(schema)}</span>{marks}</dt><dd>{DocsHtml.Line(description)}{notes}</dd></div>";
    }

    private string Article(string name, JsonObject schema)
    {
        var body = schema["enum"] is null ? Fields(schema) : $"<p class=\"type\">{Type(schema)}</p>";
        return $"<article class=\"schema\" id=\"schema-{Html.Encode(name)}\"><h3>{Html.Encode(name)}</h3>"
            + $"{DocsHtml.Prose(schema["description"]?.ToString())}{body}</article>";
    }

    private static IEnumerable<string> LimitsOf(JsonObject schema) => Limits.Where(l => schema[l.Keyword] is not null)
        .Select(l => Html.Encode(l.Words.Replace("{0}", schema[l.Keyword]!.ToJsonString().Trim('"'), StringComparison.Ordinal)));

    private static string NameOf(string reference) => reference.Split('/')[^1];
}
