using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Events;

public sealed record ReadAnalyticsInput : IChecked
{
    [OneOf(typeof(Grain)), About("How wide a bucket is, in UTC.")]
    public string Grain { get; init; } = Portal.Events.Grain.Day;

    [About("Buckets that begin at this moment or after; left out: two days, thirty days or a year before `to`, by grain.")]
    public DateTimeOffset? From { get; init; }

    [About("Buckets that begin before this moment; left out: now.")]
    public DateTimeOffset? To { get; init; }

    [OneOf(typeof(MetricNames)), About("Only this metric.", Example = "\"share_link_opens\"")]
    public string? Metric { get; init; }

    [About("Only what belongs to this project.")]
    public Guid? ProjectId { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        var (from, to) = Range(now);
        if (to <= from)
        {
            faults.Add("to", "range", "must be after from.");
        }
        else if (to - from > TimeSpan.FromDays(MostDays))
        {
            faults.Add("to", "range", $"must be at most {MostDays} days after from for this grain.");
        }
    }

    public (DateTimeOffset From, DateTimeOffset To) Range(DateTimeOffset now)
    {
        var to = To ?? now;
        var back = TimeSpan.FromDays(Grain switch { Portal.Events.Grain.Hour => 2, Portal.Events.Grain.Month => 366, _ => 30 });
        return (From ?? (to - DateTimeOffset.MinValue > back ? to - back : DateTimeOffset.MinValue), to);
    }

    private int MostDays => Grain switch { Portal.Events.Grain.Hour => 7, Portal.Events.Grain.Month => 3660, _ => 366 };
}

/// <summary>How often a metric was counted in a bucket, and the sum of its amounts.</summary>
public sealed record AnalyticsBucketJson(DateTimeOffset Start, [OneOf(typeof(MetricNames))] string Metric, long Events, double Amount);

/// <summary>Buckets in the order of time, then metric; where nothing happened there is none.</summary>
public sealed record AnalyticsJson(
    [OneOf(typeof(Grain))] string Grain, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<AnalyticsBucketJson> Items);

/// <summary>What happened, counted.</summary>
public sealed class ReadAnalyticsFunction(AnalyticsStore store, TimeProvider clock)
{
    [Function("ReadAnalytics")]
    [Allows(PortalAction.ReadAnalytics)]
    [Operation("Read analytics by hour, day or month", Query = typeof(ReadAnalyticsInput), Returns = typeof(AnalyticsJson),
        Details = "Over the projects that the caller sees; what belongs to no project, only for an Admin. Hours are kept for 90 days, "
            + "days for a year, months for ever. "
            + "A span is at most 7 days by hour, 366 by day, 3660 by month. What happened in the last hour may still be missing.")]
    [Refuses(
        400, "invalid", "The span is too long for its grain, or the answer has too many buckets: ask for one metric or a shorter span.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/analytics")] HttpRequest request, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (query, problem) = Input.ReadQuery<ReadAnalyticsInput>(request, now);
        if (query is null)
        {
            return problem!;
        }

        var (from, to) = query.Range(now);
        var caller = request.HttpContext.Caller();
        var buckets = await store.ReadAsync(caller.Tenant, caller, query.Grain, from, to, query.Metric, query.ProjectId, ct);
        return buckets.Count > AnalyticsStore.MaxBuckets
            ? Problem.Invalid(
                [new("?metric", "range", $"That is more than {AnalyticsStore.MaxBuckets} buckets: ask for one metric or a shorter span.")])
            : Reply.Ok(
                new AnalyticsJson(
                    query.Grain, from, to, [
                        .. buckets.Select(b => new AnalyticsBucketJson(b.BucketStart, b.Metric, b.Events, b.Amount))
                    ]));
    }
}
