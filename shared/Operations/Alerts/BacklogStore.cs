using Portal.Foundation.Db;

namespace Portal.Operations.Alerts;

/// <summary>Something that waits or went wrong: how much of it, and since when the oldest.</summary>
/// <param name="What">As <c>infra/postgres/functions/measure_backlog.sql</c> calls it.</param>
/// <param name="Part">The vendor, the channel, or what the orchestrations carry.</param>
public sealed record Backlog(string What, string Part, long Depth, DateTimeOffset Oldest);

/// <summary>Reads what waits, across tenants: numbers and times.</summary>
public sealed class BacklogStore(PortalDb db, TimeProvider clock)
{
    /// <summary>For how long back what failed counts.</summary>
    public static readonly TimeSpan Failures = TimeSpan.FromHours(1);

    public Task<IReadOnlyList<Backlog>> MeasureAsync(CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.QueryAsync<Backlog>(
        "select b.what, b.part, b.depth, b.oldest from portal.measure_backlog(@now, @since) b",
        new { now = clock.GetUtcNow(), since = clock.GetUtcNow() - Failures }), ct);
}
