using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>Deletes originals at Vercel Blob. One that is not there any more is deleted: saying it again does no harm.</summary>
public sealed class BlobDeletes(HttpClient http, IOptions<BlobOptions> options)
{
    /// <summary>Null: it is gone, now or before.</summary>
    public async Task<VendorFailure?> DeleteAsync(string blobUrl, CancellationToken ct)
    {
        try
        {
            string[] urls = [blobUrl];
            using var request = new HttpRequestMessage(
                HttpMethod.Post, $"{options.Value.ApiUrl.TrimEnd('/')}/delete")
            { Content = JsonContent.Create(new { urls }) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.ReadWriteToken);
            using var response = await http.SendAsync(request, ct);
            return (int)response.StatusCode switch
            {
                >= 200 and < 300 or 404 => null,
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
