using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Assets;
using Portal.Db;
using Portal.Functions.Http;
using Portal.Limits;
using Portal.Paging;
using Portal.Playback;

namespace Portal.Functions.Assets;

/// <summary>An asset on the wire, with its newest version. Durations in seconds, sizes in pixels and bytes.</summary>
public sealed record AssetJson(
    Guid Id, Guid ProjectId, string Title, Guid CreatedBy, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, AssetVersionJson LatestVersion)
{
    public static AssetJson From(Asset a) => new(
        a.Id.Value, a.ProjectId.Value, a.Title, a.CreatedBy.Value, a.Version, a.CreatedAt, a.UpdatedAt,
        new(a.VersionId, a.VersionNumber, a.VersionStatus, a.FileName, a.SizeBytes, a.DurationS, a.AspectRatio, a.Width, a.Height, a.FrameRate, a.FailureReason));
}

public sealed record AssetVersionJson(
    Guid Id, int Number, string Status, string FileName, long SizeBytes, double? DurationSeconds, string? AspectRatio, int? Width, int? Height,
    double? FrameRate, string? FailureReason);

public sealed class ReadAssetFunction(AssetStore assets)
{
    [Function("ReadAsset")]
    [Allows(PortalAction.ReadAsset)]
    [Operation("Read an asset with its newest version", Returns = typeof(AssetJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets/{id:guid}")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await assets.FindAsync(caller.Tenant, caller, new AssetId(id), ct) is { } asset ? Reply.Ok(AssetJson.From(asset), asset.Version) : Problem.NotFound("asset");
    }
}

public sealed record ListAssetsInput : ListInput
{
    public Guid? ProjectId { get; init; }
}

public sealed class ListAssetsFunction(AssetStore assets, Lists lists)
{
    private const string Name = "assets";

    [Function("ListAssets")]
    [Allows(PortalAction.ReadAsset)]
    [Operation("List assets, newest first", Query = typeof(ListAssetsInput), Returns = typeof(PageOf<AssetJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListAssetsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var rows = await assets.ListAsync(caller.Tenant, caller, query.ProjectId is { } id ? new ProjectId(id) : null, page, ct);
        return lists.Page(request, rows, page, Name, a => Position.Of(a.CreatedAt, a.Id.Value), AssetJson.From);
    }
}

/// <summary>Where a member plays a version, and until when. Renew at <c>renewAt</c>.</summary>
public sealed record PlaybackJson(
    string PlaybackUrl, string PosterUrl, DateTimeOffset UrlExpiresAt, DateTimeOffset RenewAt, Guid AssetVersionId, int VersionNumber, double? DurationSeconds,
    string? AspectRatio);

/// <summary>Playback for members: a signed URL of at most 15 minutes, and an audit row of who got it.</summary>
public sealed class PlayAssetFunction(PlayAsset play, RequesterHash hash)
{
    [Function("PlayAsset")]
    [Allows(PortalAction.PlayAsset)]
    [Operation("Get a signed playback URL", Returns = typeof(PlaybackJson))]
    [Refuses(409, "asset-not-ready", "No version is ready.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/playback")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var http = request.HttpContext;
        return await play.RunAsync(http.Caller(), new AssetId(id), http.Requester(hash), ct) switch
        {
            PlayedAsset.Playing p => Reply.Ok(new PlaybackJson(
                p.Urls.PlaybackUrl, p.Urls.PosterUrl, p.Urls.UrlExpiresAt, p.Urls.RenewAt, p.Version.Id.Value, p.Version.Number, p.Version.DurationS, p.Version.AspectRatio)),
            PlayedAsset.NotReady n => Problem.Conflict("asset-not-ready", $"No version of this asset is ready; the newest is {n.Status}."),
            PlayedAsset.TooMany t => Problem.TooMany(t.RetryAfter, "At most 100 playback requests a minute."),
            _ => Problem.NotFound("asset"),
        };
    }
}
