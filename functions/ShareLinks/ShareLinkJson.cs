using Portal.ShareLinks;

namespace Portal.Functions.ShareLinks;

/// <summary>A share link on the wire. <c>token</c> and <c>url</c> only in the answer that creates it: they are not stored.</summary>
public sealed record ShareLinkJson(
    Guid Id, Guid ProjectId, Guid AssetId, Guid? AssetVersionId, string Status, DateTimeOffset ExpiresAt, bool AllowComments, bool AllowDownload,
    int? MaxOpens, int Opens, string Notify, string Label, Guid CreatedBy, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    DateTimeOffset? RevokedAt, string? Token = null, string? Url = null)
{
    public static ShareLinkJson From(ShareLink l) => new(
        l.Id.Value, l.ProjectId.Value, l.AssetId.Value, l.AssetVersionId, l.Status, l.ExpiresAt, l.AllowComments, l.AllowDownload, l.MaxOpens, l.Opens,
        l.Notify, l.Label, l.CreatedBy.Value, l.Version, l.CreatedAt, l.UpdatedAt, l.RevokedAt);
}
