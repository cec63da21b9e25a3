using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Writes bodies, large ones compressed for callers who take that. A secret in a compressed answer can be guessed from its length by
/// somebody who makes the victim's browser ask for it again and again with words of theirs in it (BREACH). Nobody can here: a session is a
/// header that no other site's page can send, and what the cookies of guests open holds its secrets in small answers, which go out as they
/// are.
/// </summary>
internal static class AnswerBody
{
    /// <summary>Below it there is little to win: a few packets.</summary>
    public const int Worth = 8 * 1024;

    public static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> bytes)
    {
        var head = HttpMethods.IsHead(http.Request.Method);
        await using var compressed = bytes.Length < Worth || head ? null : Compress(http);
        if (compressed is null)
        {
            http.Response.ContentLength = bytes.Length;
        }

        if (!head)
        {
            await (compressed ?? http.Response.Body).WriteAsync(bytes, http.RequestAborted);
        }
    }

    /// <summary>A stream that compresses into the answer; null when the caller takes none. Sets headers: before the first byte.</summary>
    public static Stream? Compress(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        if (Coding(http.Request) is not { } coding)
        {
            return null;
        }

        headers.ContentEncoding = coding;
        if (headers.ETag is [['"', ..] tag])
        {
            // The same content in other bytes.
            headers.ETag = $"W/{tag}";
        }

        return coding == "br"
            ? new BrotliStream(http.Response.Body, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(http.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
    }

    private static string? Coding(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var taken))
        {
            return null;
        }

        string[] known = ["br", "gzip"];
        return known.FirstOrDefault(
            coding => taken.Any(t => t.Quality != 0 && t.Value.Equals(coding, StringComparison.OrdinalIgnoreCase)));
    }
}
