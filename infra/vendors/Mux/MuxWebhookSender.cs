using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Portal.LocalVendors;

/// <summary>Signs webhooks as Mux does: hex HMAC-SHA256 of <c>t.body</c>, keyed with the secret's own UTF-8 bytes.</summary>
public static class MuxWebhookSender
{
    /// <summary>
    /// Between tries, growing, 24 h in all. Mux publishes the length and the growth, not the numbers: these are ours.
    /// </summary>
    public static IReadOnlyList<TimeSpan> RetryGaps { get; } =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(8),
    ];

    /// <summary>The value of the <c>Mux-Signature</c> header.</summary>
    public static string Sign(string secret, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        var seconds = timestamp.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] message = [.. Encoding.UTF8.GetBytes(seconds + "."), .. body];
        return $"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), message))}";
    }

    /// <inheritdoc cref="Sign(string, DateTimeOffset, ReadOnlySpan{byte})"/>
    public static string Sign(string secret, DateTimeOffset timestamp, string body) =>
        Sign(secret, timestamp, Encoding.UTF8.GetBytes(body));
}
