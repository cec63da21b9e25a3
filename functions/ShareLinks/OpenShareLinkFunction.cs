using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Http;
using Portal.Limits;
using Portal.ShareLinks;

namespace Portal.Functions.ShareLinks;

/// <summary>What a guest sees: nothing of the people or the project behind it.</summary>
public sealed record SharedAssetJson(
    string PlaybackUrl, string PosterUrl, DateTimeOffset UrlExpiresAt, DateTimeOffset RenewAt, DateTimeOffset ExpiresAt, string Title, bool AllowComments,
    bool AllowDownload, int VersionNumber, double? DurationSeconds, string? AspectRatio)
{
    public static SharedAssetJson From(OpenedShareLink.Open o) => new(
        o.Urls.PlaybackUrl, o.Urls.PosterUrl, o.Urls.UrlExpiresAt, o.Urls.RenewAt, o.Link.ExpiresAt!.Value, o.Link.Title!, o.Link.AllowComments == true,
        o.Link.AllowDownload == true, o.Link.VersionNumber!.Value, o.Link.DurationS, o.Link.AspectRatio);
}

/// <summary>
/// A guest opens a share link: anonymous, the token is all there is. The first open sets a cookie; coming back with it renews the
/// playback URL without counting again. HEAD looks and counts nothing.
/// </summary>
public sealed class OpenShareLinkFunction(OpenShareLink open, RequesterHash hash)
{
    private const string CookieName = "portal_viewer";

    [Function("OpenShareLink")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Open a share link", Returns = typeof(SharedAssetJson),
        Details = "The first open by a guest is counted and sets a cookie; coming back with it renews the playback URL without counting. HEAD counts nothing.")]
    [Refuses(403, "share-link-unavailable", "It is revoked, expired, used up, or nothing is ready behind it.")]
    [Refuses(404, "not-found", "There is no such link.")]
    [Refuses(429, "too-many-requests", "More than 100 requests a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}")] HttpRequest request, string token, CancellationToken ct)
    {
        var http = request.HttpContext;
        var opened = await open.RunAsync(token, request.Cookies[CookieName], http.Requester(hash), HttpMethods.IsHead(request.Method), ct);
        switch (opened)
        {
            case OpenedShareLink.Open o:
                if (o.ViewerToken is not null)
                {
                    SetCookie(http, token, o);
                }

                return Results.Json(SharedAssetJson.From(o));
            case OpenedShareLink.WouldOpen:
                return Results.Ok();
            case OpenedShareLink.Unavailable:
                return Problem.Forbidden("share-link-unavailable", "This link is no longer available. Ask the person who sent it for a new one.");
            case OpenedShareLink.TooMany t:
                return Problem.TooMany(t.RetryAfter, "At most 100 requests a minute.");
            default:
                return Problem.NotFound("share link");
        }
    }

    /// <summary>The cookie goes to this one link's address only, and dies with the link.</summary>
    private static void SetCookie(HttpContext http, string token, OpenedShareLink.Open open) =>
        http.Response.Cookies.Append(CookieName, open.ViewerToken!, new CookieOptions
        {
            Path = $"/api/share/{token}",
            HttpOnly = true,
            Secure = http.Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            Expires = open.Link.ExpiresAt,
        });
}
