using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record ListProjectMembersInput : CountedListInput
{
    protected override bool IsDescending => false;
}

public sealed class ListProjectMembersFunction(ProjectStore projects, MemberStore members, Lists lists)
{
    [Function("ListProjectMembers")]
    [Allows(PortalAction.ReadProject)]
    [Operation(
        "List project members in the order they were added", Query = typeof(ListProjectMembersInput),
        Returns = typeof(PageOf<ProjectMemberJson>))]
    [Refuses(404, "not-found", "There is no such project.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/projects/{id:guid}/members")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var name = $"project-members:{id}";
        var (query, page, problem) = lists.Read<ListProjectMembersInput>(request, _ => name);
        if (query is null)
        {
            return problem!;
        }

        if (await projects.FindAsync(caller.Tenant, caller, new ProjectId(id), ct) is null)
        {
            return Problem.NotFound("project");
        }

        var rows = await members.ListAsync(caller.Tenant, new ProjectId(id), page, ct);
        long? total = query.Total ? await members.CountAsync(caller.Tenant, new ProjectId(id), ct) : null;
        return lists.Page(
            request, rows, page, name, m => Position.Of(m.AddedAt, m.UserId.Value), ProjectMemberJson.From, total: total);
    }
}

public sealed class AddProjectMemberFunction(MemberStore members, Writes writes)
{
    [Function("AddProjectMember")]
    [Allows(PortalAction.ManageProjectMembers)]
    [Operation("Add a project member", Returns = typeof(ProjectMemberJson), Details = "Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such project, or no such active person who can work on projects.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/projects/{id:guid}/members/{userId:guid}")] HttpRequest request,
        Guid id,
        Guid userId) =>
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
        {
            var result = await members.AddAsync(tx, caller.Tenant, caller, new ProjectId(id), new UserId(userId));
            return result.Answer(member => Reply.Ok(ProjectMemberJson.From(member)));
        });
}

public sealed class RemoveProjectMemberFunction(MemberStore members, Writes writes)
{
    [Function("RemoveProjectMember")]
    [Allows(PortalAction.ManageProjectMembers)]
    [Operation("Remove a project member", Status = 204, Details = "They are taken off its tasks too. Saying it again changes nothing.")]
    [Refuses(404, "not-found", "There is no such project.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/projects/{id:guid}/members/{userId:guid}")] HttpRequest request,
        Guid id,
        Guid userId) =>
        // Idempotent like a PUT: there is no version of a membership to name.
        writes.PutAsync<NothingInput>(request, async (tx, caller, _) =>
            await members.RemoveAsync(tx, caller.Tenant, caller, new ProjectId(id), new UserId(userId)) is { } refusal
                ? refusal.Problem()
                : Reply.NoContent);
}
