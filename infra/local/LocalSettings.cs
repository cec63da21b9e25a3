using Microsoft.Extensions.Configuration;

namespace Portal.Local;

/// <summary>The settings that make the app a local one, by the names of local.settings.sample.json.</summary>
internal static class LocalSettings
{
    /// <summary>The variable that OpenTelemetry's own tools read: where a collector listens. Unset: nothing is sent.</summary>
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>The same as the app reads them.</summary>
    public static IConfiguration Configuration(Dictionary<string, string?> settings) => new ConfigurationBuilder().AddInMemoryCollection(
        settings.ToDictionary(one => one.Key.Replace("__", ":", StringComparison.Ordinal), one => one.Value)).Build();

    public static Dictionary<string, string?> Of(
        LocalDatabase database, VendorServers vendors, LocalSecrets secrets, (
            string Id, string PrivateKey) signingKey, string app) => new()
            {
                ["Database__App"] = database.App,
                ["Database__System"] = database.System,
                ["Mux__ApiUrl"] = Text(vendors.Mux.ApiUrl),
                ["Mux__StreamUrl"] = Text(vendors.Mux.StreamUrl),
                ["Mux__ImageUrl"] = Text(vendors.Mux.ImageUrl),
                ["Mux__TokenId"] = vendors.MuxOptions.TokenId,
                ["Mux__TokenSecret"] = vendors.MuxOptions.TokenSecret,
                ["Mux__SystemTokenId"] = vendors.MuxOptions.SystemTokenId,
                ["Mux__SystemTokenSecret"] = vendors.MuxOptions.SystemTokenSecret,
                ["Mux__WebhookSecret"] = vendors.Mux.WebhookSecret,
                ["Mux__SigningKeyId"] = signingKey.Id,
                ["Mux__SigningPrivateKey"] = signingKey.PrivateKey,
                ["Clerk__Issuer"] = vendors.Clerk.Issuer,
                ["Clerk__JwksUrl"] = Text(vendors.Clerk.JwksUrl),
                ["Clerk__AuthorizedParties"] = vendors.ClerkOptions.AuthorizedParty,
                ["Clerk__ApiUrl"] = Text(vendors.Clerk.ApiUrl),
                ["Clerk__SecretKey"] = vendors.ClerkOptions.SecretKey,
                ["Clerk__WebhookSecret"] = vendors.Clerk.WebhookSecret,
                ["Resend__ApiUrl"] = Text(vendors.Resend.ApiUrl),
                ["Resend__ApiKey"] = vendors.ResendOptions.ApiKey,
                ["Resend__From"] = "no-reply@portal.localhost",
                ["Resend__WebhookSecret"] = vendors.Resend.WebhookSecret,
                ["Blob__ApiUrl"] = Text(vendors.Blob.ApiUrl),
                ["Blob__ReadWriteToken"] = vendors.Blob.ReadWriteToken,
                ["Blob__CallbackUrl"] = $"{app}/api/webhooks/blob",
                ["PagerDuty__ApiUrl"] = Text(vendors.PagerDuty.ApiUrl),
                ["PagerDuty__RoutingKey"] = vendors.PagerDutyOptions.RoutingKey,
                ["PagerDuty__LowUrgencyRoutingKey"] = vendors.PagerDutyOptions.LowUrgencyRoutingKey,
                ["PagerDuty__SecurityRoutingKey"] = vendors.PagerDutyOptions.SecurityRoutingKey,
                ["PagerDuty__WebhookSecret"] = vendors.PagerDuty.WebhookSecret,
                ["PagerDuty__Source"] = "portal.localhost",
                ["Alerts__WebhookSecret"] = secrets.AlertsKey,
                ["ShareLinks__Keys__local"] = secrets.ShareKey,
                ["ShareLinks__CurrentKey"] = "local",
                ["Privacy__HashKey"] = secrets.HashKey,
                ["Privacy__Contact"] = "privacy@portal.example",
                ["Paging__CursorKey"] = secrets.CursorKey,
                ["Audit__Keys__local"] = secrets.AuditKey,
                ["Audit__CurrentKey"] = "local",
                ["Mail__PortalUrl"] = vendors.ClerkOptions.AuthorizedParty,
                ["Mail__ApiUrl"] = app,
                ["Mail__UnsubscribeKey"] = secrets.UnsubscribeKey,
                ["OutboundWebhooks__Keys__local"] = secrets.WebhookKey,
                ["OutboundWebhooks__CurrentKey"] = "local",
                // The receiver beside the vendors is on this machine.
                ["OutboundWebhooks__AllowLoopback"] = "true",
                ["Telemetry__OtlpUrl"] = Environment.GetEnvironmentVariable(Collector) ?? "",
                ["SealAuditSchedule"] = "0 * * * * *",
                ["SweepOutboxSchedule"] = "*/2 * * * * *",
                ["SendDigestsSchedule"] = "0 */15 * * * *",
                ["ExpireInvitesSchedule"] = "0 */5 * * * *",
                ["ExpireShareLinksSchedule"] = "20 * * * * *",
                ["SweepMuxAssetsSchedule"] = "0 7 * * * *",
                ["RollupAnalyticsSchedule"] = "0 12 * * * *",
                ["DailyChecksSchedule"] = "0 10 15 * * *",
                ["PruneRetentionSchedule"] = "0 40 15 * * *",
                ["ResidencyReportSchedule"] = "0 25 * * * *",
                ["Http__AllowedOrigins"] = vendors.ClerkOptions.AuthorizedParty,
                ["Operations__DurableUrl"] = $"{app}/runtime/webhooks/durabletask",
                ["Operations__DurableKey"] = secrets.SystemKey,
                ["Keys__Functions"] = secrets.FunctionKey,
                ["Keys__System__durabletask_extension"] = secrets.SystemKey,
                ["Keys__Master"] = secrets.MasterKey,
            };

    public static string Text(Uri address) => address.ToString().TrimEnd('/');
}
