using Portal.Db;

namespace Portal.Events;

/// <summary>
/// Numbers that are kept ready because counting them is dear: how far a project is, and how much a person has not read. Every move they
/// count is an event, so they can be made again from the events (<see cref="RebuildReadModels"/>).
/// </summary>
public sealed class ReadModels
{
    private const string Progress = """
        insert into portal.project_progress as p (tenant_id, project_id, tasks, done) values (@tenant, @project, @tasks, @done)
        on conflict (tenant_id, project_id) do update set tasks = p.tasks + excluded.tasks, done = p.done + excluded.done
        """;

    private const string Unread = """
        insert into portal.unread_counts as c (tenant_id, user_id, unread)
        select @tenant, u.id, u.moved from unnest(@people, @moved) as u (id, moved)
        on conflict (tenant_id, user_id) do update set unread = c.unread + excluded.unread
        """;

    public async Task ApplyAsync(Tx tx, TenantId tenant, PortalEvent e)
    {
        if (ProgressOf(e) is var (project, tasks, done))
        {
            await tx.ExecuteAsync(Progress, new { tenant, project, tasks, done });
        }

        if (UnreadOf(e) is { Count: > 0 } moves)
        {
            await tx.ExecuteAsync(Unread, new { tenant, people = moves.Select(m => m.Person).ToArray(), moved = moves.Select(m => m.Moved).ToArray() });
        }
    }

    /// <summary>By how much an event moves a project's tasks, all and done.</summary>
    public static (Guid Project, int Tasks, int Done)? ProgressOf(PortalEvent e) => (e.ProjectId, e.Type) switch
    {
        ({ } project, EventTypes.TaskCreated) => (project, 1, 0),
        ({ } project, EventTypes.TaskDeleted) => (project, -1, 0),
        ({ } project, EventTypes.TemplateApplied) => (project, e.Ids("taskIds").Count, 0),
        ({ } project, EventTypes.TaskStatusChanged) when e.Text("status") == "done" => (project, 0, 1),
        ({ } project, EventTypes.TaskStatusChanged) when e.Text("previous") == "done" => (project, 0, -1),
        _ => null,
    };

    /// <summary>By how much an event moves people's unread notifications.</summary>
    public static IReadOnlyList<(Guid Person, int Moved)> UnreadOf(PortalEvent e) => e.Type switch
    {
        EventTypes.NotificationsAdded => [.. e.Ids("userIds").Select(id => (id, 1))],
        EventTypes.NotificationsMarked => [(e.AggregateId, (int)(e.Number("unread") ?? 0))],
        EventTypes.NotificationsPruned => [.. e.Numbers("users").Select(u => (u.Key, -u.Value))],
        _ => [],
    };
}
