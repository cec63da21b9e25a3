using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portal.Compliance;

namespace Portal.Tests.Unit.Compliance;

/// <summary>Exports outlive the programs that wrote them: those of format 2, without the playback audit, are read as those of 3
/// are.</summary>
public sealed class AuditFormatTests : IDisposable
{
    private const string Tenant = "11111111-1111-7111-8111-111111111111";
    private const string At = "2026-03-02T09:00:00.000001Z";
    private const string Zeros = "0000000000000000000000000000000000000000000000000000000000000000";

    private const string Row = $$$"""
        {"type":"row","id":"00000000-0000-7000-8000-000000000001","occurredAt":"{{{At}}}","actorKind":"system","action":"x",
        "entityType":"thing","entityId":"00000000-0000-7000-8000-000000000001","oldValue":null,"newValue":null,"hash":""}
        """;

    private const string Playback = $$$"""
        {"type":"playback","id":"00000000-0000-7000-8000-000000000002","assetVersionId":"00000000-0000-7000-8000-000000000003",
        "shareLinkId":null,"viewerId":null,"userId":"00000000-0000-7000-8000-000000000004","ipHash":"00ff","agentFamily":"Chrome",
        "requestId":"r","mintedAt":"{{{At}}}","tokenExpiresAt":"{{{At}}}","hash":""}
        """;

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => key.Dispose();

    [Theory]
    [InlineData(2, false, null)]
    [InlineData(3, false, null)]
    [InlineData(3, true, null)]
    [InlineData(2, true, "unreadable")]
    [InlineData(1, false, "unreadable")]
    [InlineData(4, true, "unreadable")]
    public async Task An_export_is_read_by_the_format_that_it_says(int format, bool playback, string? fault)
    {
        var verdict = await VerdictAsync(Export(format, playback));
        Assert.Equal(fault, verdict.Fault?.Kind);
        if (fault is null)
        {
            Assert.Equal((playback ? 2L : 1L, playback ? 1L : 0L), (verdict.Rows, verdict.Playbacks));
        }
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    public async Task No_export_passes_for_one_of_another_format(int format, int said)
    {
        var lines = Export(format, playback: false);
        lines[0] = lines[0].Replace($"\"format\":{format}", $"\"format\":{said}", StringComparison.Ordinal);
        Assert.Equal("signature", (await VerdictAsync(lines)).Fault?.Kind);
    }

    /// <summary>Written by hand, as docs/playbook/compliance/playback-evidence.md says: who checks without this program does the
    /// same.</summary>
    [Fact]
    public void The_hash_of_a_playback_row_begins_with_its_kind_and_is_over_all_its_values() => Assert.Equal(
        SHA256.HashData(Encoding.UTF8.GetBytes(
            $"[\"playback\", \"00000000-0000-7000-8000-000000000002\", \"{Tenant}\", \"00000000-0000-7000-8000-000000000003\", null, "
                + $"null, \"00000000-0000-7000-8000-000000000004\", \"00ff\", \"Chrome\", \"r\", \"{At}\", \"{At}\"]")),
        AuditRowText.PlaybackHash(JsonElement.Parse(Playback), Guid.Parse(Tenant)));

    [Fact]
    public void What_is_signed_of_an_export_has_a_hyphen_for_each_time_seal_and_hash_that_there_is_not()
    {
        var at = DateTimeOffset.Parse(At, CultureInfo.InvariantCulture);
        var extent = new AuditExtent(
            3, Guid.Parse(Tenant), new(null, at, at, null, null), null, null, null, null, Rows: 0, Seals: 0, Unsealed: 2, new byte[32]);

        Assert.Equal(
            $"portal audit export 3\n{Tenant}\n-\n{At}\n{At}\n-\n-\n-\n-\n-\n-\n0\n0\n2\n{Zeros}",
            Encoding.ASCII.GetString(extent.Message()));
    }

    private static Task<AuditVerdict> VerdictAsync(IEnumerable<string> lines) => new AuditVerifier(null).RunAsync(
        lines.Select(line => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(line)).ToAsyncEnumerable());

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private string Sign(params string[] lines) => Convert.ToBase64String(key.SignData(
        Encoding.ASCII.GetBytes(string.Join('\n', lines)), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

    private List<string> Export(int format, bool playback)
    {
        string[] rows = playback ? [Row, Playback] : [Row];
        byte[] hashes =
        [
            .. AuditRowText.Hash(JsonElement.Parse(Row), Guid.Parse(Tenant)),
            .. playback ? AuditRowText.PlaybackHash(JsonElement.Parse(Playback), Guid.Parse(Tenant)) : [],
        ];
        var seal = Hex(SHA256.HashData([.. new byte[32], .. hashes]));
        var ids = string.Join(",", rows.Index().Select(row => $"\"00000000-0000-7000-8000-00000000000{row.Index + 1}\""));
        var of = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        var sealedBy = Sign("portal audit seal 1", Tenant, "1", $"{rows.Length}", At, seal);
        var endedBy = Sign(
            $"portal audit export {format}", Tenant, "-", "-", At, "1", "1", "1", Zeros, "1", seal, $"{rows.Length}", "1", "0", Zeros);
        return
        [
            $$"""
            {"type":"audit","format":{{format}},"tenantId":"{{Tenant}}","from":null,"to":null,"exportedAt":"{{At}}","firstSeal":1,
            "lastSeal":1,"publicKeys":{"a1":"{{of}}"} }
            """,
            $$"""
            {"type":"seal","number":1,"previousSeal":"{{Zeros}}","seal":"{{seal}}","sealedAt":"{{At}}","keyId":"a1",
            "signature":"{{sealedBy}}","rowIds":[{{ids}}],"rowHashes":"{{Hex(hashes)}}"}
            """,
            .. rows,
            """{"type":"unsealed"}""",
            $$"""{"type":"end","rows":{{rows.Length}},"seals":1,"unsealed":0,"keyId":"a1","signature":"{{endedBy}}"}""",
        ];
    }
}
