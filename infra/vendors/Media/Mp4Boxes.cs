using System.Buffers.Binary;
using System.Text;

namespace Portal.LocalVendors.Media;

/// <summary>Boxes within a box that is in memory. Reading past the end of one throws what its caller takes for damage.</summary>
internal static class Mp4Boxes
{
    public const int MaxChildren = 10_000;

    /// <summary>The body of the first child of that type; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Child(ReadOnlySpan<byte> parent, string wanted)
    {
        for (var i = 0; i < MaxChildren && Next(ref parent, out var type, out var body); i++)
        {
            if (type == wanted)
            {
                return body;
            }
        }
        return [];
    }

    public static bool Next(scoped ref ReadOnlySpan<byte> rest, out string type, out ReadOnlySpan<byte> body)
    {
        type = "";
        body = [];
        if (rest.Length < 8)
        {
            return false;
        }
        ulong length = U32(rest, 0);
        var header = 8;
        type = Encoding.Latin1.GetString(rest.Slice(4, 4));
        if (length == 1)
        {
            length = BinaryPrimitives.ReadUInt64BigEndian(rest[8..]);
            header = 16;
        }
        else if (length == 0)
        {
            length = (ulong)rest.Length;
        }
        if (length < (ulong)header || length > (ulong)rest.Length)
        {
            throw new UnreadableMediaException("The input file has a box of impossible size.");
        }
        body = rest[header..(int)length];
        rest = rest[(int)length..];
        return true;
    }

    public static uint U32(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32BigEndian(from[at..]);

    public static byte[] Box(string type, params ReadOnlySpan<byte[]> parts)
    {
        var length = 8;
        foreach (var part in parts)
        {
            length += part.Length;
        }
        var box = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(box, length);
        Encoding.Latin1.GetBytes(type, box.AsSpan(4));
        var at = 8;
        foreach (var part in parts)
        {
            part.CopyTo(box, at);
            at += part.Length;
        }
        return box;
    }

    /// <summary>Big-endian numbers of 32 bits, one after the other.</summary>
    public static byte[] Words(params ReadOnlySpan<uint> words)
    {
        var bytes = new byte[4 * words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), words[i]);
        }
        return bytes;
    }
}
