using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Playback;
using Portal.Videos;

namespace Portal.Functions.Operations;

/// <summary>How many days of playback to read.</summary>
public sealed record PlaybackTelemetryInput
{
    [Whole(1, PlaybackTelemetryQuery.MostDays), About("Up to today, in UTC, which is one of them.")]
    public int Days { get; init; } = 7;
}

public sealed record PlaybackErrorCountJson([OneOf(typeof(PlaybackErrorCode))] string Code, int Times);

public sealed record StartupJson([About("Milliseconds, interpolated between neighbours.")] double P50, double P95);

/// <summary>What players said on a day.</summary>
public sealed record PlaybackDayJson(
    DateOnly Day,
    [About("That started or failed, each once.")] int Playbacks, int Started, int Failed,
    [About("Of the playbacks. Null: there were none.")] double? FailedShare,
    [About("From the press of play to the first picture. Null: none started.")] StartupJson? Startup,
    [About("That told how they went: of some the browser drops the last message.")] int Ended,
    [About("Of those that ended, the share that stood still to load at least once. Null: none ended.")] double? RebufferedShare,
    [About("The most frequent first.")] IReadOnlyList<PlaybackErrorCountJson> Errors)
{
    public static PlaybackDayJson From(PlaybackDay day) => new(
        day.Day, day.Playbacks, day.Started, day.Failed, day.FailedShare,
        day is { StartupP50: { } p50, StartupP95: { } p95 } ? new(p50, p95) : null, day.Ended, day.RebufferedShare,
        [.. day.Errors.Select(error => new PlaybackErrorCountJson(error.Code, error.Times))]);
}

/// <summary>Newest first; a day on which no player said anything is left out.</summary>
public sealed record PlaybackTelemetryJson(IReadOnlyList<PlaybackDayJson> Items);

/// <summary>How playback goes for people, by day.</summary>
public sealed class ReadPlaybackTelemetryFunction(PlaybackTelemetryQuery telemetry, TimeProvider clock)
{
    [Function("ReadPlaybackTelemetry")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read how playback went, by day", Query = typeof(PlaybackTelemetryInput), Returns = typeof(PlaybackTelemetryJson),
        Details = "Of all tenants together, counted from what players said at the moment of asking. At most 31 days at once.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/playback")] HttpRequest request, CancellationToken ct)
    {
        var (query, problem) = Input.ReadQuery<PlaybackTelemetryInput>(request, clock.GetUtcNow());
        return query is null
            ? problem!
            : Reply.Ok(new PlaybackTelemetryJson([.. (await telemetry.ReadAsync(query.Days, ct)).Select(PlaybackDayJson.From)]));
    }
}
