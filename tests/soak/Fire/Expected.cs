using System.Collections.Concurrent;

namespace Portal.Tests.Soak.Fire;

/// <summary>
/// What must come of the acts, noted when they are answered: known by how they are made, not by asking the product's own rules. What
/// depends on when an event is routed (who is in a thread by then) is a range.
/// </summary>
public sealed class Expected
{
    private readonly ConcurrentDictionary<(string Type, Guid Aggregate, Guid User), (int Least, int Most)> notices = [];
    private readonly ConcurrentDictionary<(string Type, Guid Aggregate, Guid User), (int Least, int Most)> mails = [];
    private readonly ConcurrentDictionary<(string Type, Guid Aggregate), (int Least, int Most)> events = [];
    private int count;

    /// <summary>Events that acts have caused so far.</summary>
    public int Events => count;

    public void Event(string type, Guid aggregate)
    {
        events.AddOrUpdate((type, aggregate), (1, 1), (_, was) => (was.Least + 1, was.Most + 1));
        Interlocked.Increment(ref count);
    }

    /// <summary>Nobody knows whether the app did it before it died, and it cannot be asked for again.</summary>
    public void Perhaps(string type, Guid aggregate, IEnumerable<Guid> users)
    {
        events.AddOrUpdate((type, aggregate), (0, 1), (_, was) => (was.Least, was.Most + 1));
        Notice(type, aggregate, users, least: 0);
    }

    public void Notice(string type, Guid aggregate, IEnumerable<Guid> users, int least = 1) => Add(notices, type, aggregate, users, least);

    public void Mail(string type, Guid aggregate, IEnumerable<Guid> users, int least = 1) => Add(mails, type, aggregate, users, least);

    /// <summary>Where the rows are not as expected. Types that no act causes are nobody's business here.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(LivePortal portal)
    {
        var types = events.Keys.Select(k => k.Type).Distinct().ToArray();
        var written = (await portal.QueryAsync<EventRow>("""
            select e.type, e.aggregate_id as aggregateid, count(*)::int as count from portal.events e where e.type = any(@types)
               group by 1, 2
            """, new { types })).ToDictionary(r => (r.Type, r.AggregateId), r => r.Count);
        var told = (await portal.QueryAsync<PersonRow>("""
            select e.type, e.aggregate_id as aggregateid, n.user_id as userid, count(*)::int as count
              from portal.notifications n join portal.events e on e.event_id = n.event_id where e.type = any(@types) group by 1, 2, 3
            """, new { types })).ToDictionary(r => (r.Type, r.AggregateId, r.UserId), r => r.Count);
        var mailed = (await portal.QueryAsync<PersonRow>("""
            select d.event_type as type, d.aggregate_id as aggregateid, substr(d.recipient, 6)::uuid as userid, count(*)::int as count
              from portal.deliveries d where d.channel = 'email' and d.recipient like 'user:%' and d.event_type = any(@types) group by 1,
                 2, 3
            """, new { types })).ToDictionary(r => (r.Type, r.AggregateId, r.UserId), r => r.Count);
        return
        [
            .. Differences("events", events, written),
            .. Differences("notifications", notices, told),
            .. Differences("mails to people", mails, mailed),
        ];
    }

    private static void Add(
        ConcurrentDictionary<(
            string Type, Guid Aggregate, Guid User), (int Least, int Most)> to, string type, Guid aggregate, IEnumerable<Guid> users,
            int least)
    {
        foreach (var user in users.Distinct())
        {
            to.AddOrUpdate((type, aggregate, user), (least, 1), (_, was) => (was.Least + least, was.Most + 1));
        }
    }

    private static IEnumerable<string> Differences<T>(
        string what, IReadOnlyDictionary<T, (int Least, int Most)> wanted, IReadOnlyDictionary<T, int> found)
        where T : notnull =>
        from key in wanted.Keys.Union(found.Keys)
        let range = wanted.TryGetValue(key, out var asked) ? asked : (Least: 0, Most: 0)
        let there = found.TryGetValue(key, out var count) ? count : 0
        where there < range.Least || there > range.Most
        select $"{what} of {key}: {there}, expected {range.Least} to {range.Most}";

    private sealed record EventRow(string Type, Guid AggregateId, int Count);

    private sealed record PersonRow(string Type, Guid AggregateId, Guid UserId, int Count);
}
