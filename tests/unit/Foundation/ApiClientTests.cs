using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Functions.Foundation.Contract;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Foundation;

/// <summary>
/// What the types of a generated client depend on. That clients compile is tried with the generators themselves (<c>tests/client</c>);
/// here is what would still compile, and serve a frontend badly.
/// </summary>
public sealed partial class ApiClientTests
{
    private static readonly JsonObject Document = ApiDocument.Current.Json;
    private static readonly JsonObject Schemas = Document["components"]!["schemas"]!.AsObject();

    [Theory]
    [InlineData("Task", "status", "TaskStatus")]
    [InlineData("Upload", "status", "UploadStatus")]
    [InlineData("AssetVersion", "status", "VersionStatus")]
    [InlineData("ShareLink", "notify", "ShareLinkNotice")]
    [InlineData("Me", "role", "Role")]
    [InlineData("Problem", "type", "ProblemType")]
    public void A_vocabulary_is_a_type_of_its_own(string record, string field, string name) =>
        Assert.Equal(Ref(name), Schemas[record]!["properties"]![field]!["$ref"]!.ToString());

    [Fact]
    public void A_vocabulary_that_may_be_null_or_comes_in_a_list_keeps_its_name()
    {
        Assert.Equal(
            $$"""[{"$ref":"{{Ref("UploadSource")}}"},{"type":"null"}]""",
            Schemas["RequestUploadInput"]!["properties"]!["source"]!["anyOf"]!.ToJsonString());
        Assert.Equal(Ref("PortalAction"), Schemas["Me"]!["properties"]!["allowed"]!["items"]!["$ref"]!.ToString());
        Assert.Equal(Ref("TaskStatus"), Query("ListTasks", "status")["items"]!["$ref"]!.ToString());
    }

    [Fact]
    public void Words_that_several_places_share_have_one_name()
    {
        var places = new List<(string Words, string Place)>();
        foreach (var (record, schema) in Schemas.Where(each => each.Value!["enum"] is null))
        {
            Walk(schema, record);
        }

        // What a list can be sorted by is its own affair: two lists that have the same today need not tomorrow.
        foreach (var (operation, parameter) in QueryParameters().Where(each => each.Parameter["name"]!.ToString() != "sort"))
        {
            Walk(parameter["schema"], operation);
        }

        Assert.True(places.Count > 15, $"The walk finds {places.Count}.");
        Assert.Empty(places.GroupBy(each => each.Words).Where(group => group.Count() > 1).Select(
            group => $"{group.Key}: {string.Join(", ", group.Select(each => each.Place))}"));

        void Walk(JsonNode? node, string at)
        {
            if (node is JsonObject o)
            {
                if (o["enum"] is JsonArray words)
                {
                    places.Add((string.Join(' ', words.OfType<JsonNode>()), at));
                }

                foreach (var (name, value) in o)
                {
                    Walk(value, $"{at}/{name}");
                }
            }
            else if (node is JsonArray choices)
            {
                foreach (var choice in choices)
                {
                    Walk(choice, at);
                }
            }
        }
    }

    [Fact]
    public void A_parameter_is_left_out_and_never_null()
    {
        Assert.All(
            QueryParameters(),
            each => Assert.DoesNotContain("null", each.Parameter["schema"]!.ToJsonString(), StringComparison.Ordinal));
        // In a body null says something.
        Assert.Equal("""["string","null"]""", Schemas["RequestUploadInput"]!["properties"]!["title"]!["type"]!.ToJsonString());
    }

    [Fact]
    public void An_object_has_fields_or_says_that_it_may_have_any()
    {
        var empty = new List<string>();
        Walk(Document, "");
        Assert.Empty(empty);

        void Walk(JsonNode? node, string at)
        {
            if (node is JsonObject o)
            {
                if (o["type"] is { } type && type.ToJsonString().Contains("\"object\"", StringComparison.Ordinal)
                    && o["properties"] is null && o["additionalProperties"] is null)
                {
                    empty.Add(at);
                }

                foreach (var (name, value) in o.Where(each => each.Key is not ("example" or "examples")))
                {
                    Walk(value, $"{at}/{name}");
                }
            }
            else if (node is JsonArray entries)
            {
                foreach (var (value, index) in entries.Select((value, index) => (value, index)))
                {
                    Walk(value, $"{at}/{index}");
                }
            }
        }
    }

    [Fact]
    public void Every_problem_that_the_code_names_is_a_ProblemType()
    {
        var known = Schemas["ProblemType"]!["enum"]!.AsArray().Select(word => word!.ToString()["/problems/".Length..]).ToHashSet();
        var named = Sources.CSharp("functions").SelectMany(source => Named().Matches(source.Text))
            .Select(match => match.Groups["slug"].Value).Distinct().ToList();

        Assert.True(named.Count > 40, $"The search finds {named.Count}.");
        Assert.Empty(named.Except(known));
    }

    [Fact]
    public void A_page_holds_rows_and_no_nulls()
    {
        var pages = Schemas.Where(each => each.Value!["properties"]?["nextCursor"] is not null).ToList();
        Assert.True(pages.Count >= 20, $"The walk finds {pages.Count} pages.");
        Assert.All(pages, page => Assert.NotNull(page.Value!["properties"]!["items"]!["items"]!["$ref"]));
    }

    [Fact]
    public void What_an_audit_entry_changed_is_an_object_or_null() => Assert.All(
        new[] { "oldValue", "newValue" },
        field => Assert.Equal("""["object","null"]""", Schemas["AuditEntry"]!["properties"]![field]!["type"]!.ToJsonString()));

    private static string Ref(string name) => $"#/components/schemas/{name}";

    private static JsonNode Query(string operation, string name) =>
        QueryParameters().Single(each => each.Operation == operation && each.Parameter["name"]!.ToString() == name).Parameter["schema"]!;

    /// <summary>HEAD takes what GET takes.</summary>
    private static IEnumerable<(string Operation, JsonNode Parameter)> QueryParameters() =>
        from path in Document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        where operation.Key != "head"
        from parameter in operation.Value!["parameters"] as JsonArray ?? []
        where parameter["in"]?.ToString() == "query"
        select (operation.Value!["operationId"]!.ToString(), parameter);

    [GeneratedRegex(@"(?:new Problem\(\s*\d{3}, |Problem\.(?:Conflict|Forbidden)\(\s*|\[Refuses\(\d{3}, )""(?<slug>[a-z-]+)""")]
    private static partial Regex Named();
}
