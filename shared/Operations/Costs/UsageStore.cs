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
                ? await tx.GetAsync<decimal>("select portal.replace_delivered(@day, @assets, @tiers, @seconds)", Columns(day, delivered))
                : 0;
        }, ct);

    /// <summary>How large the file was that was read of a day; null: none was. Only days that were counted.</summary>
    public Task<IReadOnlyList<ExportedDay>> ExportedAsync(DateOnly from, DateOnly to, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<ExportedDay>("""
            select c.day, c.exported_bytes as bytes from portal.usage_counts c where c.day >= @from and c.day <= @to order by c.day
            """, new { from, to }), ct);

    /// <summary>
    /// What Mux's file of a day says, in the place of what an earlier one said. What was read of an older list replaces nothing newer. How
    /// many of its assets no row knows.
    /// </summary>
    public Task<int> ReplaceExportedAsync(
        DateOnly day, IReadOnlyCollection<ExportedSeconds> rows, long bytes, DateTimeOffset askedAt, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var newest = await tx.ExecuteAsync("""
                update portal.usage_counts set exported_at = @askedAt, exported_bytes = @bytes
                 where day = @day and (exported_at is null or exported_at <= @askedAt)
                """, new { day, askedAt, bytes }) == 1;
            return newest
                ? await tx.GetAsync<int>("select portal.replace_exported(@day, @assets, @metrics, @tiers, @seconds)", new
                {
                    day,
                    assets = rows.Select(row => row.AssetId).ToArray(),
                    metrics = rows.Select(row => row.Metric).ToArray(),
                    tiers = rows.Select(row => row.Tier).ToArray(),
                    seconds = rows.Select(row => row.Seconds).ToArray(),
                })
                : 0;
        }, ct);

    /// <summary>A row for each tier of an asset, and one for what its tiers leave of the whole.</summary>
    private static object Columns(DateOnly day, IReadOnlyCollection<DeliveredAsset> delivered)
    {
        var rows = delivered.SelectMany(asset => asset.Tiers
            .Select(tier => (asset.AssetId, Tier: (string?)tier.Tier, tier.Seconds))
            .Append((asset.AssetId, Tier: null, Seconds: Math.Max(0, asset.Seconds - asset.Tiers.Sum(tier => tier.Seconds))))).ToList();
        return new
        {
            day,
            assets = rows.Select(row => row.AssetId).ToArray(),
            tiers = rows.Select(row => row.Tier).ToArray(),
            seconds = rows.Select(row => row.Seconds).ToArray(),
        };
    }
}

/// <summary>How large the file of a day was that was read; null: none was.</summary>
public sealed record ExportedDay(DateOnly Day, long? Bytes);
