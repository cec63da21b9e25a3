namespace Portal.Operations.Costs;

/// <summary>A month of the calendar, in UTC.</summary>
public sealed record CostMonth(DateOnly First)
{
    public DateOnly End => First.AddMonths(1);

    public int Days => End.DayNumber - First.DayNumber;
}

/// <summary>How much of a month was counted, whose days are counted as whole.</summary>
/// <param name="Through">The last of them; null: none yet.</param>
public sealed record CountedDays(int Days, DateOnly? Through);

/// <summary>What a metric came to in a tier.</summary>
/// <param name="Tier">Null: of none, or of none that is known.</param>
/// <param name="Quantity">In the metric's unit.</param>
public sealed record TierCost(string? Tier, decimal Quantity, decimal Usd);

/// <summary>What a metric came to, in all its tiers.</summary>
public sealed record MetricCost(string Metric, IReadOnlyList<TierCost> Tiers)
{
    /// <inheritdoc cref="TierCost"/>
    public decimal Quantity => Tiers.Sum(tier => tier.Quantity);

    public decimal Usd => Tiers.Sum(tier => tier.Usd);
}

/// <summary>What a day cost that was counted.</summary>
/// <param name="Source">One of <see cref="UsageSource"/>.</param>
public sealed record DayCost(DateOnly Day, decimal Usd, string Source);

/// <summary>What a project's videos cost.</summary>
public sealed record ProjectCost(Guid ProjectId, string Name, decimal Usd);

/// <summary>What a video costs, all its versions together.</summary>
public sealed record VideoCost(Guid AssetId, string Title, Guid ProjectId, decimal Usd);

/// <summary>What a tenant uses and costs.</summary>
public sealed record TenantCost(Guid TenantId, IReadOnlyList<MetricCost> Metrics)
{
    public decimal Usd => Metrics.Sum(metric => metric.Usd);
}

/// <summary>A month of one tenant, or of one person's videos, which has no projects.</summary>
public sealed record TenantCosts(
    CostMonth Month, CountedDays Counted, IReadOnlyList<MetricCost> Metrics, IReadOnlyList<ProjectCost> Projects,
    IReadOnlyList<VideoCost> Videos, IReadOnlyList<DayCost> Days);

/// <summary>A month of all tenants, what costs most first.</summary>
public sealed record PlatformCosts(
    CostMonth Month, CountedDays Counted, IReadOnlyList<TenantCost> Tenants, IReadOnlyList<DayCost> Days)
{
    public decimal Usd => Tenants.Sum(tenant => tenant.Usd);
}

/// <summary>What a month will have come to when it goes on as it began.</summary>
public static class CostForecast
{
    /// <summary>Null: no day was counted yet, and there is nothing to go on.</summary>
    public static decimal? Of(decimal usd, CostMonth month, CountedDays counted) =>
        counted.Days == 0 ? null : decimal.Round(usd * month.Days / counted.Days, CostQuery.Digits);
}
