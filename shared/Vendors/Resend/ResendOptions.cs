namespace Portal.Vendors.Resend;

/// <summary>Settings of Resend: one team's API key, the sender's address, and the secret of the webhook.</summary>
public sealed class ResendOptions
{
    public const string Section = "Resend";

    /// <summary>Without a path: the SDK loses it.</summary>
    public string ApiUrl { get; set; } = "https://api.resend.com";

    /// <summary><c>re_…</c></summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Address of a domain that Resend has verified; the name before it is the tenant's.</summary>
    public string From { get; set; } = "";

    /// <summary><c>whsec_…</c> of the webhook to /api/webhooks/resend.</summary>
    public string WebhookSecret { get; set; } = "";
}
