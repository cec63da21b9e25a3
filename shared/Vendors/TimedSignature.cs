using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Portal.Vendors;

/// <summary>
/// Checks a header <c>t=…,v1=…</c>, as Mux and our monitoring sign: HMAC-SHA256 over <c>t + "." + raw body</c>, key = the secret's UTF-8
/// bytes, hex. Several v1 may appear (secret rotation), other schemes are ignored. Timestamps are held to ±300 s both ways: Mux's own
/// verifier checks only the past.
/// </summary>
public static class TimedSignature
{
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    /// <summary>Null when the signature is good, else a short reason for the log and the counter.</summary>
    public static string? Fault(string? header, ReadOnlySpan<byte> body, string secret, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(header) || header.Length > 4096)
        {
            return "missing";
        }

        string? time = null;
        var signatures = new List<string>();
        foreach (var part in header.Split(',', 32, StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("t=", StringComparison.Ordinal))
            {
                time ??= part[2..];
            }
            else if (part.StartsWith("v1=", StringComparison.Ordinal))
            {
                signatures.Add(part[3..]);
            }
        }

        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || signatures.Count == 0)
        {
            return "malformed";
        }

        // Compared as numbers: a hostile timestamp may be far outside what DateTimeOffset holds.
        var age = (decimal)now.ToUnixTimeSeconds() - seconds;
        if (Math.Abs(age) > (decimal)Tolerance.TotalSeconds)
        {
            return age > 0 ? "too_old" : "from_the_future";
        }

        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes($"{time}."));
        hmac.AppendData(body);
        hmac.GetHashAndReset(expected);

        return HexSignatures.AnyMatches(signatures, expected) ? null : "mismatch";
    }
}
