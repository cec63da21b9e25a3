using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>A task that cannot be finished yet, and one that it depends on.</summary>
public sealed record WaitingTask(Guid TaskId, Guid DependsOn);

/// <summary>SQL of the moves of tasks, one or many.</summary>
public sealed class TaskStatusTransitions(TimeProvider clock)
{
    // Of the guarded update: what may move, and that nothing it waits for is unfinished (among @ids counts as finished with it).
    private const string Unfinished = """
        select d.task_id, d.depends_on from portal.task_dependencies d
          join portal.tasks o on o.tenant_id = d.tenant_id and o.id = d.depends_on
         where d.tenant_id = @tenant and d.task_id = any(@ids) and o.status <> 'done' and d.depends_on <> all(@ids)
        """;

    /// <summary>Those of the tasks that the caller sees and that take changes, held until the transaction ends. Projects, then tasks, each
    /// by id: whoever moves the same tasks at once waits in line instead of in a circle.</summary>
    public static Task<IReadOnlyList<TaskItem>> LockAsync(Tx tx, TenantId tenant, Caller caller, IReadOnlyList<Guid> ids) =>
        tx.QueryAsync<TaskItem>($"""
            with held as materialized (
                select p.id from portal.projects p
                 where p.tenant_id = @tenant and p.status <> 'archived'
                    and p.id in (select t.project_id from portal.tasks t where {TaskStore.Seen} and t.id = any(@ids))
                 order by p.id for share of p)
            select {TaskStore.Columns} from portal.tasks t join held on held.id = t.project_id
             where t.tenant_id = @tenant and t.id = any(@ids) order by t.id for no key update of t
            """, new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, ids = ids.ToArray() });

    /// <summary>Those that moved: from a status that leads there, waiting for nothing.</summary>
    public Task<IReadOnlyList<TaskItem>> MoveAsync(Tx tx, TenantId tenant, IReadOnlyList<Guid> ids, string to) =>
        tx.QueryAsync<TaskItem>($"""
            update portal.tasks t set status = @to, done_at = case when @to = 'done' then @now::timestamptz end,
                   version = t.version + 1, updated_at = @now
             where t.tenant_id = @tenant and t.id = any(@ids) and t.status = any(@from)
               and (@to <> 'done' or t.id not in (select u.task_id from ({Unfinished}) u))
            returning {TaskStore.Columns}
            """, new { tenant, ids = ids.ToArray(), to, from = TaskItemStatus.Before(to).ToArray(), now = clock.GetUtcNow() });

    public static Task<IReadOnlyList<WaitingTask>> WaitingAsync(Tx tx, TenantId tenant, IReadOnlyList<Guid> ids) =>
        tx.QueryAsync<WaitingTask>(Unfinished, new { tenant, ids = ids.ToArray() });
}
