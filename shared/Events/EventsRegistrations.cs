using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portal.Events.Changes;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation;
using Portal.Foundation.Webhooks;
using Portal.Sharing.ShareLinks;

namespace Portal.Events;

/// <summary>Registers what follows from events: notifications, mails, digests, analytics.</summary>
public static class EventsRegistrations
{
    public static IServiceCollection AddEvents(this IServiceCollection services)
    {
        services.AddOptions<MailOptions>().BindConfiguration(MailOptions.Section)
            .Validate(
                o => Uri.IsWellFormedUriString(o.PortalUrl, UriKind.Absolute), "Mail:PortalUrl must be the address of the portal's pages.")
            .Validate(
                o => Uri.IsWellFormedUriString(
                    o.ApiUrl, UriKind.Absolute), "Mail:ApiUrl must be this app's address as the internet sees it.")
            .Validate(
                o => Settings.IsKey(o.UnsubscribeKey, 32), "Mail:UnsubscribeKey must be base64 of 32 bytes or more.").ValidateOnStart();
        services.AddOptions<ShareLinkOptions>().PostConfigure<IOptions<MailOptions>>((links, mail) =>
            links.PageUrl = links.PageUrl.Length > 0 ? links.PageUrl : $"{mail.Value.ApiUrl.TrimEnd('/')}/s/");
        services.AddOptions<OutboundWebhookOptions>().BindConfiguration(OutboundWebhookOptions.Section)
            .Validate(
                o => o.Keys.TryGetValue(o.CurrentKey, out var key) && Settings.IsKey(key, 32),
                "OutboundWebhooks:Keys must hold OutboundWebhooks:CurrentKey, base64 of 32 bytes or more.")
            .ValidateOnStart();
        services
            .AddSingleton<EndpointSecrets>().AddSingleton<EndpointUrls>().AddSingleton<EndpointSlots>().AddSingleton<EndpointHttp>()
            .AddSingleton(p => new GuardedConnector(p.GetRequiredService<IOptions<OutboundWebhookOptions>>()))
            .AddSingleton<OutboundEndpointStore>().AddSingleton<WebhookAttemptStore>().AddSingleton<WebhookLogStore>()
            .AddSingleton<IMailWriter, EndpointDisabledMail>().AddScoped<IDeliveryChannel, SendWebhook>();
        services.AddOptions<ChangeOptions>().BindConfiguration(ChangeOptions.Section)
            .Validate(
                o => o.IsValid(),
                "Changes: LookEvery is 50 ms to 10 s and less than ReadAgainAfter; every limit must be 1 or more.").ValidateOnStart();
        services.AddSingleton<ChangeStore>().AddSingleton<ChangeWatch>().AddSingleton<WaitLimit>().AddSingleton<AwaitChanges>();
        return services
            .AddSingleton<NotificationStore>().AddSingleton<IWebhookHandler, ResendEvents>().AddSingleton<MailStateTransitions>()
            .AddSingleton<AnalyticsStore>().AddSingleton<RollupAnalytics>().AddSingleton<OutboxStore>()
            .AddSingleton<RecipientStore>().AddSingleton<ReadModelStore>().AddSingleton<DispatchEvents>()
            .AddSingleton<RebuildReadModels>().AddSingleton<DeliveryStore>().AddSingleton<FailDelivery>().AddSingleton<SweepOutbox>()
            .AddScoped<SendDelivery>().AddSingleton<Unsubscribe>().AddSingleton<UnsubscribeStore>()
            .AddSingleton<DigestStore>().AddSingleton<SendDigests>().AddSingleton<UnsubscribeTokens>()
            .AddSingleton<MailRecipientStore>().AddSingleton<OperatorAddressQuery>()
            .AddSingleton<MailSubjectStore>().AddSingleton<ComposeMail>()
            .AddSingleton<IMailWriter, InviteExpiredMail>().AddSingleton<IMailWriter, UploadMail>()
            .AddSingleton<IMailWriter, ProjectMail>()
            .AddSingleton<IMailWriter, ExportReadyMail>()
            .AddSingleton<IMailWriter, AssetReadyMail>()
            .AddSingleton<IMailWriter, AssetExpiringMail>().AddSingleton<IMailWriter, ShareLinkMail>()
            .AddSingleton<IMailWriter, MentionMail>().AddSingleton<IMailWriter, DigestMail>()
            .AddScoped<IDeliveryChannel, SendMail>();
    }
}
