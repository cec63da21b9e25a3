using System.Security.Cryptography;

namespace Portal.Local;

/// <summary>Public keys of <c>--key id=file</c>, as SubjectPublicKeyInfo by id.</summary>
internal static class PublicKeys
{
    /// <exception cref="UsageException">One is not written so, or the file is no such key.</exception>
    public static Dictionary<string, byte[]> Read(IReadOnlyList<string> given)
    {
        var keys = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var text in given)
        {
            if (text.Split('=', 2) is not [var id, var path])
            {
                throw new UsageException($"--key is written id=file, not {text}. See --help.");
            }

            try
            {
                using var key = ECDsa.Create();
                key.ImportFromPem(File.ReadAllText(path));
                keys[id] = key.ExportSubjectPublicKeyInfo();
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException)
            {
                throw new UsageException($"{path} is not a PEM with an ECDSA key.");
            }
        }

        return keys;
    }
}
