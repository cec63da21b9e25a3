using Portal.Foundation.Db;
using Portal.Vendors.Mux;

namespace Portal.Operations.Costs;

/// <summary>All SQL of counting what is used, across tenants.</summary>
public sealed class UsageStore(PortalDb db, TimeProvider clock)
{
    /// <summary>Those of the days that are to be counted, or counted again: the oldest first.</summary>
    public Task<IReadOnlyList<DateOnly>> UnsettledAsync(DateOnly from, DateOnly to, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<DateOnly>("""
            select d.day::date from generate_series(@from::date, @to::date, interval '1 day') as d (day)
             where not exists (select 1 from portal.usage_counts c where c.day = d.day::date and c.settled)
             order by d.day
            """, new { from, to }), ct);

    /// <summary>
    /// What our own rows say of a day, once: who comes second finds the day and leaves it
    /// (<c>infra/postgres/functions/count_usage.sql</c>). How many rows; null: it was counted before.
    /// </summary>
    public Task<int?> CountOwnAsync(DateOnly day, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var first = await tx.ExecuteAsync("""
            insert into portal.usage_counts (day, counted_at) values (@day, @now) on conflict (day) do nothing
            """, new { day, now = clock.GetUtcNow() }) == 1;
        return first ? await tx.GetAsync<int>("select portal.count_usage(@day)", new { day }) : (int?)null;
    }, ct);

    /// <summary>
    /// What Mux delivered on a day, in the place of what it said before: late and corrected numbers replace. An older answer replaces no
    /// newer one. How many seconds are of assets that no row knows.
    /// </summary>
    public Task<decimal> ReplaceDeliveredAsync(
        DateOnly day, IReadOnlyCollection<DeliveredAsset> delivered, DateTimeOffset askedAt, bool settled, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var newest = await tx.ExecuteAsync("""
                update portal.usage_counts set delivered_at = @askedAt, settled = @settled
                 where day = @day and not settled and (delivered_at is null or delivered_at <= @askedAt)
                """, new { day, askedAt, settled }) == 1;
            return newest
                ? await tx.GetAsync<decimal>("select portal.replace_delivered(@day, @assets, @seconds)", new
                {
                    day,
                    assets = delivered.Select(asset => asset.AssetId).ToArray(),
                    seconds = delivered.Select(asset => asset.Seconds).ToArray(),
                })
                : 0;
        }, ct);
}
