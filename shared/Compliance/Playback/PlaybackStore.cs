using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Compliance.Playback;

/// <summary>A row of the playback audit, as it stands in the chain.</summary>
public sealed record PlaybackRow(
    Guid Id, Guid AssetVersionId, Guid? ShareLinkId, Guid? ViewerId, Guid? UserId, string IpHash, string AgentFamily, string? RequestId,
    DateTimeOffset MintedAt, DateTimeOffset TokenExpiresAt, byte[] RowHash, long WrittenIn);

/// <summary>A row of the playback audit with what it is about.</summary>
/// <param name="UserId">A member; or who the viewer was, when they were signed in.</param>
/// <param name="GuestName">As the viewer called themselves last when they commented; null: never, or they are forgotten.</param>
public sealed record MintedPlayback(
    Guid Id, DateTimeOffset MintedAt, DateTimeOffset TokenExpiresAt, Guid AssetId, Guid AssetVersionId, int VersionNumber,
    Guid? ShareLinkId, Guid? ViewerId, string? GuestName, Guid? UserId, string? UserName, string AgentFamily, string? RequestId,
    byte[] RowHash);

/// <summary>Which rows are asked for; all conditions hold together.</summary>
public sealed record PlaybackFilter(
    Guid? LinkId = null, Guid? AssetId = null, Guid? ViewerId = null, Guid? UserId = null, DateTimeOffset? From = null,
    DateTimeOffset? To = null);

/// <summary>All reading of the playback audit by Compliance. Nobody changes it; playing adds to it.</summary>
public sealed class PlaybackStore(PortalDb db)
{
    internal const string ChainColumns = """
        p.id, p.asset_version_id, p.share_link_id, p.viewer_id, p.user_id, encode(p.ip_hash, 'hex') as ip_hash, p.agent_family,
        p.request_id, p.minted_at, p.token_expires_at, p.row_hash, p.written_in
        """;

    /// <summary>The name that a viewer <c>w</c> gave last; retention and erasure put those two words in its place.</summary>
    internal const string GuestName = """
        (select c.guest_name from portal.comments c
          where c.tenant_id = w.tenant_id and c.viewer_id = w.id and c.guest_name not in ('Guest', 'Deleted person')
          order by c.created_at desc, c.id desc limit 1)
        """;

    // Each text leads with the condition that has an index of its own; the rest is checked row by row.
    private const string Rows = """
        select p.* from portal.playback_audit p
         where p.tenant_id = @tenant and (@link::uuid is null or p.share_link_id = @link)
           and (@viewer::uuid is null or p.viewer_id = @viewer)
           and p.minted_at >= coalesce(@from::timestamptz, '-infinity') and p.minted_at < coalesce(@to::timestamptz, 'infinity')
        """;

    private const string OfAsset = """
           and (@asset::uuid is null or exists (select 1 from portal.asset_versions a
                                                 where a.tenant_id = @tenant and a.id = p.asset_version_id and a.asset_id = @asset))
        """;

    private const string OfUser = """
           and (@user::uuid is null or p.user_id = @user
                or exists (select 1 from portal.share_viewers o where o.tenant_id = @tenant and o.id = p.viewer_id and o.user_id = @user))
        """;

    private const string ByTime = $"{Rows} {OfAsset} {OfUser}";
    private const string ByLink = $"{ByTime} and p.share_link_id = @link";
    private const string ByViewer = $"{ByTime} and p.viewer_id = @viewer";
    private const string ByVersion = $"{Rows} {OfUser} and p.asset_version_id = v.id";
    private const string ByMember = $"{Rows} {OfAsset} and p.user_id = @user";
    private const string ByUsersViewer = $"{Rows} {OfAsset} and p.viewer_id = o.id";

    private const string Shown = $"""
        select p.id, p.minted_at, p.token_expires_at, v.asset_id, p.asset_version_id, v.number as version_number, p.share_link_id,
               p.viewer_id, {GuestName} as guest_name, coalesce(p.user_id, w.user_id) as user_id,
               (select u.name from portal.users u where u.tenant_id = @tenant and u.id = coalesce(p.user_id, w.user_id)) as user_name,
               p.agent_family, p.request_id, p.row_hash
          from (
        """;

    private const string Joined = """
        ) p
          join portal.asset_versions v on v.tenant_id = @tenant and v.id = p.asset_version_id
          left join portal.share_viewers w on w.tenant_id = @tenant and w.id = p.viewer_id
        """;

    private const string EachVersion = "select p.* from portal.asset_versions v cross join lateral (";
    private const string OfVersions = ") p where v.tenant_id = @tenant and v.asset_id = @asset";
    private const string EachViewer = "union all select p.* from portal.share_viewers o cross join lateral (";
    private const string OfViewers = ") p where o.tenant_id = @tenant and o.user_id = @user";

    private static readonly PageQuery ByAge = PageQuery.Descending("p.minted_at, p.id");

    /// <summary>Newest first; one row more than the page holds. What is in the archive is not in the list.</summary>
    public Task<IReadOnlyList<MintedPlayback>> ListAsync(TenantId tenant, PlaybackFilter filter, Page page, CancellationToken ct) =>
        db.ReadAsync<MintedPlayback>(
            tenant, string.Join('\n', Shown, OnePage(filter, page), Joined, ByAge.Order(page)), PageQuery.Arguments(new
            {
                tenant,
                link = filter.LinkId,
                asset = filter.AssetId,
                viewer = filter.ViewerId,
                user = filter.UserId,
                from = filter.From,
                to = filter.To,
            }, page), ct);

    /// <summary>Rows in the order of the chain, behind <paramref name="after"/>: those in the archive first, for only sealed rows move
    /// there.</summary>
    public Task<IReadOnlyList<PlaybackRow>> ReadChainAsync(TenantId tenant, ChainPlace after, int take, CancellationToken ct) =>
        db.ReadAsync<PlaybackRow>(tenant, $"""
            select * from (
                (select {ChainColumns} from portal.playback_archive p
                  where p.tenant_id = @tenant and (p.written_in, p.id) > (@afterWrite, @afterId) order by p.written_in, p.id limit @take)
                union all
                (select {ChainColumns} from portal.playback_audit p
                  where p.tenant_id = @tenant and (p.written_in, p.id) > (@afterWrite, @afterId) order by p.written_in, p.id
                     limit @take)) p
             order by p.written_in, p.id limit @take
            """, new
        {
            tenant,
            afterWrite = after.WrittenIn,
            afterId = after.RowId,
            take,
        }, ct);

    /// <summary>What an asset or a person has many keys for (versions; their own plays and their viewers) is read key by key, each from
    /// its index, and a page made of these pages.</summary>
    private static string OnePage(PlaybackFilter filter, Page page) => filter switch
    {
        { LinkId: not null } => ByAge.Of(ByLink, page),
        { ViewerId: not null } => ByAge.Of(ByViewer, page),
        { AssetId: not null } =>
            string.Join('\n', EachVersion, ByAge.Of(ByVersion, page), OfVersions, ByAge.Order(page), "limit @take"),
        { UserId: not null } => string.Join(
            '\n', "select p.* from ((", ByAge.Of(ByMember, page), ")", EachViewer, ByAge.Of(ByUsersViewer, page), OfViewers, ") p",
            ByAge.Order(page), "limit @take"),
        _ => ByAge.Of(ByTime, page),
    };
}
