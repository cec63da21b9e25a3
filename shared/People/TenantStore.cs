using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.People;

/// <summary>A tenant with its branding and compliance settings; what it keeps for how long is in <see cref="Retention"/>.</summary>
public sealed record Tenant(
    TenantId Id, string Name, string TimeZone, int DigestHour, string? LogoUrl, string? AccentColor, string? SenderName,
    string? ResidencyContact,
    int? KeepNotificationDays, int? KeepUploadJobDays, int? KeepActiveVideoDays, int? KeepInactiveVideoDays, int? KeepRawAnalyticsDays,
    string Status, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>What the tenant has shortened.</summary>
    public RetentionSettings Retention =>
        new(KeepNotificationDays, KeepUploadJobDays, KeepActiveVideoDays, KeepInactiveVideoDays, KeepRawAnalyticsDays);
}

/// <summary>What an Admin may change, all of it as it is to be.</summary>
public sealed record TenantSettings(
    string Name, string TimeZone, int DigestHour, string? LogoUrl, string? AccentColor, string? SenderName, string? ResidencyContact,
    RetentionSettings Retention);

/// <summary>All SQL of the tenant's own row.</summary>
public sealed class TenantStore(PortalDb db, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    private const string Columns = """
        t.id, t.name, t.time_zone, t.digest_hour, t.logo_url, t.accent_color, t.sender_name, t.residency_contact, t.keep_notification_days,
        t.keep_upload_job_days, t.keep_active_video_days, t.keep_inactive_video_days, t.keep_raw_analytics_days, t.status, t.version,
        t.created_at, t.updated_at
        """;

    private const string Find = $"select {Columns} from portal.tenants t where t.id = @tenant and t.status = 'active'";

    /// <summary>Null when the organization has a tenant already, deleted ones included.</summary>
    public Task<Tenant?> AddAsync(Tx tx, TenantId tenant, string organizationId, string name, string timeZone) =>
        tx.QueryOneAsync<Tenant>($"""
            insert into portal.tenants as t (id, clerk_org_id, name, time_zone, created_at, updated_at)
            values (@tenant, @organizationId, @name, @timeZone, @now, @now)
            on conflict (clerk_org_id) do nothing
            returning {Columns}
            """, new { tenant, organizationId, name, timeZone, now = clock.GetUtcNow() });

    public Task<Tenant?> FindAsync(TenantId tenant, Caller caller, CancellationToken ct) =>
        db.ReadOneAsync<Tenant>(tenant, Find, new { tenant }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, CancellationToken)"/>
    public Task<Tenant?> FindAsync(Tx tx, TenantId tenant, Caller caller) => tx.QueryOneAsync<Tenant>(Find, new { tenant });

    /// <summary>Null when somebody changed it in between.</summary>
    public async Task<Tenant?> ChangeAsync(Tx tx, TenantId tenant, Caller caller, Tenant before, TenantSettings to)
    {
        var after = await tx.QueryOneAsync<Tenant>($"""
            update portal.tenants t set name = @Name, time_zone = @TimeZone, digest_hour = @DigestHour, logo_url = @LogoUrl,
                   accent_color = @AccentColor, sender_name = @SenderName, residency_contact = @ResidencyContact,
                   keep_notification_days = @NotificationDays, keep_upload_job_days = @UploadJobDays,
                   keep_active_video_days = @ActiveVideoDays,
                   keep_inactive_video_days = @InactiveVideoDays, keep_raw_analytics_days = @RawAnalyticsDays,
                   version = t.version + 1, updated_at = @now
             where t.id = @tenant and t.status = 'active' and t.version = @version
            returning {Columns}
            """, new
        {
            tenant,
            to.Name,
            to.TimeZone,
            to.DigestHour,
            to.LogoUrl,
            to.AccentColor,
            to.SenderName,
            to.ResidencyContact,
            to.Retention.NotificationDays,
            to.Retention.UploadJobDays,
            to.Retention.ActiveVideoDays,
            to.Retention.InactiveVideoDays,
            to.Retention.RawAnalyticsDays,
            version = before.Version,
            now = clock.GetUtcNow(),
        });
        if (after is not null)
        {
            await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
                "tenant_changed", "tenant", tenant.Value, Recorded(before), Recorded(after), "tenant_changed"));
        }

        return after;
    }

    /// <summary>active → deleted: from the commit on nobody gets in. The rows stay until they are archived. False: changed in
    /// between.</summary>
    public async Task<bool> DeleteAsync(Tx tx, TenantId tenant, Caller caller, Tenant before)
    {
        var deleted = await tx.ExecuteAsync("""
            update portal.tenants set status = 'deleted', deleted_at = @now, version = version + 1, updated_at = @now
             where id = @tenant and status = 'active' and version = @version
            """, new { tenant, version = before.Version, now = clock.GetUtcNow() });
        if (deleted == 1)
        {
            await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
                "tenant_deleted", "tenant", tenant.Value, new { status = before.Status }, new { status = "deleted" }, "tenant_deleted"));
        }

        return deleted == 1;
    }

    /// <summary>Settings that are numbers or codes as they are; what people typed, as a hash.</summary>
    private object Recorded(Tenant t) => new
    {
        nameHash = hash.Of(t.Name),
        timeZone = t.TimeZone,
        digestHour = t.DigestHour,
        logoUrlHash = hash.Of(t.LogoUrl),
        accentColor = t.AccentColor,
        senderNameHash = hash.Of(t.SenderName),
        residencyContactHash = hash.Of(t.ResidencyContact),
        retention = t.Retention,
    };
}
