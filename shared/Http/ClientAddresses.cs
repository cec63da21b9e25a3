using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Portal.Http;

/// <summary>
/// The client's address. Every proxy appends to <c>X-Forwarded-For</c> the address it was called from, so the entries at the right end are
/// those of our own proxies, and what stands left of them is the client's own claim: believed is only what a trusted proxy wrote.
/// </summary>
public sealed class ClientAddresses
{
    private const int MostProxies = 10;
    private const int NetworkBytes = 8;
    private readonly int count;
    private readonly IReadOnlyList<IPNetwork> networks;

    public ClientAddresses(IOptions<HttpOptions> options)
    {
        if (!TryRead(options.Value.TrustedProxies, out count, out networks))
        {
            throw new ArgumentException("Http:TrustedProxies is neither a number nor a list of networks.", nameof(options));
        }
    }

    /// <summary>Whether the setting can be read.</summary>
    public static bool IsRight(string trustedProxies) => TryRead(trustedProxies, out _, out _);

    /// <summary>
    /// The address as a text to tell clients apart by. Of IPv6 only the network of 64 bits, which is what one household or server gets:
    /// whoever has it has all the addresses in it.
    /// </summary>
    public string? Of(IPAddress? peer, string? forwarded)
    {
        var address = Find(Plain(peer), (forwarded ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        if (address is not { AddressFamily: AddressFamily.InterNetworkV6 })
        {
            return address?.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private IPAddress? Find(IPAddress? peer, string[] entries)
    {
        if (count > 0)
        {
            // Fewer entries than proxies: all of them are our proxies', the first is the nearest to the client.
            return entries.Length == 0 ? peer : Read(entries[Math.Max(0, entries.Length - count)]) ?? peer;
        }

        var address = peer;
        for (var at = entries.Length - 1; at >= 0 && IsTrusted(address); at--)
        {
            if (Read(entries[at]) is not { } before)
            {
                break;
            }

            address = before;
        }

        return address;
    }

    private bool IsTrusted(IPAddress? address) => address is not null && networks.Any(n => n.BaseAddress.AddressFamily == address.AddressFamily && n.Contains(address));

    /// <summary>Azure's front end writes <c>address:port</c>.</summary>
    private static IPAddress? Read(string entry) =>
        IPAddress.TryParse(entry, out var address) ? Plain(address) : IPEndPoint.TryParse(entry, out var endPoint) ? Plain(endPoint.Address) : null;

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    private static bool TryRead(string text, out int count, out IReadOnlyList<IPNetwork> networks)
    {
        networks = [];
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count))
        {
            return count <= MostProxies;
        }

        var read = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Network).ToList();
        networks = [.. read.OfType<IPNetwork>()];
        return networks.Count == read.Count;
    }

    private static IPNetwork? Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var one) ? new IPNetwork(one, one.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
        : null;
}
