using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record UpdateTaskInput
{
    [Text(200)]
    public Change<string> Title { get; init; }

    [Text(10_000, Min = 0)]
    public Change<string> Description { get; init; }

    [OneOf(typeof(TaskPriority))]
    public Change<string> Priority { get; init; }

    [About("null: no due date.")]
    public Change<DateOnly?> DueDate { get; init; }

    [About("null: no milestone.")]
    public Change<Guid?> MilestoneId { get; init; }

    [Items(50), About("All assignees: a list is replaced as a whole.")]
    public Change<IReadOnlyList<Guid>> AssigneeIds { get; init; }

    internal TaskFields Onto(TaskItem was) => new(
        Title.Or(was.Title)!,
        Description.Or(was.Description)!,
        Priority.Or(was.Priority)!,
        DueDate.Or(was.DueOn),
        MilestoneId.IsSet ? MilestoneId.Value is { } id ? new MilestoneId(id) : null : was.MilestoneId,
        AssigneeIds.Or(null));
}

public sealed class UpdateTaskFunction(TaskStore tasks, Writes writes)
{
    [Function("UpdateTask")]
    [Allows(PortalAction.UpdateTask)]
    [Operation(
        "Update a task", Takes = typeof(UpdateTaskInput), Returns = typeof(TaskJson), NeedsMatch = true,
        Details = "Its status has an operation of its own.")]
    [Refuses(404, "not-found", "There is no such task.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/tasks/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<UpdateTaskInput>(request, async (tx, caller, input, version) =>
        {
            var result = await tasks.UpdateAsync(tx, caller.Tenant, caller, new TaskId(id), version, input.Onto);
            return result.Answer(task => Reply.Ok(TaskJson.From(task), task.Version));
        });
}

public sealed class DeleteTaskFunction(TaskStore tasks, Writes writes)
{
    [Function("DeleteTask")]
    [Allows(PortalAction.DeleteTask)]
    [Operation("Delete a pending task", Status = 204, NeedsMatch = true, Details = "Tasks that waited for it no longer do.")]
    [Refuses(404, "not-found", "There is no such task.")]
    [Refuses(409, "task-not-pending", "Somebody has begun; the detail names its status.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/tasks/{id:guid}")] HttpRequest request, Guid id) =>
        writes.DeleteAsync(request, async (tx, caller, version) =>
            await tasks.DeleteAsync(tx, caller.Tenant, caller, new TaskId(id), version) is { } refusal
                ? refusal.Problem()
                : Reply.NoContent);
}
