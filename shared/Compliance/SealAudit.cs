using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;

namespace Portal.Compliance;

/// <summary>
/// Seals what was written to the audit log and the playback audit since the last time, for every tenant that did something (the platform's
/// own tenant among them). Rows of transactions that are still running wait for the next time: see <c>portal.unsealed_audit_rows</c>.
/// </summary>
/// <remarks>
/// A chain inside the writing transaction would make a tenant's writers wait for each other. Who deletes the newest rows and their seals
/// too leaves a chain that holds: every seal therefore goes to the log, which is kept elsewhere.
/// </remarks>
public sealed partial class SealAudit(PortalDb db, AuditKeys keys, TimeProvider clock, ILogger<SealAudit> logger)
{
    /// <summary>Rows in a seal at most: an export is checked a seal at a time in memory.</summary>
    public const int MaxRows = 2000;

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
        if (!await AuditSealStore.HoldAsync(tx))
        {
            return 0;
        }

        var rows = await AuditSealStore.UnsealedAsync(tx, MaxRows);
        foreach (var ofTenant in rows.GroupBy(r => r.TenantId))
        {
            await SealAsync(tx, ofTenant.Key, [.. ofTenant]);
        }

        return rows.Count;
    }

    private async Task SealAsync(Tx tx, Guid tenant, IReadOnlyList<UnsealedRow> rows)
    {
        var number = rows[0].LastNumber + 1;
        byte[] hashes = [.. rows.SelectMany(r => r.RowHash)];
        var seal = AuditSeal.Next(rows[0].LastSeal, hashes);
        var now = clock.GetUtcNow();
        var sealedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        await AuditSealStore.AddAsync(
            tx, new(tenant, number, rows, hashes, seal, keys.CurrentKey,
                keys.Sign(AuditSeal.Message(tenant, number, rows.Count, sealedAt, seal)), sealedAt));
        Log.Sealed(logger, tenant, number, rows.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Audit log of tenant {TenantId} sealed: seal {Number} over {Rows} rows")]
        public static partial void Sealed(ILogger logger, Guid tenantId, long number, int rows);
    }
}
