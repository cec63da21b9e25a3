namespace Portal.Vendors.Mux;

/// <summary>Settings of Mux: API credentials of one environment, the signing key for playback, the webhook secret.</summary>
public sealed class MuxOptions
{
    public const string Section = "Mux";

    public string ApiUrl { get; set; } = "https://api.mux.com";

    public string StreamUrl { get; set; } = "https://stream.mux.com";

    public string ImageUrl { get; set; } = "https://image.mux.com";

    public string TokenId { get; set; } = "";

    public string TokenSecret { get; set; } = "";

    /// <summary>
    /// A second access token, of the account's system: with it the files are read that Mux makes of each day's usage, which a paid plan
    /// has once they are switched on in its dashboard. Empty: they are not read.
    /// </summary>
    public string SystemTokenId { get; set; } = "";

    /// <inheritdoc cref="SystemTokenId"/>
    public string SystemTokenSecret { get; set; } = "";

    /// <summary>Used as text: Mux's secrets are not base64 (vendor fact, webhooks).</summary>
    public string WebhookSecret { get; set; } = "";

    public string SigningKeyId { get; set; } = "";

    /// <summary>Base64 of the PEM RSA key, as Mux shows it once when the key is made.</summary>
    public string SigningPrivateKey { get; set; } = "";

    /// <summary>How long one call to Mux may take.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an upload may wait for its bytes, 1 minute to 7 days (Mux's own bounds).</summary>
    public TimeSpan UploadTimeout { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The gap kept between POSTs of all workers together: Mux allows one a second per account (vendor fact).</summary>
    public TimeSpan PostGap { get; set; } = TimeSpan.FromSeconds(1);
}
