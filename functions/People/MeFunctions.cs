using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

/// <summary>The tenant as everybody in it sees it.</summary>
public sealed record MyTenantJson(Guid Id, string Name, string TimeZone, string? LogoUrl, string? AccentColor);

/// <summary>Whether I hear of one type of event, by which channel.</summary>
public sealed record PreferenceJson([OneOf(typeof(NotificationTypes))] string Type, bool InApp, bool Email);

/// <summary>I, as I see myself.</summary>
/// <param name="Allowed">The actions of the permissions table that my role may do.</param>
/// <param name="Notifications">Every type there is.</param>
public sealed record MeJson(
    Guid Id, string Name, string Email, [OneOf(typeof(Role))] string Role, DateTimeOffset CreatedAt, MyTenantJson Tenant,
    [OneOf(typeof(PortalAction))] IReadOnlyList<string> Allowed,
    IReadOnlyList<PreferenceJson> Notifications, IReadOnlyList<Guid> MutedProjectIds)
{
    public static MeJson From(Profile p)
    {
        var chosen = p.Notifications.ToDictionary(n => n.Type, StringComparer.Ordinal);
        return new(
            p.Id.Value, p.Name, p.Email, p.Role, p.CreatedAt, new(p.TenantId.Value, p.TenantName, p.TimeZone, p.LogoUrl, p.AccentColor),
            [.. Permissions.Of(p.Role).Select(action => action.ToString())],
            [
                .. NotificationTypes.All.Select(
                    type =>
                        chosen.TryGetValue(type, out var n)
                            ? new PreferenceJson(type, n.InApp, n.Email)
                            : new PreferenceJson(type, true, true))
            ],
            p.MutedProjects);
    }
}

public sealed record PreferenceInput
{
    [OneOf(typeof(NotificationTypes)), About("A type of event.", Example = "\"comment_added\"")]
    public required string Type { get; init; }

    public bool InApp { get; init; } = true;

    public bool Email { get; init; } = true;
}

public sealed record UpdateMeInput : IChecked
{
    [Text(200)]
    public Change<string> Name { get; init; }

    [Items(50), About("All of them: a type that is left out is on again, on both channels.")]
    public Change<IReadOnlyList<PreferenceInput>> Notifications { get; init; }

    [Items(200), About("All of them: projects I do not want to hear of.")]
    public Change<IReadOnlyList<Guid>> MutedProjectIds { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        var types = Notifications.Value?.Select(n => n.Type).ToList() ?? [];
        if (types.Distinct().Count() < types.Count)
        {
            faults.Add("notifications", "once", "must not name the same type twice.");
        }
    }
}

public sealed class ReadMeFunction(ProfileStore profiles)
{
    [Function("ReadMe")]
    [Allows(PortalAction.ReadMe)]
    [Operation("Read my profile and permissions", Returns = typeof(MeJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/me")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await profiles.FindAsync(caller.Tenant, caller, ct) is { } me ? Reply.Ok(MeJson.From(me)) : Problem.NotFound("user");
    }
}

public sealed class UpdateMeFunction(ProfileStore profiles, Writes writes)
{
    [Function("UpdateMe")]
    [Allows(PortalAction.UpdateMe)]
    [Operation("Update my profile and notification preferences", Takes = typeof(UpdateMeInput), Returns = typeof(MeJson))]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/me")] HttpRequest request) =>
        writes.PutAsync<UpdateMeInput>(request, async (tx, caller, input) =>
        {
            if (await profiles.FindAsync(tx, caller.Tenant, caller) is not { } before)
            {
                return Problem.NotFound("user");
            }

            if (input.Name is { IsSet: true, Value: { } name } && name != before.Name)
            {
                await profiles.RenameAsync(tx, caller.Tenant, caller, before, name);
            }

            if (input.Notifications is { IsSet: true, Value: { } wanted })
            {
                await profiles.PreferAsync(
                    tx, caller.Tenant, caller, before, [.. wanted.Select(n => new NotificationPreference(n.Type, n.InApp, n.Email))]);
            }

            if (input.MutedProjectIds is { IsSet: true, Value: { } muted }
                && await profiles.MuteAsync(tx, caller.Tenant, caller, before, muted) is { } refusal)
            {
                return refusal.Problem();
            }

            return Reply.Ok(MeJson.From(await profiles.FindAsync(tx, caller.Tenant, caller) ?? before));
        });
}
