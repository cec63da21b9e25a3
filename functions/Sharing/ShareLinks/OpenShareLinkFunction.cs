using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>What a guest sees: nothing of the people or the project behind it.</summary>
public sealed record SharedAssetJson(
    string PlaybackUrl, string PosterUrl, DateTimeOffset UrlExpiresAt, DateTimeOffset RenewAt, DateTimeOffset ExpiresAt, string Title,
    bool AllowComments,
    bool AllowDownload, int VersionNumber, double? DurationSeconds, string? AspectRatio, double? FrameRate)
{
    public static SharedAssetJson From(OpenedShareLink.Open o) => new(
        o.Urls.PlaybackUrl, o.Urls.PosterUrl, o.Urls.UrlExpiresAt, o.Urls.RenewAt, o.Link.ExpiresAt!.Value, o.Link.Title!,
        o.Link.AllowComments == true,
        o.Link.AllowDownload == true, o.Link.VersionNumber!.Value, o.Link.DurationS, o.Link.AspectRatio, o.Link.FrameRate);
}

/// <summary>
/// A guest opens a share link: anonymous, the token is all there is. The first open sets a cookie; coming back with it renews the
/// playback URL without counting again. HEAD looks and counts nothing.
/// </summary>
public sealed class OpenShareLinkFunction(OpenShareLink open, GuestAccess access)
{
    [Function("OpenShareLink")]
    [Allows(PortalAction.Anonymous)]
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
    [Refuses(429, "too-many-requests", "More than 100 requests a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        var visitor = await access.VisitorAsync(request, token, ct);
        switch (await open.RunAsync(visitor, access.Requester(request), HttpMethods.IsHead(request.Method), ct))
        {
            case OpenedShareLink.Open o:
                if (o.ViewerToken is { } viewer)
                {
                    GuestAccess.GiveViewer(request.HttpContext, token, viewer, o.Link.ExpiresAt);
                }

                return Results.Json(SharedAssetJson.From(o));
            case OpenedShareLink.Refused r:
                return GuestAccess.Refuse(r.Why);
            default:
                return Results.Ok();
        }
    }
}
