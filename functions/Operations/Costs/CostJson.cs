using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Costs;
using Portal.Vendors.Mux;

namespace Portal.Functions.Operations.Costs;

/// <summary>Which month to read.</summary>
public sealed record CostsInput : IChecked
{
    [Text(7), Month, About("In UTC, not after this one; left out: this month.", Example = "\"2026-11\"")]
    public string? Month { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (Of(now).First > This(now))
        {
            faults.Add("month", "range", "must not be after this month (UTC).");
        }
    }

    public CostMonth Of(DateTimeOffset now) => new(Month is null ? This(now) : MonthAttribute.First(Month) ?? This(now));

    private static DateOnly This(DateTimeOffset now) => new(now.UtcDateTime.Year, now.UtcDateTime.Month, 1);
}

/// <summary>What was used of a metric in a resolution tier.</summary>
public sealed record TierCostJson(
    [OneOf(typeof(ResolutionTier)), About("Null: of none that is known.")] string? Tier, decimal Quantity, decimal Usd);

/// <summary>What was used of one thing that vendors charge for.</summary>
public sealed record MetricCostJson(
    [OneOf(typeof(UsageMetric))] string Metric, [OneOf(typeof(UsageUnit)), About("What is counted and priced.")] string Unit,
    [About("How many of them.")] decimal Quantity, decimal Usd,
    [About("Of encoded, stored and delivered: the parts of it by the resolution that Mux bills, each at its price.")]
    IReadOnlyList<TierCostJson> Tiers)
{
    public static MetricCostJson From(MetricCost cost) => new(
        cost.Metric, UsageMetric.UnitOf(cost.Metric), cost.Quantity, cost.Usd,
        UsageMetric.HasTiers(cost.Metric)
            ? [.. cost.Tiers.Select(tier => new TierCostJson(tier.Tier, tier.Quantity, tier.Usd))]
            : []);
}

/// <summary>What a day cost that was counted.</summary>
public sealed record DayCostJson(
    DateOnly Day, decimal Usd,
    [OneOf(typeof(UsageSource)), About("Who counted what its videos used: the portal, Mux in its usage export of the day, or both.")]
    string Source)
{
    public static IReadOnlyList<DayCostJson> From(IEnumerable<DayCost> days) =>
        [.. days.Select(day => new DayCostJson(day.Day, day.Usd, day.Source))];
}

public sealed record ProjectCostJson(
    Guid ProjectId, string Name, [About("Of its videos; mails belong to no project.")] decimal Usd,
    [About("For the whole month, if it goes on so.")] decimal? ForecastUsd);

/// <summary>What a video costs, all its versions together.</summary>
public sealed record VideoCostJson(Guid AssetId, string Title, Guid ProjectId, decimal Usd, decimal? ForecastUsd);

/// <summary>What a tenant costs in a month: what was used, at the prices that the portal is set to. No invoice.</summary>
public sealed record CostsJson(
    [About("The first day of the month, in UTC.")] DateOnly From, [About("Its last day.")] DateOnly To,
    [About("Days that were counted; a day is counted when it is over.")] int CountedDays,
    [About("The last of them. Null: none yet.")] DateOnly? CountedThrough,
    [OneOf(typeof(CostCurrency))] string Currency, decimal Usd,
    [About("For the whole month, if it goes on as on the days that were counted. Null: none was yet.")] decimal? ForecastUsd,
    [About("Each, also what was not used.")] IReadOnlyList<MetricCostJson> Metrics,
    [About("The hundred that cost most.")] IReadOnlyList<ProjectCostJson> Projects,
    [About("The twenty that cost most.")] IReadOnlyList<VideoCostJson> Videos,
    [About("Each that was counted.")] IReadOnlyList<DayCostJson> Days)
{
    public static CostsJson Of(TenantCosts costs)
    {
        var (month, counted, usd) = (costs.Month, costs.Counted, costs.Metrics.Sum(metric => metric.Usd));
        return new(
            month.First, month.End.AddDays(-1), counted.Days, counted.Through, CostCurrency.Usd, usd, Forecast(usd),
            [.. costs.Metrics.Select(MetricCostJson.From)],
            [.. costs.Projects.Select(of => new ProjectCostJson(of.ProjectId, of.Name, of.Usd, Forecast(of.Usd)))],
            [.. costs.Videos.Select(of => new VideoCostJson(of.AssetId, of.Title, of.ProjectId, of.Usd, Forecast(of.Usd)))],
            DayCostJson.From(costs.Days));

        decimal? Forecast(decimal amount) => CostForecast.Of(amount, month, counted);
    }
}

/// <summary>What the videos of one person cost in a month, at the prices that the portal is set to.</summary>
public sealed record MyCostsJson(
    [About("The first day of the month, in UTC.")] DateOnly From, [About("Its last day.")] DateOnly To,
    [About("Days that were counted; a day is counted when it is over.")] int CountedDays,
    [About("The last of them. Null: none yet.")] DateOnly? CountedThrough,
    [OneOf(typeof(CostCurrency))] string Currency, decimal Usd,
    [About("For the whole month, if it goes on as on the days that were counted. Null: none was yet.")] decimal? ForecastUsd,
    [About("Each but mails, which belong to no video; also what was not used.")] IReadOnlyList<MetricCostJson> Metrics,
    [About("The twenty that cost most.")] IReadOnlyList<VideoCostJson> Videos,
    [About("Each that was counted.")] IReadOnlyList<DayCostJson> Days)
{
    public static MyCostsJson Of(TenantCosts costs)
    {
        var all = CostsJson.Of(costs);
        return new(
            all.From, all.To, all.CountedDays, all.CountedThrough, all.Currency, all.Usd, all.ForecastUsd,
            [.. all.Metrics.Where(metric => metric.Metric != UsageMetric.Mails)], all.Videos, all.Days);
    }
}

/// <summary>What a tenant costs in a month, by id.</summary>
public sealed record TenantCostJson(Guid TenantId, decimal Usd, decimal? ForecastUsd, IReadOnlyList<MetricCostJson> Metrics);

/// <summary>What all tenants cost in a month.</summary>
public sealed record PlatformCostsJson(
    DateOnly From, DateOnly To, int CountedDays, DateOnly? CountedThrough, [OneOf(typeof(CostCurrency))] string Currency,
    [About("Of all tenants, also of those that are not listed.")] decimal Usd, decimal? ForecastUsd,
    [About("How many tenants used anything.")] int Tenants,
    [About("The two hundred that cost most; all of them are in the CSV file. What belongs to no tenant, mails to people on call, is the "
        + "platform's, 00000000-0000-7000-8000-000000000000.")]
    IReadOnlyList<TenantCostJson> Items,
    [About("Each that was counted.")] IReadOnlyList<DayCostJson> Days)
{
    private const int MostTenants = 200;

    public static PlatformCostsJson Of(PlatformCosts costs)
    {
        var (month, counted) = (costs.Month, costs.Counted);
        return new(
            month.First, month.End.AddDays(-1), counted.Days, counted.Through, CostCurrency.Usd, costs.Usd, Forecast(costs.Usd),
            costs.Tenants.Count,
            [
                .. costs.Tenants.Take(MostTenants).Select(of => new TenantCostJson(
                    of.TenantId, of.Usd, Forecast(of.Usd), [.. of.Metrics.Select(MetricCostJson.From)])),
            ],
            DayCostJson.From(costs.Days));

        decimal? Forecast(decimal amount) => CostForecast.Of(amount, month, counted);
    }
}
