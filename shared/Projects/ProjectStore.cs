using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Projects;

/// <summary>A project as the API shows it.</summary>
/// <param name="OpenTasks">Tasks that are not done.</param>
/// <param name="NameKey">What the list by name is ordered by.</param>
public sealed record Project(
    ProjectId Id, string Name, string Description, string Status, UserId CreatedBy, string CreatedByName, int Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Members, long OpenTasks, string NameKey);

/// <summary>All SQL of projects, but their members and lists. An Admin sees every project of the tenant, other roles those they are
/// assigned to.</summary>
public sealed class ProjectStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    internal const string Columns = """
        p.id, p.name, p.description, p.status, p.created_by,
        (select u.name from portal.users u where u.tenant_id = p.tenant_id and u.id = p.created_by) as created_by_name,
        p.version, p.created_at, p.updated_at,
        (select count(*) from portal.project_members c where c.tenant_id = p.tenant_id and c.project_id = p.id) as members,
        (select count(*) from portal.tasks c where c.tenant_id = p.tenant_id and c.project_id = p.id and c.status <> 'done') as open_tasks,
        p.name_key
        """;

    /// <summary>What a caller may see: one text, used wherever a project (or what hangs off it) is read.</summary>
    internal const string Visible = """
        (@seesAll or exists (select 1 from portal.project_members m
                              where m.tenant_id = p.tenant_id and m.project_id = p.id and m.user_id = @user))
        """;

    /// <summary>
    /// The projects of a caller who does not see all, as an array: <c>(@seesAll or t.project_id = any({Mine}))</c> is the rule of
    /// <see cref="Visible"/> in a form that an index of the list can use.
    /// </summary>
    internal const string Mine = "array(select m.project_id from portal.project_members m where m.tenant_id = @tenant and m.user_id = "
        + "@user)";

    /// <summary>Creates a project with its members; null when a member is not an active Agency, Client or Admin user of the
    /// tenant.</summary>
    public async Task<Project?> CreateAsync(
        Tx tx, TenantId tenant, Caller caller, string name, string description, IReadOnlyList<Guid> members)
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

        await tx.ExecuteAsync("""
            insert into portal.projects (id, tenant_id, name, description, status, created_by, created_at, updated_at)
            values (@id, @tenant, @name, @description, 'active', @createdBy, @now, @now);
            insert into portal.project_members (tenant_id, project_id, user_id, added_at)
            select @tenant, @id, m, @now from unnest(@members) m on conflict do nothing;
            """, new { id, tenant, name, description, createdBy = caller.User, members = members.ToArray(), now });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("project_created", "project", id.Value, null,
            new { projectId = id.Value, status = ProjectStatus.Active, members }, EventType.ProjectCreated));
        return await FindAsync(tx, tenant, caller, id);
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

    /// <summary>
    /// The project's status, held until the transaction ends: whoever changes something inside a project shares it, whoever changes the
    /// project itself (archives it, its members, its dependencies) waits for them. Lock order: projects, then tasks, each by id.
    /// </summary>
    public Task<string?> ShareAsync(Tx tx, TenantId tenant, Caller caller, ProjectId id) =>
        tx.QueryOneAsync<string>($"""
            select p.status from portal.projects p where p.tenant_id = @tenant and p.id = @id and {Visible} for share of p
            """, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User });

    /// <summary>The project's row for oneself, until the transaction ends.</summary>
    public Task<Project?> LockAsync(Tx tx, TenantId tenant, Caller caller, ProjectId id) =>
        tx.QueryOneAsync<Project>($"""
            select {Columns} from portal.projects p where p.tenant_id = @tenant and p.id = @id and {Visible} for no key update of p
            """, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User });

    /// <summary>New name and description; null values stay.</summary>
    public async Task<Result<Project>> UpdateAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId id, int version, string? name, string? description)
    {
        if (await LockAsync(tx, tenant, caller, id) is not { } project)
        {
            return new Refusal.NotFound("project");
        }

        if (project.Status == ProjectStatus.Archived)
        {
            return new Refusal.Archived();
        }

        if (project.Version != version)
        {
            return new Refusal.Stale(project.Version);
        }

        var fields = new List<string>();
        if (name is not null && name != project.Name)
        {
            fields.Add("name");
        }

        if (description is not null && description != project.Description)
        {
            fields.Add("description");
        }

        if (fields.Count == 0)
        {
            return project;
        }

        var updated = await tx.GetAsync<Project>($"""
            update portal.projects p set name = coalesce(@name, p.name), description = coalesce(@description, p.description),
                   version = p.version + 1, updated_at = @now
             where p.tenant_id = @tenant and p.id = @id and p.version = @version and p.status <> 'archived'
            returning {Columns}
            """, new { tenant, id, version, name, description, now = clock.GetUtcNow() });
        // Names are what people typed: the audit keeps which fields changed, not their words.
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("project_updated", "project", id.Value,
            new { version }, new { version = updated.Version, fields }, EventType.ProjectUpdated));
        return updated;
    }

    /// <summary>A move of <see cref="ProjectStatus.Before"/>; any other is refused and changes nothing.</summary>
    public async Task<Result<Project>> MoveAsync(Tx tx, TenantId tenant, Caller caller, ProjectId id, string to)
    {
        if (await LockAsync(tx, tenant, caller, id) is not { } project)
        {
            return new Refusal.NotFound("project");
        }

        var moved = await tx.QueryOneAsync<Project>($"""
            update portal.projects p set status = @to, version = p.version + 1, updated_at = @now
             where p.tenant_id = @tenant and p.id = @id and p.status = any(@from)
            returning {Columns}
            """, new { tenant, id, to, from = ProjectStatus.Before(to).ToArray(), now = clock.GetUtcNow() });
        if (moved is null)
        {
            return new Refusal.IllegalMove("project", project.Status, to);
        }

        var action = to == ProjectStatus.Archived ? EventType.ProjectArchived : EventType.ProjectStatusChanged;
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(action, "project", id.Value,
            new { status = project.Status }, new { status = to, previous = project.Status }, action));
        return moved;
    }
}
