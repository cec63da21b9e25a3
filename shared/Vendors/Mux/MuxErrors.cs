using System.Text.Json;

namespace Portal.Vendors.Mux;

/// <summary>What Mux says went wrong: whose fault it is, and the body <c>{"error":{"type","messages"}}</c> in one sentence.</summary>
public static class MuxErrors
{
    /// <summary>The file is no video, has no usable stream, or broke off. Bytes that cannot be decoded do not get better.</summary>
    private const string InvalidInput = "invalid_input";

    private const int MaxLength = 500;

    /// <summary>Anything else is Mux's (<c>download_failed</c>: the network's, or our address's), and worth another attempt.</summary>
    public static bool IsFileAtFault(string? type) => type is null or InvalidInput;

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
