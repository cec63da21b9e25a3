using System.Security.Cryptography;
using System.Text.Json;
using Portal.Compliance;

namespace Portal.Tests.EndToEnd;

/// <summary><c>audit verify</c>: an auditor with a file, a public key and no database.</summary>
public sealed class AuditVerbTests : IDisposable
{
    private static readonly Guid Tenant = Guid.Parse("11111111-1111-7111-8111-111111111111");
    private readonly TemporaryFolder folder = new();
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        folder.Dispose();
        key.Dispose();
    }

    [Fact]
    public async Task An_export_as_it_was_sealed_passes_with_the_public_key()
    {
        var (code, output, _) = await LauncherProcess.RunAsync(
            "audit", "verify", folder.File("audit.ndjson", Export()), "--key",
            $"a1={folder.File("a1.pem", key.ExportSubjectPublicKeyInfoPem())}");
        Assert.Equal(0, code);
        Assert.Contains($"As sealed: 3 rows under 1 seals of tenant {Tenant}", output, StringComparison.Ordinal);
        Assert.Contains("It is the whole log.", output, StringComparison.Ordinal);
        Assert.Contains("First seal: number 1, after none.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_altered_in_the_file_is_named_and_ends_with_1()
    {
        var (code, output, _) = await LauncherProcess.RunAsync(
            "audit", "verify", folder.File("audit.ndjson", Export().Replace("act-2", "act-9", StringComparison.Ordinal)));
        Assert.Equal(1, code);
        Assert.StartsWith($"NOT AS SEALED (altered): Row {Row(2)} ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sealed_with_another_key_does_not_pass()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (code, output, _) = await LauncherProcess.RunAsync(
            "audit", "verify", folder.File("audit.ndjson", Export()), "--key",
            $"a1={folder.File("a1.pem", other.ExportSubjectPublicKeyInfoPem())}");
        Assert.Equal(1, code);
        Assert.StartsWith("NOT AS SEALED (signature)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_a_key_that_is_none_is_told()
    {
        Assert.Equal(1, (await LauncherProcess.RunAsync("audit", "verify", "/no/such/export")).Code);
        Assert.Equal(
            2, (
                await LauncherProcess.RunAsync(
                    "audit", "verify", folder.File("a", Export()), "--key", $"a1={folder.File("b", "no key")}")).Code);
        Assert.Equal(2, (await LauncherProcess.RunAsync("audit", "check")).Code);
    }

    private static Guid Row(int number) => Guid.Parse($"00000000-0000-7000-8000-00000000000{number}");

    private byte[] Sign(byte[] message) => key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    private string Export()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        string[] rows = [.. Enumerable.Range(1, 3).Select(n => JsonSerializer.Serialize(new
        {
            type = "row",
            id = Row(n),
            occurredAt = AuditSeal.Time(at),
            actorKind = "system",
            action = $"act-{n}",
            entityType = "thing",
            entityId = Row(n),
            oldValue = (object?)null,
            newValue = new { status = "done" },
            hash = "",
        }))];
        byte[] hashes = [.. rows.SelectMany(row => AuditRowText.Hash(JsonDocument.Parse(row).RootElement, Tenant))];
        var seal = AuditSeal.Next(AuditSeal.Beginning, hashes);
        var signature = Sign(AuditSeal.Message(Tenant, 1, 3, at, seal));
        object[] head =
        [
            new
            {
                type = "audit", format = AuditExport.Format, tenantId = Tenant, from = (string?)null, to = (string?)null,
                exportedAt = AuditSeal.Time(at), firstSeal = 1, lastSeal = 1, publicKeys = new
                {
                    a1 = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()),
                },
            },
            new
            {
                type = "seal",
                number = 1,
                previousSeal = Convert.ToHexStringLower(AuditSeal.Beginning),
                seal = Convert.ToHexStringLower(seal),
                sealedAt = AuditSeal.Time(at),
                keyId = "a1",
                signature = Convert.ToBase64String(signature),
                rowIds = Enumerable.Range(1, 3).Select(Row),
                rowHashes = Convert.ToHexStringLower(hashes),
            },
        ];
        var extent = new AuditExtent(
            AuditExport.Format, Tenant, new(null, null, at, 1, 1), 1, AuditSeal.Beginning, 1, seal, 3, 1, 0, AuditSeal.Beginning);
        object[] tail =
        [
            new { type = "unsealed" },
            new
            {
                type = "end", rows = 3, seals = 1, unsealed = 0, keyId = "a1",
                signature = Convert.ToBase64String(Sign(extent.Message())),
            },
        ];
        return string.Join(
            '\n', [
                .. head.Select(line => JsonSerializer.Serialize(line)), .. rows, .. tail.Select(line => JsonSerializer.Serialize(line))
            ]);
    }
}
