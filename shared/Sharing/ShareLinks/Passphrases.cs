using System.Security.Cryptography;
using System.Text;

namespace Portal.Sharing.ShareLinks;

/// <summary>A passphrase as it is kept: PBKDF2-HMAC-SHA256 with a salt of its own.</summary>
public sealed record KeptPassphrase(byte[] Hash, byte[] Salt, int Iterations);

/// <summary>
/// Passphrases of share links. The work factor is kept with each, so that it can grow; 600 000 is what OWASP asks of PBKDF2 with
/// SHA-256. It costs a large part of a second of one core: it is done when a link is unlocked, never when it is opened.
/// </summary>
public static class Passphrases
{
    public const int Iterations = 600_000;
    public const int MinLength = 8;
    public const int MaxLength = 200;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    public static KeptPassphrase Keep(string passphrase)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new(Derive(passphrase, salt, Iterations), salt, Iterations);
    }

    public static bool IsValid(string passphrase, KeptPassphrase kept) =>
        CryptographicOperations.FixedTimeEquals(Derive(passphrase, kept.Salt, kept.Iterations), kept.Hash);

    private static byte[] Derive(string passphrase, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), salt, iterations, HashAlgorithmName.SHA256, HashBytes);
}
