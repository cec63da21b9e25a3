using System.Buffers.Binary;
using System.Text;
using static Portal.LocalVendors.Media.Mp4Boxes;

namespace Portal.LocalVendors.Media;

/// <summary>The contents of a <c>moov</c> box that matter here. Reading past a box's end reads as «damaged», never as a crash.</summary>
internal sealed class Mp4Movie
{
    private readonly Dictionary<uint, (uint Timescale, uint DefaultSample)> tracks = [];

    public double Duration { get; private set; }

    public bool HasVideo { get; private set; }

    public bool HasAudio { get; private set; }

    public int Width { get; private set; }

    public int Height { get; private set; }

    public double FrameRate { get; private set; }

    public int Channels { get; private set; }

    public static Mp4Movie Parse(ReadOnlySpan<byte> moov)
    {
        var movie = new Mp4Movie();
        try
        {
            var rest = moov;
            for (var i = 0; i < MaxChildren && Next(ref rest, out var type, out var body); i++)
            {
                switch (type)
                {
                    case "mvhd":
                        movie.Duration = Math.Max(movie.Duration, Length(body));
                        break;
                    case "trak":
                        movie.AddTrack(body);
                        break;
                    case "mvex":
                        movie.AddDefaults(body);
                        break;
                }
            }
            return movie;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw new UnreadableMediaException("The input file's movie header is damaged.");
        }
    }

    public double Seconds(uint track, double units) =>
        tracks.TryGetValue(track, out var known) && known.Timescale > 0 ? units / known.Timescale : 0;

    /// <summary>Adds the sample durations of one <c>moof</c> to its tracks.</summary>
    public void AddFragment(ReadOnlySpan<byte> moof, Dictionary<uint, double> units)
    {
        try
        {
            for (var i = 0; i < MaxChildren && Next(ref moof, out var type, out var traf); i++)
            {
                if (type == "traf")
                {
                    AddTrackFragment(traf, units);
                }
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw new UnreadableMediaException("The input file has a damaged fragment.");
        }
    }

    private void AddTrackFragment(ReadOnlySpan<byte> traf, Dictionary<uint, double> units)
    {
        uint track = 0;
        uint perSample = 0;
        for (var i = 0; i < MaxChildren && Next(ref traf, out var type, out var body); i++)
        {
            var flags = body.Length >= 4 ? U32(body, 0) & 0xFFFFFF : 0;
            if (type == "tfhd")
            {
                track = U32(body, 4);
                perSample = tracks.GetValueOrDefault(track).DefaultSample;
                // Before the default duration: base offset (8 bytes) and sample description (4), each only if flagged.
                var at = 8 + ((flags & 0x1) != 0 ? 8 : 0) + ((flags & 0x2) != 0 ? 4 : 0);
                perSample = (flags & 0x8) != 0 ? U32(body, at) : perSample;
            }
            else if (type == "trun")
            {
                units[track] = units.GetValueOrDefault(track) + RunLength(body, flags, perSample);
            }
        }
    }

    private static double RunLength(ReadOnlySpan<byte> trun, uint flags, uint perSample)
    {
        double samples = U32(trun, 4);
        if ((flags & 0x100) == 0)
        {
            return samples * perSample;
        }
        var at = 8 + ((flags & 0x1) != 0 ? 4 : 0) + ((flags & 0x4) != 0 ? 4 : 0);
        var each = 4 * System.Numerics.BitOperations.PopCount(flags & 0xF00);
        double sum = 0;
        for (var i = 0; i < samples; i++, at += each)
        {
            sum += U32(trun, at);
        }
        return sum;
    }

    private void AddTrack(ReadOnlySpan<byte> trak)
    {
        uint id = 0;
        var rotated = false;
        var mdia = ReadOnlySpan<byte>.Empty;
        for (var i = 0; i < MaxChildren && Next(ref trak, out var type, out var body); i++)
        {
            if (type == "tkhd")
            {
                var wide = body[0] == 1;
                id = U32(body, wide ? 20 : 12);
                // The matrix of a phone held upright has nothing on its main diagonal.
                var matrix = wide ? 52 : 40;
                rotated = U32(body, matrix) == 0 && U32(body, matrix + 16) == 0 && U32(body, matrix + 4) != 0;
            }
            else if (type == "mdia")
            {
                mdia = body;
            }
        }
        AddMedia(id, rotated, mdia);
    }

    private void AddMedia(uint id, bool rotated, ReadOnlySpan<byte> mdia)
    {
        uint timescale = 0;
        double seconds = 0;
        var handler = "";
        var stbl = ReadOnlySpan<byte>.Empty;
        for (var i = 0; i < MaxChildren && Next(ref mdia, out var type, out var body); i++)
        {
            switch (type)
            {
                case "mdhd":
                    timescale = U32(body, body[0] == 1 ? 20 : 12);
                    seconds = Length(body);
                    break;
                case "hdlr":
                    handler = Encoding.Latin1.GetString(body.Slice(8, 4));
                    break;
                case "minf":
                    stbl = Child(body, "stbl");
                    break;
            }
        }
        tracks[id] = (timescale, tracks.GetValueOrDefault(id).DefaultSample);
        if (handler == "vide")
        {
            AddVideo(stbl, rotated, timescale);
            Duration = Math.Max(Duration, seconds);
        }
        else if (handler == "soun")
        {
            HasAudio = true;
            var entry = FirstEntry(stbl);
            Channels = Math.Max(Channels, entry.Length >= 18 ? BinaryPrimitives.ReadUInt16BigEndian(entry[16..]) : 1);
            Duration = Math.Max(Duration, seconds);
        }
    }

    private void AddVideo(ReadOnlySpan<byte> stbl, bool rotated, uint timescale)
    {
        var entry = FirstEntry(stbl);
        if (entry.Length < 28)
        {
            throw new UnreadableMediaException("The input file's video track has no sample description.");
        }
        var (width, height) = (BinaryPrimitives.ReadUInt16BigEndian(entry[24..]), BinaryPrimitives.ReadUInt16BigEndian(entry[26..]));
        if (!HasVideo)
        {
            (Width, Height) = rotated ? (height, width) : (width, height);
            FrameRate = Rate(Child(stbl, "stts"), timescale);
        }
        HasVideo = true;
    }

    private static double Rate(ReadOnlySpan<byte> stts, uint timescale)
    {
        if (stts.Length < 8)
        {
            return 0;
        }
        double samples = 0;
        double units = 0;
        var entries = Math.Min(U32(stts, 4), (uint)((stts.Length - 8) / 8));
        for (var i = 0; i < entries; i++)
        {
            var count = U32(stts, 8 + (8 * i));
            samples += count;
            units += (double)count * U32(stts, 12 + (8 * i));
        }
        return units > 0 ? samples * timescale / units : 0;
    }

    private void AddDefaults(ReadOnlySpan<byte> mvex)
    {
        for (var i = 0; i < MaxChildren && Next(ref mvex, out var type, out var body); i++)
        {
            if (type == "trex")
            {
                var id = U32(body, 4);
                tracks[id] = (tracks.GetValueOrDefault(id).Timescale, U32(body, 12));
            }
        }
    }

    // The body of the first sample entry (after its size and type); empty when there is none.
    private static ReadOnlySpan<byte> FirstEntry(ReadOnlySpan<byte> stbl)
    {
        var stsd = Child(stbl, "stsd");
        if (stsd.Length < 8)
        {
            return [];
        }
        var entries = stsd[8..];
        return Next(ref entries, out _, out var body) ? body : [];
    }

    // mvhd and mdhd begin alike: version, times, timescale, duration. All ones means unknown.
    private static double Length(ReadOnlySpan<byte> header)
    {
        var wide = header[0] == 1;
        var timescale = U32(header, wide ? 20 : 12);
        double units = wide
            ? BinaryPrimitives.ReadUInt64BigEndian(header[24..]) is var big && big != ulong.MaxValue ? big : 0
            : U32(header, 16) is var small && small != uint.MaxValue ? small : 0;
        return timescale == 0 ? 0 : units / timescale;
    }
}
