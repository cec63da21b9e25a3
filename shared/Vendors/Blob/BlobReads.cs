using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>An original at Vercel Blob.</summary>
public sealed record BlobObject(string Url, long Size);

/// <summary>
/// Finds originals, and makes a URL that opens one private original for a while, for Mux to fetch:
/// a presigned read as the vendor's own library makes it.
/// A delegation for the pathname is issued with the read-write token; with its key the lines <c>operation</c>, <c>pathname</c> and
/// <c>vercel-blob-valid-until</c> (sorted, joined by newlines) are signed.
/// </summary>
public sealed class BlobReads(HttpClient http, IOptions<BlobOptions> options)
{
    private static readonly string[] ReadOnlyOperations = ["get"];

    public async Task<VendorResult<string>> UrlAsync(string blobUrl, string pathname, DateTimeOffset until, CancellationToken ct)
    {
        var validUntil = until.ToUnixTimeMilliseconds();
        var answer = await CallAsync<Issued>(
            HttpMethod.Post, "signed-token", new { pathname, operations = ReadOnlyOperations, validUntil }, ct);
        if (answer.IsFailure(out var failure, out var issued))
        {
            return failure;
        }

        return issued is { DelegationToken: { } delegation, ClientSigningToken: { } key }
            ? Sign(blobUrl, pathname, validUntil, delegation, key)
            : new VendorFailure.Unknown("Vercel Blob issued no token.");
    }

    /// <summary>What is stored under that name; Refused 404 when nothing is.</summary>
    public async Task<VendorResult<BlobObject>> FindAsync(string pathname, CancellationToken ct)
    {
        var answer = await CallAsync<Head>(HttpMethod.Get, $"?url={Uri.EscapeDataString(pathname)}", null, ct);
        if (answer.IsFailure(out var failure, out var head))
        {
            return failure;
        }

        return head is { Url: { } url, Size: { } size }
            ? new BlobObject(url, size)
            : new VendorFailure.Unknown("Vercel Blob answered without an address or a size.");
    }

    /// <summary>Null: all that is stored under that name was written to the stream.</summary>
    /// <param name="until">How long the address may be used that it is fetched from.</param>
    public async Task<VendorFailure?> CopyAsync(string pathname, Stream to, DateTimeOffset until, CancellationToken ct)
    {
        if ((await FindAsync(pathname, ct)).IsFailure(out var missing, out var file))
        {
            return missing;
        }

        if ((await UrlAsync(file.Url, pathname, until, ct)).IsFailure(out var refused, out var url))
        {
            return refused;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        return await http.CallAsync(request, ct, content => content.CopyToAsync(to, ct), isLarge: true);
    }

    private async Task<VendorResult<T>> CallAsync<T>(HttpMethod method, string path, object? body, CancellationToken ct)
        where T : class
    {
        using var request = options.Value.Request(method, path, body is null ? null : JsonContent.Create(body, body.GetType()));
        T? value = null;
        var failure = await http.CallAsync(request, ct, async content => value = await content.ReadFromJsonAsync<T>(ct));
        if (failure is not null)
        {
            return failure;
        }

        return value is { } answer ? answer : new VendorFailure.Unknown("Vercel Blob answered without a body.");
    }

    private static string Sign(string blobUrl, string pathname, long validUntil, string delegation, string key)
    {
        var until = validUntil.ToString(CultureInfo.InvariantCulture);
        var lines = $"operation=get\npathname={pathname}\nvercel-blob-valid-until={until}";
        var signature = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(lines)));
        return $"{blobUrl}?vercel-blob-delegation={Uri.EscapeDataString(delegation)}"
            + $"&vercel-blob-signature={signature}&vercel-blob-valid-until={until}";
    }

    private sealed record Head(string? Url, long? Size);

    private sealed record Issued(string? DelegationToken, string? ClientSigningToken);
}
