using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Sharing;

/// <summary>
/// Adds a comment to a version, or a reply to a thread (one level). A reply has the place and the visibility of its thread; a thread
/// that a guest starts is the client's, one that the team starts is the team's unless it says otherwise.
/// </summary>
public sealed class AddComment(CommentStore comments)
{
    public const int MaxReplies = 500;

    /// <param name="thread">What <see cref="NewComment.Parent"/> names, as far as the author sees it.</param>
    public async Task<Result<Comment>> RunAsync(
        Tx tx, TenantId tenant, CommentAuthor author, CommentedVersion on, NewComment comment, Comment? thread)
    {
        if (comment.Parent is not null && Misfit(comment, thread, on) is { } misfit)
        {
            return misfit;
        }

        if (thread is not null)
        {
            switch (await comments.HoldThreadAsync(tx, tenant, thread.Id))
            {
                case null:
                    return new Refusal.Conflict("thread-closed", "The thread is deleted.");
                case >= MaxReplies:
                    return new Refusal.Conflict("thread-closed", $"A thread has at most {MaxReplies} replies.");
            }
        }

        var visibility = thread?.Visibility
            ?? (author.Viewer is not null ? CommentVisibility.Client : comment.Visibility ?? CommentVisibility.Team);
        var rate = comment.Frame is null ? null : comment.Rate ?? FrameRate.From(on.FrameRate);
        if (Misplaced(comment, on, rate) is { } misplaced)
        {
            return misplaced;
        }

        var added = await comments.AddAsync(tx, tenant, author, on, comment, thread, rate, visibility);
        return await MayMentionAsync(tx, tenant, added.Id, comment.Mentions) is { } refusal ? refusal : added;
    }

    /// <summary>Only who can read the comment can be called by name in it: asked of the row, which a refusal takes back.</summary>
    public async Task<Refusal?> MayMentionAsync(Tx tx, TenantId tenant, CommentId comment, IReadOnlyList<Guid> mentions) =>
        mentions.Count == 0 || await comments.CountReadersAsync(tx, tenant, comment, mentions) == mentions.Count
            ? null
            : Invalid("mentions", "member", "must name active people of this portal who see the thread.");

    private static Refusal.InvalidField Invalid(string field, string rule, string message) => new(field, rule, $"{field} {message}");

    private static Refusal.InvalidField? Misfit(NewComment comment, Comment? thread, CommentedVersion on) =>
        thread is null || thread.AssetVersionId != on.Version ? Invalid("parentId", "comment", "must name a comment of this version.")
        : thread.ParentId is not null ? Invalid("parentId", "thread", "must name the first comment of a thread: replies have no replies.")
        : comment.Frame is not null ? Invalid("frame", "thread", "must be left out of a reply: it has the place of its thread.")
        : comment.Visibility is not null
            && comment.Visibility != thread.Visibility ? Invalid(
                "visibility", "thread", $"must be left out of a reply: its thread's is {thread.Visibility}.")
        : null;

    private static Refusal.InvalidField? Misplaced(NewComment comment, CommentedVersion on, FrameRate? rate)
    {
        if (comment.Frame is null)
        {
            return null;
        }

        if (rate is null)
        {
            return Invalid("frameRate", "required", "is required: this version's own rate is not known.");
        }

        // A frame of grace: durations are rounded.
        return on.DurationS is { } seconds && Math.Max(comment.Frame.Value, comment.EndFrame ?? 0) > Math.Ceiling(seconds * rate.PerSecond)
            ? Invalid(comment.EndFrame is null ? "frame" : "endFrame", "range", "must be a frame of this version.")
            : null;
    }
}
