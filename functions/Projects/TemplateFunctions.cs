using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record CreateTemplateInput : IChecked
{
    [Text(200)]
    public required string Name { get; init; }

    [Text(4000, Min = 0)]
    public string Description { get; init; } = "";

    [Items(50, Min = 1), About("The milestones, with their tasks.")]
    public required IReadOnlyList<TemplateMilestoneInput> Items { get; init; }

    public void Check(Faults faults, DateTimeOffset now) => TemplateLimits.Check(Items, faults);
}

public sealed class CreateTemplateFunction(TemplateStore templates, Writes writes)
{
    [Function("CreateMilestoneTemplate")]
    [Allows(PortalAction.ManageTemplates)]
    [Operation(
        "Create a milestone template", Takes = typeof(CreateTemplateInput), Returns = typeof(TemplateJson), Status = 201, TakesKey = true)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/milestone-templates")] HttpRequest request) =>
        writes.PostAsync<CreateTemplateInput>(request, async (tx, caller, input) =>
        {
            var template = await templates.CreateAsync(
                tx, caller.Tenant, caller, new(input.Name, input.Description, TemplateLimits.Read(input.Items)));
            return Reply.Created($"/api/milestone-templates/{template.Id}", TemplateJson.From(template), template.Latest);
        });
}

public sealed record ReadTemplateInput
{
    [Whole(1, int.MaxValue), About("Left out: the newest.")]
    public int? Version { get; init; }
}

public sealed class ReadTemplateFunction(TemplateStore templates, TimeProvider clock)
{
    [Function("ReadMilestoneTemplate")]
    [Allows(PortalAction.ReadTemplate)]
    [Operation("Read a milestone template, in any of its versions", Query = typeof(ReadTemplateInput), Returns = typeof(TemplateJson))]
    [Refuses(404, "not-found", "There is no such milestone template, or no such version of it.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/milestone-templates/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (query, problem) = Input.ReadQuery<ReadTemplateInput>(request, clock.GetUtcNow());
        if (query is null)
        {
            return problem!;
        }

        return await templates.FindAsync(request.HttpContext.Caller().Tenant, new TemplateId(id), query.Version, ct) is { } template
            ? Reply.Ok(TemplateJson.From(template), template.Latest)
            : Problem.NotFound("milestone template");
    }
}

public sealed record ListTemplatesInput : CountedListInput
{
    [OneOf(typeof(TemplateStatus))]
    public string Status { get; init; } = TemplateStatus.Active;

    [Text(100), About("Part of the name, in any case.")]
    public string? Q { get; init; }
}

public sealed class ListTemplatesFunction(TemplateStore templates, Lists lists)
{
    private const string Name = "milestone-templates";

    [Function("ListMilestoneTemplates")]
    [Allows(PortalAction.ReadTemplate)]
    [Operation("List milestone templates, newest first", Query = typeof(ListTemplatesInput), Returns = typeof(PageOf<TemplateJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/milestone-templates")] HttpRequest request,
        CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListTemplatesInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var rows = await templates.ListAsync(tenant, query.Status, query.Q, page, ct);
        long? total = query.Total ? await templates.CountAsync(tenant, query.Status, query.Q, ct) : null;
        return lists.Page(request, rows, page, Name, t => Position.Of(t.CreatedAt, t.Id.Value), TemplateJson.From, total: total);
    }
}
