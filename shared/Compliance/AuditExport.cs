using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Portal.Foundation.Identity;

namespace Portal.Compliance;

/// <summary>
/// The audit log as lines of JSON, in the order of its chain, with everything that checking it needs: a header with the public keys, each
/// seal followed by its rows, the rows that no seal holds yet, and a last line that says that nothing is cut off. Read in pieces: memory
/// does not grow with the log.
/// </summary>
public sealed class AuditExport(AuditStore store, AuditKeys keys, TimeProvider clock)
{
    public const int Format = 1;
    private const int RowsAtOnce = 500;
    private const int SealsAtOnce = 10;

    /// <summary>Of a time range: all seals that hold a row of it, whole, or they could not be checked.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        TenantId tenant, DateTimeOffset? from, DateTimeOffset? to, [EnumeratorCancellation] CancellationToken ct)
    {
        // The last seal first: what is sealed while we write stays among the unsealed.
        var newest = await store.FindLastSealAsync(tenant, ct);
        var span = await store.FindSpanAsync(tenant, from, to, ct);
        yield return Line(json => WriteHeader(json, tenant, from, to));

        long rows = 0, seals = 0, unsealed = 0;
        if (span is { First: { } first, Last: { } last })
        {
            var start = first == 1 ? ChainPlace.Beginning : PlaceOf((await store.ReadSealsAsync(tenant, first - 1, first - 1, 1, ct))[0]);
            await using var chain = RowsAsync(tenant, start, ct).GetAsyncEnumerator(ct);
            var more = await chain.MoveNextAsync();
            await foreach (var seal in SealsAsync(tenant, first, Math.Min(last, newest!.Number), ct))
            {
                seals++;
                yield return Line(json => WriteSeal(json, seal));
                for (; more && PlaceOf(chain.Current).CompareTo(PlaceOf(seal)) <= 0; more = await chain.MoveNextAsync())
                {
                    rows++;
                    yield return Line(json => WriteRow(json, chain.Current));
                }
            }
        }

        yield return Line(json => json.WriteString("type", "unsealed"));
        await foreach (var row in RowsAsync(tenant, newest is null ? ChainPlace.Beginning : PlaceOf(newest), ct))
        {
            if ((from is null || row.OccurredAt >= from) && (to is null || row.OccurredAt < to))
            {
                unsealed++;
                yield return Line(json => WriteRow(json, row));
            }
        }

        yield return Line(json =>
        {
            json.WriteString("type", "end");
            json.WriteNumber("rows", rows);
            json.WriteNumber("seals", seals);
            json.WriteNumber("unsealed", unsealed);
        });
    }

    private static ChainPlace PlaceOf(AuditRow row) => new(row.WrittenIn, row.Id);

    private static ChainPlace PlaceOf(AuditSeal seal) => new(seal.LastWrittenIn, seal.LastRowId);

    private async IAsyncEnumerable<AuditRow> RowsAsync(TenantId tenant, ChainPlace after, [EnumeratorCancellation] CancellationToken ct)
    {
        IReadOnlyList<AuditRow> rows;
        do
        {
            rows = await store.ReadChainAsync(tenant, after, RowsAtOnce, ct);
            foreach (var row in rows)
            {
                yield return row;
                after = PlaceOf(row);
            }
        }
        while (rows.Count == RowsAtOnce);
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

    private void WriteHeader(Utf8JsonWriter json, TenantId tenant, DateTimeOffset? from, DateTimeOffset? to)
    {
        json.WriteString("type", "audit");
        json.WriteNumber("format", Format);
        json.WriteString("tenantId", tenant.Value);
        json.WriteString("from", from is { } f ? AuditSeal.Time(f) : null);
        json.WriteString("to", to is { } t ? AuditSeal.Time(t) : null);
        json.WriteString("exportedAt", AuditSeal.Time(clock.GetUtcNow()));
        json.WriteStartObject("publicKeys");
        foreach (var (id, key) in keys.Public)
        {
            json.WriteBase64String(id, key);
        }

        json.WriteEndObject();
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

    /// <summary>Word for word: reading and writing it again would change numbers.</summary>
    private static void WriteJson(Utf8JsonWriter json, string name, string? text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text ?? "null", skipInputValidation: true);
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
