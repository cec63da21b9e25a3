using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed class ReadTaskFunction(TaskStore tasks)
{
    [Function("ReadTask")]
    [Allows(PortalAction.ReadTask)]
    [Operation("Read a task", Returns = typeof(TaskJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/tasks/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await tasks.FindAsync(caller.Tenant, caller, new TaskId(id), ct) is { } task
            ? Reply.Ok(TaskJson.From(task), task.Version)
            : Problem.NotFound("task");
    }
}

public sealed record ListTasksInput : CountedListInput
{
    public Guid? ProjectId { get; init; }

    public Guid? MilestoneId { get; init; }

    [OneOf(typeof(TaskItemStatus)), Items(4, Min = 1)]
    public IReadOnlyList<string>? Status { get; init; }

    [OneOf(typeof(TaskPriority)), Items(4, Min = 1)]
    public IReadOnlyList<string>? Priority { get; init; }

    public Guid? AssigneeId { get; init; }

    public Guid? WatcherId { get; init; }

    [About("Due earlier than this day.")]
    public DateOnly? DueBefore { get; init; }

    [About("Due later than this day.")]
    public DateOnly? DueAfter { get; init; }

    [About("true: only tasks that are not done and were due before today in the tenant's time zone.")]
    public bool Overdue { get; init; }

    [Text(100), About("Part of the title, in any case.")]
    public string? Q { get; init; }

    [OneOf(TaskListQuery.Newest, TaskListQuery.ByDue, TaskListQuery.ByPriority, TaskListQuery.ByTitle),
     About(
         "newest: newest first; due: by due date, those without one last; priority: most urgent first, newest of each first; title: "
             + "without regard to case.")]
    public string Sort { get; init; } = TaskListQuery.Newest;

    protected override bool IsDescending => Sort is TaskListQuery.Newest or TaskListQuery.ByPriority;

    internal TaskFilter Filter => new(
        ProjectId is { } project ? new ProjectId(project) : null,
        MilestoneId is { } milestone ? new MilestoneId(milestone) : null,
        Status,
        Priority,
        AssigneeId is { } assignee ? new UserId(assignee) : null,
        WatcherId is { } watcher ? new UserId(watcher) : null,
        DueBefore,
        DueAfter,
        Overdue,
        Q);
}

public sealed class ListTasksFunction(TaskListQuery tasks, Lists lists)
{
    [Function("ListTasks")]
    [Allows(PortalAction.ReadTask)]
    [Operation("List tasks", Query = typeof(ListTasksInput), Returns = typeof(PageOf<TaskJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/tasks")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListTasksInput>(request, Name);
        if (query is null)
        {
            return problem!;
        }

        var rows = await tasks.ReadAsync(caller.Tenant, caller, query.Filter, query.Sort, page, ct);
        long? total = query.Total ? await tasks.CountAsync(caller.Tenant, caller, query.Filter, ct) : null;
        return lists.Page(request, rows, page, Name(query), t => TaskListQuery.PositionOf(t, query.Sort), TaskJson.From, total: total);
    }

    private static string Name(ListTasksInput query) => $"tasks:{query.Sort}";
}
