using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace Portal.Foundation.Paging;

/// <summary>A place in a list that is ordered by a key and then by id. The key is a time or a text, whatever the list is ordered
/// by.</summary>
public sealed record Position(string Key, Guid Id)
{
    /// <summary>Microseconds from the beginning of the calendar to that of Unix, and as many ahead.</summary>
    private const long Calendar = 62_135_596_800_000_000;

    /// <summary>By a time, to the microsecond that Postgres keeps.</summary>
    public static Position Of(DateTimeOffset at, Guid id) =>
        new(((at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture), id);

    /// <summary>By a day, as Postgres writes it; a row without one comes last.</summary>
    public static Position Of(DateOnly? day, Guid id) =>
        new(day is { } on ? on.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "infinity", id);

    /// <summary>By a whole number.</summary>
    public static Position Of(long number, Guid id) => new(number.ToString(CultureInfo.InvariantCulture), id);

    public long? Number => long.TryParse(Key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public DateTimeOffset? At =>
        long.TryParse(Key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var micros)
            && micros is > -Calendar and < Calendar
            ? DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
            : null;
}

/// <summary>Which page is asked for: <paramref name="Limit"/> 1–200 rows behind <paramref name="After"/> (null: the first).</summary>
/// <param name="Reversed">Against the list's own direction.</param>
public sealed record Page(int Limit, Position? After, bool Reversed = false)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    /// <summary>Where counting a list stops: more costs more than anybody reads.</summary>
    public const string MostCounted = "10000";

    /// <summary>One row more than asked for tells whether there is another page.</summary>
    public int Take => Limit + 1;
}

/// <summary>A page of rows and the cursor of the next one; null when this is the last.</summary>
/// <param name="Total">How many there are on all pages together, when that was asked for; counting stops at 10,000.</param>
public sealed record PageOf<T>(
    IReadOnlyList<T> Items, string? NextCursor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Total = null);

/// <summary>Settings of list cursors.</summary>
public sealed class PagingOptions
{
    public const string Section = "Paging";

    /// <summary>Base64 key, 32 bytes or more: a cursor that we did not make is refused.</summary>
    public string CursorKey { get; set; } = "";
}

/// <summary>
/// Opaque, signed keyset cursors: key and id of the last row, with 16 bytes of an HMAC over both and over the tenant and list (with its
/// order) they belong to. Stable under inserts; a cursor of another tenant, list or order does not verify.
/// </summary>
public sealed class Cursors(IOptions<PagingOptions> options)
{
    private const int IdLength = 16;
    private const int TagLength = 16;
    private const int MaxKeyLength = 240;
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
        byte[] body = [.. position.Id.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(position.Key)];
        return Base64Url.EncodeToString((byte[])[.. Tag(body, tenant, list), .. body]);
    }

    /// <summary>The position inside a cursor, or null when it is not one of ours for this tenant and list.</summary>
    public Position? Read(string cursor, Guid tenant, string list)
    {
        if (!Base64Url.IsValid(cursor, out var length) || length is < TagLength + IdLength or > TagLength + IdLength + MaxKeyLength)
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        var body = bytes.AsSpan(TagLength);
        return CryptographicOperations.FixedTimeEquals(Tag(body, tenant, list), bytes.AsSpan(0, TagLength))
            ? new(Encoding.UTF8.GetString(body[IdLength..]), new Guid(body[..IdLength], bigEndian: true))
            : null;
    }

    private ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> body, Guid tenant, string list) =>
        HMACSHA256.HashData(key, (byte[])[.. body, 0, .. tenant.ToByteArray(), .. Encoding.UTF8.GetBytes(list)]).AsSpan(0, TagLength);
}
