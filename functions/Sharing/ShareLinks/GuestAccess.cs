using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Portal.Foundation.Faults;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Sharing.ShareLinks;
using Portal.Vendors.Clerk;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>
/// What a guest's request brings along besides the token: cookies that go to this one link's addresses only and die with it, and a Clerk
/// session where somebody is signed in. A page on another site may find its browser keeping no cookies of ours: it sends the same tokens
/// as headers, which it reads from our answers.
/// </summary>
public sealed class GuestAccess(ClerkSessions sessions, EnterShareLink enter, RequesterHash hash, TimeProvider clock)
{
    public const string ViewerHeader = "Portal-Viewer";
    public const string UnlockHeader = "Portal-Unlock";
    private const string ViewerCookie = "portal_viewer";
    private const string UnlockCookie = "portal_unlock";
    private const string Scheme = "Bearer ";

    /// <summary>Of a viewer key that a client makes: 128 bits in base64url.</summary>
    private const int ShortestKey = 22;
    private const int LongestKey = 100;
    private const int ViewerTokenBytes = 32;

    public static string ApiPath(string token) => $"/api/share/{token}";

    public static string GuestPagePath(string token) => $"/s/{token}";

    /// <summary>A session that is not good counts as none: the link says whether one is needed.</summary>
    public async Task<Visitor> VisitorAsync(HttpRequest request, string token, CancellationToken ct)
    {
        var header = request.Headers.Authorization.ToString();
        var session = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? (await sessions.CheckAsync(header[Scheme.Length..].Trim(), ct)).Session
            : null;

        // Nobody watches as somebody else: what a client saw must be what that client saw.
        var user = session is { ImpersonatorId: null } ? session.UserId : null;
        var key = Header(request, ViewerHeader) is { Length: >= ShortestKey and <= LongestKey } own && own.All(IsOfBase64Url)
            ? own
            : null;
        return new(
            token, key ?? request.Cookies[ViewerCookie],
            key ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ViewerTokenBytes)),
            Header(request, UnlockHeader) ?? request.Cookies[UnlockCookie], user, Requester(request));
    }

    private static bool IsOfBase64Url(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private static string? Header(HttpRequest request, string name) => request.Headers[name] is [{ Length: > 0 } text] ? text : null;

    /// <summary>A guest who has opened the link.</summary>
    public async Task<Result<GuestLink>> EnterAsync(HttpRequest request, string token, CancellationToken ct) =>
        await enter.RunAsync(await VisitorAsync(request, token, ct), ct);

    public Requester Requester(HttpRequest request) => request.HttpContext.Requester(hash);

    public void GiveViewer(HttpContext http, Visitor visitor, DateTimeOffset end) =>
        Give(http, (ViewerCookie, ViewerHeader), visitor.Token, visitor.NewViewerToken, end);

    public void GiveUnlock(HttpContext http, string token, string unlock, DateTimeOffset? end) =>
        Give(http, (UnlockCookie, UnlockHeader), token, unlock, end);

    private void Give(
        HttpContext http, (string Cookie, string Header) names, string token, string value, DateTimeOffset? end)
    {
        // Set by CorsMiddleware for the portal's own origins: a page of theirs asks from another origin than this app's.
        var fromPortal = http.Response.Headers.AccessControlAllowOrigin.Count > 0;
        var cookie = new CookieOptions
        {
            HttpOnly = true,
            Secure = http.Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            Expires = end,
            // Goes before Expires (RFC 6265), and a wrong clock in the browser is no matter to it.
            MaxAge = end - clock.GetUtcNow(),
        };
        if (fromPortal)
        {
            http.Response.Headers[names.Header] = value;
        }

        if (fromPortal && http.Request.IsHttps)
        {
            // Lax cookies stay away from another site's requests; a partitioned one is kept for that site alone (CHIPS).
            cookie.SameSite = SameSiteMode.None;
            cookie.Extensions.Add("Partitioned");
        }

        // The page at /s asks the API, and is asked for again itself.
        var page = GuestPagePath(token);
        var fromPage = http.Request.Path.StartsWithSegments(page, StringComparison.Ordinal);
        foreach (var path in fromPage ? [page, ApiPath(token)] : new[] { ApiPath(token) })
        {
            cookie.Path = path;
            http.Response.Cookies.Append(names.Cookie, value, cookie);
        }
    }
}
