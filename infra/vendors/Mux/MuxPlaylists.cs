using System.Globalization;
using System.Text;
using Portal.LocalVendors.Media;

namespace Portal.LocalVendors.Mux;

/// <summary>
/// HLS playlists (RFC 8216). One address a segment, not ranges of one file: Chromium's own player takes no ranges. The query with the
/// token stands in every address, as nothing inherits it.
/// </summary>
internal static class MuxPlaylists
{
    public const string ContentType = "application/x-mpegURL";

    public static string Master(FragmentedMp4 file, MediaInfo media, string playbackId, string query)
    {
        var size = media.HasVideo ? $",RESOLUTION={media.Width}x{media.Height}" : "";
        var rate = media.FrameRate > 0 ? Invariant($",FRAME-RATE={media.FrameRate:F3}") : "";
        return Invariant($"""
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-STREAM-INF:BANDWIDTH={file.BitsPerSecond},CODECS="{file.Codecs}"{size}{rate}
            {playbackId}/rendition.m3u8{query}

            """);
    }

    public static string Media(FragmentedMp4 file, string query)
    {
        var text = new StringBuilder(Invariant($"""
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-TARGETDURATION:{Math.Ceiling(file.Segments.Max(segment => segment.Seconds))}
            #EXT-X-MEDIA-SEQUENCE:0
            #EXT-X-MAP:URI="init.mp4{query}"

            """));
        for (var i = 0; i < file.Segments.Count; i++)
        {
            text.Append(Invariant($"#EXTINF:{file.Segments[i].Seconds:F3},\nsegments/{i}.m4s{query}\n"));
        }
        return text.Append("#EXT-X-ENDLIST\n").ToString();
    }

    /// <summary>Of a file that cannot be cut: the whole, which some players take.</summary>
    public static string OneFile(MediaInfo media, string playbackId, string query)
    {
        var duration = Math.Max(0.1, media.Duration);
        return Invariant($"""
            #EXTM3U
            #EXT-X-VERSION:3
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-TARGETDURATION:{Math.Ceiling(duration)}
            #EXT-X-MEDIA-SEQUENCE:0
            #EXTINF:{duration:F3},
            {playbackId}/segments/0.mp4{query}
            #EXT-X-ENDLIST

            """);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
