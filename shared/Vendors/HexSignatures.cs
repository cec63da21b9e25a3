using System.Security.Cryptography;

namespace Portal.Vendors;

/// <summary>Signatures in hex, of which a header may have several while a secret is being rotated.</summary>
internal static class HexSignatures
{
    public static bool AnyMatches(IReadOnlyList<string> signatures, ReadOnlySpan<byte> expected)
    {
        var matched = false;
        foreach (var signature in signatures)
        {
            // All are compared, each in constant time, so that timing tells nothing about which one was close.
            matched |= signature.Length == expected.Length * 2 && Matches(signature, expected);
        }

        return matched;
    }

    private static bool Matches(string hex, ReadOnlySpan<byte> expected)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return Convert.FromHexString(hex, given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given, expected);
    }
}
