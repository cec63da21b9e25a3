using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Portal.Vendors;

/// <summary>What Svix puts into the headers of a webhook: <c>svix-id</c>, <c>-timestamp</c>, <c>-signature</c>, or the same with the names
/// of Standard Webhooks (<c>webhook-…</c>), which its and Clerk's SDKs also accept. One set, never a mixture.</summary>
public sealed record SvixHeaders(string? Id, string? Timestamp, string? Signature)
{
    /// <param name="header">A header by name; null when it is not there.</param>
    public static SvixHeaders From(Func<string, string?> header)
    {
        var prefix = header("svix-id") is null ? "webhook" : "svix";
        return new(header($"{prefix}-id"), header($"{prefix}-timestamp"), header($"{prefix}-signature"));
    }
}

/// <summary>
/// Checks webhooks that Svix delivers (Clerk's and Resend's): base64 HMAC-SHA256 over <c>id.timestamp.body</c>, key = the bytes behind
/// <c>whsec_</c>. The header may hold several signatures (secret rotation); other versions than v1 are passed over. Timestamps are held
/// to ±300 s both ways.
/// </summary>
public static class SvixSignature
{
    private const string Prefix = "whsec_";
    private const string Version = "v1,";
    private const int MaxId = 200;
    private const int MaxHeader = 4096;
    private const int MinKey = 24;
    private const int MaxKey = 64;
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    /// <summary>Is this <c>whsec_</c> and base64 of 24 to 64 bytes?</summary>
    public static bool IsSecret(string secret) => Key(secret) is not null;

    /// <summary>Null when the signature is good, else a short reason for the log and the counter.</summary>
    public static string? Fault(SvixHeaders headers, ReadOnlySpan<byte> body, string secret, DateTimeOffset now)
    {
        if (headers is not { Id.Length: > 0 and <= MaxId, Timestamp.Length: > 0, Signature.Length: > 0 and <= MaxHeader })
        {
            return "missing";
        }

        if (!long.TryParse(headers.Timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
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
        using var hmac = IncrementalHash.CreateHMAC(
            HashAlgorithmName.SHA256, Key(secret) ?? throw new FormatException("A Svix secret is whsec_ and base64."));
        hmac.AppendData(Encoding.UTF8.GetBytes($"{headers.Id}.{headers.Timestamp}."));
        hmac.AppendData(body);
        hmac.GetHashAndReset(expected);

        var matched = false;
        foreach (var signature in headers.Signature!.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // All are compared, each in constant time, so that timing tells nothing about which one was close.
            matched |= signature.StartsWith(Version, StringComparison.Ordinal) && Matches(signature[Version.Length..], expected);
        }

        return matched ? null : "mismatch";
    }

    private static bool Matches(string base64, ReadOnlySpan<byte> expected)
    {
        // One byte more than fits, so that a longer value is found too long and not cut.
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes + 1];
        return Convert.TryFromBase64String(base64, given, out var length)
            && length == expected.Length && CryptographicOperations.FixedTimeEquals(given[..length], expected);
    }

    private static byte[]? Key(string secret)
    {
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var key = new byte[secret.Length];
        return Convert.TryFromBase64String(secret[Prefix.Length..], key, out var length) && length is >= MinKey and <= MaxKey
            ? key[..length]
            : null;
    }
}
