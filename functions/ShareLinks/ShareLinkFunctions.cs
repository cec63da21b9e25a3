using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Db;
using Portal.Functions.Http;
using Portal.Paging;
using Portal.ShareLinks;

namespace Portal.Functions.ShareLinks;

public sealed class ReadShareLinkFunction(ShareLinkStore links)
{
    [Function("ReadShareLink")]
    [Allows(PortalAction.ReadShareLink)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share-links/{id:guid}")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await links.FindAsync(caller.Tenant, caller, new ShareLinkId(id), ct) is { } link ? Results.Ok(ShareLinkJson.From(link)) : Problem.NotFound("share link");
    }
}

public sealed class ListShareLinksFunction(ShareLinkStore links, Cursors cursors)
{
    [Function("ListShareLinks")]
    [Allows(PortalAction.ReadShareLink)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share-links")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (page, problem) = ListQuery.Read(request, cursors, caller.Tenant.Value, "share-links");
        var (asset, wrongAsset) = ListQuery.Key(request, "assetId");
        if ((problem ?? wrongAsset) is { } fault)
        {
            return fault;
        }

        var rows = await links.ListAsync(caller.Tenant, caller, asset is { } id ? new AssetId(id) : null, page, ct);
        return Results.Ok(cursors.Cut(rows, page, caller.Tenant.Value, "share-links", l => new(l.CreatedAt, l.Id.Value)).Map(ShareLinkJson.From));
    }
}

/// <summary>Revokes for good. From the answer on nothing is minted; playback tokens that are out die within 15 minutes.</summary>
public sealed class RevokeShareLinkFunction(ShareLinkStore links)
{
    [Function("RevokeShareLink")]
    [Allows(PortalAction.RevokeShareLink)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links/{id:guid}/revoke")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        if (await links.FindAsync(caller.Tenant, caller, new ShareLinkId(id), ct) is not { } link)
        {
            return Problem.NotFound("share link");
        }

        return await links.RevokeAsync(caller.Tenant, caller, link, ct) is { } revoked
            ? Results.Ok(ShareLinkJson.From(revoked))
            : Problem.Conflict("share-link-revoked", "The share link is revoked already.");
    }
}
