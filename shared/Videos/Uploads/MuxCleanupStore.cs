using Portal.Foundation.Db;

namespace Portal.Videos.Uploads;

/// <summary>A Mux asset that must go.</summary>
public sealed record MuxCleanup(string MuxAssetId, Guid TenantId, Guid JobId, string Reason, int Attempts);

/// <summary>SQL of the list of Mux assets to delete. A row stays due until Mux confirms, so a crash or a refusal loses nothing.</summary>
public sealed class MuxCleanupStore(PortalDb db, TimeProvider clock)
{
    public Task<int> AddAsync(Tx tx, UploadJob job, string muxAssetId, string reason) => tx.ExecuteAsync("""
        insert into portal.mux_cleanups (mux_asset_id, tenant_id, job_id, reason, next_attempt_at, created_at)
        values (@muxAssetId, @tenant, @jobId, @reason, @now, @now) on conflict (mux_asset_id) do nothing
        """, new { muxAssetId, tenant = job.TenantId, jobId = job.Id, reason, now = clock.GetUtcNow() });

    /// <summary>Takes what is due, for one minute: a worker that dies leaves it to the next.</summary>
    public Task<IReadOnlyList<MuxCleanup>> TakeDueAsync(int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<MuxCleanup>("""
            update portal.mux_cleanups c set next_attempt_at = @now + interval '1 minute', attempts = c.attempts + 1
             where c.mux_asset_id = any (array(
                   select mux_asset_id from portal.mux_cleanups where done_at is null and next_attempt_at <= @now
                    order by next_attempt_at limit @limit for update skip locked))
            returning c.mux_asset_id, c.tenant_id, c.job_id, c.reason, c.attempts
            """, new { now = clock.GetUtcNow(), limit }), ct);

    public Task DoneAsync(string muxAssetId, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_cleanups set done_at = @now, last_error = null where mux_asset_id = @muxAssetId and done_at is null
            """, new { muxAssetId, now = clock.GetUtcNow() }), ct);

    public Task RescheduleAsync(string muxAssetId, DateTimeOffset nextAttemptAt, string error, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.mux_cleanups set next_attempt_at = @nextAttemptAt, last_error = left(@error, 1000)
             where mux_asset_id = @muxAssetId and done_at is null
            """, new { muxAssetId, nextAttemptAt, error }), ct);
}
