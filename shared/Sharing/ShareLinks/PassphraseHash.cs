using System.Security.Cryptography;
using System.Text;

namespace Portal.Sharing.ShareLinks;

/// <summary>PBKDF2-HMAC-SHA256, and salts for it. Tests remember what it derived: at the work factor of <see cref="Passphrases"/> it
/// takes a large part of a second.</summary>
public class PassphraseHash
{
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    public virtual byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltBytes);

    public virtual byte[] Derive(string passphrase, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), salt, iterations, HashAlgorithmName.SHA256, HashBytes);
}
