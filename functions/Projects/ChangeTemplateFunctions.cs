using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record EditTemplateInput : IChecked
{
    [Text(200)]
    public Change<string> Name { get; init; }

    [Text(4000, Min = 0)]
    public Change<string> Description { get; init; }

    [Items(50, Min = 1), About("All milestones: a list is replaced as a whole.")]
    public Change<IReadOnlyList<TemplateMilestoneInput>> Items { get; init; }

    public void Check(Faults faults, DateTimeOffset now) => TemplateLimits.Check(Items.Or([])!, faults);
}

public sealed class EditTemplateFunction(TemplateStore templates, Writes writes)
{
    [Function("EditMilestoneTemplate")]
    [Allows(PortalAction.ManageTemplates)]
    [Operation("Create a new version of a milestone template", Takes = typeof(EditTemplateInput), Returns = typeof(TemplateJson),
        NeedsMatch = true,
        Details = "What was seeded from earlier versions stays as it is, and those versions stay readable.")]
    [Refuses(404, "not-found", "There is no such milestone template.")]
    [Refuses(409, "template-archived", "It is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/milestone-templates/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<EditTemplateInput>(request, async (tx, caller, input, version) =>
        {
            var result = await templates.EditAsync(tx, caller.Tenant, caller, new TemplateId(id), version, was => new(
                input.Name.Or(was.Name)!, input.Description.Or(was.Description)!, input.Items.IsSet
                    ? TemplateLimits.Read(input.Items.Value!)
                    : was.Items));
            return result.Answer(template => Reply.Ok(TemplateJson.From(template), template.Latest));
        });
}

public sealed class ArchiveTemplateFunction(TemplateStore templates, Writes writes)
{
    [Function("ArchiveMilestoneTemplate")]
    [Allows(PortalAction.ManageTemplates)]
    [Operation(
        "Archive a milestone template", Returns = typeof(TemplateJson), TakesKey = true,
        Details = "It can be read, but no longer be edited or applied.")]
    [Refuses(404, "not-found", "There is no such milestone template.")]
    [Refuses(409, "illegal-move", "It is archived already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/milestone-templates/{id:guid}/archive")] HttpRequest request,
        Guid id) =>
        writes.PostAsync(request, async (tx, caller) =>
        {
            var result = await templates.ArchiveAsync(tx, caller.Tenant, caller, new TemplateId(id));
            return result.Answer(template => Reply.Ok(TemplateJson.From(template), template.Latest));
        });
}

public sealed record ApplyTemplateInput
{
    public required Guid TemplateId { get; init; }

    [About("Day 0 of the template.", Example = "\"2026-03-02\"")]
    public required DateOnly StartDate { get; init; }

    [About("true: although this template was applied to the project before; everything is made once more.")]
    public bool Again { get; init; }
}

/// <summary>What a template made in a project, on the wire.</summary>
public sealed record AppliedTemplateJson(
    Guid Id, Guid ProjectId, Guid TemplateId, int TemplateVersion, DateOnly StartDate, IReadOnlyList<Guid> MilestoneIds,
    IReadOnlyList<Guid> TaskIds)
{
    public static AppliedTemplateJson From(AppliedTemplate a) =>
        new(a.Id, a.ProjectId.Value, a.TemplateId.Value, a.TemplateVersion, a.StartDate, a.MilestoneIds, a.TaskIds);
}

public sealed class ApplyTemplateFunction(ApplyTemplate apply, Writes writes)
{
    [Function("ApplyMilestoneTemplate")]
    [Allows(PortalAction.ApplyTemplate)]
    [Operation("Apply a milestone template to a project", Takes = typeof(ApplyTemplateInput), Returns = typeof(AppliedTemplateJson),
        Status = 201, TakesKey = true,
        Details = "Makes the milestones and tasks of the newest version, all or none.")]
    [Refuses(404, "not-found", "There is no such project.")]
    [Refuses(409, "template-applied", "The project was seeded from this template before, and again was not asked for.")]
    [Refuses(409, "template-archived", "The template is archived.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/projects/{id:guid}/apply-template")] HttpRequest request,
        Guid id) =>
        writes.PostAsync<ApplyTemplateInput>(request, async (tx, caller, input) =>
        {
            var wish = new TemplateWish(new TemplateId(input.TemplateId), input.StartDate, input.Again);
            var result = await apply.RunAsync(tx, caller.Tenant, caller, new ProjectId(id), wish);
            return result.Answer(applied => Reply.Created($"/api/milestones?projectId={id}", AppliedTemplateJson.From(applied)));
        });
}
