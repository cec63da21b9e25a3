using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>How far a project is.</summary>
public sealed record ProjectProgress(ProjectId Id, int Tasks, int Done);

/// <summary>Reads the progress that events keep up (shared/Events/ReadModelStore.cs): seconds behind the tasks themselves.</summary>
public sealed class ProjectProgressStore(PortalDb db)
{
    public Task<ProjectProgress?> FindAsync(TenantId tenant, Caller caller, ProjectId id, CancellationToken ct) =>
        db.ReadOneAsync<ProjectProgress>(tenant, $"""
        select p.id, coalesce(g.tasks, 0) as tasks, coalesce(g.done, 0) as done
          from portal.projects p left join portal.project_progress g on g.tenant_id = p.tenant_id and g.project_id = p.id
         where p.tenant_id = @tenant and p.id = @id and (@seesAll or p.id = any({ProjectStore.Mine}))
        """, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User }, ct);
}
