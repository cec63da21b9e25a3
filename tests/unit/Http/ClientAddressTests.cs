using System.Net;
using Microsoft.Extensions.Options;
using Portal.Http;

namespace Portal.Tests.Unit.Http;

/// <summary>Of X-Forwarded-For only what our own proxies wrote is believed.</summary>
public sealed class ClientAddressTests
{
    [Theory]
    // Nobody in front: the header is the client's own claim.
    [InlineData("0", "203.0.113.5", "198.51.100.1", "203.0.113.5")]
    [InlineData("", "203.0.113.5", "198.51.100.1", "203.0.113.5")]
    // One proxy, as on Azure: the last entry, with or without a port.
    [InlineData("1", "10.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("1", "10.0.0.1", "1.1.1.1, 198.51.100.1:50123", "198.51.100.1")]
    [InlineData("1", "10.0.0.1", "", "10.0.0.1")]
    [InlineData("1", "10.0.0.1", "not an address", "10.0.0.1")]
    [InlineData("2", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1")]
    [InlineData("2", "10.0.0.1", "198.51.100.1", "198.51.100.1")]
    // Known networks: from the right, past all that are ours.
    [InlineData("10.0.0.0/8", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1")]
    [InlineData("10.0.0.0/8", "203.0.113.5", "198.51.100.1", "203.0.113.5")]
    [InlineData("10.0.0.0/8", "10.0.0.1", "198.51.100.1, rubbish", "10.0.0.1")]
    [InlineData("10.0.0.0/8, 192.0.2.1", "192.0.2.1", "198.51.100.1, 10.3.2.1", "198.51.100.1")]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1")]
    // Of IPv6 the network, not the address: its holder has all of them.
    [InlineData("0", "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64")]
    [InlineData("1", "10.0.0.1", "[2001:db8:1:2::77]:443", "2001:db8:1:2::/64")]
    public void The_client_is(string trusted, string peer, string forwarded, string expected) =>
        Assert.Equal(expected, new ClientAddresses(Options.Create(new HttpOptions { TrustedProxies = trusted })).Of(IPAddress.Parse(peer), forwarded));

    [Theory]
    [InlineData("11")]
    [InlineData("-1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("proxy.example")]
    public void A_setting_that_cannot_be_read_is_refused(string trusted)
    {
        Assert.False(ClientAddresses.IsRight(trusted));
        Assert.Throws<ArgumentException>(() => new ClientAddresses(Options.Create(new HttpOptions { TrustedProxies = trusted })));
    }

    [Theory]
    [InlineData("https://portal.example", true)]
    [InlineData("https://portal.example, http://localhost:3000", true)]
    [InlineData("", true)]
    [InlineData("*", false)]
    [InlineData("https://portal.example/", false)]
    [InlineData("portal.example", false)]
    [InlineData("ftp://portal.example", false)]
    public void An_origin_is_a_scheme_a_host_and_a_port(string origins, bool right) =>
        Assert.Equal(right, new HttpOptions { AllowedOrigins = origins }.OriginsAreRight());
}
