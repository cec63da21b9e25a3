using Microsoft.Extensions.Options;
using Portal.Vendors.Mux;

namespace Portal.Videos;

/// <summary>Where to watch, until when, and when to come back for a fresh URL.</summary>
/// <param name="RenewAt">Two minutes before the URL dies (an expired token cuts playback mid-view), or its end when that is
/// sooner.</param>
public sealed record PlaybackUrls(string PlaybackUrl, string PosterUrl, DateTimeOffset UrlExpiresAt, DateTimeOffset RenewAt);

/// <summary>Mints the signed URLs of one playback id.</summary>
public sealed class MintPlayback(PlaybackTokens tokens, IOptions<MuxOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan Lead = TimeSpan.FromMinutes(2);

    /// <summary>Where to download a static rendition.</summary>
    public string FileFor(string playbackId, string name, DateTimeOffset expires) =>
        $"{options.Value.StreamUrl.TrimEnd('/')}/{playbackId}/{name}?token={tokens.Sign(playbackId, PlaybackAudience.Video, expires)}";

    public PlaybackUrls For(string playbackId, DateTimeOffset expires)
    {
        var video = tokens.Sign(playbackId, PlaybackAudience.Video, expires);
        var poster = tokens.Sign(playbackId, PlaybackAudience.Thumbnail, expires);
        var renewAt = expires - Lead > clock.GetUtcNow() ? expires - Lead : expires;
        return new(
            $"{options.Value.StreamUrl.TrimEnd('/')}/{playbackId}.m3u8?token={video}",
            $"{options.Value.ImageUrl.TrimEnd('/')}/{playbackId}/thumbnail.jpg?token={poster}",
            expires,
            renewAt);
    }
}
