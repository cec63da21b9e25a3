using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>
/// Takes a person off what they may no longer take part in: tasks they are assigned to, tasks they watch, and opens of share links of
/// theirs that they are told of. By what their row and their projects say at that moment, so it is the same after a removal from a
/// project, another role, and a deactivation. Who comes back starts without them.
/// </summary>
public sealed class ParticipationTransitions(AuditWriter audit, TimeProvider clock)
{
    // By id, as whoever moves several tasks locks them.
    private const string LockTasks = """
        select t.id from portal.tasks t
         where t.tenant_id = @tenant
           and t.id in (select a.task_id from portal.task_assignees a where a.tenant_id = @tenant and a.user_id = @user)
         order by t.id for no key update of t
        """;

    private const string End = """
        with lost as materialized (
            select p.id from portal.projects p
             where p.tenant_id = @tenant and not exists (
                   select 1 from portal.users u
                    where u.tenant_id = @tenant and u.id = @user and u.status = 'active'
                      and (u.role = 'admin' or (u.role = 'agency' and exists (
                          select 1 from portal.project_members m
                           where m.tenant_id = @tenant and m.project_id = p.id and m.user_id = u.id))))),
        unassigned as (
            delete from portal.task_assignees a using lost
             where a.tenant_id = @tenant and a.user_id = @user and a.project_id = lost.id returning a.task_id),
        unwatched as (
            delete from portal.task_watchers w using lost
             where w.tenant_id = @tenant and w.user_id = @user and w.project_id = lost.id returning w.task_id),
        silenced as (
            update portal.share_links l set notify = 'off', version = l.version + 1, updated_at = @now from lost
             where l.tenant_id = @tenant and l.created_by = @user and l.project_id = lost.id and l.notify <> 'off' returning l.id),
        changed as (
            update portal.tasks t set version = t.version + 1, updated_at = @now from unassigned
             where t.tenant_id = @tenant and t.id = unassigned.task_id)
        select array(select task_id from unassigned order by 1) as unassigned_tasks,
               array(select task_id from unwatched order by 1) as unwatched_tasks,
               array(select id from silenced order by 1) as silenced_links
        """;

    public async Task EndAsync(Tx tx, TenantId tenant, Actor actor, UserId user)
    {
        await tx.ExecuteAsync(LockTasks, new { tenant, user });
        var ended = await tx.GetAsync<Ended>(End, new { tenant, user, now = clock.GetUtcNow() });
        if (ended.UnassignedTasks.Length + ended.UnwatchedTasks.Length + ended.SilencedLinks.Length > 0)
        {
            await audit.WriteAsync(tx, tenant, actor, new AuditEntry("participation_ended", "user", user.Value, null, ended));
        }
    }

    private sealed record Ended(Guid[] UnassignedTasks, Guid[] UnwatchedTasks, Guid[] SilencedLinks);
}
