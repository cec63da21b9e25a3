using System.Text.Json;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.People;

namespace Portal.Compliance;

/// <summary>A tenant that reports are made for.</summary>
public sealed record ReportedTenant(TenantId Id, string TimeZone, DateTimeOffset CreatedAt);

/// <summary>A report as it is kept. The hashes are over the UTF-8 bytes of the texts.</summary>
public sealed record StoredReport(
    Guid Id, string Week, DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd, byte[] JsonSha256, byte[] HtmlSha256,
    DateTimeOffset CreatedAt);

/// <summary>The texts of a report.</summary>
public sealed record ReportTexts(string Json, string Html)
{
    public ResidencyReport Read() => JsonSerializer.Deserialize<ResidencyReport>(Json, JsonSerializerOptions.Web)!;
}

/// <summary>SQL of residency reports and of what they count.</summary>
public sealed class ResidencyStore(PortalDb db)
{
    private const string Columns = "r.id, r.week, r.period_start, r.period_end, r.json_sha256, r.html_sha256, r.created_at";
    private const string Listed = $"select {Columns} from portal.residency_reports r where r.tenant_id = @tenant";

    private static readonly PageQuery ByAge = PageQuery.Descending("r.created_at, r.id");

    public Task<IReadOnlyList<ReportedTenant>> TenantsAsync(CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<ReportedTenant>(
        "select id, time_zone, created_at from portal.tenants where status = 'active' and id <> '00000000-0000-7000-8000-000000000000' "
            + "order by id"), ct);

    public Task<bool> HasAsync(TenantId tenant, string week, CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.GetAsync<bool>(
        "select exists (select 1 from portal.residency_reports where tenant_id = @tenant and week = @week)", new { tenant, week }), ct);

    /// <summary>The tenant's own numbers of retention.</summary>
    public Task<RetentionSettings> RetentionAsync(Tx tx, TenantId tenant) => tx.GetAsync<RetentionSettings>("""
        select keep_notification_days as notification_days, keep_upload_job_days as upload_job_days,
           keep_active_video_days as active_video_days,
               keep_inactive_video_days as inactive_video_days, keep_raw_analytics_days as raw_analytics_days
          from portal.tenants where id = @tenant
        """, new { tenant });

    /// <summary>Every table of the database with rows of tenants.</summary>
    public Task<IReadOnlyList<string>> TablesAsync(CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.QueryAsync<string>("""
        select c.relname::text from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where n.nspname = 'portal' and c.relkind in ('r', 'p') order by 1
        """), ct);

    /// <summary>The tenant's videos by where they lie, each place once. At Mux is what was made there and whose deletion Mux has not
    /// confirmed.</summary>
    public async Task<IReadOnlyList<VideoCount>> CountVideosAsync(TenantId tenant, CancellationToken ct)
    {
        var counts = await db.AcrossTenantsAsync(tx => tx.QueryAsync<VideoCount>("""
            select p.place, count(*) as videos, (case p.place when 'neither' then 0 else sum(p.size_bytes) end)::bigint as bytes
              from (select v.size_bytes,
                           case when f.at_blob and f.at_mux then 'both' when f.at_blob then 'original' when f.at_mux then 'mux'
                                when v.status in ('pending', 'processing') then 'moving' else 'neither' end as place
                      from portal.asset_versions v
                      left join portal.upload_jobs j on j.tenant_id = v.tenant_id and j.asset_version_id = v.id
                     cross join lateral (
                           select j.blob_url is not null as at_blob,
                                  exists (select 1 from (values (v.mux_asset_id), (j.mux_asset_id)) m (id)
                                           where m.id is not null and not exists (
                                                 select 1 from portal.mux_cleanups c
                                                  where c.mux_asset_id = m.id and c.done_at is not null)) as at_mux) f
                     where v.tenant_id = @tenant) p
             group by p.place
            """, new { tenant }), ct);
        return [.. VideoPlace.All.Select(place => counts.SingleOrDefault(of => of.Place == place) ?? new(place, 0, 0))];
    }

    /// <summary>All that is the tenant's, by table.</summary>
    public Task<IReadOnlyList<RowCount>> CountAsync(Tx tx, TenantId tenant) => tx.QueryAsync<RowCount>("""
        select 'assets' as name, count(*) as rows from portal.assets where tenant_id = @tenant
        union all select 'asset_versions', count(*) from portal.asset_versions where tenant_id = @tenant and status <> 'archived'
        union all select 'asset_versions_archived', count(*) from portal.asset_versions where tenant_id = @tenant and status = 'archived'
        and purged_at is null
        union all select 'asset_versions_purged', count(*) from portal.asset_versions where tenant_id = @tenant and purged_at is not null
        union all select 'projects', count(*) from portal.projects where tenant_id = @tenant
        union all select 'project_members', count(*) from portal.project_members where tenant_id = @tenant
        union all select 'milestone_templates', count(*) from portal.milestone_templates where tenant_id = @tenant
        union all select 'milestones', count(*) from portal.milestones where tenant_id = @tenant
        union all select 'tasks', count(*) from portal.tasks where tenant_id = @tenant
        union all select 'comments', count(*) from portal.comments where tenant_id = @tenant
        union all select 'users', count(*) from portal.users where tenant_id = @tenant
        union all select 'invites', count(*) from portal.invites where tenant_id = @tenant
        union all select 'notification_preferences', count(*) from portal.notification_preferences where tenant_id = @tenant
        union all select 'project_mutes', count(*) from portal.project_mutes where tenant_id = @tenant
        union all select 'mail_suppressions', count(*) from portal.mail_suppressions where tenant_id = @tenant
        union all select 'erasure_requests', count(*) from portal.erasure_requests where tenant_id = @tenant
        union all select 'exports', count(*) from portal.exports where tenant_id = @tenant
        union all select 'holds', count(*) from portal.holds where tenant_id = @tenant
        union all select 'consents', count(*) from portal.consents where tenant_id = @tenant
        union all select 'erasure_certificates', count(*) from portal.erasure_certificates where tenant_id = @tenant
        union all select 'share_links', count(*) from portal.share_links where tenant_id = @tenant
        union all select 'share_link_guests', count(*) from portal.share_link_guests where tenant_id = @tenant
        union all select 'share_viewers', count(*) from portal.share_viewers where tenant_id = @tenant
        union all select 'share_unlocks', count(*) from portal.share_unlocks where tenant_id = @tenant
        union all select 'audit_log', count(*) from portal.audit_log where tenant_id = @tenant
        union all select 'audit_archive', count(*) from portal.audit_archive where tenant_id = @tenant
        union all select 'audit_archives', count(*) from portal.audit_archives where tenant_id = @tenant and verified_at is not null
        union all select 'audit_seals', count(*) from portal.audit_seals where tenant_id = @tenant
        union all select 'playback_audit', count(*) from portal.playback_audit where tenant_id = @tenant
        union all select 'playback_archive', count(*) from portal.playback_archive where tenant_id = @tenant
        union all select 'residency_reports', count(*) from portal.residency_reports where tenant_id = @tenant
        union all select 'vendor_reviews', count(*) from portal.vendor_reviews where tenant_id = @tenant
        union all select 'events', count(*) from portal.events where tenant_id = @tenant
        union all select 'deliveries', count(*) from portal.deliveries where tenant_id = @tenant
        union all select 'notifications', count(*) from portal.notifications where tenant_id = @tenant
        union all select 'webhook_endpoints', count(*) from portal.webhook_endpoints where tenant_id = @tenant
        union all select 'webhook_attempts', count(*) from portal.webhook_attempts where tenant_id = @tenant
        union all select 'analytics_raw', count(*) from portal.analytics_raw where tenant_id = @tenant
        union all select 'analytics_rollups', count(*) from portal.analytics_rollups where tenant_id = @tenant
        union all select 'budget_notices', count(*) from portal.budget_notices where tenant_id = @tenant
        union all select 'usage_days', count(*) from portal.usage_days where tenant_id = @tenant
        union all select 'playback_events', count(*) from portal.playback_events where tenant_id = @tenant
        union all select 'upload_jobs', count(*) from portal.upload_jobs where tenant_id = @tenant
        """, new { tenant });

    /// <summary>False: there is one of that week already.</summary>
    public async Task<bool> AddAsync(Tx tx, TenantId tenant, StoredReport report, ReportTexts texts) => await tx.ExecuteAsync("""
        insert into portal.residency_reports (id, tenant_id, week, period_start, period_end, json, html, json_sha256, html_sha256,
           created_at)
        values (@Id, @tenant, @Week, @PeriodStart, @PeriodEnd, @Json, @Html, @JsonSha256, @HtmlSha256, @CreatedAt)
        on conflict (tenant_id, week) do nothing
        """, new
    {
        tenant,
        report.Id,
        report.Week,
        report.PeriodStart,
        report.PeriodEnd,
        report.JsonSha256,
        report.HtmlSha256,
        report.CreatedAt,
        texts.Json,
        texts.Html,
    }) == 1;

    /// <summary>Newest first; one more than the page holds.</summary>
    public Task<IReadOnlyList<StoredReport>> ListAsync(TenantId tenant, Page page, CancellationToken ct) =>
        db.ReadPageAsync<StoredReport>(tenant, ByAge, Listed, page, new { tenant }, ct);

    public Task<long> CountAsync(TenantId tenant, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant }, ct);

    public Task<StoredReport?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) => db.ReadOneAsync<StoredReport>(
        tenant, $"select {Columns} from portal.residency_reports r where r.tenant_id = @tenant and r.id = @id", new { tenant, id }, ct);

    public Task<ReportTexts?> TextsAsync(TenantId tenant, Guid id, CancellationToken ct) => db.ReadOneAsync<ReportTexts>(
        tenant, "select r.json, r.html from portal.residency_reports r where r.tenant_id = @tenant and r.id = @id", new { tenant, id },
        ct);
}
