using System.Net.Http.Json;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Blob;

/// <summary>Deletes files at Vercel Blob. One that is not there any more is deleted: saying it again does no harm.</summary>
public sealed class BlobDeletes(HttpClient http, IOptions<BlobOptions> options)
{
    private const int NotFound = 404;

    /// <summary>Null: it is gone, now or before.</summary>
    /// <param name="blob">Its URL or its pathname.</param>
    public async Task<VendorFailure?> DeleteAsync(string blob, CancellationToken ct)
    {
        string[] urls = [blob];
        using var request = options.Value.Request(HttpMethod.Post, "delete", JsonContent.Create(new { urls }));
        var failure = await http.CallAsync(request, ct);
        return failure is VendorFailure.Refused { Status: NotFound } ? null : failure;
    }
}
