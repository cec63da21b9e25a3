using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Limits;

namespace Portal.Functions.Operations;

public sealed record LimitCountsJson(
    [About("Answered 429.")] long Refused,
    [About("Served, though it was over the limit: the limit was only observed.")] long LetThrough);

public sealed record LimitedKeyJson(
    [About("The id of a person or a tenant, or the first 16 characters of a keyed hash of an address.")] string Key,
    long Refused, long LetThrough);

/// <summary>A limit: its number, what becomes of a request that is over it, and how many were.</summary>
public sealed record LimitJson(
    [OneOf(typeof(LimitName))] string Name, int Number, int WindowSeconds, [OneOf(typeof(LimitMode))] string Mode,
    LimitCountsJson LastHour, LimitCountsJson LastDay,
    [About("Those that were over it most often in the last day, five at most.")] IReadOnlyList<LimitedKeyJson> Top)
{
    public static LimitJson From(LimitLook look) => new(
        look.Name, look.Number, (int)look.Window.TotalSeconds, look.Mode,
        new(look.Counts.RefusedHour, look.Counts.LetThroughHour), new(look.Counts.RefusedDay, look.Counts.LetThroughDay),
        [.. look.Top.Select(key => new LimitedKeyJson(key.Key, key.Refused, key.LetThrough))]);
}

/// <summary>The limits that settings name.</summary>
public sealed record LimitsJson(IReadOnlyList<LimitJson> Items);

/// <summary>Whom limits hold up, or would.</summary>
public sealed class ReadLimitsFunction(LimitQueries limits)
{
    [Function("ReadLimits")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read the rate limits and what they refused", Returns = typeof(LimitsJson),
        Details = "Counted by minute over all instances, ten seconds late at most. A limit in the mode observe refuses nobody and says "
            + "whom it would have refused; uploads and failed attempts are always enforced.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/limits")] HttpRequest request,
        CancellationToken ct) =>
        Reply.Ok(new LimitsJson([.. (await limits.AllAsync(ct)).Select(LimitJson.From)]));
}
