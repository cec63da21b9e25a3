using Microsoft.Extensions.DependencyInjection;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation;
using Portal.Foundation.Webhooks;

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
        return services
            .AddSingleton<NotificationStore>().AddSingleton<IWebhookHandler, ResendEvents>().AddSingleton<MailStateTransitions>()
            .AddSingleton<AnalyticsStore>().AddSingleton<RollupAnalytics>().AddSingleton<OutboxStore>()
            .AddSingleton<RecipientStore>().AddSingleton<ReadModelStore>().AddSingleton<DispatchEvents>()
            .AddSingleton<RebuildReadModels>().AddSingleton<DeliveryStore>().AddSingleton<FailDelivery>().AddSingleton<SweepOutbox>()
            .AddScoped<SendDelivery>().AddSingleton<Unsubscribe>().AddSingleton<UnsubscribeStore>()
            .AddSingleton<DigestStore>().AddSingleton<SendDigests>().AddSingleton<UnsubscribeTokens>()
            .AddSingleton<MailRecipientStore>().AddSingleton<MailSubjectStore>().AddSingleton<ComposeMail>()
            .AddSingleton<IMailWriter, InviteExpiredMail>().AddSingleton<IMailWriter, UploadMail>()
            .AddSingleton<IMailWriter, ProjectMail>()
            .AddSingleton<IMailWriter, ExportReadyMail>()
            .AddSingleton<IMailWriter, AssetReadyMail>()
            .AddSingleton<IMailWriter, AssetExpiringMail>().AddSingleton<IMailWriter, ShareLinkMail>()
            .AddSingleton<IMailWriter, MentionMail>().AddSingleton<IMailWriter, DigestMail>()
            .AddScoped<IDeliveryChannel, SendMail>();
    }
}
