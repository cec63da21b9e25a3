using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>Whether a link can be opened.</summary>
public static class ShareLinkStatus
{
    public static IReadOnlyList<string> All { get; } = ["active", "expired", "revoked"];
}

/// <summary>When the owner of a link hears of opens.</summary>
public static class ShareLinkNotice
{
    public static IReadOnlyList<string> All { get; } = ["off", "first", "every", "daily"];
}

/// <summary>
/// A share link on the wire, for the people who produce. <c>token</c> and <c>url</c> in the answer that creates it and where one link is
/// read: they are not stored, but made again. The passphrase is in none.
/// </summary>
public sealed record ShareLinkJson(
    Guid Id, Guid ProjectId, Guid AssetId, Guid? AssetVersionId,
    [OneOf(typeof(ShareLinkStatus))] string Status, DateTimeOffset ExpiresAt, bool AllowComments, bool AllowDownload,
    bool RequireSignIn, bool HasPassphrase, int? MaxOpens, int Opens,
    [OneOf(typeof(ShareLinkNotice))] string Notify, string Label, IReadOnlyList<string> GuestEmails,
    Guid CreatedBy, string CreatedByName, int Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? RevokedAt, DateTimeOffset? HardRevokedAt, string? Token = null,
    string? Url = null)
{
    public static ShareLinkJson From(ShareLink l) => new(
        l.Id.Value, l.ProjectId.Value, l.AssetId.Value, l.AssetVersionId, l.Status, l.ExpiresAt, l.AllowComments, l.AllowDownload,
        l.RequireSignIn, l.HasPassphrase,
        l.MaxOpens, l.Opens, l.Notify, l.Label, l.GuestEmails, l.CreatedBy.Value, l.CreatedByName, l.Version, l.CreatedAt, l.UpdatedAt,
        l.RevokedAt, l.HardRevokedAt);

    /// <summary>As it is kept for a repeated request: without people's addresses, which are put back from their rows.</summary>
    public static ShareLinkJson WithoutGuests(ShareLink l) => From(l) with { GuestEmails = [] };
}

/// <summary>A link that is addressed to the caller, as a Client sees it: no ids of people, no label, no other guest.</summary>
public sealed record AddressedLinkJson(
    Guid Id, Guid ProjectId, string Title, int VersionNumber, DateTimeOffset ExpiresAt, bool AllowComments, bool AllowDownload,
    bool HasPassphrase,
    DateTimeOffset CreatedAt, string Token, string? Url);

/// <summary>One browser that opened a link.</summary>
public sealed record ShareOpenJson(
    Guid ViewerId, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt,
    [OneOf(typeof(AgentFamily))] string AgentFamily,
    [About("The member who was signed in; null: nobody was.")] Guid? UserId, string? UserName, int MintedTokens)
{
    public static ShareOpenJson From(ShareViewer v) =>
        new(v.Id, v.FirstSeenAt, v.LastSeenAt, v.AgentFamily, v.UserId, v.UserName, v.Minted);
}
