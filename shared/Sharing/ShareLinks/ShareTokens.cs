using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Foundation.Identity;

namespace Portal.Sharing.ShareLinks;

/// <summary>Settings of share links.</summary>
public sealed class ShareLinkOptions
{
    public const string Section = "ShareLinks";

    /// <summary>Keys by id (<c>ShareLinks:Keys:k1</c>), each base64 of 32 bytes or more. Keep old ones: tokens made with them live
    /// on.</summary>
    public Dictionary<string, string> Keys { get; set; } = [];

    /// <summary>The id of the key for new links.</summary>
    public string CurrentKey { get; set; } = "";

    /// <summary>The page that takes a token, for example <c>https://portal.example/s/</c>; left empty, the app's own.</summary>
    public string PageUrl { get; set; } = "";
}

/// <summary>
/// Share tokens: <c>base64url(HMAC-SHA256(key[kid], link id ‖ generation))</c>. The mailer and an idempotent replay can make the same
/// token again; the database keeps only its SHA-256, so a stolen copy of it opens nothing.
/// </summary>
public sealed class ShareTokens(IOptions<ShareLinkOptions> options)
{
    private const int TokenLength = 43;

    public string CurrentKey => options.Value.CurrentKey;

    public string Make(ShareLinkId link, int generation, string kid)
    {
        var key = Convert.FromBase64String(options.Value.Keys[kid]);
        var message = new byte[20];
        link.Value.TryWriteBytes(message, bigEndian: true, out _);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(16), generation);
        return Base64Url.EncodeToString(HMACSHA256.HashData(key, message));
    }

    /// <summary>What is stored of a random cookie of ours; null for none, or for a text that is no such cookie.</summary>
    public static byte[]? CookieHash(string? cookie) =>
        cookie is { Length: > 0 and <= 100 } ? SHA256.HashData(Encoding.UTF8.GetBytes(cookie)) : null;

    /// <summary>What is stored and looked up; null when the text cannot be a token at all.</summary>
    public static byte[]? Hash(string token) =>
        token.Length == TokenLength && Base64Url.IsValid(token) ? SHA256.HashData(Encoding.ASCII.GetBytes(token)) : null;
}
