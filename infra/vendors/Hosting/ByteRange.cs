using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Portal.LocalVendors.Hosting;

/// <summary>One range of bytes, as players ask for; several at once are answered with the whole.</summary>
internal static class ByteRange
{
    /// <summary>Sets status and headers, and says what to send: [from, to). No from: answered already (416).</summary>
    public static (long? From, long To) Apply(HttpContext context, long size)
    {
        var response = context.Response;
        response.Headers.AcceptRanges = "bytes";
        var (from, to) = Parse(context.Request.Headers.Range, size);
        if (from is null)
        {
            response.StatusCode = 416;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
            return (null, 0);
        }
        if (from > 0 || to < size || IsWholeRange(context.Request.Headers.Range))
        {
            response.StatusCode = 206;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to - 1}/{size}");
        }
        response.ContentLength = to - from;
        return (from, to);
    }

    private static bool IsWholeRange(string? header) =>
        header?.StartsWith("bytes=", StringComparison.Ordinal) == true && !header.Contains(',', StringComparison.Ordinal);

    private static (long? From, long To) Parse(string? header, long size)
    {
        if (!IsWholeRange(header))
        {
            return (0, size);
        }
        var parts = header!["bytes=".Length..].Split('-');
        if (parts.Length != 2)
        {
            return (0, size);
        }
        var first = Number(parts[0]);
        var last = Number(parts[1]);
        return (first, last) switch
        {
            ({ } start, _) when start >= size => (null, 0),
            ({ } start, null) => (start, size),
            ({ } start, { } end) when end >= start => (start, Math.Min(end + 1, size)),
            (null, { } suffix) when suffix > 0 && size > 0 => (Math.Max(0, size - suffix), size),
            _ => (null, 0),
        };
    }

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
