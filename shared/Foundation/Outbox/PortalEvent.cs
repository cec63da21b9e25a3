using System.Text.Json;
using Portal.Foundation.Identity;

namespace Portal.Foundation.Outbox;

/// <summary>An event as routing and delivering see it: ids and states, no personal values.</summary>
/// <param name="Seq">Its place in the outbox: events of one aggregate come in this order.</param>
/// <param name="Payload">JSON.</param>
/// <param name="ActorId">Whose act it was, when it was one of the tenant's people.</param>
public sealed record PortalEvent(
    long Seq, Guid EventId, TenantId TenantId, string AggregateType, Guid AggregateId, string Type, string Payload, Guid? ActorId,
    DateTimeOffset OccurredAt)
{
    /// <summary>The payload, read.</summary>
    public JsonElement Json { get; } = JsonSerializer.Deserialize<JsonElement>(Payload);

    /// <summary>The project it is about, if any: its people and its mutes decide who is told.</summary>
    public Guid? ProjectId => AggregateType == "project" ? AggregateId : Id("projectId");

    public bool Is(EventType type) => Type == type.Name;

    /// <summary>What a reader would open: an upload is only how its asset came.</summary>
    public (string Type, Guid Id) Subject =>
        AggregateType == "upload_job" && Id("assetId") is { } asset ? ("asset", asset) : (AggregateType, AggregateId);

    public DateTimeOffset? Time(string name) =>
        Json.TryGetProperty(name, out var value) && value.TryGetDateTimeOffset(out var time) ? time : null;

    public Guid? Id(string name) => Json.TryGetProperty(name, out var value) && value.TryGetGuid(out var id) ? id : null;

    public string? Text(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Null: it names none, which is not the same as naming nobody.</summary>
    public IReadOnlyList<string>? Texts(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
            : null;

    public bool? Flag(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;

    public double? Number(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    public IReadOnlyList<Guid> Ids(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(v => v.GetGuid())]
            : [];

    /// <summary>An object of whole numbers by id.</summary>
    public IReadOnlyList<(Guid Key, int Value)> Numbers(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? [.. value.EnumerateObject().Select(p => (Guid.Parse(p.Name), p.Value.GetInt32()))]
            : [];
}
