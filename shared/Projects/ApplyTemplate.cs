using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

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

        if (!wish.Again && await TemplateStore.IsAppliedAsync(tx, tenant, project, wish.Template))
        {
            return new Refusal.Conflict(
                "template-applied",
                "The project is seeded from this milestone template already. Send again: true to do it once more.");
        }

        return await SeedAsync(tx, tenant, caller, project, template, wish.StartDate);
    }

    private async Task<AppliedTemplate> SeedAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId project, Template template, DateOnly start)
    {
        var now = clock.GetUtcNow();
        var plan = Planned(template, now);
        var application = Guid.CreateVersion7(now);
        await TemplateStore.SeedAsync(
            tx, tenant, new(application, project, template.Id, template.Version, start, caller.User, now),
            [.. plan.Select(p => new SeededMilestone(
                p.Id, p.Item.Name, p.Item.Description, Day(start, p.Item.StartDay), Day(start, p.Item.DueDay)))],
            [.. plan.SelectMany(p => p.Item.Tasks.Zip(p.TaskIds, (task, id) => new SeededTask(
                id, p.Id, task.Title, task.Description, task.Priority, Day(start, task.DueDay))))]);
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
            }, EventType.TemplateApplied));
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
