using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Http;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed class CreateProjectFunction(ProjectStore projects)
{
    private const int MaxMembers = 200;

    [Function("CreateProject")]
    [Allows(PortalAction.CreateProject)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/projects")] HttpRequest request, CancellationToken ct)
    {
        var (body, problem) = await Body.ReadAsync(request);
        if (body is null)
        {
            return problem!;
        }

        var name = body.Text("name", 200);
        var description = body.OptionalText("description", 4000, allowEmpty: true) ?? "";
        var members = body.Keys("memberIds", MaxMembers);
        if (body.Fault() is { } fault)
        {
            return fault;
        }

        var caller = request.HttpContext.Caller();
        var project = await projects.CreateAsync(caller.Tenant, caller, name, description, members, ct);
        return project is null
            ? Problem.Invalid([new("/memberIds", "member", "memberIds must name active people of this portal who can work on projects.")])
            : Results.Created($"/api/projects/{project.Id}", ProjectJson.From(project));
    }
}
