using Portal.Foundation.Identity;

namespace Portal.Sharing.ShareLinks;

/// <summary>A share link as members of the tenant see it. The token is not in it: only its hash is stored.</summary>
/// <param name="GuestList">Whom it was addressed to, separated by commas: personal values, in no audit or event row.</param>
public sealed record ShareLink(
    ShareLinkId Id, ProjectId ProjectId, AssetId AssetId, Guid? AssetVersionId, string TokenKid, int Generation, string Status,
    DateTimeOffset ExpiresAt,
    bool AllowComments, bool AllowDownload, bool RequireSignIn, bool HasPassphrase, int? MaxOpens, int Opens, string Notify, string Label,
    string GuestList,
    UserId CreatedBy, string CreatedByName, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? RevokedAt,
    DateTimeOffset? HardRevokedAt)
{
    public IReadOnlyList<string> GuestEmails => GuestList.Split(',', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What a person decides about a link: checked values, addresses in lower case.</summary>
public sealed record ShareLinkSettings(
    bool AllowComments, bool AllowDownload, bool RequireSignIn, int? MaxOpens, string Notify, string Label,
    IReadOnlyList<string> GuestEmails);

/// <summary>The row of a new link.</summary>
public sealed record NewShareLink(
    ShareLinkId Id, ProjectId ProjectId, AssetId AssetId, Guid? AssetVersionId, byte[] TokenHash, string TokenKid,
    DateTimeOffset ExpiresAt,
    ShareLinkSettings ShareLinkSettings, KeptPassphrase? Passphrase);

/// <summary>A change of the passphrase: null leaves it, an empty one removes it.</summary>
public sealed record PassphraseChange(KeptPassphrase? To);

/// <summary>One browser that opened a link: for the opens log.</summary>
/// <param name="UserId">Who it was, when they were signed in.</param>
/// <param name="Minted">How many playback tokens it was given.</param>
public sealed record ShareViewer(
    Guid Id, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, string AgentFamily, Guid? UserId, string? UserName, int Minted);

/// <summary>A link that is addressed to a Client, with what makes its token again.</summary>
public sealed record AddressedLink(
    ShareLinkId Id, ProjectId ProjectId, string TokenKid, int Generation, string Title, int VersionNumber, DateTimeOffset ExpiresAt,
    bool AllowComments,
    bool AllowDownload, bool HasPassphrase, DateTimeOffset CreatedAt);
