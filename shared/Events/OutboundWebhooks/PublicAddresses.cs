using System.Net;
using System.Net.Sockets;

namespace Portal.Events.OutboundWebhooks;

/// <summary>
/// Addresses of the internet, as far as an address tells: those that IANA's registries of special addresses have out of it, and Azure's
/// host agent, are none. Of IPv6 only what is given out (2000::/3) counts, less what carries IPv4 inside. It is asked of the address that
/// is dialled, never of a name.
/// </summary>
public static class PublicAddresses
{
    private static readonly IPNetwork[] NotPublic =
    [
        // "This network", private, shared (carrier NAT), loopback, link-local with the clouds' metadata, IETF assignments.
        .. Networks("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16"),
        // Documentation, AS112, 6to4 relays, benchmarks, multicast, reserved and broadcast.
        .. Networks("192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 192.31.196.0/24 192.52.193.0/24 192.175.48.0/24 192.88.99.0/24"),
        .. Networks("198.18.0.0/15 224.0.0.0/4 240.0.0.0/4"),
        // Azure's host agent and DNS, which looks public.
        .. Networks("168.63.129.16/32"),
        // IETF assignments with Teredo, documentation, 6to4, AS112.
        .. Networks("2001::/23 2001:db8::/32 2002::/16 3fff::/20 2620:4f:8000::/48"),
    ];

    private static readonly IPNetwork GivenOut = IPNetwork.Parse("2000::/3");

    public static bool Contains(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (plain.AddressFamily == AddressFamily.InterNetwork || GivenOut.Contains(plain))
            && !Array.Exists(NotPublic, network => network.Contains(plain));
    }

    private static IEnumerable<IPNetwork> Networks(string list) => list.Split(' ').Select(text => IPNetwork.Parse(text));
}
