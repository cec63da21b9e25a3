using System.Globalization;
using System.Text;

namespace Portal.Compliance;

/// <summary>What an export says that it is of: a time (nulls: from the beginning, up to now) and the seals that it must begin and end
/// with.</summary>
public sealed record AuditExportRange(DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset ExportedAt, long? FirstSeal, long? LastSeal)
{
    public bool IsWhole => From is null && To is null;
}

/// <summary>
/// What an export holds, from its first seal to its last row. Its last line is a signature over this: each seal is signed alone, so
/// without it whole seals could be cut off at either end and the rest would still pass.
/// </summary>
/// <param name="Format">Of the export: what is signed names it, so that no file passes for one of another.</param>
/// <param name="PreviousSeal">The seal before the first.</param>
/// <param name="UnsealedHash">Over the rows that no seal holds yet, each sealed by itself (<see cref="AuditSeal.Next"/>).</param>
public sealed record AuditExtent(
    int Format, Guid TenantId, AuditExportRange Range, long? FirstSeal, byte[]? PreviousSeal, long? LastSeal, byte[]? Seal, long Rows,
    long Seals, long Unsealed, byte[] UnsealedHash)
{
    /// <summary>What is signed. Lines, so that it can be written by hand and checked with openssl.</summary>
    public byte[] Message() => Encoding.ASCII.GetBytes(string.Join('\n',
        $"portal audit export {Number(Format)}", TenantId.ToString(),
        Time(Range.From), Time(Range.To), Time(Range.ExportedAt), Number(Range.FirstSeal), Number(Range.LastSeal),
        Number(FirstSeal), Hex(PreviousSeal), Number(LastSeal), Hex(Seal), Number(Rows), Number(Seals), Number(Unsealed),
        Hex(UnsealedHash)));

    private static string Time(DateTimeOffset? at) => at is { } time ? AuditSeal.Time(time) : "-";

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Hex(byte[]? bytes) => bytes is null ? "-" : Convert.ToHexStringLower(bytes);
}
