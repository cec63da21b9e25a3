using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portal.Tests.Integration.Operations;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Sharing;

/// <summary>
/// Guests in a real browser, on a page of the portal whose site is another than the API's, over https: what cookies do there, and what
/// works where the browser keeps none of another site's.
/// </summary>
public sealed class ShareAcrossSitesTests : IAsyncLifetime
{
    private const string Page = "portal.example";
    private const string Api = "api.elsewhere.test";
    private const string Passphrase = "correct horse battery";

    // By the clock of the browser, for which a cookie of March is over.
    private readonly TestPortal portal = new()
    {
        Clock = new TestClock(TimeProvider.System.GetUtcNow()),
        Overrides = new Dictionary<string, string?> { ["Http:AllowedOrigins"] = $"https://{Page}" },
    };

    private WebApplication front = null!;
    private Guid asset;

    public async Task InitializeAsync()
    {
        await portal.InitializeAsync();
        asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync())).Text("assetId"));
        front = await StartFrontAsync();
    }

    public async Task DisposeAsync()
    {
        await front.DisposeAsync();
        await portal.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_page_of_another_site_unlocks_opens_renews_and_comments_with_cookies_alone()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase, maxOpens = 1, allowComments = true });
        using var browser = Open();

        Assert.Equal("401", Ask(browser, link, ""));
        Assert.Equal("403", Ask(browser, link, "/unlock", """{"passphrase":"not the one"}"""));
        Assert.Equal("204", Ask(browser, link, "/unlock", $$"""{"passphrase":"{{Passphrase}}"}"""));
        Assert.Equal("200", Ask(browser, link, ""));
        Assert.Equal("200", Ask(browser, link, ""));
        Assert.Equal("201", Ask(browser, link, "/comments", """{"name":"Gwen Guest","body":"From another site"}"""));
        Assert.Equal("200", Ask(browser, link, "/comments"));
        Assert.Equal(1, await OpensAsync(link));
        Assert.Equal("", browser.Run<string>("return document.cookie"));

        // Another browser is another guest, for whom no open is left.
        using var other = Open();
        Assert.Equal("403", Ask(other, link, ""));
    }

    [BrowserFact]
    public async Task A_page_that_opens_twice_at_once_with_a_key_of_its_own_is_one_guest()
    {
        var link = await portal.ShareAsync(asset, new { maxOpens = 1 });
        using var browser = Open();
        Assert.Equal("200 200", browser.Run<string>("""
            const open = () => fetch(arguments[0], { credentials: 'omit', headers: { 'Portal-Viewer': 'a-key-of-my-own-0123456789' } });
            return Promise.all([open(), open()]).then(answers => answers.map(a => a.status).join(' '));
            """, Address(link)));
        Assert.Equal(1, await OpensAsync(link));
    }

    [BrowserFact]
    public async Task A_beacon_of_another_sites_page_arrives_as_text_and_as_JSON()
    {
        var link = await portal.ShareAsync(asset);
        using var browser = Open();
        Assert.Equal("200", Ask(browser, link, ""));
        browser.Run<bool>("""
            const say = (startupMs, how) => navigator.sendBeacon(arguments[0],
              how(JSON.stringify({ playbackSessionId: crypto.randomUUID(), type: 'started', startupMs })));
            return say(1, text => text) && say(2, text => new Blob([text], { type: 'application/json' }));
            """, Address(link) + "/playback-events");
        await Eventually.TrueAsync(
            async () => await portal.ListAsync("select startup_ms::text || agent_family from portal.playback_events order by startup_ms")
                is ["1Chrome", "2Chrome"],
            "both beacons to arrive");
    }

    private static string Address(Answer link) => $"https://{Api}/api/share/{link.Text("token")}";

    /// <summary>The status that a script of the page gets; "" where the browser refuses to let it see one.</summary>
    private static string Ask(Chromium browser, Answer link, string under, string? body = null) => browser.Run<string>("""
        const [address, body] = arguments;
        const how = body ? { method: 'POST', body, headers: { 'Content-Type': 'application/json' } } : {};
        return fetch(address, { credentials: 'include', ...how }).then(answer => String(answer.status), () => '');
        """, Address(link) + under, body!);

    private Task<int> OpensAsync(Answer link) =>
        portal.ScalarAsync<int>("select opens from portal.share_links where id = @Id", new { link.Id });

    /// <summary>A browser that keeps no ordinary cookies of other sites, as browsers do more and more.</summary>
    private Chromium Open()
    {
        var port = new Uri(front.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        var browser = new Chromium(
            $"--host-resolver-rules=MAP {Page}:443 127.0.0.1:{port}, MAP {Api}:443 127.0.0.1:{port}", "--ignore-certificate-errors",
            "--test-third-party-cookie-phaseout");
        browser.Go(new Uri($"https://{Page}/"));
        return browser;
    }

    /// <summary>Both sites behind one certificate of a day: the page, and the API as a proxy that ends TLS passes it on.</summary>
    private async Task<WebApplication> StartFrontAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Page}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Page);
        names.AddDnsName(Api);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(http => http.Request.Host.Host == Page
            ? http.Response.WriteAsync("<!doctype html><title>A page of the portal</title>")
            : PassOnAsync(http));
        await app.StartAsync();
        return app;
    }

    private async Task PassOnAsync(HttpContext http)
    {
        using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), http.Request.Path.ToString())
        {
            Content = new StreamContent(http.Request.Body),
        };
        foreach (var (name, values) in http.Request.Headers.Where(header => header.Key is not ("Host" or "Connection")))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        request.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await portal.Anonymous.SendAsync(request);
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key != "Transfer-Encoding"))
        {
            http.Response.Headers.Append(name, values.ToArray());
        }

        await answer.Content.CopyToAsync(http.Response.Body);
    }
}
