namespace Portal.Operations.Probes;

/// <summary>Settings of the synthetic probe.</summary>
public sealed class ProbeOptions
{
    public const string Section = "Probe";

    /// <summary>
    /// Id of the share link that is opened every minute; empty: none is. Not its address: that holds the token, which is a secret, and
    /// which the app can make again from the id.
    /// </summary>
    public string ShareLinkId { get; set; } = "";

    public bool IsValid() => ShareLinkId.Length == 0 || Guid.TryParseExact(ShareLinkId, "D", out _);
}
