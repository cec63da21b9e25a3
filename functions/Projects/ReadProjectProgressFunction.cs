using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Projects;

namespace Portal.Functions.Projects;

/// <param name="Percent">Of tasks that are done, rounded down; 0 without tasks.</param>
public sealed record ProjectProgressJson(Guid ProjectId, int Tasks, int Done, int Percent)
{
    public static ProjectProgressJson From(ProjectProgress p) =>
        new(p.Id.Value, p.Tasks, p.Done, p.Tasks == 0 ? 0 : 100 * p.Done / p.Tasks);
}

public sealed class ReadProjectProgressFunction(ProjectProgressStore progress)
{
    [Function("ReadProjectProgress")]
    [Allows(PortalAction.ReadProject)]
    [Operation(
        "Read a project's progress", Returns = typeof(ProjectProgressJson),
        Details = "Counted from events: a few seconds behind the tasks themselves.")]
    [Refuses(404, "not-found", "There is no such project.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects/{id:guid}/progress")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await progress.FindAsync(caller.Tenant, caller, new ProjectId(id), ct) is { } found
            ? Reply.Ok(ProjectProgressJson.From(found))
            : Problem.NotFound("project");
    }
}
