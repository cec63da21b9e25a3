using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Sharing;

namespace Portal.Functions.Sharing;

/// <summary>Frames a second, as a fraction.</summary>
public sealed record FrameRateJson(int Numerator, int Denominator)
{
    public static FrameRateJson? From(FrameRate? rate) => rate is null ? null : new(rate.Numerator, rate.Denominator);
}

/// <summary>Who wrote it.</summary>
/// <param name="Kind">member, or guest for somebody behind a share link who was not signed in.</param>
public sealed record CommentAuthorJson(
    [OneOf("member", "guest")] string Kind, Guid? UserId, string? Name, [OneOf(typeof(Role))] string? Role);

/// <summary>A comment on the wire, for members of the portal. What is deleted stays as a tombstone: no words, no name.</summary>
public sealed record CommentJson(
    Guid Id, Guid ProjectId, Guid AssetId, Guid AssetVersionId, [
        property: About("The first comment of the thread; null: this is it.")
    ] Guid? ParentId,
    [OneOf(typeof(CommentVisibility))]
    [property: About("team: the team of the project only; client: also guests and Clients with whom the version is shared.")]
    string Visibility, CommentAuthorJson Author,
    [property: About("The share link it was written through.")] Guid? ShareLinkId,
    [property: About("Markdown as it was written.")] string Body,
    [property: About("The same as safe HTML: no HTML of the author's, links to http, https and mailto only.")] string BodyHtml,
    int? Frame, int? EndFrame, FrameRateJson? FrameRate, IReadOnlyList<Guid> Mentions,
    [property: About("In the order of mentions.")] IReadOnlyList<string> MentionNames, DateTimeOffset? ResolvedAt, Guid? ResolvedBy,
    string? ResolvedByName, int Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? EditedAt, DateTimeOffset? DeletedAt)
{
    public static CommentJson From(Comment c) => new(
        c.Id.Value, c.ProjectId.Value, c.AssetId.Value, c.AssetVersionId.Value, c.ParentId, c.Visibility,
        new(
            c.AuthorId is null
                ? "guest"
                : "member", c.AuthorId, c.AuthorName, c.AuthorRole), c.ShareLinkId, c.Body, CommentMarkdown.ToHtml(c.Body), c.Frame,
                c.EndFrame,
        FrameRateJson.From(c.Rate), c.Mentions, c.MentionNames, c.ResolvedAt, c.ResolvedBy, c.ResolvedByName, c.Version, c.CreatedAt,
        c.UpdatedAt, c.EditedAt, c.DeletedAt);
}

/// <summary>Who wrote it, for a guest: a display name, never an id, an address or a role.</summary>
/// <param name="Kind">team, guest, or you.</param>
public sealed record SharedCommentAuthorJson([OneOf("team", "guest", "you")] string Kind, string? Name);

/// <summary>A comment as guests and Clients see it behind a link (docs/api-visibility.md lists the fields).</summary>
public sealed record SharedCommentJson(
    Guid Id, Guid? ParentId, SharedCommentAuthorJson Author, string Body, string BodyHtml, int? Frame, int? EndFrame,
    FrameRateJson? FrameRate, bool Resolved,
    int Version, DateTimeOffset CreatedAt, DateTimeOffset? EditedAt, DateTimeOffset? DeletedAt)
{
    public static SharedCommentJson From(Comment c, CommentAuthor reader) => new(
        c.Id.Value, c.ParentId, new(
            reader.Wrote(c) ? "you" : c.ViewerId is null ? "team" : "guest", c.AuthorName), c.Body, CommentMarkdown.ToHtml(c.Body),
            c.Frame,
        c.EndFrame, FrameRateJson.From(c.Rate), c.ResolvedAt is not null, c.Version, c.CreatedAt, c.EditedAt, c.DeletedAt);
}
