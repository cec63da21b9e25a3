using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Portal.Foundation;

namespace Portal.Events.Deliveries.Mails;

/// <summary>Unsubscribe tokens: a delivery's id and 16 bytes of an HMAC over it. They say which mail it was, and by that who got it and
/// why.</summary>
public sealed class UnsubscribeTokens(IOptions<MailOptions> options)
{
    private readonly byte[] key = Convert.FromBase64String(options.Value.UnsubscribeKey);

    public string UrlOf(Guid delivery) =>
        $"{options.Value.ApiUrl.TrimEnd('/')}/api/mail/unsubscribe/{SignedIds.Write(delivery, Tag)}";

    /// <summary>The delivery, or null when we did not make the token.</summary>
    public Guid? Read(string token) => SignedIds.Read(token, Tag);

    private byte[] Tag(byte[] delivery) => HMACSHA256.HashData(key, (byte[])[.. "unsubscribe"u8, .. delivery]);
}
