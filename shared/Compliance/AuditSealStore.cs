using Portal.Foundation.Db;

namespace Portal.Compliance;

/// <summary>A row of the audit log or the playback audit without a seal, and the seal that its tenant's chain ends with.</summary>
internal sealed record UnsealedRow(
    Guid TenantId, long LastNumber, byte[] LastSeal, Guid RowId, byte[] RowHash, long WrittenIn, DateTimeOffset OccurredAt);

/// <summary>A seal over rows of one tenant, in the order of the chain.</summary>
internal sealed record NewSeal(
    Guid Tenant, long Number, IReadOnlyList<UnsealedRow> Rows, byte[] Hashes, byte[] Seal, string KeyId, byte[] Signature,
    DateTimeOffset SealedAt);

/// <summary>SQL of sealing.</summary>
internal static class AuditSealStore
{
    /// <summary>False: somebody else is sealing. Held until the commit.</summary>
    public static Task<bool> HoldAsync(Tx tx) =>
        tx.GetAsync<bool>("select pg_try_advisory_xact_lock(hashtextextended('portal.seal_audit', 0))");

    public static Task<IReadOnlyList<UnsealedRow>> UnsealedAsync(Tx tx, int most) =>
        tx.QueryAsync<UnsealedRow>("select * from portal.unsealed_audit_rows(@most)", new { most });

    public static Task<int> AddAsync(Tx tx, NewSeal seal) => tx.ExecuteAsync("""
        insert into portal.audit_seals (tenant_id, number, previous_seal, seal, row_count, row_ids, row_hashes, last_written_in,
                                        last_row_id, first_at, last_at, key_id, signature, sealed_at)
        values (@Tenant, @Number, @previous, @Seal, @count, @ids, @Hashes, @lastWrittenIn, @lastRowId, @firstAt, @lastAt, @KeyId,
                @Signature, @SealedAt)
        """, new
    {
        seal.Tenant,
        seal.Number,
        previous = seal.Rows[0].LastSeal,
        seal.Seal,
        count = seal.Rows.Count,
        ids = seal.Rows.SelectMany(r => r.RowId.ToByteArray(bigEndian: true)).ToArray(),
        seal.Hashes,
        lastWrittenIn = seal.Rows[^1].WrittenIn,
        lastRowId = seal.Rows[^1].RowId,
        firstAt = seal.Rows.Min(r => r.OccurredAt),
        lastAt = seal.Rows.Max(r => r.OccurredAt),
        seal.KeyId,
        seal.Signature,
        seal.SealedAt,
    });
}
