using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed class ReadProjectFunction(ProjectStore projects)
{
    [Function("ReadProject")]
    [Allows(PortalAction.ReadProject)]
    [Operation("Read a project", Returns = typeof(ProjectJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await projects.FindAsync(caller.Tenant, caller, new ProjectId(id), ct) is { } project
            ? Reply.Ok(ProjectJson.From(project, caller), project.Version)
            : Problem.NotFound("project");
    }
}

public sealed record ListProjectsInput : CountedListInput
{
    [OneOf(typeof(ProjectStatus)), Items(4, Min = 1), About("Left out: all but archived ones.")]
    public IReadOnlyList<string>? Status { get; init; }

    [Text(100), About("Part of the name, in any case.")]
    public string? Q { get; init; }

    [About("Projects that this person works on.")]
    public Guid? MemberId { get; init; }

    [OneOf(ProjectListQuery.Newest, ProjectListQuery.ByName), About("newest: newest first; name: by name, without regard to case.")]
    public string Sort { get; init; } = ProjectListQuery.Newest;

    protected override bool IsDescending => Sort == ProjectListQuery.Newest;
}

public sealed class ListProjectsFunction(ProjectListQuery projects, Lists lists)
{
    [Function("ListProjects")]
    [Allows(PortalAction.ReadProject)]
    [Operation("List projects", Query = typeof(ListProjectsInput), Returns = typeof(PageOf<ProjectJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListProjectsInput>(request, Name);
        if (query is null)
        {
            return problem!;
        }

        var filter = new ProjectFilter(query.Status, query.Q, query.MemberId is { } member ? new UserId(member) : null);
        var rows = await projects.ReadAsync(caller.Tenant, caller, filter, query.Sort, page, ct);
        long? total = query.Total ? await projects.CountAsync(caller.Tenant, caller, filter, ct) : null;
        return lists.Page(
            request, rows, page, Name(query), p => ProjectListQuery.PositionOf(p, query.Sort), p => ProjectJson.From(p, caller),
            total: total);
    }

    private static string Name(ListProjectsInput query) => $"projects:{query.Sort}";
}
