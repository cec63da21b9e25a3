using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

/// <summary>Whether somebody may come in.</summary>
public static class UserStatus
{
    public static IReadOnlyList<string> All { get; } = ["active", "deactivated"];
}

/// <summary>A person of the portal on the wire, for its Admins.</summary>
public sealed record UserJson(
    Guid Id, string Name, string Email, [OneOf(typeof(Role))] string Role, [OneOf(typeof(UserStatus))] string Status, int Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static UserJson From(User u) => new(u.Id.Value, u.Name, u.Email, u.Role, u.Status, u.Version, u.CreatedAt, u.UpdatedAt);

    internal static Reply Reply(User u) => Foundation.Http.Reply.Ok(From(u), u.Version);
}

public sealed record ListUsersInput : CountedListInput
{
    [OneOf(typeof(Role))]
    public string? Role { get; init; }

    [OneOf(typeof(UserStatus))]
    public string? Status { get; init; }

    [Text(100), About("Part of a name or an e-mail address, whatever its case.")]
    public string? Q { get; init; }

    [OneOf("newest", "name")]
    public string Sort { get; init; } = "newest";

    protected override bool IsDescending => Sort == "newest";
}

public sealed record UpdateUserInput
{
    [OneOf(typeof(Role))]
    public required string Role { get; init; }
}

public sealed class ListUsersFunction(UserStore users, Lists lists)
{
    [Function("ListUsers")]
    [Allows(PortalAction.ReadUser)]
    [Operation("List users", Query = typeof(ListUsersInput), Returns = typeof(PageOf<UserJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/users")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListUsersInput>(request, q => $"users:{q.Sort}");
        if (query is null)
        {
            return problem!;
        }

        var byName = query.Sort == "name";
        var filter = new UserFilter(query.Role, query.Status, query.Q);
        var rows = await users.ListAsync(caller.Tenant, caller, filter, byName, page, ct);
        long? total = query.Total ? await users.CountAsync(caller.Tenant, caller, filter, ct) : null;
        return lists.Page(
            request, rows, page, $"users:{query.Sort}", u => byName
                ? new Position(u.SortName, u.Id.Value)
                : Position.Of(u.CreatedAt, u.Id.Value), UserJson.From, total: total);
    }
}

public sealed class ReadUserFunction(UserStore users)
{
    [Function("ReadUser")]
    [Allows(PortalAction.ReadUser)]
    [Operation("Read a user", Returns = typeof(UserJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/users/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await users.FindAsync(caller.Tenant, caller, new UserId(id), ct) is { } user
            ? UserJson.Reply(user)
            : Problem.NotFound("user");
    }
}

public sealed class UpdateUserFunction(UserStore users, Writes writes)
{
    [Function("UpdateUser")]
    [Allows(PortalAction.UpdateUser)]
    [Operation("Change a user's role", Takes = typeof(UpdateUserInput), Returns = typeof(UserJson), NeedsMatch = true)]
    [Refuses(404, "not-found", "There is no such user.")]
    [Refuses(409, "last-admin", "Nobody else would be an active Admin.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/users/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<UpdateUserInput>(request, async (tx, caller, input, version) =>
            (await users.ChangeRoleAsync(tx, caller.Tenant, caller, new UserId(id), version, input.Role)).Answer(UserJson.Reply));
}

public sealed class DeactivateUserFunction(UserStore users, Writes writes)
{
    [Function("DeactivateUser")]
    [Allows(PortalAction.DeactivateUser)]
    [Operation(
        "Deactivate a user", Returns = typeof(UserJson), TakesKey = true,
        Details = "Their next request is refused, whatever their session says.")]
    [Refuses(404, "not-found", "There is no such user.")]
    [Refuses(409, "user-not-active", "They are deactivated already.")]
    [Refuses(409, "last-admin", "Nobody else would be an active Admin.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/users/{id:guid}/deactivate")] HttpRequest request, Guid id) =>
        writes.PostAsync(
            request, async (tx, caller) =>
                (await users.DeactivateAsync(tx, caller.Tenant, caller, new UserId(id))).Answer(UserJson.Reply));
}

public sealed class ReactivateUserFunction(UserStore users, Writes writes)
{
    [Function("ReactivateUser")]
    [Allows(PortalAction.DeactivateUser)]
    [Operation("Reactivate a user", Returns = typeof(UserJson), TakesKey = true)]
    [Refuses(404, "not-found", "There is no such user.")]
    [Refuses(409, "user-not-deactivated", "They are active.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/users/{id:guid}/reactivate")] HttpRequest request, Guid id) =>
        writes.PostAsync(
            request, async (tx, caller) =>
                (await users.ReactivateAsync(tx, caller.Tenant, caller, new UserId(id))).Answer(UserJson.Reply));
}
