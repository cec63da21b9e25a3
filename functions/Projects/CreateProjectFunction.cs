using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record CreateProjectInput
{
    [Text(200), About("What people call it.", Example = "\"Autumn campaign\"")]
    public required string Name { get; init; }

    [Text(4000, Min = 0)]
    public string Description { get; init; } = "";

    [Items(200), About("People of the portal who work on it.")]
    public IReadOnlyList<Guid> MemberIds { get; init; } = [];
}

public sealed class CreateProjectFunction(ProjectStore projects, Writes writes)
{
    [Function("CreateProject")]
    [Allows(PortalAction.CreateProject)]
    [Operation("Create a project", Takes = typeof(CreateProjectInput), Returns = typeof(ProjectJson), Status = 201, TakesKey = true)]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/projects")] HttpRequest request) =>
        writes.PostAsync<CreateProjectInput>(request, async (tx, caller, input) =>
        {
            var project = await projects.CreateAsync(tx, caller.Tenant, caller, input.Name, input.Description, input.MemberIds);
            return project is null
                ? Problem.Invalid(
                    [new("/memberIds", "member", "memberIds must name active people of this portal who can work on projects.")])
                : Reply.Created($"/api/projects/{project.Id}", ProjectJson.From(project, caller), project.Version);
        });
}
