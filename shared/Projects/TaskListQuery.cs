using System.Globalization;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Projects;

/// <summary>Which tasks a list shows; null: any.</summary>
/// <param name="DueBefore">Earlier than that day.</param>
/// <param name="DueAfter">Later than that day.</param>
/// <param name="Overdue">Only those that are not done and were due before today in the tenant's time zone.</param>
/// <param name="Text">Part of the title, in any case.</param>
public sealed record TaskFilter(
    ProjectId? Project = null, MilestoneId? Milestone = null, IReadOnlyList<string>? Statuses = null,
    IReadOnlyList<string>? Priorities = null,
    UserId? Assignee = null, UserId? Watcher = null, DateOnly? DueBefore = null, DateOnly? DueAfter = null, bool Overdue = false,
    string? Text = null);

/// <summary>
/// The list of tasks in its four orders, either way. Each is a statement whose filters vanish when they are not asked for, because the
/// server plans it anew with the values at hand; what an index cannot answer (part of a title) is looked at while walking the order's own
/// index, within one tenant (docs/decisions/0016-lists-under-row-level-security.md).
/// </summary>
public sealed class TaskListQuery(PortalDb db, TimeProvider clock)
{
    public const string Newest = "newest";
    public const string ByDue = "due";
    public const string ByPriority = "priority";
    public const string ByTitle = "title";

    private const string Filtered = $"""
        select {TaskStore.Columns} from portal.tasks t
         where t.tenant_id = @tenant and (@seesAll or t.project_id = any({ProjectStore.Mine}))
           and (@project::uuid is null or t.project_id = @project)
           and (@milestone::uuid is null or t.milestone_id = @milestone)
           and (@statuses::text[] is null or t.status = any(@statuses))
           and (@priorities::text[] is null or (t.priority = any(@priorities) and t.priority_rank between @lowestRank and @highestRank))
           and (@assignee::uuid is null or t.id = any(array(
               select a.task_id from portal.task_assignees a where a.tenant_id = @tenant and a.user_id = @assignee)))
           and (@watcher::uuid is null or t.id = any(array(
               select w.task_id from portal.task_watchers w where w.tenant_id = @tenant and w.user_id = @watcher)))
           and (@dueBefore::date is null or t.due_key < @dueBefore)
           and (@dueAfter::date is null or (t.due_key > @dueAfter and t.due_key < 'infinity'))
           and (not @overdue or (t.status <> 'done' and t.due_key < (
               select (@now at time zone n.time_zone)::date from portal.tenants n where n.id = @tenant)))
           and (@text::text is null or strpos(lower(t.title), lower(@text)) > 0)
        """;

    private static readonly Dictionary<string, PageQuery> Orders = new()
    {
        [Newest] = PageQuery.Descending("t.created_at, t.id", "@afterAt, @afterId"),
        [ByDue] = PageQuery.Ascending("t.due_key, t.id", "@afterDue, @afterId"),
        [ByPriority] = PageQuery.Descending("t.priority_rank, t.id", "@afterRank, @afterId"),
        [ByTitle] = PageQuery.Ascending("t.title_key, t.id", "@afterKey, @afterId"),
    };

    public Task<IReadOnlyList<TaskItem>> ReadAsync(
        TenantId tenant, Caller caller, TaskFilter filter, string order, Page page, CancellationToken ct) =>
        db.ReadAsync<TaskItem>(tenant, Orders[order].Of(Filtered, page), Arguments(tenant, caller, filter, order, page), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, TaskFilter filter, CancellationToken ct) =>
        db.ReadOneAsync<long>(tenant, PageQuery.Count(Filtered), Arguments(tenant, caller, filter, Newest, new Page(1, null)), ct);

    /// <summary>Where a row stands in that order.</summary>
    public static Position PositionOf(TaskItem task, string order) => order switch
    {
        ByDue => new((task.DueOn ?? DateOnly.MaxValue).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), task.Id.Value),
        ByPriority => new(TaskPriority.Rank(task.Priority).ToString(CultureInfo.InvariantCulture), task.Id.Value),
        ByTitle => new(task.TitleKey, task.Id.Value),
        _ => Position.Of(task.CreatedAt, task.Id.Value),
    };

    private object Arguments(TenantId tenant, Caller caller, TaskFilter filter, string order, Page page)
    {
        var after = page.After;
        return new
        {
            tenant,
            seesAll = caller.SeesAllProjects,
            user = caller.User,
            project = filter.Project?.Value,
            milestone = filter.Milestone?.Value,
            statuses = filter.Statuses?.ToArray(),
            priorities = filter.Priorities?.ToArray(),
            // Where in the order by priority they lie, so that nobody walks past all the others.
            lowestRank = filter.Priorities?.Min(TaskPriority.Rank),
            highestRank = filter.Priorities?.Max(TaskPriority.Rank),
            assignee = filter.Assignee?.Value,
            watcher = filter.Watcher?.Value,
            dueBefore = filter.DueBefore,
            dueAfter = filter.DueAfter,
            overdue = filter.Overdue,
            text = filter.Text,
            now = clock.GetUtcNow(),
            afterId = after?.Id,
            afterAt = order == Newest ? after?.At : null,
            afterDue = order == ByDue && after is not null
                ? DateOnly.ParseExact(after.Key, "yyyy-MM-dd", CultureInfo.InvariantCulture)
                : (DateOnly?)null,
            afterRank = order == ByPriority && after is not null ? int.Parse(after.Key, CultureInfo.InvariantCulture) : (int?)null,
            afterKey = after?.Key,
            take = page.Take,
        };
    }
}
