using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Costs;

namespace Portal.Functions.Operations.Costs;

/// <summary>What the tenant's own videos and mails cost.</summary>
public sealed class ReadCostsFunction(CostQuery costs, TimeProvider clock)
{
    [Function("ReadCosts")]
    [Allows(PortalAction.ReadCosts)]
    [Operation("Read what the tenant costs in a month", Query = typeof(CostsInput), Returns = typeof(CostsJson),
        Details = "Counted by the portal each day, at the prices that it is set to, and no invoice. What was played yesterday may be "
            + "missing until the afternoon (UTC), and is corrected for three days.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/costs")] HttpRequest request, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (query, problem) = Input.ReadQuery<CostsInput>(request, now);
        return query is null
            ? problem!
            : Reply.Ok(CostsJson.Of(await costs.OfTenantAsync(request.HttpContext.Caller().Tenant, query.Of(now), ct)));
    }
}

/// <summary>What the videos of whoever asks cost.</summary>
public sealed class ReadMyCostsFunction(CostQuery costs, TimeProvider clock)
{
    [Function("ReadMyCosts")]
    [Allows(PortalAction.ReadMyCosts)]
    [Operation("Read what your own videos cost in a month", Query = typeof(CostsInput), Returns = typeof(MyCostsJson),
        Details = "Of the videos that you uploaded first, with all their versions, in projects that you see. Counted as for the tenant.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/me/costs")] HttpRequest request, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (query, problem) = Input.ReadQuery<CostsInput>(request, now);
        return query is null
            ? problem!
            : Reply.Ok(MyCostsJson.Of(await costs.OfCallerAsync(request.HttpContext.Caller(), query.Of(now), ct)));
    }
}

/// <summary>What each tenant costs, for people on call: by ids.</summary>
public sealed class ReadPlatformCostsFunction(CostQuery costs, TimeProvider clock)
{
    [Function("ReadPlatformCosts")]
    [Allows(PortalAction.OperateCosts)]
    [Operation("Read what all tenants cost in a month", Query = typeof(CostsInput), Returns = typeof(PlatformCostsJson),
        Details = "What costs most is first. Counted as for a tenant, which sees its own.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/costs")] HttpRequest request, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (query, problem) = Input.ReadQuery<CostsInput>(request, now);
        return query is null ? problem! : Reply.Ok(PlatformCostsJson.Of(await costs.AllAsync(query.Of(now), ct)));
    }
}

/// <summary>The same as a file for a spreadsheet, all tenants in it.</summary>
public sealed class ExportPlatformCostsFunction(CostQuery costs, TimeProvider clock)
{
    [Function("ExportPlatformCosts")]
    [Allows(PortalAction.OperateCosts)]
    [Operation("Export what all tenants cost in a month as CSV", Query = typeof(CostsInput), MediaType = CsvFile.MediaType,
        Details = "RFC 4180: a header, then one line for a tenant, a metric that it used and a resolution tier of it, in UTF-8. The tier "
            + "is empty where there is none, or none that is known.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/costs.csv")] HttpRequest request, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (query, problem) = Input.ReadQuery<CostsInput>(request, now);
        if (query is null)
        {
            return problem!;
        }

        var read = await costs.AllAsync(query.Of(now), ct);
        var month = read.Month.First.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        return new CsvFile($"costs-{month}.csv",
        [
            ["month", "tenant_id", "metric", "unit", "quantity", "usd", "tier"],
            .. from tenant in read.Tenants
               from metric in tenant.Metrics
               from tier in metric.Tiers
               select (string[])
               [
                   month, tenant.TenantId.ToString(), metric.Metric, UsageMetric.UnitOf(metric.Metric), Number(tier.Quantity),
                   Number(tier.Usd), tier.Tier ?? "",
               ],
        ]);
    }

    private static string Number(decimal number) => number.ToString(CultureInfo.InvariantCulture);
}
