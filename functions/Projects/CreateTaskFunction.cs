using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Projects;

namespace Portal.Functions.Projects;

public sealed record CreateTaskInput
{
    public required Guid ProjectId { get; init; }

    [About("A milestone of the project.")]
    public Guid? MilestoneId { get; init; }

    [Text(200), About("What is to be done.", Example = "\"Grade the opening\"")]
    public required string Title { get; init; }

    [Text(10_000, Min = 0)]
    public string Description { get; init; } = "";

    [OneOf(typeof(TaskPriority))]
    public string Priority { get; init; } = TaskPriority.Normal;

    public DateOnly? DueDate { get; init; }

    [Items(50), About("Admins, or Agency people who work on the project.")]
    public IReadOnlyList<Guid> AssigneeIds { get; init; } = [];

    [Items(50), About("Likewise.")]
    public IReadOnlyList<Guid> WatcherIds { get; init; } = [];
}

public sealed class CreateTaskFunction(TaskStore tasks, Writes writes)
{
    [Function("CreateTask")]
    [Allows(PortalAction.CreateTask)]
    [Operation("Create a task", Takes = typeof(CreateTaskInput), Returns = typeof(TaskJson), Status = 201, TakesKey = true)]
    [Refuses(404, "not-found", "There is no such project.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/tasks")] HttpRequest request) =>
        writes.PostAsync<CreateTaskInput>(request, async (tx, caller, input) =>
        {
            var milestone = input.MilestoneId is { } id ? new MilestoneId(id) : (MilestoneId?)null;
            var fields = new TaskFields(input.Title, input.Description, input.Priority, input.DueDate, milestone, input.AssigneeIds);
            var result = await tasks.CreateAsync(
                tx, caller.Tenant, caller, new ProjectId(input.ProjectId), fields, input.WatcherIds);
            return result.Answer(task => Reply.Created($"/api/tasks/{task.Id}", TaskJson.From(task), task.Version));
        });
}

public sealed record DuplicateTaskInput
{
    [Text(200), About("Left out: the same title.")]
    public string? Title { get; init; }
}

public sealed class DuplicateTaskFunction(TaskStore tasks, Writes writes)
{
    [Function("DuplicateTask")]
    [Allows(PortalAction.CreateTask)]
    [Operation("Duplicate a task", Takes = typeof(DuplicateTaskInput), Returns = typeof(TaskJson), Status = 201, TakesKey = true,
        Details = "Copies description, priority, due date, milestone, assignees who still can work on it, and what it depends on; not "
            + "its watchers.")]
    [Refuses(404, "not-found", "There is no such task.")]
    [Refuses(409, "project-archived", "The project is archived and takes no changes.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/tasks/{id:guid}/duplicate")] HttpRequest request, Guid id) =>
        writes.PostAsync<DuplicateTaskInput>(request, async (tx, caller, input) =>
        {
            var result = await tasks.DuplicateAsync(tx, caller.Tenant, caller, new TaskId(id), input.Title);
            return result.Answer(task => Reply.Created($"/api/tasks/{task.Id}", TaskJson.From(task), task.Version));
        });
}
