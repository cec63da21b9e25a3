using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Videos;

namespace Portal.Functions.Videos;

/// <summary>A member's player says how a playback goes.</summary>
public sealed class ReportPlaybackFunction(ReportPlayback report, RequesterHash hash, TimeProvider clock)
{
    [Function("ReportPlayback")]
    [Allows(PortalAction.PlayAsset)]
    [Operation(
        "Report how a playback goes", Takes = typeof(PlaybackEventInput), Status = 204, IsBeacon = true,
        Details = PlaybackEventInput.Details + " A beacon cannot carry a session: send it by fetch with keepalive.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/assets/{id:guid}/versions/{number:int}/playback-events")]
        HttpRequest request,
        Guid id,
        int number,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadBeaconAsync<PlaybackEventInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var http = request.HttpContext;
        var reported = await report.RunAsync(http.Caller(), new AssetId(id), number, input.Event(), http.Requester(hash), ct);
        return reported.Answer(_ => Reply.NoContent);
    }
}
