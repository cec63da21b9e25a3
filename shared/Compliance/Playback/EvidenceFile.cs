using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portal.Compliance.Playback;

/// <summary>What checking a file of evidence came to.</summary>
/// <param name="Fault">Null: it is what was signed.</param>
/// <param name="Altered">Tokens whose rows are not what was sealed.</param>
public sealed record EvidenceVerdict(string? Fault, PlaybackEvidence? Evidence, IReadOnlyList<Guid> Altered);

/// <summary>The file that evidence is handed over in: a zip of the document, its signature, and how to read and check both.</summary>
public sealed record EvidenceFile(byte[] Document, DocumentSignature Signature)
{
    public const string DocumentName = "evidence.json";
    public const string SignatureName = "signature.json";
    public const string ReadmeName = "README.txt";
    private const string Algorithm = "ECDSA on P-256 with SHA-256, DER";

    /// <summary>Far above what is made; who checks unpacks no more.</summary>
    private const int MostBytes = 64 * 1024 * 1024;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n" };

    private DateTimeOffset MadeAt { get; init; }

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Document));

    public static EvidenceFile Make(byte[] document, AuditKeys keys, DateTimeOffset now) => new(document, new(
        keys.CurrentKey, Convert.ToBase64String(keys.Public[keys.CurrentKey]), Convert.ToBase64String(keys.Sign(document))))
    {
        MadeAt = now,
    };

    public byte[] ToZip()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, DocumentName, Document);
            Add(zip, SignatureName, JsonSerializer.SerializeToUtf8Bytes(
                new SignatureEntry(Algorithm, Signature.KeyId, Signature.PublicKey, Signature.Signature), Json));
            Add(zip, ReadmeName, Encoding.UTF8.GetBytes(EvidenceReadme.Text));
        }

        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static EvidenceFile Read(Stream file)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        var document = Unpack(zip, DocumentName);
        try
        {
            return JsonSerializer.Deserialize<SignatureEntry>(Unpack(zip, SignatureName), Json)
                is { KeyId: not null, PublicKey: not null, Signature: not null } entry
                ? new(document, new(entry.KeyId, entry.PublicKey, entry.Signature))
                : throw new InvalidDataException($"{SignatureName} is no signature.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{SignatureName} is no signature.", e);
        }
    }

    /// <param name="trusted">Public keys by id; with none, the one in the file, which proves only that it is whole.</param>
    public EvidenceVerdict Check(IReadOnlyDictionary<string, byte[]> trusted)
    {
        if (Signature.Fault(Document, trusted) is { } fault)
        {
            return new(fault, null, []);
        }

        try
        {
            var evidence = PlaybackEvidence.Read(Document);
            return new(null, evidence, [.. evidence.Tokens
                .Where(t => t.State != TokenState.NeverSealed
                    && (t.State == TokenState.Altered || PlaybackEvidence.HashOf(t, evidence.TenantId) != t.Hash))
                .Select(t => t.Id)]);
        }
        catch (JsonException)
        {
            return new($"NOT CHECKED: {DocumentName} is not evidence of a format that this program knows.", null, []);
        }
    }

    private void Add(ZipArchive zip, string name, byte[] content)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Optimal);
        entry.LastWriteTime = MadeAt;
        using var stream = entry.Open();
        stream.Write(content);
    }

    private static byte[] Unpack(ZipArchive zip, string name)
    {
        // Two of one name: one program would show another than this one checks.
        if (zip.Entries.Where(e => e.FullName == name).ToList() is not [{ Length: <= MostBytes } entry])
        {
            throw new InvalidDataException($"{name} is not in it once.");
        }

        using var stream = entry.Open();
        var content = new byte[entry.Length];
        stream.ReadExactly(content);
        return content;
    }

    private sealed record SignatureEntry(string Algorithm, string KeyId, string PublicKey, string Signature);
}
