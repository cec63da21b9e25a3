namespace Portal.Events.OutboundWebhooks;

/// <summary>Settings of outbound webhooks.</summary>
public sealed class OutboundWebhookOptions
{
    public const string Section = "OutboundWebhooks";

    /// <summary>Keys by id (<c>OutboundWebhooks:Keys:w1</c>), each base64 of 32 bytes or more, that endpoints' secrets are made from. Keep
    /// old ones: the secrets made from them are used until somebody rotates them.</summary>
    public Dictionary<string, string> Keys { get; set; } = [];

    /// <summary>The id of the key for new secrets.</summary>
    public string CurrentKey { get; set; } = "";

    /// <summary>Endpoints on this machine, over plain HTTP: the launcher's and the tests' receiver. Never where others may make
    /// endpoints.</summary>
    public bool AllowLoopback { get; set; }
}
