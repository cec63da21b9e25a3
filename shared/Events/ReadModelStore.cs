using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>
/// Numbers that are kept ready because counting them is dear: how far a project is, and how much a person has not read. Every move they
/// count is an event, so they can be made again from the events (<see cref="RebuildReadModels"/>).
/// </summary>
public sealed class ReadModelStore
{
    private const string Progress = """
        insert into portal.project_progress as p (tenant_id, project_id, tasks, done)
        select @tenant, m.project, m.tasks, m.done from unnest(@projects, @tasks, @done) as m (project, tasks, done)
        on conflict (tenant_id, project_id) do update set tasks = p.tasks + excluded.tasks, done = p.done + excluded.done
        """;

    private const string Unread = """
        insert into portal.unread_counts as c (tenant_id, user_id, unread)
        select @tenant, u.id, u.moved from unnest(@people, @moved) as u (id, moved)
        on conflict (tenant_id, user_id) do update set unread = c.unread + excluded.unread
        """;

    /// <summary>All moves of a batch of events, each row once.</summary>
    public async Task ApplyAsync(Tx tx, TenantId tenant, IReadOnlyList<PortalEvent> events)
    {
        var progress = events.Select(ProgressOf).OfType<(
            Guid Project, int Tasks, int Done)>().GroupBy(m => m.Project).OrderBy(g => g.Key).ToList();
        if (progress.Count > 0)
        {
            await tx.ExecuteAsync(Progress, new
            {
                tenant,
                projects = progress.Select(g => g.Key).ToArray(),
                tasks = progress.Select(g => g.Sum(m => m.Tasks)).ToArray(),
                done = progress.Select(g => g.Sum(m => m.Done)).ToArray(),
            });
        }

        var unread = events.SelectMany(UnreadOf).GroupBy(m => m.Person).OrderBy(g => g.Key).ToList();
        if (unread.Count > 0)
        {
            await tx.ExecuteAsync(
                Unread, new
                {
                    tenant,
                    people = unread.Select(g => g.Key).ToArray(),
                    moved = unread.Select(g => g.Sum(m => m.Moved)).ToArray(),
                });
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
