using System.Buffers.Text;
using System.Security.Cryptography;
using Portal.Foundation;

namespace Portal.Tests.Unit.Foundation;

/// <summary>Words that only we can have made.</summary>
public sealed class SignedIdTests
{
    private static readonly Guid Id = new("0198b4d2-0000-7000-8000-000000000009");

    [Fact]
    public void A_word_is_read_as_its_id_by_the_tag_that_made_it_alone()
    {
        var word = SignedIds.Write(Id, Tag(1));
        Assert.Equal(43, word.Length);
        var id = Id.ToByteArray(bigEndian: true);
        Assert.Equal(Base64Url.EncodeToString((byte[])[.. id, .. Tag(1)(id)[..16]]), word);
        Assert.Equal(Id, SignedIds.Read(word, Tag(1)));
        Assert.Null(SignedIds.Read(word, Tag(2)));
    }

    [Fact]
    public void A_word_that_was_changed_in_any_byte_is_none()
    {
        var bytes = Base64Url.DecodeFromChars(SignedIds.Write(Id, Tag(1)));
        Assert.All(Enumerable.Range(0, bytes.Length), at =>
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            Assert.Null(SignedIds.Read(Base64Url.EncodeToString(changed), Tag(1)));
        });
    }

    [Fact]
    public void What_is_shorter_or_longer_or_other_letters_is_none()
    {
        var bytes = Base64Url.DecodeFromChars(SignedIds.Write(Id, Tag(1)));
        string[] none =
        [
            "", "!!", new string('!', 43), Base64Url.EncodeToString(bytes.AsSpan(0, 31)), Base64Url.EncodeToString((byte[])[.. bytes, 0]),
        ];
        Assert.All(none, word => Assert.Null(SignedIds.Read(word, Tag(1))));
    }

    private static Func<byte[], byte[]> Tag(byte key) => id => HMACSHA256.HashData((byte[])[key], id);
}
