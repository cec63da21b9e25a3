using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Projects;

/// <summary>
/// The moves of tasks (docs/states.md), one or many. A task becomes done only after all that it depends on; going back to work on one of
/// those later leaves it done.
/// </summary>
public sealed class ChangeTaskStatuses(TaskStore tasks, TaskStatusTransitions moves, AuditWriter audit)
{
    public async Task<Result<TaskItem>> OneAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, string to)
    {
        if ((await tasks.LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        var moved = (await moves.MoveAsync(tx, tenant, [id.Value], to)).SingleOrDefault();
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
        var locked = (await TaskStatusTransitions.LockAsync(tx, tenant, caller, ids)).ToDictionary(t => t.Id.Value);
        var wrong = await WrongAsync(tx, tenant, caller, ids, locked, to);
        if (wrong.Count > 0)
        {
            return new Refusal.BatchRefused(
                "bulk-refused", $"{wrong.Count} of {ids.Count} tasks cannot become {to}; none was moved.", wrong);
        }

        var moved = (await moves.MoveAsync(tx, tenant, ids, to)).ToDictionary(t => t.Id.Value);
        foreach (var id in ids)
        {
            await RecordAsync(tx, tenant, caller, locked[id], moved[id]);
        }

        return ids.Select(id => moved[id]).ToArray();
    }

    private async Task<List<Refusal.InvalidField>> WrongAsync(
        Tx tx, TenantId tenant, Caller caller, IReadOnlyList<Guid> ids, Dictionary<Guid, TaskItem> locked, string to)
    {
        var waiting = to == TaskItemStatus.Done
            ? (await TaskStatusTransitions.WaitingAsync(tx, tenant, ids)).ToLookup(w => w.TaskId, w => w.DependsOn)
            : Array.Empty<WaitingTask>().ToLookup(w => w.TaskId, w => w.DependsOn);
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
        var waiting = await TaskStatusTransitions.WaitingAsync(tx, tenant, [task.Id.Value]);
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
            }, EventType.TaskStatusChanged));
}
