namespace Portal.Vendors.Clerk;

/// <summary>Settings of Clerk: which instance's sessions we accept, and how we speak to its Backend API.</summary>
public sealed class ClerkOptions
{
    public const string Section = "Clerk";

    /// <summary>The Frontend API URL, for example <c>https://clerk.example.com</c>: the only accepted <c>iss</c>.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Where the public keys are; empty: <c>{Issuer}/.well-known/jwks.json</c>.</summary>
    public string JwksUrl { get; set; } = "";

    /// <summary>Origins a session may have been made for (<c>azp</c>), separated by commas.</summary>
    public string AuthorizedParties { get; set; } = "";

    /// <summary>Base of the Backend API.</summary>
    public string ApiUrl { get; set; } = "https://api.clerk.com/v1";

    /// <summary><c>sk_…</c> of the same instance.</summary>
    public string SecretKey { get; set; } = "";

    /// <summary><c>whsec_…</c> of the webhook to /api/webhooks/clerk.</summary>
    public string WebhookSecret { get; set; } = "";

    /// <summary>The portal's page that an invitation's link leads to; empty: Clerk's own.</summary>
    public string InviteRedirectUrl { get; set; } = "";

    public string KeysUrl => JwksUrl.Length > 0 ? JwksUrl : $"{Issuer.TrimEnd('/')}/.well-known/jwks.json";
}
