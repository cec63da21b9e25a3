using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Portal.Functions.Foundation.Http;
using Portal.Operations;

namespace Portal.Functions.Operations.Page;

/// <summary>What the page keeps in the browser, and what a form sends: cookies, form fields, the token against forged forms.</summary>
public static class OpsRequest
{
    public const string SessionCookie = "ops_session";

    /// <summary>Before a sign-in there is no session to tie the form to; this random value stands in for it.</summary>
    public const string VisitCookie = "ops_visit";
    public const string FormTokenField = "form";

    /// <summary>A note of any script, as forms write it: nine bytes a character.</summary>
    private const int MaxFormBytes = 24 * 1024;
    private const string FormKey = "portal.ops.form";
    private static readonly TimeSpan VisitLife = TimeSpan.FromHours(1);

    /// <summary>The secret of this browser's session, or of its visit while it has none; made and set if there is neither.</summary>
    public static string FormSecret(this HttpContext http)
    {
        if (Secret(http) is { } known)
        {
            return known;
        }

        var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        http.SetOpsCookie(VisitCookie, made, VisitLife);
        return made;
    }

    /// <summary>HttpOnly, for this site's own requests only, over TLS where there is TLS, to /ops alone.</summary>
    public static void SetOpsCookie(this HttpContext http, string name, string value, TimeSpan life) =>
        http.Response.Cookies.Append(name, value, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = IsOverTls(http.Request),
            Path = "/ops",
            MaxAge = life,
        });

    /// <summary>What every form of the session's pages has to bring back.</summary>
    public static string FormToken(this HttpRequest request) => OperatorSessionStore.FormToken(request.Cookies[SessionCookie]!);

    public static string Field(this HttpContext http, string name) =>
        http.Items[FormKey] is Dictionary<string, StringValues> form && form.TryGetValue(name, out var value) ? value.ToString() : "";

    /// <summary>Reads the form of a POST and checks that one of our own pages sent it; the status to answer with if not.</summary>
    public static async Task<int?> ReadFormAsync(this HttpContext http)
    {
        // Browsers say where a request comes from; those that do not are held to the token alone.
        if (http.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin"))
        {
            return StatusCodes.Status403Forbidden;
        }

        var (form, fault) = await RequestBody.ReadFormAsync(http.Request, MaxFormBytes);
        if (form is null)
        {
            return fault;
        }

        http.Items[FormKey] = form;
        return Secret(http) is { } secret && OperatorSessionStore.IsFormToken(secret, http.Field(FormTokenField))
            ? null
            : StatusCodes.Status403Forbidden;
    }

    /// <summary>On Azure TLS ends at the front end, which says so in headers that ASP.NET has put into the request.</summary>
    private static bool IsOverTls(HttpRequest request) =>
        request.IsHttps || Environment.GetEnvironmentVariable("WEBSITE_SITE_NAME") is not null;

    private static string? Secret(HttpContext http) =>
        http.Request.Cookies[SessionCookie] is { Length: > 0 } session ? session
        : http.Request.Cookies[VisitCookie] is { Length: > 0 } visit ? visit
        : null;
}
