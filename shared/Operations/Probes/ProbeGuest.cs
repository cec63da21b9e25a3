using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Identity;
using Portal.Sharing.ShareLinks;

namespace Portal.Operations.Probes;

/// <summary>
/// Whom the probe opens its link as: always the same viewer, whichever instance asks, so that the link counts one open, and what figures
/// of people would take for one of them can be told apart. The key is known to this app alone.
/// </summary>
public sealed class ProbeGuest
{
    private readonly byte[] key;

    public ProbeGuest(IOptions<ProbeOptions> options, PersonalHash hash)
    {
        Link = options.Value.ShareLinkId is { Length: > 0 } id ? new ShareLinkId(Guid.ParseExact(id, "D")) : null;
        ViewerKey = Link is { } link ? hash.Of($"synthetic probe of {link}")! : "";
        key = Encoding.ASCII.GetBytes(ViewerKey);
    }

    /// <summary>Null: nothing is probed.</summary>
    public ShareLinkId? Link { get; }

    /// <summary>What it sends as its viewer key; empty: nothing is probed.</summary>
    public string ViewerKey { get; }

    /// <summary>As the link's viewers keep it; null: nothing is probed.</summary>
    public byte[]? ViewerHash => ShareTokens.CookieHash(ViewerKey);

    /// <summary>Did a request with that viewer key come from the probe?</summary>
    public bool Is(string? viewerKey) =>
        Link is not null && viewerKey is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(viewerKey), key);
}
