using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Operations;

/// <summary>A run of a timer: what it found and did, by name; <c>endedAt</c> is null while it runs, and for ever when its process
/// died.</summary>
public sealed record TimerRunJson(
    DateTimeOffset StartedAt, DateTimeOffset? EndedAt, IReadOnlyDictionary<string, long> Counts, string? Error)
{
    public static TimerRunJson From(TimerRun run) => new(run.StartedAt, run.EndedAt, CountsOf(run), run.Error);

    public static IReadOnlyDictionary<string, long> CountsOf(TimerRun run) =>
        JsonSerializer.Deserialize<Dictionary<string, long>>(run.Counts)!;
}

/// <summary>A timer: its state (ok, running, never, failed, late, lost), its last runs, and the last that failed.</summary>
public sealed record TimerJson(
    string Name, string Schedule, [OneOf(typeof(TimerState))] string State, DateTimeOffset? NextDueAt,
    IReadOnlyList<TimerRunJson> Runs, TimerRunJson? LastError)
{
    public static TimerJson From(TimerLook look) => new(
        look.Timer.Name, look.Timer.Schedule, look.State, look.NextDueAt, [.. look.Runs.Select(TimerRunJson.From)],
        look.LastError is { } failed ? TimerRunJson.From(failed) : null);
}

/// <summary>All timers, those that need a look first.</summary>
public sealed record TimersJson(IReadOnlyList<TimerJson> Items);

/// <summary>The timers and what they did last.</summary>
public sealed class ListTimersFunction(TimerQueries look)
{
    [Function("ListTimers")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("List timers and their last runs", Returns = typeof(TimersJson),
        Details = "State: ok, running, never (not yet run), failed (the last run threw), late (due, and not begun), lost (began an hour "
            + "ago or more, and has no end). "
            + "Of runs that found nothing to do, only the last is kept.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/timers")] HttpRequest request, CancellationToken ct) =>
        Reply.Ok(new TimersJson([.. (await look.AllAsync(ct)).Select(TimerJson.From)]));
}
