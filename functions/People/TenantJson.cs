using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

/// <summary>For how many days the tenant keeps what: its own numbers, and the portal's where it has none.</summary>
public sealed record RetentionJson(
    int NotificationDays, int UploadJobDays, int ActiveVideoDays, int InactiveVideoDays, int RawAnalyticsDays)
{
    public static RetentionJson From(RetentionSettings r) => new(
        r.NotificationDays ?? RetentionSettings.MaxNotificationDays,
        r.UploadJobDays ?? RetentionSettings.MaxUploadJobDays,
        r.ActiveVideoDays ?? RetentionSettings.MaxActiveVideoDays,
        r.InactiveVideoDays ?? RetentionSettings.MaxInactiveVideoDays,
        r.RawAnalyticsDays ?? RetentionSettings.MaxRawAnalyticsDays);
}

/// <summary>A tenant on the wire, for its Admins.</summary>
public sealed record TenantJson(
    Guid Id, string Name, string TimeZone, int DigestHour, string? LogoUrl, string? AccentColor, string? SenderName,
    string? ResidencyContact, [OneOf(typeof(Residency))] string Residency,
    RetentionJson Retention, [About("What a month may cost; null: nobody is told.")] int? MonthlyBudgetUsd,
    int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static TenantJson From(Tenant t) => new(
        t.Id.Value, t.Name, t.TimeZone, t.DigestHour, t.LogoUrl, t.AccentColor, t.SenderName, t.ResidencyContact,
        t.Residency,
        RetentionJson.From(t.Retention), t.MonthlyBudgetUsd,
        t.Version, t.CreatedAt, t.UpdatedAt);
}
