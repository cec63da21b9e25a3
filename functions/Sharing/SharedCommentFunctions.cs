using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing;

/// <summary>Comments behind a share link: for viewers who have opened it, where it allows comments.</summary>
public sealed class SharedComments(GuestAccess access)
{
    public async Task<(GuestEntry? Guest, Problem? Problem)> EnterAsync(HttpRequest request, string token, CancellationToken ct)
    {
        var (guest, problem) = await access.EnterAsync(request, token, ct);
        return guest is { AllowComments: false }
            ? (null, Problem.Forbidden("comments-not-allowed", "This link does not allow comments."))
            : (guest, problem);
    }

    public static CommentAuthor Author(HttpRequest request, GuestEntry guest, string? name = null) =>
        CommentAuthor.Guest(guest.Viewer, guest.Link, guest.User, name, request.HttpContext.RequestId());
}

public sealed class ListSharedCommentsFunction(SharedComments shared, CommentStore comments, Lists lists)
{
    [Function("ListSharedComments")]
    [Allows(PortalAction.Anonymous)]
    [Operation("List the comments of a share link", Query = typeof(ListCommentsInput), Returns = typeof(
        PageOf<SharedCommentJson>), IsTagged = true,
        Details = "Shared threads of the team, and what was written through this very link. Needs the cookie that opening the link gave.")]
    [Refuses(401, "sign-in-required", "The link is only for people who are signed in.")]
    [Refuses(401, "passphrase-required", "The link has a passphrase: unlock it first.")]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(403, "share-link-not-opened", "No cookie of a viewer came along.")]
    [Refuses(403, "share-link-unavailable", "It is revoked, expired, or nothing is ready behind it.")]
    [Refuses(403, "not-addressed", "Somebody is signed in, and the link is not for them.")]
    [Refuses(404, "not-found", "There is no such link.")]
    [Refuses(429, "too-many-requests", "More than 100 requests a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}/comments")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        var (guest, refusal) = await shared.EnterAsync(request, token, ct);
        if (guest is null)
        {
            return refusal!;
        }

        var (query, page, problem) = lists.Read<ListCommentsInput>(request, q => Name(q, guest), guest.Tenant);
        if (query is null)
        {
            return problem!;
        }

        var rows = await comments.ListForGuestAsync(
            guest.Tenant, guest.Version, new CommentFilter(query.Resolved, Link: guest.Link), query.Order, page, ct);
        var reader = SharedComments.Author(request, guest);
        return lists.Page(
            request, rows, page, Name(query, guest), CommentStore.PositionOf, c => SharedCommentJson.From(c, reader), guest.Tenant);
    }

    private static string Name(ListCommentsInput query, GuestEntry guest) => $"shared-comments:{query.Sort}:{guest.Link}:{guest.Version}";
}

public sealed class AddSharedCommentFunction(
    SharedComments shared, CommentStore comments, AddComment add, RateLimitStore limit, Writes writes)
{
    private const int PerMinute = 20;

    [Function("AddSharedComment")]
    [Allows(PortalAction.Anonymous)]
    [Operation(
        "Comment through a share link", Takes = typeof(AddSharedCommentInput), Returns = typeof(SharedCommentJson), Status = 201,
        TakesKey = true, IsTagged = true)]
    [Refuses(401, "sign-in-required", "The link is only for people who are signed in.")]
    [Refuses(401, "passphrase-required", "The link has a passphrase: unlock it first.")]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(403, "share-link-not-opened", "No cookie of a viewer came along.")]
    [Refuses(403, "share-link-unavailable", "It is revoked, expired, or nothing is ready behind it.")]
    [Refuses(403, "not-addressed", "Somebody is signed in, and the link is not for them.")]
    [Refuses(404, "not-found", "There is no such link.")]
    [Refuses(409, "thread-closed", "The thread is deleted, or full.")]
    [Refuses(429, "too-many-requests", "More than 20 comments a minute of one guest, or 100 requests a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share/{token}/comments")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        var (guest, refusal) = await shared.EnterAsync(request, token, ct);
        return guest is null
            ? refusal!
            : await writes.PostAsync<AddSharedCommentInput>(request, guest.Tenant, guest.Viewer, async (tx, input) =>
        {
            var author = SharedComments.Author(request, guest, input.Name);
            var on = new CommentedVersion(guest.Project, guest.Asset, guest.Version, guest.DurationS, guest.FrameRate);
            var thread = input.ParentId is { } parent
                ? await comments.FindForGuestAsync(tx, guest.Tenant, guest.Link, guest.Version, new CommentId(parent))
                : null;
            var outcome = await add.RunAsync(tx, guest.Tenant, author, on, input.Asked(), thread);
            if (outcome is not AddedComment.Added { Comment: var added })
            {
                return CommentProblems.Of(outcome);
            }

            var hit = await limit.TakeAsync(tx, $"guest-comments:{guest.Viewer}", TimeSpan.FromMinutes(1), PerMinute);
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
    [Operation("Edit my comment on a share link", Takes = typeof(EditSharedCommentInput), Returns = typeof(SharedCommentJson),
        NeedsMatch = true,
        IsTagged = true)]
    [Refuses(401, "sign-in-required", "The link is only for people who are signed in.")]
    [Refuses(401, "passphrase-required", "The link has a passphrase: unlock it first.")]
    [Refuses(403, "not-author", "Somebody else wrote it.")]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(403, "share-link-not-opened", "No cookie of a viewer came along.")]
    [Refuses(403, "share-link-unavailable", "It is revoked, expired, or nothing is ready behind it.")]
    [Refuses(403, "not-addressed", "Somebody is signed in, and the link is not for them.")]
    [Refuses(404, "not-found", "There is no such link, or no such comment behind it.")]
    [Refuses(409, "edit-window-over", "It is older than 15 minutes.")]
    [Refuses(409, "comment-deleted", "It is deleted.")]
    [Refuses(429, "too-many-requests", "More than 100 requests a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/share/{token}/comments/{id:guid}")] HttpRequest request,
        string token,
        Guid id,
        CancellationToken ct)
    {
        var (guest, refusal) = await shared.EnterAsync(request, token, ct);
        return guest is null
            ? refusal!
            : await writes.PatchAsync<EditSharedCommentInput>(request, guest.Tenant, async (tx, input, version) =>
        {
            var author = SharedComments.Author(request, guest);
            var (comment, problem) = await OwnAsync(comments, tx, guest, author, id);
            if (comment is null)
            {
                return problem!;
            }

            return comment.Version == version
                && await comments.EditAsync(tx, guest.Tenant, author, comment, input.Body, comment.Mentions) is { } edited
                ? Reply.Ok(SharedCommentJson.From(edited, author), edited.Version)
                : CommentProblems.NotChanged(
                    (
                        await comments.FindForGuestAsync(
                            tx, guest.Tenant, guest.Link, guest.Version, comment.Id))!, version, clock.GetUtcNow());
        });
    }

    internal static async Task<(Comment? Comment, Problem? Problem)> OwnAsync(
        CommentStore comments, Tx tx, GuestEntry guest, CommentAuthor author, Guid id)
    {
        var comment = await comments.FindForGuestAsync(tx, guest.Tenant, guest.Link, guest.Version, new CommentId(id));
        return comment is null ? (null, Problem.NotFound("comment"))
            : author.Wrote(comment) ? (comment, null)
            : (null, Problem.Forbidden("not-author", "Only its author may change a comment."));
    }
}

public sealed class DeleteSharedCommentFunction(SharedComments shared, CommentStore comments, Writes writes, TimeProvider clock)
{
    [Function("DeleteSharedComment")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Delete my comment on a share link", Status = 204, NeedsMatch = true)]
    [Refuses(401, "sign-in-required", "The link is only for people who are signed in.")]
    [Refuses(401, "passphrase-required", "The link has a passphrase: unlock it first.")]
    [Refuses(403, "not-author", "Somebody else wrote it.")]
    [Refuses(403, "comments-not-allowed", "The link does not allow comments.")]
    [Refuses(403, "share-link-not-opened", "No cookie of a viewer came along.")]
    [Refuses(403, "share-link-unavailable", "It is revoked, expired, or nothing is ready behind it.")]
    [Refuses(403, "not-addressed", "Somebody is signed in, and the link is not for them.")]
    [Refuses(404, "not-found", "There is no such link, or no such comment behind it.")]
    [Refuses(409, "comment-deleted", "It is deleted already.")]
    [Refuses(429, "too-many-requests", "More than 100 requests a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/share/{token}/comments/{id:guid}")] HttpRequest request,
        string token,
        Guid id,
        CancellationToken ct)
    {
        var (guest, refusal) = await shared.EnterAsync(request, token, ct);
        return guest is null ? refusal! : await writes.DeleteAsync(request, guest.Tenant, async (tx, version) =>
        {
            var author = SharedComments.Author(request, guest);
            var (comment, problem) = await EditSharedCommentFunction.OwnAsync(comments, tx, guest, author, id);
            if (comment is null)
            {
                return problem!;
            }

            return comment.Version == version && await comments.DeleteAsync(tx, guest.Tenant, author.Actor, comment, byAuthor: true)
                ? Reply.NoContent
                : CommentProblems.NotChanged(
                    (
                        await comments.FindForGuestAsync(
                            tx, guest.Tenant, guest.Link, guest.Version, comment.Id))!, version, clock.GetUtcNow());
        });
    }
}
