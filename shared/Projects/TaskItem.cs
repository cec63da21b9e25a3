using System.ComponentModel;
using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>A task as the API shows it. Not called Task: that name is .NET's.</summary>
/// <param name="TitleKey">What the list by title is ordered by.</param>
public sealed record TaskItem(
    TaskId Id, ProjectId ProjectId, MilestoneId? MilestoneId, string Title, string Description, string Status, string Priority,
    DateOnly? DueOn, DateTimeOffset? DoneAt,
    UserId CreatedBy, string CreatedByName, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    Guid[] AssigneeIds, string[] AssigneeNames, Guid[] WatcherIds, string[] WatcherNames,
    Guid[] DependsOn, string TitleKey);

/// <summary>What people write into a task.</summary>
/// <param name="AssigneeIds">Null: as they are.</param>
public sealed record TaskFields(
    string Title, string Description, string Priority, DateOnly? DueOn, MilestoneId? MilestoneId, IReadOnlyList<Guid>? AssigneeIds);

/// <summary>The statuses of a task and the moves between them (docs/states.md).</summary>
[DisplayName("TaskStatus")]
public static class TaskItemStatus
{
    public const string Pending = "pending";
    public const string InProgress = "in_progress";
    public const string Blocked = "blocked";
    public const string Done = "done";

    /// <summary>From which statuses a task may become <paramref name="to"/>.</summary>
    public static IReadOnlyList<string> Before(string to) => to switch
    {
        Pending => [InProgress],
        InProgress => [Pending, Blocked, Done],
        Blocked => [InProgress],
        Done => [Pending, InProgress, Blocked],
        _ => [],
    };
}

/// <summary>How much a task matters. The list orders by the rank that the table makes of it.</summary>
public static class TaskPriority
{
    public const string Low = "low";
    public const string Normal = "normal";
    public const string High = "high";
    public const string Urgent = "urgent";

    internal static int Rank(string priority) => priority switch
    {
        Low => 1,
        Normal => 2,
        High => 3,
        _ => 4,
    };
}
