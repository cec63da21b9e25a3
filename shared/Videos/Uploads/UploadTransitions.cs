using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Outbox;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>
/// Every move of an upload job's status, each one guarded statement that also moves the asset version, with its audit and event row
/// in the same transaction. A move returns null when the row is not in a status it may leave: late and repeated reports change nothing.
/// </summary>
public sealed class UploadTransitions(AuditWriter audit, AlertStore alerts, TimeProvider clock)
{
    /// <summary>waiting → processing: Mux has the bytes.</summary>
    public async Task<UploadJob?> ToProcessingAsync(Tx tx, UploadJob job, string muxAssetId, Actor actor)
    {
        var moved = await MoveAsync(tx, job, """
            update portal.upload_jobs j set status = 'processing', mux_asset_id = coalesce(j.mux_asset_id, @muxAssetId),
                   bytes_at = coalesce(j.bytes_at, @now), updated_at = @now
             where j.tenant_id = @tenant and j.id = @id and j.attempt = @attempt and j.status = 'waiting'
            """, "processing", "('pending')", new { muxAssetId });
        if (moved is not null)
        {
            await WriteAuditAsync(tx, job, moved, actor, "upload_processing", EventType.UploadProcessing);
        }

        return moved;
    }

    /// <summary>
    /// waiting, processing → ready; failed, timed_out → ready when Mux made the video after all and its version is still there. Event
    /// <c>mux_asset_ready</c>.
    /// </summary>
    public async Task<UploadJob?> ToReadyAsync(Tx tx, UploadJob job, MuxAsset asset, Actor actor)
    {
        var moved = await MoveAsync(tx, job, """
            update portal.upload_jobs j set status = 'ready', ready_at = @now, mux_asset_id = @muxAssetId, mux_upload_url = null,
                   next_retry_at = null,
                   failure_code = null, failure_reason = null, updated_at = @now
             where j.tenant_id = @tenant and j.id = @id and j.attempt = @attempt
               and (j.status in ('waiting', 'processing')
                    or (j.status in ('failed', 'timed_out') and exists (
                            select 1 from portal.asset_versions v
                             where v.tenant_id = @tenant and v.id = j.asset_version_id
                                and v.status in ('pending', 'processing', 'failed'))))
            """, "ready", "('pending', 'processing')", new { muxAssetId = asset.Id });
        if (moved is null)
        {
            return null;
        }

        await tx.ExecuteAsync("""
            update portal.asset_versions set mux_asset_id = @Id, playback_id = @SignedPlaybackId, duration_s = @DurationS,
               aspect_ratio = @AspectRatio,
                   width = @Width, height = @Height, frame_rate = @FrameRate, resolution_tier = @Tier, failure_reason = null,
                   status = 'ready', updated_at = @now
             where tenant_id = @tenant and id = @versionId and status in ('pending', 'processing', 'failed')
            """, new
        {
            asset.Id,
            asset.SignedPlaybackId,
            asset.DurationS,
            asset.AspectRatio,
            asset.Width,
            asset.Height,
            asset.FrameRate,
            asset.Tier,
            tenant = job.TenantId,
            versionId = job.AssetVersionId,
            now = clock.GetUtcNow(),
        });
        await WriteAuditAsync(tx, job, moved, actor, "mux_asset_ready", EventType.AssetReady);
        return moved;
    }

    /// <summary>waiting, processing → failed, with the reason kept and an alert. Event <c>asset_process_failed</c>.</summary>
    public async Task<UploadJob?> ToFailedAsync(Tx tx, UploadJob job, string code, string reason, Actor actor)
    {
        var text = reason.Length > 1000 ? reason[..1000] : reason;
        var moved = await MoveAsync(tx, job, """
            update portal.upload_jobs j set status = 'failed', failure_code = @code, failure_reason = @text, next_retry_at = null,
               mux_upload_url = null, updated_at = @now
             where j.tenant_id = @tenant and j.id = @id and j.attempt = @attempt and j.status in ('waiting', 'processing')
            """, "failed", "('pending', 'processing')", new { code, text });
        if (moved is not null)
        {
            await WriteAuditAsync(tx, job, moved, actor, "asset_process_failed", EventType.AssetFailed);
            await alerts.AddAsync(tx, new(AlertKind.UploadFailed, job.Id.ToString(), $"Upload {job.Id} failed: {code}.",
                new { jobId = job.Id.Value, attempt = job.Attempt, code }));
        }

        return moved;
    }

    /// <summary>waiting → timed_out: nothing was sent in time. Mux sends no webhook for this; reconciliation finds it.</summary>
    public async Task<UploadJob?> ToTimedOutAsync(Tx tx, UploadJob job, Actor actor)
    {
        var moved = await MoveAsync(tx, job, """
            update portal.upload_jobs j set status = 'timed_out', failure_code = 'timed_out', failure_reason = 'No file was sent in time.',
                   next_retry_at = null, mux_upload_url = null, updated_at = @now
             where j.tenant_id = @tenant and j.id = @id and j.attempt = @attempt and j.status = 'waiting'
            """, "failed", "('pending', 'processing')", new { });
        if (moved is not null)
        {
            await WriteAuditAsync(tx, job, moved, actor, "upload_timed_out", EventType.AssetFailed);
        }

        return moved;
    }

    /// <summary>waiting, processing → cancelled.</summary>
    public async Task<UploadJob?> ToCancelledAsync(Tx tx, UploadJob job, Actor actor)
    {
        var moved = await MoveAsync(tx, job, """
            update portal.upload_jobs j set status = 'cancelled', next_retry_at = null, mux_upload_url = null, updated_at = @now
             where j.tenant_id = @tenant and j.id = @id and j.attempt = @attempt and j.status in ('waiting', 'processing')
            """, "cancelled", "('pending', 'processing')", new { });
        if (moved is not null)
        {
            await WriteAuditAsync(tx, job, moved, actor, "upload_cancelled", EventType.UploadCancelled);
        }

        return moved;
    }

    /// <summary>
    /// failed, timed_out → waiting as the next attempt; waiting, processing → waiting likewise when Mux failed and the file did not. What
    /// Mux called the last attempt is kept in upload_attempts, so that its late events are not taken for those of the new one. An upload
    /// straight to Mux is not opened again for a tenant that has since moved to Australia, nor one to Blob whose original was deleted.
    /// </summary>
    /// <param name="fault">How the present attempt ended, when it has not ended in the row yet.</param>
    public async Task<UploadJob?> ToReplayedAsync(
        Tx tx, UploadJob job, DateTimeOffset expiresAt, string why, Actor actor, AttemptFault? fault = null)
    {
        string[] jobFrom = fault is null ? [UploadStatus.Failed, UploadStatus.TimedOut] : [UploadStatus.Waiting, UploadStatus.Processing];
        var versionFrom = fault is null ? "('failed', 'cancelled')" : "('pending', 'processing')";
        var moved = await MoveAsync(tx, job, $"""
            with old as (
                select * from portal.upload_jobs where tenant_id = @tenant and id = @id and attempt = @attempt and status = any(@jobFrom)
                   and exists (select 1 from portal.asset_versions v where v.tenant_id = @tenant and v.id = asset_version_id
                      and v.status in {versionFrom})
                   and case source when 'blob' then blob_pathname is not null
                       else exists (select 1 from portal.tenants t where t.id = @tenant and t.residency <> 'australia') end
                   for update
            ), kept as (
                insert into portal.upload_attempts (tenant_id, job_id, attempt, mux_upload_id, mux_asset_id, outcome, failure_code,
                   failure_reason, ended_at)
                select tenant_id, id, attempt, mux_upload_id, coalesce(mux_asset_id, @muxAssetId),
                       case when @code is null then status else 'failed' end, coalesce(@code, failure_code),
                       coalesce(left(@reason, 1000), failure_reason), case when @code is null then updated_at else @now end
                  from old
            )
            update portal.upload_jobs j set status = 'waiting', attempt = j.attempt + 1, started_at = null, mux_upload_id = null,
               mux_upload_url = null,
                   mux_asset_id = null, mux_create_at = null, attempts = 0, last_error = null, next_retry_at = null, failure_code = null,
                   bytes_at = case when j.blob_url is not null then j.bytes_at end,
                   failure_reason = null, expires_at = @expiresAt, updated_at = @now
              from old where j.id = old.id
            """, "pending", versionFrom, new
        {
            expiresAt,
            jobFrom,
            code = fault?.Code,
            reason = fault?.Reason,
            muxAssetId = fault?.MuxAssetId,
        });
        if (moved is not null)
        {
            await audit.WriteAsync(tx, job.TenantId, actor, new AuditEntry("upload_replayed", "upload_job", job.Id.Value,
                new { status = job.Status, attempt = job.Attempt, failureCode = fault?.Code ?? job.FailureCode },
                new
                {
                    status = moved.Status,
                    attempt = moved.Attempt,
                    reason = why,
                    fileNeeded = !moved.HasOriginal,
                    projectId = moved.ProjectId.Value,
                    assetId = moved.AssetId.Value,
                    assetVersionId = moved.AssetVersionId.Value,
                    uploaderId = moved.CreatedBy.Value,
                },
                EventType.UploadReplayed));
        }

        return moved;
    }

    private async Task<UploadJob?> MoveAsync(Tx tx, UploadJob job, string update, string versionStatus, string versionFrom, object extra)
    {
        var args = new Dapper.DynamicParameters(extra);
        args.AddDynamicParams(new { tenant = job.TenantId, id = job.Id, attempt = job.Attempt, now = clock.GetUtcNow() });
        var moved = await tx.QueryOneAsync<UploadJob>($"{update} returning {UploadStore.Columns}", args);
        if (moved is not null && versionStatus != "ready")
        {
            await tx.ExecuteAsync($"""
                update portal.asset_versions set status = @versionStatus, failure_reason = @reason, updated_at = @now
                 where tenant_id = @tenant and id = @versionId and status in {versionFrom}
                """, new
            {
                versionStatus,
                reason = moved.FailureReason,
                now = clock.GetUtcNow(),
                tenant = job.TenantId,
                versionId = job.AssetVersionId,
            });
        }

        return moved;
    }

    private Task WriteAuditAsync(Tx tx, UploadJob before, UploadJob after, Actor actor, string action, EventType eventType) =>
        audit.WriteAsync(tx, before.TenantId, actor, new AuditEntry(action, "upload_job", before.Id.Value,
            new { status = before.Status },
            new
            {
                status = after.Status,
                attempt = after.Attempt,
                projectId = after.ProjectId.Value,
                assetId = after.AssetId.Value,
                assetVersionId = after.AssetVersionId.Value,
                uploaderId = after.CreatedBy.Value,
                failureCode = after.FailureCode,
            },
            eventType));
}

/// <summary>How an attempt ended by Mux's fault.</summary>
public sealed record AttemptFault(string Code, string Reason, string MuxAssetId);
