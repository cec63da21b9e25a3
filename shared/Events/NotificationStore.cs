using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Events;

/// <summary>Something a person is notified of in the portal: a type and ids, no words.</summary>
public sealed record Notification(
    NotificationId Id, string Type, string SubjectType, Guid SubjectId, Guid? ProjectId, DateTimeOffset? ReadAt, DateTimeOffset CreatedAt);

/// <summary>
/// All SQL of notifications, as their recipient sees them: every statement names the caller, so that nobody reads or marks another's.
/// Marks are no acts of the audit log: they say nothing about anything but the reader's own list (docs/decisions/0022).
/// </summary>
public sealed class NotificationStore(PortalDb db, TimeProvider clock)
{
    /// <summary>Counting stops here: "1000 or more" says as much.</summary>
    public const int CountLimit = 1000;

    private const string Columns = "n.id, n.type, n.subject_type, n.subject_id, n.project_id, n.read_at, n.created_at";
    private const string Own = $"select {Columns} from portal.notifications n where n.tenant_id = @tenant and n.user_id = @user";

    private const string Rest = """
           and (@type::text is null or n.type = @type)
           and (@afterAt::timestamptz is null or (n.created_at, n.id) < (@afterAt, @afterId))
         order by n.created_at desc, n.id desc limit @take
        """;

    /// <summary>Newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<Notification>> ListAsync(
        TenantId tenant, Caller caller, bool? unread, string? type, Page page, CancellationToken ct)
    {
        var args = new { tenant, user = caller.User, type, afterAt = page.After?.At, afterId = page.After?.Id, take = page.Take };
        return unread switch
        {
            true => db.ReadAsync<Notification>(tenant, $"{Own} and n.read_at is null {Rest}", args, ct),
            false => db.ReadAsync<Notification>(tenant, $"{Own} and n.read_at is not null {Rest}", args, ct),
            null => db.ReadAsync<Notification>(tenant, $"{Own} {Rest}", args, ct),
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
            $"select {Columns} from portal.notifications n where n.tenant_id = @tenant and n.user_id = @user and n.id = @id",
            new { tenant, user = caller.User, id });
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
