using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Compliance;

namespace Portal.Tests.Unit.Compliance;

/// <summary>An export of an audit log of any number of seals with two rows each, made without a database, to be tampered with: what stands
/// in <see cref="Lines"/> is what is checked.</summary>
internal sealed class AuditExportSample : IDisposable
{
    public static readonly Guid Tenant = Guid.Parse("11111111-1111-7111-8111-111111111111");
    public static readonly DateTimeOffset At = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero).AddTicks(10);
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <param name="from">The number of the first seal that is exported: of a part when it is not 1.</param>
    public AuditExportSample(int seals = 2, int unsealed = 1, int from = 1)
    {
        Lines.Add(new JsonObject
        {
            ["type"] = "audit",
            ["format"] = AuditExport.Format,
            ["tenantId"] = Tenant.ToString(),
            ["from"] = from == 1 ? null : AuditSeal.Time(At),
            ["to"] = null,
            ["exportedAt"] = AuditSeal.Time(At),
            ["firstSeal"] = (long)from,
            ["lastSeal"] = (long)from + seals - 1,
            ["publicKeys"] = new JsonObject { ["a1"] = Convert.ToBase64String(PublicKey) },
        });
        var previous = from == 1 ? AuditSeal.Beginning : [.. Enumerable.Repeat((byte)9, 32)];
        for (var number = from; number < from + seals; number++)
        {
            var rows = new[] { Row(2 * number), Row((2 * number) + 1) };
            previous = AddSeal(number, previous, rows);
            Lines.AddRange(rows);
        }

        Lines.Add(new JsonObject { ["type"] = "unsealed" });
        Lines.AddRange(Enumerable.Range(1000, unsealed).Select(Row));
        Lines.Add(new JsonObject { ["type"] = "end" });
        SignEnd();
    }

    public List<JsonObject> Lines { get; } = [];

    public byte[] PublicKey => key.ExportSubjectPublicKeyInfo();

    public void Dispose() => key.Dispose();

    public Task<AuditVerdict> CheckAsync(IReadOnlyDictionary<string, byte[]>? trusted = null) => new AuditVerifier(trusted).RunAsync(
        Lines.Select(line => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(line.ToJsonString())).ToAsyncEnumerable());

    public static JsonObject Row(int number)
    {
        var row = new JsonObject
        {
            ["type"] = "row",
            ["id"] = IdOf(number).ToString(),
            ["occurredAt"] = AuditSeal.Time(At),
            ["actorKind"] = "system",
            ["action"] = "x",
            ["entityType"] = "thing",
            ["entityId"] = IdOf(number).ToString(),
            ["oldValue"] = null,
            ["newValue"] = null,
        };
        row["hash"] = Hex(HashOf(row));
        return row;
    }

    public static Guid IdOf(int number) =>
        Guid.Parse(string.Create(CultureInfo.InvariantCulture, $"00000000-0000-7000-8000-{number:d12}"));

    /// <summary>As somebody would who cuts rows or seals out and has the key: the last line fits what is there.</summary>
    public void SignEnd()
    {
        var (header, end) = (Lines[0], Lines[^1]);
        var seals = Lines.Where(line => Is(line, "seal")).ToList();
        var tail = Lines.SkipWhile(line => !Is(line, "unsealed")).Where(line => Is(line, "row")).ToList();
        var rows = Lines.Count(line => Is(line, "row")) - tail.Count;
        var extent = new AuditExtent(
            AuditExport.Format, Tenant,
            new(Time("from"), Time("to"), At, (long?)header["firstSeal"], (long?)header["lastSeal"]),
            seals.Count == 0 ? null : (long)seals[0]["number"]!, seals.Count == 0 ? null : Bytes(seals[0]["previousSeal"]!),
            seals.Count == 0 ? null : (long)seals[^1]["number"]!, seals.Count == 0 ? null : Bytes(seals[^1]["seal"]!),
            rows, seals.Count, tail.Count, tail.Aggregate(AuditSeal.Beginning, (before, row) => AuditSeal.Next(before, HashOf(row))));
        (end["rows"], end["seals"], end["unsealed"], end["keyId"]) = ((long)rows, (long)seals.Count, (long)tail.Count, "a1");
        end["signature"] = Sign(extent.Message());

        DateTimeOffset? Time(string name) =>
            header[name] is { } time ? DateTimeOffset.Parse((string)time!, CultureInfo.InvariantCulture) : null;
    }

    private byte[] AddSeal(int number, byte[] previous, JsonObject[] rows)
    {
        byte[] hashes = [.. rows.SelectMany(HashOf)];
        var seal = AuditSeal.Next(previous, hashes);
        Lines.Add(new JsonObject
        {
            ["type"] = "seal",
            ["number"] = (long)number,
            ["previousSeal"] = Hex(previous),
            ["seal"] = Hex(seal),
            ["sealedAt"] = AuditSeal.Time(At),
            ["keyId"] = "a1",
            ["signature"] = Sign(AuditSeal.Message(Tenant, number, rows.Length, At, seal)),
            ["rowIds"] = new JsonArray([.. rows.Select(row => (JsonNode)(string)row["id"]!)]),
            ["rowHashes"] = Hex(hashes),
        });
        return seal;
    }

    private static bool Is(JsonObject line, string type) => (string?)line["type"] == type;

    private static byte[] HashOf(JsonObject row) => AuditRowText.Hash(JsonElement.Parse(row.ToJsonString()), Tenant);

    private static byte[] Bytes(JsonNode hex) => Convert.FromHexString((string)hex!);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private string Sign(byte[] message) =>
        Convert.ToBase64String(key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
}
