using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record UpdateProjectInput
{
    [Text(200)]
    public Change<string> Name { get; init; }

    [Text(4000, Min = 0)]
    public Change<string> Description { get; init; }
}

public sealed class UpdateProjectFunction(ProjectStore projects, Writes writes)
{
    [Function("UpdateProject")]
    [Allows(PortalAction.UpdateProject)]
    [Operation("Update a project", Takes = typeof(UpdateProjectInput), Returns = typeof(ProjectJson), NeedsMatch = true)]
    [Refuses(404, "not-found", "There is no such project.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/projects/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<UpdateProjectInput>(request, async (tx, caller, input, version) =>
        {
            var result = await projects.UpdateAsync(
                tx, caller.Tenant, caller, new ProjectId(id), version, input.Name.Or(null), input.Description.Or(null));
            return result.Answer(project => Reply.Ok(ProjectJson.From(project, caller), project.Version));
        });
}

public sealed record MoveProjectInput
{
    [OneOf(ProjectStatus.Active, ProjectStatus.OnHold, ProjectStatus.Completed)]
    public required string Status { get; init; }
}

public sealed class MoveProjectFunction(ProjectStore projects, Writes writes)
{
    [Function("MoveProject")]
    [Allows(PortalAction.UpdateProject)]
    [Operation("Change a project's status", Takes = typeof(MoveProjectInput), Returns = typeof(ProjectJson), TakesKey = true,
        Details = "active ⇄ on_hold; active, on_hold → completed; completed → active.")]
    [Refuses(404, "not-found", "There is no such project.")]
    [Refuses(409, "illegal-move", "Its present status, which the detail names, does not lead there.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/projects/{id:guid}/status")] HttpRequest request, Guid id) =>
        writes.PostAsync<MoveProjectInput>(request, async (tx, caller, input) =>
        {
            var result = await projects.MoveAsync(tx, caller.Tenant, caller, new ProjectId(id), input.Status);
            return result.Answer(project => Reply.Ok(ProjectJson.From(project, caller), project.Version));
        });
}

public sealed class ArchiveProjectFunction(ProjectStore projects, Writes writes)
{
    [Function("ArchiveProject")]
    [Allows(PortalAction.ArchiveProject)]
    [Operation("Archive a project", Returns = typeof(ProjectJson), TakesKey = true,
        Details = "An archived project can be read; nothing in it can be changed any more.")]
    [Refuses(404, "not-found", "There is no such project.")]
    [Refuses(409, "illegal-move", "It is archived already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/projects/{id:guid}/archive")] HttpRequest request, Guid id) =>
        writes.PostAsync(request, async (tx, caller) =>
        {
            var result = await projects.MoveAsync(tx, caller.Tenant, caller, new ProjectId(id), ProjectStatus.Archived);
            return result.Answer(project => Reply.Ok(ProjectJson.From(project, caller), project.Version));
        });
}
