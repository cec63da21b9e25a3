using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Sharing.ShareLinks;

/// <summary>
/// Everything that changes a share link after it was made, each one guarded statement with its audit and event row. Refused: the row was
/// not in a status (or at the version) that it may be changed from, and nothing happened.
/// </summary>
public sealed class ShareLinkTransitions(ShareLinkStore links, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    /// <summary>
    /// The switches, while the link is not revoked and at <paramref name="version"/>, and not more guests have opened it than it would
    /// allow (<c>opened-more-often</c>).
    /// </summary>
    public async Task<Result<ShareLink>> UpdateAsync(
        Tx tx, TenantId tenant, Caller caller, ShareLink link, int version, ShareLinkSettings to, PassphraseChange? passphrase)
    {
        var changed = await tx.ExecuteAsync("""
            update portal.share_links l set allow_comments = @AllowComments, allow_download = @AllowDownload,
               require_sign_in = @RequireSignIn,
                   max_opens = @MaxOpens, notify = @Notify, label = @Label,
                   passphrase_hash = case when @rekey then @Hash else l.passphrase_hash end,
                   passphrase_salt = case when @rekey then @Salt else l.passphrase_salt end,
                   passphrase_iterations = case when @rekey then @Iterations else l.passphrase_iterations end,
                   passphrase_version = l.passphrase_version + case when @rekey then 1 else 0 end,
                   version = l.version + 1, updated_at = @now
             where l.tenant_id = @tenant and l.id = @id and l.version = @version and l.status in ('active', 'expired')
               and (@MaxOpens::integer is null or l.opens <= @MaxOpens)
            """, new
        {
            tenant,
            id = link.Id,
            version,
            to.AllowComments,
            to.AllowDownload,
            to.RequireSignIn,
            to.MaxOpens,
            to.Notify,
            to.Label,
            rekey = passphrase is not null,
            passphrase?.To?.Hash,
            passphrase?.To?.Salt,
            passphrase?.To?.Iterations,
            now = clock.GetUtcNow(),
        }) == 1;
        if (!changed)
        {
            return WhyNot(await FindAsync(tx, tenant, link.Id), version, to);
        }

        await links.AddressAsync(tx, tenant, link.Id, to.GuestEmails);
        if (passphrase is not null)
        {
            await tx.ExecuteAsync(
                "delete from portal.share_unlocks where tenant_id = @tenant and share_link_id = @id", new { tenant, id = link.Id });
        }

        var now = await ReadAsync(tx, tenant, link.Id);
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "share_link_updated", "share_link", link.Id.Value, AuditSnapshot(link), AuditSnapshot(now, passphrase is not null)));
        await SendAsync(tx, tenant, caller, now, [.. now.GuestEmails.Except(link.GuestEmails)]);
        return now;
    }

    /// <summary>
    /// Mails the link to these of its guests (again). Event <c>share_link_sent</c>, which names them by keyed hash. False: it is not
    /// active, or there is nobody to send it to, and nothing happened.
    /// </summary>
    public async Task<bool> SendAsync(Tx tx, TenantId tenant, Caller caller, ShareLink link, IReadOnlyList<string> guests)
    {
        if (guests.Count == 0 || link.Status != "active" || link.ExpiresAt <= clock.GetUtcNow())
        {
            return false;
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("share_link_sent", "share_link", link.Id.Value, null,
            new { projectId = link.ProjectId.Value, assetId = link.AssetId.Value, guests = guests.Select(hash.Of) },
            EventType.ShareLinkSent));
        return true;
    }

    /// <summary>
    /// active, expired → active with a later end. Event <c>share_link_extended</c>. Refused when it is revoked
    /// (<c>share-link-revoked</c>) or ends then, or later, already (<c>not-later</c>).
    /// </summary>
    public async Task<Result<ShareLink>> ExtendAsync(Tx tx, TenantId tenant, Actor by, ShareLink link, DateTimeOffset until)
    {
        var moved = await tx.ExecuteAsync("""
            update portal.share_links l set status = 'active', expires_at = @until, version = l.version + 1, updated_at = @now
             where l.tenant_id = @tenant and l.id = @id and l.status in ('active', 'expired') and l.expires_at < @until
            """, new { tenant, id = link.Id, until, now = clock.GetUtcNow() }) == 1;
        if (!moved)
        {
            return await FindAsync(tx, tenant, link.Id) switch
            {
                null => new Refusal.NotFound("share link"),
                { Status: "revoked" } => Revoked,
                var now => new Refusal.Conflict("not-later", $"The share link is {now.Status} and ends at {now.ExpiresAt:O} already."),
            };
        }

        await audit.WriteAsync(tx, tenant, by, new AuditEntry("share_link_extended", "share_link", link.Id.Value,
            new { status = link.Status, expiresAt = link.ExpiresAt },
            new { status = "active", expiresAt = until, assetId = link.AssetId.Value, projectId = link.ProjectId.Value },
            EventType.ShareLinkExtended));
        return await ReadAsync(tx, tenant, link.Id);
    }

    /// <summary>As extending, of a link that is active: what has expired or was revoked stays so. False: it did.</summary>
    public async Task<bool> KeepAliveAsync(Tx tx, TenantId tenant, Actor by, ShareLinkId id, DateTimeOffset until) =>
        await FindAsync(tx, tenant, id) is { Status: "active" } link
        && !(await ExtendAsync(tx, tenant, by, link, until)).IsRefused(out _, out _);

    /// <summary>
    /// active, expired → revoked. From the commit on, nothing is minted. Refused when it is already (<c>share-link-revoked</c>).
    /// </summary>
    public async Task<Result<ShareLink>> RevokeAsync(Tx tx, TenantId tenant, Caller caller, ShareLink link)
    {
        var moved = await tx.ExecuteAsync("""
            update portal.share_links l set status = 'revoked', revoked_at = @now, revoked_by = @by, version = l.version + 1,
               updated_at = @now
             where l.tenant_id = @tenant and l.id = @id and l.status in ('active', 'expired')
            """, new { tenant, id = link.Id, by = caller.User, now = clock.GetUtcNow() }) == 1;
        if (!moved)
        {
            return new Refusal.Conflict("share-link-revoked", "The share link is revoked already.");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("share_link_revoked", "share_link", link.Id.Value,
            new { status = link.Status }, new { status = "revoked", assetId = link.AssetId.Value, projectId = link.ProjectId.Value },
            EventType.ShareLinkRevoked));
        return await ReadAsync(tx, tenant, link.Id);
    }

    /// <summary>
    /// Marks a revoked link as hard revoked and lists the playback ids that must go: of what the link plays now, and of every version it
    /// minted a token for that may still live. The list stays until Mux has confirmed each. Refused when it is
    /// (<c>share-link-hard-revoked</c>).
    /// </summary>
    public async Task<Result<ShareLink>> HardRevokeAsync(Tx tx, TenantId tenant, Caller caller, ShareLink link)
    {
        var now = clock.GetUtcNow();
        var moved = await tx.ExecuteAsync("""
            update portal.share_links l set hard_revoked_at = @now, version = l.version + 1, updated_at = @now
             where l.tenant_id = @tenant and l.id = @id and l.status = 'revoked' and l.hard_revoked_at is null
            """, new { tenant, id = link.Id, now }) == 1;
        if (!moved)
        {
            return new Refusal.Conflict("share-link-hard-revoked", "The share link is hard revoked already.");
        }

        var versions = await tx.QueryAsync<Guid>("""
            insert into portal.mux_tasks (id, tenant_id, kind, asset_version_id, mux_asset_id, old_playback_id, next_attempt_at,
               created_at)
            select gen_random_uuid(), v.tenant_id, 'replace_playback_id', v.id, v.mux_asset_id, v.playback_id, @now, @now
              from portal.asset_versions v
             where v.tenant_id = @tenant and v.asset_id = @asset and v.playback_id is not null
               and (v.id in (select a.asset_version_id from portal.playback_audit a
                              where a.tenant_id = @tenant and a.share_link_id = @id and a.token_expires_at > @now)
                    or v.id = (select n.id from portal.asset_versions n
                                where n.tenant_id = @tenant and n.asset_id = @asset and n.status = 'ready'
                                   and (@version::uuid is null or n.id = @version)
                                order by n.number desc limit 1))
            on conflict (old_playback_id) do nothing
            returning asset_version_id
            """, new { tenant, id = link.Id, asset = link.AssetId, version = link.AssetVersionId, now });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("share_link_hard_revoked", "share_link", link.Id.Value,
            new { status = link.Status }, new { status = "revoked", assetId = link.AssetId.Value, assetVersionIds = versions },
            EventType.ShareLinkHardRevoked));
        return await ReadAsync(tx, tenant, link.Id);
    }

    /// <summary>active → expired for links past their end, of all tenants; how many. Event <c>share_link_expired</c>.</summary>
    public async Task<int> ExpireAsync(Tx tx, int limit)
    {
        var ended = await tx.QueryAsync<EndedLink>("""
            update portal.share_links l set status = 'expired', updated_at = @now
             where l.id = any (array(
                   select id from portal.share_links where status = 'active' and expires_at <= @now
                    order by expires_at limit @limit for update skip locked))
            returning l.tenant_id, l.id, l.asset_id, l.project_id, l.created_by
            """, new { now = clock.GetUtcNow(), limit });
        foreach (var link in ended)
        {
            await audit.WriteAsync(tx, link.TenantId, Actor.System("share-links"), new AuditEntry("share_link_expired", "share_link",
                link.Id.Value,
                new { status = "active" },
                new
                {
                    status = "expired",
                    assetId = link.AssetId.Value,
                    projectId = link.ProjectId.Value,
                    createdBy = link.CreatedBy.Value,
                }, EventType.ShareLinkExpired));
        }

        return ended.Count;
    }

    /// <summary>A link for audit and events: ids, states and numbers; not its label, and of its guests only how many.</summary>
    internal static object AuditSnapshot(ShareLink l, bool newPassphrase = false) => new
    {
        status = l.Status,
        projectId = l.ProjectId.Value,
        assetId = l.AssetId.Value,
        assetVersionId = l.AssetVersionId,
        expiresAt = l.ExpiresAt,
        allowComments = l.AllowComments,
        allowDownload = l.AllowDownload,
        requireSignIn = l.RequireSignIn,
        hasPassphrase = l.HasPassphrase,
        newPassphrase,
        maxOpens = l.MaxOpens,
        notify = l.Notify,
        guests = l.GuestEmails.Count,
    };

    private static Refusal Revoked { get; } = new Refusal.Conflict("share-link-revoked", "The share link is revoked.");

    private static Refusal WhyNot(ShareLink? now, int version, ShareLinkSettings to) => now switch
    {
        null => new Refusal.NotFound("share link"),
        { Status: "revoked" } => Revoked,
        _ when now.Version != version => new Refusal.Stale(now.Version),
        _ => new Refusal.Conflict("opened-more-often", $"It has been opened {now.Opens} times, and {to.MaxOpens} would be allowed."),
    };

    private async Task<ShareLink> ReadAsync(Tx tx, TenantId tenant, ShareLinkId id) => (await FindAsync(tx, tenant, id))!;

    private Task<ShareLink?> FindAsync(Tx tx, TenantId tenant, ShareLinkId id) => tx.QueryOneAsync<ShareLink>(
        $"select {ShareLinkStore.Columns} from portal.share_links l where l.tenant_id = @tenant and l.id = @id",
        new { tenant, id, now = clock.GetUtcNow() });

    private sealed record EndedLink(TenantId TenantId, ShareLinkId Id, AssetId AssetId, ProjectId ProjectId, UserId CreatedBy);
}
