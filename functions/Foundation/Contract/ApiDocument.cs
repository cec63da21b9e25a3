using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Foundation.Contract;

/// <summary>
/// The OpenAPI 3.1 document of the app, made from its functions' attributes and records, once per process. Nothing in it is written by
/// hand that the code could say.
/// </summary>
public sealed class ApiDocument
{
    private static readonly Lazy<ApiDocument> Made = new(() => new ApiDocument(ApiOperation.All));
    private static readonly JsonSerializerOptions Readable = new(
        JsonSerializerDefaults.Web)
    { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ApiSchemas schemas = new();

    private ApiDocument(IReadOnlyList<ApiOperation> operations)
    {
        schemas.Add("Problem", ApiStandards.Problem(schemas.Answer(typeof(FieldError))));
        schemas.Add("ProblemType", ApiStandards.ProblemTypes(ApiRefusal.Slugs(operations)));

        // Schemas first: examples look into them.
        foreach (var about in operations.Select(o => o.About))
        {
            _ = about.Takes is { } takes ? schemas.Input(takes) : null;
            _ = about.Returns is { } returns ? schemas.Answer(returns) : null;
            foreach (var field in about.Query is { } query ? InputPlan.Of(query).Fields : [])
            {
                schemas.Parameter(field);
            }
        }

        var components = schemas.Components();
        var examples = new ApiExamples(components);
        var answers = new ApiAnswers(schemas, examples);
        Json = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = ApiStandards.Info(),
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "The app that serves this document." }),
            ["tags"] = new JsonArray(
                [
                    .. operations.Select(o => ApiTags.Of(o.Path)).OfType<ApiTag>().Distinct().OrderBy(
                        t => t.Name, StringComparer.Ordinal).Select(TagOf)
                ]),
            ["paths"] = new JsonObject(operations.GroupBy(o => o.Path).OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(path => KeyValuePair.Create(path.Key, (JsonNode?)PathItem(path, answers, examples)))),
            ["components"] = new JsonObject
            {
                ["schemas"] = components,
                ["responses"] = answers.Shared(),
                ["headers"] = ApiStandards.Headers(),
                ["parameters"] = ApiStandards.Parameters(operations),
                ["securitySchemes"] = ApiStandards.SecuritySchemes(operations),
            },
        };
        Bytes = JsonSerializer.SerializeToUtf8Bytes(Json, Readable);
        Tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(Bytes.Span))[..32]}\"";
    }

    public static ApiDocument Current => Made.Value;

    public JsonObject Json { get; }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The entity tag of <see cref="Bytes"/>.</summary>
    public string Tag { get; }

    private static JsonObject TagOf(ApiTag tag) => new() { ["name"] = tag.Name, ["description"] = tag.Description };

    private JsonObject PathItem(IEnumerable<ApiOperation> operations, ApiAnswers answers, ApiExamples examples) => new(
        from operation in operations
        from verb in operation.Verbs
        orderby verb == "HEAD", verb
        select KeyValuePair.Create(verb.ToLower(CultureInfo.InvariantCulture), (JsonNode?)Describe(operation, verb, answers, examples)));

    private JsonObject Describe(ApiOperation operation, string verb, ApiAnswers answers, ApiExamples examples)
    {
        var about = operation.About;
        var head = verb == "HEAD";
        var json = new JsonObject
        {
            ["operationId"] = head ? operation.Name + "Head" : operation.Name,
            ["summary"] = head ? $"{about.Summary}: headers only" : about.Summary,
            ["description"] = Details(operation),
            ["tags"] = new JsonArray(ApiTags.Of(operation.Path)?.Name),
            ["x-action"] = operation.Action.ToString(),
            ["security"] = Security(operation),
        };
        if (Parameters(operation, verb) is { Count: > 0 } parameters)
        {
            json["parameters"] = parameters;
        }

        if (!head && about.Takes is { } takes)
        {
            var schema = schemas.Input(takes);
            json["requestBody"] = Body(
                schema, examples.OfRequest(schema), required: InputPlan.Of(takes).Fields.Any(f => f.IsRequired), verb, about.IsBeacon);
        }
        else if (about.RawBody is { } raw)
        {
            var body = ApiSchemas.Any();
            body["description"] = raw;
            json["requestBody"] = Body(body, [], required: true, verb);
        }

        json["responses"] = answers.Of(operation, verb);
        return json;
    }

    private static string Details(ApiOperation operation)
    {
        var access = operation switch
        {
            { IsForGuests: true } => "Anonymous: the token in the path is all that is asked for.",
            { About.SignedBy: { } header } => $"For the vendor: signed in `{header}`.",
            { IsAnonymous: true } => "Anonymous.",
            { IsForOperators: true } => "For people on call for the platform.",
            { Roles: { Count: > 0 } roles } => $"For: {string.Join(", ", roles)}.",
            _ => "For a signed-in person whose organization has no portal yet.",
        };
        return operation.About.Details is { } details ? $"{details}\n\n{access}" : access;
    }

    private static JsonArray Security(ApiOperation operation)
    {
        if (operation.About.SignedBy is { } header)
        {
            return [new JsonObject { [header] = new JsonArray() }];
        }

        // A guest may come without the cookie; a renewal needs it.
        return operation.IsForGuests ? [new JsonObject(), new JsonObject { ["viewer"] = new JsonArray() }]
            : operation.IsAnonymous ? []
            : [new JsonObject { ["session"] = new JsonArray() }];
    }

    private JsonArray Parameters(ApiOperation operation, string verb)
    {
        var about = operation.About;
        var list = new JsonArray([.. operation.Parameters.Select(ApiStandards.PathParameter)]);
        foreach (var field in about.Query is { } query ? InputPlan.Of(query).Fields : [])
        {
            var schema = schemas.Parameter(field);
            var text = schema["description"]?.ToString();
            schema.Remove("description");
            var parameter = new JsonObject
            {
                ["name"] = field.JsonName,
                ["in"] = "query",
                ["required"] = field.IsRequired,
                ["schema"] = schema,
            };
            if (text is not null)
            {
                parameter["description"] = text;
            }

            if (field.IsList)
            {
                parameter["style"] = "form";
                parameter["explode"] = false;
            }

            list.Add((JsonNode)parameter);
        }

        string?[] headers = [
            about.NeedsMatch ? "IfMatch" : null, about.TakesKey ? "IdempotencyKey" : null, verb is "GET" or "HEAD"
                && operation.IsTagged ? "IfNoneMatch" : null
        ];
        foreach (var name in headers.OfType<string>())
        {
            list.Add((JsonNode)new JsonObject { ["$ref"] = $"#/components/parameters/{name}" });
        }

        return list;
    }

    private static JsonObject Body(JsonObject schema, JsonObject example, bool required, string verb, bool isBeacon = false)
    {
        var content = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema, ["example"] = example } };
        if (verb == "PATCH" || isBeacon)
        {
            content[isBeacon ? "text/plain" : "application/merge-patch+json"] = new JsonObject
            {
                ["schema"] = schema.DeepClone(),
                ["example"] = example.DeepClone(),
            };
        }

        return new() { ["required"] = required, ["content"] = content };
    }
}
