using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Portal.Compliance;

/// <summary>Signs seals, and tells auditors what to check them with. ECDSA on P-256: who checks needs no secret.</summary>
public sealed class AuditKeys(IOptions<AuditOptions> options)
{
    private const int Bits = 256;

    public string CurrentKey => options.Value.CurrentKey;

    /// <summary>Public keys by id, as SubjectPublicKeyInfo.</summary>
    public IReadOnlyDictionary<string, byte[]> Public { get; } = options.Value.Keys.ToDictionary(
        k => k.Key, k => PublicOf(k.Value), StringComparer.Ordinal);

    /// <summary>Whether the current key is there and can sign.</summary>
    public static bool IsValid(AuditOptions options)
    {
        try
        {
            using var key = options.Keys.TryGetValue(options.CurrentKey, out var text) ? Read(text) : null;
            if (key is not { KeySize: Bits })
            {
                return false;
            }

            // Without its private half it cannot; and what is no key at all has no public half.
            key.SignData([], HashAlgorithmName.SHA256);
            foreach (var each in options.Keys.Values)
            {
                PublicOf(each);
            }

            return true;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>A DER signature, as <c>openssl dgst -sha256 -verify</c> takes it.</summary>
    public byte[] Sign(byte[] message)
    {
        using var key = Read(options.Value.Keys[CurrentKey]);
        return key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    public static bool Verify(byte[] publicKey, byte[] message, byte[] signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        return key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>False too when the key or the signature is none at all.</summary>
    public static bool IsSigned(byte[] publicKey, byte[] message, byte[] signature)
    {
        try
        {
            return Verify(publicKey, message, signature);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static byte[] PublicOf(string text)
    {
        using var key = Read(text);
        return key.ExportSubjectPublicKeyInfo();
    }

    private static ECDsa Read(string text)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(text)));
        return key;
    }
}
