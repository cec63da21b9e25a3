using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>
/// Makes a URL of a private original that Mux can fetch without credentials of ours, good until a moment of our choosing:
/// <c>{url}?expires={unix s}&amp;signature={hex HMAC-SHA256(url + "\n" + expires, rw token)}</c>.
/// </summary>
public sealed class BlobUrls(IOptions<BlobOptions> options)
{
    public string ReadUrl(string blobUrl, DateTimeOffset until)
    {
        var expires = until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(options.Value.ReadWriteToken), Encoding.UTF8.GetBytes($"{blobUrl}\n{expires}"));
        return $"{blobUrl}?expires={expires}&signature={Convert.ToHexStringLower(signature)}";
    }
}
