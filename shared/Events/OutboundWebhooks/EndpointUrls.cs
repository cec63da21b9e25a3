using System.Net;
using Microsoft.Extensions.Options;
using Portal.Foundation.Faults;

namespace Portal.Events.OutboundWebhooks;

/// <summary>
/// Which addresses an endpoint may have. What a name stands for is not asked here: names change. <see cref="GuardedConnector"/> decides
/// when it dials.
/// </summary>
public sealed class EndpointUrls(IOptions<OutboundWebhookOptions> options)
{
    public const int MaxLength = 500;

    private const int FirstUnprivilegedPort = 1024;
    private static readonly string[] LocalSuffixes =
        ["localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa"];

    /// <summary>The address as it is kept, or the rule that it breaks.</summary>
    public Result<string> Check(string text) => !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0
        ? Wrong("must be an absolute URL, such as https://hooks.example.com/portal.")
        : Broken(url) is { } rule ? Wrong(rule) : url.AbsoluteUri;

    private string? Broken(Uri url) =>
        !HasHost(url) ? "must name a host of the public internet."
        : IsOnThisMachine(url) ? null
        : url.Scheme != Uri.UriSchemeHttps ? "must begin with https://."
        : url.GetLeftPart(UriPartial.Authority).Contains('@', StringComparison.Ordinal) ? "must hold no name or password."
        : url.Fragment.Length > 0 ? "must have no fragment (#)."
        : !url.IsDefaultPort && url.Port < FirstUnprivilegedPort ? "must have port 443, or one of 1024 to 65535."
        : url.AbsoluteUri.Length > MaxLength ? $"must have at most {MaxLength} characters, counted as they are sent."
        : !IsOutside(url.IdnHost) ? "must name a host of the public internet."
        : null;

    /// <summary>A name in other letters may have no form in which it can be asked for (RFC 5891); that shows when it is made.</summary>
    private static bool HasHost(Uri url)
    {
        try
        {
            return url.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    private bool IsOnThisMachine(Uri url) =>
        options.Value.AllowLoopback && url.Scheme == Uri.UriSchemeHttp && url.UserInfo.Length == 0
        && (url.IdnHost == "localhost" || (IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));

    private static bool IsOutside(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return PublicAddresses.Contains(address);
        }

        var name = host.TrimEnd('.');
        return name.Contains('.', StringComparison.Ordinal)
            && !Array.Exists(
                LocalSuffixes,
                suffix => name == suffix || name.EndsWith($".{suffix}", StringComparison.OrdinalIgnoreCase));
    }

    private static Refusal.InvalidField Wrong(string rule) => new("url", "url", $"url {rule}");
}
