using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Uploads;
using Portal.Videos.Uploads;

namespace Portal.Functions.Operations;

/// <summary>Which days of uploads to read.</summary>
public sealed record UploadTelemetryInput : IChecked
{
    private const int UsualDays = 7;

    [About("The first day, in UTC; left out: six days before `to`.")]
    public DateOnly? From { get; init; }

    [About("The last day, in UTC, not after today; left out: today.")]
    public DateOnly? To { get; init; }

    [OneOf(typeof(UploadSource)), About("Only uploads by that way.")]
    public string? Source { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        var (from, to) = Range(now);
        if (to > Today(now))
        {
            faults.Add("to", "range", "must not be after today (UTC).");
        }
        else if (to < from)
        {
            faults.Add("to", "range", "must not be before from.");
        }
        else if (to.DayNumber - from.DayNumber >= UploadTelemetryQuery.MostDays)
        {
            faults.Add("to", "range", $"must be at most {UploadTelemetryQuery.MostDays} days, from included.");
        }
    }

    public (DateOnly From, DateOnly To) Range(DateTimeOffset now)
    {
        var to = To ?? Today(now);
        return (From ?? DateOnly.FromDayNumber(Math.Max(0, to.DayNumber - UsualDays + 1)), to);
    }

    private static DateOnly Today(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime);
}

public sealed record SecondsSpreadJson(
    [About("Uploads for which it is known.")] int Count,
    [About("Interpolated between neighbours, as the other percentiles.")] double P50, double P95, double P99, double Max)
{
    public static SecondsSpreadJson? From(Spread<double>? spread) =>
        spread is null ? null : new(spread.Count, spread.P50, spread.P95, spread.P99, spread.Max);
}

public sealed record BytesSpreadJson(
    int Count, [About("The size of some upload, as the other percentiles.")] long P50, long P95, long P99, long Max)
{
    public static BytesSpreadJson? From(Spread<long>? spread) =>
        spread is null ? null : new(spread.Count, spread.P50, spread.P95, spread.P99, spread.Max);
}

public sealed record FailureCountJson(
    [OneOf(typeof(UploadFailureCode))] string Code, [About("That ended so, also when another one followed.")] int Attempts);

/// <summary>The uploads that were asked for on a day by one way, as they stand now.</summary>
public sealed record UploadDayJson(
    DateOnly Day, [OneOf(typeof(UploadSource))] string Source, int Uploads,
    [About("They wait for their file, or are processed.")] int UnderWay, int Ready, int Failed, int TimedOut, int Cancelled,
    [About("Uploads that took, or take, more than one attempt.")] int Retried,
    [About("Attempts after the first.")] int Retries,
    [About("Calls to vendors that failed, in the attempts that the uploads are at.")] int FailedCalls,
    [About("From the request until all bytes had arrived at Mux or Vercel Blob. Null: of none is it known.")]
    SecondsSpreadJson? BytesAfterSeconds,
    [About("From the request until the video could be watched, with all attempts in between.")] SecondsSpreadJson? ReadyAfterSeconds,
    [About("From the bytes to the video.")] SecondsSpreadJson? ReadyAfterBytesSeconds,
    BytesSpreadJson? SizeBytes,
    [About("The most frequent first.")] IReadOnlyList<FailureCountJson> Failures)
{
    public static UploadDayJson From(UploadDay day) => new(
        day.Day, day.Source, day.Uploads, day.UnderWay, day.Ready, day.Failed, day.TimedOut, day.Cancelled, day.Retried, day.Retries,
        day.FailedCalls, SecondsSpreadJson.From(day.BytesAfter), SecondsSpreadJson.From(day.ReadyAfter),
        SecondsSpreadJson.From(day.ReadyAfterBytes), BytesSpreadJson.From(day.Sizes),
        [.. day.Failures.Select(failure => new FailureCountJson(failure.Code, failure.Attempts))]);
}

/// <summary>Newest first; a day and way without uploads is left out.</summary>
public sealed record UploadTelemetryJson(
    DateOnly From, DateOnly To,
    [About("From that day on every upload is counted. Of days before it, rows have been pruned by then.")] DateOnly CompleteSince,
    IReadOnlyList<UploadDayJson> Items);

/// <summary>How uploads went, by day and source.</summary>
public sealed class ReadUploadTelemetryFunction(UploadTelemetryQuery telemetry, TimeProvider clock)
{
    [Function("ReadUploadTelemetry")]
    [Allows(PortalAction.OperateUploads)]
    [Operation("Read how uploads went, by day and source", Query = typeof(UploadTelemetryInput), Returns = typeof(UploadTelemetryJson),
        Details = "Of all tenants together, counted from the rows of the uploads at the moment of asking. At most 92 days at once.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/uploads/telemetry")] HttpRequest request,
        CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (query, problem) = Input.ReadQuery<UploadTelemetryInput>(request, now);
        if (query is null)
        {
            return problem!;
        }

        var (from, to) = query.Range(now);
        var read = await telemetry.ReadAsync(from, to, query.Source, ct);
        return Reply.Ok(new UploadTelemetryJson(from, to, read.CompleteSince, [.. read.Days.Select(UploadDayJson.From)]));
    }
}
