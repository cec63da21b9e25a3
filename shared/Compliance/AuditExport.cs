using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Portal.Compliance.Archive;
using Portal.Compliance.Playback;
using Portal.Foundation.Identity;
using Portal.Vendors.Blob;

namespace Portal.Compliance;

/// <summary>
/// The audit log and the playback audit as lines of JSON, in the order of their chain, with everything that checking it needs: a header
/// with the public keys, each seal followed by its rows, the rows that no seal holds yet, and a last line, signed, that says where it
/// begins and ends. Read in pieces, each a short transaction of its own: memory does not grow with the log, and a slow reader holds no
/// transaction open. Rows that have left the log come from the files of the archive, word for word.
/// </summary>
public sealed class AuditExport(
    AuditStore store, PlaybackStore playback, AuditArchiveStore archive, BlobReads blob, AuditKeys keys, TimeProvider clock)
{
    public const int Format = 3;

    /// <summary>Before the playback audit was sealed: the same, without its rows.</summary>
    public const int FormatWithoutPlayback = 2;
    private const int RowsAtOnce = 500;
    private const int SealsAtOnce = 10;

    /// <summary>Of a time range: all seals that hold a row of it, whole, or they could not be checked.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        TenantId tenant, DateTimeOffset? from, DateTimeOffset? to, [EnumeratorCancellation] CancellationToken ct)
    {
        // The last seal first: what is sealed while we write stays among the unsealed.
        var newest = await store.FindLastSealAsync(tenant, ct);
        var (first, last) = await FindSpanAsync(tenant, from, to, newest?.Number ?? 0, ct);
        var range = await FindRangeAsync(tenant, first, last, from, to, newest?.Number, ct);
        var unsealed = RowsAsync(tenant, newest is null ? ChainPlace.Beginning : PlaceOf(newest), ct).Where(
            row => (from is null || row.OccurredAt >= from) && (to is null || row.OccurredAt < to));
        await foreach (var line in LinesAsync(tenant, range, first, last, unsealed, ct))
        {
            yield return line;
        }
    }

    /// <summary>Of these seals, which are there: a part of the log that stands for itself.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        TenantId tenant, long first, long last, [EnumeratorCancellation] CancellationToken ct)
    {
        var (from, to) = await store.TimesAsync(tenant, first, last, ct);
        var range = new AuditExportRange(from, to, clock.GetUtcNow(), first, last);
        await foreach (var line in LinesAsync(tenant, range, first, last, AsyncEnumerable.Empty<ChainRow>(), ct))
        {
            yield return line;
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        TenantId tenant, AuditExportRange range, long? first, long? last, IAsyncEnumerable<ChainRow> unsealedRows,
        [EnumeratorCancellation] CancellationToken ct)
    {
        yield return Line(json => WriteHeader(json, tenant, range));

        AuditSeal? begin = null, end = null;
        long rows = 0, seals = 0, unsealed = 0;
        if (first is { } number)
        {
            var before = (await store.ReadSealsAsync(tenant, number - 1, number - 1, 1, ct)).SingleOrDefault();
            await using var chain = RowsAsync(tenant, before is null ? ChainPlace.Beginning : PlaceOf(before), ct).GetAsyncEnumerator(ct);
            await using var archived = new ArchivedRows(archive, blob, tenant, clock.GetUtcNow());
            var more = await chain.MoveNextAsync();
            await foreach (var seal in SealsAsync(tenant, number, last!.Value, ct))
            {
                seals++;
                begin ??= seal;
                end = seal;
                yield return Line(json => WriteSeal(json, seal));
                List<ChainRow> there = [];
                for (; more && chain.Current.Place.CompareTo(PlaceOf(seal)) <= 0; more = await chain.MoveNextAsync())
                {
                    there.Add(chain.Current);
                }

                foreach (var line in await WithArchivedAsync(seal, there, archived, ct))
                {
                    rows++;
                    yield return line;
                }
            }
        }

        yield return Line(json => json.WriteString("type", "unsealed"));
        var tail = AuditSeal.Beginning;
        await foreach (var row in unsealedRows.WithCancellation(ct))
        {
            unsealed++;
            tail = AuditSeal.Next(tail, row.Hash);
            yield return Line(row.Write);
        }

        var extent = new AuditExtent(
            Format, tenant.Value, range, begin?.Number, begin?.PreviousSeal, end?.Number, end?.Seal, rows, seals, unsealed, tail);
        yield return Line(json => WriteEnd(json, extent));
    }

    /// <summary>The rows of a seal that are in the log, in their order, with those between them that have left it for the archive. What is
    /// in the log is shown as it is there: who checks is to see that it was altered, moved or added.</summary>
    private static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> WithArchivedAsync(
        AuditSeal seal, List<ChainRow> there, ArchivedRows archived, CancellationToken ct)
    {
        var ids = seal.Ids().ToList();
        var known = there.Select(row => row.Place.RowId).ToHashSet();
        var gone = ids.TrueForAll(known.Contains)
            ? new Dictionary<Guid, ReadOnlyMemory<byte>>()
            : await archived.OfSealAsync(seal.Number, ct);
        List<ReadOnlyMemory<byte>> lines = [];
        var next = 0;
        foreach (var id in ids)
        {
            if (known.Contains(id))
            {
                lines.Add(Line(there[next++].Write));
            }
            else if (gone.TryGetValue(id, out var line))
            {
                lines.Add(line);
            }
        }

        lines.AddRange(there.Skip(next).Select(row => Line(row.Write)));
        return lines;
    }

    /// <summary>
    /// Where the seals of it begin and end, as they should. The whole log begins with seal 1. At either end of a time there is a seal
    /// beside it, or the log itself ends there; where that neighbour is gone, the range reaches to its number, so that who checks misses
    /// it.
    /// </summary>
    private async Task<AuditExportRange> FindRangeAsync(
        TenantId tenant, long? first, long? last, DateTimeOffset? from, DateTimeOffset? to, long? newest, CancellationToken ct)
    {
        var isPreviousThere = first is null or 1 || await HasSealAsync(first.Value - 1);
        var isNextThere = last is null || last == newest || await HasSealAsync(last.Value + 1);
        return new(
            from, to, clock.GetUtcNow(),
            first is null ? null : from is null ? 1 : isPreviousThere ? first : first - 1,
            isNextThere ? last : last + 1);

        async Task<bool> HasSealAsync(long number) => (await store.ReadSealsAsync(tenant, number, number, 1, ct)).Count > 0;
    }

    private async Task<(long? First, long? Last)> FindSpanAsync(
        TenantId tenant, DateTimeOffset? from, DateTimeOffset? to, long newest, CancellationToken ct) =>
        await store.FindSpanAsync(tenant, from, to, ct) is { First: { } first, Last: { } last } && first <= newest
            ? (first, Math.Min(last, newest))
            : (null, null);

    private static ChainPlace PlaceOf(AuditSeal seal) => new(seal.LastWrittenIn, seal.LastRowId);

    /// <summary>Rows of both kinds, as they stand in the chain.</summary>
    private async IAsyncEnumerable<ChainRow> RowsAsync(TenantId tenant, ChainPlace after, [EnumeratorCancellation] CancellationToken ct)
    {
        var ofLog = PiecesAsync(
            after, async place => (await store.ReadChainAsync(tenant, place, RowsAtOnce, ct)).Select(ChainRow.Of));
        var ofPlayback = PiecesAsync(
            after, async place => (await playback.ReadChainAsync(tenant, place, RowsAtOnce, ct)).Select(ChainRow.Of));
        await using var log = ofLog.GetAsyncEnumerator(ct);
        await using var played = ofPlayback.GetAsyncEnumerator(ct);
        var (inLog, inPlayed) = (await log.MoveNextAsync(), await played.MoveNextAsync());
        while (inLog || inPlayed)
        {
            if (inLog && (!inPlayed || log.Current.Place.CompareTo(played.Current.Place) < 0))
            {
                yield return log.Current;
                inLog = await log.MoveNextAsync();
            }
            else
            {
                yield return played.Current;
                inPlayed = await played.MoveNextAsync();
            }
        }
    }

    private static async IAsyncEnumerable<ChainRow> PiecesAsync(ChainPlace after, Func<ChainPlace, Task<IEnumerable<ChainRow>>> readAsync)
    {
        int count;
        do
        {
            count = 0;
            foreach (var row in await readAsync(after))
            {
                count++;
                yield return row;
                after = row.Place;
            }
        }
        while (count == RowsAtOnce);
    }

    private async IAsyncEnumerable<AuditSeal> SealsAsync(
        TenantId tenant, long first, long last, [EnumeratorCancellation] CancellationToken ct)
    {
        while (first <= last)
        {
            var seals = await store.ReadSealsAsync(tenant, first, last, SealsAtOnce, ct);
            foreach (var seal in seals)
            {
                yield return seal;
            }

            // A seal that somebody deleted is for who checks to find.
            first = seals.Count < SealsAtOnce ? last + 1 : seals[^1].Number + 1;
        }
    }

    private void WriteHeader(Utf8JsonWriter json, TenantId tenant, AuditExportRange range)
    {
        json.WriteString("type", "audit");
        json.WriteNumber("format", Format);
        json.WriteString("tenantId", tenant.Value);
        json.WriteString("from", range.From is { } from ? AuditSeal.Time(from) : null);
        json.WriteString("to", range.To is { } to ? AuditSeal.Time(to) : null);
        json.WriteString("exportedAt", AuditSeal.Time(range.ExportedAt));
        WriteNumber(json, "firstSeal", range.FirstSeal);
        WriteNumber(json, "lastSeal", range.LastSeal);
        json.WriteStartObject("publicKeys");
        foreach (var (id, key) in keys.Public)
        {
            json.WriteBase64String(id, key);
        }

        json.WriteEndObject();
    }

    private void WriteEnd(Utf8JsonWriter json, AuditExtent extent)
    {
        json.WriteString("type", "end");
        json.WriteNumber("rows", extent.Rows);
        json.WriteNumber("seals", extent.Seals);
        json.WriteNumber("unsealed", extent.Unsealed);
        json.WriteString("keyId", keys.CurrentKey);
        json.WriteBase64String("signature", keys.Sign(extent.Message()));
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? number)
    {
        json.WritePropertyName(name);
        if (number is { } value)
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteSeal(Utf8JsonWriter json, AuditSeal seal)
    {
        json.WriteString("type", "seal");
        json.WriteNumber("number", seal.Number);
        json.WriteString("previousSeal", Convert.ToHexStringLower(seal.PreviousSeal));
        json.WriteString("seal", Convert.ToHexStringLower(seal.Seal));
        json.WriteString("sealedAt", AuditSeal.Time(seal.SealedAt));
        json.WriteString("keyId", seal.KeyId);
        json.WriteBase64String("signature", seal.Signature);
        json.WriteStartArray("rowIds");
        foreach (var id in seal.Ids())
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
        json.WriteString("rowHashes", Convert.ToHexStringLower(seal.RowHashes));
    }

    private static ReadOnlyMemory<byte> Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}
