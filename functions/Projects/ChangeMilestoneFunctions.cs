using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record UpdateMilestoneInput
{
    [Text(200)]
    public Change<string> Name { get; init; }

    [Text(4000, Min = 0)]
    public Change<string> Description { get; init; }

    public Change<DateOnly?> StartDate { get; init; }

    public Change<DateOnly?> DueDate { get; init; }
}

public sealed class UpdateMilestoneFunction(MilestoneStore milestones, Writes writes)
{
    [Function("UpdateMilestone")]
    [Allows(PortalAction.UpdateMilestone)]
    [Operation("Update a milestone", Takes = typeof(UpdateMilestoneInput), Returns = typeof(MilestoneJson), NeedsMatch = true)]
    [Refuses(404, "not-found", "There is no such milestone.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/milestones/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<UpdateMilestoneInput>(request, async (tx, caller, input, version) =>
        {
            var result = await milestones.UpdateAsync(tx, caller.Tenant, caller, new MilestoneId(id), version, was => new(
                input.Name.Or(was.Name)!, input.Description.Or(was.Description)!, input.StartDate.Or(was.StartsOn),
                input.DueDate.Or(was.DueOn)));
            return result.Answer(milestone => Reply.Ok(MilestoneJson.From(milestone, caller), milestone.Version));
        });
}

public sealed record ScheduleMilestoneInput
{
    public Change<DateOnly?> StartDate { get; init; }

    public Change<DateOnly?> DueDate { get; init; }
}

/// <summary>The part of a milestone that Agency people may change, as an operation of its own: the permissions table stays the only
/// judge.</summary>
public sealed class ScheduleMilestoneFunction(MilestoneStore milestones, Writes writes)
{
    [Function("ScheduleMilestone")]
    [Allows(PortalAction.ScheduleMilestone)]
    [Operation("Update a milestone's dates", Takes = typeof(ScheduleMilestoneInput), Returns = typeof(MilestoneJson), NeedsMatch = true)]
    [Refuses(404, "not-found", "There is no such milestone.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/milestones/{id:guid}/dates")] HttpRequest request, Guid id) =>
        writes.PatchAsync<ScheduleMilestoneInput>(request, async (tx, caller, input, version) =>
        {
            var result = await milestones.UpdateAsync(tx, caller.Tenant, caller, new MilestoneId(id), version, was => new(
                was.Name, was.Description, input.StartDate.Or(was.StartsOn), input.DueDate.Or(was.DueOn)));
            return result.Answer(milestone => Reply.Ok(MilestoneJson.From(milestone, caller), milestone.Version));
        });
}

public sealed record MoveMilestoneInput
{
    [OneOf(typeof(MilestoneStatus))]
    public required string Status { get; init; }
}

public sealed class MoveMilestoneFunction(MilestoneStore milestones, Writes writes)
{
    [Function("MoveMilestone")]
    [Allows(PortalAction.MoveMilestone)]
    [Operation("Change a milestone's status", Takes = typeof(MoveMilestoneInput), Returns = typeof(MilestoneJson), TakesKey = true,
        Details = "planned ⇄ in_progress ⇄ done; planned → done. Its tasks keep theirs.")]
    [Refuses(404, "not-found", "There is no such milestone.")]
    [Refuses(409, "illegal-move", "Its present status, which the detail names, does not lead there.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/milestones/{id:guid}/status")] HttpRequest request, Guid id) =>
        writes.PostAsync<MoveMilestoneInput>(request, async (tx, caller, input) =>
        {
            var result = await milestones.MoveAsync(tx, caller.Tenant, caller, new MilestoneId(id), input.Status);
            return result.Answer(milestone => Reply.Ok(MilestoneJson.From(milestone, caller), milestone.Version));
        });
}

public sealed class DeleteMilestoneFunction(MilestoneStore milestones, Writes writes)
{
    [Function("DeleteMilestone")]
    [Allows(PortalAction.DeleteMilestone)]
    [Operation("Delete a milestone without tasks", Status = 204, NeedsMatch = true)]
    [Refuses(404, "not-found", "There is no such milestone.")]
    [Refuses(409, "milestone-has-tasks", "Tasks belong to it.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/milestones/{id:guid}")] HttpRequest request, Guid id) =>
        writes.DeleteAsync(request, async (tx, caller, version) =>
            await milestones.DeleteAsync(tx, caller.Tenant, caller, new MilestoneId(id), version) is { } refusal
                ? refusal.Problem()
                : Reply.NoContent);
}
