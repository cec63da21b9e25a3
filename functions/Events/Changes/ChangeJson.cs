using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Events.Changes;

/// <summary>What it happened to.</summary>
public sealed record ChangeSubjectJson(
    [OneOf(
        "tenant", "invite", "user", "erasure_request", "export", "hold", "project", "milestone", "task", "upload_job", "asset",
        "asset_version", "share_link", "comment", "delivery", "residency_report", "vendor_review", "vendor_review_reminder")]
    string Type,
    Guid Id);

/// <param name="Id">The event's: the same in an outbound webhook.</param>
/// <param name="ActorId">Whose act it was; null: no person of the portal.</param>
/// <param name="Details">Fields of this type of event: ids, states and times.</param>
public sealed record ChangeDataJson(Guid Id, ChangeSubjectJson Subject, Guid? ProjectId, Guid? ActorId, JsonObject Details);

/// <summary>Something that happened, in the shape that outbound webhooks have.</summary>
public sealed record ChangeJson(
    [OneOf(typeof(ChangeTypes))] string Type, [property: JsonConverter(typeof(EventTimeConverter))] DateTimeOffset Timestamp,
    ChangeDataJson Data)
{
    /// <summary>For a member, who reads what it is about.</summary>
    public static ChangeJson From(PortalEvent e, UserId reader, string role)
    {
        if (e.Is(EventType.NotificationsAdded))
        {
            // It names everybody who was told of the same.
            return Of(e, new("user", reader.Value), null, null, []);
        }

        var details = WebhookPayload.Details(e);
        if (role == Role.Client)
        {
            // The API tells a Client nothing of a guest's browser.
            details.Remove("viewerId");
        }

        return Of(e, new(e.AggregateType, e.AggregateId), e.ProjectId, e.ActorId, details);
    }

    /// <summary>For a guest: which comment, or what became of the link; no project and no person.</summary>
    public static ChangeJson ForGuest(PortalEvent e)
    {
        var all = WebhookPayload.Details(e);
        var details = new JsonObject();
        foreach (var name in e.Is(EventType.CommentAdded) ? new[] { "commentId", "threadId" } : ["status", "expiresAt"])
        {
            if (all[name] is { } value)
            {
                details[name] = value.DeepClone();
            }
        }

        return Of(e, new(e.AggregateType, e.AggregateId), null, null, details);
    }

    private static ChangeJson Of(PortalEvent e, ChangeSubjectJson subject, Guid? project, Guid? actor, JsonObject details) =>
        new(e.Type, e.OccurredAt, new(e.EventId, subject, project, actor, details));
}

/// <param name="Items">In the order in which they happened to each thing; none: nothing came in that time.</param>
/// <param name="NextCursor">What to send as <c>after</c> next.</param>
/// <param name="More">There may be more at once: ask again without waiting.</param>
public sealed record ChangesJson(IReadOnlyList<ChangeJson> Items, string NextCursor, bool More);

/// <summary>As outbound webhooks write a time.</summary>
public sealed class EventTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(WebhookPayload.Time(value));
}
