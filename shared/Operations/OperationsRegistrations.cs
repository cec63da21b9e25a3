using Microsoft.Extensions.DependencyInjection;
using Portal.Events;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Alerts;
using Portal.Foundation.Webhooks;
using Portal.Operations.Alerts;
using Portal.Operations.Costs;
using Portal.Operations.Incidents;
using Portal.Operations.Limits;
using Portal.Operations.Objectives;
using Portal.Operations.OnCallMails;
using Portal.Operations.Orchestrations;
using Portal.Operations.Playback;
using Portal.Operations.Probes;
using Portal.Operations.Switches;
using Portal.Operations.Uploads;
using Portal.People;

namespace Portal.Operations;

/// <summary>Registers what on-call works with: orchestrations, incidents, objectives, checks.</summary>
public static class OperationsRegistrations
{
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddHttpClient(nameof(DurableManagement), http => http.Timeout = TimeSpan.FromSeconds(15));
        services.AddSingleton(p => ActivatorUtilities.CreateInstance<DurableManagement>(
            p, p.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(DurableManagement))));
        services.AddOptions<OperationsOptions>().BindConfiguration(OperationsOptions.Section)
            .Validate(o => Uri.TryCreate(
                o.DurableUrl, UriKind.Absolute, out var url) && url.Scheme.StartsWith("http", StringComparison.Ordinal),
                "Operations:DurableUrl must be the address of Durable's management routes.")
            .Validate(o => o.DurableKey.Length > 0, "Operations:DurableKey must be the system key durabletask_extension.")
            .Validate(
                o => o.SessionLifetime >= TimeSpan.FromMinutes(5)
                    && o.SessionLifetime <= TimeSpan.FromDays(1), "Operations:SessionLifetime must be 5 minutes to 1 day.")
            .ValidateOnStart();
        services.AddOptions<CostOptions>().BindConfiguration(CostOptions.Section)
            .Validate(
                o => o.NamesAreKnown(),
                $"Costs:Prices may name {string.Join(", ", UsageMetric.All)}, of the first three also tiers such as "
                    + "stored_1080p, and nothing else.")
            .Validate(
                o => o.PricesAreValid(),
                "Costs:Prices:<metric> must be a price in USD, 1000 at most, such as 0.003, or more with the days from which they hold, "
                    + "the earliest first: 0.003, 0.0035 from 2027-01-01.")
            .ValidateOnStart();
        services.AddOptions<ProbeOptions>().BindConfiguration(ProbeOptions.Section)
            .Validate(o => o.IsValid(), "Probe:ShareLinkId must be the id of a share link, or empty.")
            .ValidateOnStart();
        return services
            .AddSingleton<ProbeGuest>().AddSingleton<ProbeStore>().AddSingleton<OpenAsGuest>().AddSingleton<ProbePlayback>()
            .AddSingleton<ProbeQueries>().AddSingleton<QueueQueries>()
            .AddSingleton<UploadNoteQuery>().AddSingleton<OrchestrationQueries>().AddSingleton<OrchestrationCommands>()
            .AddSingleton<OperatorSessionStore>().AddSingleton<DailyCheckStore>().AddSingleton<RunDailyChecks>()
            .AddSingleton<IncidentStore>().AddSingleton<IncidentTransitions>().AddSingleton<IncidentWorkStore>()
            .AddSingleton<WorkOnIncident>().AddSingleton<OpenSecurityIncident>()
            .AddSingleton<IncidentNoticeStore>().AddSingleton<NotifyTenants>()
            .AddSingleton<IMailWriter, IncidentNoticeMail>().AddSingleton<IWebhookHandler, AlertEvents>()
            .AddSingleton<IWebhookHandler, PagerDutyMoves>()
            .AddSingleton<ReportBreach>().AddSingleton<ChangeFreezeStore>().AddSingleton<RestoreTestStore>()
            .AddSingleton<RequestFigures>().AddSingleton<FlushRequestFigures>().AddSingleton<RequestFigureStore>()
            .AddSingleton<AddFigures>(p => p.GetRequiredService<RequestFigureStore>().AddAsync)
            .AddSingleton<LimitFigureStore>().AddSingleton<FlushLimitFigures>().AddSingleton<LimitQueries>()
            .AddSingleton<ObjectiveStore>().AddSingleton<WatchObjectives>().AddSingleton<ObjectiveQueries>()
            .AddSingleton<UsageStore>().AddSingleton<MeasureUsage>().AddSingleton<ReadUsageExports>().AddSingleton<BudgetStore>()
            .AddSingleton<WatchBudgets>().AddSingleton<IMailWriter, BudgetMail>().AddSingleton<CostQuery>()
            .AddSingleton<UploadTelemetryQuery>().AddSingleton<PlaybackTelemetryQuery>().AddSingleton<SwitchStore>()
            .AddSingleton<IDeliveryChannel, SendPage>().AddSingleton<IEventSubscriber, UploadIncidentTransitions>()
            .AddSingleton<AlertIncidents>().AddSingleton<IAlertSubscriber>(p => p.GetRequiredService<AlertIncidents>())
            .AddSingleton<AlertQuery>().AddSingleton<WorkOnAlert>().AddSingleton<BacklogStore>().AddSingleton<LinkUseStore>()
            .AddSingleton<WatchAlerts>()
            .AddSingleton<WatchExpiry>().AddSingleton<ReadCertificateEnd>(CertificateEnds.ReadAsync)
            .AddSingleton<OnCallMailStore>().AddSingleton<MailOperators>()
            .AddSingleton<IMailWriter, WarningsMail>().AddSingleton<IMailWriter, ObjectivesMail>()
            .AddSingleton<IDeletedUserSubscriber>(p => p.GetRequiredService<OperatorSessionStore>());
    }
}
