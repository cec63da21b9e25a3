using Microsoft.Extensions.Options;
using Portal.Foundation;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Projects;

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
        select u.tenant_id, u.day, u.metric, u.tier, u.source, u.project_id, u.asset_id, u.quantity / p.unit as quantity,
               u.quantity / p.unit * p.usd as usd
          from portal.usage_days u
          join unnest(@metrics, @tiers, @froms, @untils, @units, @prices) as p (metric, tier, from_day, until_day, unit, usd)
            on p.metric = u.metric and p.tier = coalesce(u.tier, '') and u.day >= p.from_day and u.day < p.until_day
         where u.day >= @first and u.day < @end and not u.replaced
        """;

    private const string OfAll = $"with priced as ({Priced})";

    /// <summary>Or of a person: a video is whose its first upload was, and they see it as long as they see its project.</summary>
    private const string OfTenant = $"""
        with priced as ({Priced} and u.tenant_id = @tenant and (@user::uuid is null or exists (
               select 1 from portal.assets a
                where a.tenant_id = u.tenant_id and a.id = u.asset_id and a.created_by = @user
                  and (@seesAll or a.project_id = any({ProjectStore.Mine})))))
        """;

    /// <summary>Every day that was counted, with who counted the videos of it; of a day without any, whether there is a file.</summary>
    private const string Days = """
        select c.day, coalesce(d.usd, 0) as usd,
               case when d.exported and d.counted then 'both' when d.exported then 'mux_export' when d.counted then 'portal'
                    when c.exported_at is not null then 'mux_export' else 'portal' end as source
          from portal.usage_counts c
          left join (select p.day, round(sum(p.usd), 6) as usd, bool_or(p.source = 'mux_export') as exported,
                            bool_or(p.source = 'portal' and p.metric in ('encoded', 'stored', 'delivered')) as counted
                       from priced p group by p.day) d on d.day = c.day
         where c.day >= @first and c.day < @end
         order by c.day
        """;

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
        db.InSnapshotAsync(tenant, tx => ReadAsync(tx, Args(month, tenant), month, withProjects: true), ct);

    /// <summary>Of the videos that the caller uploaded, in projects that they see.</summary>
    public Task<TenantCosts> OfCallerAsync(Caller caller, CostMonth month, CancellationToken ct) => db.InSnapshotAsync(
        caller.Tenant, tx => ReadAsync(tx, Args(month, caller.Tenant, caller), month, withProjects: false), ct);

    public Task<PlatformCosts> AllAsync(CostMonth month, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var args = Args(month);
        var counted = await CountedAsync(tx, args);
        var rows = await tx.QueryAsync<TenantMetric>($"""
            {OfAll}
            select p.tenant_id, p.metric as name, p.tier, round(sum(p.quantity), 6) as quantity,
                   round(sum(p.usd), 6) as usd
              from priced p
             group by p.tenant_id, p.metric, p.tier
            """, args);
        return new PlatformCosts(
            month, counted,
            [
                .. rows.GroupBy(row => row.TenantId)
                    .Select(of => new TenantCost(of.Key, Whole([.. of.Select(row => row.Metric)])))
                    .OrderByDescending(tenant => tenant.Usd).ThenBy(tenant => tenant.TenantId),
            ],
            await tx.QueryAsync<DayCost>($"{OfAll} {Days}", args));
    }, ct);

    /// <summary>This month, at most five minutes old.</summary>
    public ValueTask<PlatformCosts> RecentAsync(CancellationToken ct) => recent.ReadAsync(ct);

    public void Dispose() => recent.Dispose();

    private static async Task<TenantCosts> ReadAsync(Tx tx, object args, CostMonth month, bool withProjects)
    {
        var metrics = await tx.QueryAsync<MetricTier>($"""
            {OfTenant}
            select p.metric, p.tier, round(sum(p.quantity), 6) as quantity, round(sum(p.usd), 6) as usd from priced p
             group by p.metric, p.tier
            """, args);
        var videos = await tx.QueryAsync<VideoCost>($"""
            {OfTenant}
            select c.asset_id, a.title, a.project_id, c.usd
              from (select p.asset_id, round(sum(p.usd), 6) as usd from priced p where p.asset_id is not null
                     group by p.asset_id order by sum(p.usd) desc, p.asset_id limit @mostVideos) c
              join portal.assets a on a.tenant_id = @tenant and a.id = c.asset_id
             order by c.usd desc, c.asset_id
            """, args);
        return new TenantCosts(
            month, await CountedAsync(tx, args), Whole(metrics), withProjects ? await ProjectsAsync(tx, args) : [], videos,
            await tx.QueryAsync<DayCost>($"{OfTenant} {Days}", args));
    }

    private static Task<IReadOnlyList<ProjectCost>> ProjectsAsync(Tx tx, object args) =>
        tx.QueryAsync<ProjectCost>($"""
        {OfTenant}
        select c.project_id, r.name, c.usd
          from (select p.project_id, round(sum(p.usd), 6) as usd from priced p where p.project_id is not null
                 group by p.project_id order by sum(p.usd) desc, p.project_id limit @mostProjects) c
          join portal.projects r on r.tenant_id = @tenant and r.id = c.project_id
         order by c.usd desc, c.project_id
        """, args);

    private static Task<CountedDays> CountedAsync(Tx tx, object args) => tx.GetAsync<CountedDays>("""
        select count(*)::integer as days, max(c.day) as through from portal.usage_counts c where c.day >= @first and c.day < @end
        """, args);

    /// <summary>Every metric, also what was not used; of each its tiers, the one that is not known first.</summary>
    private static IReadOnlyList<MetricCost> Whole(IReadOnlyList<MetricTier> rows) =>
    [
        .. from metric in UsageMetric.All
           select new MetricCost(
               metric,
               [
                   .. from tier in UsageMetric.TiersOf(metric)
                      from row in rows
                      where row.Metric == metric && row.Tier == tier && row.Quantity > 0
                      select new TierCost(tier, row.Quantity, row.Usd),
               ]),
    ];

    private object Args(CostMonth month, TenantId? tenant = null, Caller? caller = null)
    {
        var prices = UsageMetric.All.SelectMany(
            metric => UsageMetric.TiersOf(metric).SelectMany(tier => Periods(metric, tier, month))).ToList();
        return new
        {
            tenant = tenant?.Value,
            user = caller?.User.Value,
            seesAll = caller?.SeesAllProjects ?? false,
            first = month.First,
            end = month.End,
            metrics = prices.Select(price => price.Metric).ToArray(),
            tiers = prices.Select(price => price.Tier).ToArray(),
            froms = prices.Select(price => price.From).ToArray(),
            untils = prices.Select(price => price.Until).ToArray(),
            units = prices.Select(price => UsageMetric.RowsInUnit(price.Metric, month.Days)).ToArray(),
            prices = prices.Select(price => price.Usd).ToArray(),
            mostProjects = MostProjects,
            mostVideos = MostVideos,
        };
    }

    /// <summary>Each price until the one after it; those of other months find no row.</summary>
    private IEnumerable<PricedDays> Periods(string metric, string? tier, CostMonth month)
    {
        var prices = options.Of(metric, tier);
        return prices.Select((price, i) => new PricedDays(
            metric, tier ?? "", price.From, i + 1 < prices.Count ? prices[i + 1].From : DateOnly.MaxValue, price.Usd))
            .Where(price => price.From < month.End && price.Until > month.First);
    }

    private sealed record PricedDays(string Metric, string Tier, DateOnly From, DateOnly Until, decimal Usd);

    private sealed record MetricTier(string Metric, string? Tier, decimal Quantity, decimal Usd);

    private sealed record TenantMetric(Guid TenantId, string Name, string? Tier, decimal Quantity, decimal Usd)
    {
        public MetricTier Metric => new(Name, Tier, Quantity, Usd);
    }
}
