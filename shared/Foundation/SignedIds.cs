using System.Buffers.Text;
using System.Security.Cryptography;

namespace Portal.Foundation;

/// <summary>An id and 16 bytes of a tag over it as one word of 43 characters, base64url: whoever holds it has it from us, and nothing is
/// stored that opens what it names. Each use has a tag of its own.</summary>
public static class SignedIds
{
    private const int Half = 16;

    /// <param name="tag">At least 16 bytes that only we can make.</param>
    public static string Write(Guid id, Func<byte[], byte[]> tag)
    {
        var bytes = id.ToByteArray(bigEndian: true);
        return Base64Url.EncodeToString((byte[])[.. bytes, .. tag(bytes)[..Half]]);
    }

    /// <summary>The id, or null when we did not make the word.</summary>
    public static Guid? Read(string word, Func<byte[], byte[]> tag)
    {
        if (!Base64Url.IsValid(word, out var length) || length != 2 * Half)
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(word);
        var id = bytes[..Half];
        return CryptographicOperations.FixedTimeEquals(tag(id).AsSpan(0, Half), bytes.AsSpan(Half)) ? new Guid(id, bigEndian: true) : null;
    }
}
