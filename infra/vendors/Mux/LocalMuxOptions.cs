namespace Portal.LocalVendors;

/// <summary>One Mux account with one environment.</summary>
public sealed class LocalMuxOptions : LocalVendorOptions
{
    /// <summary>User of the API's Basic authentication.</summary>
    public string TokenId { get; init; } = "local-mux-token";

    /// <summary>Password of the API's Basic authentication.</summary>
    public string TokenSecret { get; init; } = "local-mux-secret";

    /// <summary>User of a second token, of the account's system: for usage exports, and for nothing else.</summary>
    public string SystemTokenId { get; init; } = "local-mux-system-token";

    /// <summary>Its password.</summary>
    public string SystemTokenSecret { get; init; } = "local-mux-system-secret";

    /// <summary>Where events go; may be set later with <see cref="LocalWebhookVendor.WebhookUrl"/>, events wait until then.</summary>
    public Uri? WebhookUrl { get; init; }

    /// <summary>Used as text, as Mux does.</summary>
    public string WebhookSecret { get; init; } = "localmuxwebhooksecret00000000000";

    /// <summary>From an asset's creation to <c>ready</c> or <c>errored</c>, by the clock.</summary>
    public TimeSpan EncodingTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>One POST a second under /video/, 429 beyond the burst. Off for load tests.</summary>
    public bool RateLimitPosts { get; init; } = true;

    /// <summary>Five other calls a second. Off unless a test is about it.</summary>
    public bool RateLimitOthers { get; init; }

    /// <summary>POSTs that may come at once after a quiet time. Mux says «short bursts»; the number is ours.</summary>
    public int PostBurst { get; init; } = 5;

    /// <summary>Largest file taken, in bytes.</summary>
    public long MaxUploadBytes { get; init; } = 5L * 1024 * 1024 * 1024;
}
