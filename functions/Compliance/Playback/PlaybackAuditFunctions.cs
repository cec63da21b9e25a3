using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance.Playback;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance.Playback;

/// <summary>A token that was minted, on the wire. Of the network address there is nothing.</summary>
public sealed record PlaybackAuditEntryJson(
    Guid Id, DateTimeOffset MintedAt, DateTimeOffset TokenExpiresAt, Guid AssetId, Guid AssetVersionId, int VersionNumber,
    Guid? ShareLinkId,
    [About("The guest's browser; null: a member of the portal played it.")] Guid? ViewerId,
    [About("As the guest called themselves in a comment; null: never, or they are forgotten.")] string? GuestName,
    [About("The member, or who the guest was when they were signed in.")] Guid? UserId, string? UserName,
    [OneOf(typeof(AgentFamily))] string AgentFamily, string? RequestId, string Hash)
{
    public static PlaybackAuditEntryJson From(MintedPlayback p) => new(
        p.Id, p.MintedAt, p.TokenExpiresAt, p.AssetId, p.AssetVersionId, p.VersionNumber, p.ShareLinkId, p.ViewerId, p.GuestName, p.UserId,
        p.UserName, p.AgentFamily, p.RequestId, Convert.ToHexStringLower(p.RowHash));
}

public sealed record ListPlaybackAuditInput : OrderedListInput, IChecked
{
    [About("Through this share link.")]
    public Guid? LinkId { get; init; }

    [About("Of any version of this asset.")]
    public Guid? AssetId { get; init; }

    [About("By this viewer of a share link.")]
    public Guid? ViewerId { get; init; }

    [About("By this person: as a member, or through a share link while signed in.")]
    public Guid? UserId { get; init; }

    [About("Minted from this moment on.")]
    public DateTimeOffset? From { get; init; }

    [About("Minted before this moment.")]
    public DateTimeOffset? To { get; init; }

    public void Check(Faults faults, DateTimeOffset now) => AuditRange.Check(faults, From, To);
}

public sealed class ListPlaybackAuditFunction(PlaybackStore store, Lists lists)
{
    private const string Name = "playback-audit";

    [Function("ListPlaybackAudit")]
    [Allows(PortalAction.ReadAudit)]
    [Operation("List the playback audit, newest first", Query = typeof(ListPlaybackAuditInput),
        Returns = typeof(PageOf<PlaybackAuditEntryJson>),
        Details = "Who was given playback of what, and until when, within the last year; what is older is in exports of the audit log and "
            + "in evidence.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/playback-audit")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListPlaybackAuditInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var filter = new PlaybackFilter(query.LinkId, query.AssetId, query.ViewerId, query.UserId, query.From, query.To);
        var rows = await store.ListAsync(request.HttpContext.Caller().Tenant, filter, page, ct);
        return lists.Page(request, rows, page, Name, p => Position.Of(p.MintedAt, p.Id), PlaybackAuditEntryJson.From);
    }
}

/// <summary>Who saw what through a link, signed, to hand over. Making it is itself audited.</summary>
public sealed class ReadPlaybackEvidenceFunction(MakeEvidence evidence, AuditReads reads, TimeProvider clock)
{
    private const string MediaType = "application/zip";

    [Function("ReadPlaybackEvidence")]
    [Allows(PortalAction.ReadAudit)]
    [Operation("Download signed evidence of who was given playback through a share link", Query = typeof(AuditRangeInput),
        MediaType = MediaType,
        Details = "A zip of evidence.json, signature.json and README.txt. At most 10000 tokens are listed, the oldest; tokensLeftOut says "
            + "how many more there are. `dotnet run --project infra/local -- evidence verify <file>` checks it without the portal.")]
    [Refuses(404, "not-found", "There is no such share link.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share-links/{id:guid}/evidence")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (query, problem) = Input.ReadQuery<AuditRangeInput>(request, clock.GetUtcNow());
        if (query is null)
        {
            return problem!;
        }

        if (await reads.CountAsync(request, ct) is { } tooMany)
        {
            return tooMany;
        }

        var caller = request.HttpContext.Caller();
        var name = string.Create(CultureInfo.InvariantCulture, $"evidence-{id}-{clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.zip");
        if (HttpMethods.IsHead(request.Method))
        {
            return await evidence.IsLinkAsync(caller.Tenant, id, ct) ? new Download(name, null) : Problem.NotFound("share link");
        }

        return await evidence.RunAsync(caller, id, query.From, query.To, ct) is { } made
            ? new Download(name, made.ToZip())
            : Problem.NotFound("share link");
    }

    /// <summary>Compressed already.</summary>
    private sealed class Download(string name, byte[]? zip) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = MediaType;
            response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
            if (zip is not null)
            {
                response.ContentLength = zip.Length;
                await response.Body.WriteAsync(zip, httpContext.RequestAborted);
            }
        }
    }
}
