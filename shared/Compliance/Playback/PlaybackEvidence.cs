using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portal.Compliance.Playback;

/// <summary>A share link as evidence names it.</summary>
/// <param name="AssetVersionId">The one version that it plays; null: the newest that is ready.</param>
/// <param name="AddressedTo">Addresses; whoever was erased or forgotten is not among them.</param>
public sealed record EvidenceLink(
    Guid Id, Guid ProjectId, string Label, string Status, DateTimeOffset CreatedAt, Guid CreatedById, string? CreatedByName,
    DateTimeOffset ExpiresAt, Guid? AssetVersionId, bool AllowDownload, bool RequireSignIn, bool HasPassphrase, int? MaxOpens, int Opens,
    IReadOnlyList<string> AddressedTo);

public sealed record EvidenceAsset(Guid Id, string Title);

/// <param name="Tokens">How many of the tokens listed are for it.</param>
public sealed record EvidenceVersion(Guid Id, int Number, string FileName, int Tokens);

/// <summary>A playback id that a hard revoke had Mux delete.</summary>
/// <param name="Outcome">done; refused: Mux never will; null: not yet.</param>
/// <param name="LatencySeconds">From asking for the hard revoke to Mux's word.</param>
public sealed record EvidenceRemoval(
    Guid AssetVersionId, DateTimeOffset AskedAt, DateTimeOffset? ConfirmedAt, string? Outcome, double? LatencySeconds);

/// <param name="AtMux">One of <see cref="RevokedAtMux"/>.</param>
/// <param name="EffectiveAt">When Mux had confirmed the last of them.</param>
public sealed record EvidenceRevocation(
    DateTimeOffset RevokedAt, Guid? RevokedById, string? RevokedByName, DateTimeOffset? HardRevokedAt, string AtMux,
    DateTimeOffset? EffectiveAt, double? LatencySeconds, IReadOnlyList<EvidenceRemoval> Removals);

/// <summary>How far a hard revoke has come.</summary>
public static class RevokedAtMux
{
    /// <summary>Revoked only: tokens that were minted before end with their expiry.</summary>
    public const string NotAsked = "not_asked";

    /// <summary>No token could still play.</summary>
    public const string NothingToEnd = "nothing_to_end";
    public const string Waiting = "waiting";
    public const string Refused = "refused";
    public const string Effective = "effective";
}

/// <summary>A browser with the link's cookie.</summary>
/// <param name="UserId">Who it was, when they were signed in.</param>
/// <param name="Minted">Tokens it was ever given, as counted with each; <paramref name="Tokens"/>: those listed.</param>
public sealed record EvidenceViewer(
    Guid Id, Guid? UserId, string? UserName, string? GuestName, string AgentFamily, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt,
    int Minted, int Tokens);

/// <summary>A token that was minted: the row of the playback audit with all that its hash is over.</summary>
/// <param name="Hash">What was sealed; of a row that no seal holds, its own.</param>
/// <param name="Seal">The number of the seal that holds it.</param>
/// <param name="State">One of <see cref="TokenState"/>.</param>
public sealed record EvidenceToken(
    Guid Id, Guid AssetVersionId, Guid? ShareLinkId, Guid? ViewerId, string IpHash, string AgentFamily, string? RequestId,
    DateTimeOffset MintedAt, DateTimeOffset TokenExpiresAt, string? Hash, long? Seal, string State);

/// <summary>What the seals say of a row.</summary>
public static class TokenState
{
    public const string Sealed = "sealed";
    public const string NotYetSealed = "not_yet_sealed";

    /// <summary>It was archived before there were seals over these rows.</summary>
    public const string NeverSealed = "never_sealed";
    public const string Altered = "altered";
}

/// <summary>Who was given playback through a share link, and how it ended; format 1.</summary>
/// <param name="From">Tokens minted from then on; null: all.</param>
/// <param name="LastTokenExpiresAt">Of all tokens of the link, those that are not listed too: after it none plays, whatever Mux
/// did.</param>
/// <param name="TokensLeftOut">Tokens of that time that are not listed, for there were too many: those after the last that is.</param>
public sealed record PlaybackEvidence(
    string Type, int Format, Guid TenantId, DateTimeOffset MadeAt, Guid MadeById, DateTimeOffset? From, DateTimeOffset? To,
    EvidenceLink Link, EvidenceAsset Asset, IReadOnlyList<EvidenceVersion> Versions, EvidenceRevocation? Revocation,
    DateTimeOffset? LastTokenExpiresAt, int TokensListed, long TokensLeftOut, IReadOnlyList<EvidenceViewer> Viewers,
    IReadOnlyList<EvidenceToken> Tokens)
{
    public const string TypeName = "playback_evidence";
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new MicrosecondConverter() },
    };

    /// <summary>The bytes that are signed: for the same content always the same.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <exception cref="JsonException">It is not one, or of another format.</exception>
    public static PlaybackEvidence Read(byte[] bytes) =>
        JsonSerializer.Deserialize<PlaybackEvidence>(bytes, Json) is { Type: TypeName, Format: CurrentFormat } evidence
            ? evidence
            : throw new JsonException("It is not evidence of a format that this program knows.");

    /// <summary>The hash of a token's row, from the values that are shown of it.</summary>
    public static string HashOf(EvidenceToken token, Guid tenant) =>
        Convert.ToHexStringLower(AuditRowText.PlaybackHash(JsonSerializer.SerializeToElement(token, Json), tenant));

    /// <summary>As the hash of a row has it.</summary>
    private sealed class MicrosecondConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(AuditSeal.Time(value));
    }
}
