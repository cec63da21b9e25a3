using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Projects;

/// <summary>SQL of one task: reading, locking, writing. Its moves, people, dependencies and lists have files of their own.</summary>
public sealed class TaskStore(PortalDb db, ProjectStore projects, AuditWriter audit, TimeProvider clock)
{
    internal const string Columns = """
        t.id, t.project_id, t.milestone_id, t.title, t.description, t.status, t.priority, t.due_on, t.done_at, t.created_by,
        (select u.name from portal.users u where u.tenant_id = t.tenant_id and u.id = t.created_by) as created_by_name,
        t.version, t.created_at, t.updated_at,
        array(select a.user_id from portal.task_assignees a where a.tenant_id = t.tenant_id and a.task_id = t.id
        order by a.user_id) as assignee_ids,
        array(select u.name from portal.task_assignees a join portal.users u on u.tenant_id = a.tenant_id and u.id = a.user_id
        where a.tenant_id = t.tenant_id and a.task_id = t.id order by a.user_id) as assignee_names,
        array(select w.user_id from portal.task_watchers w where w.tenant_id = t.tenant_id and w.task_id = t.id
        order by w.user_id) as watcher_ids,
        array(select u.name from portal.task_watchers w join portal.users u on u.tenant_id = w.tenant_id and u.id = w.user_id
        where w.tenant_id = t.tenant_id and w.task_id = t.id order by w.user_id) as watcher_names,
        array(select d.depends_on from portal.task_dependencies d where d.tenant_id = t.tenant_id and d.task_id = t.id
        order by d.depends_on) as depends_on,
        t.title_key
        """;

    /// <summary>Tasks <c>t</c> that the caller may see.</summary>
    internal const string Seen = $"t.tenant_id = @tenant and (@seesAll or t.project_id = any({ProjectStore.Mine}))";

    /// <summary>How many of <c>@people</c> can work on tasks of <c>@project</c>: those who may read them and see the project.</summary>
    internal const string Eligible = """
        select u.id from portal.users u
         where u.tenant_id = @tenant and u.id = any(@people) and u.status = 'active'
           and (u.role = 'admin' or (u.role = 'agency' and exists (
               select 1 from portal.project_members m where m.tenant_id = @tenant and m.project_id = @project and m.user_id = u.id)))
        """;

    // The project's row is locked before the task's: the materialized part is read whole before the outer lock takes a row.
    private const string OfProject = $"""
        portal.projects p where p.tenant_id = @tenant and p.status <> 'archived'
           and p.id = (select t.project_id from portal.tasks t where {Seen} and t.id = @id)
        """;

    private const string LockedTask = $"""
        select {Columns} from portal.tasks t join held on held.id = t.project_id where t.tenant_id = @tenant
           and t.id = @id for no key update of t
        """;

    public Task<TaskItem?> FindAsync(TenantId tenant, Caller caller, TaskId id, CancellationToken ct) =>
        db.ReadOneAsync<TaskItem>(tenant, $"select {Columns} from portal.tasks t where {Seen} and t.id = @id",
            new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, id }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, TaskId, CancellationToken)"/>
    public Task<TaskItem?> FindAsync(Tx tx, TenantId tenant, Caller caller, TaskId id) =>
        tx.QueryOneAsync<TaskItem>($"select {Columns} from portal.tasks t where {Seen} and t.id = @id",
            new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, id });

    /// <summary>
    /// The task, its row and a share of its project's until the transaction ends: nobody archives the project meanwhile, others change
    /// its other tasks.
    /// </summary>
    /// <param name="alone">Nobody else may change anything in the project (dependencies look at all its tasks).</param>
    public async Task<Result<TaskItem>> LockAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, bool alone = false)
    {
        var args = new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, id };
        var task = alone
            ? await tx.QueryOneAsync<TaskItem>(
                $"with held as materialized (select p.id from {OfProject} for no key update of p) {LockedTask}", args)
            : await tx.QueryOneAsync<TaskItem>(
                $"with held as materialized (select p.id from {OfProject} for share of p) {LockedTask}", args);
        if (task is not null)
        {
            return task;
        }

        return await FindAsync(tx, tenant, caller, id) is null ? new Refusal.NotFound("task") : new Refusal.Archived();
    }

    public async Task<Result<TaskItem>> CreateAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId project, TaskFields fields, IReadOnlyList<Guid> watchers)
    {
        switch (await projects.ShareAsync(tx, tenant, caller, project))
        {
            case null:
                return new Refusal.NotFound("project");
            case ProjectStatus.Archived:
                return new Refusal.Archived();
        }

        if (await WrongAsync(tx, tenant, project, fields.MilestoneId, fields.AssigneeIds, watchers) is { } wrong)
        {
            return wrong;
        }

        return await InsertAsync(tx, tenant, caller, project, fields, watchers, null);
    }

    /// <summary>A pending copy in the same project: words, priority, due date, milestone, what it depends on, and who still can work on
    /// it.</summary>
    public async Task<Result<TaskItem>> DuplicateAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, string? title)
    {
        if ((await LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        var people = await tx.QueryAsync<Guid>(Eligible, new { tenant, project = task.ProjectId, people = task.AssigneeIds });
        var fields = new TaskFields(title ?? task.Title, task.Description, task.Priority, task.DueOn, task.MilestoneId, people);
        return await InsertAsync(tx, tenant, caller, task.ProjectId, fields, [], task);
    }

    public async Task<Result<TaskItem>> UpdateAsync(
        Tx tx, TenantId tenant, Caller caller, TaskId id, int version, Func<TaskItem, TaskFields> edit)
    {
        if ((await LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        if (task.Version != version)
        {
            return new Refusal.Stale(task.Version);
        }

        var fields = edit(task);
        var peopleChange = fields.AssigneeIds is { } wanted && !wanted.Order().SequenceEqual(task.AssigneeIds.Order());
        if (!peopleChange
            && fields with { AssigneeIds = null } == new TaskFields(
                task.Title, task.Description, task.Priority, task.DueOn, task.MilestoneId, null))
        {
            return task;
        }

        var milestone = fields.MilestoneId == task.MilestoneId ? null : fields.MilestoneId;
        if (await WrongAsync(tx, tenant, task.ProjectId, milestone, peopleChange ? fields.AssigneeIds : null, []) is { } wrong)
        {
            return wrong;
        }

        if (peopleChange)
        {
            await ReplaceAssigneesAsync(tx, tenant, task, fields.AssigneeIds!);
        }

        var updated = await tx.GetAsync<TaskItem>($"""
            update portal.tasks t set title = @Title, description = @Description, priority = @Priority, due_on = @DueOn,
               milestone_id = @milestone,
                   version = t.version + 1, updated_at = @now
             where t.tenant_id = @tenant and t.id = @id and t.version = @version
            returning {Columns}
            """, new
        {
            tenant,
            id,
            version,
            fields.Title,
            fields.Description,
            fields.Priority,
            fields.DueOn,
            milestone = fields.MilestoneId?.Value,
            now = clock.GetUtcNow(),
        });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("task_updated", "task", id.Value, Audited(task),
            Audited(updated, task.Title != updated.Title || task.Description != updated.Description)));
        return updated;
    }

    /// <summary>Only while nobody has begun: what was worked on is history.</summary>
    public async Task<Refusal?> DeleteAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, int version)
    {
        if ((await LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        if (task.Version != version)
        {
            return new Refusal.Stale(task.Version);
        }

        var deleted = await tx.ExecuteAsync(
            "delete from portal.tasks where tenant_id = @tenant and id = @id and version = @version and status = 'pending'",
            new { tenant, id, version });
        if (deleted == 0)
        {
            return new Refusal.Conflict("task-not-pending", $"The task is {task.Status}; only a pending one can be deleted.");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("task_deleted", "task", id.Value, Audited(task),
            new { projectId = task.ProjectId.Value }, EventType.TaskDeleted));
        return null;
    }

    /// <summary>Titles and descriptions are what people typed: of those only that they changed.</summary>
    internal static object Audited(TaskItem t, bool? wordsChanged = null, Guid? duplicateOf = null) => new
    {
        status = t.Status,
        projectId = t.ProjectId.Value,
        milestoneId = t.MilestoneId?.Value,
        priority = t.Priority,
        dueDate = t.DueOn,
        assigneeIds = t.AssigneeIds,
        wordsChanged,
        duplicateOf,
    };

    private static async Task<Refusal?> WrongAsync(
        Tx tx, TenantId tenant, ProjectId project, MilestoneId? milestone, IReadOnlyList<Guid>? assignees, IReadOnlyList<Guid> watchers)
    {
        if (milestone is { } id && !await tx.GetAsync<bool>(
            "select exists (select 1 from portal.milestones where tenant_id = @tenant and project_id = @project and id = @id)",
            new { tenant, project, id }))
        {
            return new Refusal.InvalidField("milestoneId", "milestone", "milestoneId must name a milestone of the task's project.");
        }

        Guid[] people = [.. (assignees ?? []).Concat(watchers).Distinct()];
        if (people.Length == 0)
        {
            return null;
        }

        var known = (await tx.QueryAsync<Guid>(Eligible, new { tenant, project, people })).ToHashSet();
        return (assignees ?? []).Any(p => !known.Contains(p)) ? NotAMember("assigneeIds")
            : watchers.Any(p => !known.Contains(p)) ? NotAMember("watcherIds")
            : null;
    }

    private static Refusal.InvalidField NotAMember(string field) =>
        new(field, "member", $"{field} must name active Admins, or active Agency people who work on the project.");

    private async Task<TaskItem> InsertAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId project, TaskFields fields, IReadOnlyList<Guid> watchers, TaskItem? source)
    {
        var now = clock.GetUtcNow();
        var id = NewKey.At<TaskId>(now);
        await tx.ExecuteAsync("""
            insert into portal.tasks (id, tenant_id, project_id, milestone_id, title, description, priority, due_on, created_by,
               created_at, updated_at)
            values (@id, @tenant, @project, @milestone, @Title, @Description, @Priority, @DueOn, @by, @now, @now);
            insert into portal.task_assignees (tenant_id, project_id, task_id, user_id, added_at)
            select @tenant, @project, @id, u, @now from unnest(@assignees) u;
            insert into portal.task_watchers (tenant_id, project_id, task_id, user_id, added_at)
            select @tenant, @project, @id, u, @now from unnest(@watchers) u;
            insert into portal.task_dependencies (tenant_id, project_id, task_id, depends_on, added_at)
            select @tenant, @project, @id, d.depends_on, @now from portal.task_dependencies d where d.tenant_id = @tenant
               and d.task_id = @source;
            """, new
        {
            id,
            tenant,
            project,
            milestone = fields.MilestoneId?.Value,
            fields.Title,
            fields.Description,
            fields.Priority,
            fields.DueOn,
            by = caller.User,
            now,
            assignees = fields.AssigneeIds?.ToArray() ?? [],
            watchers = watchers.ToArray(),
            source = source?.Id.Value,
        });
        var task = await tx.GetAsync<TaskItem>(
            $"select {Columns} from portal.tasks t where t.tenant_id = @tenant and t.id = @id", new { tenant, id });
        await audit.WriteAsync(
            tx, tenant, Actor.From(caller), new AuditEntry(
                "task_created", "task", id.Value, null, Audited(task, duplicateOf: source?.Id.Value), EventType.TaskCreated));
        return task;
    }

    private Task<int> ReplaceAssigneesAsync(Tx tx, TenantId tenant, TaskItem task, IReadOnlyList<Guid> people) => tx.ExecuteAsync("""
        delete from portal.task_assignees where tenant_id = @tenant and task_id = @task and user_id <> all(@people);
        insert into portal.task_assignees (tenant_id, project_id, task_id, user_id, added_at)
        select @tenant, @project, @task, u, @now from unnest(@people) u on conflict do nothing;
        """, new { tenant, project = task.ProjectId, task = task.Id, people = people.ToArray(), now = clock.GetUtcNow() });
}
