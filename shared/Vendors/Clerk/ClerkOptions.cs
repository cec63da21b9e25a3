namespace Portal.Vendors.Clerk;

/// <summary>Settings of Clerk: which instance's sessions we accept.</summary>
public sealed class ClerkOptions
{
    public const string Section = "Clerk";

    /// <summary>The Frontend API URL, for example <c>https://clerk.example.com</c>: the only accepted <c>iss</c>.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Where the public keys are; empty: <c>{Issuer}/.well-known/jwks.json</c>.</summary>
    public string JwksUrl { get; set; } = "";

    /// <summary>Origins a session may have been made for (<c>azp</c>), separated by commas.</summary>
    public string AuthorizedParties { get; set; } = "";

    public string KeysUrl => JwksUrl.Length > 0 ? JwksUrl : $"{Issuer.TrimEnd('/')}/.well-known/jwks.json";
}
