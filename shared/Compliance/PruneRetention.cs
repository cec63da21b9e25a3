using Microsoft.Extensions.Logging;
using Portal.Compliance.Archive;
using Portal.Foundation;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Timers;
using Portal.People;

namespace Portal.Compliance;

/// <summary>Histories of orchestrations that have ended; the Functions side knows where they are.</summary>
public interface IOrchestrationHistories
{
    /// <summary>Of those that were started before that moment; how many.</summary>
    Task<int> PurgeCompletedAsync(DateTimeOffset before, CancellationToken ct);

    /// <summary>Failed and terminated ones, likewise.</summary>
    Task<int> PurgeFailedAsync(DateTimeOffset before, CancellationToken ct);
}

/// <summary>
/// Lets go of what was kept for its time: archives where the number says so, deletes where it does not. In batches, each a transaction of
/// its own, so that nothing waits for long; what a run leaves is older, and first, in the next. Whatever is decided is decided by the ages
/// of rows, so that a second run finds nothing and one after missed days does all of them.
/// </summary>
public sealed partial class PruneRetention(
    RetentionStore store, DeleteOriginals originals, ArchiveAudit archive, AuditArchiveStore files, TimerRunStore runs, AuditWriter audit,
    PortalDb db, TimeProvider clock, ILogger<PruneRetention> logger)
{
    public const int Batch = 1000;

    /// <summary>Of one class and tenant in a run. Videos come with an audit row each, so theirs are smaller.</summary>
    private const int MostBatches = 200;
    private const int VideoBatch = 100;

    /// <summary>Small rows, of which there are many a minute.</summary>
    private const int FigureBatch = 10_000;
    private static readonly Actor By = Actor.System("retention");

    /// <exception cref="AggregateException">Of some tenants not everything could be done; the others were.</exception>
    public async Task<RunCounts> RunAsync(IOrchestrationHistories histories, CancellationToken ct)
    {
        var counts = new RunCounts();
        await PlatformAsync(counts, ct);
        await GuestsAsync(counts, ct);
        var faults = new List<Exception>();
        foreach (var tenant in await store.TenantsAsync(ct))
        {
            try
            {
                await TenantAsync(tenant, counts, ct);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.TenantFailed(logger, e, tenant.Id.Value);
                faults.Add(e);
            }
        }

        // Last: the engine being away keeps no tenant's rows from going.
        counts.Add("histories", await histories.PurgeCompletedAsync(Days(RetentionDefaults.CompletedHistoryDays), ct)
            + await histories.PurgeFailedAsync(Days(RetentionDefaults.FailedHistoryDays), ct));
        return faults.Count == 0 ? counts : throw new AggregateException($"{faults.Count} tenants could not be done whole.", faults);
    }

    private async Task PlatformAsync(RunCounts counts, CancellationToken ct)
    {
        await DrainAsync(counts, "webhooks", Batch, limit => store.PruneWebhooksAsync(Days(RetentionDefaults.WebhookDays), limit, ct), ct);
        await DrainAsync(
            counts, "webhookAttempts", Batch,
            limit => store.PruneWebhookAttemptsAsync(Days(RetentionDefaults.WebhookLogDays), limit, ct), ct);
        await DrainAsync(
            counts, "deliveries", Batch, limit => store.PruneDeliveriesAsync(Days(RetentionDefaults.DeliveryDays), limit, ct), ct);
        await DrainAsync(
            counts, "incidentReports", Batch, limit => store.PruneIncidentReportsAsync(
                Days(RetentionDefaults.WebhookDays), limit, ct), ct);
        await DrainAsync(counts, "digests", Batch, limit => store.PruneDigestsAsync(Days(RetentionDefaults.DeliveryDays), limit, ct), ct);
        await DrainAsync(
            counts, "idempotencyKeys", Batch, limit => store.PruneIdempotencyKeysAsync(
                clock.GetUtcNow().AddHours(-RetentionDefaults.IdempotencyHours), limit, ct), ct);
        await DrainAsync(counts, "unlocks", Batch, limit => store.PruneUnlocksAsync(limit, ct), ct);
        await DrainAsync(
            counts, "operatorSessions", Batch, limit => store.PruneOperatorSessionsAsync(
                Days(RetentionDefaults.OperatorSessionDays), limit, ct), ct);
        await DrainAsync(counts, "timerRuns", Batch, limit => runs.PruneAsync(Days(RetentionDefaults.TimerRunDays), limit, ct), ct);
        await DrainAsync(
            counts, "requestFigures", FigureBatch, limit => store.PruneFiguresAsync(Days(RetentionDefaults.FigureDays), limit, ct), ct);
        await DrainAsync(
            counts, "objectiveMinutes", FigureBatch, limit => store.PruneObjectiveMinutesAsync(
                Days(RetentionDefaults.FigureDays), limit, ct), ct);
        await DrainAsync(
            counts, "requestFlushes", Batch, limit => store.PruneFlushesAsync(Days(RetentionDefaults.FigureDays), limit, ct), ct);
        await DrainAsync(
            counts, "playbackEvents", FigureBatch, limit => store.PrunePlaybackEventsAsync(
                Days(RetentionDefaults.PlaybackEventDays), limit, ct), ct);
        await DrainAsync(
            counts, "limitFigures", FigureBatch,
            limit => store.PruneLimitFiguresAsync(Days(RetentionDefaults.LimitFigureDays), limit, ct), ct);
        await DrainAsync(
            counts, "probeRuns", Batch, limit => store.PruneProbeRunsAsync(Days(RetentionDefaults.ProbeDays), limit, ct), ct);
        await DrainAsync(
            counts, "usageDays", FigureBatch, limit => store.PruneUsageAsync(Days(RetentionDefaults.UsageDays), limit, ct), ct);
        await DrainAsync(
            counts, "budgetNotices", Batch,
            limit => store.PruneBudgetNoticesAsync(Days(RetentionDefaults.UsageDays), limit, ct), ct);
        await DrainAsync(
            counts, "usageCounts", Batch, limit => store.PruneUsageCountsAsync(Days(RetentionDefaults.UsageDays), limit, ct), ct);
        await DrainAsync(
            counts, "rollups", Batch, limit => store.PruneRollupsAsync(
                Days(RetentionDefaults.HourlyAnalyticsDays), Days(RetentionDefaults.DailyAnalyticsDays), limit, ct), ct);
    }

    /// <summary>Whom links were addressed to, who opened them, who was invited.</summary>
    private async Task GuestsAsync(RunCounts counts, CancellationToken ct)
    {
        await DrainAsync(
            counts, "guestAddresses", Batch, limit => store.PruneGuestAddressesAsync(Days(RetentionDefaults.GuestDays), limit, ct), ct);
        await DrainAsync(counts, "viewers", Batch, limit => store.PruneViewersAsync(Days(RetentionDefaults.GuestDays), limit, ct), ct);
        await DrainAsync(counts, "invites", Batch, limit => store.PruneInvitesAsync(Days(RetentionDefaults.InviteDays), limit, ct), ct);
    }

    private async Task TenantAsync(TenantRetention tenant, RunCounts counts, CancellationToken ct)
    {
        await DrainAsync(counts, "notifications", Batch, limit => NotificationsAsync(tenant, limit, ct), ct);
        await DrainAsync(counts, "videosWarned", VideoBatch, limit => WarnOfVideosAsync(tenant, limit, ct), ct);
        await DrainAsync(counts, "videosArchived", VideoBatch, limit => ArchiveVideosAsync(tenant, limit, ct), ct);
        await DrainAsync(counts, "videosPurged", VideoBatch, limit => PurgeVideosAsync(tenant.Id, limit, ct), ct);
        var (deleted, left) = await originals.RunAsync(
            tenant.Id, Days(tenant.KeepUploadJobDays ?? RetentionSettings.MaxUploadJobDays), ct);
        counts.Add("originalsDeleted", deleted).Add("originalsLeft", left);
        await DrainAsync(counts, "uploadJobs", Batch, limit => db.AcrossTenantsAsync(
            tx => store.PruneUploadJobsAsync(
                tx, tenant.Id, Days(tenant.KeepUploadJobDays ?? RetentionSettings.MaxUploadJobDays), limit), ct), ct);
        await DrainAsync(counts, "rawAnalytics", Batch, limit => db.AcrossTenantsAsync(
            tx => store.PruneRawAnalyticsAsync(
                tx, tenant.Id, Days(tenant.KeepRawAnalyticsDays ?? RetentionSettings.MaxRawAnalyticsDays), limit), ct), ct);
        await DrainAsync(counts, "playbackArchived", Batch, limit => db.AcrossTenantsAsync(
            tx => store.ArchivePlaybackAsync(tx, tenant.Id, Days(RetentionDefaults.PlaybackAuditDays), limit), ct), ct);
        await ArchiveAuditAsync(tenant.Id, counts, ct);
    }

    /// <summary>One event for a batch, from which unread counts can be made again.</summary>
    private Task<int> NotificationsAsync(TenantRetention tenant, int limit, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var (rows, unread) = await store.PruneNotificationsAsync(
            tx, tenant.Id, Days(tenant.KeepNotificationDays ?? RetentionSettings.MaxNotificationDays), limit);
        if (rows > 0)
        {
            await audit.WriteAsync(tx, tenant.Id, By, new AuditEntry("notifications_pruned", "tenant", tenant.Id.Value,
                null, new { notifications = rows, users = unread.ToDictionary(lost => lost.UserId, lost => lost.Unread) },
                EventType.NotificationsPruned));
        }

        return rows;
    }, ct);

    private static (int Active, int Inactive) VideoDays(TenantRetention tenant)
    {
        var active = tenant.KeepActiveVideoDays ?? RetentionSettings.MaxActiveVideoDays;
        return (active, Math.Min(active, tenant.KeepInactiveVideoDays ?? RetentionSettings.MaxInactiveVideoDays));
    }

    /// <summary>Tells the people of videos that will be taken two weeks from now; of a failed or cancelled one there is nothing to
    /// tell.</summary>
    private Task<int> WarnOfVideosAsync(TenantRetention tenant, int limit, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var (active, inactive) = VideoDays(tenant);
        var warned = await store.WarnVersionsAsync(
            tx, tenant.Id, Days(active - RetentionDefaults.VideoWarningDays), Days(inactive - RetentionDefaults.VideoWarningDays),
            Days(RetentionDefaults.CreatorActiveDays), clock.GetUtcNow(), limit);
        foreach (var version in warned.Where(version => version.Status == "ready"))
        {
            await audit.WriteAsync(tx, tenant.Id, By, new AuditEntry("asset_expiring", "asset", version.AssetId, null,
                new
                {
                    projectId = version.ProjectId,
                    assetVersionId = version.VersionId,
                    versionNumber = version.VersionNumber,
                    archivedFrom = clock.GetUtcNow().AddDays(RetentionDefaults.VideoWarningDays),
                },
                EventType.AssetExpiring));
        }

        return warned.Count;
    }, ct);

    private Task<int> ArchiveVideosAsync(TenantRetention tenant, int limit, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var (active, inactive) = VideoDays(tenant);
        var archived = await store.ArchiveVersionsAsync(
            tx, tenant.Id, Days(active), Days(inactive), Days(RetentionDefaults.CreatorActiveDays),
            Days(RetentionDefaults.VideoWarningDays), clock.GetUtcNow(), limit);
        foreach (var version in archived)
        {
            await audit.WriteAsync(tx, tenant.Id, By, new AuditEntry("asset_version_archived", "asset_version", version.VersionId,
                new { status = version.Status },
                new
                {
                    status = "archived",
                    assetId = version.AssetId,
                    projectId = version.ProjectId,
                    versionNumber = version.VersionNumber,
                    cause = "retention",
                },
                EventType.AssetVersionArchived));
        }

        return archived.Count;
    }, ct);

    private Task<int> PurgeVideosAsync(TenantId tenant, int limit, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var purged = await store.PurgeVersionsAsync(tx, tenant, Days(RetentionDefaults.ArchivedVideoDays), clock.GetUtcNow(), limit);
        foreach (var version in purged)
        {
            await audit.WriteAsync(tx, tenant, By, new AuditEntry("asset_version_purged", "asset_version", version.Id,
                new { status = "archived" },
                new { status = "archived", purged = true, assetId = version.AssetId, muxAssetId = version.MuxAssetId },
                EventType.AssetVersionPurged));
        }

        return purged.Count;
    }, ct);

    /// <summary>Into files first; then those rows leave the log that a file has and whose class is over.</summary>
    private async Task ArchiveAuditAsync(TenantId tenant, RunCounts counts, CancellationToken ct)
    {
        await archive.RunAsync(tenant, counts, ct);
        foreach (var of in AuditClass.All)
        {
            await DrainAsync(counts, "auditReleased", Batch, limit => files.ReleaseAsync(tenant, of, Days(of.Days), limit, ct), ct);
        }
    }

    private DateTimeOffset Days(int days) => clock.GetUtcNow().AddDays(-days);

    private static async Task DrainAsync(RunCounts counts, string name, int batch, Func<int, Task<int>> work, CancellationToken ct)
    {
        for (var round = 0; round < MostBatches; round++)
        {
            ct.ThrowIfCancellationRequested();
            var rows = await work(batch);
            counts.Add(name, rows);
            if (rows < batch)
            {
                return;
            }
        }

        // The next run goes on; that it had to is worth seeing.
        counts.Add($"{name}Cut", 1);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Retention of tenant {TenantId} was not done whole; the next run tries again")]
        public static partial void TenantFailed(ILogger logger, Exception e, Guid tenantId);
    }
}
