using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.ShareLinks;

public sealed class ReadShareLinkFunction(ShareLinkStore links, ShareLinkAnswers answers)
{
    [Function("ReadShareLink")]
    [Allows(PortalAction.ReadShareLink)]
    [Operation("Read a share link", Returns = typeof(ShareLinkJson),
        Details = "With token and url, made again: to copy the link once more. Lists leave them out.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share-links/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await links.FindAsync(caller.Tenant, caller, new ShareLinkId(id), ct) is { } link
            ? Reply.Ok(answers.Managed(link), link.Version)
            : Problem.NotFound("share link");
    }
}

public sealed record ListShareLinksInput : CountedListInput
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

        AssetId? asset = query.AssetId is { } id ? new AssetId(id) : null;
        var rows = await links.ListAsync(caller.Tenant, caller, asset, page, ct);
        long? total = query.Total ? await links.CountAsync(caller.Tenant, caller, asset, ct) : null;
        return lists.Page(request, rows, page, Name, l => Position.Of(l.CreatedAt, l.Id.Value), ShareLinkJson.From, total: total);
    }
}

/// <summary>Who looked through a link: browsers, not people, unless they were signed in.</summary>
public sealed class ListShareLinkOpensFunction(ShareLinkStore links, Lists lists)
{
    [Function("ListShareLinkOpens")]
    [Allows(PortalAction.ReadShareLink)]
    [Operation("List the opens of a share link, newest first", Query = typeof(CountedListInput), Returns = typeof(PageOf<ShareOpenJson>),
        Details = "A viewer is a browser with the link's cookie. mintedTokens counts the playback and download URLs it was given.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share-links/{id:guid}/opens")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var list = $"share-link-opens:{id}";
        var (query, page, problem) = lists.Read<CountedListInput>(request, _ => list);
        if (query is null)
        {
            return problem!;
        }

        var rows = await links.ListOpensAsync(caller.Tenant, caller, new ShareLinkId(id), page, ct);

        // Nobody opened it yet, or it is not there for the caller: only the latter is 404.
        if (rows.Count == 0 && await links.FindAsync(caller.Tenant, caller, new ShareLinkId(id), ct) is null)
        {
            return Problem.NotFound("share link");
        }

        long? total = query.Total ? await links.CountOpensAsync(caller.Tenant, caller, new ShareLinkId(id), ct) : null;
        return lists.Page(request, rows, page, list, v => Position.Of(v.FirstSeenAt, v.Id), ShareOpenJson.From, total: total);
    }
}

/// <summary>A Client's way to videos: the active links that name their address, each with what opens it.</summary>
public sealed class ListSharedWithMeFunction(ShareLinkStore links, ShareLinkAnswers answers, Lists lists)
{
    private const string Name = "shared-with-me";

    [Function("ListSharedWithMe")]
    [Allows(PortalAction.ReadSharedWithMe)]
    [Operation("List assets shared with me, newest first", Query = typeof(CountedListInput), Returns = typeof(PageOf<AddressedLinkJson>),
        Details = "Active share links of the caller's projects that name the caller's address. Watch, comment and download with token "
            + "under /api/share/{token}, as guests do; "
            + "send the session along, so that the link knows who it is.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/shared-with-me")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<CountedListInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var rows = await links.ListAddressedAsync(caller.Tenant, caller, page, ct);
        long? total = query.Total ? await links.CountAddressedAsync(caller.Tenant, caller, ct) : null;
        return lists.Page(request, rows, page, Name, l => Position.Of(l.CreatedAt, l.Id.Value), answers.Addressed, total: total);
    }
}
