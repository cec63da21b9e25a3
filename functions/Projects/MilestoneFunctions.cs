using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record CreateMilestoneInput : IChecked
{
    public required Guid ProjectId { get; init; }

    [Text(200)]
    public required string Name { get; init; }

    [Text(4000, Min = 0)]
    public string Description { get; init; } = "";

    public DateOnly? StartDate { get; init; }

    public DateOnly? DueDate { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (StartDate > DueDate)
        {
            faults.Add("dueDate", "order", "must not be before startDate.");
        }
    }
}

public sealed class CreateMilestoneFunction(MilestoneStore milestones, Writes writes)
{
    [Function("CreateMilestone")]
    [Allows(PortalAction.CreateMilestone)]
    [Operation("Create a milestone", Takes = typeof(CreateMilestoneInput), Returns = typeof(MilestoneJson), Status = 201, TakesKey = true)]
    [Refuses(404, "not-found", "There is no such project.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/milestones")] HttpRequest request) =>
        writes.PostAsync<CreateMilestoneInput>(request, async (tx, caller, input) =>
        {
            var fields = new MilestoneFields(input.Name, input.Description, input.StartDate, input.DueDate);
            var result = await milestones.CreateAsync(tx, caller.Tenant, caller, new ProjectId(input.ProjectId), fields);
            return result.Answer(
                milestone => Reply.Created($"/api/milestones/{milestone.Id}", MilestoneJson.From(milestone, caller), milestone.Version));
        });
}

public sealed class ReadMilestoneFunction(MilestoneStore milestones)
{
    [Function("ReadMilestone")]
    [Allows(PortalAction.ReadMilestone)]
    [Operation("Read a milestone", Returns = typeof(MilestoneJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/milestones/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await milestones.FindAsync(caller.Tenant, caller, new MilestoneId(id), ct) is { } milestone
            ? Reply.Ok(MilestoneJson.From(milestone, caller), milestone.Version)
            : Problem.NotFound("milestone");
    }
}

public sealed record ListMilestonesInput : CountedListInput
{
    public Guid? ProjectId { get; init; }

    [OneOf(typeof(MilestoneStatus)), Items(3, Min = 1)]
    public IReadOnlyList<string>? Status { get; init; }

    [About("Due earlier than this day.")]
    public DateOnly? DueBefore { get; init; }

    protected override bool IsDescending => false;
}

public sealed class ListMilestonesFunction(MilestoneStore milestones, Lists lists)
{
    private const string Name = "milestones:due";

    [Function("ListMilestones")]
    [Allows(PortalAction.ReadMilestone)]
    [Operation(
        "List milestones, earliest due date first, those without one last", Query = typeof(ListMilestonesInput),
        Returns = typeof(PageOf<MilestoneJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/milestones")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListMilestonesInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var filter = new MilestoneFilter(query.ProjectId is { } project ? new ProjectId(project) : null, query.Status, query.DueBefore);
        var rows = await milestones.ListAsync(caller.Tenant, caller, filter, page, ct);
        long? total = query.Total ? await milestones.CountAsync(caller.Tenant, caller, filter, ct) : null;
        return lists.Page(request, rows, page, Name, MilestoneStore.PositionOf, m => MilestoneJson.From(m, caller), total: total);
    }
}
