using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>A milestone as the API shows it.</summary>
/// <param name="ApplicationId">The application of a template that it was seeded by.</param>
/// <param name="OpenTasks">Tasks of it that are not done, of <paramref name="Tasks"/>.</param>
public sealed record Milestone(
    MilestoneId Id, ProjectId ProjectId, Guid? ApplicationId, string Name, string Description, string Status, DateOnly? StartsOn,
    DateOnly? DueOn, UserId CreatedBy, string CreatedByName,
    int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Tasks, long OpenTasks);

/// <summary>What a milestone is to become; what is not named stays as it is.</summary>
public sealed record MilestoneFields(string Name, string Description, DateOnly? StartsOn, DateOnly? DueOn);

/// <summary>The statuses of a milestone and the moves between them (docs/states.md).</summary>
public static class MilestoneStatus
{
    public const string Planned = "planned";
    public const string InProgress = "in_progress";
    public const string Done = "done";

    /// <summary>From which statuses a milestone may become <paramref name="to"/>.</summary>
    public static IReadOnlyList<string> Before(string to) => to switch
    {
        Planned => [InProgress],
        InProgress => [Planned, Done],
        Done => [Planned, InProgress],
        _ => [],
    };
}
