using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>Puts a file of ours into the private store, under a name that was never used: what is there is never replaced.</summary>
public sealed class BlobWrites(HttpClient http, IOptions<BlobOptions> options)
{
    /// <summary>Null: it is there. Refused: the store does not take it, for instance because something has that name.</summary>
    /// <param name="file">Read from its beginning, its length sent ahead; closed.</param>
    public async Task<VendorFailure?> PutAsync(string pathname, string contentType, Stream file, CancellationToken ct)
    {
        try
        {
            file.Position = 0;
            using var content = new StreamContent(file);
            content.Headers.ContentLength = file.Length;
            using var request = new HttpRequestMessage(
                HttpMethod.Put, $"{options.Value.ApiUrl.TrimEnd('/')}/?pathname={Uri.EscapeDataString(pathname)}")
            { Content = content };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.ReadWriteToken);
            request.Headers.Add("x-vercel-blob-access", "private");
            request.Headers.Add("x-content-type", contentType);
            request.Headers.Add("x-add-random-suffix", "0");
            using var response = await http.SendAsync(request, ct);
            return (int)response.StatusCode switch
            {
                >= 200 and < 300 => null,
                >= 400 and < 500 and not (408 or 429) =>
                    new VendorFailure.Refused((int)response.StatusCode, $"Vercel Blob answered {(int)response.StatusCode}."),
                _ => new VendorFailure.Unknown($"Vercel Blob answered {(int)response.StatusCode}."),
            };
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new VendorFailure.Unknown($"Vercel Blob did not answer: {e.Message}");
        }
    }
}
