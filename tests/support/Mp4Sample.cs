using System.Buffers.Binary;
using System.Text;
using Portal.Postgres;

namespace Portal.Tests.Support;

/// <summary>Small MP4 files made in code: right in every header, with noise for media data.</summary>
public static class Mp4Sample
{
    /// <summary>The clip of the demo: 8 seconds of H.264 with B-frames and AAC, which a browser plays.</summary>
    public static byte[] Demo() => File.ReadAllBytes(Path.Combine(Checkout.Require(), "infra/local/demo.mp4"));

    public static byte[] Clip(
        double seconds = 2, int width = 640, int height = 360, int rate = 25, bool audio = true, int dataBytes = 4096,
        bool moovFirst = false)
    {
        var data = new byte[dataBytes];
        new Random(7).NextBytes(data);
        var moov = Movie(seconds, width, height, rate, audio);
        var mdat = Box("mdat", data);
        return [.. Box("ftyp", Text("isom"), U32(512), Text("isomiso2mp41")), .. moovFirst ? moov : mdat, .. moovFirst ? mdat : moov];
    }

    public static byte[] Movie(double seconds, int width, int height, int rate, bool audio)
    {
        byte[] tracks = [.. Track(1, "vide", seconds, rate * 512, VisualEntry(width, height), rate, 512)];
        if (audio)
        {
            tracks = [.. tracks, .. Track(2, "soun", seconds, 48000, AudioEntry(2), 48000 / 1024, 1024)];
        }
        return Box("moov", Header("mvhd", 1000, seconds, 80), tracks);
    }

    public static byte[] Box(string type, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(part => part)];
        return [.. U32((uint)(8 + body.Length)), .. Text(type), .. body];
    }

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Header(string type, int timescale, double seconds, int rest) =>
        Box(type, U32(0), U32(0), U32(0), U32((uint)timescale), U32((uint)Math.Round(seconds * timescale)), new byte[rest]);

    private static byte[] Track(uint id, string handler, double seconds, int timescale, byte[] entry, int perSecond, int sample)
    {
        var matrix = new byte[36];
        matrix[1] = 1;
        matrix[17] = 1;
        matrix[32] = 0x40;
        var tkhd = Box("tkhd", U32(7), U32(0), U32(0), U32(id), U32(0), U32((uint)(seconds * 1000)), new byte[16], matrix, new byte[8]);
        var samples = (uint)Math.Round(seconds * perSecond);
        var stbl = Box(
            "stbl",
            Box("stsd", U32(0), U32(1), entry),
            Box("stts", U32(0), U32(1), U32(samples), U32((uint)sample)));
        return Box(
            "trak", tkhd,
            Box(
                "mdia", Header("mdhd", timescale, seconds, 4), Box(
                    "hdlr", U32(0), U32(0), Text(handler), new byte[13]), Box("minf", stbl)));
    }

    private static byte[] VisualEntry(int width, int height) =>
        Box("avc1", new byte[24], [(byte)(width >> 8), (byte)width, (byte)(height >> 8), (byte)height], new byte[50]);

    private static byte[] AudioEntry(byte channels) => Box("mp4a", new byte[16], [0, channels], new byte[10]);
}
