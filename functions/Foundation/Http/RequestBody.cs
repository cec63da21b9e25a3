using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Portal.Functions.Foundation.Http;

/// <summary>The bytes of a request, capped.</summary>
public static class RequestBody
{
    /// <summary>What a JSON body may weigh, in bytes.</summary>
    public const int MaxJson = 64 * 1024;

    /// <summary>Likewise of a beacon, whatever it says.</summary>
    public const int MaxBeacon = 2 * 1024;

    /// <summary>The raw bytes of a body, at most <paramref name="limit"/>.</summary>
    public static async Task<(ReadOnlyMemory<byte> Bytes, bool TooLarge)> ReadBytesAsync(HttpRequest request, int limit)
    {
        if (request.ContentLength > limit)
        {
            return (default, true);
        }

        var buffer = new ArrayBufferWriter<byte>((int)(request.ContentLength ?? 4096) + 1);
        int read;
        while ((read = await request.Body.ReadAsync(buffer.GetMemory(4096), request.HttpContext.RequestAborted)) > 0)
        {
            buffer.Advance(read);
            if (buffer.WrittenCount > limit)
            {
                return (default, true);
            }
        }

        return (buffer.WrittenMemory, false);
    }

    /// <summary>The bytes of a JSON body, or the problem with them: too large (413), not JSON by their media type (415).</summary>
    public static Task<(ReadOnlyMemory<byte> Bytes, Problem? Problem)> ReadJsonAsync(HttpRequest request) =>
        // A PATCH is a merge patch (RFC 7396) under either name.
        ReadJsonAsync(request, MaxJson, request.HasJsonContentType());

    /// <summary>
    /// Of a beacon: navigator.sendBeacon sends a string as text/plain, which needs no preflight from another origin. It changes nothing of
    /// anybody's, so that a form of a page elsewhere that sends the same does no harm.
    /// </summary>
    public static Task<(ReadOnlyMemory<byte> Bytes, Problem? Problem)> ReadBeaconAsync(HttpRequest request) =>
        ReadJsonAsync(request, MaxBeacon, request.HasJsonContentType() || IsPlainText(request));

    private static async Task<(ReadOnlyMemory<byte> Bytes, Problem? Problem)> ReadJsonAsync(HttpRequest request, int limit, bool isJson)
    {
        var (bytes, tooLarge) = await ReadBytesAsync(request, limit);
        if (tooLarge)
        {
            return (default, TooLarge(limit));
        }

        return bytes.Length == 0 || isJson
            ? (bytes, null)
            : (default, new Problem(415, "unsupported-media-type", "Send JSON", "The body must be application/json."));
    }

    private static bool IsPlainText(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase);

    /// <summary>The fields of a form, or the status to answer with: too large (413), not a form by its media type (415).</summary>
    public static async Task<(Dictionary<string, StringValues>? Form, int Status)> ReadFormAsync(HttpRequest request, int limit)
    {
        if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            return (null, StatusCodes.Status415UnsupportedMediaType);
        }

        var (bytes, tooLarge) = await ReadBytesAsync(request, limit);
        return tooLarge
            ? (null, StatusCodes.Status413PayloadTooLarge)
            : (QueryHelpers.ParseQuery(Encoding.UTF8.GetString(bytes.Span)), StatusCodes.Status200OK);
    }

    public static Problem TooLarge(int limit) => new(413, "too-large", "The body is too large", $"At most {limit / 1024} KiB.");
}
