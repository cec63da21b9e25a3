using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

/// <summary>A milestone on the wire.</summary>
public sealed record MilestoneJson(
    Guid Id,
    Guid ProjectId,
    [About("Set when a template made it: the id in the answer of apply-template.")] Guid? ApplicationId,
    string Name,
    string Description,
    [OneOf(typeof(MilestoneStatus))] string Status,
    DateOnly? StartDate,
    DateOnly? DueDate,
    Guid CreatedBy,
    string CreatedByName,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    [About("How many tasks belong to it; null for those who cannot read tasks.")] long? Tasks,
    [About("How many of them are not done; null likewise.")] long? OpenTasks)
{
    public static MilestoneJson From(Milestone m, Caller caller)
    {
        var counts = Permissions.Allows(PortalAction.ReadTask, caller.Role);
        return new(
            m.Id.Value, m.ProjectId.Value, m.ApplicationId, m.Name, m.Description, m.Status, m.StartsOn, m.DueOn, m.CreatedBy.Value,
            m.CreatedByName, m.Version, m.CreatedAt,
            m.UpdatedAt, counts ? m.Tasks : null, counts ? m.OpenTasks : null);
    }
}
