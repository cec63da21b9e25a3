using Portal.Audit;
using Portal.Db;
using Portal.Tenancy;

namespace Portal.Projects;

/// <summary>A project as the API shows it.</summary>
public sealed record Project(
    ProjectId Id, string Name, string Description, string Status, UserId CreatedBy, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>All SQL of projects. An Admin sees every project of the tenant, other roles those they are assigned to.</summary>
public sealed class ProjectStore(PortalDb db, Journal journal, TimeProvider clock)
{
    private const string Columns = "p.id, p.name, p.description, p.status, p.created_by, p.version, p.created_at, p.updated_at";

    /// <summary>What a caller may see: one text, used wherever a project (or what hangs off it) is read.</summary>
    internal const string Visible = """
        (@seesAll or exists (select 1 from portal.project_members m
                              where m.tenant_id = p.tenant_id and m.project_id = p.id and m.user_id = @user))
        """;

    /// <summary>Creates a project with its members; null when a member is not an active Agency, Client or Admin user of the tenant.</summary>
    public async Task<Project?> CreateAsync(Tx tx, TenantId tenant, Caller caller, string name, string description, IReadOnlyList<Guid> members)
    {
        var now = clock.GetUtcNow();
        var id = NewKey.At<ProjectId>(now);
        var known = await tx.GetAsync<long>("""
            select count(*) from portal.users
             where tenant_id = @tenant and id = any(@members) and status = 'active' and role <> 'compliance'
            """, new { tenant, members = members.ToArray() });
        if (known != members.Distinct().Count())
        {
            return null;
        }

        var project = await tx.GetAsync<Project>($"""
            insert into portal.projects as p (id, tenant_id, name, description, status, created_by, created_at, updated_at)
            values (@id, @tenant, @name, @description, 'active', @createdBy, @now, @now)
            returning {Columns}
            """, new { id, tenant, name, description, createdBy = caller.User, now });
        await tx.ExecuteAsync("""
            insert into portal.project_members (tenant_id, project_id, user_id, added_at)
            select @tenant, @id, m, @now from unnest(@members) m on conflict do nothing
            """, new { tenant, id, members = members.ToArray(), now });
        await journal.WriteAsync(tx, tenant, Actor.From(caller), new Entry("project_created", "project", id.Value, null,
            new { projectId = id.Value, status = project.Status, members }, "project_created"));
        return project;
    }

    public Task<Project?> FindAsync(TenantId tenant, Caller caller, ProjectId id, CancellationToken ct) =>
        db.ReadOneAsync<Project>(tenant, $"""
            select {Columns} from portal.projects p where p.tenant_id = @tenant and p.id = @id and {Visible}
            """, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, ProjectId, CancellationToken)"/>
    public Task<Project?> FindAsync(Tx tx, TenantId tenant, Caller caller, ProjectId id) =>
        tx.QueryOneAsync<Project>($"""
            select {Columns} from portal.projects p where p.tenant_id = @tenant and p.id = @id and {Visible}
            """, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User });

    /// <summary>Newest first; one row more than asked for, so that the caller knows whether there is another page.</summary>
    public Task<IReadOnlyList<Project>> ListAsync(TenantId tenant, Caller caller, Paging.Page page, CancellationToken ct) =>
        db.ReadAsync<Project>(tenant, $"""
            select {Columns} from portal.projects p
             where p.tenant_id = @tenant and {Visible} and p.status <> 'archived'
               and (@afterAt::timestamptz is null or (p.created_at, p.id) < (@afterAt, @afterId))
             order by p.created_at desc, p.id desc limit @take
            """, new
        {
            tenant,
            seesAll = caller.SeesAllProjects,
            user = caller.User,
            afterAt = page.After?.At,
            afterId = page.After?.Id,
            take = page.Take,
        }, ct);
}
