using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>A tenant and the clock it lives by.</summary>
public sealed record TenantClock(TenantId Id, string TimeZone, int DigestHour);

/// <summary>Somebody whose day is not settled, and the moment up to which the digest before told them everything.</summary>
public sealed record WaitingForDigest(UserId User, DateTimeOffset Since);

/// <summary>Of how many a row of a digest is one: more than are read.</summary>
public interface IDigestRow
{
    long Total { get; }
}

/// <summary>A task on somebody's list.</summary>
public sealed record DueTask(Guid Id, string Title, DateOnly DueOn, string ProjectName, long Total) : IDigestRow;

/// <summary>A task that moved since the last digest.</summary>
public sealed record MovedTask(Guid Id, string Title, string Status, long Total) : IDigestRow;

/// <summary>How often a link was opened since the last digest, for owners who want that notified daily.</summary>
public sealed record OpenedToday(Guid Id, string Title, long Opens, long Total) : IDigestRow;

/// <summary>The first of a kind, and how many there are.</summary>
public sealed record DigestPart<T>(IReadOnlyList<T> First)
    where T : IDigestRow
{
    public long Total => First.Count == 0 ? 0 : First[0].Total;

    /// <summary>How many are not among the first.</summary>
    public long More => Total - First.Count;
}

/// <summary>What a digest says to one person.</summary>
public sealed record DigestContent(
    DigestPart<DueTask> Overdue, DigestPart<DueTask> DueToday, DigestPart<MovedTask> Moved, DigestPart<OpenedToday> Opened, long Unread)
{
    public bool IsEmpty => Overdue.Total + DueToday.Total + Moved.Total + Opened.Total == 0 && Unread == 0;
}

/// <summary>All SQL of digests.</summary>
public sealed class DigestStore(PortalDb db)
{
    /// <summary>Rows of one kind in a mail: who has more of them needs the portal, not a mail.</summary>
    private const int Longest = 20;

    /// <summary>What a person may read now, whatever they were assigned, watched or shared before (docs/permissions.md: ReadTask,
    /// ReadShareLink): an Admin every project, Agency people those they are members of, nobody else any.</summary>
    private const string Readable = """
        p.status = 'active' and exists (
            select 1 from portal.users u
             where u.tenant_id = @tenant and u.id = @user and u.status = 'active'
               and (u.role = 'admin' or (u.role = 'agency' and exists (
                       select 1 from portal.project_members m
                        where m.tenant_id = @tenant and m.project_id = p.id and m.user_id = u.id))))
        """;

    private const string Due = $"""
        select t.id, t.title, t.due_on, p.name as project_name, count(*) over () as total
          from portal.task_assignees a
          join portal.tasks t on t.tenant_id = a.tenant_id and t.id = a.task_id
          join portal.projects p on p.tenant_id = t.tenant_id and p.id = t.project_id
         where a.tenant_id = @tenant and a.user_id = @user and t.status <> 'done' and {Readable}
        """;

    public Task<IReadOnlyList<TenantClock>> TenantsAsync(CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.QueryAsync<TenantClock>(
        "select t.id, t.time_zone, t.digest_hour from portal.tenants t where t.status = 'active' and t.id <> @platform",
        new { platform = TenantId.Platform }), ct);

    /// <summary>
    /// People of the tenant who want a digest and whose day is not settled, with where the digest before ended: a day of 25 hours and a
    /// run that is late leave nothing out. Who has had none for a week is told of the last day.
    /// </summary>
    public Task<IReadOnlyList<WaitingForDigest>> WaitingAsync(
        TenantId tenant, DateOnly day, DateTimeOffset now, CancellationToken ct) =>
        db.ReadAsync<WaitingForDigest>(tenant, """
        select u.id as "user",
               coalesce((select max(d.settled_at) from portal.digests d
                          where d.tenant_id = @tenant and d.user_id = u.id and d.day < @day and d.settled_at > @now - interval '7 days'),
                        @now - interval '1 day') as since
          from portal.users u
         where u.tenant_id = @tenant and u.status = 'active' and u.role <> 'compliance'
           and not exists (select 1 from portal.digests d where d.tenant_id = @tenant and d.user_id = u.id and d.day = @day)
           and coalesce((select n.email from portal.notification_preferences n
                          where n.tenant_id = @tenant and n.user_id = u.id and n.event_type = @type), true)
         order by u.id
        """, new { tenant, day, now, type = EventType.DigestSent.Name }, ct);

    /// <summary>Settles that person's day. False: somebody has already.</summary>
    public async Task<bool> SettleAsync(Tx tx, TenantId tenant, UserId user, DateOnly day, DateTimeOffset now) => await tx.ExecuteAsync("""
        insert into portal.digests (tenant_id, user_id, day, settled_at) values (@tenant, @user, @day, @now) on conflict do nothing
        """, new { tenant, user, day, now }) == 1;

    /// <param name="since">The start of what is new: where the digest before ended.</param>
    public async Task<DigestContent> ReadAsync(
        TenantId tenant, UserId user, DateOnly day, DateTimeOffset since, DateTimeOffset now, CancellationToken ct)
    {
        var args = new { tenant, user, day, since, now, limit = Longest };
        return new(
            new(await db.ReadAsync<DueTask>(tenant, $"{Due} and t.due_on < @day order by t.due_on, t.id limit @limit", args, ct)),
            new(await db.ReadAsync<DueTask>(tenant, $"{Due} and t.due_on = @day order by t.id limit @limit", args, ct)),
            new(await db.ReadAsync<MovedTask>(tenant, $"""
                select t.id, t.title, t.status, count(*) over () as total
                  from portal.task_watchers w
                  join portal.tasks t on t.tenant_id = w.tenant_id and t.id = w.task_id
                  join portal.projects p on p.tenant_id = t.tenant_id and p.id = t.project_id
                 where w.tenant_id = @tenant and w.user_id = @user and {Readable}
                   and exists (select 1 from portal.events e
                                where e.tenant_id = @tenant and e.aggregate_id = t.id and e.type = 'task_status_changed'
                                  and e.occurred_at > @since and e.occurred_at <= @now and e.actor_id is distinct from @user)
                 order by t.updated_at desc, t.id limit @limit
                """, args, ct)),
            new(await db.ReadAsync<OpenedToday>(tenant, $"""
                select l.id, a.title, count(*) as opens, count(*) over () as total
                  from portal.share_links l
                  join portal.assets a on a.tenant_id = l.tenant_id and a.id = l.asset_id
                  join portal.projects p on p.tenant_id = a.tenant_id and p.id = a.project_id
                  join portal.share_viewers v on v.tenant_id = l.tenant_id and v.share_link_id = l.id
                 where l.tenant_id = @tenant and l.created_by = @user and l.notify = 'daily' and v.first_seen_at > @since
                   and v.first_seen_at <= @now and {Readable}
                 group by l.id, a.title order by opens desc, l.id limit @limit
                """, args, ct)),
            await db.ReadOneAsync<long>(tenant, """
                select coalesce(max(c.unread), 0)::bigint from portal.unread_counts c where c.tenant_id = @tenant and c.user_id = @user
                """, args, ct));
    }
}
