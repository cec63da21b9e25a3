using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;

namespace Portal.Compliance;

/// <summary>
/// Seals what was written to the audit log since the last time, for every tenant that did something (the platform's own tenant among
/// them). Rows of transactions that are still running wait for the next time: see <c>portal.unsealed_audit_rows</c> in
/// 0010_edges_and_audit.sql.
/// </summary>
/// <remarks>
/// A chain inside the writing transaction would make a tenant's writers wait for each other. Who deletes the newest rows and their seals
/// too leaves a chain that holds: every seal therefore goes to the log, which is kept elsewhere.
/// </remarks>
public sealed partial class SealAudit(PortalDb db, AuditKeys keys, TimeProvider clock, ILogger<SealAudit> logger)
{
    /// <summary>Rows in a seal at most: an export is checked a seal at a time in memory.</summary>
    public const int MaxRows = 2000;

    private const string Insert = """
        insert into portal.audit_seals (tenant_id, number, previous_seal, seal, row_count, row_ids, row_hashes, last_written_in,
           last_row_id,
                                        first_at, last_at, key_id, signature, sealed_at)
        values (@tenant, @number, @previous, @seal, @count, @ids, @hashes, @lastWrittenIn, @lastRowId, @firstAt, @lastAt, @keyId,
        @signature, @sealedAt)
        """;

    /// <summary>How many rows were sealed.</summary>
    public async Task<long> RunAsync(CancellationToken ct)
    {
        long rows = 0;
        for (var some = MaxRows; some == MaxRows; rows += some)
        {
            ct.ThrowIfCancellationRequested();
            some = await db.AcrossTenantsAsync(SealSomeAsync, ct);
        }

        return rows;
    }

    private async Task<int> SealSomeAsync(Tx tx)
    {
        // Two sealers at once would both continue from the same seal; the second would only fail on the key.
        if (!await tx.GetAsync<bool>("select pg_try_advisory_xact_lock(hashtextextended('portal.seal_audit', 0))"))
        {
            return 0;
        }

        var rows = await tx.QueryAsync<Unsealed>("select * from portal.unsealed_audit_rows(@MaxRows)", new { MaxRows });
        foreach (var ofTenant in rows.GroupBy(r => r.TenantId))
        {
            await SealAsync(tx, ofTenant.Key, [.. ofTenant]);
        }

        return rows.Count;
    }

    private async Task SealAsync(Tx tx, Guid tenant, IReadOnlyList<Unsealed> rows)
    {
        var number = rows[0].LastNumber + 1;
        byte[] hashes = [.. rows.SelectMany(r => r.RowHash)];
        var seal = AuditSeal.Next(rows[0].LastSeal, hashes);
        var now = clock.GetUtcNow();
        var sealedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        await tx.ExecuteAsync(Insert, new
        {
            tenant,
            number,
            previous = rows[0].LastSeal,
            seal,
            count = rows.Count,
            ids = rows.SelectMany(r => r.RowId.ToByteArray(bigEndian: true)).ToArray(),
            hashes,
            lastWrittenIn = rows[^1].WrittenIn,
            lastRowId = rows[^1].RowId,
            firstAt = rows.Min(r => r.OccurredAt),
            lastAt = rows.Max(r => r.OccurredAt),
            keyId = keys.CurrentKey,
            signature = keys.Sign(AuditSeal.Message(tenant, number, rows.Count, sealedAt, seal)),
            sealedAt,
        });
        Log.Sealed(logger, tenant, number, rows.Count);
    }

    private sealed record Unsealed(
        Guid TenantId, long LastNumber, byte[] LastSeal, Guid RowId, byte[] RowHash, long WrittenIn, DateTimeOffset OccurredAt);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Audit log of tenant {TenantId} sealed: seal {Number} over {Rows} rows")]
        public static partial void Sealed(ILogger logger, Guid tenantId, long number, int rows);
    }
}
