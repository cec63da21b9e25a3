using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Events;

/// <summary>Something a person is notified of in the portal. Its row holds a type and ids; words and names are read with it, so that
/// they are today's, and gone when a person is erased.</summary>
/// <param name="Title">What the subject is called; null: it is gone, or its recipient may not read it any more.</param>
/// <param name="ActorName">Whose doing it was; null: nobody's that is known by name.</param>
/// <param name="Detail">The new status or role.</param>
/// <param name="Mentioned">The recipient is called by name in it.</param>
/// <param name="Readable">The recipient may read the subject now.</param>
public sealed record Notification(
    NotificationId Id, string Type, string SubjectType, Guid SubjectId, Guid? ProjectId, DateTimeOffset? ReadAt, DateTimeOffset CreatedAt,
    string? Title, Guid? ActorId, string? ActorName, string? Detail, bool Mentioned, bool Readable);

/// <summary>
/// All SQL of notifications, as their recipient sees them: every statement names the caller, so that nobody reads or marks another's.
/// Marks are no acts of the audit log: they say nothing about anything but the reader's own list (docs/decisions/0022).
/// </summary>
public sealed class NotificationStore(PortalDb db, TimeProvider clock)
{
    /// <summary>Counting stops here: "1000 or more" says as much.</summary>
    public const int CountLimit = 1000;

    private const string Columns = "n.id, n.type, n.subject_type, n.subject_id, n.project_id, n.read_at, n.created_at";

    // The page first, then the words of its rows.
    private const string Own = $"""
        select {Columns}, case when w.readable then s.title end as title, case when w.readable then e.actor_id end as actor_id,
               case when w.readable then coalesce(a.name, s.guest_name) end as actor_name,
               coalesce(e.payload ->> 'status', e.payload ->> 'role', e.payload ->> 'percent') as detail,
               coalesce(jsonb_exists(e.payload -> 'mentions', n.user_id::text), false) as mentioned, w.readable
          from (select * from portal.notifications n where n.tenant_id = @tenant and n.user_id = @user
        """;

    private const string OfType = "and (@type::text is null or n.type = @type)";

    private const string Words = """
               ) n
          left join portal.events e on e.tenant_id = n.tenant_id and e.event_id = n.event_id
          left join portal.users a on a.tenant_id = n.tenant_id and a.id = e.actor_id
         cross join lateral (select portal.subject_readable(
               n.tenant_id, n.user_id, n.subject_type, n.subject_id, n.project_id, @now) as readable) w
          left join lateral (
               select t.title, null::text as guest_name from portal.tasks t
                where n.subject_type = 'task' and t.tenant_id = n.tenant_id and t.id = n.subject_id
                union all
               select x.title, null from portal.assets x
                where n.subject_type = 'asset' and x.tenant_id = n.tenant_id and x.id = n.subject_id
                union all
               select p.name, null from portal.projects p
                where n.subject_type = 'project' and p.tenant_id = n.tenant_id and p.id = n.subject_id
                union all
               select x.title, null from portal.share_links l join portal.assets x on x.tenant_id = l.tenant_id and x.id = l.asset_id
                where n.subject_type = 'share_link' and l.tenant_id = n.tenant_id and l.id = n.subject_id
                union all
               select x.title, c.guest_name from portal.comments c join portal.assets x on x.tenant_id = c.tenant_id and x.id = c.asset_id
                where n.subject_type = 'comment' and c.tenant_id = n.tenant_id and c.id = n.subject_id
                union all
               select i.email, null from portal.invites i
                where n.subject_type = 'invite' and i.tenant_id = n.tenant_id and i.id = n.subject_id
                union all
               select substring(w.url from '^[a-z]+://([^/?]+)'), null from portal.webhook_endpoints w
                where n.subject_type = 'webhook_endpoint' and w.tenant_id = n.tenant_id and w.id = n.subject_id
                union all
               select i.subject, null from portal.read_incident_notice(n.subject_id) i where n.subject_type = 'incident_notice'
                union all
               select u.name, null from portal.users u
                where n.subject_type = 'user' and u.tenant_id = n.tenant_id and u.id = n.subject_id) s on true
        """;

    private const string Counted = $"select 1 from portal.notifications n where n.tenant_id = @tenant and n.user_id = @user {OfType}";

    private static readonly PageQuery ByAge = PageQuery.Descending("n.created_at, n.id");

    /// <summary>Newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<Notification>> ListAsync(
        TenantId tenant, Caller caller, bool? unread, string? type, Page page, CancellationToken ct)
    {
        var args = PageQuery.Arguments(new { tenant, user = caller.User, type, now = clock.GetUtcNow() }, page);
        var rows = unread switch
        {
            true => ByAge.Of($"{Own} and n.read_at is null {OfType}", page),
            false => ByAge.Of($"{Own} and n.read_at is not null {OfType}", page),
            null => ByAge.Of($"{Own} {OfType}", page),
        };
        return db.ReadAsync<Notification>(tenant, string.Join('\n', rows, Words, ByAge.Order(page)), args, ct);
    }

    public Task<long> CountAsync(TenantId tenant, Caller caller, bool? unread, string? type, CancellationToken ct)
    {
        var args = new { tenant, user = caller.User, type };
        return unread switch
        {
            true => db.CountAsync(tenant, $"{Counted} and n.read_at is null", args, ct),
            false => db.CountAsync(tenant, $"{Counted} and n.read_at is not null", args, ct),
            null => db.CountAsync(tenant, Counted, args, ct),
        };
    }

    /// <summary>How many are unread, up to <see cref="CountLimit"/>.</summary>
    public async Task<int> CountUnreadAsync(TenantId tenant, Caller caller, CancellationToken ct) =>
        (int)await db.ReadOneAsync<long>(tenant, """
            select count(*) from (select 1 from portal.notifications n
                                   where n.tenant_id = @tenant and n.user_id = @user and n.read_at is null limit @most) as unread
            """, new { tenant, user = caller.User, most = CountLimit }, ct);

    /// <summary>Marks one read or unread, which it may be already; null when it is not the caller's.</summary>
    public async Task<Notification?> MarkAsync(Tx tx, TenantId tenant, Caller caller, NotificationId id, bool read)
    {
        var moved = await tx.ExecuteAsync("""
            update portal.notifications n set read_at = case when @read then @now end
             where n.tenant_id = @tenant and n.user_id = @user and n.id = @id and (n.read_at is null) = @read
            """, new { tenant, user = caller.User, id, read, now = clock.GetUtcNow() });
        await RecordAsync(tx, tenant, caller, read ? -moved : moved);
        return await tx.QueryOneAsync<Notification>(
            $"{Own} and n.id = @id {Words}", new { tenant, user = caller.User, id, now = clock.GetUtcNow() });
    }

    /// <summary>Marks all that are unread; says how many.</summary>
    public async Task<int> MarkAllReadAsync(Tx tx, TenantId tenant, Caller caller)
    {
        var moved = await tx.ExecuteAsync("""
            update portal.notifications set read_at = @now where tenant_id = @tenant and user_id = @user and read_at is null
            """, new { tenant, user = caller.User, now = clock.GetUtcNow() });
        await RecordAsync(tx, tenant, caller, -moved);
        return moved;
    }

    /// <summary>By how much the unread count moved, as an event: the count can be made again from events alone.</summary>
    private Task RecordAsync(Tx tx, TenantId tenant, Caller caller, int unread) => unread == 0 ? Task.CompletedTask : tx.ExecuteAsync("""
        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, actor_id, occurred_at)
        values (@id, @tenant, 'user', @user, @type, jsonb_build_object('unread', @unread), @user, @now)
        """, new
    {
        id = Guid.CreateVersion7(clock.GetUtcNow()),
        tenant,
        user = caller.User,
        type = EventType.NotificationsMarked.Name,
        unread,
        now = clock.GetUtcNow(),
    });
}
