using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;

namespace Portal.Videos;

/// <summary>A member's player says how a playback goes: of a version that the member may see, within the address's playback
/// requests.</summary>
public sealed class ReportPlayback(AssetStore assets, PlaybackEventStore events, RateLimitStore limit)
{
    public async Task<Result<PlaybackEvent>> RunAsync(
        Caller caller, AssetId id, int number, PlaybackEvent said, Requester requester, CancellationToken ct)
    {
        var most = limit.Limits.PlaybacksPerMinute;
        var hit = await limit.TakePlaybackAsync(requester, ct);
        if (!hit.Allowed)
        {
            return new Refusal.TooMany(hit.RetryAfter, $"At most {most} playback requests a minute.", most);
        }

        // Whatever has become of it meanwhile: who was given it before may say how it went.
        if (await assets.FindVersionAsync(caller.Tenant, caller, id, number, ct) is not { } version)
        {
            return new Refusal.NotFound("version");
        }

        await events.AddAsync(caller.Tenant, version.Id, WatchedThrough.Portal, requester.AgentFamily, said, ct);
        return said;
    }
}
