using System.Text.Json;
using Portal.Compliance.Playback;

namespace Portal.Compliance;

/// <summary>A row of the chain, of either kind, as an export writes it.</summary>
internal sealed record ChainRow(ChainPlace Place, DateTimeOffset OccurredAt, byte[] Hash, Action<Utf8JsonWriter> Write)
{
    public static ChainRow Of(AuditRow row) =>
        new(new(row.WrittenIn, row.Id), row.OccurredAt, row.RowHash, json => WriteRow(json, row));

    public static ChainRow Of(PlaybackRow row) =>
        new(new(row.WrittenIn, row.Id), row.MintedAt, row.RowHash, json => WriteRow(json, row));

    private static void WriteRow(Utf8JsonWriter json, AuditRow row)
    {
        json.WriteString("type", "row");
        json.WriteString("id", row.Id);
        json.WriteString("occurredAt", AuditSeal.Time(row.OccurredAt));
        json.WriteString("actorKind", row.ActorKind);
        json.WriteString("actorId", row.ActorId);
        json.WriteString("impersonatorId", row.ImpersonatorId);
        json.WriteString("action", row.Action);
        json.WriteString("entityType", row.EntityType);
        json.WriteString("entityId", row.EntityId);
        WriteJson(json, "oldValue", row.OldValue);
        WriteJson(json, "newValue", row.NewValue);
        json.WriteString("requestId", row.RequestId);
        json.WriteString("hash", Convert.ToHexStringLower(row.RowHash));
    }

    private static void WriteRow(Utf8JsonWriter json, PlaybackRow row)
    {
        json.WriteString("type", "playback");
        json.WriteString("id", row.Id);
        json.WriteString("assetVersionId", row.AssetVersionId);
        WriteId(json, "shareLinkId", row.ShareLinkId);
        WriteId(json, "viewerId", row.ViewerId);
        WriteId(json, "userId", row.UserId);
        json.WriteString("ipHash", row.IpHash);
        json.WriteString("agentFamily", row.AgentFamily);
        json.WriteString("requestId", row.RequestId);
        json.WriteString("mintedAt", AuditSeal.Time(row.MintedAt));
        json.WriteString("tokenExpiresAt", AuditSeal.Time(row.TokenExpiresAt));
        json.WriteString("hash", Convert.ToHexStringLower(row.RowHash));
    }

    private static void WriteId(Utf8JsonWriter json, string name, Guid? id) => json.WriteString(name, id?.ToString());

    /// <summary>Word for word: reading and writing it again would change numbers.</summary>
    private static void WriteJson(Utf8JsonWriter json, string name, string? text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text ?? "null", skipInputValidation: true);
    }
}
