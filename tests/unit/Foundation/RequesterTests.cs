using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Foundation.Http;
using Portal.Foundation.Limits;

namespace Portal.Tests.Unit.Foundation;

/// <summary>What is kept of where a request came from: no address, and no name of a program as it was sent.</summary>
public sealed class RequesterTests
{
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)3, 32)];

    [Theory]
    [InlineData("203.0.113.5", "203.0.113.5")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData(null, "unknown")]
    public void Of_an_address_a_hash_with_our_key_is_kept(string? peer, string hashed)
    {
        var requester = Hash("").Of(peer is null ? null : IPAddress.Parse(peer), null, "curl/8", "r-1");
        Assert.Equal(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(hashed)), requester.IpHash);
        Assert.Equal(("curl", "r-1"), (requester.AgentFamily, requester.RequestId));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("X-Azure-SocketIP", "X-Azure-SocketIP")]
    public void The_header_of_the_proxy_is_known(string set, string? header) => Assert.Equal(header, Hash(set).AddressHeader);

    [Theory]
    [InlineData(null, "unknown")]
    [InlineData("", "unknown")]
    [InlineData("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome")]
    [InlineData("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge")]
    [InlineData("Mozilla/5.0 (X11; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox")]
    [InlineData("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari")]
    [InlineData("CURL/8.5.0", "curl")]
    [InlineData("Mozilla/5.0 (compatible; Googlebot/2.1) Chrome/130.0 Safari/537.36", "robot")]
    [InlineData("a crawler", "robot")]
    [InlineData("Baiduspider/2.0", "robot")]
    [InlineData("wget/1.21", "other")]
    public void A_program_is_kept_as_its_family(string? agent, string family)
    {
        Assert.Equal(family, RequesterHash.Family(agent));
        Assert.Contains(family, AgentFamily.All);
    }

    private static RequesterHash Hash(string header) => new(
        Options.Create(new PrivacyOptions { HashKey = Convert.ToBase64String(Key) }),
        new ClientAddresses(Options.Create(new HttpOptions { ClientAddressHeader = header })));
}
