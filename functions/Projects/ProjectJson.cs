using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

/// <summary>A project on the wire.</summary>
public sealed record ProjectJson(
    Guid Id,
    string Name,
    string Description,
    [OneOf(typeof(ProjectStatus))] string Status,
    Guid CreatedBy,
    string CreatedByName,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    [About("How many people work on it.")] long Members,
    [About("How many of its tasks are not done; null for those who cannot read tasks.")] long? OpenTasks)
{
    public static ProjectJson From(Project p, Caller caller) => new(
        p.Id.Value, p.Name, p.Description, p.Status, p.CreatedBy.Value, p.CreatedByName, p.Version, p.CreatedAt, p.UpdatedAt,
        p.Members, Permissions.Allows(PortalAction.ReadTask, caller.Role) ? p.OpenTasks : null);
}

/// <summary>Somebody who works on a project, as everybody in it sees them.</summary>
public sealed record ProjectMemberJson(Guid UserId, string Name, [OneOf(typeof(Role))] string Role, DateTimeOffset AddedAt)
{
    public static ProjectMemberJson From(ProjectMember m) => new(m.UserId.Value, m.Name, m.Role, m.AddedAt);
}
