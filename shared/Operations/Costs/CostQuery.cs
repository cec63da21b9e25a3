using Microsoft.Extensions.Options;
using Portal.Foundation;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Operations.Costs;

/// <summary>
/// What was used, at the prices that the settings say for each day. Computed when it is asked for: a price that is corrected is right for
/// the days before, too.
/// </summary>
public sealed class CostQuery : IDisposable
{
    /// <summary>Of an answer: those that cost most.</summary>
    public const int MostProjects = 100;

    /// <inheritdoc cref="MostProjects"/>
    public const int MostVideos = 20;

    /// <summary>Of an amount of money, behind the point: one playback costs less than a hundredth of a cent.</summary>
    public const int Digits = 6;

    /// <summary>How long the overview for people on call keeps what it read: it looks every five seconds, and counting is daily.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    private const string Priced = """
        select u.tenant_id, u.metric, u.project_id, u.asset_id, u.quantity / p.unit as quantity, u.quantity / p.unit * p.usd as usd
          from portal.usage_days u
          join unnest(@metrics, @froms, @untils, @units, @prices) as p (metric, from_day, until_day, unit, usd)
            on p.metric = u.metric and u.day >= p.from_day and u.day < p.until_day
         where u.day >= @first and u.day < @end
        """;

    private const string OfTenant = $"with priced as ({Priced} and u.tenant_id = @tenant)";

    private readonly PortalDb db;
    private readonly TimeProvider clock;
    private readonly CostOptions options;
    private readonly Recent<PlatformCosts> recent;

    public CostQuery(PortalDb db, IOptions<CostOptions> options, TimeProvider clock) =>
        (this.db, this.options, this.clock, recent) = (db, options.Value, clock, new(Fresh, clock, ct => AllAsync(ThisMonth, ct)));

    /// <summary>In UTC.</summary>
    public CostMonth ThisMonth
    {
        get
        {
            var now = clock.GetUtcNow();
            return new(new DateOnly(now.Year, now.Month, 1));
        }
    }

    public Task<TenantCosts> OfTenantAsync(TenantId tenant, CostMonth month, CancellationToken ct) =>
        db.InSnapshotAsync(tenant, tx => ReadAsync(tx, tenant, month), ct);

    public Task<PlatformCosts> AllAsync(CostMonth month, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var args = Args(month);
        var counted = await CountedAsync(tx, args);
        var rows = await tx.QueryAsync<TenantMetric>($"""
            with priced as ({Priced})
            select p.tenant_id, p.metric, round(sum(p.quantity), 6) as quantity, round(sum(p.usd), 6) as usd from priced p
             group by p.tenant_id, p.metric
            """, args);
        return new PlatformCosts(
            month, counted,
            [
                .. rows.GroupBy(row => row.TenantId)
                    .Select(of => new TenantCost(of.Key, Whole([.. of.Select(row => new MetricCost(row.Metric, row.Quantity, row.Usd))])))
                    .OrderByDescending(tenant => tenant.Usd).ThenBy(tenant => tenant.TenantId),
            ]);
    }, ct);

    /// <summary>This month, at most five minutes old.</summary>
    public ValueTask<PlatformCosts> RecentAsync(CancellationToken ct) => recent.ReadAsync(ct);

    public void Dispose() => recent.Dispose();

    private async Task<TenantCosts> ReadAsync(Tx tx, TenantId tenant, CostMonth month)
    {
        var args = Args(month, tenant);
        var metrics = await tx.QueryAsync<MetricCost>($"""
            {OfTenant}
            select p.metric, round(sum(p.quantity), 6) as quantity, round(sum(p.usd), 6) as usd from priced p
             group by p.metric
            """, args);
        var projects = await tx.QueryAsync<ProjectCost>($"""
            {OfTenant}
            select c.project_id, r.name, c.usd
              from (select p.project_id, round(sum(p.usd), 6) as usd from priced p where p.project_id is not null
                     group by p.project_id order by sum(p.usd) desc, p.project_id limit @mostProjects) c
              join portal.projects r on r.tenant_id = @tenant and r.id = c.project_id
             order by c.usd desc, c.project_id
            """, args);
        var videos = await tx.QueryAsync<VideoCost>($"""
            {OfTenant}
            select c.asset_id, a.title, a.project_id, c.usd
              from (select p.asset_id, round(sum(p.usd), 6) as usd from priced p where p.asset_id is not null
                     group by p.asset_id order by sum(p.usd) desc, p.asset_id limit @mostVideos) c
              join portal.assets a on a.tenant_id = @tenant and a.id = c.asset_id
             order by c.usd desc, c.asset_id
            """, args);
        return new TenantCosts(month, await CountedAsync(tx, args), Whole(metrics), projects, videos);
    }

    private static Task<CountedDays> CountedAsync(Tx tx, object args) => tx.GetAsync<CountedDays>("""
        select count(*)::integer as days, max(c.day) as through from portal.usage_counts c where c.day >= @first and c.day < @end
        """, args);

    /// <summary>Every metric, also what was not used.</summary>
    private static IReadOnlyList<MetricCost> Whole(IReadOnlyList<MetricCost> metrics) =>
    [
        .. from name in UsageMetric.All
           select metrics.SingleOrDefault(metric => metric.Metric == name) ?? new MetricCost(name, 0, 0),
    ];

    private object Args(CostMonth month, TenantId? tenant = null)
    {
        var prices = UsageMetric.All.SelectMany(metric => Periods(metric, month)).ToList();
        return new
        {
            tenant = tenant?.Value,
            first = month.First,
            end = month.End,
            metrics = prices.Select(price => price.Metric).ToArray(),
            froms = prices.Select(price => price.From).ToArray(),
            untils = prices.Select(price => price.Until).ToArray(),
            units = prices.Select(price => UsageMetric.RowsInUnit(price.Metric, month.Days)).ToArray(),
            prices = prices.Select(price => price.Usd).ToArray(),
            mostProjects = MostProjects,
            mostVideos = MostVideos,
        };
    }

    /// <summary>Each price until the one after it; those of other months find no row.</summary>
    private IEnumerable<PricedDays> Periods(string metric, CostMonth month)
    {
        var prices = options.Of(metric);
        return prices.Select((price, i) => new PricedDays(
            metric, price.From, i + 1 < prices.Count ? prices[i + 1].From : DateOnly.MaxValue, price.Usd))
            .Where(price => price.From < month.End && price.Until > month.First);
    }

    private sealed record PricedDays(string Metric, DateOnly From, DateOnly Until, decimal Usd);

    private sealed record TenantMetric(Guid TenantId, string Metric, decimal Quantity, decimal Usd);
}
