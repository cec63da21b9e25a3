using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Probes;

namespace Portal.Functions.Operations.Probes;

/// <summary>The probe of one minute.</summary>
public sealed record ProbeRunJson(
    DateTimeOffset Minute,
    [OneOf(typeof(ProbeOutcome)), About("null: under way. Only played is good.")] string? Outcome,
    [OneOf(typeof(ProbeStep)), About("Where it ended, when it was not good.")] string? Step,
    [About("What was answered there, when it was not 200.")] int? Status, int? TookMs)
{
    public static ProbeRunJson From(ProbeRun run) => new(run.Minute, run.Outcome, run.Step, run.Status, run.TookMs);
}

/// <summary>The synthetic probe, with what it came to in the last hour, the newest first.</summary>
public sealed record ProbeJson(
    bool On, [About("The link that is opened; null: the probe is off.")] Guid? ShareLinkId, int LimitMs,
    IReadOnlyList<ProbeRunJson> Items)
{
    public static ProbeJson From(ProbeLook look) => new(
        look.ShareLinkId is not null, look.ShareLinkId, (int)OpenAsGuest.Limit.TotalMilliseconds,
        [.. look.Runs.Select(ProbeRunJson.From)]);
}

/// <summary>Whether a guest could have played a video in the last hour.</summary>
public sealed class ReadProbeFunction(ProbeQueries probes)
{
    [Function("ReadProbe")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read what the synthetic probe came to", Returns = typeof(ProbeJson),
        Details = "Once a minute the app opens a share link by its own public address and fetches the playlist from Mux, as a guest does. "
            + "The objective synthetic_playback counts each.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/probe")] HttpRequest request,
        CancellationToken ct) => Reply.Ok(ProbeJson.From(await probes.ReadAsync(ct)));
}
