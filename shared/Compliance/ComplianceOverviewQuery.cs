using Portal.Compliance.Reviews;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.People;

namespace Portal.Compliance;

/// <summary>Erasures that are not done. One that a legal hold keeps from beginning has no deadline while it is held.</summary>
public sealed record OpenErasures(long Open, long Held, long Overdue, DateTimeOffset? OldestRequestedAt, DateTimeOffset? NextDueAt);

/// <summary>Legal holds in force; <paramref name="NextReviewOn"/> is the earliest day on which one is to be looked at, past or to
/// come.</summary>
public sealed record HoldsInForce(long InForce, long PastReview, DateOnly? NextReviewOn);

/// <summary>A tenant's last residency report, without its content.</summary>
public sealed record LastResidencyReport(Guid Id, string Week, DateTimeOffset CreatedAt);

/// <summary>The tenant's last seal over its audit log.</summary>
public sealed record LastAuditSeal(long Number, DateTimeOffset SealedAt);

/// <summary>How a tenant stands with what it has to see to.</summary>
/// <param name="UnsealedRows">Rows of the audit log after the last seal; counting stops at
/// <see cref="ComplianceOverviewQuery.CountLimit"/>.</param>
/// <param name="RestoredAt">When a backup of the portal was last restored with success; null: never.</param>
public sealed record ComplianceOverview(
    OpenErasures Erasures, HoldsInForce Holds, IReadOnlyList<VendorStanding> Vendors, LastResidencyReport? Report, LastAuditSeal? Seal,
    long UnsealedRows, RetentionSettings Retention, DateTimeOffset? RestoredAt);

/// <summary>What the overview of compliance is made of, in two round trips, each part by an index.</summary>
public sealed class ComplianceOverviewQuery(PortalDb db, VendorReviewStore reviews, TimeProvider clock)
{
    public const int CountLimit = 1000;

    private const string Overview = """
        select e.open, e.held, e.overdue, e.oldest_requested_at, e.next_due_at, h.in_force, h.past_review, h.next_review_on,
               r.id as report_id, r.week as report_week, r.created_at as report_created_at, s.number as seal_number, s.sealed_at,
               u.unsealed_rows, t.keep_notification_days, t.keep_upload_job_days, t.keep_active_video_days, t.keep_inactive_video_days,
               t.keep_raw_analytics_days, portal.last_restored_at() as restored_at
          from portal.tenants t
         cross join lateral (
               select count(*) as open, count(*) filter (where q.status = 'held') as held,
                      count(*) filter (where q.status <> 'held' and q.due_at < @now) as overdue,
                      min(q.requested_at) as oldest_requested_at, min(q.due_at) filter (where q.status <> 'held') as next_due_at
                 from portal.erasure_requests q
                where q.tenant_id = @tenant and q.status in ('requested', 'running', 'failed', 'held')) e
         cross join lateral (
               select count(*) as in_force, min(o.review_on) as next_review_on,
                      count(*) filter (where o.review_on < (@now at time zone t.time_zone)::date) as past_review
                 from portal.holds o where o.tenant_id = @tenant and o.lifted_at is null) h
          left join lateral (
               select x.id, x.week, x.created_at from portal.residency_reports x
                where x.tenant_id = @tenant order by x.created_at desc, x.id desc limit 1) r on true
          left join lateral (
               select l.number, l.sealed_at, l.last_written_in, l.last_row_id from portal.audit_seals l
                where l.tenant_id = @tenant order by l.number desc limit 1) s on true
         cross join lateral (
               select count(*) as unsealed_rows from (
                      select 1 from portal.audit_log a
                       where a.tenant_id = @tenant
                         and (a.written_in, a.id) > (coalesce(s.last_written_in, -1),
                             coalesce(s.last_row_id, '00000000-0000-0000-0000-000000000000'))
                       limit @most) as rows) u
         where t.id = @tenant
        """;

    public async Task<ComplianceOverview> ReadAsync(TenantId tenant, CancellationToken ct)
    {
        var vendors = await reviews.StandingsAsync(tenant, ct);
        var row = (await db.ReadOneAsync<OverviewRow>(tenant, Overview, new { tenant, now = clock.GetUtcNow(), most = CountLimit }, ct))!;
        return new(
            new(row.Open, row.Held, row.Overdue, row.OldestRequestedAt, row.NextDueAt), new(row.InForce, row.PastReview, row.NextReviewOn),
            vendors, row.ReportId is { } report ? new(report, row.ReportWeek!, row.ReportCreatedAt!.Value) : null,
            row.SealNumber is { } seal ? new(seal, row.SealedAt!.Value) : null, row.UnsealedRows,
            new(
                row.KeepNotificationDays, row.KeepUploadJobDays, row.KeepActiveVideoDays, row.KeepInactiveVideoDays,
                row.KeepRawAnalyticsDays),
            row.RestoredAt);
    }

    private sealed record OverviewRow(
        long Open, long Held, long Overdue, DateTimeOffset? OldestRequestedAt, DateTimeOffset? NextDueAt, long InForce, long PastReview,
        DateOnly? NextReviewOn, Guid? ReportId, string? ReportWeek, DateTimeOffset? ReportCreatedAt, long? SealNumber,
        DateTimeOffset? SealedAt, long UnsealedRows, int? KeepNotificationDays, int? KeepUploadJobDays, int? KeepActiveVideoDays,
        int? KeepInactiveVideoDays, int? KeepRawAnalyticsDays, DateTimeOffset? RestoredAt);
}
