using System.Net;
using Microsoft.Extensions.Options;
using Portal.Foundation.Http;

namespace Portal.Tests.Unit.Foundation;

/// <summary>The client is who is at the other end, unless a proxy's own header says otherwise.</summary>
public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("", "203.0.113.5", "198.51.100.1", "203.0.113.5")]
    [InlineData("", "::ffff:203.0.113.5", null, "203.0.113.5")]
    [InlineData("X-Azure-SocketIP", "10.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("X-Azure-SocketIP", "10.0.0.1", "198.51.100.1:50123", "198.51.100.1")]
    [InlineData("X-Azure-SocketIP", "10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1")]
    [InlineData("X-Azure-SocketIP", "10.0.0.1", "", "10.0.0.1")]
    [InlineData("X-Azure-SocketIP", "10.0.0.1", "not an address", "10.0.0.1")]
    // The client's header and the proxy's, side by side: the proxy does not write over what it is sent, so neither is believed.
    [InlineData("X-Azure-SocketIP", "10.0.0.1", "1.1.1.1,198.51.100.1", "10.0.0.1")]
    // Of IPv6 the network, not the address: its holder has all of them.
    [InlineData("", "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64")]
    [InlineData("X-Azure-SocketIP", "10.0.0.1", "[2001:db8:1:2::77]:443", "2001:db8:1:2::/64")]
    public void The_client_is(string header, string peer, string? told, string expected)
    {
        var addresses = new ClientAddresses(Options.Create(new HttpOptions { ClientAddressHeader = header }));
        Assert.Equal(expected, addresses.Of(IPAddress.Parse(peer), told));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("X-Azure-SocketIP", true)]
    [InlineData("x-forwarded-for", false)]
    [InlineData("X-Azure-SocketIP, X-Other", false)]
    public void A_header_that_clients_may_fill_themselves_is_refused(string header, bool right) =>
        Assert.Equal(right, new HttpOptions { ClientAddressHeader = header }.ClientAddressHeaderIsRight());

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
