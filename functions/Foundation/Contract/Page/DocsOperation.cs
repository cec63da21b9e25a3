using System.Text.Json.Nodes;
using Portal.Foundation;

namespace Portal.Functions.Foundation.Contract.Page;

/// <summary>An operation of the document, with where it stands in it.</summary>
internal sealed record DocsEntry(string Id, string Verb, string Path, bool HasHead, JsonObject Json);

/// <summary>The operations of a feature.</summary>
internal sealed record DocsTag(string Name, string Description, IReadOnlyList<DocsEntry> Operations);

/// <summary>One operation as HTML: closed it is a line, open everything about it.</summary>
internal sealed class DocsOperation(JsonObject document, DocsSchemas schemas)
{
    public IReadOnlyList<DocsTag> ByTag()
    {
        var all = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Where(o => o.Key != "head").Select(o => new DocsEntry(
            o.Value!["operationId"]!.ToString(), o.Key, path.Key, o.Key == "get"
                && path.Value!["head"] is not null, o.Value.AsObject()))).ToList();
        return
        [
            .. document["tags"]!.AsArray().Select(t => new DocsTag(
                t!["name"]!.ToString(), t["description"]!.ToString(), [
                    .. all.Where(o => o.Json["tags"]![0]!.ToString() == t["name"]!.ToString())
                ])),
        ];
    }

    public string Render(DocsEntry entry)
    {
        var json = entry.Json;
        return $"""
            <details class="operation" id="{entry.Id}">
            <summary><span class="verb {entry.Verb}">{entry.Verb}</span> <code class="path">{Path(entry.Path)}</code> <span class="what">{Html.Encode(json["summary"]!.ToString())}</span></summary>
            <div class="body">
            {DocsHtml.Prose(json["description"]?.ToString())}
            <p class="meta"><a href="#{entry.Id}">{entry.Id}</a>{(entry.HasHead ? " · HEAD answers the same without a body" : "")}</p>
            {Parameters(json)}{RequestBody(json)}
            <h4>Answers</h4>
            {string.Concat(json["responses"]!.AsObject().Select(r => Response(r.Key, Resolve(r.Value!, "responses"))))}
            </div>
            </details>
            """;
    }

    /// <summary>May break after each slash.</summary>
    private static string Path(string path) => Html.Encode(path).Replace("/", "/<wbr>", StringComparison.Ordinal);

    private string Parameters(JsonObject operation) => operation["parameters"] is not JsonArray parameters ? "" :
        "<h4>Parameters</h4>" + DocsSchemas.Table(parameters.Select(p => Resolve(p!, "parameters")).Select(p => schemas.Row(
            p["name"]!.ToString(), p["schema"]!.AsObject(), p["required"]?.GetValue<bool>() == true, p["description"]?.ToString(),
            p["in"]!.ToString())));

    private string RequestBody(JsonObject operation)
    {
        if (operation["requestBody"] is not JsonObject body)
        {
            return "";
        }

        var (type, media) = body["content"]!.AsObject().First();
        var example = media!["example"] is JsonObject { Count: > 0 } given ? DocsHtml.Json(given) : "";
        return $"<h4>Body <span class=\"type\">{Html.Encode(type)}</span></h4>{schemas.Body(media["schema"]!.AsObject())}{example}";
    }

    private string Response(string status, JsonObject response)
    {
        var content = (response["content"] as JsonObject)?.First();
        var kind = status[0] is '2' or '3' ? "good" : "bad";
        var text = string.Concat(response["description"]!.ToString().Split('\n').Select(line => $"<p>{DocsHtml.Line(line)}</p>"));
        if (kind == "bad" || content is not { } media)
        {
            return $"<div class=\"answer {kind}\"><span class=\"status\">{status}</span><div>{text}</div></div>";
        }

        var example = media.Value!["example"] is { } given
            ? $"<details class=\"example\"><summary>Example</summary>{DocsHtml.Json(given)}</details>"
            : "";
        return $"<div class=\"answer {kind}\"><span "
            + $"class=\"status\">{status}</span><div>{text}{schemas.Body(media.Value["schema"]!.AsObject(), answer: true)}{example}{Headers(response)}</div></div>";
    }

    private static string Headers(JsonObject response) => response["headers"] is not JsonObject headers ? "" :
        $"<p class=\"limits\">Headers: {string.Join(", ", headers.Select(h => $"<code>{Html.Encode(h.Key)}</code>"))}</p>";

    private JsonObject Resolve(JsonNode node, string kind) =>
        node["$ref"]?.ToString() is { } reference ? document["components"]![kind]![reference.Split('/')[^1]]!.AsObject() : node.AsObject();
}
