using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed class AddTaskDependencyFunction(TaskLinkStore links, Writes writes)
{
    [Function("AddTaskDependency")]
    [Allows(PortalAction.UpdateTask)]
    [Operation("Add a task dependency", Returns = typeof(TaskJson), Details = "Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such task, or the other one is not in its project.")]
    [Refuses(409, "dependency-circle", "The other one depends on this one, directly or through others.")]
    [Refuses(409, "too-many-dependencies", "It depends on 50 others already.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/tasks/{id:guid}/dependencies/{otherId:guid}")] HttpRequest request,
        Guid id,
        Guid otherId) =>
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
        {
            var result = await links.DependAsync(tx, caller.Tenant, caller, new TaskId(id), new TaskId(otherId));
            return result.Answer(task => Reply.Ok(TaskJson.From(task), task.Version));
        });
}

public sealed class RemoveTaskDependencyFunction(TaskLinkStore links, Writes writes)
{
    [Function("RemoveTaskDependency")]
    [Allows(PortalAction.UpdateTask)]
    [Operation("Remove a task dependency", Status = 204, Details = "Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such task.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/tasks/{id:guid}/dependencies/{otherId:guid}")]
        HttpRequest request,
        Guid id,
        Guid otherId) =>
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
            await links.UndependAsync(tx, caller.Tenant, caller, new TaskId(id), new TaskId(otherId)) is { } refusal
                ? refusal.Problem()
                : Reply.NoContent);
}
