using System.Globalization;
using System.Text.Json.Nodes;

namespace Portal.Functions.Foundation.Contract;

/// <summary>The responses of operations: each status that may come, with its headers, its body and an example.</summary>
internal sealed class ApiAnswers(ApiSchemas schemas, ApiExamples examples)
{
    private readonly SortedDictionary<string, JsonObject> shared = new(StringComparer.Ordinal);

    /// <summary>Responses that several operations give word for word.</summary>
    public JsonObject Shared() => new(shared.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value)));

    public JsonObject Of(ApiOperation operation, string verb)
    {
        var about = operation.About;
        var head = verb == "HEAD";
        var responses = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal)
        { [Text(about.Status)] = Success(operation, about.Status, head) };
        if (about.AlsoStatus != 0)
        {
            responses[Text(about.AlsoStatus)] = Success(operation, about.AlsoStatus, head);
        }

        if (verb is "GET" or "HEAD" && operation.IsTagged)
        {
            List<string> headers = ["ETag", "RequestId", .. operation.IsAnonymous ? [] : ApiStandards.LimitHeaders];
            responses["304"] = Share(
                "NotModified", new() { ["description"] = "It is as If-None-Match says.", ["headers"] = Headers([.. headers]) });
        }

        foreach (var refusals in ApiRefusal.Of(operation).GroupBy(r => r.Status))
        {
            responses[Text(refusals.Key)] = Refused([.. refusals], head, !operation.IsAnonymous);
        }

        return new(responses);
    }

    private JsonObject Success(ApiOperation operation, int status, bool head)
    {
        var about = operation.About;
        List<string> headers = ["RequestId"];
        if (operation.IsTagged)
        {
            headers.Add("ETag");
        }

        if (status is 201 or 202 && !operation.IsForGuests)
        {
            headers.Add("Location");
        }

        if (about.TakesKey)
        {
            headers.Add("IdempotencyReplayed");
        }

        if (!operation.IsAnonymous || operation.IsForGuests)
        {
            headers.AddRange(ApiStandards.LimitHeaders);
        }

        var response = new JsonObject { ["description"] = Meaning(status, about.Returns is null), ["headers"] = Headers([.. headers]) };
        if (!head && about.MediaType != "application/json")
        {
            var schema = new JsonObject { ["type"] = "string" };
            if (about.Returns is { } line && line != typeof(string))
            {
                schema["contentMediaType"] = "application/json";
                schema["contentSchema"] = schemas.Answer(line);
            }

            response["content"] = new JsonObject { [about.MediaType] = new JsonObject { ["schema"] = schema } };
        }
        else if (!head && about.Returns is { } returns)
        {
            var schema = schemas.Answer(returns);
            response["content"] = new JsonObject
            {
                [about.MediaType] = new JsonObject { ["schema"] = schema, ["example"] = examples.Of(schema) },
            };
            if (about.AlsoAs is { } other)
            {
                response["content"]![other] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } };
            }
        }

        return response;
    }

    private JsonObject Refused(List<ApiRefusal> refusals, bool head, bool counted)
    {
        var status = refusals[0].Status;
        List<string> headers = ["RequestId"];
        if (status is 429 or 503 || refusals.Exists(r => r.SaysWhen))
        {
            headers.Add("RetryAfter");
        }

        if (status == 429 || (counted && status is not (401 or 406)))
        {
            headers.AddRange(ApiStandards.LimitHeaders);
        }

        if (status == 401)
        {
            headers.Add("WwwAuthenticate");
        }

        var response = new JsonObject
        {
            ["description"] = string.Join('\n', refusals.Select(r => $"`{r.Slug}`: {r.When}")),
            ["headers"] = Headers([.. headers]),
        };
        if (!head)
        {
            response["content"] = new JsonObject
            {
                ["application/problem+json"] = new JsonObject
                {
                    ["schema"] = ApiSchemas.Ref("Problem"),
                    ["examples"] = new JsonObject(
                        refusals.Select(r => KeyValuePair.Create(r.Slug, (JsonNode?)new JsonObject { ["value"] = Example(r) }))),
                },
            };
        }

        return Share(Name(refusals, head), response);
    }

    private JsonObject Share(string name, JsonObject response)
    {
        // Same name, other words: an operation with refusals of its own. It keeps them to itself.
        if (shared.TryAdd(name, response) || JsonNode.DeepEquals(shared[name], response))
        {
            return new() { ["$ref"] = $"#/components/responses/{name}" };
        }

        return response;
    }

    private static string Name(IEnumerable<ApiRefusal> refusals, bool head) =>
        string.Concat(
            refusals.Select(r => r.Slug).SelectMany(s => s.Split('-')).Select(w => char.ToUpperInvariant(w[0]) + w[1..])) + (head
                ? "Head"
                : "");

    private static JsonObject Example(ApiRefusal refusal)
    {
        var problem = new JsonObject
        {
            ["type"] = $"/problems/{refusal.Slug}",
            ["title"] = refusal.Title,
            ["status"] = refusal.Status,
            ["detail"] = refusal.When,
            ["requestId"] = "0af7651916cd43dd8448eb211c80319c",
        };
        if (refusal.Slug == "invalid-request")
        {
            problem["errors"] = new JsonArray(
                new JsonObject { ["pointer"] = "/name", ["rule"] = "required", ["message"] = "name is required." });
        }

        return problem;
    }

    private static JsonObject Headers(params string[] names) =>
        new(
            names.Select(
                n =>
                    KeyValuePair.Create(
                        ApiStandards.HeaderNames[n], (JsonNode?)new JsonObject { ["$ref"] = $"#/components/headers/{n}" })));

    private static string Meaning(int status, bool empty) => status switch
    {
        201 => "Made.",
        202 => "Taken on; not done yet.",
        204 => "Done; no body.",
        _ => empty ? "Done." : "The answer.",
    };

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
