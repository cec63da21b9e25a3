using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;
using Portal.Projects;

namespace Portal.Sharing.ShareLinks;

/// <summary>
/// SQL of share links as members see and make them. What changes a link later is in <see cref="ShareLinkTransitions"/>, what strangers
/// with a token do in <see cref="ShareAccessStore"/>.
/// </summary>
public sealed class ShareLinkStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    // A link past its end reads as expired from that moment, whether or not the timer has moved its row yet.
    internal const string Columns = """
        l.id, l.project_id, l.asset_id, l.asset_version_id, l.token_kid, l.generation,
        case when l.status = 'active' and l.expires_at <= @now then 'expired' else l.status end as status,
        l.expires_at, l.allow_comments, l.allow_download, l.require_sign_in, l.passphrase_hash is not null as has_passphrase, l.max_opens,
        l.opens,
        l.notify, l.label,
        coalesce((select string_agg(g.email, ',' order by g.email) from portal.share_link_guests g
                   where g.tenant_id = l.tenant_id and g.share_link_id = l.id), '') as guest_list,
        l.created_by,
        (select u.name from portal.users u where u.tenant_id = l.tenant_id and u.id = l.created_by) as created_by_name,
        l.version, l.created_at, l.updated_at, l.revoked_at, l.hard_revoked_at
        """;

    private const string From = $"""
        from portal.share_links l join portal.projects p on p.tenant_id = l.tenant_id and p.id = l.project_id
        where l.tenant_id = @tenant and {ProjectStore.Visible}
        """;

    private const string Listed = $"select {Columns} {From} and (@asset::uuid is null or l.asset_id = @asset)";

    private const string Opens = $"""
        select w.id, w.first_seen_at, w.last_seen_at, w.agent_family, w.user_id,
               (select u.name from portal.users u where u.tenant_id = w.tenant_id and u.id = w.user_id) as user_name, w.minted
          from portal.share_viewers w
         where w.tenant_id = @tenant and w.share_link_id = @id and exists (select 1 {From} and l.id = w.share_link_id)
        """;

    private const string Addressed = $"""
        select l.id, l.project_id, l.token_kid, l.generation, a.title, v.number as version_number, l.expires_at, l.allow_comments,
           l.allow_download,
               l.passphrase_hash is not null as has_passphrase, l.created_at
          from portal.share_links l
          join portal.projects p on p.tenant_id = l.tenant_id and p.id = l.project_id
          join portal.assets a on a.tenant_id = l.tenant_id and a.id = l.asset_id
          join lateral (select v.number from portal.asset_versions v
                         where v.tenant_id = l.tenant_id and v.asset_id = l.asset_id and v.status = 'ready'
                           and (l.asset_version_id is null or v.id = l.asset_version_id)
                         order by v.number desc limit 1) v on true
         where l.tenant_id = @tenant and {ProjectStore.Visible} and l.status = 'active' and l.expires_at > @now
           and exists (select 1 from portal.share_link_guests g
                         join portal.users u on u.tenant_id = g.tenant_id and lower(u.email) = g.email
                        where g.tenant_id = l.tenant_id and g.share_link_id = l.id and u.id = @user)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("l.created_at, l.id");
    private static readonly PageQuery ByFirstOpen = PageQuery.Descending("w.first_seen_at, w.id");

    public async Task<ShareLink> CreateAsync(Tx tx, TenantId tenant, Caller caller, NewShareLink link)
    {
        var now = clock.GetUtcNow();
        await tx.ExecuteAsync("""
            insert into portal.share_links as l (id, tenant_id, project_id, asset_id, asset_version_id, token_hash, token_kid, status,
               expires_at,
                   allow_comments, allow_download, require_sign_in, passphrase_hash, passphrase_salt, passphrase_iterations, max_opens,
                   notify, label,
                   created_by, created_at, updated_at)
            values (@Id, @tenant, @ProjectId, @AssetId, @AssetVersionId, @TokenHash, @TokenKid, 'active', @ExpiresAt,
                   @AllowComments, @AllowDownload, @RequireSignIn, @Hash, @Salt, @Iterations, @MaxOpens, @Notify, @Label, @createdBy, @now,
                   @now)
            """, new
        {
            link.Id,
            tenant,
            link.ProjectId,
            link.AssetId,
            link.AssetVersionId,
            link.TokenHash,
            link.TokenKid,
            link.ExpiresAt,
            link.ShareLinkSettings.AllowComments,
            link.ShareLinkSettings.AllowDownload,
            link.ShareLinkSettings.RequireSignIn,
            link.Passphrase?.Hash,
            link.Passphrase?.Salt,
            link.Passphrase?.Iterations,
            link.ShareLinkSettings.MaxOpens,
            link.ShareLinkSettings.Notify,
            link.ShareLinkSettings.Label,
            createdBy = caller.User,
            now,
        });
        await AddressAsync(tx, tenant, link.Id, link.ShareLinkSettings.GuestEmails);
        var created = await tx.GetAsync<ShareLink>(
            $"select {Columns} from portal.share_links l where l.tenant_id = @tenant and l.id = @Id", new { tenant, link.Id, now });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "share_link_created", "share_link", created.Id.Value, null, ShareLinkTransitions.AuditSnapshot(created),
            EventType.ShareLinkCreated));
        return created;
    }

    public Task<ShareLink?> FindAsync(TenantId tenant, Caller caller, ShareLinkId id, CancellationToken ct) =>
        db.ReadOneAsync<ShareLink>(tenant, $"select {Columns} {From} and l.id = @id",
            new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User, now = clock.GetUtcNow() }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, ShareLinkId, CancellationToken)"/>
    public Task<ShareLink?> FindAsync(Tx tx, TenantId tenant, Caller caller, ShareLinkId id) =>
        tx.QueryOneAsync<ShareLink>($"select {Columns} {From} and l.id = @id",
            new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User, now = clock.GetUtcNow() });

    /// <summary>Newest first, of one asset or of all the caller sees; one row more than the page holds.</summary>
    public Task<IReadOnlyList<ShareLink>> ListAsync(TenantId tenant, Caller caller, AssetId? asset, Page page, CancellationToken ct) =>
        db.ReadPageAsync<ShareLink>(tenant, ByAge, Listed, page, Args(tenant, caller, asset), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, AssetId? asset, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, Args(tenant, caller, asset), ct);

    /// <summary>Who looked through a link, newest first; nothing when the caller does not see it.</summary>
    public Task<IReadOnlyList<ShareViewer>> ListOpensAsync(
        TenantId tenant, Caller caller, ShareLinkId id, Page page, CancellationToken ct) =>
        db.ReadPageAsync<ShareViewer>(
            tenant, ByFirstOpen, Opens, page, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    public Task<long> CountOpensAsync(TenantId tenant, Caller caller, ShareLinkId id, CancellationToken ct) =>
        db.CountAsync(tenant, Opens, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    /// <summary>
    /// What a Client may watch: active links of their projects that name their address and have something ready behind them. Whoever is
    /// taken off a project or off a link no longer finds it here.
    /// </summary>
    public Task<IReadOnlyList<AddressedLink>> ListAddressedAsync(TenantId tenant, Caller caller, Page page, CancellationToken ct) =>
        db.ReadPageAsync<AddressedLink>(tenant, ByAge, Addressed, page, Args(tenant, caller), ct);

    public Task<long> CountAddressedAsync(TenantId tenant, Caller caller, CancellationToken ct) =>
        db.CountAsync(tenant, Addressed, Args(tenant, caller), ct);

    private ListArgs Args(TenantId tenant, Caller caller, AssetId? asset = null) =>
        new(tenant, caller.SeesAllProjects, caller.User, clock.GetUtcNow(), asset?.Value);

    private sealed record ListArgs(TenantId Tenant, bool SeesAll, UserId User, DateTimeOffset Now, Guid? Asset);

    internal Task AddressAsync(Tx tx, TenantId tenant, ShareLinkId id, IReadOnlyList<string> emails) => tx.ExecuteAsync("""
        delete from portal.share_link_guests where tenant_id = @tenant and share_link_id = @id and email <> all(@emails);
        insert into portal.share_link_guests (tenant_id, share_link_id, email, added_at)
        select @tenant, @id, e, @now from unnest(@emails) e on conflict do nothing
        """, new { tenant, id, emails = emails.ToArray(), now = clock.GetUtcNow() });
}
