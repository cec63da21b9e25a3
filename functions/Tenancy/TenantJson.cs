using Portal.Tenancy;

namespace Portal.Functions.Tenancy;

/// <summary>For how many days the tenant keeps what: its own numbers, and the portal's where it has none.</summary>
public sealed record RetentionJson(int NotificationDays, int UploadJobDays, int ActiveVideoDays, int InactiveVideoDays, int RawAnalyticsDays)
{
    public static RetentionJson From(Retention r) => new(
        r.NotificationDays ?? Retention.MaxNotificationDays,
        r.UploadJobDays ?? Retention.MaxUploadJobDays,
        r.ActiveVideoDays ?? Retention.MaxActiveVideoDays,
        r.InactiveVideoDays ?? Retention.MaxInactiveVideoDays,
        r.RawAnalyticsDays ?? Retention.MaxRawAnalyticsDays);
}

/// <summary>A tenant on the wire, for its Admins.</summary>
public sealed record TenantJson(
    Guid Id, string Name, string TimeZone, int DigestHour, string? LogoUrl, string? AccentColor, string? SenderName, string? ResidencyContact,
    RetentionJson Retention, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static TenantJson From(Tenant t) => new(
        t.Id.Value, t.Name, t.TimeZone, t.DigestHour, t.LogoUrl, t.AccentColor, t.SenderName, t.ResidencyContact, RetentionJson.From(t.Retention),
        t.Version, t.CreatedAt, t.UpdatedAt);
}
