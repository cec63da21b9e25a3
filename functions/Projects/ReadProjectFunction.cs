using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Db;
using Portal.Functions.Http;
using Portal.Paging;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed class ReadProjectFunction(ProjectStore projects)
{
    [Function("ReadProject")]
    [Allows(PortalAction.ReadProject)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects/{id:guid}")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await projects.FindAsync(caller.Tenant, caller, new ProjectId(id), ct) is { } project
            ? Results.Ok(ProjectJson.From(project))
            : Problem.NotFound("project");
    }
}

public sealed class ListProjectsFunction(ProjectStore projects, Cursors cursors)
{
    [Function("ListProjects")]
    [Allows(PortalAction.ReadProject)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (page, problem) = ListQuery.Read(request, cursors, caller.Tenant.Value, "projects");
        if (problem is not null)
        {
            return problem;
        }

        var rows = await projects.ListAsync(caller.Tenant, caller, page, ct);
        return Results.Ok(cursors.Cut(rows, page, caller.Tenant.Value, "projects", p => new(p.CreatedAt, p.Id.Value)).Map(ProjectJson.From));
    }
}
