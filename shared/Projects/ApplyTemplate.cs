using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>What a template made in a project.</summary>
public sealed record AppliedTemplate(
    Guid Id, ProjectId ProjectId, TemplateId TemplateId, int TemplateVersion, DateOnly StartDate, IReadOnlyList<Guid> MilestoneIds,
    IReadOnlyList<Guid> TaskIds);

/// <param name="Again">Apply it although it was applied to this project before.</param>
public sealed record TemplateWish(TemplateId Template, DateOnly StartDate, bool Again);

/// <summary>
/// Seeds a project's milestones and tasks from the newest version of a template: all of them, or none, with one audit entry that lists
/// them. A second time is refused unless it is asked for by name: it is a double click more often than a wish.
/// </summary>
public sealed class ApplyTemplate(TemplateStore templates, ProjectStore projects, AuditWriter audit, TimeProvider clock)
{
    public async Task<Result<AppliedTemplate>> RunAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId project, TemplateWish wish)
    {
        // The project's row first: two who apply at once see each other.
        var refusal = await projects.LockAsync(tx, tenant, caller, project) switch
        {
            null => new Refusal.NotFound("project"),
            { Status: ProjectStatus.Archived } => new Refusal.Archived(),
            _ => (Refusal?)null,
        };
        if (refusal is not null)
        {
            return refusal;
        }

        if (await templates.LockAsync(tx, tenant, wish.Template) is not { } template)
        {
            return new Refusal.InvalidField("templateId", "template", "templateId must name a milestone template of this portal.");
        }

        if (template.Status != TemplateStatus.Active)
        {
            return new Refusal.Conflict("template-archived", "The milestone template is archived and cannot be applied.");
        }

        if (!wish.Again && await IsAppliedAsync(tx, tenant, project, wish.Template))
        {
            return new Refusal.Conflict(
                "template-applied",
                "The project is seeded from this milestone template already. Send again: true to do it once more.");
        }

        return await SeedAsync(tx, tenant, caller, project, template, wish.StartDate);
    }

    private static Task<bool> IsAppliedAsync(Tx tx, TenantId tenant, ProjectId project, TemplateId template) => tx.GetAsync<bool>("""
        select exists (select 1 from portal.template_applications where tenant_id = @tenant and project_id = @project
           and template_id = @template)
        """, new { tenant, project, template });

    private async Task<AppliedTemplate> SeedAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId project, Template template, DateOnly start)
    {
        var now = clock.GetUtcNow();
        var plan = Planned(template, now);
        var application = Guid.CreateVersion7(now);
        await tx.ExecuteAsync("""
            insert into portal.template_applications (id, tenant_id, project_id, template_id, template_version, starts_on, applied_by,
               applied_at)
            values (@application, @tenant, @project, @template, @version, @start, @by, @now);
            insert into portal.milestones (id, tenant_id, project_id, application_id, name, description, starts_on, due_on, created_by,
               created_at, updated_at)
            select m.id, @tenant, @project, @application, m.name, m.description, m.starts_on, m.due_on, @by, @now, @now
              from unnest(@mIds, @mNames, @mDescriptions, @mStarts, @mDues) m (id, name, description, starts_on, due_on);
            insert into portal.tasks (id, tenant_id, project_id, milestone_id, title, description, priority, due_on, created_by,
               created_at, updated_at)
            select t.id, @tenant, @project, t.milestone_id, t.title, t.description, t.priority, t.due_on, @by, @now, @now
              from unnest(@tIds, @tMilestones, @tTitles, @tDescriptions, @tPriorities, @tDues) t (id, milestone_id, title, description,
                 priority, due_on);
            """, new
        {
            application,
            tenant,
            project,
            template = template.Id,
            version = template.Version,
            start,
            by = caller.User,
            now,
            mIds = plan.Select(p => p.Id).ToArray(),
            mNames = plan.Select(p => p.Item.Name).ToArray(),
            mDescriptions = plan.Select(p => p.Item.Description).ToArray(),
            mStarts = plan.Select(p => Day(start, p.Item.StartDay)).ToArray(),
            mDues = plan.Select(p => Day(start, p.Item.DueDay)).ToArray(),
            tIds = plan.SelectMany(p => p.TaskIds).ToArray(),
            tMilestones = plan.SelectMany(p => p.TaskIds.Select(_ => p.Id)).ToArray(),
            tTitles = plan.SelectMany(p => p.Item.Tasks).Select(t => t.Title).ToArray(),
            tDescriptions = plan.SelectMany(p => p.Item.Tasks).Select(t => t.Description).ToArray(),
            tPriorities = plan.SelectMany(p => p.Item.Tasks).Select(t => t.Priority).ToArray(),
            tDues = plan.SelectMany(p => p.Item.Tasks).Select(t => Day(start, t.DueDay)).ToArray(),
        });

        var applied = new AppliedTemplate(
            application, project, template.Id, template.Version, start, [.. plan.Select(p => p.Id)], [.. plan.SelectMany(p => p.TaskIds)]);
        await audit.WriteAsync(tx, tenant, Actor.From(caller),
            new AuditEntry("milestone_template_applied", "project", project.Value, null, new
            {
                applicationId = application,
                templateId = template.Id.Value,
                templateVersion = template.Version,
                startDate = start,
                milestoneIds = applied.MilestoneIds,
                taskIds = applied.TaskIds,
            }, "milestone_template_applied"));
        return applied;
    }

    /// <summary>Keys a millisecond apart, so that a list by creation keeps the order of the template.</summary>
    private static List<(Guid Id, TemplateMilestone Item, IReadOnlyList<Guid> TaskIds)> Planned(Template template, DateTimeOffset now)
    {
        var next = 0;
        return [.. template.Items.Select(item =>
            (
                Guid.CreateVersion7(now.AddMilliseconds(next++)), item, (IReadOnlyList<Guid>)[
                    .. item.Tasks.Select(_ => Guid.CreateVersion7(now.AddMilliseconds(next++)))
                ]))];
    }

    private static DateOnly? Day(DateOnly start, int? day) => day is { } days ? start.AddDays(days) : null;
}
