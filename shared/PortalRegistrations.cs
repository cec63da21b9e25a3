using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Alerts;
using Portal.Analytics;
using Portal.Assets;
using Portal.Audit;
using Portal.Comments;
using Portal.Db;
using Portal.Deliveries;
using Portal.Deliveries.Mails;
using Portal.Digests;
using Portal.Events;
using Portal.Http;
using Portal.Idempotency;
using Portal.Incidents;
using Portal.Invites;
using Portal.Lifecycle;
using Portal.Limits;
using Portal.Milestones;
using Portal.Notifications;
using Portal.Operations;
using Portal.Paging;
using Portal.Playback;
using Portal.Projects;
using Portal.Residency;
using Portal.ShareLinks;
using Portal.Tasks;
using Portal.Templates;
using Portal.Tenancy;
using Portal.Uploads;
using Portal.Users;
using Portal.Vendors;
using Portal.Vendors.Blob;
using Portal.Vendors.Clerk;
using Portal.Vendors.Mux;
using Portal.Vendors.PagerDuty;
using Portal.Vendors.Resend;
using Portal.Webhooks;

namespace Portal;

/// <summary>Registers everything that is true without Azure. Settings are checked at start; a wrong one stops it with its name.</summary>
public static class PortalRegistrations
{
    public static IServiceCollection AddPortalCore(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSettings().AddData().AddMux().AddResend().AddClerk().AddBlob().AddPagerDuty().AddFeatures().AddEvents();
    }

    private static IServiceCollection AddSettings(this IServiceCollection services)
    {
        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section)
            .Validate(o => o.App.Length > 0, "Database:App must be a connection string of role portal_app.")
            .Validate(o => o.System.Length > 0, "Database:System must be a connection string of role portal_system.").ValidateOnStart();
        services.AddOptions<MuxOptions>().BindConfiguration(MuxOptions.Section)
            .Validate(o => o.TokenId.Length > 0 && o.TokenSecret.Length > 0, "Mux:TokenId and Mux:TokenSecret must be set.")
            .Validate(o => o.WebhookSecret.Length > 0, "Mux:WebhookSecret must be set.")
            .Validate(o => o.SigningKeyId.Length > 0 && IsKey(o.SigningPrivateKey, 1), "Mux:SigningKeyId and Mux:SigningPrivateKey (base64 of the PEM) must be set.")
            .Validate(o => o.UploadTimeout >= TimeSpan.FromMinutes(1) && o.UploadTimeout <= TimeSpan.FromDays(7), "Mux:UploadTimeout must be 1 minute to 7 days.")
            .Validate(o => o.CallTimeout >= TimeSpan.FromSeconds(1) && o.CallTimeout <= TimeSpan.FromMinutes(2), "Mux:CallTimeout must be 1 second to 2 minutes.")
            .ValidateOnStart();
        services.AddOptions<ClerkOptions>().BindConfiguration(ClerkOptions.Section)
            .Validate(o => Uri.IsWellFormedUriString(o.Issuer, UriKind.Absolute), "Clerk:Issuer must be the Frontend API URL.")
            .Validate(o => Uri.IsWellFormedUriString(o.ApiUrl, UriKind.Absolute), "Clerk:ApiUrl must be the base of the Backend API.")
            .Validate(o => o.SecretKey.StartsWith("sk_", StringComparison.Ordinal), "Clerk:SecretKey must be the instance's sk_… key.")
            .Validate(o => o.InviteRedirectUrl.Length == 0 || Uri.IsWellFormedUriString(o.InviteRedirectUrl, UriKind.Absolute), "Clerk:InviteRedirectUrl must be a URL.")
            .Validate(o => o.AuthorizedParties.Length > 0, "Clerk:AuthorizedParties must name the portal's origins.")
            .Validate(o => SvixSignature.IsSecret(o.WebhookSecret), "Clerk:WebhookSecret must be whsec_ and base64.").ValidateOnStart();
        services.AddOptions<ResendOptions>().BindConfiguration(ResendOptions.Section)
            .Validate(o => Uri.TryCreate(o.ApiUrl, UriKind.Absolute, out var url) && url.AbsolutePath == "/", "Resend:ApiUrl must be a host without a path.")
            .Validate(o => o.ApiKey.StartsWith("re_", StringComparison.Ordinal), "Resend:ApiKey must be a re_… key.")
            .Validate(o => System.Net.Mail.MailAddress.TryCreate(o.From, out var from) && from.Address == o.From, "Resend:From must be an e-mail address.")
            .Validate(o => SvixSignature.IsSecret(o.WebhookSecret), "Resend:WebhookSecret must be whsec_ and base64.").ValidateOnStart();
        services.AddOptions<BlobOptions>().BindConfiguration(BlobOptions.Section)
            .Validate(o => o.ReadWriteToken.StartsWith("vercel_blob_rw_", StringComparison.Ordinal), "Blob:ReadWriteToken must be a vercel_blob_rw_… token.")
            .ValidateOnStart();
        services.AddOptions<PagerDutyOptions>().BindConfiguration(PagerDutyOptions.Section)
            .Validate(o => Uri.TryCreate(o.ApiUrl, UriKind.Absolute, out var url) && url.AbsolutePath == "/", "PagerDuty:ApiUrl must be a host without a path.")
            .Validate(o => o.AreRight(), "PagerDuty:RoutingKey must be the 32 letters and digits of an integration key, or empty.")
            .Validate(o => o.Source.Length is > 0 and <= 255, "PagerDuty:Source must be set.").ValidateOnStart();
        services.AddOptions<AlertsOptions>().BindConfiguration(AlertsOptions.Section)
            .Validate(o => o.WebhookSecret.Length >= 24, "Alerts:WebhookSecret must have 24 characters or more.").ValidateOnStart();
        services.AddOptions<ShareLinkOptions>().BindConfiguration(ShareLinkOptions.Section)
            .Validate(o => o.Keys.TryGetValue(o.CurrentKey, out var key) && IsKey(key, 32), "ShareLinks:Keys must hold ShareLinks:CurrentKey, base64 of 32 bytes or more.")
            .ValidateOnStart();
        services.AddOptions<PrivacyOptions>().BindConfiguration(PrivacyOptions.Section)
            .Validate(o => IsKey(o.HashKey, 32), "Privacy:HashKey must be base64 of 32 bytes or more.").ValidateOnStart();
        services.AddOptions<OperationsOptions>().BindConfiguration(OperationsOptions.Section)
            .Validate(o => Uri.TryCreate(o.DurableUrl, UriKind.Absolute, out var url) && url.Scheme.StartsWith("http", StringComparison.Ordinal),
                "Operations:DurableUrl must be the address of Durable's management routes.")
            .Validate(o => o.DurableKey.Length > 0, "Operations:DurableKey must be the system key durabletask_extension.")
            .Validate(o => o.SessionLifetime >= TimeSpan.FromMinutes(5) && o.SessionLifetime <= TimeSpan.FromDays(1), "Operations:SessionLifetime must be 5 minutes to 1 day.")
            .ValidateOnStart();
        services.AddOptions<PagingOptions>().BindConfiguration(PagingOptions.Section)
            .Validate(o => IsKey(o.CursorKey, 32), "Paging:CursorKey must be base64 of 32 bytes or more.").ValidateOnStart();
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section)
            .Validate(AuditKeys.AreRight, "Audit:Keys must hold Audit:CurrentKey, base64 of a PEM with a private ECDSA key on P-256.").ValidateOnStart();
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section)
            .Validate(o => o.AreSane(), "Limits: every limit must be 1 or more.").ValidateOnStart();
        services.AddOptions<MailOptions>().BindConfiguration(MailOptions.Section)
            .Validate(o => Uri.IsWellFormedUriString(o.PortalUrl, UriKind.Absolute), "Mail:PortalUrl must be the address of the portal's pages.")
            .Validate(o => Uri.IsWellFormedUriString(o.ApiUrl, UriKind.Absolute), "Mail:ApiUrl must be this app's address as the internet sees it.")
            .Validate(o => IsKey(o.UnsubscribeKey, 32), "Mail:UnsubscribeKey must be base64 of 32 bytes or more.").ValidateOnStart();
        services.AddOptions<HttpOptions>().BindConfiguration(HttpOptions.Section)
            .Validate(o => o.OriginsAreRight(), "Http:AllowedOrigins must be origins (https://portal.example), separated by commas.")
            .Validate(
                o => o.ClientAddressHeaderIsRight(),
                "Http:ClientAddressHeader must be the name of a header other than X-Forwarded-…, or empty.")
            .ValidateOnStart();
        return services;
    }

    private static IServiceCollection AddData(this IServiceCollection services) => services
        .AddSingleton(p =>
        {
            var options = p.GetRequiredService<IOptions<DatabaseOptions>>().Value;
            return new PortalDataSources(NpgsqlDataSource.Create(options.App), NpgsqlDataSource.Create(options.System));
        })
        .AddSingleton<PortalDb>()
        .AddSingleton<Journal>().AddSingleton<AlertStore>().AddSingleton<RateLimit>().AddSingleton<RequesterHash>().AddSingleton<Cursors>()
        .AddSingleton<AuditKeys>().AddSingleton<AuditStore>().AddSingleton<AuditExport>().AddSingleton<SealAudit>()
        .AddSingleton<ClientAddresses>().AddSingleton<FailedTries>()
        .AddSingleton<VendorPace>().AddSingleton<IdempotencyStore>();

    private static IServiceCollection AddFeatures(this IServiceCollection services)
    {
        services.AddHttpClient(nameof(DurableManagement), http => http.Timeout = TimeSpan.FromSeconds(15));
        return services
            .AddSingleton<PersonalHash>().AddSingleton<TenantStore>().AddSingleton<SetUpTenant>().AddSingleton<DeleteTenant>()
            .AddSingleton<UserStore>().AddSingleton<ProfileStore>().AddSingleton<NotificationStore>().AddSingleton<ProjectMembership>()
            .AddSingleton<InviteStore>().AddSingleton<InviteSyncStore>().AddSingleton<CreateInvite>().AddSingleton<ReissueInvite>()
            .AddSingleton<SyncInvite>().AddSingleton<SweepInvites>().AddSingleton<EnrolPerson>()
            .AddSingleton(p => ActivatorUtilities.CreateInstance<DurableManagement>(p, p.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(DurableManagement))))
            .AddSingleton<UploadNotes>().AddSingleton<LookAtOrchestrations>().AddSingleton<OperateOrchestration>().AddSingleton<OperatorSessions>()
            .AddSingleton<VerifiedSessions>().AddSingleton<ClerkSessions>().AddSingleton<CallerStore>()
            .AddSingleton<ProjectStore>().AddSingleton<AssetStore>()
            .AddSingleton<AssetChangeStore>()
            .AddSingleton<UploadStore>().AddSingleton<UploadProgressStore>().AddSingleton<UploadMoves>().AddSingleton<MuxCleanupStore>()
            .AddSingleton<RequestUpload>().AddSingleton<CancelUpload>().AddSingleton<ReplayUpload>().AddSingleton<EndUpload>()
            .AddSingleton<OpenAtMux>().AddSingleton<ReconcileUpload>().AddSingleton<SettleUpload>().AddSingleton<DeleteUnwantedAssets>()
            .AddSingleton<SweepUploads>().AddSingleton<SweepMuxAssets>()
            .AddSingleton<WebhookInboxStore>().AddSingleton<IWebhookEvents, MuxEvents>().AddSingleton<ReceiveWebhook>()
            .AddSingleton<IWebhookEvents, ClerkEvents>().AddSingleton<FollowClerk>().AddSingleton<ClerkFollowStore>().AddSingleton<FollowInvitation>()
            .AddSingleton<IWebhookEvents, ResendEvents>().AddSingleton<SettleMail>()
            .AddSingleton<ProjectList>().AddSingleton<MemberStore>().AddSingleton<TemplateStore>().AddSingleton<ApplyTemplate>()
            .AddSingleton<MilestoneStore>()
            .AddSingleton<TaskStore>().AddSingleton<TaskList>().AddSingleton<MoveTasks>().AddSingleton<TaskLinks>()
            .AddSingleton<BlobTokens>()
            .AddSingleton<MuxChoreStore>().AddSingleton<WorkOffMuxChores>()
            .AddSingleton<ShareLinkMoves>().AddSingleton<ShareDoorStore>().AddSingleton<EnterShareLink>().AddSingleton<UnlockShareLink>().AddSingleton<DownloadShared>()
            .AddSingleton<UnknownTokens>()
            .AddSingleton<CommentStore>().AddSingleton<AddComment>()
            .AddSingleton<TimerRuns>().AddSingleton<RetentionStore>().AddSingleton<PruneRetention>().AddSingleton<DeleteOriginals>()
            .AddSingleton<AnalyticsStore>().AddSingleton<RollupAnalytics>()
            .AddSingleton<ResidencyStore>().AddSingleton<GenerateResidencyReports>()
            .AddSingleton<DailyCheckStore>().AddSingleton<RunDailyChecks>()
            .AddSingleton<PlaybackTokens>().AddSingleton<MintPlayback>().AddSingleton<PlayAsset>()
            .AddSingleton<ShareTokens>().AddSingleton<ShareLinkStore>().AddSingleton<CreateShareLink>().AddSingleton<OpenShareLink>();
    }

    private static IServiceCollection AddEvents(this IServiceCollection services) => services
        .AddSingleton<OutboxStore>().AddSingleton<Recipients>().AddSingleton<ReadModels>().AddSingleton<RouteEvents>().AddSingleton<RebuildReadModels>()
        .AddSingleton<DeliveryStore>().AddSingleton<SweepOutbox>().AddScoped<SendDelivery>().AddSingleton<Unsubscribe>().AddSingleton<OperateDeliveries>().AddSingleton<ProjectProgressStore>()
        .AddSingleton<DigestStore>().AddSingleton<SendDigests>()
        .AddScoped<SendMail>().AddSingleton<SendPage>()
        .AddSingleton<IncidentStore>().AddSingleton<MoveIncident>().AddSingleton<UploadIncidents>()
        .AddSingleton<IWebhookEvents, AlertEvents>()
        .AddSingleton<ReportBreach>().AddSingleton<ChangeFreeze>().AddSingleton<RestoreTests>()
        .AddSingleton<UnsubscribeTokens>().AddSingleton<MailRecipients>().AddSingleton<ComposeMail>()
        .AddSingleton<IMailWriter, InviteExpiredMail>().AddSingleton<IMailWriter, ProjectMail>().AddSingleton<IMailWriter, ResidencyMail>()
        .AddSingleton<IMailWriter, AssetReadyMail>().AddSingleton<IMailWriter, ShareLinkMail>().AddSingleton<IMailWriter, MentionMail>()
        .AddSingleton<IMailWriter, DigestMail>();

    private static bool IsKey(string text, int bytes)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var length) && length >= bytes;
    }
}
