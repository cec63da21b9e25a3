extern alias shared;

using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Portal.Functions.Foundation.Http;
using Portal.Local.Demo;
using Portal.Operations;
using Html = shared::Portal.Foundation.Html;

namespace Portal.Local;

/// <summary>
/// What a local portal shows at <c>/</c> to whoever started it: where everything is. No function is behind it, and nothing of it is
/// deployed. Since its button signs in as the demo's Operator without asking, it answers this machine alone, at its own address and not
/// through a proxy or tunnel, and takes a form only from itself.
/// </summary>
internal sealed class FrontPage(string app, VendorServers vendors, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>Nothing but our own style; no script at all, no frames, forms to ourselves only.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private const int LinksShown = 5;
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(10);

    // What the app answers is passed on as it is: its cookies, and where it leads.
    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = AskLimit,
    };

    private readonly string[] hosts =
    [
        new Uri(app).Authority, $"{IPAddress.Loopback}:{new Uri(app).Port}", $"[{IPAddress.IPv6Loopback}]:{new Uri(app).Port}",
    ];

    public async Task AnswerAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        if (!IsFromHere(context))
        {
            var page = FrontPageHtml.Message("Not from there", "This page is for the machine that the portal runs on.");
            await new HtmlPage(page, StatusCodes.Status403Forbidden).ExecuteAsync(context);
        }
        else if (HttpMethods.IsPost(context.Request.Method))
        {
            await SignInAsync(context);
        }
        else if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            await new HtmlPage(await ShowAsync(context.RequestAborted)).ExecuteAsync(context);
        }
        else
        {
            headers.Allow = "GET, HEAD, POST";
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        }
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// From this machine, by a name that is only this machine's (a page elsewhere may have its own name lead here), and straight.
    /// </summary>
    private bool IsFromHere(HttpContext context)
    {
        var request = context.Request;
        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && hosts.Contains(request.Host.Value, StringComparer.OrdinalIgnoreCase)
            && !request.Headers.Keys.Any(name => name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
                || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase));
    }

    private async Task<Html> ShowAsync(CancellationToken ct)
    {
        try
        {
            return FrontPageHtml.Page(app, vendors, await LinksAsync(ct), null);
        }
        catch (Exception exception) when (exception is StepFailedException or HttpRequestException && !ct.IsCancellationRequested)
        {
            return FrontPageHtml.Page(app, vendors, [], $"Share links cannot be shown: {exception.Message}");
        }
    }

    /// <summary>Share links of the demo's tenant that can be opened, newest first. Their addresses are what the API says.</summary>
    private async Task<IReadOnlyList<WatchLink>> LinksAsync(CancellationToken ct)
    {
        using var browser = new Browser(app, LocalSettings.Text(vendors.Clerk.Address), clock);
        var page = (await AskAsync(browser, "/api/share-links", ct))["items"]!.AsArray();
        var links = new List<WatchLink>();
        foreach (var open in page.Where(link => (string?)link!["status"] == "active").Take(LinksShown))
        {
            var link = await AskAsync(browser, $"/api/share-links/{open!["id"]}", ct);
            var asset = await AskAsync(browser, $"/api/assets/{link["assetId"]}", ct);
            links.Add(
                new WatchLink((string)link["url"]!, (string)asset["title"]!, (string)link["label"]!, (bool)link["hasPassphrase"]!));
        }

        return links;
    }

    private static async Task<JsonObject> AskAsync(Browser browser, string path, CancellationToken ct) =>
        (await browser.AskAsync(HttpMethod.Get, path, DemoPeople.Admin, null, ct)).Expect(200).Json!.AsObject();

    /// <summary>As the Operator would at the page at /ops: a form with a session token. The cookie comes from there.</summary>
    private async Task SignInAsync(HttpContext context)
    {
        if (!IsOurForm(context.Request))
        {
            var page = FrontPageHtml.Message("Not done", "The form did not come from this page.");
            await new HtmlPage(page, StatusCodes.Status403Forbidden).ExecuteAsync(context);
            return;
        }

        var ct = context.RequestAborted;
        var session = await vendors.Clerk.SignInAsync(DemoPeople.Operator.Handle, ct: ct);
        var visit = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["form"] = OperatorSessionStore.FormToken(visit),
            ["token"] = session.Jwt,
            ["next"] = "/ops",
        });
        using var asked = new HttpRequestMessage(HttpMethod.Post, $"{app}/ops/sign-in") { Content = form };
        asked.Headers.Add("Cookie", $"ops_visit={visit}");
        using var answer = await http.SendAsync(asked, ct);
        if (answer.StatusCode != HttpStatusCode.SeeOther || !answer.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            var text = $"The page at /ops answered {(int)answer.StatusCode}. Try again in a minute, or sign in there with a token.";
            await new HtmlPage(FrontPageHtml.Message("Not signed in", text), StatusCodes.Status502BadGateway).ExecuteAsync(context);
            return;
        }

        context.Response.Headers.SetCookie = cookies.ToArray();
        context.Response.Headers.Location = "/ops";
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    /// <summary>Browsers say from which page a form comes; whatever is no browser needs no button.</summary>
    private bool IsOurForm(HttpRequest request) =>
        request.Headers.Origin is [{ } origin] && origin == $"http://{request.Host.Value}"
        && request.Headers["Sec-Fetch-Site"].ToString() is ("" or "same-origin");
}
