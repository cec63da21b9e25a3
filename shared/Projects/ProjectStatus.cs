namespace Portal.Projects;

/// <summary>The statuses of a project and the moves between them (docs/states.md).</summary>
public static class ProjectStatus
{
    public const string Active = "active";
    public const string OnHold = "on_hold";
    public const string Completed = "completed";
    public const string Archived = "archived";

    /// <summary>From which statuses a project may become <paramref name="to"/>.</summary>
    public static IReadOnlyList<string> Before(string to) => to switch
    {
        Active => [OnHold, Completed],
        OnHold => [Active],
        Completed => [Active, OnHold],
        Archived => [Active, OnHold, Completed],
        _ => [],
    };
}
