using System.Text.Json.Nodes;
using Portal.Functions.Foundation.Contract;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Foundation;

/// <summary>What every paged list of the OpenAPI document offers, and the few that do not, each with the reason.</summary>
public sealed class ApiListTests
{
    /// <summary>Read from one end only.</summary>
    private static readonly Dictionary<string, string> OneWay = new()
    {
        ["ListOrchestrations"] = "Durable gives instances in an order of its own, and takes no other",
        ["ListChanges"] = "what happens is told as it happens",
        ["ListSharedChanges"] = "as above",
    };

    /// <summary>Not counted; docs/api.md says so too.</summary>
    private static readonly Dictionary<string, string> Uncounted = new()
    {
        ["ListAudit"] = "the log of a tenant grows with everything that is done in it, and is kept for a year",
        ["ListPlaybackAudit"] = "a row for every token that was minted, kept for a year",
        ["ListDeliveries"] = "a row for every mail and page of all tenants",
        ["ListWebhookDeliveries"] = "a row for every event that an endpoint got, kept for ninety days",
        ["ListWebhooks"] = "a row for every event of every vendor",
        ["ListOrchestrations"] = "Durable gives pages and no count",
        ["ListChanges"] = "it has no end",
        ["ListSharedChanges"] = "as above",
    };

    [Fact]
    public void Every_list_goes_either_way()
    {
        var lists = Lists();
        Assert.True(lists.Count >= 20, $"The walk finds {lists.Count} lists.");
        Assert.Equal(OneWay.Keys.Order(), lists.Where(list => list.Order is null).Select(list => list.Name).Order());
        Assert.All(
            lists.Where(list => list.Order is not null),
            list => Assert.Equal("#/components/schemas/SortOrder", list.Order!["schema"]!["$ref"]!.ToString()));
    }

    [Fact]
    public void Every_list_can_be_counted_unless_its_rows_are_without_bounds() => Assert.Equal(
        Uncounted.Keys.Order(), Lists().Where(list => list.Total is null).Select(list => list.Name).Order());

    [Fact]
    public void The_tour_names_the_lists_that_cannot_be_counted()
    {
        var page = Sources.Read("docs/api.md");
        Assert.All(Lists().Where(list => list.Total is null), list => Assert.Contains($"`{list.Path}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_direction_of_a_list_without_sort_stands_in_its_summary() => Assert.All(
        Lists().Where(list => list.Order is not null && !list.Sorts),
        list => Assert.Matches("newest first|oldest first|earliest due date first|in the order they were added", list.Summary));

    private static List<PagedList> Lists()
    {
        var document = ApiDocument.Current.Json;
        var schemas = document["components"]!["schemas"]!;
        return
        [
            .. from path in document["paths"]!.AsObject()
               let read = path.Value!["get"]
               let answer = read?["responses"]!["200"]?["content"]?["application/json"]?["schema"]?["$ref"]?.ToString()
               where answer is not null && schemas[answer.Split('/')[^1]]!["properties"]!["nextCursor"] is not null
               let query = read!["parameters"]!.AsArray()
               select new PagedList(
                   read["operationId"]!.ToString(), path.Key, read["summary"]!.ToString(), Named(query, "order"), Named(query, "total"),
                   Named(query, "sort") is not null),
        ];
    }

    private static JsonNode? Named(JsonArray query, string name) => query.FirstOrDefault(p => p!["name"]?.ToString() == name);

    private sealed record PagedList(string Name, string Path, string Summary, JsonNode? Order, JsonNode? Total, bool Sorts);
}
