using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>Puts a person who joins into the projects that they were invited to.</summary>
public sealed class ProjectMembershipQuery(TimeProvider clock)
{
    /// <summary>A project that was archived since is left out.</summary>
    public Task JoinAsync(Tx tx, TenantId tenant, UserId user, IReadOnlyList<Guid> projects) =>
        tx.ExecuteAsync("""
            insert into portal.project_members (tenant_id, project_id, user_id, added_at)
            select p.tenant_id, p.id, @user, @now from portal.projects p
             where p.tenant_id = @tenant and p.id = any(@projects) and p.status <> 'archived'
            on conflict do nothing
            """, new { tenant, user, projects = projects.ToArray(), now = clock.GetUtcNow() });
}
