using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Portal.Compliance;

/// <summary>
/// A link of a tenant's chain over its audit log and playback audit: <c>seal = SHA-256(previous seal ‖ row hashes in order)</c>, and a
/// signature over what it is the seal of. A row that is altered, removed, added or moved later breaks it, and nobody without the key can
/// mend it.
/// </summary>
/// <param name="RowIds">Whose hashes they are, in the same order: 16 bytes each, as the hashes are 32.</param>
public sealed record AuditSeal(
    Guid TenantId, long Number, byte[] PreviousSeal, byte[] Seal, byte[] RowIds, byte[] RowHashes, long LastWrittenIn, Guid LastRowId,
    string KeyId, byte[] Signature, DateTimeOffset SealedAt)
{
    public const int HashLength = 32;
    public const int IdLength = 16;

    /// <summary>Before the first.</summary>
    public static readonly byte[] Beginning = new byte[HashLength];

    public static byte[] Next(byte[] previous, byte[] rowHashes) => SHA256.HashData((byte[])[.. previous, .. rowHashes]);

    /// <summary>What is signed. Lines, so that it can be written by hand and checked with openssl.</summary>
    public static byte[] Message(Guid tenant, long number, int rows, DateTimeOffset sealedAt, byte[] seal) =>
        Encoding.ASCII.GetBytes(string.Join('\n',
        "portal audit seal 1", tenant.ToString(), number.ToString(
            CultureInfo.InvariantCulture), rows.ToString(CultureInfo.InvariantCulture),
        Time(sealedAt), Convert.ToHexStringLower(seal)));

    public IEnumerable<Guid> Ids() => RowIds.Chunk(IdLength).Select(id => new Guid(id, bigEndian: true));

    /// <summary>To the microsecond, as Postgres keeps it.</summary>
    public static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
