using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

/// <summary>A task on the wire.</summary>
public sealed record TaskJson(
    Guid Id,
    Guid ProjectId,
    Guid? MilestoneId,
    string Title,
    string Description,
    [OneOf(typeof(TaskItemStatus))] string Status,
    [OneOf(typeof(TaskPriority))] string Priority,
    DateOnly? DueDate,
    [About("When it was done; null while it is not.")] DateTimeOffset? DoneAt,
    [About("Who works on it.")] IReadOnlyList<Guid> AssigneeIds,
    [About("In the order of assigneeIds.")] IReadOnlyList<string> AssigneeNames,
    [About("Who hears of its status.")] IReadOnlyList<Guid> WatcherIds,
    [About("In the order of watcherIds.")] IReadOnlyList<string> WatcherNames,
    [About("Tasks that must be done before this one.")] IReadOnlyList<Guid> DependsOn,
    Guid CreatedBy,
    string CreatedByName,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static TaskJson From(TaskItem t) => new(
        t.Id.Value, t.ProjectId.Value, t.MilestoneId?.Value, t.Title, t.Description, t.Status, t.Priority, t.DueOn, t.DoneAt,
        t.AssigneeIds, t.AssigneeNames, t.WatcherIds, t.WatcherNames, t.DependsOn,
        t.CreatedBy.Value, t.CreatedByName, t.Version, t.CreatedAt, t.UpdatedAt);
}
