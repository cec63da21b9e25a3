using System.Text.Json;

namespace Portal.Vendors.Mux;

/// <summary>A Mux event: its id (the dedupe key), its type, and the whole of it. The owner disposes <paramref name="Json"/>.</summary>
public sealed record MuxEnvelope(string Id, string Type, JsonDocument Json)
{
    /// <summary>Null when the body is no event: no JSON object, or without id, type or data.</summary>
    public static MuxEnvelope? Read(string body)
    {
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException)
        {
            return null;
        }

        if (json.RootElement.ValueKind == JsonValueKind.Object
            && json.RootElement.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= 200 } eventId
            && json.RootElement.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is { Length: > 0 and <= 200 } name
            && json.RootElement.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object)
        {
            return new(eventId, name, json);
        }

        json.Dispose();
        return null;
    }
}
