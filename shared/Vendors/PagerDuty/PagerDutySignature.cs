using System.Security.Cryptography;
using System.Text;

namespace Portal.Vendors.PagerDuty;

/// <summary>
/// Checks the header <c>X-PagerDuty-Signature: v1=…,v1=…</c>: HMAC-SHA256 over the raw body, key = the secret's UTF-8 bytes, hex; several
/// while the secret is being rotated. There is no time in it, so that whoever has a body and its signature can send them for ever: what
/// handles the event keeps its id, and refuses what is old.
/// </summary>
public static class PagerDutySignature
{
    public const string Header = "X-PagerDuty-Signature";

    /// <summary>Null when the signature is good, else a short reason for the log and the counter.</summary>
    public static string? Fault(string? header, ReadOnlySpan<byte> body, string secret)
    {
        if (secret.Length == 0)
        {
            return "not_configured";
        }

        if (string.IsNullOrEmpty(header) || header.Length > 4096)
        {
            return "missing";
        }

        var signatures = header.Split(',', 32, StringSplitOptions.TrimEntries)
            .Where(part => part.StartsWith("v1=", StringComparison.Ordinal)).Select(part => part[3..]).ToList();
        if (signatures.Count == 0)
        {
            return "malformed";
        }

        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, expected);
        return HexSignatures.AnyMatches(signatures, expected) ? null : "mismatch";
    }
}
