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

    /// <summary>What is kept of the tenant's projects.</summary>
    public static async Task<Dictionary<Guid, (int Tasks, int Done)>> ProgressAsync(Tx tx, TenantId tenant) =>
        (await tx.QueryAsync<(Guid Id, int Tasks, int Done)>(
            "select project_id, tasks, done from portal.project_progress where tenant_id = @tenant", new { tenant }))
            .ToDictionary(r => r.Id, r => (r.Tasks, r.Done));

    /// <summary>What is kept of the tenant's people.</summary>
    public static async Task<Dictionary<Guid, int>> UnreadAsync(Tx tx, TenantId tenant) =>
        (await tx.QueryAsync<(Guid Id, int Unread)>(
            "select user_id, unread from portal.unread_counts where tenant_id = @tenant", new { tenant }))
            .ToDictionary(r => r.Id, r => r.Unread);

    /// <summary>These in the place of all that is kept of the tenant.</summary>
    public static Task<int> ReplaceAsync(
        Tx tx, TenantId tenant, Dictionary<Guid, (int Tasks, int Done)> progress, Dictionary<Guid, int> unread) => tx.ExecuteAsync("""
        delete from portal.project_progress where tenant_id = @tenant;
        delete from portal.unread_counts where tenant_id = @tenant;
        insert into portal.project_progress (tenant_id, project_id, tasks, done) select @tenant, p.id, p.tasks, p.done
           from unnest(@projects, @tasks, @done) as p (id, tasks, done);
        insert into portal.unread_counts (tenant_id, user_id, unread) select @tenant, u.id, u.unread
           from unnest(@people, @unread) as u (id, unread);
        """, new
        {
            tenant,
            projects = progress.Keys.ToArray(),
            tasks = progress.Values.Select(p => p.Tasks).ToArray(),
            done = progress.Values.Select(p => p.Done).ToArray(),
            people = unread.Keys.ToArray(),
            unread = unread.Values.ToArray(),
        });

    /// <summary>By how much an event moves a project's tasks, all and done.</summary>
    public static (Guid Project, int Tasks, int Done)? ProgressOf(PortalEvent e) =>
        e.ProjectId is { } project && EventEffects.Of(e.Type).Progress?.Invoke(e) is { } moved && moved != (0, 0)
            ? (project, moved.Tasks, moved.Done)
            : null;

    /// <summary>By how much an event moves people's unread notifications.</summary>
    public static IEnumerable<(Guid Person, int Moved)> UnreadOf(PortalEvent e) => EventEffects.Of(e.Type).Unread?.Invoke(e) ?? [];
}
