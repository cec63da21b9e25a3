using System.Globalization;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;
using Portal.Projects;

namespace Portal.Sharing;

/// <summary>All SQL of comments. The team sees those of its projects, a Client those meant for the client of what is shared with them
/// (<c>portal.comment_readable</c>), a guest those of one link's version that are meant for it.</summary>
public sealed class CommentStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = """
        c.id, c.seq, c.root_seq, c.sort_frame, c.project_id, c.asset_id, c.asset_version_id, c.parent_id, c.share_link_id, c.author_id,
        c.viewer_id,
        case when c.deleted_at is null then coalesce(u.name, c.guest_name) end as author_name, u.role as author_role, c.visibility, c.body,
        c.frame, c.end_frame,
        c.rate_numerator, c.rate_denominator,
        array(select m.user_id from portal.comment_mentions m where m.tenant_id = c.tenant_id and m.comment_id = c.id
        order by m.user_id) as mentions,
        array(select n.name from portal.comment_mentions m join portal.users n on n.tenant_id = m.tenant_id and n.id = m.user_id
        where m.tenant_id = c.tenant_id and m.comment_id = c.id order by m.user_id) as mention_names,
        c.resolved_at, c.resolved_by,
        (select n.name from portal.users n where n.tenant_id = c.tenant_id and n.id = c.resolved_by) as resolved_by_name,
        c.version, c.created_at, c.updated_at, c.edited_at, c.deleted_at
        """;

    private const string From = """
        from portal.comments c
        left join portal.users u on u.tenant_id = c.tenant_id and u.id = c.author_id
        left join portal.comments r on r.tenant_id = c.tenant_id and r.id = c.parent_id
        where c.tenant_id = @tenant
        """;

    private const string Seen = $"""
        and exists (select 1 from portal.projects p where p.tenant_id = c.tenant_id and p.id = c.project_id and {ProjectStore.Visible})
        and (@role <> 'client' or portal.comment_readable(@tenant, @user, c.id, @now))
        """;

    /// <summary>
    /// What a guest of <c>@link</c> sees of comments <c>c</c> with their threads' first <c>r</c>: their world is one link. Threads of the
    /// team that are meant for the client, and what was written through this very link.
    /// </summary>
    public const string SeenByGuest = """
        and c.visibility = 'client' and (c.share_link_id is null or c.share_link_id = @link)
        and (r.id is null or r.share_link_id is null or r.share_link_id = @link)
        """;

    private const string Filter = """
        and c.asset_version_id = @version
        and (@resolved::boolean is null or (coalesce(r.resolved_at, c.resolved_at) is not null) = @resolved)
        and (@author::uuid is null or c.author_id = @author)
        """;

    private const string Listed = $"select {Columns} {From} {Seen} {Filter}";
    private const string ListedForGuest = $"select {Columns} {From} {SeenByGuest} {Filter}";

    // Of PositionOf: the frame, the thread, the comment.
    private const string Key = "split_part(@afterKey, ':', ";
    private const string Seq = $"{Key}3)::bigint";

    private static readonly Dictionary<CommentOrder, PageQuery> Orders = new()
    {
        [CommentOrder.Frame] = PageQuery.Ascending("c.sort_frame, c.root_seq, c.seq", $"{Key}1)::integer, {Key}2)::bigint, {Seq}"),
        [CommentOrder.Oldest] = PageQuery.Ascending("c.seq", Seq),
        [CommentOrder.Newest] = PageQuery.Descending("c.seq", Seq),
    };

    /// <summary>Where a comment stands in a list of that order.</summary>
    public static Position PositionOf(Comment c) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{c.SortFrame}:{c.RootSeq}:{c.Seq}"), c.Id.Value);

    /// <summary>Comments of a version for a member; one row more than the page holds.</summary>
    public Task<IReadOnlyList<Comment>> ListAsync(
        TenantId tenant, Caller caller, AssetVersionId version, CommentFilter filter, CommentOrder order, Page page,
        CancellationToken ct) =>
        db.ReadPageAsync<Comment>(tenant, Orders[order], Listed, page, Args(tenant, version, filter, caller), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, AssetVersionId version, CommentFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, Args(tenant, version, filter, caller), ct);

    /// <summary>Comments of a version for a guest of a link (<see cref="CommentFilter.Link"/>).</summary>
    public Task<IReadOnlyList<Comment>> ListForGuestAsync(
        TenantId tenant, AssetVersionId version, CommentFilter filter, CommentOrder order, Page page, CancellationToken ct) =>
        db.ReadPageAsync<Comment>(tenant, Orders[order], ListedForGuest, page, Args(tenant, version, filter, null), ct);

    public Task<long> CountForGuestAsync(TenantId tenant, AssetVersionId version, CommentFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, ListedForGuest, Args(tenant, version, filter, null), ct);

    public Task<Comment?> FindAsync(TenantId tenant, Caller caller, CommentId id, CancellationToken ct) =>
        db.ReadOneAsync<Comment>(
            tenant, $"select {Columns} {From} {Seen} and c.id = @id",
            new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User, role = caller.Role, now = clock.GetUtcNow() }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, CommentId, CancellationToken)"/>
    public Task<Comment?> FindAsync(Tx tx, TenantId tenant, Caller caller, CommentId id) =>
        tx.QueryOneAsync<Comment>(
            $"select {Columns} {From} {Seen} and c.id = @id",
            new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User, role = caller.Role, now = clock.GetUtcNow() });

    /// <summary>A comment that a guest of the link sees.</summary>
    public Task<Comment?> FindForGuestAsync(Tx tx, TenantId tenant, ShareLinkId link, AssetVersionId version, CommentId id) =>
        tx.QueryOneAsync<Comment>(
            $"select {Columns} {From} {SeenByGuest} and c.asset_version_id = @version and c.id = @id", new { tenant, id, link, version });

    /// <summary>How many of these people can read the comment.</summary>
    public Task<long> CountReadersAsync(Tx tx, TenantId tenant, CommentId id, IReadOnlyList<Guid> users) => tx.GetAsync<long>("""
        select count(*) from unnest(@users) u (id) where portal.comment_readable(@tenant, u.id, @id, @now)
        """, new { tenant, id, users = users.ToArray(), now = clock.GetUtcNow() });

    /// <summary>May somebody who sees the project read what is said about this version? A Client, when it is shared with them.</summary>
    public async Task<bool> IsOpenToAsync(TenantId tenant, Caller caller, AssetVersionId version, CancellationToken ct) =>
        caller.Role != Role.Client || await db.ReadOneAsync<bool>(tenant, """
            select exists (select 1 from portal.client_links(@tenant, @user, @now) l
                            where l.asset_version_id = @version and l.allow_comments)
            """, new { tenant, user = caller.User, version, now = clock.GetUtcNow() }, ct);

    /// <summary>Locks the first of a thread against being deleted and counts its replies; null when it is no first one, or
    /// deleted.</summary>
    public Task<long?> HoldThreadAsync(Tx tx, TenantId tenant, CommentId root) => tx.QueryOneAsync<long?>("""
        select (select count(*) from portal.comments r where r.tenant_id = @tenant and r.parent_id = @root)
          from portal.comments c where c.tenant_id = @tenant and c.id = @root and c.parent_id is null and c.deleted_at is null for update
        """, new { tenant, root });

    /// <summary>Writes it with its audit row and the event <c>comment_added</c>, which names people by id.</summary>
    public async Task<Comment> AddAsync(
        Tx tx, TenantId tenant, CommentAuthor author, CommentedVersion on, NewComment comment, Comment? thread, FrameRate? rate,
        string visibility)
    {
        var now = clock.GetUtcNow();
        var id = NewKey.At<CommentId>(now);
        await tx.ExecuteAsync("""
            insert into portal.comments (id, tenant_id, seq, root_seq, sort_frame, project_id, asset_id, asset_version_id, parent_id,
               share_link_id, author_id,
                   viewer_id, guest_name, visibility, body, frame, end_frame, rate_numerator, rate_denominator, created_at, updated_at)
            select @id, @tenant, n.seq, coalesce(@rootSeq, n.seq), @sortFrame, @Project, @Asset, @Version, @parent, @link, @user,
                   @viewer, @guestName, @visibility, @Body, @Frame, @EndFrame, @numerator, @denominator, @now, @now
              from (select nextval('portal.comment_seq') as seq) n
            """, new
        {
            id,
            tenant,
            rootSeq = thread?.RootSeq,
            sortFrame = thread?.SortFrame ?? comment.Frame ?? -1,
            on.Project,
            on.Asset,
            on.Version,
            parent = thread?.Id.Value,
            link = author.Link?.Value,
            user = author.User?.Value,
            viewer = author.Viewer,
            guestName = author.GuestName,
            visibility,
            comment.Body,
            comment.Frame,
            comment.EndFrame,
            numerator = rate?.Numerator,
            denominator = rate?.Denominator,
            now,
        });
        await MentionAsync(tx, tenant, id, comment.Mentions);
        await audit.WriteAsync(tx, tenant, author.Actor, new AuditEntry("comment_added", "comment", id.Value, null, new
        {
            commentId = id.Value,
            threadId = thread?.Id.Value ?? id.Value,
            projectId = on.Project.Value,
            assetId = on.Asset.Value,
            assetVersionId = on.Version.Value,
            authorId = author.User?.Value,
            viewerId = author.Viewer,
            shareLinkId = author.Link?.Value,
            visibility,
            mentions = comment.Mentions,
        }, EventType.CommentAdded));
        return await ReadAsync(tx, tenant, id);
    }

    /// <summary>New words, while it is at that version, not deleted, and young enough; null otherwise.</summary>
    public async Task<Comment?> EditAsync(
        Tx tx, TenantId tenant, CommentAuthor author, Comment comment, string body, IReadOnlyList<Guid> mentions)
    {
        var now = clock.GetUtcNow();
        if (await tx.ExecuteAsync("""
            update portal.comments set body = @body, edited_at = @now, updated_at = @now, version = version + 1
             where tenant_id = @tenant and id = @Id and version = @Version and deleted_at is null and created_at > @since
            """, new { tenant, comment.Id, comment.Version, body, now, since = now - Comment.EditWindow }) == 0)
        {
            return null;
        }

        await tx.ExecuteAsync("delete from portal.comment_mentions where tenant_id = @tenant and comment_id = @Id and user_id <> "
            + "all(@mentions)",
            new { tenant, comment.Id, mentions = mentions.ToArray() });
        await MentionAsync(tx, tenant, comment.Id, mentions);
        await audit.WriteAsync(tx, tenant, author.Actor, new AuditEntry("comment_edited", "comment", comment.Id.Value,
            new { version = comment.Version, mentions = comment.Mentions },
            new { version = comment.Version + 1, assetVersionId = comment.AssetVersionId.Value, mentions }));
        return await ReadAsync(tx, tenant, comment.Id);
    }

    /// <summary>Takes the words, the name and the mentions away; a tombstone keeps the thread together. False when it is not at that
    /// version any more.</summary>
    public async Task<bool> DeleteAsync(Tx tx, TenantId tenant, Actor actor, Comment comment, bool byAuthor)
    {
        var deletedBy = byAuthor ? "author" : "admin";
        if (await tx.ExecuteAsync("""
            update portal.comments set body = '', guest_name = null, deleted_at = @now, deleted_by = @deletedBy, updated_at = @now,
               version = version + 1
             where tenant_id = @tenant and id = @Id and version = @Version and deleted_at is null
            """, new { tenant, comment.Id, comment.Version, deletedBy, now = clock.GetUtcNow() }) == 0)
        {
            return false;
        }

        await tx.ExecuteAsync(
            "delete from portal.comment_mentions where tenant_id = @tenant and comment_id = @Id", new { tenant, comment.Id });
        await audit.WriteAsync(tx, tenant, actor, new AuditEntry("comment_deleted", "comment", comment.Id.Value,
            new { version = comment.Version },
            new { version = comment.Version + 1, assetVersionId = comment.AssetVersionId.Value, deletedBy }));
        return true;
    }

    /// <summary>open ⇄ resolved, of a thread that is not deleted; null when it is that already.</summary>
    public async Task<Comment?> ResolveAsync(Tx tx, TenantId tenant, Caller caller, Comment comment, bool resolved)
    {
        if (await tx.ExecuteAsync("""
            update portal.comments set resolved_at = case when @resolved then @now::timestamptz end, resolved_by = case when @resolved
               then @by::uuid end, updated_at = @now,
                   version = version + 1
             where tenant_id = @tenant and id = @Id and parent_id is null and deleted_at is null and (resolved_at is null) = @resolved
            """, new { tenant, comment.Id, resolved, by = caller.User.Value, now = clock.GetUtcNow() }) == 0)
        {
            return null;
        }

        var action = resolved ? "comment_resolved" : "comment_reopened";
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(action, "comment", comment.Id.Value,
            new { resolved = !resolved },
            new { resolved, assetVersionId = comment.AssetVersionId.Value, projectId = comment.ProjectId.Value }));
        return await ReadAsync(tx, tenant, comment.Id);
    }

    private static Task<Comment> ReadAsync(Tx tx, TenantId tenant, CommentId id) =>
        tx.GetAsync<Comment>($"select {Columns} {From} and c.id = @id", new { tenant, id });

    private static Task<int> MentionAsync(Tx tx, TenantId tenant, CommentId id, IReadOnlyList<Guid> users) => tx.ExecuteAsync("""
        insert into portal.comment_mentions (tenant_id, comment_id, user_id)
        select u.tenant_id, @id, u.id from portal.users u where u.tenant_id = @tenant and u.id = any(@users) on conflict do nothing
        """, new { tenant, id, users = users.ToArray() });

    private ListArgs Args(TenantId tenant, AssetVersionId version, CommentFilter filter, Caller? caller) => new(
        tenant, version, caller?.SeesAllProjects ?? false, caller?.User.Value, caller?.Role ?? "", clock.GetUtcNow(),
        filter.Link?.Value, filter.Resolved, filter.Author?.Value);

    private sealed record ListArgs(
        TenantId Tenant, AssetVersionId Version, bool SeesAll, Guid? User, string Role, DateTimeOffset Now, Guid? Link, bool? Resolved,
        Guid? Author);
}
