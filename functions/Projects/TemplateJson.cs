using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

/// <summary>A milestone template on the wire, in one of its versions.</summary>
public sealed record TemplateJson(
    Guid Id,
    string Name,
    string Description,
    [OneOf(typeof(TemplateStatus))] string Status,
    [About("The version shown.")] int Version,
    [About("The newest version: the one that a change starts from.")] int LatestVersion,
    IReadOnlyList<TemplateMilestoneJson> Items,
    Guid CreatedBy,
    string CreatedByName,
    DateTimeOffset CreatedAt,
    [About("When this version was made.")] DateTimeOffset UpdatedAt)
{
    public static TemplateJson From(Template t) => new(
        t.Id.Value, t.Name, t.Description, t.Status, t.Version, t.Latest, [
            .. t.Items.Select(TemplateMilestoneJson.From)
        ], t.CreatedBy.Value, t.CreatedByName, t.CreatedAt, t.UpdatedAt);
}

public sealed record TemplateMilestoneJson(
    string Name, string Description, int? StartDay, int? DueDay, IReadOnlyList<TemplateTaskJson> Tasks)
{
    public static TemplateMilestoneJson From(TemplateMilestone m) =>
        new(
            m.Name, m.Description, m.StartDay, m.DueDay, [
                .. m.Tasks.Select(t => new TemplateTaskJson(t.Title, t.Description, t.DueDay, t.Priority))
            ]);
}

public sealed record TemplateTaskJson(string Title, string Description, int? DueDay, [OneOf(typeof(TaskPriority))] string Priority);

public sealed record TemplateMilestoneInput
{
    [Text(200)]
    public required string Name { get; init; }

    [Text(4000, Min = 0)]
    public string Description { get; init; } = "";

    [Whole(0, TemplateLimits.LastDay), About("Days from the start date on, which is day 0.")]
    public int? StartDay { get; init; }

    [Whole(0, TemplateLimits.LastDay)]
    public int? DueDay { get; init; }

    [Items(100)]
    public IReadOnlyList<TemplateTaskInput> Tasks { get; init; } = [];
}

public sealed record TemplateTaskInput
{
    [Text(200)]
    public required string Title { get; init; }

    [Text(4000, Min = 0)]
    public string Description { get; init; } = "";

    [Whole(0, TemplateLimits.LastDay)]
    public int? DueDay { get; init; }

    [OneOf(typeof(TaskPriority))]
    public string Priority { get; init; } = TaskPriority.Normal;
}

/// <summary>The size of a template, and the rules between its fields.</summary>
internal static class TemplateLimits
{
    public const int LastDay = 1825; // five years
    public const int MaxTasks = 300;

    public static void Check(IReadOnlyList<TemplateMilestoneInput> items, Faults faults)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].StartDay > items[i].DueDay)
            {
                faults.Add($"items/{i}/dueDay", "order", "must not be before startDay.");
            }
        }

        if (items.Sum(i => i.Tasks.Count) > MaxTasks)
        {
            faults.Add("items", "items", $"must have at most {MaxTasks} tasks together.");
        }
    }

    public static IReadOnlyList<TemplateMilestone> Read(IReadOnlyList<TemplateMilestoneInput> items) =>
    [
        .. items.Select(m => new TemplateMilestone(m.Name, m.Description, m.StartDay, m.DueDay,
            [.. m.Tasks.Select(t => new TemplateTask(t.Title, t.Description, t.DueDay, t.Priority))])),
    ];
}
