using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Sharing;
using Portal.Videos;

namespace Portal.Functions.Sharing;

public sealed class ListCommentsFunction(AssetStore assets, CommentStore comments, Lists lists)
{
    [Function("ListComments")]
    [Allows(PortalAction.ReadComment)]
    [Operation("List the comments of a version", Query = typeof(ListVersionCommentsInput), Returns = typeof(PageOf<CommentJson>),
        Details = "Flat: in frame order each reply stands behind the comment it answers (parentId). Deleted ones stay as tombstones. A "
            + "Client finds versions that are shared with them, and the threads that are meant for the client.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/assets/{id:guid}/versions/{number:int}/comments")]
        HttpRequest request,
        Guid id,
        int number,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListVersionCommentsInput>(request, q => Name(q, id, number));
        if (query is null)
        {
            return problem!;
        }

        if (await assets.FindVersionAsync(caller.Tenant, caller, new AssetId(id), number, ct) is not { } version
            || !await comments.IsOpenToAsync(caller.Tenant, caller, version.Id, ct))
        {
            return Problem.NotFound("version");
        }

        var filter = new CommentFilter(query.Resolved, query.AuthorId is { } author ? new UserId(author) : null);
        var rows = await comments.ListAsync(caller.Tenant, caller, version.Id, filter, query.SortedBy, page, ct);
        long? total = query.Total ? await comments.CountAsync(caller.Tenant, caller, version.Id, filter, ct) : null;
        return lists.Page(request, rows, page, Name(query, id, number), CommentStore.PositionOf, CommentJson.From, total: total);
    }

    private static string Name(ListCommentsInput query, Guid id, int number) => $"comments:{query.Sort}:{id}:{number}";
}

public sealed class ReadCommentFunction(CommentStore comments)
{
    [Function("ReadComment")]
    [Allows(PortalAction.ReadComment)]
    [Operation("Read a comment", Returns = typeof(CommentJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/comments/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await comments.FindAsync(caller.Tenant, caller, new CommentId(id), ct) is { } comment
            ? Reply.Ok(CommentJson.From(comment), comment.Version)
            : Problem.NotFound("comment");
    }
}

public sealed class AddCommentFunction(AssetStore assets, CommentStore comments, AddComment add, Writes writes)
{
    [Function("AddComment")]
    [Allows(PortalAction.WriteComment)]
    [Operation("Comment on a version", Takes = typeof(AddCommentInput), Returns = typeof(CommentJson), Status = 201, TakesKey = true)]
    [Refuses(409, "version-not-ready", "There is nothing to watch yet, or it is archived.")]
    [Refuses(409, "thread-closed", "The thread is deleted, or full.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/versions/{number:int}/comments")]
        HttpRequest request,
        Guid id,
        int number) =>
        writes.PostAsync<AddCommentInput>(request, async (tx, caller, input) =>
        {
            if (await assets.FindVersionAsync(tx, caller.Tenant, caller, new AssetId(id), number) is not { } version)
            {
                return Problem.NotFound("version");
            }

            if (version.Status != "ready")
            {
                return Problem.Conflict("version-not-ready", $"The version is {version.Status}.");
            }

            var thread = input.ParentId is { } parent ? await comments.FindAsync(tx, caller.Tenant, caller, new CommentId(parent)) : null;
            var on = new CommentedVersion(version.ProjectId, version.AssetId, version.Id, version.DurationS, version.FrameRate);
            var outcome = await add.RunAsync(tx, caller.Tenant, CommentAuthor.Member(caller), on, input.Asked(), thread);
            return outcome.Answer(added => Reply.Created($"/api/comments/{added.Id}", CommentJson.From(added), added.Version));
        });
}

public sealed class EditCommentFunction(CommentStore comments, AddComment add, Writes writes, TimeProvider clock)
{
    [Function("EditComment")]
    [Allows(PortalAction.WriteComment)]
    [Operation("Edit a comment", Takes = typeof(EditCommentInput), Returns = typeof(CommentJson), NeedsMatch = true)]
    [Refuses(403, "not-author", "Somebody else wrote it.")]
    [Refuses(409, "edit-window-over", "It is older than 15 minutes.")]
    [Refuses(409, "comment-deleted", "It is deleted.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/comments/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<EditCommentInput>(request, async (tx, caller, input, version) =>
        {
            if (await comments.FindAsync(tx, caller.Tenant, caller, new CommentId(id)) is not { } comment)
            {
                return Problem.NotFound("comment");
            }

            var author = CommentAuthor.Member(caller);
            if (!author.Wrote(comment))
            {
                return Problem.Forbidden("not-author", "Only its author may edit a comment.");
            }

            if (input.Mentions is { IsSet: true, Value: { } named }
                && await add.MayMentionAsync(tx, caller.Tenant, comment.Id, named) is { } refusal)
            {
                return refusal.Problem();
            }

            return comment.Version == version
                && await comments.EditAsync(
                    tx, caller.Tenant, author, comment, input.Body.Or(comment.Body)!, input.Mentions.Or(comment.Mentions)!) is { } edited
                ? Reply.Ok(CommentJson.From(edited), edited.Version)
                : (await comments.FindAsync(tx, caller.Tenant, caller, comment.Id))!.WhyUnchanged(version, clock.GetUtcNow()).Problem();
        });
}

public sealed class DeleteCommentFunction(CommentStore comments, Writes writes, TimeProvider clock)
{
    [Function("DeleteComment")]
    [Allows(PortalAction.WriteComment)]
    [Operation("Delete a comment", Status = 204, NeedsMatch = true, Details = "Its words go; a tombstone keeps the thread together.")]
    [Refuses(403, "not-author", "Somebody else wrote it.")]
    [Refuses(409, "comment-deleted", "It is deleted already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/comments/{id:guid}")] HttpRequest request, Guid id) =>
        writes.DeleteAsync(request, async (tx, caller, version) =>
        {
            if (await comments.FindAsync(tx, caller.Tenant, caller, new CommentId(id)) is not { } comment)
            {
                return Problem.NotFound("comment");
            }

            var author = CommentAuthor.Member(caller);
            if (!author.Wrote(comment) && !Permissions.Allows(PortalAction.DeleteAnyComment, caller.Role))
            {
                return Problem.Forbidden("not-author", "Only its author or an Admin may delete a comment.");
            }

            return comment.Version == version
                && await comments.DeleteAsync(tx, caller.Tenant, author.Actor, comment, author.Wrote(comment))
                ? Reply.NoContent
                : (await comments.FindAsync(tx, caller.Tenant, caller, comment.Id))!.WhyUnchanged(version, clock.GetUtcNow()).Problem();
        });
}

public sealed class ResolveCommentFunction(CommentStore comments, Writes writes)
{
    [Function("ResolveComment")]
    [Allows(PortalAction.ResolveComment)]
    [Operation("Resolve a thread", Returns = typeof(CommentJson), TakesKey = true)]
    [Refuses(409, "comment-not-resolvable", "It is resolved already, deleted, or a reply.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/comments/{id:guid}/resolve")] HttpRequest request, Guid id) =>
        writes.PostAsync(request, async (tx, caller) => await Resolving.RunAsync(comments, tx, caller, new CommentId(id), resolved: true));
}

public sealed class ReopenCommentFunction(CommentStore comments, Writes writes)
{
    [Function("ReopenComment")]
    [Allows(PortalAction.ResolveComment)]
    [Operation("Reopen a thread", Returns = typeof(CommentJson), TakesKey = true)]
    [Refuses(409, "comment-not-resolvable", "It is open, deleted, or a reply.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/comments/{id:guid}/reopen")] HttpRequest request, Guid id) =>
        writes.PostAsync(
            request, async (tx, caller) => await Resolving.RunAsync(comments, tx, caller, new CommentId(id), resolved: false));
}

internal static class Resolving
{
    public static async Task<IResult> RunAsync(CommentStore comments, Tx tx, Caller caller, CommentId id, bool resolved)
    {
        if (await comments.FindAsync(tx, caller.Tenant, caller, id) is not { } comment)
        {
            return Problem.NotFound("comment");
        }

        if (await comments.ResolveAsync(tx, caller.Tenant, caller, comment, resolved) is { } moved)
        {
            return Reply.Ok(CommentJson.From(moved), moved.Version);
        }

        var state = comment.DeletedAt is not null ? "deleted" : comment.ParentId is not null ? "a reply" : resolved ? "resolved" : "open";
        return Problem.Conflict("comment-not-resolvable", $"The comment is {state}.");
    }
}
