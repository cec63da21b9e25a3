using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation;
using Portal.Vendors.Blob;
using Portal.Vendors.Clerk;
using Portal.Vendors.Mux;
using Portal.Vendors.PagerDuty;
using Portal.Vendors.Resend;

namespace Portal.Vendors;

/// <summary>Registers the adapters of Mux, Clerk, Resend, Vercel Blob and PagerDuty.</summary>
public static class VendorsRegistrations
{
    public static IServiceCollection AddVendors(this IServiceCollection services)
    {
        services.AddMux().AddResend().AddClerk().AddBlob().AddPagerDuty();
        services.AddOptions<MuxOptions>().BindConfiguration(MuxOptions.Section)
            .Validate(o => o.TokenId.Length > 0 && o.TokenSecret.Length > 0, "Mux:TokenId and Mux:TokenSecret must be set.")
            .Validate(
                o => o.SystemTokenId.Length > 0 == o.SystemTokenSecret.Length > 0,
                "Mux:SystemTokenId and Mux:SystemTokenSecret must both be set, or neither.")
            .Validate(o => o.WebhookSecret.Length > 0, "Mux:WebhookSecret must be set.")
            .Validate(
                o => o.SigningKeyId.Length > 0
                    && Settings.IsKey(o.SigningPrivateKey, 1),
                    "Mux:SigningKeyId and Mux:SigningPrivateKey (base64 of the PEM) must be set.")
            .Validate(
                o => o.UploadTimeout >= TimeSpan.FromMinutes(1)
                    && o.UploadTimeout <= TimeSpan.FromDays(7), "Mux:UploadTimeout must be 1 minute to 7 days.")
            .Validate(
                o => o.CallTimeout >= TimeSpan.FromSeconds(1)
                    && o.CallTimeout <= TimeSpan.FromMinutes(2), "Mux:CallTimeout must be 1 second to 2 minutes.")
            .ValidateOnStart();
        services.AddOptions<ClerkOptions>().BindConfiguration(ClerkOptions.Section)
            .Validate(o => Uri.IsWellFormedUriString(o.Issuer, UriKind.Absolute), "Clerk:Issuer must be the Frontend API URL.")
            .Validate(o => Uri.IsWellFormedUriString(o.ApiUrl, UriKind.Absolute), "Clerk:ApiUrl must be the base of the Backend API.")
            .Validate(o => o.SecretKey.StartsWith("sk_", StringComparison.Ordinal), "Clerk:SecretKey must be the instance's sk_… key.")
            .Validate(
                o => o.InviteRedirectUrl.Length == 0
                    || Uri.IsWellFormedUriString(o.InviteRedirectUrl, UriKind.Absolute), "Clerk:InviteRedirectUrl must be a URL.")
            .Validate(o => o.AuthorizedParties.Length > 0, "Clerk:AuthorizedParties must name the portal's origins.")
            .Validate(o => SvixSignature.IsSecret(o.WebhookSecret), "Clerk:WebhookSecret must be whsec_ and base64.").ValidateOnStart();
        services.AddOptions<ResendOptions>().BindConfiguration(ResendOptions.Section)
            .Validate(
                o => Uri.TryCreate(o.ApiUrl, UriKind.Absolute, out var url)
                    && url.AbsolutePath == "/", "Resend:ApiUrl must be a host without a path.")
            .Validate(o => o.ApiKey.StartsWith("re_", StringComparison.Ordinal), "Resend:ApiKey must be a re_… key.")
            .Validate(
                o => System.Net.Mail.MailAddress.TryCreate(o.From, out var from)
                    && from.Address == o.From, "Resend:From must be an e-mail address.")
            .Validate(o => SvixSignature.IsSecret(o.WebhookSecret), "Resend:WebhookSecret must be whsec_ and base64.").ValidateOnStart();
        services.AddOptions<BlobOptions>().BindConfiguration(BlobOptions.Section)
            .Validate(
                o => o.ReadWriteToken.StartsWith(
                    "vercel_blob_rw_", StringComparison.Ordinal), "Blob:ReadWriteToken must be a vercel_blob_rw_… token.")
            .ValidateOnStart();
        services.AddOptions<PagerDutyOptions>().BindConfiguration(PagerDutyOptions.Section)
            .Validate(
                o => Uri.TryCreate(o.ApiUrl, UriKind.Absolute, out var url)
                    && url.AbsolutePath == "/", "PagerDuty:ApiUrl must be a host without a path.")
            .Validate(
                o => o.IsValid(),
                "PagerDuty:RoutingKey, PagerDuty:LowUrgencyRoutingKey and PagerDuty:SecurityRoutingKey must be the 32 letters and digits "
                    + "of an integration key, or empty.")
            .Validate(
                o => o.KeysDiffer(),
                "PagerDuty:LowUrgencyRoutingKey must be of another service than PagerDuty:RoutingKey and PagerDuty:SecurityRoutingKey.")
            .Validate(o => o.WebhookSecret.Length is 0 or >= 24, "PagerDuty:WebhookSecret must have 24 characters or more, or be empty.")
            .Validate(o => o.Source.Length is > 0 and <= 255, "PagerDuty:Source must be set.").ValidateOnStart();
        return services
            .AddSingleton<VendorCircuitStore>().AddSingleton<NoteCircuit>(p => p.GetRequiredService<VendorCircuitStore>().NoteAsync)
            .AddSingleton<VendorRateLimitStore>().AddSingleton<VerifiedSessions>().AddSingleton<ClerkSessions>()
            .AddSingleton<BlobTokens>().AddSingleton<PlaybackTokens>();
    }
}
