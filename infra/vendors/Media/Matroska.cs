using System.Buffers.Binary;
using System.Text;

namespace Portal.LocalVendors.Media;

/// <summary>Reads the front of a WebM or Matroska file: document type, duration if stated, the first video and audio track.</summary>
internal static class Matroska
{
    private const int Front = 1024 * 1024;
    private const int MaxElements = 10_000;

    public static bool IsSignature(ReadOnlySpan<byte> head) => head.StartsWith(new byte[] { 0x1A, 0x45, 0xDF, 0xA3 });

    public static async Task<MediaInfo> InspectAsync(long size, ReadAt read) => Parse(await read(0, (int)Math.Min(size, Front)));

    private static MediaInfo Parse(ReadOnlySpan<byte> front)
    {
        var found = new Found();
        var rest = front;
        for (var i = 0; i < MaxElements && Next(ref rest, out var id, out var body); i++)
        {
            if (id == 0x1A45DFA3)
            {
                found.Type = Text(body, 0x4282);
            }
            else if (id == 0x18538067)
            {
                ReadSegment(body, found);
                break;
            }
        }
        if (found.Type is not ("webm" or "matroska"))
        {
            throw new UnreadableMediaException("The input file is not a video or audio file that can be decoded.");
        }
        if (!found.HasVideo && !found.HasAudio)
        {
            throw new UnreadableMediaException("The input file has no video or audio track.");
        }
        // Browsers record without stating a duration; such files are taken, and their duration stays 0 here.
        return new MediaInfo(
            found.Type, found.Duration, found.Width, found.Height, found.FrameRate, found.HasVideo, found.HasAudio, found.Channels);
    }

    private static void ReadSegment(ReadOnlySpan<byte> segment, Found found)
    {
        for (var i = 0; i < MaxElements && Next(ref segment, out var id, out var body); i++)
        {
            if (id == 0x1549A966)
            {
                var scale = Number(body, 0x2AD7B1) is > 0 and var given ? given : 1_000_000;
                var duration = Float(body, 0x4489) * scale / 1e9;
                found.Duration = double.IsFinite(duration) && duration > 0 ? duration : 0;
            }
            else if (id == 0x1654AE6B)
            {
                for (var j = 0; j < MaxElements && Next(ref body, out var entry, out var track); j++)
                {
                    if (entry == 0xAE)
                    {
                        ReadTrack(track, found);
                    }
                }
            }
            else if (id == 0x1F43B675)
            {
                return;
            }
        }
    }

    private static void ReadTrack(ReadOnlySpan<byte> track, Found found)
    {
        var kind = Number(track, 0x83);
        if (kind == 1 && !found.HasVideo)
        {
            found.HasVideo = true;
            var video = Child(track, 0xE0);
            (found.Width, found.Height) = ((int)Math.Min(Number(video, 0xB0), 65535), (int)Math.Min(Number(video, 0xBA), 65535));
            found.FrameRate = Number(track, 0x23E383) is > 0 and var frame ? 1e9 / frame : 0;
        }
        else if (kind == 2 && !found.HasAudio)
        {
            found.HasAudio = true;
            found.Channels = (int)Math.Clamp(Number(Child(track, 0xE1), 0x9F), 1, 64);
        }
    }

    private static string Text(ReadOnlySpan<byte> parent, uint id) => Encoding.ASCII.GetString(Child(parent, id)).TrimEnd('\0');

    private static ulong Number(ReadOnlySpan<byte> parent, uint id)
    {
        ulong value = 0;
        var bytes = Child(parent, id);
        foreach (var one in bytes.Length <= 8 ? bytes : [])
        {
            value = (value << 8) | one;
        }
        return value;
    }

    private static double Float(ReadOnlySpan<byte> parent, uint id) => Child(parent, id) switch
    {
        { Length: 4 } four => BinaryPrimitives.ReadSingleBigEndian(four),
        { Length: 8 } eight => BinaryPrimitives.ReadDoubleBigEndian(eight),
        _ => 0,
    };

    private static ReadOnlySpan<byte> Child(ReadOnlySpan<byte> parent, uint wanted)
    {
        for (var i = 0; i < MaxElements && Next(ref parent, out var id, out var body); i++)
        {
            if (id == wanted)
            {
                return body;
            }
        }
        return [];
    }

    // An element that runs past what we hold (an unknown size, the media itself) is cut there: only the front is read.
    private static bool Next(scoped ref ReadOnlySpan<byte> rest, out uint id, out ReadOnlySpan<byte> body)
    {
        body = [];
        if (!Variable(ref rest, keepMarker: true, out var rawId) || rawId > uint.MaxValue
            || !Variable(ref rest, keepMarker: false, out var length))
        {
            id = 0;
            return false;
        }
        id = (uint)rawId;
        var taken = (int)Math.Min(length, (ulong)rest.Length);
        body = rest[..taken];
        rest = rest[taken..];
        return true;
    }

    private static bool Variable(scoped ref ReadOnlySpan<byte> rest, bool keepMarker, out ulong value)
    {
        value = 0;
        if (rest.IsEmpty || rest[0] == 0)
        {
            return false;
        }
        var length = System.Numerics.BitOperations.LeadingZeroCount((uint)rest[0]) - 24 + 1;
        if (rest.Length < length)
        {
            return false;
        }
        value = keepMarker ? rest[0] : (ulong)(rest[0] & ((1 << (8 - length)) - 1));
        var ones = !keepMarker && value == (ulong)((1 << (8 - length)) - 1);
        for (var i = 1; i < length; i++)
        {
            value = (value << 8) | rest[i];
            ones &= rest[i] == 0xFF;
        }
        value = ones ? ulong.MaxValue : value;
        rest = rest[length..];
        return true;
    }

    private sealed class Found
    {
        public string Type { get; set; } = "";

        public double Duration { get; set; }

        public bool HasVideo { get; set; }

        public bool HasAudio { get; set; }

        public int Width { get; set; }

        public int Height { get; set; }

        public double FrameRate { get; set; }

        public int Channels { get; set; }
    }
}
