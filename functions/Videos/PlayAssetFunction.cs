using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Videos;

namespace Portal.Functions.Videos;

/// <summary>Where a member plays a version, and until when. Renew at <c>renewAt</c>.</summary>
public sealed record PlaybackJson(
    string PlaybackUrl, string PosterUrl, DateTimeOffset UrlExpiresAt, DateTimeOffset RenewAt, Guid AssetVersionId, int VersionNumber,
    double? DurationSeconds, string? AspectRatio)
{
    internal static IResult Reply(PlayedAsset p) => Foundation.Http.Reply.Ok(new PlaybackJson(
        p.Urls.PlaybackUrl, p.Urls.PosterUrl, p.Urls.UrlExpiresAt, p.Urls.RenewAt, p.Version.Id.Value, p.Version.Number,
        p.Version.DurationS, p.Version.AspectRatio));
}

/// <summary>Playback for members: a signed URL of at most 15 minutes, and an audit row of who got it.</summary>
public sealed class PlayAssetFunction(PlayAsset play, RequesterHash hash)
{
    [Function("PlayAsset")]
    [Allows(PortalAction.PlayAsset)]
    [Operation("Get a signed playback URL", Returns = typeof(PlaybackJson))]
    [Refuses(409, "asset-not-ready", "No version is ready.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/playback")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var http = request.HttpContext;
        return (await play.RunAsync(http.Caller(), new AssetId(id), null, http.Requester(hash), ct)).Answer(PlaybackJson.Reply);
    }
}

/// <summary>Playback of one version, so that two can be compared side by side.</summary>
public sealed class PlayAssetVersionFunction(PlayAsset play, RequesterHash hash)
{
    [Function("PlayAssetVersion")]
    [Allows(PortalAction.PlayAsset)]
    [Operation("Get a signed playback URL of a version", Returns = typeof(PlaybackJson))]
    [Refuses(409, "version-not-ready", "The version cannot be watched: not yet, or not any more.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/versions/{number:int}/playback")]
        HttpRequest request,
        Guid id,
        int number,
        CancellationToken ct)
    {
        var http = request.HttpContext;
        return (await play.RunAsync(http.Caller(), new AssetId(id), number, http.Requester(hash), ct)).Answer(PlaybackJson.Reply);
    }
}
