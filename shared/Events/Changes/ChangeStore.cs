using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Sharing;

namespace Portal.Events.Changes;

/// <summary>An event that its reader may see, and its place.</summary>
public sealed record VisibleChange(PortalEvent Event, ChangePosition At);

/// <summary>What is behind a place, in order.</summary>
/// <param name="Next">Where reading goes on: behind these, and behind what its reader may not see.</param>
/// <param name="More">There may be more, to be read at once.</param>
/// <param name="Role">The reader's role now; null: they are no active member of an active tenant any more. Guests have none.</param>
public sealed record ChangePage(IReadOnlyList<VisibleChange> Changes, ChangePosition Next, bool More, string? Role);

/// <summary>Tenants with something new to tell, and the horizon up to which that was asked.</summary>
public sealed record ChangedTenants(long Horizon, Guid[] TenantIds);

/// <summary>
/// All SQL of live changes. One statement is one snapshot: the horizon, what lies below it and who may see it belong together. Who may see
/// it is asked of today's rows, as for notifications, so that a change is not told to somebody who has been put out meanwhile.
/// </summary>
public sealed class ChangeStore(PortalDb db, TimeProvider clock)
{
    /// <summary>How many events one statement looks at, seen or not.</summary>
    public const int Most = 200;

    private const string Horizon = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset()";

    private const string Next = """
        select e.* from portal.events e
         where e.tenant_id = @tenant and (e.safe_from, e.seq) > (@safeFrom, @seq) and e.safe_from <= r.horizon
         order by e.safe_from, e.seq limit @most
        """;

    private const string Columns = """
        e.safe_from, e.seq, v.visible, e.event_id, e.aggregate_type, e.aggregate_id, e.type,
        case when v.visible then e.payload::text end as payload, e.actor_id, e.occurred_at
        """;

    // Where the payload names no project, its asset does.
    private const string Project = """
        case when e.aggregate_type = 'project' then e.aggregate_id
             else coalesce((e.payload ->> 'projectId')::uuid, (select a.project_id from portal.assets a
                            where a.tenant_id = e.tenant_id and a.id = (e.payload ->> 'assetId')::uuid)) end
        """;

    private const string ForMember = $"""
        with r as (
            select {Horizon} as horizon, (
                   select u.role from portal.users u join portal.tenants t on t.id = u.tenant_id and t.status = 'active'
                    where u.tenant_id = @tenant and u.id = @user and u.status = 'active') as role)
        select r.role, r.horizon, {Columns}
          from r left join lateral ({Next}) e on true
          left join lateral (
               select case e.type when @added then jsonb_exists(e.payload -> 'userIds', @user::uuid::text)
                                  when @marked then e.aggregate_id = @user
                                  else e.type = any(@types) and portal.subject_readable(
                                       @tenant, @user, e.aggregate_type, e.aggregate_id, {Project}, @now) end as visible) v on true
         order by e.safe_from, e.seq
        """;

    // The comments that a guest of this link reads in this version, and the link's own end.
    private const string ForGuest = $"""
        with r as (select {Horizon} as horizon)
        select null::text as role, r.horizon, {Columns}
          from r left join lateral ({Next}) e on true
          left join lateral (
               select case when e.type = any(@types) then e.aggregate_id = @link
                           else e.type = @commented and @comments and exists (
                               select 1 from portal.comments c
                                 left join portal.comments r on r.tenant_id = c.tenant_id and r.id = c.parent_id
                                where c.tenant_id = @tenant and c.id = e.aggregate_id and c.asset_version_id = @version
                                  {CommentStore.SeenByGuest}) end as visible) v on true
         order by e.safe_from, e.seq
        """;

    /// <summary>The place behind all that can be told now.</summary>
    public async Task<ChangePosition> EndAsync(TenantId tenant, CancellationToken ct) =>
        ChangePosition.Behind(await db.ReadOneAsync<long>(tenant, $"select {Horizon}", new { tenant }, ct));

    /// <summary>For a member: events of these types about what they may read, and the marks of their own notifications.</summary>
    public async Task<ChangePage> ReadAsync(
        TenantId tenant, UserId user, IReadOnlyList<string> types, ChangePosition after, CancellationToken ct) =>
        Page(tenant, await db.ReadAsync<Row>(tenant, ForMember, new
        {
            tenant,
            user,
            types = types.ToArray(),
            added = EventType.NotificationsAdded.Name,
            marked = EventType.NotificationsMarked.Name,
            safeFrom = after.SafeFrom,
            seq = after.Seq,
            most = Most,
            now = clock.GetUtcNow(),
        }, ct));

    /// <summary>For a guest of a link: comments of the version that it plays, where it allows any, and events of the link of these
    /// types.</summary>
    public async Task<ChangePage> ReadAsync(
        TenantId tenant, ShareLinkId link, AssetVersionId version, bool comments, IReadOnlyList<string> types, ChangePosition after,
        CancellationToken ct) =>
        Page(tenant, await db.ReadAsync<Row>(tenant, ForGuest, new
        {
            tenant,
            link,
            version,
            comments,
            types = types.ToArray(),
            commented = EventType.CommentAdded.Name,
            safeFrom = after.SafeFrom,
            seq = after.Seq,
            most = Most,
        }, ct));

    /// <summary>Which of these tenants have changes that could not be told at the given horizon.</summary>
    public Task<ChangedTenants> ChangedAsync(IReadOnlyList<TenantId> tenants, long after, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.GetAsync<ChangedTenants>(
            "select horizon, tenant_ids from portal.tenants_with_changes(@tenants, @after)",
            new { tenants = tenants.Select(t => t.Value).ToArray(), after }), ct);

    private static ChangePage Page(TenantId tenant, IReadOnlyList<Row> rows)
    {
        var found = rows.Where(row => row.Seq is not null).ToList();
        var more = found.Count == Most;
        return new(
            [.. found.Where(row => row.Visible is true).Select(row => row.Change(tenant))],
            more ? found[^1].At : ChangePosition.Behind(rows[0].Horizon), more, rows[0].Role);
    }

    /// <summary>Of an event that its reader may not see there is only its place; of no event at all, the horizon.</summary>
    private sealed record Row(
        string? Role, long Horizon, long? SafeFrom, long? Seq, bool? Visible, Guid? EventId, string? AggregateType, Guid? AggregateId,
        string? Type, string? Payload, Guid? ActorId, DateTimeOffset? OccurredAt)
    {
        public ChangePosition At => new(SafeFrom!.Value, Seq!.Value);

        public VisibleChange Change(TenantId tenant) => new(
            new(Seq!.Value, EventId!.Value, tenant, AggregateType!, AggregateId!.Value, Type!, Payload!, ActorId, OccurredAt!.Value), At);
    }
}
