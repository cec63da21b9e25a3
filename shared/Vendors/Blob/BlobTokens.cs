using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>Settings of the private Vercel Blob store (Sydney) that keeps originals.</summary>
public sealed class BlobOptions
{
    public const string Section = "Blob";

    public string ApiUrl { get; set; } = "https://vercel.com/api/blob";

    /// <summary><c>vercel_blob_rw_{storeId}_{secret}</c>.</summary>
    public string ReadWriteToken { get; set; } = "";

    /// <summary>Where Vercel reports finished uploads: our <c>/api/webhooks/blob</c>, as the internet sees it.</summary>
    public string CallbackUrl { get; set; } = "";
}

/// <summary>
/// What the browser needs to put one original: PUT to <see cref="Url"/>, or parts to <see cref="MultipartUrl"/>, with this bearer token,
/// until then.
/// </summary>
public sealed record BlobUpload(string Url, string MultipartUrl, string Token, DateTimeOffset ExpiresAt);

/// <summary>
/// Mints Vercel Blob client tokens and checks its callbacks, as the vendor's own library does:
/// <c>vercel_blob_client_{storeId}_</c> + base64( hex HMAC-SHA256(payload, rw token) + "." + payload ), payload base64 JSON; the
/// callback carries <c>x-vercel-signature</c> = hex HMAC-SHA256(raw body, rw token).
/// </summary>
public sealed class BlobTokens(IOptions<BlobOptions> options)
{
    private byte[] Key => Encoding.UTF8.GetBytes(options.Value.ReadWriteToken);

    public BlobUpload Mint(string pathname, long maximumSizeInBytes, DateTimeOffset validUntil)
    {
        var payload = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new
        {
            pathname,
            maximumSizeInBytes,
            validUntil = validUntil.ToUnixTimeMilliseconds(),
            addRandomSuffix = false,
            // What has arrived is never replaced by whoever still holds the token.
            allowOverwrite = false,
            onUploadCompleted = new { callbackUrl = options.Value.CallbackUrl, tokenPayload = pathname },
        }));
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(payload)));
        var secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{signature}.{payload}"));
        var (api, query) = (options.Value.ApiUrl.TrimEnd('/'), $"?pathname={Uri.EscapeDataString(pathname)}");
        return new(
            $"{api}/{query}",
            $"{api}/mpu{query}",
            $"vercel_blob_client_{StoreId(options.Value.ReadWriteToken)}_{secret}",
            validUntil);
    }

    /// <summary>True when the callback's signature is good; compared in constant time.</summary>
    public bool IsSigned(string? signature, ReadOnlySpan<byte> body)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return signature is { Length: HMACSHA256.HashSizeInBytes * 2 }
            && Convert.FromHexString(signature, given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given, HMACSHA256.HashData(Key, body));
    }

    private static string StoreId(string token) => token.Split('_') is [_, _, _, var id, ..] ? id : "";
}
