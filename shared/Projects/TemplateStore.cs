using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Projects;

/// <summary>That a template was applied to a project, when and by whom.</summary>
public sealed record TemplateApplication(
    Guid Id, ProjectId Project, TemplateId Template, int Version, DateOnly StartDate, UserId By, DateTimeOffset Now);

public sealed record SeededMilestone(Guid Id, string Name, string Description, DateOnly? StartsOn, DateOnly? DueOn);

public sealed record SeededTask(Guid Id, Guid MilestoneId, string Title, string Description, string Priority, DateOnly? DueOn);

/// <summary>
/// All SQL of milestone templates. They belong to the tenant, not to a project. An edit writes the next version; earlier ones stay as
/// they are, because milestones say which version they came from.
/// </summary>
public sealed class TemplateStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = """
        t.id, v.name, v.description, t.status, v.version, t.version as latest, v.items::text as items, t.created_by,
        (select u.name from portal.users u where u.tenant_id = t.tenant_id and u.id = t.created_by) as created_by_name,
        t.created_at, v.created_at as updated_at
        """;

    private const string Joined = """
        portal.milestone_templates t join portal.milestone_template_versions v on v.tenant_id = t.tenant_id and v.template_id = t.id
        """;

    private const string Listed = $"""
        select {Columns} from {Joined} and v.version = t.version
         where t.tenant_id = @tenant and v.tenant_id = @tenant and t.status = @status
           and (@text::text is null or strpos(lower(t.name), lower(@text)) > 0)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("t.created_at, t.id");

    public static Task<bool> IsAppliedAsync(Tx tx, TenantId tenant, ProjectId project, TemplateId template) => tx.GetAsync<bool>("""
        select exists (select 1 from portal.template_applications where tenant_id = @tenant and project_id = @project
           and template_id = @template)
        """, new { tenant, project, template });

    /// <summary>Notes the application and adds what it makes in the project.</summary>
    public static Task<int> SeedAsync(
        Tx tx, TenantId tenant, TemplateApplication application, IReadOnlyList<SeededMilestone> milestones,
        IReadOnlyList<SeededTask> tasks) => tx.ExecuteAsync("""
        insert into portal.template_applications (id, tenant_id, project_id, template_id, template_version, starts_on, applied_by,
           applied_at)
        values (@Id, @tenant, @Project, @Template, @Version, @StartDate, @By, @Now);
        insert into portal.milestones (id, tenant_id, project_id, application_id, name, description, starts_on, due_on, created_by,
           created_at, updated_at)
        select m.id, @tenant, @Project, @Id, m.name, m.description, m.starts_on, m.due_on, @By, @Now, @Now
          from unnest(@mIds, @mNames, @mDescriptions, @mStarts, @mDues) m (id, name, description, starts_on, due_on);
        insert into portal.tasks (id, tenant_id, project_id, milestone_id, title, description, priority, due_on, created_by,
           created_at, updated_at)
        select t.id, @tenant, @Project, t.milestone_id, t.title, t.description, t.priority, t.due_on, @By, @Now, @Now
          from unnest(@tIds, @tMilestones, @tTitles, @tDescriptions, @tPriorities, @tDues) t (id, milestone_id, title, description,
             priority, due_on);
        """, new
        {
            tenant,
            application.Id,
            application.Project,
            application.Template,
            application.Version,
            application.StartDate,
            application.By,
            application.Now,
            mIds = milestones.Select(m => m.Id).ToArray(),
            mNames = milestones.Select(m => m.Name).ToArray(),
            mDescriptions = milestones.Select(m => m.Description).ToArray(),
            mStarts = milestones.Select(m => m.StartsOn).ToArray(),
            mDues = milestones.Select(m => m.DueOn).ToArray(),
            tIds = tasks.Select(t => t.Id).ToArray(),
            tMilestones = tasks.Select(t => t.MilestoneId).ToArray(),
            tTitles = tasks.Select(t => t.Title).ToArray(),
            tDescriptions = tasks.Select(t => t.Description).ToArray(),
            tPriorities = tasks.Select(t => t.Priority).ToArray(),
            tDues = tasks.Select(t => t.DueOn).ToArray(),
        });

    public async Task<Template> CreateAsync(Tx tx, TenantId tenant, Caller caller, TemplateContent content)
    {
        var now = clock.GetUtcNow();
        var id = NewKey.At<TemplateId>(now);
        await tx.ExecuteAsync("""
            insert into portal.milestone_templates (id, tenant_id, name, created_by, created_at, updated_at)
            values (@id, @tenant, @name, @by, @now, @now)
            """, new { id, tenant, name = content.Name, by = caller.User, now });
        return await AddVersionAsync(tx, tenant, caller, id, 1, content);
    }

    /// <param name="version">Null: the newest.</param>
    public async Task<Template?> FindAsync(TenantId tenant, TemplateId id, int? version, CancellationToken ct) =>
        (await db.ReadOneAsync<Row>(tenant, $"""
            select {Columns} from {Joined}
             where t.tenant_id = @tenant and v.tenant_id = @tenant and t.id = @id and v.version = coalesce(@version, t.version)
            """, new { tenant, id, version }, ct))?.Read();

    /// <summary>The newest version, and the template's row until the transaction ends.</summary>
    public async Task<Template?> LockAsync(Tx tx, TenantId tenant, TemplateId id) =>
        (await tx.QueryOneAsync<Row>($"""
            with t as materialized (select * from portal.milestone_templates where tenant_id = @tenant and id = @id for no key update)
            select {Columns} from t join portal.milestone_template_versions v on v.tenant_id = t.tenant_id and v.template_id = t.id
             where v.tenant_id = @tenant and v.version = t.version
            """, new { tenant, id }))?.Read();

    /// <summary>The newest versions, newest template first.</summary>
    public async Task<IReadOnlyList<Template>> ListAsync(TenantId tenant, string status, string? text, Page page, CancellationToken ct) =>
        [.. (await db.ReadPageAsync<Row>(tenant, ByAge, Listed, page, new { tenant, status, text }, ct)).Select(r => r.Read())];

    public Task<long> CountAsync(TenantId tenant, string status, string? text, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, status, text }, ct);

    /// <summary>The next version. An archived template takes none.</summary>
    public async Task<Result<Template>> EditAsync(
        Tx tx, TenantId tenant, Caller caller, TemplateId id, int version, Func<Template, TemplateContent> edit)
    {
        if (await LockAsync(tx, tenant, id) is not { } template)
        {
            return new Refusal.NotFound("milestone template");
        }

        if (template.Status == TemplateStatus.Archived)
        {
            return new Refusal.Conflict("template-archived", "The milestone template is archived and takes no changes.");
        }

        if (template.Latest != version)
        {
            return new Refusal.Stale(template.Latest);
        }

        var content = edit(template);
        if (content == new TemplateContent(template.Name, template.Description, template.Items))
        {
            return template;
        }

        await tx.ExecuteAsync("""
            update portal.milestone_templates set name = @name, version = version + 1, updated_at = @now
             where tenant_id = @tenant and id = @id and version = @version and status = 'active'
            """, new { tenant, id, version, name = content.Name, now = clock.GetUtcNow() });
        return await AddVersionAsync(tx, tenant, caller, id, version + 1, content);
    }

    /// <summary>active → archived: no longer offered, no longer edited, no longer applied.</summary>
    public async Task<Result<Template>> ArchiveAsync(Tx tx, TenantId tenant, Caller caller, TemplateId id)
    {
        if (await LockAsync(tx, tenant, id) is not { } template)
        {
            return new Refusal.NotFound("milestone template");
        }

        // The version names the content, so archiving leaves it alone.
        var archived = await tx.ExecuteAsync("""
            update portal.milestone_templates set status = 'archived', updated_at = @now
             where tenant_id = @tenant and id = @id and status = 'active'
            """, new { tenant, id, now = clock.GetUtcNow() });
        if (archived == 0)
        {
            return new Refusal.IllegalMove("milestone template", template.Status, TemplateStatus.Archived);
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("milestone_template_archived", "milestone_template",
            id.Value,
            new { status = template.Status }, new { status = TemplateStatus.Archived, version = template.Version }));
        return template with { Status = TemplateStatus.Archived };
    }

    private async Task<Template> AddVersionAsync(
        Tx tx, TenantId tenant, Caller caller, TemplateId id, int version, TemplateContent content)
    {
        await tx.ExecuteAsync("""
            insert into portal.milestone_template_versions (tenant_id, template_id, version, name, description, items, created_by,
               created_at)
            values (@tenant, @id, @version, @name, @description, @items::jsonb, @by, @now)
            """, new
        {
            tenant,
            id,
            version,
            name = content.Name,
            description = content.Description,
            items = JsonSerializer.Serialize(content.Items, JsonSerializerOptions.Web),
            by = caller.User,
            now = clock.GetUtcNow(),
        });
        var action = version == 1 ? "milestone_template_created" : "milestone_template_edited";
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(action, "milestone_template", id.Value,
            version == 1 ? null : new { version = version - 1 },
            new { version, milestones = content.Items.Count, tasks = content.Items.Sum(i => i.Tasks.Count) }));
        return (await tx.GetAsync<Row>($"""
            select {Columns} from {Joined}
             where t.tenant_id = @tenant and v.tenant_id = @tenant and t.id = @id and v.version = @version
            """, new { tenant, id, version })).Read();
    }

    private sealed record Row(
        TemplateId Id, string Name, string Description, string Status, int Version, int Latest, string Items, UserId CreatedBy,
        string CreatedByName, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
    {
        public Template Read() => new(
            Id, Name, Description, Status, Version, Latest, JsonSerializer.Deserialize<IReadOnlyList<TemplateMilestone>>(
                Items, JsonSerializerOptions.Web)!,
            CreatedBy, CreatedByName, CreatedAt, UpdatedAt);
    }
}
