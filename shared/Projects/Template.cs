using Portal.Foundation.Identity;

namespace Portal.Projects;

/// <summary>One version of a milestone template. <paramref name="Status"/> is that of the template as a whole.</summary>
/// <param name="Version">The version read; <paramref name="Latest"/> is the one that a change must name.</param>
public sealed record Template(
    TemplateId Id, string Name, string Description, string Status, int Version, int Latest, IReadOnlyList<TemplateMilestone> Items,
    UserId CreatedBy, string CreatedByName,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A milestone to be. Days are counted from the start date, which is day 0.</summary>
public sealed record TemplateMilestone(string Name, string Description, int? StartDay, int? DueDay, IReadOnlyList<TemplateTask> Tasks);

/// <summary>A task to be.</summary>
public sealed record TemplateTask(string Title, string Description, int? DueDay, string Priority);

/// <summary>What makes up a version.</summary>
public sealed record TemplateContent(string Name, string Description, IReadOnlyList<TemplateMilestone> Items);

/// <summary>The statuses of a template.</summary>
public static class TemplateStatus
{
    public const string Active = "active";
    public const string Archived = "archived";
}
