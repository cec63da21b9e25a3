using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.People;

/// <summary>A tenant with its branding and compliance settings; what it keeps for how long is in <see cref="Retention"/>.</summary>
public sealed record Tenant(
    TenantId Id, string Name, string TimeZone, int DigestHour, string? LogoUrl, string? AccentColor, string? SenderName,
    string? ResidencyContact,
    int? KeepNotificationDays, int? KeepUploadJobDays, int? KeepActiveVideoDays, int? KeepInactiveVideoDays, int? KeepRawAnalyticsDays,
    string Residency, int? MonthlyBudgetUsd, string Status, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>What the tenant has shortened.</summary>
    public RetentionSettings Retention =>
        new(KeepNotificationDays, KeepUploadJobDays, KeepActiveVideoDays, KeepInactiveVideoDays, KeepRawAnalyticsDays);
}

/// <summary>How a tenant shows itself to people who are not of it.</summary>
/// <param name="AccentColor">As #rrggbb.</param>
public sealed record TenantBrand(string Name, string? LogoUrl, string? AccentColor, string TimeZone);

/// <summary>Where a tenant's originals may be kept.</summary>
public static class Residency
{
    public const string Any = "any";

    /// <summary>In Australia first: uploads go to Vercel Blob in Sydney, never straight to Mux.</summary>
    public const string Australia = "australia";
}

/// <summary>What an Admin may change, all of it as it is to be.</summary>
public sealed record TenantSettings(
    string Name, string TimeZone, int DigestHour, string? LogoUrl, string? AccentColor, string? SenderName, string? ResidencyContact,
    string Residency, RetentionSettings Retention, int? MonthlyBudgetUsd);

/// <summary>All SQL of the tenant's own row.</summary>
public sealed class TenantStore(PortalDb db, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    private const string Columns = """
        t.id, t.name, t.time_zone, t.digest_hour, t.logo_url, t.accent_color, t.sender_name, t.residency_contact, t.keep_notification_days,
        t.keep_upload_job_days, t.keep_active_video_days, t.keep_inactive_video_days, t.keep_raw_analytics_days, t.residency,
        t.monthly_budget_usd, t.status, t.version, t.created_at, t.updated_at
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

    /// <summary>What guests see of a tenant; null once it is deleted.</summary>
    public Task<TenantBrand?> BrandAsync(TenantId tenant, CancellationToken ct) => db.ReadOneAsync<TenantBrand>(tenant, """
        select t.name, t.logo_url, t.accent_color, t.time_zone from portal.tenants t where t.id = @tenant and t.status = 'active'
        """, new { tenant }, ct);

    /// <summary>Where the tenant's originals may be kept: one of <see cref="Residency"/>.</summary>
    public Task<string> ResidencyAsync(Tx tx, TenantId tenant) =>
        tx.GetAsync<string>("select residency from portal.tenants where id = @tenant", new { tenant });

    /// <param name="change">From what it is to all that it is to be.</param>
    public async Task<Result<Tenant>> ChangeAsync(
        Tx tx, TenantId tenant, Caller caller, int version, Func<Tenant, TenantSettings> change)
    {
        if ((await LockAsync(tx, tenant, version)).IsRefused(out var refusal, out var before))
        {
            return refusal;
        }

        var to = change(before);
        var after = await tx.GetAsync<Tenant>($"""
            update portal.tenants t set name = @Name, time_zone = @TimeZone, digest_hour = @DigestHour, logo_url = @LogoUrl,
                   accent_color = @AccentColor, sender_name = @SenderName, residency_contact = @ResidencyContact,
                   residency = @Residency, monthly_budget_usd = @MonthlyBudgetUsd,
                   keep_notification_days = @NotificationDays, keep_upload_job_days = @UploadJobDays,
                   keep_active_video_days = @ActiveVideoDays,
                   keep_inactive_video_days = @InactiveVideoDays, keep_raw_analytics_days = @RawAnalyticsDays,
                   version = t.version + 1, updated_at = @now
             where t.id = @tenant and t.status = 'active'
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
            to.Residency,
            to.MonthlyBudgetUsd,
            to.Retention.NotificationDays,
            to.Retention.UploadJobDays,
            to.Retention.ActiveVideoDays,
            to.Retention.InactiveVideoDays,
            to.Retention.RawAnalyticsDays,
            now = clock.GetUtcNow(),
        });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "tenant_changed", "tenant", tenant.Value, Recorded(before), Recorded(after), EventType.TenantChanged));
        return after;
    }

    /// <summary>active → deleted: from the commit on nobody gets in. The rows stay until they are archived.</summary>
    public async Task<Refusal?> DeleteAsync(Tx tx, TenantId tenant, Caller caller, int version)
    {
        if ((await LockAsync(tx, tenant, version)).IsRefused(out var refusal, out var before))
        {
            return refusal;
        }

        await tx.ExecuteAsync("""
            update portal.tenants set status = 'deleted', deleted_at = @now, version = version + 1, updated_at = @now
             where id = @tenant and status = 'active'
            """, new { tenant, now = clock.GetUtcNow() });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "tenant_deleted", "tenant", tenant.Value, new { status = before.Status }, new { status = "deleted" },
            EventType.TenantDeleted));
        return null;
    }

    /// <summary>The row for oneself, as long as the tenant lives and is at that version.</summary>
    private static async Task<Result<Tenant>> LockAsync(Tx tx, TenantId tenant, int version) =>
        await tx.QueryOneAsync<Tenant>($"{Find} for no key update", new { tenant }) switch
        {
            null => new Refusal.NotFound("tenant"),
            var found when found.Version != version => new Refusal.Stale(found.Version),
            var found => found,
        };

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
        residency = t.Residency,
        retention = t.Retention,
        monthlyBudgetUsd = t.MonthlyBudgetUsd,
    };
}
