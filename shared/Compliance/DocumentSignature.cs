namespace Portal.Compliance;

/// <summary>A signature of the audit key over a document, as it stands beside it in a file: what checking it needs, and the public key for
/// whoever has it from nowhere else.</summary>
/// <param name="PublicKey">SubjectPublicKeyInfo, base64.</param>
/// <param name="Signature">DER, base64.</param>
public sealed record DocumentSignature(string KeyId, string PublicKey, string Signature)
{
    /// <summary>What is wrong with it; null: nothing.</summary>
    /// <param name="document">The very bytes that were signed.</param>
    /// <param name="trusted">Public keys by id; with none, the one in the file.</param>
    public string? Fault(byte[] document, IReadOnlyDictionary<string, byte[]> trusted)
    {
        if (trusted.Count > 0 && !trusted.ContainsKey(KeyId))
        {
            return $"NOT CHECKED: it is signed with key {KeyId}, which is not given.";
        }

        return Bytes(Signature) is { } signature && (trusted.GetValueOrDefault(KeyId) ?? Bytes(PublicKey)) is { } key
            && AuditKeys.IsSigned(key, document, signature)
                ? null
                : $"NOT AS SIGNED: the signature is not one of key {KeyId} over this document.";
    }

    private static byte[]? Bytes(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }
}
