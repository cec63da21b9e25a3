using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Portal.Events.Deliveries.Mails;

/// <summary>Unsubscribe tokens: a delivery's id and 16 bytes of an HMAC over it. They say which mail it was, and by that who got it and
/// why.</summary>
public sealed class UnsubscribeTokens(IOptions<MailOptions> options)
{
    private const int Half = 16;
    private readonly byte[] key = Convert.FromBase64String(options.Value.UnsubscribeKey);

    public string UrlOf(Guid delivery) =>
        $"{options.Value.ApiUrl.TrimEnd('/')}/api/mail/unsubscribe/"
        + $"{Base64Url.EncodeToString((byte[])[.. delivery.ToByteArray(bigEndian: true), .. Tag(delivery)])}";

    /// <summary>The delivery, or null when we did not make the token.</summary>
    public Guid? Read(string token)
    {
        if (!Base64Url.IsValid(token, out var length) || length != 2 * Half)
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        var delivery = new Guid(bytes.AsSpan(0, Half), bigEndian: true);
        return CryptographicOperations.FixedTimeEquals(Tag(delivery), bytes.AsSpan(Half)) ? delivery : null;
    }

    private byte[] Tag(Guid delivery) =>
        HMACSHA256.HashData(key, (byte[])[.. "unsubscribe"u8, .. delivery.ToByteArray(bigEndian: true)])[..Half];
}
