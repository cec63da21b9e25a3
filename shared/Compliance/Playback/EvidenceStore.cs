using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Playback;

/// <summary>A share link with its asset, as evidence reads it.</summary>
internal sealed record LinkFacts(
    Guid Id, Guid ProjectId, string Label, string Status, DateTimeOffset CreatedAt, Guid CreatedById, string? CreatedByName,
    DateTimeOffset ExpiresAt, Guid? AssetVersionId, bool AllowDownload, bool RequireSignIn, bool HasPassphrase, int? MaxOpens, int Opens,
    Guid AssetId, string Title, DateTimeOffset? RevokedAt, Guid? RevokedById, string? RevokedByName, DateTimeOffset? HardRevokedAt);

/// <param name="Listed">Those of the time asked for; of all, when the last ends.</param>
internal sealed record TokenCount(long Listed, DateTimeOffset? LastExpiresAt);

/// <summary>A row of the playback audit and what was sealed of it.</summary>
/// <param name="WrittenIn">Null: archived before there were seals over these rows.</param>
/// <param name="SealedHash">Null beside a seal: the row is not among those that it holds.</param>
internal sealed record TokenRow(
    Guid Id, Guid AssetVersionId, Guid? ShareLinkId, Guid? ViewerId, string IpHash, string AgentFamily, string? RequestId,
    DateTimeOffset MintedAt, DateTimeOffset TokenExpiresAt, byte[]? RowHash, long? WrittenIn, long? Seal, byte[]? SealedHash);

internal sealed record ViewerRow(
    Guid Id, Guid? UserId, string? UserName, string? GuestName, string AgentFamily, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt,
    int Minted);

internal sealed record VersionRow(Guid Id, int Number, string FileName);

internal sealed record RemovalRow(Guid AssetVersionId, DateTimeOffset AskedAt, DateTimeOffset? DoneAt, string? Outcome);

/// <summary>SQL of playback evidence: of one link, from the live rows and the archive.</summary>
internal static class EvidenceStore
{
    private const string Tokens = $"""
        (select {PlaybackStore.ChainColumns} from portal.playback_archive p where p.tenant_id = @tenant and p.share_link_id = @link
         union all
         select {PlaybackStore.ChainColumns} from portal.playback_audit p where p.tenant_id = @tenant and p.share_link_id = @link)
        """;

    private const string InTime = """
        p.minted_at >= coalesce(@from::timestamptz, '-infinity') and p.minted_at < coalesce(@to::timestamptz, 'infinity')
        """;

    public static Task<LinkFacts?> FindLinkAsync(Tx tx, TenantId tenant, Guid link, DateTimeOffset now) => tx.QueryOneAsync<LinkFacts>("""
        select l.id, l.project_id, l.label,
               case when l.status = 'active' and l.expires_at <= @now then 'expired' else l.status end as status, l.created_at,
               l.created_by as created_by_id,
               (select u.name from portal.users u where u.tenant_id = @tenant and u.id = l.created_by) as created_by_name, l.expires_at,
               l.asset_version_id, l.allow_download, l.require_sign_in, l.passphrase_hash is not null as has_passphrase, l.max_opens,
               l.opens, l.asset_id, a.title, l.revoked_at, l.revoked_by as revoked_by_id,
               (select u.name from portal.users u where u.tenant_id = @tenant and u.id = l.revoked_by) as revoked_by_name,
               l.hard_revoked_at
          from portal.share_links l
          join portal.assets a on a.tenant_id = @tenant and a.id = l.asset_id
         where l.tenant_id = @tenant and l.id = @link
        """, new { tenant, link, now });

    public static Task<IReadOnlyList<string>> GuestsAsync(Tx tx, TenantId tenant, Guid link) => tx.QueryAsync<string>(
        "select email from portal.share_link_guests where tenant_id = @tenant and share_link_id = @link order by email collate \"C\"",
        new { tenant, link });

    public static Task<TokenCount> CountAsync(Tx tx, TenantId tenant, Guid link, DateTimeOffset? from, DateTimeOffset? to) =>
        tx.GetAsync<TokenCount>($"""
            select count(*) filter (where {InTime}) as listed, max(p.token_expires_at) as last_expires_at from {Tokens} p
            """, new { tenant, link, from, to });

    /// <summary>Oldest first.</summary>
    public static Task<IReadOnlyList<TokenRow>> TokensAsync(
        Tx tx, TenantId tenant, Guid link, DateTimeOffset? from, DateTimeOffset? to, int most) => tx.QueryAsync<TokenRow>($"""
        select p.id, p.asset_version_id, p.share_link_id, p.viewer_id, p.ip_hash, p.agent_family, p.request_id, p.minted_at,
               p.token_expires_at, p.row_hash, p.written_in, s.number as seal,
               case when s.place > 0 then substring(s.row_hashes from (s.place - 1) * 2 + 1 for 32) end as sealed_hash
          from (select * from {Tokens} p where {InTime} order by p.minted_at, p.id limit @most) p
          left join lateral (
                select y.number, y.row_hashes, position(uuid_send(p.id) in y.row_ids) as place from portal.audit_seals y
                 where y.tenant_id = @tenant and (y.last_written_in, y.last_row_id) >= (p.written_in, p.id)
                 order by y.last_written_in, y.last_row_id limit 1) s on true
         order by p.minted_at, p.id
        """, new { tenant, link, from, to, most });

    public static Task<IReadOnlyList<ViewerRow>> ViewersAsync(Tx tx, TenantId tenant, Guid[] ids) => tx.QueryAsync<ViewerRow>($"""
        select w.id, w.user_id, (select u.name from portal.users u where u.tenant_id = @tenant and u.id = w.user_id) as user_name,
               {PlaybackStore.GuestName} as guest_name, w.agent_family, w.first_seen_at, w.last_seen_at, w.minted
          from portal.share_viewers w where w.tenant_id = @tenant and w.id = any (@ids) order by w.first_seen_at, w.id
        """, new { tenant, ids });

    public static Task<IReadOnlyList<VersionRow>> VersionsAsync(Tx tx, TenantId tenant, Guid[] ids) => tx.QueryAsync<VersionRow>("""
        select v.id, v.number, v.file_name from portal.asset_versions v where v.tenant_id = @tenant and v.id = any (@ids) order by v.number
        """, new { tenant, ids });

    /// <summary>What Mux was asked to delete for the link's hard revoke: then, or before for another link's and still under way.</summary>
    public static Task<IReadOnlyList<RemovalRow>> RemovalsAsync(Tx tx, TenantId tenant, LinkFacts link) => tx.QueryAsync<RemovalRow>($"""
        select t.asset_version_id, t.created_at as asked_at, t.done_at, t.outcome from portal.mux_tasks t
          join portal.asset_versions v on v.tenant_id = @tenant and v.id = t.asset_version_id
         where t.tenant_id = @tenant and t.kind = 'replace_playback_id' and v.asset_id = @AssetId
           and t.created_at <= @HardRevokedAt and (t.done_at is null or t.done_at >= @HardRevokedAt)
           and (t.created_at = @HardRevokedAt
                or t.asset_version_id in (select p.asset_version_id from {Tokens} p where p.token_expires_at > @HardRevokedAt))
         order by v.number, t.created_at, t.id
        """, new { tenant, link = link.Id, link.AssetId, link.HardRevokedAt });
}
