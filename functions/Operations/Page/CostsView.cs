using System.Globalization;
using Portal.Foundation;
using Portal.Operations.Costs;

namespace Portal.Functions.Operations.Page;

/// <summary>What the month has cost so far, by tenant, as a part of the overview.</summary>
internal static class CostsView
{
    private const int MostTenants = 20;

    public static Html Section(PlatformCosts costs) => Html.Of($"""
        <section aria-labelledby="costs">
        <h2 id="costs" tabindex="-1">Costs <span class="total">{Usd(costs.Usd)}</span></h2>
        <p class="about">{About(costs)}</p>
        {(costs.Tenants.Count == 0 ? Html.Empty : Html.Of($"""<details><summary>By tenant</summary><ul class="list costs">{Html.Join(costs.Tenants.Take(MostTenants).Select(tenant => Item(tenant, costs)))}</ul></details>"""))}
        </section>
        """);

    private static string About(PlatformCosts costs)
    {
        var month = costs.Month.First.ToString("MMMM", CultureInfo.InvariantCulture);
        return costs.Counted.Through is not { } through
            ? $"No day of {month} was counted yet."
            : $"{month} up to {through.ToString("d MMM", CultureInfo.InvariantCulture)}, at the prices that are set; "
                + Forecast(costs.Usd, costs)
                + (costs.Tenants.Count > MostTenants ? $" The first {MostTenants} of {costs.Tenants.Count} tenants." : "");
    }

    private static Html Item(TenantCost tenant, PlatformCosts costs) => Html.Of($"""
        <li class="item over">
        <p class="item-name">{Usd(tenant.Usd)} <span class="id">{tenant.TenantId}</span></p>
        <p class="item-text">{Forecast(tenant.Usd, costs)}</p>
        <p class="item-meta">{string.Join(" · ", tenant.Metrics.Where(metric => metric.Usd > 0).Select(metric => $"{metric.Metric} {Usd(metric.Usd)}"))}</p>
        </li>
        """);

    private static string Forecast(decimal usd, PlatformCosts costs) =>
        $"{Usd(CostForecast.Of(usd, costs.Month, costs.Counted) ?? usd)} for the whole month, if it goes on so.";

    private static string Usd(decimal usd) => string.Create(CultureInfo.InvariantCulture, $"{usd:0.00} USD");
}
