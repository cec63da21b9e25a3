using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Portal.LocalVendors.Media;

/// <summary>A real, small PNG in the video's proportions: two colours that depend on the name, so that one clip is told from
/// another.</summary>
internal static class PlaceholderImage
{
    private const int LongSide = 320;

    public static byte[] Png(string name, int videoWidth, int videoHeight)
    {
        var (width, height) = videoWidth <= 0 || videoHeight <= 0 ? (LongSide, LongSide * 9 / 16)
            : videoWidth >= videoHeight ? (LongSide, Math.Max(1, LongSide * videoHeight / videoWidth))
            : (Math.Max(1, LongSide * videoWidth / videoHeight), LongSide);
        var colours = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        using var pixels = new MemoryStream();
        using (var packed = new ZLibStream(pixels, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[1 + (width * 3)];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < row.Length - 1; x++)
                {
                    var (a, b) = (colours[x % 3], colours[3 + (x % 3)]);
                    row[x + 1] = (byte)(a + ((b - a) * y / height));
                }
                packed.Write(row);
            }
        }
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, 2);
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(png, "IHDR", head);
        Chunk(png, "IDAT", pixels.ToArray());
        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var word = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        png.Write(word);
        png.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc(body));
        png.Write(word);
    }

    private static uint Crc(byte[] data)
    {
        var crc = uint.MaxValue;
        foreach (var one in data)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }
        return ~crc;
    }
}
