using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>Functions see the caller that the front end saw, and nothing of what the caller claims.</summary>
public sealed class FrontEndTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    [Theory]
    [InlineData("", "", "", "127.0.0.1 http 127.0.0.1 [] []")]
    [InlineData("198.51.100.7:50123", "https", "portal.example", "198.51.100.7 https portal.example [] []")]
    [InlineData("10.9.8.7, 198.51.100.7:50123", "ftp, https", "evil.example, portal.example", "198.51.100.7 https portal.example [] []")]
    [InlineData("198.51.100.7, [2001:db8::7]:443", "", "", "2001:db8::7 http 127.0.0.1 [] []")]
    public async Task Of_what_proxies_forward_the_last_entry_counts(string addresses, string schemes, string hosts, string expected)
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(CallerSamples));
        (string, string)[] all =
            [("X-Forwarded-For", addresses), ("X-Forwarded-Proto", schemes), ("X-Forwarded-Host", hosts), ("X-Forwarded-Prefix", "/mine")];
        var sent = all.Where(header => header.Item2.Length > 0).ToArray();
        Assert.Equal($"200 {expected}", await host.SendAsync(HttpMethod.Get, "/Caller", null, sent));
    }

    [Fact]
    public async Task A_header_sent_twice_is_one_list()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(CallerSamples));
        Assert.Equal(
            "200 198.51.100.7 http 127.0.0.1 [] []",
            await host.SendAsync(
                HttpMethod.Get, "/Caller", null, ("X-Forwarded-For", "10.9.8.7"), ("X-Forwarded-For", "198.51.100.7:50123")));
    }

    [Fact]
    public void Headers_are_taken_over_as_the_worker_does()
    {
        using var worker = new HostBuilder().ConfigureFunctionsWebApplication().Build();
        var real = worker.Services.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value;
        var ours = Portal.Runtime.Http.FrontEnd.Options;
        Assert.Equal(Describe(real), Describe(ours));
    }

    private static string Describe(ForwardedHeadersOptions options) => string.Join(
        ' ',
        [
            options.ForwardedHeaders, options.ForwardLimit, options.RequireHeaderSymmetry, .. options.KnownProxies,
            .. options.KnownIPNetworks, .. options.AllowedHosts, options.ForwardedForHeaderName, options.ForwardedHostHeaderName,
            options.ForwardedProtoHeaderName,
        ]);
}
