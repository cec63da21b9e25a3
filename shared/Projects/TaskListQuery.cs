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
        [Newest] = PageQuery.Descending("t.created_at, t.id"),
        [ByDue] = PageQuery.Ascending("t.due_key, t.id", "@afterKey::date, @afterId"),
        [ByPriority] = PageQuery.Descending("t.priority_rank, t.id", "@afterKey::smallint, @afterId"),
        [ByTitle] = PageQuery.Ascending("t.title_key, t.id", "@afterKey, @afterId"),
    };

    public Task<IReadOnlyList<TaskItem>> ReadAsync(
        TenantId tenant, Caller caller, TaskFilter filter, string order, Page page, CancellationToken ct) =>
        db.ReadPageAsync<TaskItem>(tenant, Orders[order], Filtered, page, Args(tenant, caller, filter), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, TaskFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, Filtered, Args(tenant, caller, filter), ct);

    /// <summary>Where a row stands in that order.</summary>
    public static Position PositionOf(TaskItem task, string order) => order switch
    {
        ByDue => Position.Of(task.DueOn, task.Id.Value),
        ByPriority => Position.Of(TaskPriority.Rank(task.Priority), task.Id.Value),
        ByTitle => new(task.TitleKey, task.Id.Value),
        _ => Position.Of(task.CreatedAt, task.Id.Value),
    };

    private ListArgs Args(TenantId tenant, Caller caller, TaskFilter filter) => new(
        tenant, caller.SeesAllProjects, caller.User, filter.Project?.Value, filter.Milestone?.Value, filter.Statuses?.ToArray(),
        filter.Priorities?.ToArray(), filter.Priorities?.Min(TaskPriority.Rank), filter.Priorities?.Max(TaskPriority.Rank),
        filter.Assignee?.Value, filter.Watcher?.Value, filter.DueBefore, filter.DueAfter, filter.Overdue, filter.Text, clock.GetUtcNow());

    /// <param name="LowestRank">Where in the order by priority they lie, so that nobody walks past all the others.</param>
    private sealed record ListArgs(
        TenantId Tenant, bool SeesAll, UserId User, Guid? Project, Guid? Milestone, string[]? Statuses, string[]? Priorities,
        int? LowestRank, int? HighestRank, Guid? Assignee, Guid? Watcher, DateOnly? DueBefore, DateOnly? DueAfter, bool Overdue,
        string? Text, DateTimeOffset Now);
}
