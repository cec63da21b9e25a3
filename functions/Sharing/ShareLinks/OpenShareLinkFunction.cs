using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Sharing.ShareLinks;
using Portal.Videos;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>What a guest sees: nothing of the people or the project behind it.</summary>
public sealed record SharedAssetJson(
    string PlaybackUrl, string PosterUrl, DateTimeOffset UrlExpiresAt, DateTimeOffset RenewAt, DateTimeOffset ExpiresAt, string Title,
    bool AllowComments,
    bool AllowDownload, int VersionNumber, double? DurationSeconds, string? AspectRatio, double? FrameRate)
{
    public static SharedAssetJson From(GuestLink link, PlaybackUrls urls) => new(
        urls.PlaybackUrl, urls.PosterUrl, urls.UrlExpiresAt, urls.RenewAt, link.ExpiresAt, link.Title, link.AllowComments,
        link.AllowDownload, link.VersionNumber, link.DurationS, link.AspectRatio, link.FrameRate);
}

/// <summary>
/// A guest opens a share link: anonymous, the token is all there is. The first open sets a cookie; coming back with it renews the
/// playback URL without counting again. HEAD looks and counts nothing.
/// </summary>
public sealed class OpenShareLinkFunction(OpenShareLink open, GuestAccess access)
{
    [Function("OpenShareLink")]
    [Allows(PortalAction.Anonymous)]
    [Needs(Feature.ShareLinks)]
    [Operation("Open a share link", Returns = typeof(SharedAssetJson),
        Details = "The first open by a guest is counted and sets a cookie; coming back with it renews the playback URL without counting. "
            + "HEAD counts nothing. A page on another site, whose browser keeps no cookies for this one, sends the header Portal-Viewer "
            + "instead: a key of its own (22 to 100 characters of base64url, random), the same for each open, which also makes two "
            + "opens at once count once. "
            + "A link that asks people to sign in takes their session as Authorization: Bearer.")]
    [Refuses(401, "sign-in-required", "The link is only for people who are signed in.")]
    [Refuses(401, "passphrase-required", "The link has a passphrase: unlock it first.")]
    [Refuses(403, "not-addressed", "Somebody is signed in, and the link is not for them.")]
    [Refuses(403, "share-link-unavailable", "It is revoked, expired, used up, or nothing is ready behind it.")]
    [Refuses(404, "not-found", "There is no such link.")]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        var visitor = await access.VisitorAsync(request, token, ct);
        var opened = await open.RunAsync(visitor, HttpMethods.IsHead(request.Method), ct);
        return opened.Answer(link =>
        {
            if (link.Urls is null)
            {
                return Results.Ok();
            }

            if (link.NewViewer)
            {
                access.GiveViewer(request.HttpContext, visitor, link.ExpiresAt);
            }

            return Results.Json(SharedAssetJson.From(link, link.Urls));
        });
    }
}
