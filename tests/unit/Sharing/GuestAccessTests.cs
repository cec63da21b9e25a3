using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Portal.Foundation.Http;
using Portal.Foundation.Limits;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Sharing.ShareLinks;
using Portal.Tests.Support;
using Portal.Vendors.Clerk;

namespace Portal.Tests.Unit.Sharing;

/// <summary>What a guest's browser sends along and gets back: cookies of one link's addresses, or the same as headers.</summary>
public sealed class GuestAccessTests
{
    private const string Token = "token-of-the-link";
    private static readonly string Key22 = new('k', 22);
    private readonly TestClock clock = new();
    private readonly VerifiedSessions verified;
    private readonly GuestAccess access;

    public GuestAccessTests() => access = new(
        new ClerkSessions(null!, verified = new(clock), Options.Create(new ClerkOptions()), clock), null!,
        new RequesterHash(
            Options.Create(new PrivacyOptions { HashKey = Convert.ToBase64String(new byte[32]) }),
            new ClientAddresses(Options.Create(new HttpOptions()))),
        clock);

    [Fact]
    public async Task Cookies_say_who_looks_and_who_has_none_gets_a_random_key()
    {
        var known = await VisitorAsync(("Cookie", "portal_viewer=seen-before; portal_unlock=unlocked"));
        Assert.Equal((Token, "seen-before", "unlocked", null), (known.Token, known.ViewerToken, known.UnlockToken, known.ClerkUserId));
        Assert.Equal(43, known.NewViewerToken.Length);

        var (one, two) = (await VisitorAsync(), await VisitorAsync());
        Assert.Equal((null, null), (one.ViewerToken, one.UnlockToken));
        Assert.NotEqual(one.NewViewerToken, two.NewViewerToken);
    }

    [Fact]
    public async Task Headers_stand_in_for_cookies_and_before_them()
    {
        var visitor = await VisitorAsync(
            ("Cookie", "portal_viewer=of-the-cookie; portal_unlock=of-the-cookie"), ("Portal-Viewer", Key22), ("Portal-Unlock", "x"));
        Assert.Equal((Key22, Key22, "x"), (visitor.ViewerToken, visitor.NewViewerToken, visitor.UnlockToken));

        var empty = await VisitorAsync(("Cookie", "portal_unlock=of-the-cookie"), ("Portal-Unlock", ""));
        Assert.Equal("of-the-cookie", empty.UnlockToken);
    }

    [Theory]
    [InlineData(21, 'k', false)]
    [InlineData(22, 'k', true)]
    [InlineData(100, 'k', true)]
    [InlineData(101, 'k', false)]
    [InlineData(22, '-', true)]
    [InlineData(22, '_', true)]
    [InlineData(22, '+', false)]
    [InlineData(22, 'é', false)]
    public async Task A_key_of_the_clients_own_making_has_22_to_100_letters_of_base64url(int length, char last, bool taken)
    {
        var key = new string('k', length - 1) + last;
        var visitor = await VisitorAsync(("Portal-Viewer", key));
        Assert.Equal((taken, taken), (visitor.ViewerToken == key, visitor.NewViewerToken == key));
    }

    [Theory]
    [InlineData("Basic abc")]
    [InlineData("Bearer")]
    [InlineData("")]
    public async Task Without_a_bearer_token_no_session_is_asked_about(string authorization) =>
        Assert.Null((await VisitorAsync(("Authorization", authorization))).ClerkUserId);

    [Theory]
    [InlineData("Bearer good", null, "user_1")]
    [InlineData("bearer  good ", null, "user_1")]
    [InlineData("Bearer good", "user_9", null)]
    [InlineData("Basic good", null, null)]
    public async Task Who_is_signed_in_is_known_and_nobody_watches_as_somebody_else(string authorization, string? behind, string? user)
    {
        verified.Add("good", new(
            new ClerkSession("user_1", "sess_1", "org_1", behind), clock.GetUtcNow().AddMinutes(1).UtcDateTime, null, clock.GetUtcNow()));
        Assert.Equal(user, (await VisitorAsync(("Authorization", authorization))).ClerkUserId);
    }

    [Fact]
    public void A_cookie_is_of_the_links_addresses_and_dies_with_it()
    {
        var cookie = Assert.Single(Give("/api/share/t", "https"));
        Assert.Equal(
            $"portal_unlock=opened; expires={clock.GetUtcNow().AddHours(1):R}; max-age=3600; path=/api/share/t; secure; samesite=lax; "
                + "httponly",
            cookie);
        Assert.DoesNotContain("secure", Assert.Single(Give("/api/share/t", "http")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_gets_one_for_itself_and_one_for_the_API() => Assert.Equal(
        ["path=/s/t", "path=/api/share/t"], Give("/s/t/enter", "https").Select(cookie => cookie.Split("; ")[3]));

    [Fact]
    public void A_page_of_the_portal_on_another_site_gets_a_partitioned_cookie_and_a_header()
    {
        var http = new DefaultHttpContext();
        http.Response.Headers.AccessControlAllowOrigin = "https://portal.example";
        var cookie = Assert.Single(Give("/api/share/t", "https", http));
        Assert.EndsWith("samesite=none; httponly; Partitioned", cookie, StringComparison.Ordinal);
        Assert.Equal("opened", http.Response.Headers["Portal-Unlock"]);

        // Without TLS a browser takes neither.
        var plain = new DefaultHttpContext();
        plain.Response.Headers.AccessControlAllowOrigin = "http://localhost:3000";
        Assert.EndsWith("samesite=lax; httponly", Assert.Single(Give("/api/share/t", "http", plain)), StringComparison.Ordinal);
        Assert.Equal("opened", plain.Response.Headers["Portal-Unlock"]);

        var own = new DefaultHttpContext();
        Give("/api/share/t", "https", own);
        Assert.Empty(own.Response.Headers["Portal-Unlock"].ToArray());
    }

    [Fact]
    public void A_viewers_key_has_a_cookie_of_its_own()
    {
        var http = new DefaultHttpContext();
        http.Request.Path = "/api/share/token-of-the-link";
        http.Response.Headers.AccessControlAllowOrigin = "https://portal.example";
        access.GiveViewer(
            http, new Visitor(Token, null, Key22, null, null, new Requester([1], "Chrome", "r")), clock.GetUtcNow().AddHours(1));
        Assert.StartsWith($"portal_viewer={Key22}; ", Assert.Single(http.Response.Headers.SetCookie.ToArray()), StringComparison.Ordinal);
        Assert.Equal(Key22, http.Response.Headers["Portal-Viewer"]);
    }

    private Task<Visitor> VisitorAsync(params (string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext { TraceIdentifier = "r-1" };
        foreach (var (name, value) in headers)
        {
            http.Request.Headers[name] = value;
        }

        return access.VisitorAsync(http.Request, Token, CancellationToken.None);
    }

    private string[] Give(string path, string scheme, HttpContext? http = null)
    {
        http ??= new DefaultHttpContext();
        (http.Request.Path, http.Request.Scheme) = (path, scheme);
        access.GiveUnlock(http, "t", "opened", clock.GetUtcNow().AddHours(1));
        return http.Response.Headers.SetCookie.ToArray()!;
    }
}
