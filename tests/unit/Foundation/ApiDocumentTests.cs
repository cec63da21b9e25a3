using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions;
using Portal.Functions.Foundation.Contract;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Unit.Foundation;

/// <summary>The OpenAPI document is whole: every function, every answer record, examples that keep their own schema.</summary>
public sealed class ApiDocumentTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 27, 9, 0, 0, TimeSpan.Zero);
    private static readonly JsonObject Document = ApiDocument.Current.Json;

    public static TheoryData<string> Operations => [.. ApiOperation.All.Select(o => o.Name)];

    [Fact]
    public void Every_function_is_in_it_under_its_own_name()
    {
        var ids = Document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).Where(o => o.Key != "head").Select(
            o => o.Value!["operationId"]!.ToString()).Order(StringComparer.Ordinal);
        Assert.Equal(ApiOperation.All.Select(o => o.Name).Order(StringComparer.Ordinal), ids);
        Assert.Contains("RequestUpload", ids);
    }

    [Fact]
    public void Every_HTTP_function_names_its_action()
    {
        var functions = typeof(PortalApp).Assembly.GetTypes().SelectMany(type => type.GetMethods()).Where(method =>
            method.GetCustomAttribute<FunctionAttribute>() is not null
            && method.GetParameters().Any(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>() is not null)).ToList();

        Assert.NotEmpty(functions);
        Assert.All(functions, method => FunctionAttributes.Of(method));
    }

    [Fact]
    public void Every_function_says_what_it_does() =>
        Assert.True(
            ApiOperation.Undescribed().Count == 0, $"Functions without [Operation(…)]: {string.Join(", ", ApiOperation.Undescribed())}");

    [Fact]
    public void Every_operation_has_a_tag_and_every_tag_an_operation()
    {
        Assert.Empty(ApiOperation.All.Where(o => ApiTags.Of(o.Path) is null).Select(o => o.Path));
        Assert.Empty(ApiTags.All.Select(t => t.Name).Except(ApiOperation.All.Select(o => ApiTags.Of(o.Path)!.Name)));
    }

    [Fact]
    public void Every_function_has_a_sample_and_no_sample_is_left_over()
    {
        Assert.All(ApiOperation.All, operation => ApiSamples.Of(operation));
        Assert.Empty(ApiSamples.Orphans());
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void A_function_with_a_body_of_its_own_says_what_it_answers(string name)
    {
        var operation = ApiOperation.All.Single(o => o.Name == name);
        Assert.NotEmpty(operation.About.Summary);
        Assert.True(operation.About.Returns is not null || operation.About.Status is 202 or 204
                || operation.About.RawBody is not null || operation.About.MediaType != "application/json",
            $"{name} answers {operation.About.Status} and names no record: set Returns in [Operation].");
    }

    [Fact]
    public void Fields_that_hold_words_of_a_closed_vocabulary_say_which()
    {
        string[] closed =
            ["status", "role", "kind", "severity", "priority", "source", "channel", "visibility", "notify", "group", "provider"];
        var open = Fields().Where(
            f => closed.Contains(f.Field) && !f.Schema.ContainsKey("enum")
                && f.Schema["type"]?.ToJsonString().Contains("string", StringComparison.Ordinal) == true);
        Assert.Empty(open.Select(f => $"{f.Record}.{f.Field}"));
        Assert.True(Fields().Count(f => HoldsWords(f.Schema)) >= 70);
    }

    [Fact]
    public void A_body_states_what_a_field_is_when_it_is_left_out_in_words() =>
        // Generators of clients take a field with a default for one that is always there.
        Assert.Empty(Fields().Where(f => f.Schema.ContainsKey("default")).Select(f => $"{f.Record}.{f.Field}"));

    [Fact]
    public void Every_example_keeps_its_schema()
    {
        var check = new SchemaCheck(Document["components"]!["schemas"]!.AsObject());
        var faults = new List<string>();
        var seen = 0;
        Walk(Document, "");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(seen > 20, "The walk finds no examples.");

        void Walk(JsonNode? node, string at)
        {
            if (node is JsonObject o)
            {
                if (o["schema"] is JsonObject schema)
                {
                    foreach (var example in Examples(o))
                    {
                        seen++;
                        faults.AddRange(check.Faults(schema, example).Select(f => $"{at}{f}"));
                    }
                }

                if (o["examples"] is JsonArray values && o.ContainsKey("type"))
                {
                    faults.AddRange(values.SelectMany(v => check.Faults(o, v)).Select(f => $"{at}{f}"));
                }

                foreach (var (name, value) in o)
                {
                    Walk(value, $"{at}/{name}");
                }
            }
            else if (node is JsonArray a)
            {
                foreach (var value in a)
                {
                    Walk(value, $"{at}/-");
                }
            }
        }
    }

    [Fact]
    public void Every_request_example_is_one_that_the_app_would_take()
    {
        var faults = new List<string>();
        foreach (var operation in ApiOperation.All.Where(o => o.About.Takes is not null))
        {
            var verb = operation.Verbs[0].ToLowerInvariant();
            var example = Document["paths"]![operation.Path]![verb]!["requestBody"]!
            ["content"]!["application/json"]!["example"]!.ToJsonString();
            var parse = typeof(Input).GetMethod(nameof(Input.Parse))!.MakeGenericMethod(operation.About.Takes!);
            var result = parse.Invoke(null, [new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(example)), Now])!;
            if (result.GetType().GetField("Item2")!.GetValue(result) is Problem problem)
            {
                faults.Add($"{operation.Name}: {example}: {problem.Document(null).ToJsonString()}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static IEnumerable<(string Record, string Field, JsonObject Schema)> Fields() =>
        from record in Document["components"]!["schemas"]!.AsObject()
        from field in record.Value!["properties"] as JsonObject ?? []
        select (record.Key, field.Key, field.Value!.AsObject());

    private static bool HoldsWords(JsonNode schema) =>
        schema["enum"] is not null
        || (schema["$ref"] is { } reference && HoldsWords(Document["components"]!["schemas"]![reference.ToString().Split('/')[^1]]!))
        || (schema["items"] is { } items && HoldsWords(items))
        || (schema["anyOf"] as JsonArray ?? []).Any(choice => HoldsWords(choice!));

    private static IEnumerable<JsonNode?> Examples(JsonObject holder) =>
        (
            holder.ContainsKey("example")
                ? [holder["example"]]
                : Enumerable.Empty<JsonNode?>()).Concat((holder["examples"] as JsonObject ?? []).Select(e => e.Value!["value"]));
}
