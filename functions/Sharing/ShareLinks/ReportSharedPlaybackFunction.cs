using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Videos;
using Portal.Videos;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>
/// A guest's player says how a playback goes. The link and its viewer are asked for to let nobody else in; neither is stored.
/// </summary>
public sealed class ReportSharedPlaybackFunction(GuestAccess access, PlaybackEventStore events, TimeProvider clock)
{
    [Function("ReportSharedPlayback")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation(
        "Report how a playback goes, as a guest", Takes = typeof(PlaybackEventInput), Status = 204, IsBeacon = true,
        Details = PlaybackEventInput.Details + " Needs the cookie that opening the link gave, which beacons carry; a page on another site "
            + "that sends the header Portal-Viewer sends it by fetch with keepalive.")]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share/{token}/playback-events")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        if ((await access.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        var (input, problem) = await Input.ReadBeaconAsync<PlaybackEventInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        await events.AddAsync(
            guest.TenantId, guest.AssetVersionId, WatchedThrough.ShareLink, access.Requester(request).AgentFamily, input.Event(), ct);
        return Reply.NoContent;
    }
}
