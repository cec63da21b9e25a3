using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance;

/// <summary>A tenant and the numbers that it set itself.</summary>
public sealed record TenantRetention(
    TenantId Id, int? KeepNotificationDays, int? KeepUploadJobDays, int? KeepActiveVideoDays, int? KeepInactiveVideoDays,
    int? KeepRawAnalyticsDays);

/// <summary>A version that retention has archived.</summary>
public sealed record RetiredVersion(Guid VersionId, Guid AssetId, Guid ProjectId, int VersionNumber, string Status);

/// <summary>A version whose video goes at Mux.</summary>
public sealed record PurgedVersion(Guid Id, Guid AssetId, string? MuxAssetId);

/// <summary>An original at Vercel Blob whose time is over.</summary>
public sealed record StoredOriginal(Guid JobId, Guid AssetVersionId, string BlobUrl);

/// <summary>How many unread notifications a person has lost.</summary>
public sealed record UnreadLost(Guid UserId, int Unread);

/// <summary>
/// All SQL of retention, as portal_system: one bounded statement each, which takes the oldest first. How many rows it came to says whether
/// there are more.
/// </summary>
public sealed class RetentionStore(PortalDb db)
{
    public Task<IReadOnlyList<TenantRetention>> TenantsAsync(CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<TenantRetention>("""
        select id, keep_notification_days, keep_upload_job_days, keep_active_video_days, keep_inactive_video_days, keep_raw_analytics_days
          from portal.tenants order by id
        """), ct);

    /// <summary>Unread ones by person: their counts must follow.</summary>
    public async Task<(int Rows, IReadOnlyList<UnreadLost> Unread)> PruneNotificationsAsync(
        Tx tx, TenantId tenant, DateTimeOffset before, int limit)
    {
        var gone = await tx.QueryAsync<GoneNotification>("""
            delete from portal.notifications n
             where n.tenant_id = @tenant and n.id in (select o.id from portal.notifications o
                                                       where o.tenant_id = @tenant and o.created_at < @before
                                                          and not portal.is_held(@tenant, null, null, o.user_id)
                                                       order by o.created_at limit @limit)
            returning n.user_id, n.read_at is null as unread
            """, new { tenant, before, limit });
        return (gone.Count, [.. gone.Where(n => n.Unread).GroupBy(n => n.UserId).Select(of => new UnreadLost(of.Key, of.Count()))]);
    }

    /// <summary>Over for so long. One whose original is still in Blob stays: its row is the only thing that knows where that is.</summary>
    public Task<int> PruneUploadJobsAsync(Tx tx, TenantId tenant, DateTimeOffset before, int limit) => tx.GetAsync<int>("""
        with old as (
            select id from portal.upload_jobs
             where tenant_id = @tenant and status in ('ready', 'failed', 'timed_out', 'cancelled') and updated_at < @before
                and blob_url is null and not portal.is_held(@tenant, null, asset_id, created_by)
             order by updated_at limit @limit for update skip locked),
        attempts as (delete from portal.upload_attempts where tenant_id = @tenant and job_id in (select id from old)),
        gone as (delete from portal.upload_jobs where tenant_id = @tenant and id in (select id from old) returning 1)
        select count(*)::integer from gone
        """, new { tenant, before, limit });

    /// <summary>Only what the roll-ups have.</summary>
    public Task<int> PruneRawAnalyticsAsync(Tx tx, TenantId tenant, DateTimeOffset before, int limit) => tx.ExecuteAsync("""
        delete from portal.analytics_raw
         where tenant_id = @tenant and (event_id, metric) in (
               select event_id, metric from portal.analytics_raw where tenant_id = @tenant and rolled_up and recorded_at < @before
                   and not portal.is_held(@tenant, project_id, null, null)
                order by recorded_at limit @limit)
        """, new { tenant, before, limit });

    /// <summary>ready, failed, cancelled → archived, of those whose people were told before.</summary>
    public Task<IReadOnlyList<RetiredVersion>> ArchiveVersionsAsync(
        Tx tx, TenantId tenant, DateTimeOffset activeBefore, DateTimeOffset inactiveBefore, DateTimeOffset actedSince,
        DateTimeOffset warnedBefore, DateTimeOffset now, int limit) =>
        tx.QueryAsync<RetiredVersion>("""
            select * from portal.archive_old_versions(@tenant, @activeBefore, @inactiveBefore, @actedSince, @warnedBefore, @now, @limit)
            """, new { tenant, activeBefore, inactiveBefore, actedSince, warnedBefore, now, limit });

    /// <summary>Versions whose people are to be told now: those that will be old by the moments given.</summary>
    public Task<IReadOnlyList<RetiredVersion>> WarnVersionsAsync(
        Tx tx, TenantId tenant, DateTimeOffset activeBefore, DateTimeOffset inactiveBefore, DateTimeOffset actedSince, DateTimeOffset now,
        int limit) =>
        tx.QueryAsync<RetiredVersion>(
            "select * from portal.warn_old_versions(@tenant, @activeBefore, @inactiveBefore, @actedSince, @now, @limit)",
            new { tenant, activeBefore, inactiveBefore, actedSince, now, limit });

    /// <summary>Puts the Mux assets of versions that were archived long ago on the list of those to delete.</summary>
    public async Task<IReadOnlyList<PurgedVersion>> PurgeVersionsAsync(
        Tx tx, TenantId tenant, DateTimeOffset archivedBefore, DateTimeOffset now, int limit)
    {
        var purged = await tx.QueryAsync<PurgedVersion>("""
            update portal.asset_versions v set purged_at = @now
             where v.tenant_id = @tenant and v.id = any (array(
                   select id from portal.asset_versions
                    where tenant_id = @tenant and status = 'archived' and purged_at is null and archived_at < @archivedBefore
                      and not portal.is_held(@tenant, null, asset_id, null)
                    order by archived_at limit @limit for update skip locked))
            returning v.id, v.asset_id, v.mux_asset_id
            """, new { tenant, archivedBefore, now, limit });
        await tx.ExecuteAsync("""
            insert into portal.mux_cleanups (mux_asset_id, tenant_id, job_id, reason, next_attempt_at, created_at)
            select v.mux_asset_id, v.tenant_id, coalesce(j.id, v.id), 'retention', @now, @now
              from portal.asset_versions v
              left join portal.upload_jobs j on j.tenant_id = v.tenant_id and j.asset_version_id = v.id
             where v.tenant_id = @tenant and v.id = any(@ids) and v.mux_asset_id is not null
            on conflict (mux_asset_id) do nothing
            """, new { tenant, ids = purged.Select(version => version.Id).ToArray(), now });
        return purged;
    }

    /// <summary>Originals whose version was purged, or whose upload is over for so long; by job.</summary>
    public Task<IReadOnlyList<StoredOriginal>> OriginalsAsync(
        TenantId tenant, DateTimeOffset jobsBefore, Guid after, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<StoredOriginal>("""
            select j.id as job_id, j.asset_version_id, j.blob_url
              from portal.upload_jobs j
              join portal.asset_versions v on v.tenant_id = j.tenant_id and v.id = j.asset_version_id
             where j.tenant_id = @tenant and j.blob_url is not null and j.id > @after
                and j.status in ('ready', 'failed', 'timed_out', 'cancelled')
               and (v.purged_at is not null or j.updated_at < @jobsBefore)
               and not portal.is_held(@tenant, null, j.asset_id, null)
             order by j.id limit @limit
            """, new { tenant, jobsBefore, after, limit }), ct);

    /// <summary>Not updated_at: that is when the upload was over.</summary>
    public async Task<bool> ForgetOriginalAsync(Tx tx, TenantId tenant, StoredOriginal original) => await tx.ExecuteAsync("""
        update portal.upload_jobs set blob_url = null, blob_pathname = null where tenant_id = @tenant and id = @JobId
           and blob_url = @BlobUrl
        """, new { tenant, original.JobId, original.BlobUrl }) == 1;

    /// <summary>The last seal that may be archived; null: none.</summary>
    public Task<long?> LastSealAsync(TenantId tenant, DateTimeOffset before, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.GetAsync<long?>("select portal.last_seal_before(@tenant, @before)", new { tenant, before }), ct);

    public Task<int> ArchivePlaybackAsync(Tx tx, TenantId tenant, DateTimeOffset before, int limit) =>
        tx.GetAsync<int>("select portal.archive_playback(@tenant, @before, @limit)", new { tenant, before, limit });

    // What follows has one number for all tenants.

    /// <summary>Dead ones too: by then on-call has had its time to replay them.</summary>
    public Task<int> PruneWebhooksAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.webhook_inbox where (provider, event_id) in (
            select provider, event_id from portal.webhook_inbox where status in ('processed', 'dead') and received_at < @before
               order by received_at limit @limit)
        """, new { before, limit }), ct);

    public Task<int> PruneWebhookAttemptsAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.webhook_attempts where (delivery_id, attempt, number) in (
            select delivery_id, attempt, number from portal.webhook_attempts where sent_at < @before
               and not portal.is_held(tenant_id, null, null, null) order by sent_at limit @limit)
        """, new { before, limit }), ct);

    public Task<int> PruneDeliveriesAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.deliveries where id in (
            select id from portal.deliveries where status in ('sent', 'skipped', 'failed') and created_at < @before
               and not portal.is_held(tenant_id, null, null, null) order by created_at limit @limit)
        """, new { before, limit }), ct);

    /// <summary>What monitoring reported: kept as long as its webhooks, so that a repeat counts once.</summary>
    public Task<int> PruneIncidentReportsAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.incident_reports where report_id in (select report_id from portal.incident_reports where reported_at < @before
        order by reported_at limit @limit)
        """, new { before, limit }), ct);

    public Task<int> PruneDigestsAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.digests where (tenant_id, user_id, day) in (
            select tenant_id, user_id, day from portal.digests where day < @before::date order by day limit @limit)
        """, new { before, limit }), ct);

    public Task<int> PruneIdempotencyKeysAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.idempotency_keys where (tenant_id, actor_id, key) in (
            select tenant_id, actor_id, key from portal.idempotency_keys where created_at < @before order by created_at limit @limit)
        """, new { before, limit }), ct);

    /// <summary>Whom links were addressed to that ended before.</summary>
    public Task<int> PruneGuestAddressesAsync(DateTimeOffset before, int limit, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.GetAsync<int>("select portal.prune_guest_addresses(@before, @limit)", new { before, limit }), ct);

    /// <summary>Who opened links that ended before: hashes and names, not that somebody did.</summary>
    public Task<int> PruneViewersAsync(DateTimeOffset before, int limit, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.GetAsync<int>("select portal.prune_viewers(@before, @limit)", new { before, limit }), ct);

    /// <summary>Invites that were over before.</summary>
    public Task<int> PruneInvitesAsync(DateTimeOffset before, int limit, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.GetAsync<int>("select portal.prune_invites(@before, @limit)", new { before, limit }), ct);

    /// <summary>Of links that have ended; one that is extended asks for its passphrase again.</summary>
    public Task<int> PruneUnlocksAsync(int limit, CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.share_unlocks where (share_link_id, unlock_hash) in (
            select u.share_link_id, u.unlock_hash from portal.share_unlocks u
              join portal.share_links l on l.tenant_id = u.tenant_id and l.id = u.share_link_id
             where l.status in ('expired', 'revoked') limit @limit)
        """, new { limit }), ct);

    public Task<int> PruneOperatorSessionsAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.operator_sessions where id in (
            select id from portal.operator_sessions where expires_at < @before or ended_at < @before limit @limit)
        """, new { before, limit }), ct);

    public Task<int> PruneRollupsAsync(DateTimeOffset hoursBefore, DateTimeOffset daysBefore, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.analytics_rollups where ctid = any (array(
            select ctid from portal.analytics_rollups
             where (grain = 'hour' and bucket_start < @hoursBefore) or (grain = 'day' and bucket_start < @daysBefore) limit @limit))
        """, new { hoursBefore, daysBefore, limit }), ct);

    /// <summary>What objectives are measured by: figures of requests, and counts a minute.</summary>
    public Task<int> PruneFiguresAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.request_figures where ctid = any (array(
            select ctid from portal.request_figures where minute < @before order by minute limit @limit))
        """, new { before, limit }), ct);

    /// <inheritdoc cref="PruneFiguresAsync"/>
    public Task<int> PruneObjectiveMinutesAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.objective_minutes where ctid = any (array(
            select ctid from portal.objective_minutes where minute < @before order by minute limit @limit))
        """, new { before, limit }), ct);

    /// <summary>What players said of playbacks.</summary>
    public Task<int> PrunePlaybackEventsAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.playback_events where ctid = any (array(
            select ctid from portal.playback_events where minute < @before and not portal.is_held(tenant_id, null, null, null)
             order by minute limit @limit))
        """, new { before, limit }), ct);

    /// <summary>What limits refused, or would have.</summary>
    public Task<int> PruneLimitFiguresAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.limit_figures where ctid = any (array(
            select ctid from portal.limit_figures where minute < @before order by minute limit @limit))
        """, new { before, limit }), ct);

    /// <summary>What the synthetic probe came to.</summary>
    public Task<int> PruneProbeRunsAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.probe_runs where minute = any (array(
            select minute from portal.probe_runs where minute < @before order by minute limit @limit))
        """, new { before, limit }), ct);

    /// <summary>What was used on days before that one.</summary>
    public Task<int> PruneUsageAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.usage_days where ctid = any (array(
            select ctid from portal.usage_days where day < (@before at time zone 'UTC')::date order by day limit @limit))
        """, new { before, limit }), ct);

    /// <inheritdoc cref="PruneUsageAsync"/>
    public Task<int> PruneBudgetNoticesAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.budget_notices where ctid = any (array(
            select ctid from portal.budget_notices where month < (@before at time zone 'UTC')::date order by month limit @limit))
        """, new { before, limit }), ct);

    /// <inheritdoc cref="PruneUsageAsync"/>
    public Task<int> PruneUsageCountsAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.usage_counts where day in (
            select day from portal.usage_counts where day < (@before at time zone 'UTC')::date order by day limit @limit)
        """, new { before, limit }), ct);

    /// <summary>Of instances that have sent no figures since: they are gone.</summary>
    public Task<int> PruneFlushesAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.request_flushes where instance in (
            select instance from portal.request_flushes where at < @before order by at limit @limit)
        """, new { before, limit }), ct);

    private sealed record GoneNotification(Guid UserId, bool Unread);
}
