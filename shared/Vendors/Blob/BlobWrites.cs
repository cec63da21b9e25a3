using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>Puts a file of ours into the private store, under a name that was never used: what is there is never replaced.</summary>
public sealed class BlobWrites(HttpClient http, IOptions<BlobOptions> options)
{
    /// <summary>Null: it is there. Refused: the store does not take it, for instance because something has that name.</summary>
    /// <param name="file">Read from its beginning, its length sent ahead; closed.</param>
    public async Task<VendorFailure?> PutAsync(string pathname, string contentType, Stream file, CancellationToken ct)
    {
        file.Position = 0;
        using var request = options.Value.Request(
            HttpMethod.Put, $"?pathname={Uri.EscapeDataString(pathname)}",
            new StreamContent(file) { Headers = { ContentLength = file.Length } });
        request.Headers.Add("x-vercel-blob-access", "private");
        request.Headers.Add("x-content-type", contentType);
        request.Headers.Add("x-add-random-suffix", "0");
        return await http.CallAsync(request, ct);
    }
}
