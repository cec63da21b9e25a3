using Portal.Audit;
using Portal.Db;
using Portal.Paging;
using Portal.Projects;
using Portal.Tenancy;

namespace Portal.ShareLinks;

/// <summary>A share link as members of the tenant see it. The token is not in it: only its hash is stored.</summary>
public sealed record ShareLink(
    ShareLinkId Id, ProjectId ProjectId, AssetId AssetId, Guid? AssetVersionId, string TokenKid, int Generation, string Status, DateTimeOffset ExpiresAt,
    bool AllowComments, bool AllowDownload, int? MaxOpens, int Opens, string Notify, string Label, UserId CreatedBy, int Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? RevokedAt);

/// <summary>The row of a new link.</summary>
public sealed record NewShareLink(
    ShareLinkId Id, ProjectId ProjectId, AssetId AssetId, Guid? AssetVersionId, byte[] TokenHash, string TokenKid, DateTimeOffset ExpiresAt,
    bool AllowComments, bool AllowDownload, int? MaxOpens, string Notify, string Label);

/// <summary>What opening a link found. Reason is for the audit and the log, never for the guest.</summary>
public sealed record OpenedLink(
    string Outcome, string? Reason, int? RetryAfter, TenantId? TenantId, ShareLinkId? ShareLinkId, DateTimeOffset? ExpiresAt, DateTimeOffset? TokenExpiresAt,
    string? Title, bool? AllowComments, bool? AllowDownload, bool? NewViewer, AssetVersionId? AssetVersionId, int? VersionNumber, string? PlaybackId,
    double? DurationS, string? AspectRatio);

/// <summary>All SQL of share links. Opening is the one look-up without a tenant: a guest holds a token, nothing else.</summary>
public sealed class ShareLinkStore(PortalDb db, Journal journal, TimeProvider clock)
{
    // A link past its end reads as expired from that moment, whether or not anything has moved its row yet.
    private const string Columns = """
        l.id, l.project_id, l.asset_id, l.asset_version_id, l.token_kid, l.generation,
        case when l.status = 'active' and l.expires_at <= @now then 'expired' else l.status end as status,
        l.expires_at, l.allow_comments, l.allow_download, l.max_opens, l.opens, l.notify, l.label, l.created_by, l.version,
        l.created_at, l.updated_at, l.revoked_at
        """;

    private const string From = $"""
        from portal.share_links l join portal.projects p on p.tenant_id = l.tenant_id and p.id = l.project_id
        where l.tenant_id = @tenant and {ProjectStore.Visible}
        """;

    public async Task<ShareLink> CreateAsync(Tx tx, TenantId tenant, Caller caller, NewShareLink link)
    {
        var now = clock.GetUtcNow();
        var created = await tx.GetAsync<ShareLink>($"""
            insert into portal.share_links as l (id, tenant_id, project_id, asset_id, asset_version_id, token_hash, token_kid, status, expires_at,
                   allow_comments, allow_download, max_opens, notify, label, created_by, created_at, updated_at)
            values (@Id, @tenant, @ProjectId, @AssetId, @AssetVersionId, @TokenHash, @TokenKid, 'active', @ExpiresAt,
                   @AllowComments, @AllowDownload, @MaxOpens, @Notify, @Label, @createdBy, @now, @now)
            returning {Columns}
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
            link.AllowComments,
            link.AllowDownload,
            link.MaxOpens,
            link.Notify,
            link.Label,
            createdBy = caller.User,
            now,
        });
        await journal.WriteAsync(tx, tenant, Actor.From(caller), new Entry("share_link_created", "share_link", created.Id.Value, null, new
        {
            status = created.Status,
            assetId = created.AssetId.Value,
            assetVersionId = created.AssetVersionId,
            expiresAt = created.ExpiresAt,
            allowComments = created.AllowComments,
            allowDownload = created.AllowDownload,
            maxOpens = created.MaxOpens,
            notify = created.Notify,
        }, "share_link_created"));
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
        db.ReadAsync<ShareLink>(tenant, $"""
            select {Columns} {From} and (@asset::uuid is null or l.asset_id = @asset)
               and (@afterAt::timestamptz is null or (l.created_at, l.id) < (@afterAt, @afterId))
             order by l.created_at desc, l.id desc limit @take
            """, new
        {
            tenant,
            seesAll = caller.SeesAllProjects,
            user = caller.User,
            now = clock.GetUtcNow(),
            asset = asset?.Value,
            afterAt = page.After?.At,
            afterId = page.After?.Id,
            take = page.Take,
        }, ct);

    /// <summary>active, expired → revoked. Null when it was revoked before; from the commit on, nothing is minted.</summary>
    public async Task<ShareLink?> RevokeAsync(Tx tx, TenantId tenant, Caller caller, ShareLink link)
    {
        var revoked = await tx.QueryOneAsync<ShareLink>($"""
            update portal.share_links l set status = 'revoked', revoked_at = @now, revoked_by = @by, version = l.version + 1, updated_at = @now
             where l.tenant_id = @tenant and l.id = @id and l.status in ('active', 'expired')
            returning {Columns}
            """, new { tenant, id = link.Id, by = caller.User, now = clock.GetUtcNow() });
        if (revoked is not null)
        {
            await journal.WriteAsync(tx, tenant, Actor.From(caller), new Entry("share_link_revoked", "share_link", link.Id.Value,
                new { status = link.Status }, new { status = revoked.Status, assetId = link.AssetId.Value }, "share_link_revoked"));
        }

        return revoked;
    }

    /// <summary>Everything an open does, in one round trip: <c>portal.open_share_link</c> in 0004_share_links.sql.</summary>
    public Task<OpenedLink> OpenAsync(object args, CancellationToken ct) => db.AskAsync<OpenedLink>("""
        select * from portal.open_share_link(@tokenHash, @viewerHash, @newViewerHash, @ipHash, @agentFamily, @requestId, @now, @ttl, @peek,
                                             @viewerId, @playbackAuditId, @auditId, @eventId, @ipLimit)
        """, args, ct);
}
