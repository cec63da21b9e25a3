using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portal.Compliance;

/// <summary>
/// The text that a row's hash is over, made again without a database: exactly what <c>portal.hash_audit_row</c> makes, which is how
/// Postgres writes a jsonb array. Numbers stay as they are written, and so does the order of keys: both come from Postgres in the export.
/// </summary>
public static class AuditRowText
{
    private static readonly string[] Fields =
        [
            "id", "tenantId", "actorKind", "actorId", "impersonatorId", "action", "entityType", "entityId", "oldValue", "newValue",
            "requestId", "occurredAt"
        ];

    /// <param name="row">The line of an export.</param>
    /// <param name="tenant">Whose export it is.</param>
    public static byte[] Hash(JsonElement row, Guid tenant) => SHA256.HashData(Encoding.UTF8.GetBytes(Of(row, tenant)));

    public static string Of(JsonElement row, Guid tenant)
    {
        var text = new StringBuilder("[");
        foreach (var field in Fields)
        {
            if (text.Length > 1)
            {
                text.Append(", ");
            }

            if (field == "tenantId")
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
