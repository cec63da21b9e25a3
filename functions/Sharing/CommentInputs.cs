using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Sharing;

namespace Portal.Functions.Sharing;

public sealed record FrameRateInput
{
    [Whole(1, 1_000_000), About("Frames.", Example = "24000")]
    public required int Numerator { get; init; }

    [Whole(1, 1_000_000), About("Seconds.", Example = "1001")]
    public required int Denominator { get; init; }
}

/// <summary>What a member and a guest may both say of a new comment.</summary>
public abstract record NewCommentInput : IChecked
{
    /// <summary>A day at 1000 frames a second.</summary>
    protected const int MaxFrame = 86_400_000;

    [Text(4000), About("Markdown.")]
    public required string Body { get; init; }

    [About("Set: a reply to the thread that starts with this comment.")]
    public Guid? ParentId { get; init; }

    [Whole(0, MaxFrame), About("Where in the video, counted from 0; left out: about the whole version.")]
    public int? Frame { get; init; }

    [Whole(0, MaxFrame), About("Last frame of a range.")]
    public int? EndFrame { get; init; }

    [About("Of the frame numbers; left out: the version's own.")]
    public FrameRateInput? FrameRate { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (EndFrame is { } end && (Frame is not { } start || end < start))
        {
            faults.Add("endFrame", "range", "must not be before frame.");
        }

        if (FrameRate is not null && Frame is null)
        {
            faults.Add("frameRate", "frame", "means nothing without frame.");
        }
    }

    protected NewComment With(IReadOnlyList<Guid> mentions, string? visibility) => new(
        ParentId is { } id ? new CommentId(id) : null, Body, Frame, EndFrame, FrameRate is { } r ? new(
            r.Numerator, r.Denominator) : null, mentions, visibility);
}

public sealed record AddCommentInput : NewCommentInput
{
    [Items(20), About("People of the portal who see the thread; they are told.")]
    public IReadOnlyList<Guid> Mentions { get; init; } = [];

    [OneOf(typeof(CommentVisibility)), About(
        "Of a new thread; left out: team. client: also guests and Clients with whom the version is shared. A reply has its thread's.")]
    public string? Visibility { get; init; }

    internal NewComment Asked() => With(Mentions, Visibility);
}

public sealed record EditCommentInput
{
    [Text(4000)]
    public Change<string> Body { get; init; }

    [Items(20), About("The whole list.")]
    public Change<IReadOnlyList<Guid>> Mentions { get; init; }
}

public sealed record AddSharedCommentInput : NewCommentInput
{
    [Text(80), About("What the guest wants to be called. Somebody who is signed in goes by their own name.")]
    public required string Name { get; init; }

    internal NewComment Asked() => With([], null);
}

public sealed record EditSharedCommentInput
{
    [Text(4000)]
    public required string Body { get; init; }
}

public record ListCommentsInput : CountedListInput
{
    [About("true: only resolved threads; false: only open ones.")]
    public bool? Resolved { get; init; }

    [OneOf(
        "frame", "oldest", "newest"), About("frame: by place in the video, what is about the whole version first, each thread together.")]
    public string Sort { get; init; } = "frame";

    protected override bool IsDescending => Sort == "newest";

    internal CommentOrder SortedBy =>
        Sort switch { "frame" => CommentOrder.Frame, "oldest" => CommentOrder.Oldest, _ => CommentOrder.Newest };
}

public sealed record ListVersionCommentsInput : ListCommentsInput
{
    [About("A member of the portal.")]
    public Guid? AuthorId { get; init; }
}
