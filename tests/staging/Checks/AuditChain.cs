using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portal.Tests.Staging.Checks;

/// <summary>
/// An export of the audit log, checked by what docs/playbook/operations/the-audit-log.md says of it and by nothing of the portal's own
/// code: what both would have wrong in the same way shows here. Every row gives the hash that its seal holds, every seal follows from the
/// one before it, every signature is good, and the signed last line says where it begins and ends.
/// </summary>
internal sealed class AuditChain(IReadOnlyDictionary<string, byte[]> trusted)
{
    private const int HashLength = 32;
    private static readonly string Beginning = new('0', 2 * HashLength);
    private readonly HashSet<string> sealedIds = [];
    private readonly List<(string Id, byte[] Hash)> rows = [];
    private Dictionary<string, byte[]> keys = [];
    private JsonElement header;
    private JsonElement? first;
    private JsonElement? seal;
    private byte[] tail = new byte[HashLength];
    private long unsealed;
    private bool inTail;
    private bool ended;

    /// <summary>The first thing that is not as it was sealed.</summary>
    public string? Fault { get; private set; }

    public long Rows { get; private set; }

    public long Seals { get; private set; }

    /// <summary>Ids of rows that a seal holds.</summary>
    public IReadOnlySet<string> Sealed => sealedIds;

    public string Told => Fault ?? $"as sealed, {Rows} rows under {Seals} seals";

    public void Fail(string fault) => Fault ??= fault;

    public async Task ReadAsync(TextReader lines, CancellationToken ct)
    {
        while (Fault is null && await lines.ReadLineAsync(ct) is { } line)
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                Read(json.RootElement.Clone());
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                Fail("a line is not of an export");
            }
        }

        if (!ended)
        {
            Fail("it ends without its last line");
        }
    }

    private void Read(JsonElement line)
    {
        switch (Text(line, "type"))
        {
            case "audit":
                header = line;
                keys = trusted.Count > 0 ? new(trusted) : line.GetProperty("publicKeys").EnumerateObject().ToDictionary(
                    key => key.Name, key => key.Value.GetBytesFromBase64());
                break;
            case "seal":
                CloseSeal();
                OpenSeal(line);
                break;
            case var type and ("row" or "playback"):
                ReadRow(Text(line, "id"), ExportedRowHash.Of(line, Text(header, "tenantId"), type == "playback"), Text(line, "hash"));
                break;
            case "unsealed":
                CloseSeal();
                inTail = true;
                break;
            default:
                ReadEnd(line);
                break;
        }
    }

    private void OpenSeal(JsonElement next)
    {
        var number = next.GetProperty("number").GetInt64();
        var expected = seal is { } last ? last.GetProperty("number").GetInt64() + 1
            : IsWhole ? 1 : header.GetProperty("firstSeal").GetInt64();
        var before = seal is { } previous ? Text(previous, "seal") : number == 1 ? Beginning : Text(next, "previousSeal");
        if (number != expected)
        {
            Fail($"seal {expected} is missing");
        }
        else if (Text(next, "previousSeal") != before || Text(next, "seal") != Hex(Next(before, Text(next, "rowHashes"))))
        {
            Fail($"seal {number} does not follow from the one before it");
        }

        CheckSignature($"seal {number}", next, string.Join(
            '\n', "portal audit seal 1", Text(header, "tenantId"), $"{number}", $"{next.GetProperty("rowIds").GetArrayLength()}",
            Text(next, "sealedAt"), Text(next, "seal")));
        first ??= next;
        seal = next;
    }

    private void ReadRow(string id, byte[] hash, string told)
    {
        if (inTail)
        {
            unsealed++;
            tail = SHA256.HashData([.. tail, .. hash]);
            if (told != Hex(hash))
            {
                Fail($"row {id}, not sealed yet, was altered");
            }
        }
        else
        {
            rows.Add((id, hash));
        }
    }

    /// <summary>The rows that came are those that were sealed, in their order.</summary>
    private void CloseSeal()
    {
        if (seal is not { } of)
        {
            if (rows.Count > 0)
            {
                Fail("a row stands before the first seal");
            }

            return;
        }

        var hashes = Convert.FromHexString(Text(of, "rowHashes")).Chunk(HashLength).ToList();
        var wrong = Enumerable.Range(0, Math.Max(rows.Count, hashes.Count)).FirstOrDefault(
            at => at >= rows.Count || at >= hashes.Count || !rows[at].Hash.AsSpan().SequenceEqual(hashes[at]), -1);
        if (wrong >= 0)
        {
            Fail($"row {wrong + 1} of seal {of.GetProperty("number")} is not as it was sealed"
                + (wrong < rows.Count ? $" ({rows[wrong].Id})" : " (it is missing)"));
        }

        sealedIds.UnionWith(rows.Select(row => row.Id));
        Rows += rows.Count;
        Seals++;
        rows.Clear();
    }

    private void ReadEnd(JsonElement end)
    {
        ended = true;
        if (Text(end, "type") != "end" || !inTail || Number(end, "rows") != $"{Rows}" || Number(end, "seals") != $"{Seals}"
            || Number(end, "unsealed") != $"{unsealed}" || Of(seal, "number") != Number(header, "lastSeal"))
        {
            Fail("its last line names other numbers of rows and seals than there are");
        }

        CheckSignature("the export", end, string.Join(
            '\n', $"portal audit export {Number(header, "format")}", Text(header, "tenantId"), Number(header, "from"),
            Number(header, "to"), Number(header, "exportedAt"), Number(header, "firstSeal"), Number(header, "lastSeal"),
            Of(first, "number"), Of(first, "previousSeal"), Of(seal, "number"), Of(seal, "seal"), $"{Rows}", $"{Seals}", $"{unsealed}",
            Hex(tail)));
    }

    private void CheckSignature(string what, JsonElement line, string message)
    {
        if (!keys.TryGetValue(Text(line, "keyId"), out var bytes))
        {
            Fail($"the signature of {what} is of key {Text(line, "keyId")}, which was not given");
            return;
        }

        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(bytes, out _);
        if (!key.VerifyData(
            Encoding.ASCII.GetBytes(message), line.GetProperty("signature").GetBytesFromBase64(), HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence))
        {
            Fail($"the signature of {what} is not good");
        }
    }

    private bool IsWhole => header.GetProperty("from").ValueKind == JsonValueKind.Null;

    private static byte[] Next(string previous, string rowHashes) =>
        SHA256.HashData([.. Convert.FromHexString(previous), .. Convert.FromHexString(rowHashes)]);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;

    /// <summary>As the signed text has it: a dash for nothing.</summary>
    private static string Number(JsonElement line, string name) => line.GetProperty(name) switch
    {
        { ValueKind: JsonValueKind.Null } => "-",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        var number => number.GetInt64().ToString(CultureInfo.InvariantCulture),
    };

    private static string Of(JsonElement? line, string name) => line is { } there ? Number(there, name) : "-";
}
