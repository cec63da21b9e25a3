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
    [Operation("Read a share link", Returns = typeof(ShareLinkJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share-links/{id:guid}")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await links.FindAsync(caller.Tenant, caller, new ShareLinkId(id), ct) is { } link ? Reply.Ok(ShareLinkJson.From(link), link.Version) : Problem.NotFound("share link");
    }
}

public sealed record ListShareLinksInput : ListInput
{
    public Guid? AssetId { get; init; }
}

public sealed class ListShareLinksFunction(ShareLinkStore links, Lists lists)
{
    private const string Name = "share-links";

    [Function("ListShareLinks")]
    [Allows(PortalAction.ReadShareLink)]
    [Operation("List share links, newest first", Query = typeof(ListShareLinksInput), Returns = typeof(PageOf<ShareLinkJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share-links")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListShareLinksInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var rows = await links.ListAsync(caller.Tenant, caller, query.AssetId is { } id ? new AssetId(id) : null, page, ct);
        return lists.Page(request, rows, page, Name, l => Position.Of(l.CreatedAt, l.Id.Value), ShareLinkJson.From);
    }
}

/// <summary>Revokes for good. From the answer on nothing is minted; playback tokens that are out die within 15 minutes.</summary>
public sealed class RevokeShareLinkFunction(ShareLinkStore links, Writes writes)
{
    [Function("RevokeShareLink")]
    [Allows(PortalAction.RevokeShareLink)]
    [Operation("Revoke a share link for good", Returns = typeof(ShareLinkJson), TakesKey = true)]
    [Refuses(409, "share-link-revoked", "It is revoked already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links/{id:guid}/revoke")] HttpRequest request, Guid id) =>
        writes.PostAsync(request, async (tx, caller) =>
        {
            if (await links.FindAsync(tx, caller.Tenant, caller, new ShareLinkId(id)) is not { } link)
            {
                return Problem.NotFound("share link");
            }

            return await links.RevokeAsync(tx, caller.Tenant, caller, link) is { } revoked
                ? Reply.Ok(ShareLinkJson.From(revoked), revoked.Version)
                : Problem.Conflict("share-link-revoked", "The share link is revoked already.");
        });
}
