using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record ChangeTaskStatusInput
{
    [OneOf(typeof(TaskItemStatus))]
    public required string Status { get; init; }
}

public sealed class ChangeTaskStatusFunction(ChangeTaskStatuses move, Writes writes)
{
    [Function("ChangeTaskStatus")]
    [Allows(PortalAction.ChangeTaskStatus)]
    [Operation("Change a task's status", Takes = typeof(ChangeTaskStatusInput), Returns = typeof(TaskJson), TakesKey = true,
        Details = "pending ⇄ in_progress ⇄ blocked; pending, in_progress, blocked → done; done → in_progress.")]
    [Refuses(404, "not-found", "There is no such task.")]
    [Refuses(409, "illegal-move", "Its present status, which the detail names, does not lead there.")]
    [Refuses(409, "dependencies-unfinished", "It cannot be done before those that it depends on.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/tasks/{id:guid}/status")] HttpRequest request, Guid id) =>
        writes.PostAsync<ChangeTaskStatusInput>(request, async (tx, caller, input) =>
        {
            var result = await move.OneAsync(tx, caller.Tenant, caller, new TaskId(id), input.Status);
            return result.Answer(task => Reply.Ok(TaskJson.From(task), task.Version));
        });
}

public sealed record ChangeTaskStatusesInput
{
    [Items(100, Min = 1), About("Up to 100 tasks, of any projects.")]
    public required IReadOnlyList<Guid> Ids { get; init; }

    [OneOf(typeof(TaskItemStatus))]
    public required string Status { get; init; }
}

/// <summary>The tasks that were moved, in the order asked for.</summary>
public sealed record MovedTasksJson(IReadOnlyList<TaskJson> Items);

public sealed class ChangeTaskStatusesFunction(ChangeTaskStatuses move, Writes writes)
{
    [Function("ChangeTaskStatuses")]
    [Allows(PortalAction.ChangeTaskStatus)]
    [Operation("Change the status of several tasks", Takes = typeof(ChangeTaskStatusesInput), Returns = typeof(MovedTasksJson),
        TakesKey = true,
        Details = "Tasks that are moved to done together may depend on each other.")]
    [Refuses(
        409, "bulk-refused",
        "errors lists each task that stands in the way, by its place in ids, with the reason as its rule. None was moved.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/tasks/bulk-status")] HttpRequest request) =>
        writes.PostAsync<ChangeTaskStatusesInput>(request, async (tx, caller, input) =>
        {
            var result = await move.ManyAsync(tx, caller.Tenant, caller, input.Ids, input.Status);
            return result.Answer(tasks => Reply.Ok(new MovedTasksJson([.. tasks.Select(TaskJson.From)])));
        });
}
