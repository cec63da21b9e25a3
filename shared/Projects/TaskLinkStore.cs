using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>
/// Who works on a task, who watches it, what it depends on. Adding and removing say the same when there is nothing left to do.
/// Assignees are part of what a PATCH replaces, so they count as a version of the task; watchers and dependencies do not.
/// </summary>
public sealed class TaskLinkStore(TaskStore tasks, AuditWriter audit, TimeProvider clock)
{
    private const int MaxDependencies = 50;

    public Task<Result<TaskItem>> AssignAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, UserId user) =>
        AddPersonAsync(tx, tenant, caller, id, user, "task_assigned", """
            with added as (
                insert into portal.task_assignees (tenant_id, project_id, task_id, user_id, added_at)
                values (@tenant, @project, @id, @user, @now) on conflict do nothing returning task_id)
            update portal.tasks t set version = t.version + 1, updated_at = @now from added where t.tenant_id = @tenant
               and t.id = added.task_id
            """);

    public Task<Refusal?> UnassignAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, UserId user) =>
        RemoveAsync(tx, tenant, caller, id, user.Value, "task_unassigned", """
            with removed as (
                delete from portal.task_assignees where tenant_id = @tenant and task_id = @id and user_id = @other returning task_id)
            update portal.tasks t set version = t.version + 1, updated_at = @now from removed where t.tenant_id = @tenant
               and t.id = removed.task_id
            """);

    public Task<Result<TaskItem>> WatchAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, UserId user) =>
        AddPersonAsync(tx, tenant, caller, id, user, "task_watched", """
            insert into portal.task_watchers (tenant_id, project_id, task_id, user_id, added_at)
            values (@tenant, @project, @id, @user, @now) on conflict do nothing
            """);

    public Task<Refusal?> UnwatchAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, UserId user) =>
        RemoveAsync(tx, tenant, caller, id, user.Value, "task_unwatched",
            "delete from portal.task_watchers where tenant_id = @tenant and task_id = @id and user_id = @other");

    /// <summary>
    /// Lets a task wait for another of its project. Whoever adds one holds the project's row alone: two that would close a circle
    /// together come one after the other, and the second sees the first.
    /// </summary>
    public async Task<Result<TaskItem>> DependAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, TaskId other)
    {
        if ((await tasks.LockAsync(tx, tenant, caller, id, alone: true)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        var found = await tasks.FindAsync(tx, tenant, caller, other);
        if (found is null || found.ProjectId != task.ProjectId)
        {
            return new Refusal.NotFound("task in this project to depend on");
        }

        // Read again: the lock may have waited for somebody who changed the list.
        var present = await tasks.FindAsync(tx, tenant, caller, id);
        if (present!.DependsOn.Contains(other.Value))
        {
            return present;
        }

        if (present.DependsOn.Length >= MaxDependencies)
        {
            return new Refusal.Conflict(
                "too-many-dependencies",
                $"The task is {task.Status} and depends on {MaxDependencies} others already, which is as many as it may.");
        }

        if (await ClosesCircleAsync(tx, tenant, task, other))
        {
            return new Refusal.Conflict(
                "dependency-circle",
                $"The task is {task.Status}, and the other one depends on it already, directly or through others.");
        }

        await tx.ExecuteAsync("""
            insert into portal.task_dependencies (tenant_id, project_id, task_id, depends_on, added_at)
               values (@tenant, @project, @id, @other, @now)
            """, new { tenant, project = task.ProjectId, id, other, now = clock.GetUtcNow() });
        await RecordAsync(tx, tenant, caller, id, "task_dependency_added", new { dependsOn = other.Value });
        return (await tasks.FindAsync(tx, tenant, caller, id))!;
    }

    public Task<Refusal?> UndependAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, TaskId other) =>
        RemoveAsync(tx, tenant, caller, id, other.Value, "task_dependency_removed",
            "delete from portal.task_dependencies where tenant_id = @tenant and task_id = @id and depends_on = @other");

    private static Task<bool> ClosesCircleAsync(Tx tx, TenantId tenant, TaskItem task, TaskId other) => tx.GetAsync<bool>("""
        with recursive chain (id) as (
            select @other::uuid
            union
            select d.depends_on from chain join portal.task_dependencies d on d.tenant_id = @tenant and d.project_id = @project
               and d.task_id = chain.id)
        select exists (select 1 from chain where id = @id)
        """, new { tenant, project = task.ProjectId, id = task.Id, other });

    private async Task<Result<TaskItem>> AddPersonAsync(
        Tx tx, TenantId tenant, Caller caller, TaskId id, UserId user, string action, string sql)
    {
        if ((await tasks.LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        if ((await tx.QueryAsync<Guid>(TaskStore.Eligible, new
        {
            tenant,
            project = task.ProjectId,
            people = new[] { user.Value }
        })).Count == 0)
        {
            return new Refusal.NotFound("active person who can work on this task");
        }

        if (await tx.ExecuteAsync(sql, new { tenant, project = task.ProjectId, id, user, now = clock.GetUtcNow() }) > 0)
        {
            await RecordAsync(tx, tenant, caller, id, action, new { userId = user.Value });
        }

        return (await tasks.FindAsync(tx, tenant, caller, id))!;
    }

    private async Task<Refusal?> RemoveAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, Guid other, string action, string sql)
    {
        if ((await tasks.LockAsync(tx, tenant, caller, id)).IsRefused(out var refusal, out var task))
        {
            return refusal;
        }

        if (await tx.ExecuteAsync(sql, new { tenant, id, other, now = clock.GetUtcNow() }) > 0)
        {
            await RecordAsync(tx, tenant, caller, id, action, new { removed = other });
        }

        return null;
    }

    private Task RecordAsync(Tx tx, TenantId tenant, Caller caller, TaskId id, string action, object value) =>
        audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(action, "task", id.Value, null, value));
}
