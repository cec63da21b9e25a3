using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Portal.LocalVendors;

/// <summary>Signs as Svix does for Clerk and Resend: base64 HMAC-SHA256 of <c>id.timestamp.body</c> under the bytes behind
/// <c>whsec_</c>.</summary>
public static class SvixSigner
{
    /// <summary>Between tries, after the first: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.</summary>
    public static IReadOnlyList<TimeSpan> RetryGaps { get; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(10),
    ];

    /// <summary>The value of <c>svix-signature</c>. Throws <see cref="FormatException"/> when the secret is not <c>whsec_</c> and
    /// base64.</summary>
    public static string Sign(string secret, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        if (!secret.StartsWith("whsec_", StringComparison.Ordinal))
        {
            throw new FormatException("A Svix secret starts with whsec_.");
        }
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var head = Encoding.UTF8.GetBytes($"{id}.{Seconds(at)}.");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, (byte[])[.. head, .. body]));
    }

    /// <summary>The three headers of one try.</summary>
    public static IEnumerable<(string Name, string Value)> Headers(string secret, string id, DateTimeOffset at, ReadOnlySpan<byte> body) =>
        [("svix-id", id), ("svix-timestamp", Seconds(at)), ("svix-signature", Sign(secret, id, at, body))];

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
