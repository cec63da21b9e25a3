using Portal.Foundation.Db;

namespace Portal.Videos.Uploads;

/// <summary>
/// SQL of the pipeline's side of an upload job, as role portal_system: Mux names an upload or an asset, never a tenant. Every
/// statement that changes a job names its attempt, so that a late worker of an earlier attempt changes nothing.
/// </summary>
public sealed class UploadProgressStore(PortalDb db, TimeProvider clock)
{
    public Task<UploadJob?> FindAsync(UploadRef upload, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryOneAsync<UploadJob>(
            $"select {UploadStore.Columns} from portal.upload_jobs j where j.tenant_id = @TenantId and j.id = @JobId", upload), ct);

    /// <summary>By id alone, for on-call, whose ids come without a tenant.</summary>
    public Task<UploadJob?> FindAsync(Guid jobId, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryOneAsync<UploadJob>(
            $"select {UploadStore.Columns} from portal.upload_jobs j where j.id = @jobId", new { jobId }), ct);

    public Task<UploadJob?> LockAsync(Tx tx, UploadRef upload) => tx.QueryOneAsync<UploadJob>(
        $"select {UploadStore.Columns} from portal.upload_jobs j where j.tenant_id = @TenantId and j.id = @JobId for update", upload);

    /// <summary>
    /// The job that a Mux upload or asset belongs to, locked: by asset, by upload, then by passthrough (which is the job's id). The
    /// second value tells that the names belong to an earlier attempt.
    /// </summary>
    public async Task<(UploadJob? Job, bool Earlier)> MatchAsync(Tx tx, string? assetId, string? uploadId, Guid? passthrough)
    {
        var job = await tx.QueryOneAsync<UploadJob>($"""
            select {UploadStore.Columns} from portal.upload_jobs j
             where j.mux_asset_id = @assetId or j.mux_upload_id = @uploadId
                or j.id = (select a.job_id from portal.upload_attempts a where a.mux_asset_id = @assetId or a.mux_upload_id = @uploadId
                limit 1)
                or j.id = @passthrough
             order by (j.mux_asset_id = @assetId) desc nulls last, (j.mux_upload_id = @uploadId) desc nulls last limit 1 for update
            """, new { assetId, uploadId, passthrough });
        if (job is null)
        {
            return (null, false);
        }

        var current = (assetId is not null && job.MuxAssetId == assetId)
            || (job.MuxAssetId is null && uploadId is not null && job.MuxUploadId == uploadId)
            || (job.MuxAssetId is null && job.Source == UploadSource.Blob && uploadId is null && !await IsEarlierAsync(tx, assetId));
        return (job, !current);
    }

    /// <summary>Marks that a create call is about to be made; false when this attempt is over or has its Mux object already.</summary>
    public Task<bool> IntendCreateAsync(UploadRef upload, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx => await tx.ExecuteAsync("""
            update portal.upload_jobs set mux_create_at = @now
             where tenant_id = @TenantId and id = @JobId and attempt = @Attempt and status = 'waiting'
               and mux_upload_id is null and mux_asset_id is null
            """, Args(upload)) == 1, ct);

    /// <summary>Keeps the Mux upload of this attempt; false when the attempt is over or has one already.</summary>
    public Task<bool> KeepUploadAsync(UploadRef upload, string muxUploadId, string url, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx => await tx.ExecuteAsync("""
            update portal.upload_jobs set mux_upload_id = @muxUploadId, mux_upload_url = @url, last_error = null, next_retry_at = null,
               updated_at = @now
             where tenant_id = @TenantId and id = @JobId and attempt = @Attempt and status = 'waiting' and mux_upload_id is null
            """, Args(upload, muxUploadId, url)) == 1, ct);

    /// <summary>The orchestration of this attempt is known to have been started.</summary>
    public Task MarkStartedAsync(UploadRef upload, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.upload_jobs set started_at = @now
             where tenant_id = @TenantId and id = @JobId and attempt = @Attempt and started_at is null
            """, Args(upload)), ct);

    /// <summary>For on-call: how often our own calls were tried, what went wrong last, when the next attempt comes.</summary>
    public Task NoteAttemptAsync(UploadRef upload, int attempts, string error, DateTimeOffset? nextRetryAt, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.upload_jobs set attempts = @attempts, last_error = left(@error, 1000), next_retry_at = @nextRetryAt
             where tenant_id = @TenantId and id = @JobId and attempt = @Attempt
            """, new { upload.TenantId, upload.JobId, upload.Attempt, attempts, error, nextRetryAt }), ct);

    /// <summary>
    /// A vendor has answered: no call of this attempt waits to be made again. Without this an upload that waits for its file would look
    /// overdue for as long as it waits, and the engine behind.
    /// </summary>
    public Task NoteAnsweredAsync(UploadRef upload, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.upload_jobs set last_error = null, next_retry_at = null
             where tenant_id = @TenantId and id = @JobId and attempt = @Attempt and status in ('waiting', 'processing')
               and next_retry_at is not null
            """, upload), ct);

    /// <summary>The original has arrived at Vercel Blob; null when no job has that pathname.</summary>
    public Task<UploadJob?> KeepBlobAsync(string pathname, string url, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryOneAsync<UploadJob>($"""
            update portal.upload_jobs j set blob_url = @url, bytes_at = coalesce(j.bytes_at, @now), updated_at = @now
             where j.blob_pathname = @pathname and j.source = 'blob'
            returning {UploadStore.Columns}
            """, new { pathname, url, now = clock.GetUtcNow() }), ct);

    /// <summary>What was measured stands in for what the uploader said.</summary>
    public Task KeepSizeAsync(UploadJob job, long sizeBytes, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.asset_versions set size_bytes = @sizeBytes
             where tenant_id = @TenantId and id = @AssetVersionId and size_bytes <> @sizeBytes
            """, new { job.TenantId, job.AssetVersionId, sizeBytes }), ct);

    /// <summary>
    /// Takes unfinished jobs that nothing has touched or asked about since then, oldest first, and notes that they are being asked about.
    /// </summary>
    public Task<IReadOnlyList<UploadJob>> TakeQuietAsync(DateTimeOffset since, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<UploadJob>($"""
            update portal.upload_jobs j set asked_at = @now
             where j.id = any (array(
                   select id from portal.upload_jobs
                    where status in ('waiting', 'processing') and updated_at <= @since and coalesce(asked_at, updated_at) <= @since
                    order by updated_at limit @limit for update skip locked))
            returning {UploadStore.Columns}
            """, new { since, limit, now = clock.GetUtcNow() }), ct);

    /// <summary>Jobs whose orchestration nobody is known to have started.</summary>
    public Task<IReadOnlyList<UploadJob>> UnstartedAsync(DateTimeOffset since, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<UploadJob>($"""
            select {UploadStore.Columns} from portal.upload_jobs j
             where j.status in ('waiting', 'processing') and j.started_at is null and j.updated_at <= @since order by j.updated_at
                limit @limit
            """, new { since, limit }), ct);

    /// <summary>Of these Mux assets: those that a job or an asset version has now.</summary>
    public Task<IReadOnlyList<string>> KnownAssetsAsync(IReadOnlyCollection<string> muxAssetIds, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<string>("""
            select mux_asset_id from portal.upload_jobs where mux_asset_id = any(@ids)
            union select mux_asset_id from portal.asset_versions where mux_asset_id = any(@ids)
            """, new { ids = muxAssetIds.ToArray() }), ct);

    /// <summary>Mux assets that ready versions say they have, a page at a time by version id.</summary>
    public Task<IReadOnlyList<ReadyAsset>> ReadyAssetsAsync(Guid after, DateTimeOffset settledBefore, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<ReadyAsset>("""
            select v.id, v.mux_asset_id from portal.asset_versions v
             where v.status = 'ready' and v.id > @after and v.updated_at <= @settledBefore
               and not exists (select 1 from portal.tenants t where t.id = v.tenant_id and t.status = 'erased')
             order by v.id limit @limit
            """, new { after, settledBefore, limit }), ct);

    private static Task<bool> IsEarlierAsync(Tx tx, string? assetId) => tx.GetAsync<bool>(
        "select exists (select 1 from portal.upload_attempts where mux_asset_id = @assetId)", new { assetId });

    private AttemptArgs Args(UploadRef upload, string? muxUploadId = null, string? url = null) =>
        new(upload.TenantId, upload.JobId, upload.Attempt, muxUploadId, url, clock.GetUtcNow());

    private sealed record AttemptArgs(
        Guid TenantId, Guid JobId, int Attempt, string? MuxUploadId, string? Url, DateTimeOffset Now);
}

/// <summary>A ready version and the Mux asset it plays from.</summary>
public sealed record ReadyAsset(Guid Id, string MuxAssetId);
