using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Sharing;

/// <summary>A comment. The first of a thread carries the place in the video and whether the thread is resolved; replies have
/// neither.</summary>
/// <param name="Seq">Order of writing.</param>
/// <param name="RootSeq">The thread's.</param>
/// <param name="ShareLinkId">The link it was written through; null: in the portal.</param>
/// <param name="AuthorName">The member's display name, or what a guest called themselves; null once deleted.</param>
/// <param name="Visibility">Of the thread: the team's, or also of the client: guests behind a link and Clients of the project.</param>
public sealed record Comment(
    CommentId Id, long Seq, long RootSeq, int SortFrame, ProjectId ProjectId, AssetId AssetId, AssetVersionId AssetVersionId,
    Guid? ParentId, Guid? ShareLinkId,
    Guid? AuthorId, Guid? ViewerId, string? AuthorName, string? AuthorRole, string Visibility, string Body, int? Frame, int? EndFrame,
    int? RateNumerator,
    int? RateDenominator, Guid[] Mentions, string[] MentionNames, DateTimeOffset? ResolvedAt, Guid? ResolvedBy, string? ResolvedByName,
    int Version, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? EditedAt, DateTimeOffset? DeletedAt)
{
    /// <summary>How long its author may change it.</summary>
    public static readonly TimeSpan EditWindow = TimeSpan.FromMinutes(15);

    public FrameRate? Rate => RateNumerator is { } n && RateDenominator is { } d ? new(n, d) : null;

    /// <summary>Why an edit or a deletion did not happen, by what the comment is now.</summary>
    public Refusal WhyUnchanged(int version, DateTimeOffset at) =>
        DeletedAt is not null ? new Refusal.Conflict("comment-deleted", "The comment is deleted.")
        : Version == version && CreatedAt + EditWindow <= at
            ? new Refusal.Conflict("edit-window-over", "A comment can be edited for 15 minutes.")
        : new Refusal.Stale(Version);
}

public static class CommentVisibility
{
    public const string Team = "team";
    public const string Client = "client";
}

/// <summary>Who writes: a member, or a viewer of a share link (who may have been signed in).</summary>
public sealed record CommentAuthor(UserId? User, Guid? Viewer, ShareLinkId? Link, string? GuestName, Actor Actor)
{
    public static CommentAuthor Member(Caller caller) => new(caller.User, null, null, null, Actor.From(caller));

    public static CommentAuthor Guest(Guid viewer, ShareLinkId link, UserId? user, string? name, string requestId) =>
        new(
            user, viewer, link, user is null
                ? name
                : null, new Actor(user is null ? "guest" : "user", (user?.Value ?? viewer).ToString(), null, requestId));

    /// <summary>Whether the comment is theirs: by person, or by the browser it was written with.</summary>
    public bool Wrote(Comment comment) =>
        (User is { } user && comment.AuthorId == user.Value) || (Viewer is { } viewer && comment.ViewerId == viewer);
}

/// <summary>The version that is commented on.</summary>
public sealed record CommentedVersion(ProjectId Project, AssetId Asset, AssetVersionId Version, double? DurationS, double? FrameRate);

/// <summary>What somebody writes: checked values.</summary>
/// <param name="Rate">Null: the version's.</param>
public sealed record NewComment(
    CommentId? Parent, string Body, int? Frame, int? EndFrame, FrameRate? Rate, IReadOnlyList<Guid> Mentions, string? Visibility);

/// <summary>Which comments of a version a list is asked for.</summary>
/// <param name="Link">Set: only what a guest of this link sees.</param>
public sealed record CommentFilter(bool? Resolved = null, UserId? Author = null, ShareLinkId? Link = null);

public enum CommentOrder
{
    /// <summary>By place in the video, each thread together.</summary>
    Frame,
    Oldest,
    Newest,
}
