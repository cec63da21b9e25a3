using System.Text.Json;

namespace Portal.Vendors.Mux;

/// <summary>Reads Mux's error body <c>{"error":{"type","messages"}}</c> into one sentence.</summary>
public static class MuxErrors
{
    private const int MaxLength = 500;

    public static string Explain(string? body, int status)
    {
        try
        {
            using var json = JsonDocument.Parse(body ?? "");
            var error = json.RootElement.GetProperty("error");
            var messages = error.TryGetProperty("messages", out var list) && list.ValueKind == JsonValueKind.Array
                ? string.Join(" ", list.EnumerateArray().Select(m => m.ToString()))
                : "";
            var type = error.TryGetProperty("type", out var t) ? t.ToString() : "error";
            var text = messages.Length > 0 ? $"{type}: {messages}" : type;
            return text.Length > MaxLength ? text[..MaxLength] : text;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // A proxy's page, say. Its text is not for people; the status is all there is to tell.
            return $"Mux answered {status}.";
        }
    }
}
