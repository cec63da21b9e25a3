using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

public sealed record RetentionInput
{
    [Whole(RetentionSettings.MinNotificationDays, RetentionSettings.MaxNotificationDays)]
    public Change<int?> NotificationDays { get; init; }

    [Whole(RetentionSettings.MinUploadJobDays, RetentionSettings.MaxUploadJobDays)]
    public Change<int?> UploadJobDays { get; init; }

    [Whole(RetentionSettings.MinActiveVideoDays, RetentionSettings.MaxActiveVideoDays), About("Videos of creators who were here lately.")]
    public Change<int?> ActiveVideoDays { get; init; }

    [Whole(RetentionSettings.MinInactiveVideoDays, RetentionSettings.MaxInactiveVideoDays), About("Videos of creators who were not.")]
    public Change<int?> InactiveVideoDays { get; init; }

    [Whole(RetentionSettings.MinRawAnalyticsDays, RetentionSettings.MaxRawAnalyticsDays)]
    public Change<int?> RawAnalyticsDays { get; init; }

    public RetentionSettings Over(RetentionSettings present) => new(
        NotificationDays.Or(present.NotificationDays),
        UploadJobDays.Or(present.UploadJobDays),
        ActiveVideoDays.Or(present.ActiveVideoDays),
        InactiveVideoDays.Or(present.InactiveVideoDays),
        RawAnalyticsDays.Or(present.RawAnalyticsDays));
}

public sealed record UpdateTenantInput
{
    [Text(200)]
    public Change<string> Name { get; init; }

    [Text(64), IanaTimeZone, About("Where its days begin: digests and reports.", Example = "\"Australia/Sydney\"")]
    public Change<string> TimeZone { get; init; }

    [Whole(0, 23), About("The hour, in the tenant's time zone, at which digests go out.")]
    public Change<int> DigestHour { get; init; }

    [Text(2000), HttpsUrl]
    public Change<string?> LogoUrl { get; init; }

    [Text(7), Colour, About("Of buttons and links.", Example = "\"#0a7cff\"")]
    public Change<string?> AccentColor { get; init; }

    [Text(100), About("Who e-mails to guests say they are from.")]
    public Change<string?> SenderName { get; init; }

    [Email, About("Who answers questions about where data is kept.")]
    public Change<string?> ResidencyContact { get; init; }

    [OneOf(typeof(Residency)), About(
        "Where originals may be kept. australia: uploads go to Sydney first (source blob), and an upload straight to Mux is refused.")]
    public Change<string> Residency { get; init; }

    [About("How long to keep what; null goes back to the portal's own numbers, which are the longest.")]
    public Change<RetentionInput?> Retention { get; init; }

    [Whole(1, 1_000_000), About(
        "What videos and mails may cost in a month, in USD. Admins are told when 50, 80 and 100 % of it are used; nothing is switched "
            + "off.")]
    public Change<int?> MonthlyBudgetUsd { get; init; }

    public TenantSettings Over(Tenant t) => new(
        Name.Or(t.Name)!,
        TimeZone.Or(t.TimeZone)!,
        DigestHour.Or(t.DigestHour),
        LogoUrl.Or(t.LogoUrl),
        AccentColor.Or(t.AccentColor),
        SenderName.Or(t.SenderName),
        ResidencyContact.Or(t.ResidencyContact),
        Residency.Or(t.Residency)!,
        !Retention.IsSet ? t.Retention : Retention.Value?.Over(t.Retention) ?? RetentionSettings.Default,
        MonthlyBudgetUsd.Or(t.MonthlyBudgetUsd));
}

public sealed class ReadTenantFunction(TenantStore tenants)
{
    [Function("ReadTenant")]
    [Allows(PortalAction.ReadTenant)]
    [Operation("Read the tenant's branding and compliance settings", Returns = typeof(TenantJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/tenant")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await tenants.FindAsync(caller.Tenant, caller, ct) is { } tenant
            ? Reply.Ok(TenantJson.From(tenant), tenant.Version)
            : Problem.NotFound("tenant");
    }
}

public sealed class UpdateTenantFunction(TenantStore tenants, Writes writes)
{
    [Function("UpdateTenant")]
    [Allows(PortalAction.UpdateTenant)]
    [Operation(
        "Update the tenant's branding and compliance settings", Takes = typeof(UpdateTenantInput), Returns = typeof(TenantJson),
        NeedsMatch = true)]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/tenant")] HttpRequest request) =>
        writes.PatchAsync<UpdateTenantInput>(request, async (tx, caller, input, version) =>
            (await tenants.ChangeAsync(tx, caller.Tenant, caller, version, input.Over)).Answer(
                tenant => Reply.Ok(TenantJson.From(tenant), tenant.Version)));
}

public sealed class DeleteTenantFunction(DeleteTenant delete, Writes writes)
{
    [Function("DeleteTenant")]
    [Allows(PortalAction.DeleteTenant)]
    [Operation("Delete the tenant", Status = 204, NeedsMatch = true,
        Details = "From the answer on nobody of the organization gets in, and invites that are out are revoked. What is stored is "
            + "archived later.")]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/tenant")] HttpRequest request) =>
        writes.DeleteAsync(request, async (tx, caller, version) =>
            await delete.RunAsync(tx, caller, version) is { } refusal ? refusal.Problem() : Reply.NoContent);
}
