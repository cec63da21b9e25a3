using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Http;
using Portal.Foundation.Idempotency;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Outages;
using Portal.Foundation.Paging;
using Portal.Foundation.Timers;
using Portal.Foundation.Webhooks;

namespace Portal.Foundation;

/// <summary>Registers what every room stands on: database, identity, limits, audit and outbox rows, alerts, webhooks, timers.</summary>
public static class FoundationRegistrations
{
    public static IServiceCollection AddFoundation(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(p =>
        {
            var options = p.GetRequiredService<IOptions<DatabaseOptions>>().Value;
            return new PortalDataSources(
                LeastPrivilege.Open(options.App, "Database:App"), LeastPrivilege.Open(options.System, "Database:System"));
        });
        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section)
            .Validate(o => o.App.Length > 0, "Database:App must be a connection string of role portal_app.")
            .Validate(o => o.System.Length > 0, "Database:System must be a connection string of role portal_system.").ValidateOnStart();
        services.AddOptions<AlertsOptions>().BindConfiguration(AlertsOptions.Section)
            .Validate(o => o.WebhookSecret.Length >= 24, "Alerts:WebhookSecret must have 24 characters or more.")
            .Validate(
                o => o.ExpiringThings() is not null, "Alerts:Expiring must be name=yyyy-MM-dd, separated by commas.").ValidateOnStart();
        services.AddOptions<PrivacyOptions>().BindConfiguration(PrivacyOptions.Section)
            .Validate(o => Settings.IsKey(o.HashKey, 32), "Privacy:HashKey must be base64 of 32 bytes or more.").ValidateOnStart();
        services.AddOptions<PagingOptions>().BindConfiguration(PagingOptions.Section)
            .Validate(o => Settings.IsKey(o.CursorKey, 32), "Paging:CursorKey must be base64 of 32 bytes or more.").ValidateOnStart();
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section)
            .Validate(o => o.IsValid(), "Limits: every limit must be 1 or more.")
            .Validate(
                o => o.WatchIsValid(),
                $"Limits:LinksPerAddress and Limits:AddressesPerLink must be 1 to {LimitOptions.MostWatched}.")
            .Validate(o => o.ModeIsValid(), $"Limits:Mode must be {LimitMode.Enforce} or {LimitMode.Observe}.")
            .Validate(
                o => o.ObservedIsValid(),
                $"Limits:Observed may name {string.Join(", ", LimitName.Observable)}, separated by commas; others are always enforced.")
            .ValidateOnStart();
        services.AddOptions<HttpOptions>().BindConfiguration(HttpOptions.Section)
            .Validate(o => o.OriginsAreRight(), "Http:AllowedOrigins must be origins (https://portal.example), separated by commas.")
            .Validate(o => o.MaxConcurrentRequests > 0, "Http:MaxConcurrentRequests must be 1 or more.")
            .Validate(
                o => o.ClientAddressHeaderIsRight(),
                "Http:ClientAddressHeader must be the name of a header other than X-Forwarded-…, or empty.")
            .ValidateOnStart();
        return services
            .AddSingleton<PortalDb>().AddSingleton<AuditWriter>().AddSingleton<AlertStore>().AddSingleton<RateLimitStore>()
            .AddSingleton<AlertTransitions>()
            .AddSingleton<OutageQuery>().AddSingleton<KnownOutages>()
            .AddSingleton<RaiseAlert>(p => p.GetRequiredService<AlertStore>().AddAsync)
            .AddSingleton<EndAlert>(p => p.GetRequiredService<AlertStore>().ResolveAsync)
            .AddSingleton<RequesterHash>().AddSingleton<Cursors>().AddSingleton<ClientAddresses>()
            .AddSingleton<LimitFigures>().AddSingleton<LimitRefusals>()
            .AddSingleton<FailedAttempts>().AddSingleton<IdempotencyStore>().AddSingleton<PersonalHash>()
            .AddSingleton<CallerStore>().AddSingleton<WebhookInboxStore>().AddSingleton<ReceiveWebhook>()
            .AddSingleton<TimerRunStore>().AddSingleton<ReadinessQuery>();
    }
}
