using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Portal.Paging;

/// <summary>A place in a list ordered by (time, id), newest first.</summary>
public sealed record Position(DateTimeOffset At, Guid Id);

/// <summary>Which page is asked for: <paramref name="Limit"/> 1–200 rows behind <paramref name="After"/> (null: the first).</summary>
public sealed record Page(int Limit, Position? After)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;
}

/// <summary>A page of rows and the cursor of the next one; null when this is the last.</summary>
public sealed record PageOf<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>Settings of list cursors.</summary>
public sealed class PagingOptions
{
    public const string Section = "Paging";

    /// <summary>Base64 key, 32 bytes or more: a cursor that we did not make is refused.</summary>
    public string CursorKey { get; set; } = "";
}

/// <summary>
/// Opaque, signed keyset cursors: microseconds since 1970 and the key of the last row, with 16 bytes of an HMAC over both and the
/// tenant and list they belong to. Stable under inserts; a cursor of another tenant or list does not verify.
/// </summary>
public sealed class Cursors(IOptions<PagingOptions> options)
{
    private const int BodyLength = 24;
    private const int TagLength = 16;
    private readonly byte[] key = Convert.FromBase64String(options.Value.CursorKey);

    /// <summary>Cuts the extra row that a store fetched and makes the cursor from the last row that stays.</summary>
    public PageOf<T> Cut<T>(IReadOnlyList<T> rows, Page page, Guid tenant, string list, Func<T, Position> position)
    {
        if (rows.Count <= page.Limit)
        {
            return new(rows, null);
        }

        var items = rows.Take(page.Limit).ToList();
        return new(items, Write(position(items[^1]), tenant, list));
    }

    public string Write(Position position, Guid tenant, string list)
    {
        var bytes = new byte[BodyLength + TagLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (position.At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        position.Id.TryWriteBytes(bytes.AsSpan(8), bigEndian: true, out _);
        Tag(bytes.AsSpan(0, BodyLength), tenant, list).CopyTo(bytes.AsSpan(BodyLength));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The position inside a cursor, or null when it is not one of ours for this tenant and list.</summary>
    public Position? Read(string cursor, Guid tenant, string list)
    {
        var bytes = new byte[BodyLength + TagLength];
        if (cursor.Length > 64 || !Base64Url.IsValid(cursor, out var length) || length != bytes.Length)
        {
            return null;
        }

        Base64Url.DecodeFromChars(cursor, bytes);
        if (!CryptographicOperations.FixedTimeEquals(Tag(bytes.AsSpan(0, BodyLength), tenant, list), bytes.AsSpan(BodyLength)))
        {
            return null;
        }

        var at = DateTimeOffset.UnixEpoch.AddTicks(BinaryPrimitives.ReadInt64BigEndian(bytes) * TimeSpan.TicksPerMicrosecond);
        return new(at, new Guid(bytes.AsSpan(8, 16), bigEndian: true));
    }

    private ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> body, Guid tenant, string list) =>
        HMACSHA256.HashData(key, (byte[])[.. body, .. tenant.ToByteArray(), .. System.Text.Encoding.UTF8.GetBytes(list)]).AsSpan(0, TagLength);
}
