using System.Buffers.Binary;
using System.Text;
using static Portal.LocalVendors.Media.Mp4Boxes;

namespace Portal.LocalVendors.Media;

/// <summary>A sample of a track: where its bytes are, when it is decoded and for how long, and how much later it is shown.</summary>
internal readonly record struct MediaSample(long Offset, int Size, long Decoded, uint Duration, int Shown, bool IsSync);

/// <summary>One track of H.264 or AAC with all its samples, read from the tables of a file that is not fragmented.</summary>
/// <param name="Header">The boxes that stay as they are: tkhd, mdhd, hdlr, vmhd or smhd, dinf and stsd, by type.</param>
/// <param name="Codec">As a playlist names it (RFC 6381).</param>
internal sealed record Mp4Track(
    uint Id, bool IsVideo, uint Timescale, string Codec, IReadOnlyDictionary<string, byte[]> Header, MediaSample[] Samples)
{
    /// <summary>12 hours of 50 frames a second are two millions.</summary>
    private const int MaxSamples = 4_000_000;

    /// <summary>Null for tracks that nobody plays; throws <see cref="UnreadableMediaException"/> for those that cannot be cut.</summary>
    public static Mp4Track? Parse(ReadOnlySpan<byte> trak)
    {
        var mdia = Child(trak, "mdia");
        var minf = Child(mdia, "minf");
        var stbl = Child(minf, "stbl");
        var handler = Child(mdia, "hdlr") is { Length: >= 12 } hdlr ? Encoding.Latin1.GetString(hdlr.Slice(8, 4)) : "";
        if (handler is not ("vide" or "soun"))
        {
            return null;
        }
        var header = new Dictionary<string, byte[]>();
        Keep(trak, ["tkhd"], header);
        Keep(mdia, ["mdhd", "hdlr"], header);
        Keep(minf, [handler == "vide" ? "vmhd" : "smhd", "dinf"], header);
        Keep(stbl, ["stsd"], header);
        var mdhd = Child(mdia, "mdhd");
        var tkhd = Child(trak, "tkhd");
        var timescale = U32(mdhd, mdhd[0] == 1 ? 20 : 12);
        if (timescale == 0)
        {
            throw new UnreadableMediaException("The input file has a track without a clock.");
        }
        return new Mp4Track(
            U32(tkhd, tkhd[0] == 1 ? 20 : 12), handler == "vide", timescale, CodecOf(Child(stbl, "stsd"), handler), header,
            SamplesOf(stbl, MediaTime(trak)));
    }

    private static void Keep(ReadOnlySpan<byte> parent, string[] types, Dictionary<string, byte[]> header)
    {
        foreach (var type in types)
        {
            header[type] = Child(parent, type) is { Length: > 0 } body
                ? Box(type, body.ToArray())
                : throw new UnreadableMediaException($"The input file has a track without {type}.");
        }
    }

    private static string CodecOf(ReadOnlySpan<byte> stsd, string handler)
    {
        var entries = stsd[8..];
        if (U32(stsd, 4) != 1 || !Next(ref entries, out var type, out var entry))
        {
            throw new UnreadableMediaException("The input file has a track of several kinds.");
        }
        if (handler == "vide" && type == "avc1" && Child(entry[78..], "avcC") is { Length: >= 4 } avcC)
        {
            return $"avc1.{Convert.ToHexStringLower(avcC[1..4])}";
        }
        if (handler == "soun" && type == "mp4a" && Child(entry[28..], "esds") is { Length: > 4 } esds)
        {
            return $"mp4a.40.{AudioObjectType(esds[4..])}";
        }
        throw new UnreadableMediaException($"The input file has a track of kind {type}.");
    }

    // ISO 14496-1: descriptors in descriptors, each a tag and a length of seven bits a byte. Of AAC the first five bits tell the profile.
    private static int AudioObjectType(ReadOnlySpan<byte> descriptors)
    {
        while (descriptors.Length > 1)
        {
            var tag = descriptors[0];
            var at = 1;
            while ((descriptors[at++] & 0x80) != 0)
            {
            }
            switch (tag)
            {
                case 3:
                    at += 3;
                    break;
                case 4 when descriptors[at] == 0x40:
                    at += 13;
                    break;
                case 5:
                    return descriptors[at] >> 3;
                default:
                    throw new UnreadableMediaException("The input file has sound that is not AAC.");
            }
            descriptors = descriptors[at..];
        }
        throw new UnreadableMediaException("The input file does not say what its sound is.");
    }

    /// <summary>Where the edit list begins in the media: encoders put B-frames and priming before it.</summary>
    private static long MediaTime(ReadOnlySpan<byte> trak)
    {
        var elst = Child(Child(trak, "edts"), "elst");
        for (int i = 0, count = elst.Length < 8 ? 0 : (int)Math.Min(U32(elst, 4), MaxChildren); i < count; i++)
        {
            var start = elst[0] == 1
                ? BinaryPrimitives.ReadInt64BigEndian(elst[(16 + (20 * i))..])
                : BinaryPrimitives.ReadInt32BigEndian(elst[(12 + (12 * i))..]);
            if (start >= 0)
            {
                return start;
            }
        }
        return 0;
    }

    private static MediaSample[] SamplesOf(ReadOnlySpan<byte> stbl, long mediaTime)
    {
        var stsz = Child(stbl, "stsz");
        var count = U32(stsz, 8);
        if (count is 0 or > MaxSamples)
        {
            throw new UnreadableMediaException("The input file has a track without samples, or with too many.");
        }
        var same = U32(stsz, 4);
        var wide = Child(stbl, "co64");
        var offsets = OffsetsOf(stsz, Child(stbl, "stsc"), wide.Length > 0 ? wide : Child(stbl, "stco"), wide.Length > 0, (int)count);
        var durations = new Runs(Child(stbl, "stts"));
        var shown = new Runs(Child(stbl, "ctts"));
        var stss = Child(stbl, "stss");
        var samples = new MediaSample[count];
        long decoded = 0;
        for (int i = 0, sync = 0; i < samples.Length; i++)
        {
            // Without a list every sample can be begun at.
            var isSync = stss.Length == 0 || (sync < U32(stss, 4) && U32(stss, 8 + (4 * sync)) == i + 1);
            sync += isSync && stss.Length > 0 ? 1 : 0;
            var size = checked((int)(same > 0 ? same : U32(stsz, 12 + (4 * i))));
            var duration = durations.Next();
            samples[i] = new MediaSample(
                offsets[i], size, decoded, duration, checked((int)(unchecked((int)shown.NextOrZero()) - mediaTime)), isSync);
            decoded += duration;
        }
        return samples;
    }

    /// <summary>stsc says how many samples each chunk holds, stco where the chunks are.</summary>
    private static long[] OffsetsOf(ReadOnlySpan<byte> stsz, ReadOnlySpan<byte> stsc, ReadOnlySpan<byte> stco, bool wide, int count)
    {
        var offsets = new long[count];
        var (chunks, entries, same) = (U32(stco, 4), U32(stsc, 4), U32(stsz, 4));
        var sample = 0;
        var entry = 0;
        for (var chunk = 0; chunk < chunks && sample < count; chunk++)
        {
            while (entry + 1 < entries && U32(stsc, 8 + (12 * (entry + 1))) <= chunk + 1)
            {
                entry++;
            }
            var at = wide ? BinaryPrimitives.ReadInt64BigEndian(stco[(8 + (8 * chunk))..]) : U32(stco, 8 + (4 * chunk));
            for (var left = U32(stsc, 12 + (12 * entry)); left > 0 && sample < count; left--, sample++)
            {
                offsets[sample] = at;
                at = checked(at + (same > 0 ? same : U32(stsz, 12 + (4 * sample))));
            }
        }
        return sample == count ? offsets : throw new UnreadableMediaException("The input file does not say where its samples are.");
    }

    /// <summary>A table that says a value once for many samples (stts, ctts).</summary>
    private ref struct Runs(ReadOnlySpan<byte> table)
    {
        private readonly ReadOnlySpan<byte> table = table;
        private int run = -1;
        private uint left;

        public uint Next()
        {
            while (left == 0)
            {
                run++;
                if (run >= U32(table, 4))
                {
                    throw new UnreadableMediaException("The input file does not say how long its samples are.");
                }
                left = U32(table, 8 + (8 * run));
            }
            left--;
            return U32(table, 12 + (8 * run));
        }

        public uint NextOrZero() => table.Length == 0 ? 0 : Next();
    }
}
