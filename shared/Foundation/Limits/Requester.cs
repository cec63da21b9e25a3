using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Foundation.Http;

namespace Portal.Foundation.Limits;

/// <summary>Where a request came from, as far as we keep it: a keyed hash of the address and the kind of program.</summary>
public sealed record Requester(byte[] IpHash, string AgentFamily, string RequestId)
{
    /// <summary>Characters of the hash that logs, alerts and figures have of it: enough to tell addresses apart.</summary>
    public const int ShownLength = 16;

    public string ShownHash => Convert.ToHexStringLower(IpHash)[..ShownLength];
}

/// <summary>Settings of the keyed hashes that stand in for addresses.</summary>
public sealed class PrivacyOptions
{
    public const string Section = "Privacy";

    /// <summary>Base64 key, 32 bytes or more. Changing it makes earlier hashes unlinkable.</summary>
    public string HashKey { get; set; } = "";

    /// <summary>Whom people write to about their data: an e-mail address or a page, shown with the privacy notice.</summary>
    public string Contact { get; set; } = "";
}

/// <summary>Reduces an address and a User-Agent to what may be stored (no personal values in audit rows).</summary>
public sealed class RequesterHash(IOptions<PrivacyOptions> options, ClientAddresses addresses)
{
    private readonly byte[] key = Convert.FromBase64String(options.Value.HashKey);

    /// <summary>The header in which a proxy in front says who called; null without one.</summary>
    public string? AddressHeader => addresses.Header;

    /// <param name="peer">Who is at the other end of the connection.</param>
    /// <param name="told">What <see cref="AddressHeader"/> says.</param>
    public Requester Of(IPAddress? peer, string? told, string? userAgent, string requestId) =>
        new(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(addresses.Of(peer, told) ?? "unknown")), Family(userAgent), requestId);

    /// <summary>A coarse family: enough to tell a browser from a robot in the opens log.</summary>
    public static string Family(string? userAgent) => userAgent switch
    {
        null or "" => AgentFamily.Unknown,
        _ when Has(userAgent, "bot") || Has(userAgent, "crawler") || Has(userAgent, "spider") => AgentFamily.Robot,
        _ when Has(userAgent, "Edg/") => AgentFamily.Edge,
        _ when Has(userAgent, "Firefox/") => AgentFamily.Firefox,
        _ when Has(userAgent, "Chrome/") => AgentFamily.Chrome,
        _ when Has(userAgent, "Safari/") => AgentFamily.Safari,
        _ when Has(userAgent, "curl/") => AgentFamily.Curl,
        _ => AgentFamily.Other,
    };

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What <see cref="RequesterHash.Family"/> tells apart.</summary>
public static class AgentFamily
{
    public const string Chrome = "Chrome";
    public const string Edge = "Edge";
    public const string Firefox = "Firefox";
    public const string Safari = "Safari";
    public const string Curl = "curl";

    /// <summary>A program that says of itself that it is one: of search engines, of chats that make previews.</summary>
    public const string Robot = "robot";

    public const string Other = "other";

    /// <summary>It says nothing of itself.</summary>
    public const string Unknown = "unknown";

    public static IReadOnlyList<string> All { get; } = [Chrome, Edge, Firefox, Safari, Curl, Robot, Other, Unknown];
}
