using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Foundation.Outbox;

namespace Portal.Events.OutboundWebhooks;

/// <summary>
/// An event as an endpoint gets it: <c>{type, timestamp, data}</c>, as Standard Webhooks has it. It is made of the event alone, which
/// never changes, so that every attempt sends the same bytes. Ids, states and times; keyed hashes that stand for people's addresses stay
/// here. Live changes have the same shape (<c>ChangeJson</c>), which a test compares.
/// </summary>
public static class WebhookPayload
{
    private const string HashSuffix = "Hash";

    /// <summary>Fields that name guests, by hashes of their addresses.</summary>
    private static readonly string[] OfGuests = ["guests", "recipient"];

    public static string Of(PortalEvent e) => new JsonObject
    {
        ["type"] = e.Type,
        ["timestamp"] = Time(e.OccurredAt),
        ["data"] = new JsonObject
        {
            ["id"] = e.EventId,
            ["subject"] = new JsonObject { ["type"] = e.AggregateType, ["id"] = e.AggregateId },
            ["projectId"] = e.ProjectId,
            ["actorId"] = e.ActorId,
            ["details"] = Details(e),
        },
    }.ToJsonString();

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>The event's own fields, without those that stand for people's addresses.</summary>
    public static JsonObject Details(PortalEvent e)
    {
        var details = new JsonObject();
        foreach (var field in e.Json.EnumerateObject())
        {
            if (!field.Name.EndsWith(HashSuffix, StringComparison.Ordinal) && !OfGuests.Contains(field.Name))
            {
                details[field.Name] = JsonSerializer.SerializeToNode(field.Value);
            }
        }

        return details;
    }
}
