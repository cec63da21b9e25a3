using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portal.Tests.Staging.Checks;

/// <summary>A row's hash from its line in an export: SHA-256 over its values as Postgres writes a jsonb array of them.</summary>
internal static class ExportedRowHash
{
    private static readonly string[] Fields =
    [
        "id", "tenantId", "actorKind", "actorId", "impersonatorId", "action", "entityType", "entityId", "oldValue", "newValue",
        "requestId", "occurredAt",
    ];

    private static readonly string[] PlaybackFields =
    [
        "id", "tenantId", "assetVersionId", "shareLinkId", "viewerId", "userId", "ipHash", "agentFamily", "requestId", "mintedAt",
        "tokenExpiresAt",
    ];

    public static byte[] Of(JsonElement row, string tenant, bool isPlayback)
    {
        var values = (isPlayback ? PlaybackFields : Fields).Select(
            field => field == "tenantId" ? Quoted(tenant) : row.TryGetProperty(field, out var value) ? Text(value) : "null");
        var text = string.Join(", ", isPlayback ? values.Prepend(Quoted("playback")) : values);
        return SHA256.HashData(Encoding.UTF8.GetBytes($"[{text}]"));
    }

    /// <summary>Numbers and the order of keys are those of Postgres already.</summary>
    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(
            ", ", value.EnumerateObject().Select(each => $"{Quoted(each.Name)}: {Text(each.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(", ", value.EnumerateArray().Select(Text)) + "]",
        JsonValueKind.String => Quoted(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
