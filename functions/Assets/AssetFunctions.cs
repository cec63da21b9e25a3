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
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets/{id:guid}")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await assets.FindAsync(caller.Tenant, caller, new AssetId(id), ct) is { } asset ? Results.Ok(AssetJson.From(asset)) : Problem.NotFound("asset");
    }
}

public sealed class ListAssetsFunction(AssetStore assets, Cursors cursors)
{
    [Function("ListAssets")]
    [Allows(PortalAction.ReadAsset)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (page, problem) = ListQuery.Read(request, cursors, caller.Tenant.Value, "assets");
        var (project, wrongProject) = ListQuery.Key(request, "projectId");
        if ((problem ?? wrongProject) is { } fault)
        {
            return fault;
        }

        var rows = await assets.ListAsync(caller.Tenant, caller, project is { } id ? new ProjectId(id) : null, page, ct);
        return Results.Ok(cursors.Cut(rows, page, caller.Tenant.Value, "assets", a => new(a.CreatedAt, a.Id.Value)).Map(AssetJson.From));
    }
}

/// <summary>Playback for members: a signed URL of at most 15 minutes, and an audit row of who got it.</summary>
public sealed class PlayAssetFunction(PlayAsset play, RequesterHash hash)
{
    [Function("PlayAsset")]
    [Allows(PortalAction.PlayAsset)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/playback")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var http = request.HttpContext;
        return await play.RunAsync(http.Caller(), new AssetId(id), http.Requester(hash), ct) switch
        {
            PlayedAsset.Playing p => Results.Ok(new
            {
                p.Urls.PlaybackUrl,
                p.Urls.PosterUrl,
                p.Urls.UrlExpiresAt,
                p.Urls.RenewAt,
                assetVersionId = p.Version.Id.Value,
                versionNumber = p.Version.Number,
                durationSeconds = p.Version.DurationS,
                p.Version.AspectRatio,
            }),
            PlayedAsset.NotReady n => Problem.Conflict("asset-not-ready", $"No version of this asset is ready; the newest is {n.Status}."),
            PlayedAsset.TooMany t => Problem.TooMany(t.RetryAfter, "At most 100 playback requests a minute."),
            _ => Problem.NotFound("asset"),
        };
    }
}
