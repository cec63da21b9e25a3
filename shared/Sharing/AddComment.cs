using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Sharing;

/// <summary>What came of writing a comment.</summary>
public abstract record AddedComment
{
    private AddedComment()
    {
    }

    public sealed record Added(Comment Comment) : AddedComment;

    /// <summary>A field breaks a rule that only the rows know.</summary>
    public sealed record Invalid(string Field, string Rule, string Message) : AddedComment;

    /// <summary>The thread is deleted, or has as many replies as one may have.</summary>
    public sealed record Closed(string Why) : AddedComment;
}

/// <summary>
/// Adds a comment to a version, or a reply to a thread (one level). A reply has the place and the visibility of its thread; a thread
/// that a guest starts is shared, one that the team starts is the team's unless it says otherwise.
/// </summary>
public sealed class AddComment(CommentStore comments)
{
    public const int MaxReplies = 500;

    /// <param name="thread">What <see cref="NewComment.Parent"/> names, as far as the author sees it.</param>
    public async Task<AddedComment> RunAsync(
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
                    return new AddedComment.Closed("The thread is deleted.");
                case >= MaxReplies:
                    return new AddedComment.Closed($"A thread has at most {MaxReplies} replies.");
            }
        }

        var visibility = thread?.Visibility
            ?? (author.Viewer is not null ? CommentVisibility.Shared : comment.Visibility ?? CommentVisibility.Team);
        var rate = comment.Frame is null ? null : comment.Rate ?? FrameRate.From(on.FrameRate);
        if (Misplaced(comment, on, rate) is { } misplaced)
        {
            return misplaced;
        }

        return await MayMentionAsync(tx, tenant, on.Project, visibility, comment.Mentions)
            ? new AddedComment.Added(await comments.AddAsync(tx, tenant, author, on, comment, thread, rate, visibility))
            : new AddedComment.Invalid("mentions", "member", "must name active people of this portal who see the thread.");
    }

    public async Task<bool> MayMentionAsync(Tx tx, TenantId tenant, ProjectId project, string visibility, IReadOnlyList<Guid> mentions) =>
        mentions.Count == 0 || await comments.CountMentionableAsync(tx, tenant, project, visibility, mentions) == mentions.Count;

    private static AddedComment.Invalid? Misfit(NewComment comment, Comment? thread, CommentedVersion on) =>
        thread is null || thread.AssetVersionId != on.Version ? new("parentId", "comment", "must name a comment of this version.")
        : thread.ParentId is not null ? new("parentId", "thread", "must name the first comment of a thread: replies have no replies.")
        : comment.Frame is not null ? new("frame", "thread", "must be left out of a reply: it has the place of its thread.")
        : comment.Visibility is not null
            && comment.Visibility != thread.Visibility ? new(
                "visibility", "thread", $"must be left out of a reply: its thread's is {thread.Visibility}.")
        : null;

    private static AddedComment.Invalid? Misplaced(NewComment comment, CommentedVersion on, FrameRate? rate)
    {
        if (comment.Frame is null)
        {
            return null;
        }

        if (rate is null)
        {
            return new("frameRate", "required", "is required: this version's own rate is not known.");
        }

        // A frame of grace: durations are rounded.
        return on.DurationS is { } seconds && Math.Max(comment.Frame.Value, comment.EndFrame ?? 0) > Math.Ceiling(seconds * rate.PerSecond)
            ? new(comment.EndFrame is null ? "frame" : "endFrame", "range", "must be a frame of this version.")
            : null;
    }
}
