using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Videos;

namespace Portal.Functions.Videos;

public sealed class ReadAssetFunction(AssetStore assets)
{
    [Function("ReadAsset")]
    [Allows(PortalAction.ReadAsset)]
    [Operation("Read an asset with its newest version", Returns = typeof(AssetJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await assets.FindAsync(caller.Tenant, caller, new AssetId(id), ct) is { } asset
            ? Reply.Ok(AssetJson.From(asset), asset.Version)
            : Problem.NotFound("asset");
    }
}

public sealed record ListAssetsInput : CountedListInput
{
    public Guid? ProjectId { get; init; }

    [Items(6), OneOf(typeof(VersionStatus)), About("Of the newest version; several: any of them.")]
    public IReadOnlyList<string> Status { get; init; } = [];

    [Text(100), About("A part of the title, in any case.")]
    public string? Q { get; init; }

    [OneOf("newest", "title")]
    public string Sort { get; init; } = "newest";

    protected override bool IsDescending => Sort == "newest";
}

public sealed class ListAssetsFunction(AssetStore assets, Lists lists)
{
    [Function("ListAssets")]
    [Allows(PortalAction.ReadAsset)]
    [Operation("List assets, newest first or by title", Query = typeof(ListAssetsInput), Returns = typeof(PageOf<AssetJson>),
        Details = "By title: by its first 60 characters in lower case.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListAssetsInput>(request, Name);
        if (query is null)
        {
            return problem!;
        }

        var byTitle = query.Sort == "title";
        var filter = new AssetFilter(query.ProjectId is { } id ? new ProjectId(id) : null, query.Status, query.Q);
        var rows = await assets.ListAsync(caller.Tenant, caller, filter, byTitle, page, ct);
        long? total = query.Total ? await assets.CountAsync(caller.Tenant, caller, filter, ct) : null;
        return lists.Page(
            request, rows, page, Name(query), a => byTitle
                ? new Position(a.TitleKey, a.Id.Value)
                : Position.Of(a.CreatedAt, a.Id.Value), AssetJson.From, total: total);
    }

    private static string Name(ListAssetsInput query) => query.Sort == "title" ? "assets:title" : "assets";
}

public sealed class ListAssetVersionsFunction(AssetStore assets, Lists lists)
{
    private const string Name = "asset-versions";

    [Function("ListAssetVersions")]
    [Allows(PortalAction.ReadAsset)]
    [Operation(
        "List the versions of an asset, newest first", Query = typeof(CountedListInput), Returns = typeof(PageOf<AssetVersionJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets/{id:guid}/versions")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var list = $"{Name}:{id}";
        var (query, page, problem) = lists.Read<CountedListInput>(request, _ => list);
        if (query is null)
        {
            return problem!;
        }

        var rows = await assets.ListVersionsAsync(caller.Tenant, caller, new AssetId(id), page, ct);

        // An asset always has a version: an empty first page says that it is not there for the caller.
        if (rows.Count == 0 && page.After is null)
        {
            return Problem.NotFound("asset");
        }

        long? total = query.Total ? await assets.CountVersionsAsync(caller.Tenant, caller, new AssetId(id), ct) : null;
        return lists.Page(request, rows, page, list, v => Position.Of(v.Number, v.Id.Value), AssetVersionJson.From, total: total);
    }
}

public sealed class ReadAssetVersionFunction(AssetStore assets)
{
    [Function("ReadAssetVersion")]
    [Allows(PortalAction.ReadAsset)]
    [Operation("Read a version of an asset", Returns = typeof(AssetVersionJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets/{id:guid}/versions/{number:int}")]
        HttpRequest request,
        Guid id,
        int number,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await assets.FindVersionAsync(caller.Tenant, caller, new AssetId(id), number, ct) is { } version
            ? Reply.Ok(AssetVersionJson.From(version))
            : Problem.NotFound("version");
    }
}

public sealed record UpdateAssetInput
{
    [Text(200)]
    public Change<string> Title { get; init; }

    [Text(4000, Min = 0)]
    public Change<string> Description { get; init; }

    [Map(
        50, 500), About(
            "Entries to set; null removes one; those left out stay. An asset has at most 50.",
            Example = "{\"client\": \"Harbour\", \"take\": null}")]
    public Change<IReadOnlyDictionary<string, string?>> Metadata { get; init; }
}

public sealed class UpdateAssetFunction(AssetStore assets, AssetChangeStore changes, Writes writes)
{
    private const int MaxFields = 50;

    [Function("UpdateAsset")]
    [Allows(PortalAction.UpdateAsset)]
    [Operation("Update an asset", Takes = typeof(UpdateAssetInput), Returns = typeof(AssetJson), NeedsMatch = true)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/assets/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<UpdateAssetInput>(request, async (tx, caller, input, version) =>
        {
            var key = new AssetId(id);
            if (await assets.FindAsync(tx, caller.Tenant, caller, key) is not { } asset)
            {
                return Problem.NotFound("asset");
            }

            var fields = Merge(asset.Fields, input.Metadata.Value);
            if (fields.Count > MaxFields)
            {
                return Problem.Invalid([new("/metadata", "map", $"metadata must have at most {MaxFields} entries.")]);
            }

            if (asset.Version != version
                || !await changes.ChangeAsync(
                    tx, caller.Tenant, caller, asset, input.Title.Or(asset.Title)!, input.Description.Or(asset.Description)!, fields))
            {
                return IfMatch.Stale((await assets.FindAsync(tx, caller.Tenant, caller, key))?.Version ?? asset.Version);
            }

            var changed = await assets.FindAsync(tx, caller.Tenant, caller, key);
            return Reply.Ok(AssetJson.From(changed!), changed!.Version);
        });

    /// <summary>A merge patch of an object (RFC 7396).</summary>
    private static Dictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> present, IReadOnlyDictionary<string, string?>? patch)
    {
        var merged = new Dictionary<string, string>(present, StringComparer.Ordinal);
        foreach (var (name, value) in patch ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                merged.Remove(name);
            }
            else
            {
                merged[name] = value;
            }
        }

        return merged;
    }
}

/// <summary>Takes a version out of use for good; tokens that play it die within 15 minutes.</summary>
public sealed class ArchiveAssetVersionFunction(AssetStore assets, AssetChangeStore changes, Writes writes)
{
    [Function("ArchiveAssetVersion")]
    [Allows(PortalAction.ArchiveAssetVersion)]
    [Operation("Archive an asset version", Returns = typeof(AssetVersionJson), TakesKey = true,
        Details = "A version that an active share link plays, and that no other ready version could stand in for, stays until the link "
            + "is revoked.")]
    [Refuses(409, "version-not-archivable", "It is pending, being processed, or archived already.")]
    [Refuses(409, "version-shared", "Guests of an active share link would meet an empty page.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/versions/{number:int}/archive")]
        HttpRequest request,
        Guid id,
        int number) =>
        writes.PostAsync(request, async (tx, caller) =>
        {
            await changes.HoldAsync(tx, caller.Tenant, new AssetId(id));
            if (await assets.FindVersionAsync(tx, caller.Tenant, caller, new AssetId(id), number) is not { } version)
            {
                return Problem.NotFound("version");
            }

            return await changes.ArchiveAsync(tx, caller.Tenant, caller, version) is { } refusal
                ? refusal.Problem()
                : Reply.Ok(AssetVersionJson.From((await assets.FindVersionAsync(tx, caller.Tenant, caller, new AssetId(id), number))!));
        });
}

/// <summary>Keeps a video that retention would take, as if it had been uploaded today.</summary>
public sealed class KeepAssetFunction(AssetMoves moves, AssetChangeStore changes)
{
    [Function("KeepAsset")]
    [Allows(PortalAction.UpdateAsset)]
    [Operation("Keep an asset", Returns = typeof(AssetJson), TakesKey = true,
        Details = "Its age counts from now. People are told two weeks before retention takes a video.")]
    [Refuses(404, "not-found", "There is no such asset.")]
    [Refuses(409, "nothing-to-keep", "No version of it is ready.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/keep")] HttpRequest request, Guid id) =>
        moves.RunAsync(request, id, changes.KeepAsync);
}

/// <summary>Brings an archived video back, for as long as it is at Mux: 30 days.</summary>
public sealed class RestoreAssetFunction(AssetMoves moves, AssetChangeStore changes)
{
    [Function("RestoreAsset")]
    [Allows(PortalAction.RestoreAsset)]
    [Operation("Restore an asset", Returns = typeof(AssetJson), TakesKey = true,
        Details = "Its archived versions can be watched again, for 30 days after they were archived. Their age counts from now.")]
    [Refuses(404, "not-found", "There is no such asset.")]
    [Refuses(409, "nothing-to-restore", "No version of it is archived, or they have been deleted at Mux.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/restore")] HttpRequest request, Guid id) =>
        moves.RunAsync(request, id, changes.RestoreAsync);
}

/// <summary>Moves all versions of an asset at once.</summary>
public sealed class AssetMoves(AssetStore assets, AssetChangeStore changes, Writes writes)
{
    public Task<IResult> RunAsync(HttpRequest request, Guid id, Func<Tx, TenantId, Caller, Asset, Task<Refusal?>> move) =>
        writes.PostAsync(request, async (tx, caller) =>
        {
            await changes.HoldAsync(tx, caller.Tenant, new AssetId(id));
            if (await assets.FindAsync(tx, caller.Tenant, caller, new AssetId(id)) is not { } asset)
            {
                return Problem.NotFound("asset");
            }

            if (await move(tx, caller.Tenant, caller, asset) is { } refusal)
            {
                return refusal.Problem();
            }

            var moved = (await assets.FindAsync(tx, caller.Tenant, caller, new AssetId(id)))!;
            return Reply.Ok(AssetJson.From(moved), moved.Version);
        });
}
