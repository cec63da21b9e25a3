using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>
/// The moves of tasks (docs/states.md), one or many. A task becomes done only after all that it depends on; going back to work on one of
/// those later leaves it done.
/// </summary>
public sealed class ChangeTaskStatuses(TaskStore tasks, AuditWriter audit, TimeProvider clock)
{
    // Of the guarded update: what may move, and that nothing it waits for is unfinished (among @ids counts as finished with it).
    private const string Unfinished = """
        select d.task_id, d.depends_on from portal.task_dependencies d
          join portal.tasks o on o.tenant_id = d.tenant_id and o.id = d.depends_on
         where d.tenant_id = @tenant and d.task_id = any(@ids) and o.status <> 'done' and d.depends_on <> all(@ids)
        """;

    private const string Move = $"""
        update portal.tasks t set status = @to, done_at = case when @to = 'done' then @now::timestamptz end, version = t.version + 1,
           updated_at = @now
         where t.tenant_id = @tenant and t.id = any(@ids) and t.status = any(@from)
           and (@to <> 'done' or t.id not in (select u.task_id from ({Unfinished}) u))
        returning {TaskStore.Columns}
        """;

    // Projects, then tasks, each by id: whoever moves the same tasks at once waits in line instead of in a circle.
    private const string LockMany = $"""
        with held as materialized (
            select p.id from portal.projects p
             where p.tenant_id = @tenant and p.status <> 'archived'
                and p.id in (select t.project_id from portal.tasks t where {TaskStore.Seen} and t.id = any(@ids))
             order by p.id for share of p)
        select {TaskStore.Columns} from portal.tasks t join held on held.id = t.project_id
         where t.tenant_id = @tenant and t.id = any(@ids) order by t.id for no key update of t
        """;

    public async Task<Result<TaskItem>> OneAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, string to)
    {
        if ((await tasks.LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        var moved = (await MoveAsync(tx, tenant, [id.Value], to)).SingleOrDefault();
        if (moved is null)
        {
            return TaskItemStatus.Before(to).Contains(task.Status)
                ? new Refusal.Conflict("dependencies-unfinished", await WaitsForAsync(tx, tenant, task))
                : new Refusal.IllegalMove("task", task.Status, to);
        }

        await RecordAsync(tx, tenant, caller, task, moved);
        return moved;
    }

    /// <summary>All of them or none; in the order asked for. Tasks moved together may depend on each other.</summary>
    public async Task<Result<TaskItem[]>> ManyAsync(
        Tx tx, TenantId tenant, Caller caller, IReadOnlyList<Guid> ids, string to)
    {
        var locked = (
            await tx.QueryAsync<TaskItem>(
                LockMany, new { tenant, seesAll = caller.SeesAllProjects, user = caller.User, ids = ids.ToArray() }))
            .ToDictionary(t => t.Id.Value);
        var wrong = await WrongAsync(tx, tenant, caller, ids, locked, to);
        if (wrong.Count > 0)
        {
            return new Refusal.BatchRefused(
                "bulk-refused", $"{wrong.Count} of {ids.Count} tasks cannot become {to}; none was moved.", wrong);
        }

        var moved = (await MoveAsync(tx, tenant, [.. ids], to)).ToDictionary(t => t.Id.Value);
        foreach (var id in ids)
        {
            await RecordAsync(tx, tenant, caller, locked[id], moved[id]);
        }

        return ids.Select(id => moved[id]).ToArray();
    }

    private Task<IReadOnlyList<TaskItem>> MoveAsync(Tx tx, TenantId tenant, Guid[] ids, string to) =>
        tx.QueryAsync<TaskItem>(Move, new { tenant, ids, to, from = TaskItemStatus.Before(to).ToArray(), now = clock.GetUtcNow() });

    private async Task<List<Refusal.InvalidField>> WrongAsync(
        Tx tx, TenantId tenant, Caller caller, IReadOnlyList<Guid> ids, Dictionary<Guid, TaskItem> locked, string to)
    {
        var waiting = to == TaskItemStatus.Done
            ? (await tx.QueryAsync<Waiting>(Unfinished, new { tenant, ids = ids.ToArray() })).ToLookup(w => w.TaskId, w => w.DependsOn)
            : Array.Empty<Waiting>().ToLookup(w => w.TaskId, w => w.DependsOn);
        var wrong = new List<Refusal.InvalidField>();
        for (var i = 0; i < ids.Count; i++)
        {
            var (field, id) = ($"ids/{i}", ids[i]);
            if (!locked.TryGetValue(id, out var task))
            {
                wrong.Add(await tasks.FindAsync(tx, tenant, caller, new TaskId(id)) is null
                    ? new(field, "not-found", $"There is no task {id}.")
                    : new(field, "project-archived", $"The project of task {id} is archived and takes no changes."));
            }
            else if (!TaskItemStatus.Before(to).Contains(task.Status))
            {
                wrong.Add(new(field, "illegal-move", $"Task {id} is {task.Status} and cannot become {to}."));
            }
            else if (waiting[id].Any())
            {
                wrong.Add(
                    new(
                        field, "dependencies-unfinished",
                        $"Task {id} is {task.Status} and depends on {string.Join(", ", waiting[id].Take(5))}, not done yet."));
            }
        }

        return wrong;
    }

    private static async Task<string> WaitsForAsync(Tx tx, TenantId tenant, TaskItem task)
    {
        var waiting = await tx.QueryAsync<Waiting>(Unfinished, new { tenant, ids = new[] { task.Id.Value } });
        return $"The task is {task.Status} and depends on {string.Join(", ", waiting.Take(5).Select(w => w.DependsOn))}, not done yet.";
    }

    private Task RecordAsync(Tx tx, TenantId tenant, Caller caller, TaskItem was, TaskItem now) =>
        audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("task_status_changed", "task", now.Id.Value,
            new { status = was.Status }, new
            {
                status = now.Status,
                previous = was.Status,
                projectId = now.ProjectId.Value,
                milestoneId = now.MilestoneId?.Value,
                watcherIds = now.WatcherIds,
                assigneeIds = now.AssigneeIds,
            }, "task_status_changed"));

    private sealed record Waiting(Guid TaskId, Guid DependsOn);
}
