using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>A tenant and the clock it lives by.</summary>
public sealed record TenantClock(TenantId Id, string TimeZone, int DigestHour);

/// <summary>A task on somebody's list.</summary>
public sealed record DueTask(Guid Id, string Title, DateOnly DueOn, string ProjectName);

/// <summary>A task that moved since the last digest.</summary>
public sealed record MovedTask(Guid Id, string Title, string Status);

/// <summary>How often a link was opened since the last digest, for owners who want that notified daily.</summary>
public sealed record OpenedToday(Guid Id, string Title, long Opens);

/// <summary>What a digest says to one person.</summary>
public sealed record DigestContent(
    IReadOnlyList<DueTask> Overdue, IReadOnlyList<DueTask> DueToday, IReadOnlyList<MovedTask> Moved, IReadOnlyList<OpenedToday> Opened,
    long Unread)
{
    public bool IsEmpty => Overdue.Count + DueToday.Count + Moved.Count + Opened.Count == 0 && Unread == 0;
}

/// <summary>All SQL of digests.</summary>
public sealed class DigestStore(PortalDb db)
{
    /// <summary>Rows of one kind in a mail: who has more of them needs the portal, not a mail.</summary>
    private const int Longest = 20;

    private const string Due = $"""
        select t.id, t.title, t.due_on, p.name as project_name
          from portal.task_assignees a
          join portal.tasks t on t.tenant_id = a.tenant_id and t.id = a.task_id
          join portal.projects p on p.tenant_id = t.tenant_id and p.id = t.project_id
         where a.tenant_id = @tenant and a.user_id = @user and t.status <> 'done' and p.status = 'active'
        """;

    public Task<IReadOnlyList<TenantClock>> TenantsAsync(CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.QueryAsync<TenantClock>(
        "select t.id, t.time_zone, t.digest_hour from portal.tenants t where t.status = 'active' and t.id <> @platform",
        new { platform = TenantId.Platform }), ct);

    /// <summary>People of the tenant who want a digest and whose day is not settled.</summary>
    public Task<IReadOnlyList<UserId>> WaitingAsync(TenantId tenant, DateOnly day, CancellationToken ct) =>
        db.ReadAsync<UserId>(tenant, """
        select u.id from portal.users u
         where u.tenant_id = @tenant and u.status = 'active' and u.role <> 'compliance'
           and not exists (select 1 from portal.digests d where d.tenant_id = @tenant and d.user_id = u.id and d.day = @day)
           and coalesce((select n.email from portal.notification_preferences n
                          where n.tenant_id = @tenant and n.user_id = u.id and n.event_type = @type), true)
         order by u.id
        """, new { tenant, day, type = EventTypes.DigestSent }, ct);

    /// <summary>Settles that person's day. False: somebody has already.</summary>
    public async Task<bool> SettleAsync(Tx tx, TenantId tenant, UserId user, DateOnly day, DateTimeOffset now) => await tx.ExecuteAsync("""
        insert into portal.digests (tenant_id, user_id, day, settled_at) values (@tenant, @user, @day, @now) on conflict do nothing
        """, new { tenant, user, day, now }) == 1;

    /// <param name="since">The start of what is new: the day before, or the last digest.</param>
    public async Task<DigestContent> ReadAsync(
        TenantId tenant, UserId user, DateOnly day, DateTimeOffset since, DateTimeOffset now, CancellationToken ct)
    {
        var args = new { tenant, user, day, since, now, limit = Longest };
        return new(
            await db.ReadAsync<DueTask>(tenant, $"{Due} and t.due_on < @day order by t.due_on, t.id limit @limit", args, ct),
            await db.ReadAsync<DueTask>(tenant, $"{Due} and t.due_on = @day order by t.id limit @limit", args, ct),
            await db.ReadAsync<MovedTask>(tenant, """
                select t.id, t.title, t.status from portal.task_watchers w join portal.tasks t on t.tenant_id = w.tenant_id
                   and t.id = w.task_id
                 where w.tenant_id = @tenant and w.user_id = @user
                   and exists (select 1 from portal.events e
                                where e.tenant_id = @tenant and e.aggregate_id = t.id and e.type = 'task_status_changed'
                                  and e.occurred_at > @since and e.occurred_at <= @now and e.actor_id is distinct from @user)
                 order by t.updated_at desc, t.id limit @limit
                """, args, ct),
            await db.ReadAsync<OpenedToday>(tenant, """
                select l.id, a.title, count(*) as opens
                  from portal.share_links l
                  join portal.assets a on a.tenant_id = l.tenant_id and a.id = l.asset_id
                  join portal.share_viewers v on v.tenant_id = l.tenant_id and v.share_link_id = l.id
                 where l.tenant_id = @tenant and l.created_by = @user and l.notify = 'daily' and v.first_seen_at > @since
                    and v.first_seen_at <= @now
                 group by l.id, a.title order by opens desc, l.id limit @limit
                """, args, ct),
            await db.ReadOneAsync<long>(
                tenant, "select coalesce(max(c.unread), 0)::bigint from portal.unread_counts c where c.tenant_id = @tenant and c.user_id "
                    + "= @user", args, ct));
    }
}
