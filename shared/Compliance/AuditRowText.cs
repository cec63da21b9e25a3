using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portal.Compliance;

/// <summary>
/// The text that a row's hash is over, made again without a database: exactly what <c>portal.hash_audit_row</c> and
/// <c>portal.hash_playback_row</c> make, which is how Postgres writes a jsonb array. Numbers stay as they are written, and so does the
/// order of keys: both come from Postgres in the export.
/// </summary>
public static class AuditRowText
{
    private static readonly string[] Fields =
        [
            "id", "tenantId", "actorKind", "actorId", "impersonatorId", "action", "entityType", "entityId", "oldValue", "newValue",
            "requestId", "occurredAt"
        ];

    private static readonly string[] PlaybackFields =
        [
            "playback", "id", "tenantId", "assetVersionId", "shareLinkId", "viewerId", "userId", "ipHash", "agentFamily", "requestId",
            "mintedAt", "tokenExpiresAt"
        ];

    /// <param name="row">The line of an export.</param>
    /// <param name="tenant">Whose export it is.</param>
    public static byte[] Hash(JsonElement row, Guid tenant) => Hash(Of(row, tenant, Fields));

    /// <summary>Of a row of the playback audit.</summary>
    /// <inheritdoc cref="Hash(JsonElement, Guid)"/>
    public static byte[] PlaybackHash(JsonElement row, Guid tenant) => Hash(Of(row, tenant, PlaybackFields));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static string Of(JsonElement row, Guid tenant, string[] fields)
    {
        var text = new StringBuilder("[");
        foreach (var field in fields)
        {
            if (text.Length > 1)
            {
                text.Append(", ");
            }

            // What kind of row it is: no field of it, but a word of the text.
            if (field == "playback")
            {
                Quote(text, field);
            }
            else if (field == "tenantId")
            {
                Quote(text, tenant.ToString());
            }
            else if (row.TryGetProperty(field, out var value))
            {
                Write(text, value);
            }
            else
            {
                text.Append("null");
            }
        }

        return text.Append(']').ToString();
    }

    private static void Write(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{').AppendSeparated(value.EnumerateObject(), property =>
                {
                    Quote(text, property.Name);
                    text.Append(": ");
                    Write(text, property.Value);
                }).Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[').AppendSeparated(value.EnumerateArray(), entry => Write(text, entry)).Append(']');
                break;
            case JsonValueKind.String:
                Quote(text, value.GetString()!);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static StringBuilder AppendSeparated<T>(this StringBuilder text, IEnumerable<T> items, Action<T> write)
    {
        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                text.Append(", ");
            }

            first = false;
            write(item);
        }

        return text;
    }

    /// <summary>As Postgres does (escape_json): quotes, backslashes and control characters, nothing else.</summary>
    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
