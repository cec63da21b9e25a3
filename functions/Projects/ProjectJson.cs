using Portal.Projects;

namespace Portal.Functions.Projects;

/// <summary>A project on the wire.</summary>
public sealed record ProjectJson(
    Guid Id, string Name, string Description, string Status, Guid CreatedBy, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ProjectJson From(Project p) =>
        new(p.Id.Value, p.Name, p.Description, p.Status, p.CreatedBy.Value, p.Version, p.CreatedAt, p.UpdatedAt);
}
