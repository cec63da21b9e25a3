using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Vendors.Mux;

namespace Portal.Videos;

/// <summary>What a member gets who wants to watch.</summary>
public sealed record PlayedAsset(ReadyVersion Version, PlaybackUrls Urls);

/// <summary>Mints playback for a member of the tenant, with its audit row: who watched what, until when.</summary>
public sealed class PlayAsset(
    AssetStore assets, PlaybackAuditStore audit, MintPlayback mint, PlaybackTokens tokens, RateLimitStore limit)
{
    /// <param name="number">Which version; null: the newest that is ready.</param>
    public async Task<Result<PlayedAsset>> RunAsync(Caller caller, AssetId id, int? number, Requester requester, CancellationToken ct)
    {
        var most = limit.Limits.PlaybacksPerMinute;
        var hit = await limit.TakePlaybackAsync(requester, ct);
        if (!hit.Allowed)
        {
            return new Refusal.TooMany(hit.RetryAfter, $"At most {most} playback requests a minute.", most);
        }

        var asked = number is { } one
            ? await assets.FindVersionAsync(caller.Tenant, caller, id, one, ct)
            : (await assets.FindAsync(caller.Tenant, caller, id, ct))?.Newest;
        if (asked is null)
        {
            return new Refusal.NotFound(number is null ? "asset" : "version");
        }

        if (await assets.FindReadyAsync(caller.Tenant, id, number is null ? null : asked.Id, ct) is not { } version)
        {
            return number is null
                ? new Refusal.Conflict("asset-not-ready", $"No version of this asset is ready; the newest is {asked.Status}.")
                : new Refusal.Conflict("version-not-ready", $"The version is {asked.Status}.");
        }

        var expires = tokens.Expiry(null);
        await audit.AddAsync(caller, version.Id, requester, expires, ct);
        return new PlayedAsset(version, mint.For(version.PlaybackId, expires));
    }
}
