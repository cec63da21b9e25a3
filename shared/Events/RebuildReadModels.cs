using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Events;

/// <summary>What one tenant's read models were and what its events say.</summary>
/// <param name="Wrong">Rows that were not as the events say; they are now.</param>
public sealed record Rebuilt(TenantId Tenant, long Events, int Rows, IReadOnlyList<WrongRow> Wrong);

public sealed record WrongRow(string Model, Guid Key, string Was, string Is);

/// <summary>
/// Makes the read models again from the events alone, compares them with what is kept, and puts right what differs. Sums do not depend on
/// the order of events; what is still in the outbox is left out, since it has not been counted either.
/// </summary>
public sealed class RebuildReadModels(PortalDb db, TimeProvider clock)
{
    private const int Batch = 5000;

    public Task<Rebuilt> RunAsync(TenantId tenant, CancellationToken ct) => db.InTenantAsync(tenant, async tx =>
    {
        // Held until the commit: no event of this tenant is routed meanwhile.
        await OutboxStore.HoldAsync(tx, tenant);
        var progress = new Dictionary<Guid, (int Tasks, int Done)>();
        var unread = new Dictionary<Guid, int>();
        var analytics = await RollupRebuild.BeginAsync(tx, tenant, clock.GetUtcNow());
        var count = await FoldAsync(tx, tenant, progress, unread, analytics);
        var wrong = await CompareAsync(tx, tenant, progress, unread);
        if (wrong.Count > 0)
        {
            await ReadModelStore.ReplaceAsync(tx, tenant, progress, unread);
        }

        var wrongSums = await analytics.PutRightAsync(tx, tenant);
        return new Rebuilt(tenant, count, progress.Count + unread.Count + analytics.Rows, [.. wrong, .. wrongSums]);
    }, ct);

    private static async Task<long> FoldAsync(
        Tx tx, TenantId tenant, Dictionary<Guid, (int Tasks, int Done)> progress, Dictionary<Guid, int> unread, RollupRebuild analytics)
    {
        var count = 0L;
        for (var after = Guid.Empty; ;)
        {
            var events = await OutboxStore.DispatchedAsync(tx, tenant, after, Batch);
            foreach (var e in events)
            {
                analytics.Add(e);
                if (ReadModelStore.ProgressOf(e) is var (project, tasks, done))
                {
                    var (allTasks, allDone) = progress.GetValueOrDefault(project);
                    progress[project] = (allTasks + tasks, allDone + done);
                }

                foreach (var (person, moved) in ReadModelStore.UnreadOf(e))
                {
                    unread[person] = unread.GetValueOrDefault(person) + moved;
                }
            }

            count += events.Count;
            if (events.Count < Batch)
            {
                return count;
            }

            after = events[^1].EventId;
        }
    }

    private static async Task<List<WrongRow>> CompareAsync(
        Tx tx, TenantId tenant, Dictionary<Guid, (int Tasks, int Done)> progress, Dictionary<Guid, int> unread)
    {
        var (kept, read) = (await ReadModelStore.ProgressAsync(tx, tenant), await ReadModelStore.UnreadAsync(tx, tenant));
        return [.. Differences("project_progress", kept, progress), .. Differences("unread_counts", read, unread)];
    }

    private static IEnumerable<WrongRow> Differences<T>(string model, Dictionary<Guid, T> was, Dictionary<Guid, T> now)
        where T : struct =>
        from key in was.Keys.Union(now.Keys)
        let before = was.GetValueOrDefault(key)
        let after = now.GetValueOrDefault(key)
        where !before.Equals(after)
        select new WrongRow(model, key, $"{before}", $"{after}");
}
