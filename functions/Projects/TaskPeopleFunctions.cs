using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed class AssignTaskFunction(TaskLinkStore links, Writes writes)
{
    [Function("AssignTask")]
    [Allows(PortalAction.UpdateTask)]
    [Operation("Assign a task", Returns = typeof(TaskJson), Details = "Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such task, or no such active person who can work on it.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/tasks/{id:guid}/assignees/{userId:guid}")] HttpRequest request,
        Guid id,
        Guid userId) =>
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
        {
            var result = await links.AssignAsync(tx, caller.Tenant, caller, new TaskId(id), new UserId(userId));
            return result.Answer(task => Reply.Ok(TaskJson.From(task), task.Version));
        });
}

public sealed class UnassignTaskFunction(TaskLinkStore links, Writes writes)
{
    [Function("UnassignTask")]
    [Allows(PortalAction.UpdateTask)]
    [Operation("Unassign a task", Status = 204, Details = "Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such task.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/tasks/{id:guid}/assignees/{userId:guid}")] HttpRequest request,
        Guid id,
        Guid userId) =>
        // Idempotent like a PUT: there is no version to name.
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
            await links.UnassignAsync(tx, caller.Tenant, caller, new TaskId(id), new UserId(userId)) is { } refusal
                ? refusal.Problem()
                : Reply.NoContent);
}

public sealed class WatchTaskFunction(TaskLinkStore links, Writes writes)
{
    [Function("WatchTask")]
    [Allows(PortalAction.UpdateTask)]
    [Operation("Watch a task", Returns = typeof(TaskJson), Details = "Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such task, or no such active person who can work on it.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/tasks/{id:guid}/watchers/{userId:guid}")] HttpRequest request,
        Guid id,
        Guid userId) =>
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
        {
            var result = await links.WatchAsync(tx, caller.Tenant, caller, new TaskId(id), new UserId(userId));
            return result.Answer(task => Reply.Ok(TaskJson.From(task), task.Version));
        });
}

public sealed class UnwatchTaskFunction(TaskLinkStore links, Writes writes)
{
    [Function("UnwatchTask")]
    [Allows(PortalAction.UpdateTask)]
    [Operation("Unwatch a task", Status = 204, Details = "Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such task.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/tasks/{id:guid}/watchers/{userId:guid}")] HttpRequest request,
        Guid id,
        Guid userId) =>
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
            await links.UnwatchAsync(tx, caller.Tenant, caller, new TaskId(id), new UserId(userId)) is { } refusal
                ? refusal.Problem()
                : Reply.NoContent);
}
