using System.Buffers.Binary;
using static Portal.LocalVendors.Media.Mp4Boxes;

namespace Portal.LocalVendors.Media;

/// <summary>Samples [First, Last) of each track that a segment holds, in the order of the tracks.</summary>
internal sealed record Mp4Segment(double Seconds, IReadOnlyList<(int First, int Last)> Samples, long Bytes);

/// <summary>
/// An MP4 of H.264 and AAC as browsers take it in pieces: an init segment and fragments that each begin at a sync sample of the video. The
/// samples stay as they are; only the boxes around them are made anew (ISO 14496-12).
/// </summary>
internal sealed class FragmentedMp4
{
    /// <summary>A segment ends at the first sync sample from here on.</summary>
    private const double MinSeconds = 3;

    /// <summary>A segment is made in memory.</summary>
    private const long MaxSegmentBytes = 64 * 1024 * 1024;

    private const int Window = 1024 * 1024;

    private const uint SyncSample = 0x0200_0000;
    private const uint OtherSample = 0x0101_0000;

    private readonly byte[] movieHeader;

    private FragmentedMp4(byte[] movieHeader, IReadOnlyList<Mp4Track> tracks, IReadOnlyList<Mp4Segment> segments)
    {
        this.movieHeader = movieHeader;
        Tracks = tracks;
        Segments = segments;
    }

    public IReadOnlyList<Mp4Track> Tracks { get; }

    public IReadOnlyList<Mp4Segment> Segments { get; }

    public string Codecs => string.Join(',', Tracks.Select(track => track.Codec));

    /// <summary>Of the segment with most bytes a second, as playlists tell it.</summary>
    public long BitsPerSecond => (long)Math.Ceiling(Segments.Max(segment => segment.Bytes * 8 / Math.Max(segment.Seconds, 0.1)));

    /// <param name="moov">The body of the file's movie header.</param>
    /// <param name="fileSize">No sample may lie beyond it.</param>
    public static FragmentedMp4 Parse(ReadOnlySpan<byte> moov, long fileSize)
    {
        try
        {
            var tracks = new List<Mp4Track>();
            var rest = moov;
            for (var i = 0; i < MaxChildren && Next(ref rest, out var type, out var body); i++)
            {
                if (type == "trak" && Mp4Track.Parse(body) is { } track && tracks.TrueForAll(other => other.IsVideo != track.IsVideo))
                {
                    tracks.Add(track);
                }
            }
            if (tracks.Count == 0 || tracks.Exists(track => track.Samples.Any(s => s.Offset < 0 || s.Offset > fileSize - s.Size)))
            {
                throw new UnreadableMediaException("The input file has samples beyond its end.");
            }
            return new FragmentedMp4(Box("mvhd", Child(moov, "mvhd").ToArray()), tracks, Cut(tracks));
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new UnreadableMediaException("The input file's movie header is damaged.");
        }
    }

    /// <summary>What a player reads before any segment.</summary>
    public byte[] Init()
    {
        var traks = Tracks.Select(track => Box(
            "trak", track.Header["tkhd"], Box(
                "mdia", track.Header["mdhd"], track.Header["hdlr"], Box(
                    "minf", track.Header[track.IsVideo ? "vmhd" : "smhd"], track.Header["dinf"], Box(
                        "stbl", track.Header["stsd"], Box("stts", Words(0, 0)), Box("stsc", Words(0, 0)), Box("stsz", Words(0, 0, 0)),
                        Box("stco", Words(0, 0)))))));
        var trexs = Tracks.Select(track => Box("trex", Words(0, track.Id, 1, 0, 0, 0)));
        return
        [
            .. Box("ftyp", "iso6"u8.ToArray(), Words(0), "iso6mp41"u8.ToArray()),
            .. Box("moov", [movieHeader, .. traks, Box("mvex", [.. trexs])]),
        ];
    }

    /// <summary>A segment: <c>moof</c> says what the samples in its <c>mdat</c> are.</summary>
    public async Task<byte[]> SegmentAsync(int number, ReadAt read)
    {
        var segment = Segments[number];
        // Its length does not depend on where the data begins.
        var length = MovieFragment(number, 0).Length;
        var moof = MovieFragment(number, length + 8);
        var bytes = new byte[length + 8 + segment.Bytes];
        moof.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(length), (int)segment.Bytes + 8);
        "mdat"u8.CopyTo(bytes.AsSpan(length + 4));
        var at = length + 8;
        byte[] window = [];
        long start = 0;
        foreach (var sample in Tracks.SelectMany((_, track) => SamplesOf(number, track)))
        {
            // Neighbours lie in one window mostly: a read for each would be hundreds.
            if (sample.Offset < start || sample.Offset + sample.Size > start + window.Length)
            {
                (window, start) = (await read(sample.Offset, Math.Max(sample.Size, Window)), sample.Offset);
            }
            if (window.Length < sample.Size)
            {
                throw new UnreadableMediaException("The input file ends before its samples do.");
            }
            window.AsSpan((int)(sample.Offset - start), sample.Size).CopyTo(bytes.AsSpan(at));
            at += sample.Size;
        }
        return bytes;
    }

    /// <summary>Cut where the video can be begun at; sound alone can be begun at anywhere.</summary>
    private static List<Mp4Segment> Cut(List<Mp4Track> tracks)
    {
        var lead = tracks.Find(track => track.IsVideo) ?? tracks[0];
        var segments = new List<Mp4Segment>();
        var firsts = new int[tracks.Count];
        for (int i = 1, first = 0; i <= lead.Samples.Length; i++)
        {
            var until = i < lead.Samples.Length ? Seconds(lead, lead.Samples[i].Decoded) : double.PositiveInfinity;
            var from = Seconds(lead, lead.Samples[first].Decoded);
            if (i < lead.Samples.Length && (!lead.Samples[i].IsSync || until - from < MinSeconds))
            {
                continue;
            }
            var held = tracks.Select((track, t) => (firsts[t], track == lead ? i : FirstFrom(track, firsts[t], until))).ToList();
            var bytes = tracks.Select((track, t) => track.Samples[held[t].Item1..held[t].Item2].Sum(s => (long)s.Size)).Sum();
            if (bytes > MaxSegmentBytes)
            {
                throw new UnreadableMediaException("The input file cannot be cut into pieces of a good size.");
            }
            var last = lead.Samples[i - 1];
            segments.Add(new Mp4Segment(Seconds(lead, last.Decoded + last.Duration) - from, held, bytes));
            firsts = [.. held.Select(range => range.Item2)];
            first = i;
        }
        return segments;
    }

    private static int FirstFrom(Mp4Track track, int first, double until)
    {
        while (first < track.Samples.Length && Seconds(track, track.Samples[first].Decoded) < until)
        {
            first++;
        }
        return first;
    }

    private static double Seconds(Mp4Track track, long units) => (double)units / track.Timescale;

    private byte[] MovieFragment(int number, int dataAt)
    {
        var parts = new List<byte[]> { Box("mfhd", Words(0, (uint)number + 1)) };
        for (var t = 0; t < Tracks.Count; t++)
        {
            var samples = SamplesOf(number, t);
            if (samples.Length == 0)
            {
                continue;
            }
            var began = samples[0].Decoded;
            var run = samples.SelectMany(
                s => Words(s.Duration, (uint)s.Size, s.IsSync ? SyncSample : OtherSample, unchecked((uint)s.Shown)));
            parts.Add(Box(
                "traf",
                // Offsets count from this moof.
                Box("tfhd", Words(0x02_0000, Tracks[t].Id)),
                Box("tfdt", Words(0x0100_0000, (uint)(began >> 32), (uint)began)),
                // Version 1: what is shown earlier than decoded has a negative number. Each sample has all four fields.
                Box("trun", Words(0x0100_0F01, (uint)samples.Length, (uint)dataAt), [.. run])));
            dataAt += samples.Sum(s => s.Size);
        }
        return Box("moof", [.. parts]);
    }

    private MediaSample[] SamplesOf(int number, int track)
    {
        var (first, last) = Segments[number].Samples[track];
        return Tracks[track].Samples[first..last];
    }
}
