using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portal.Compliance;

/// <summary>What is wrong with an export, the first thing found.</summary>
/// <param name="Kind">altered, removed, added, reordered (a row); seal, seal_missing, signature, unknown_key; unreadable, cut_off.</param>
public sealed record AuditFault(string Kind, long? Seal, Guid? RowId, string Message);

/// <summary>The outcome of a check: no fault means that every sealed row is there, in order, as it was when it was sealed.</summary>
/// <param name="Range">What it is of; null when not even the header could be read.</param>
/// <param name="Rows">Of both kinds.</param>
/// <param name="Playbacks">Those of them that are of the playback audit.</param>
/// <param name="Unsealed">Rows that no seal holds yet: only their own hashes and the export's signature were checked.</param>
/// <param name="FirstSeal">The number of the first seal.</param>
/// <param name="PreviousSeal">The seal before it.</param>
public sealed record AuditVerdict(
    AuditFault? Fault, Guid? TenantId, AuditExportRange? Range, long Rows, long Playbacks, long Seals, long Unsealed, long? FirstSeal,
    string? PreviousSeal, string? LastSeal)
{
    public bool Holds => Fault is null;
}

/// <summary>
/// Checks an export without a database: every row's hash from its values, every seal from the hashes and the seal before it, every
/// signature with the public key, and that the seals begin and end where the signed last line says. Holds one seal and its rows in
/// memory at a time.
/// </summary>
/// <param name="trusted">Public keys by id; null: those in the export itself, which then prove only that it is whole.</param>
public sealed class AuditVerifier(IReadOnlyDictionary<string, byte[]>? trusted)
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1024 };
    private readonly List<(Guid Id, byte[] Hash, bool IsPlayback)> rows = [];
    private IReadOnlyDictionary<string, byte[]> keys = new Dictionary<string, byte[]>();
    private int format;
    private Guid tenant;
    private AuditExportRange? range;
    private SealLine? first;
    private SealLine? seal;
    private byte[]? lastSeal;
    private byte[] tail = AuditSeal.Beginning;
    private bool inTail;
    private bool ended;
    private long line;
    private long rowCount;
    private long playbackCount;
    private long sealCount;
    private long unsealed;

    public async Task<AuditVerdict> RunAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> lines)
    {
        await foreach (var bytes in lines)
        {
            line++;
            if (Read(bytes) is { } fault)
            {
                return Verdict(fault);
            }
        }

        return Verdict(
            ended
                ? null
                : new(
                    "cut_off", seal?.Number, null,
                    $"The export ends after line {line} without its last line: something is missing at the end."));
    }

    /// <summary>The lines of a file.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        TextReader file, [EnumeratorCancellation] CancellationToken ct)
    {
        while (await file.ReadLineAsync(ct) is { } line)
        {
            yield return Encoding.UTF8.GetBytes(line);
        }
    }

    private AuditVerdict Verdict(AuditFault? fault) => new(
        fault, line == 0 ? null : tenant, range, rowCount, playbackCount, sealCount, unsealed, first?.Number,
        first is null ? null : Convert.ToHexStringLower(first.Previous),
        lastSeal is null ? null : Convert.ToHexStringLower(lastSeal));

    private AuditFault? Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes, Deep);
            return Read(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException
            or CryptographicException)
        {
            return new("unreadable", seal?.Number, null, $"Line {line} is not a line of an audit export.");
        }
    }

    private AuditFault? Read(JsonElement json)
    {
        var type = json.GetProperty("type").GetString();
        if (line == 1 != (type == "audit") || ended)
        {
            return new("unreadable", null, null, $"Line {line} is not where it belongs: an export has its header first and its end last.");
        }

        switch (type)
        {
            case "audit":
                return ReadHeader(json);
            case "seal":
                return CloseSeal() ?? OpenSeal(SealLine.Of(json));
            case "row":
                return ReadRow(json, AuditRowText.Hash(json, tenant), isPlayback: false);
            case "playback" when format >= AuditExport.Format:
                return ReadRow(json, AuditRowText.PlaybackHash(json, tenant), isPlayback: true);
            case "unsealed":
                inTail = true;
                return CloseSeal() ?? CheckLast();
            case "end":
                return ReadEnd(json);
            default:
                return new("unreadable", null, null, $"Line {line} is of a type that is not known.");
        }
    }

    private AuditFault? ReadHeader(JsonElement json)
    {
        format = json.GetProperty("format").GetInt32();
        if (format is not (AuditExport.Format or AuditExport.FormatWithoutPlayback))
        {
            return new("unreadable", null, null, "The export is of a format that this program does not know.");
        }

        tenant = json.GetProperty("tenantId").GetGuid();
        range = new(
            Time("from"), Time("to"), json.GetProperty("exportedAt").GetDateTimeOffset(), Number("firstSeal"), Number("lastSeal"));
        keys = trusted
            ?? json.GetProperty("publicKeys").EnumerateObject().ToDictionary(
                k => k.Name, k => k.Value.GetBytesFromBase64(), StringComparer.Ordinal);
        return null;

        DateTimeOffset? Time(string name) =>
            json.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.GetDateTimeOffset() : null;

        long? Number(string name) => json.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.GetInt64() : null;
    }

    private AuditFault? OpenSeal(SealLine next)
    {
        if (inTail)
        {
            return new("unreadable", next.Number, null, $"Seal {next.Number} stands behind the rows that are not sealed.");
        }

        // The whole log begins with seal 1, whatever the header says.
        var expected = seal is not null ? seal.Number + 1 : range!.From is null ? 1 : range.FirstSeal ?? next.Number;
        if (next.Number != expected)
        {
            return new(
                "seal_missing", expected, null,
                $"Seal {expected} and its rows are missing: seal {next.Number} "
                    + (seal is null ? "is the first." : $"follows seal {seal.Number}."));
        }

        var before = seal?.Seal ?? (next.Number == 1 ? AuditSeal.Beginning : null);
        if ((before is not null && !next.Previous.AsSpan().SequenceEqual(before))
            || next.RowHashes.Length != next.RowIds.Count * AuditSeal.HashLength
            || !AuditSeal.Next(next.Previous, next.RowHashes).AsSpan().SequenceEqual(next.Seal))
        {
            return new("seal", next.Number, null, $"Seal {next.Number} does not fit its rows' hashes and the seal before it.");
        }

        if (CheckSignature(
            next.KeyId, AuditSeal.Message(tenant, next.Number, next.RowIds.Count, next.SealedAt, next.Seal), next.Signature,
            $"seal {next.Number}", next.Number) is { } fault)
        {
            return fault;
        }

        first ??= next;
        seal = next;
        return null;
    }

    private AuditFault? ReadRow(JsonElement json, byte[] hash, bool isPlayback)
    {
        var id = json.GetProperty("id").GetGuid();
        if (inTail)
        {
            unsealed++;
            tail = AuditSeal.Next(tail, hash);
            return Convert.FromHexString(json.GetProperty("hash").GetString()!).AsSpan().SequenceEqual(hash)
                ? null
                : new("altered", null, id, $"Row {id} (line {line}, not sealed yet) was altered: its values do not give its hash.");
        }

        if (seal is null)
        {
            return new("added", null, id, $"Row {id} (line {line}) stands before the first seal.");
        }

        // More rows than the seal has can only be added ones; a limit keeps a made-up export from filling the memory.
        rows.Add((id, hash, isPlayback));
        return rows.Count > 2 * seal.RowIds.Count ? CloseSeal() : null;
    }

    private AuditFault? ReadEnd(JsonElement json)
    {
        ended = true;
        if (!inTail || json.GetProperty("rows").GetInt64() != rowCount || json.GetProperty("seals").GetInt64() != sealCount
            || json.GetProperty("unsealed").GetInt64() != unsealed)
        {
            return new("cut_off", null, null, "The last line names other numbers of rows and seals than there are.");
        }

        var extent = new AuditExtent(
            format, tenant, range!, first?.Number, first?.Previous, seal?.Number, seal?.Seal, rowCount, sealCount, unsealed, tail);
        return CheckSignature(
            json.GetProperty("keyId").GetString()!, extent.Message(), json.GetProperty("signature").GetBytesFromBase64(), "the export",
            null);
    }

    /// <summary>The seals end where the header says.</summary>
    private AuditFault? CheckLast() =>
        seal?.Number == range!.LastSeal
            ? null
            : new("seal_missing", range.LastSeal, null, $"Seal {range.LastSeal} and its rows are missing at the end.");

    private AuditFault? CheckSignature(string keyId, byte[] message, byte[] signature, string what, long? number) =>
        !keys.TryGetValue(keyId, out var key)
            ? new("unknown_key", number, null, $"The signature of {what} is of key {keyId}, whose public half is not known.")
            : AuditKeys.Verify(key, message, signature)
                ? null
                : new("signature", number, null, $"The signature of {what} is not good: it was not made with key {keyId} over this.");

    /// <summary>Compares the rows that came with those that were sealed.</summary>
    private AuditFault? CloseSeal()
    {
        if (seal is null)
        {
            return null;
        }

        for (var at = 0; at < Math.Max(rows.Count, seal.RowIds.Count); at++)
        {
            if (at < rows.Count && at < seal.RowIds.Count && seal.HashAt(at).SequenceEqual(rows[at].Hash))
            {
                continue;
            }

            return Judge(at);
        }

        rowCount += rows.Count;
        playbackCount += rows.Count(row => row.IsPlayback);
        sealCount++;
        lastSeal = seal.Seal;
        rows.Clear();
        return null;
    }

    private AuditFault Judge(int at)
    {
        var where = $"(row {at + 1} of {seal!.RowIds.Count} of seal {seal.Number})";
        Guid? expected = at < seal.RowIds.Count ? seal.RowIds[at] : null;
        Guid? found = at < rows.Count ? rows[at].Id : null;
        if (expected is { } gone && !rows.Any(r => r.Id == gone))
        {
            return new("removed", seal.Number, gone, $"Row {gone} {where} was removed.");
        }

        if (expected is { } id && found == id)
        {
            return new("altered", seal.Number, id, $"Row {id} {where} was altered: it is not what was sealed.");
        }

        return found is { } other && seal.RowIds.Contains(other) && expected is not null
            ? new("reordered", seal.Number, other, $"Row {other} stands where row {expected} belongs {where}.")
            : new("added", seal.Number, found, $"Row {found} {where} was added: it is not among what was sealed.");
    }

    private sealed record SealLine(
        long Number, byte[] Previous, byte[] Seal, DateTimeOffset SealedAt, string KeyId, byte[] Signature, IReadOnlyList<Guid> RowIds,
        byte[] RowHashes)
    {
        public static SealLine Of(JsonElement json) => new(
            json.GetProperty("number").GetInt64(),
            Convert.FromHexString(json.GetProperty("previousSeal").GetString()!),
            Convert.FromHexString(json.GetProperty("seal").GetString()!),
            json.GetProperty("sealedAt").GetDateTimeOffset(),
            json.GetProperty("keyId").GetString()!,
            json.GetProperty("signature").GetBytesFromBase64(),
            [.. json.GetProperty("rowIds").EnumerateArray().Select(id => id.GetGuid())],
            Convert.FromHexString(json.GetProperty("rowHashes").GetString()!));

        public ReadOnlySpan<byte> HashAt(int at) => RowHashes.AsSpan(at * AuditSeal.HashLength, AuditSeal.HashLength);
    }
}
