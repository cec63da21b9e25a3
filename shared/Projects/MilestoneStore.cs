using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Projects;

/// <summary>Which milestones a list shows; null: any.</summary>
public sealed record MilestoneFilter(ProjectId? Project = null, IReadOnlyList<string>? Statuses = null, DateOnly? DueBefore = null);

/// <summary>All SQL of milestones. Who may see the project may see its milestones.</summary>
public sealed class MilestoneStore(PortalDb db, ProjectStore projects, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = """
        s.id, s.project_id, s.application_id, s.name, s.description, s.status, s.starts_on, s.due_on, s.created_by,
        (select u.name from portal.users u where u.tenant_id = s.tenant_id and u.id = s.created_by) as created_by_name,
        s.version, s.created_at, s.updated_at,
        (select count(*) from portal.tasks c where c.tenant_id = s.tenant_id and c.milestone_id = s.id) as tasks,
        (select count(*) from portal.tasks c where c.tenant_id = s.tenant_id and c.milestone_id = s.id
        and c.status <> 'done') as open_tasks
        """;

    private const string Seen = $"s.tenant_id = @tenant and (@seesAll or s.project_id = any({ProjectStore.Mine}))";

    private const string Listed = $"""
        select {Columns} from portal.milestones s
         where {Seen}
           and (@project::uuid is null or s.project_id = @project)
           and (@statuses::text[] is null or s.status = any(@statuses))
           and (@dueBefore::date is null or s.due_key < @dueBefore)
        """;

    private static readonly PageQuery ByDue = PageQuery.Ascending("s.due_key, s.id", "@afterKey::date, @afterId");

    public Task<Milestone?> FindAsync(TenantId tenant, Caller caller, MilestoneId id, CancellationToken ct) =>
        db.ReadOneAsync<Milestone>(tenant, $"select {Columns} from portal.milestones s where {Seen} and s.id = @id",
            new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, id }, ct);

    /// <summary>By due date, those without one last.</summary>
    public Task<IReadOnlyList<Milestone>> ListAsync(
        TenantId tenant, Caller caller, MilestoneFilter filter, Page page, CancellationToken ct) =>
        db.ReadPageAsync<Milestone>(tenant, ByDue, Listed, page, Args(tenant, caller, filter), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, MilestoneFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, Args(tenant, caller, filter), ct);

    /// <summary>Where a row stands in the list.</summary>
    public static Position PositionOf(Milestone milestone) => Position.Of(milestone.DueOn, milestone.Id.Value);

    public async Task<Result<Milestone>> CreateAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId project, MilestoneFields fields)
    {
        switch (await projects.ShareAsync(tx, tenant, caller, project))
        {
            case null:
                return new Refusal.NotFound("project");
            case ProjectStatus.Archived:
                return new Refusal.Archived();
        }

        var now = clock.GetUtcNow();
        var milestone = await tx.GetAsync<Milestone>($"""
            insert into portal.milestones as s (id, tenant_id, project_id, name, description, starts_on, due_on, created_by, created_at,
               updated_at)
            values (@id, @tenant, @project, @Name, @Description, @StartsOn, @DueOn, @by, @now, @now)
            returning {Columns}
            """,
            new
            {
                id = NewKey.At<MilestoneId>(now),
                tenant,
                project,
                fields.Name,
                fields.Description,
                fields.StartsOn,
                fields.DueOn,
                by = caller.User,
                now,
            });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("milestone_created", "milestone", milestone.Id.Value,
            null, Audited(milestone)));
        return milestone;
    }

    /// <summary>New fields, from what they are now; a wrong order of the dates is refused.</summary>
    public async Task<Result<Milestone>> UpdateAsync(
        Tx tx, TenantId tenant, Caller caller, MilestoneId id, int version, Func<Milestone, MilestoneFields> edit)
    {
        if ((await LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var milestone))
        {
            return refusal;
        }

        var fields = edit(milestone);
        if (milestone.Version != version)
        {
            return new Refusal.Stale(milestone.Version);
        }

        if (fields.StartsOn > fields.DueOn)
        {
            return new Refusal.InvalidField("dueDate", "order", "dueDate must not be before startDate.");
        }

        if (fields == new MilestoneFields(milestone.Name, milestone.Description, milestone.StartsOn, milestone.DueOn))
        {
            return milestone;
        }

        var updated = await tx.GetAsync<Milestone>($"""
            update portal.milestones s set name = @Name, description = @Description, starts_on = @StartsOn, due_on = @DueOn,
                   version = s.version + 1, updated_at = @now
             where s.tenant_id = @tenant and s.id = @id and s.version = @version
            returning {Columns}
            """, new { tenant, id, version, fields.Name, fields.Description, fields.StartsOn, fields.DueOn, now = clock.GetUtcNow() });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("milestone_updated", "milestone", id.Value,
            Audited(milestone), Audited(updated, milestone.Name != updated.Name || milestone.Description != updated.Description)));
        return updated;
    }

    /// <summary>A move of <see cref="MilestoneStatus.Before"/>; any other is refused and changes nothing.</summary>
    public async Task<Result<Milestone>> MoveAsync(Tx tx, TenantId tenant, Caller caller, MilestoneId id, string to)
    {
        if ((await LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var milestone))
        {
            return refusal;
        }

        var moved = await tx.QueryOneAsync<Milestone>($"""
            update portal.milestones s set status = @to, version = s.version + 1, updated_at = @now
             where s.tenant_id = @tenant and s.id = @id and s.status = any(@from)
            returning {Columns}
            """, new { tenant, id, to, from = MilestoneStatus.Before(to).ToArray(), now = clock.GetUtcNow() });
        if (moved is null)
        {
            return new Refusal.IllegalMove("milestone", milestone.Status, to);
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("milestone_status_changed", "milestone", id.Value,
            new { status = milestone.Status }, new { status = to, previous = milestone.Status, projectId = moved.ProjectId.Value },
            EventType.MilestoneStatusChanged));
        return moved;
    }

    /// <summary>Only while no task belongs to it; nobody can add one meanwhile, since that shares the project's row.</summary>
    public async Task<Refusal?> DeleteAsync(Tx tx, TenantId tenant, Caller caller, MilestoneId id, int version)
    {
        if ((await LockAsync(tx, tenant, caller, id, alone: true)).IsRefused(out var refusal, out var milestone))
        {
            return refusal;
        }

        if (milestone.Version != version)
        {
            return new Refusal.Stale(milestone.Version);
        }

        var deleted = await tx.ExecuteAsync("""
            delete from portal.milestones s
             where s.tenant_id = @tenant and s.id = @id and s.version = @version
               and not exists (select 1 from portal.tasks t where t.tenant_id = s.tenant_id and t.milestone_id = s.id)
            """, new { tenant, id, version });
        if (deleted == 0)
        {
            return new Refusal.Conflict(
                "milestone-has-tasks", $"The milestone is {milestone.Status} and has {milestone.Tasks} tasks. Move or delete them first.");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("milestone_deleted", "milestone", id.Value,
            Audited(milestone), null));
        return null;
    }

    /// <summary>Project first, then the milestone: the order in which everybody locks.</summary>
    private async Task<Result<Milestone>> LockAsync(
        Tx tx, TenantId tenant, Caller caller, MilestoneId id, bool alone = false)
    {
        var project = await tx.QueryOneAsync<Guid?>($"select s.project_id from portal.milestones s where {Seen} and s.id = @id",
            new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, id });
        if (project is not { } known)
        {
            return new Refusal.NotFound("milestone");
        }

        var status = alone
            ? (await projects.LockAsync(tx, tenant, caller, new ProjectId(known)))?.Status
            : await projects.ShareAsync(tx, tenant, caller, new ProjectId(known));
        if (status == ProjectStatus.Archived)
        {
            return new Refusal.Archived();
        }

        var milestone = await tx.QueryOneAsync<Milestone>($"select {Columns} from portal.milestones s where {Seen} and s.id = @id for no "
            + "key update of s",
            new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, id });
        return milestone is null ? new Refusal.NotFound("milestone") : milestone;
    }

    private static ListArgs Args(TenantId tenant, Caller caller, MilestoneFilter filter) => new(
        tenant, caller.SeesAllProjects, caller.User, filter.Project?.Value, filter.Statuses?.ToArray(), filter.DueBefore);

    /// <summary>Names are what people typed: of those only that they changed.</summary>
    private static object Audited(Milestone m, bool? wordsChanged = null) =>
        new { status = m.Status, projectId = m.ProjectId.Value, startDate = m.StartsOn, dueDate = m.DueOn, wordsChanged };

    private sealed record ListArgs(
        TenantId Tenant, bool SeesAll, UserId User, Guid? Project, string[]? Statuses, DateOnly? DueBefore);
}
