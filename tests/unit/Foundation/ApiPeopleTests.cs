using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Functions.Foundation.Contract;

namespace Portal.Tests.Unit.Foundation;

/// <summary>Where an answer has the id of a member, their name stands beside it.</summary>
public sealed partial class ApiPeopleTests
{
    [Fact]
    public void A_member_is_named_beside_their_id()
    {
        var schemas = ApiDocument.Current.Json["components"]!["schemas"]!.AsObject();
        var ids =
            (from record in schemas
             where !record.Key.EndsWith("Input", StringComparison.Ordinal)
                 // The payload of a webhook, which holds ids and no names.
                 && record.Key != "ChangeData"
             from field in record.Value!["properties"] as JsonObject ?? []
             where OfMember().IsMatch(field.Key) && field.Value!.ToJsonString().Contains("\"uuid\"", StringComparison.Ordinal)
             select (Record: record.Key, Field: field.Key, Fields: record.Value["properties"]!.AsObject())).ToList();

        Assert.True(ids.Count >= 15, $"The walk finds {ids.Count} ids.");
        Assert.Empty(ids.Where(id => !NamesOf(id.Field).Any(id.Fields.ContainsKey)).Select(id => $"{id.Record}.{id.Field}"));
    }

    private static string[] NamesOf(string field) => field switch
    {
        "userId" => ["userName", "name"],
        "mentions" => ["mentionNames"],
        _ when field.EndsWith("Ids", StringComparison.Ordinal) => [$"{field[..^3]}Names"],
        _ when field.EndsWith("Id", StringComparison.Ordinal) => [$"{field[..^2]}Name"],
        _ => [$"{field}Name"],
    };

    [GeneratedRegex("^([a-z]+By|userId|memberIds?|authorId|actorId|assigneeIds?|watcherIds?|mentions)$")]
    private static partial Regex OfMember();
}
