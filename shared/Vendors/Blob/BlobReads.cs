using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>
/// Makes a URL that opens one private original for a while, for Mux to fetch: a presigned read as the vendor's own library makes it.
/// A delegation for the pathname is issued with the read-write token; with its key the lines <c>operation</c>, <c>pathname</c> and
/// <c>vercel-blob-valid-until</c> (sorted, joined by newlines) are signed.
/// </summary>
public sealed class BlobReads(HttpClient http, IOptions<BlobOptions> options)
{
    private static readonly string[] ReadOnlyOperations = ["get"];

    public async Task<VendorResult<string>> UrlAsync(string blobUrl, string pathname, DateTimeOffset until, CancellationToken ct)
    {
        var validUntil = until.ToUnixTimeMilliseconds();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{options.Value.ApiUrl.TrimEnd('/')}/signed-token")
            {
                Content = JsonContent.Create(new { pathname, operations = ReadOnlyOperations, validUntil }),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.ReadWriteToken);
            using var response = await http.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
            {
                return (int)response.StatusCode is >= 400 and < 500 and not (408 or 429)
                    ? new VendorFailure.Refused((int)response.StatusCode, $"Vercel Blob answered {(int)response.StatusCode}.")
                    : new VendorFailure.Unknown($"Vercel Blob answered {(int)response.StatusCode}.");
            }

            var issued = await response.Content.ReadFromJsonAsync<Issued>(ct);
            return issued is { DelegationToken: { } delegation, ClientSigningToken: { } key }
                ? Sign(blobUrl, pathname, validUntil, delegation, key)
                : new VendorFailure.Unknown("Vercel Blob issued no token.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new VendorFailure.Unknown($"Vercel Blob did not answer: {e.Message}");
        }
    }

    private static string Sign(string blobUrl, string pathname, long validUntil, string delegation, string key)
    {
        var until = validUntil.ToString(CultureInfo.InvariantCulture);
        var lines = $"operation=get\npathname={pathname}\nvercel-blob-valid-until={until}";
        var signature = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(lines)));
        return $"{blobUrl}?vercel-blob-delegation={Uri.EscapeDataString(delegation)}"
            + $"&vercel-blob-signature={signature}&vercel-blob-valid-until={until}";
    }

    private sealed record Issued(string? DelegationToken, string? ClientSigningToken);
}
