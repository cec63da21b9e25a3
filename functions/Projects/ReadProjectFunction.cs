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
    [Operation("Read a project", Returns = typeof(ProjectJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects/{id:guid}")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await projects.FindAsync(caller.Tenant, caller, new ProjectId(id), ct) is { } project
            ? Reply.Ok(ProjectJson.From(project), project.Version)
            : Problem.NotFound("project");
    }
}

public sealed class ListProjectsFunction(ProjectStore projects, Lists lists)
{
    private const string Name = "projects";

    [Function("ListProjects")]
    [Allows(PortalAction.ReadProject)]
    [Operation("List projects, newest first", Query = typeof(ListInput), Returns = typeof(PageOf<ProjectJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var rows = await projects.ListAsync(caller.Tenant, caller, page, ct);
        return lists.Page(request, rows, page, Name, p => Position.Of(p.CreatedAt, p.Id.Value), ProjectJson.From);
    }
}
