using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing;

/// <summary>Comments behind a share link: for viewers who have opened it, where it allows comments.</summary>
public sealed class SharedComments(GuestAccess access, CommentStore comments, Cursors cursors)
{
    public async Task<Result<GuestLink>> EnterAsync(HttpRequest request, string token, CancellationToken ct) =>
        await access.EnterAsync(request, token, ct) is var entered && entered.Match(link => link.AllowComments, _ => true)
            ? entered
            : new Refusal.Forbidden("comments-not-allowed", "This link does not allow comments.");

    /// <summary>Comments by their place in the video, as a page shows them; null: the cursor is none of this list.</summary>
    public async Task<PageOf<Comment>?> ListAsync(GuestLink guest, string? cursor, CancellationToken ct)
    {
        var name = $"shared-comments:page:{guest.ShareLinkId}:{guest.AssetVersionId}";
        var after = cursor is { Length: > 0 } ? cursors.Read(cursor, guest.TenantId.Value, name) : null;
        if (cursor is { Length: > 0 } && after is null)
        {
            return null;
        }

        var page = new Page(Page.MaxLimit, after);
        var rows = await comments.ListForGuestAsync(
            guest.TenantId, guest.AssetVersionId, new CommentFilter(Link: guest.ShareLinkId), CommentOrder.Frame, page, ct);
        return cursors.Cut(rows, page, guest.TenantId.Value, name, CommentStore.PositionOf);
    }

    public static CommentAuthor Author(HttpRequest request, GuestLink guest, string? name = null) =>
        CommentAuthor.Guest(guest.ViewerId, guest.ShareLinkId, guest.UserId, name, request.HttpContext.RequestId());

    /// <summary>A comment that the guest sees and wrote.</summary>
    public async Task<Result<Comment>> OwnAsync(Tx tx, GuestLink guest, CommentAuthor author, Guid id)
    {
        if (await FindAsync(tx, guest, new CommentId(id)) is not { } comment)
        {
            return new Refusal.NotFound("comment");
        }

        if (!author.Wrote(comment))
        {
            return new Refusal.Forbidden("not-author", "Only its author may change a comment.");
        }

        return comment;
    }

    public async Task<Problem> WhyUnchangedAsync(
        Tx tx, GuestLink guest, Comment comment, int version, TimeProvider clock) =>
        (await FindAsync(tx, guest, comment.Id))!.WhyUnchanged(version, clock.GetUtcNow()).Problem();

    private Task<Comment?> FindAsync(Tx tx, GuestLink guest, CommentId id) =>
        comments.FindForGuestAsync(tx, guest.TenantId, guest.ShareLinkId, guest.AssetVersionId, id);
}

public sealed class ListSharedCommentsFunction(SharedComments shared, CommentStore comments, Lists lists)
{
    [Function("ListSharedComments")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation("List the comments of a share link", Query = typeof(ListCommentsInput), Returns = typeof(
        PageOf<SharedCommentJson>), IsTagged = true,
        Details = "Shared threads of the team, and what was written through this very link. Needs the cookie that opening the link gave.")]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}/comments")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        if ((await shared.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        var (query, page, problem) = lists.Read<ListCommentsInput>(request, q => Name(q, guest), guest.TenantId);
        if (query is null)
        {
            return problem!;
        }

        var filter = new CommentFilter(query.Resolved, Link: guest.ShareLinkId);
        var rows = await comments.ListForGuestAsync(guest.TenantId, guest.AssetVersionId, filter, query.SortedBy, page, ct);
        long? total = query.Total ? await comments.CountForGuestAsync(guest.TenantId, guest.AssetVersionId, filter, ct) : null;
        var reader = SharedComments.Author(request, guest);
        return lists.Page(
            request, rows, page, Name(query, guest), CommentStore.PositionOf, c => SharedCommentJson.From(c, reader), guest.TenantId,
            total);
    }

    private static string Name(ListCommentsInput query, GuestLink guest) =>
        $"shared-comments:{query.Sort}:{guest.ShareLinkId}:{guest.AssetVersionId}";
}

public sealed class AddSharedCommentFunction(
    SharedComments shared, CommentStore comments, AddComment add, RateLimitStore limit, Writes writes)
{
    private const int PerMinute = 20;

    [Function("AddSharedComment")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation(
        "Comment through a share link", Takes = typeof(AddSharedCommentInput), Returns = typeof(SharedCommentJson), Status = 201,
        TakesKey = true, IsTagged = true)]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(409, "thread-closed", "The thread is deleted, or full.")]
    [Refuses(429, "too-many-requests", "More than 20 comments a minute of one guest, or 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share/{token}/comments")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        if ((await shared.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        return await writes.PostAsync<AddSharedCommentInput>(request, guest.TenantId, guest.ViewerId, async (tx, input) =>
        {
            var author = SharedComments.Author(request, guest, input.Name);
            var on = new CommentedVersion(guest.ProjectId, guest.AssetId, guest.AssetVersionId, guest.DurationS, guest.FrameRate);
            var thread = input.ParentId is { } parent
                ? await comments.FindForGuestAsync(tx, guest.TenantId, guest.ShareLinkId, guest.AssetVersionId, new CommentId(parent))
                : null;
            if ((await add.RunAsync(tx, guest.TenantId, author, on, input.Asked(), thread)).IsRefused(out var why, out var added))
            {
                return why.Problem();
            }

            var hit = await limit.TakeAsync(tx, $"guest-comments:{guest.ViewerId}", TimeSpan.FromMinutes(1), PerMinute);
            return hit.Allowed
                // No Location: it would put the token beside the stored answer.
                ? Reply.Ok(SharedCommentJson.From(added, author), added.Version) with { Status = 201 }
                : Problem.TooMany(hit.RetryAfter, $"At most {PerMinute} comments a minute.");
        });
    }
}

public sealed class EditSharedCommentFunction(SharedComments shared, CommentStore comments, Writes writes, TimeProvider clock)
{
    [Function("EditSharedComment")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation("Edit my comment on a share link", Takes = typeof(EditSharedCommentInput), Returns = typeof(SharedCommentJson),
        NeedsMatch = true,
        IsTagged = true)]
    [Refuses(403, "not-author", "Somebody else wrote it.")]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(404, "not-found", "There is no such link, or no such comment behind it.")]
    [Refuses(409, "edit-window-over", "It is older than 15 minutes.")]
    [Refuses(409, "comment-deleted", "It is deleted.")]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/share/{token}/comments/{id:guid}")] HttpRequest request,
        string token,
        Guid id,
        CancellationToken ct)
    {
        if ((await shared.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        return await writes.PatchAsync<EditSharedCommentInput>(request, guest.TenantId, async (tx, input, version) =>
        {
            var author = SharedComments.Author(request, guest);
            if ((await shared.OwnAsync(tx, guest, author, id)).IsRefused(out var why, out var comment))
            {
                return why.Problem();
            }

            return comment.Version == version
                && await comments.EditAsync(tx, guest.TenantId, author, comment, input.Body, comment.Mentions) is { } edited
                ? Reply.Ok(SharedCommentJson.From(edited, author), edited.Version)
                : await shared.WhyUnchangedAsync(tx, guest, comment, version, clock);
        });
    }
}

public sealed class DeleteSharedCommentFunction(SharedComments shared, CommentStore comments, Writes writes, TimeProvider clock)
{
    [Function("DeleteSharedComment")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation("Delete my comment on a share link", Status = 204, NeedsMatch = true)]
    [Refuses(403, "not-author", "Somebody else wrote it.")]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(404, "not-found", "There is no such link, or no such comment behind it.")]
    [Refuses(409, "comment-deleted", "It is deleted already.")]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/share/{token}/comments/{id:guid}")] HttpRequest request,
        string token,
        Guid id,
        CancellationToken ct)
    {
        if ((await shared.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        return await writes.DeleteAsync(request, guest.TenantId, async (tx, version) =>
        {
            var author = SharedComments.Author(request, guest);
            if ((await shared.OwnAsync(tx, guest, author, id)).IsRefused(out var why, out var comment))
            {
                return why.Problem();
            }

            return comment.Version == version && await comments.DeleteAsync(tx, guest.TenantId, author.Actor, comment, byAuthor: true)
                ? Reply.NoContent
                : await shared.WhyUnchangedAsync(tx, guest, comment, version, clock);
        });
    }
}
