using System.Net.Http.Headers;
using System.Text.Json;

namespace Portal.Vendors.Blob;

/// <summary>How Vercel Blob's API is called: with the read-write token, and what its answers mean.</summary>
internal static class BlobCalls
{
    /// <param name="path">Below the API's address.</param>
    public static HttpRequestMessage Request(this BlobOptions options, HttpMethod method, string path, HttpContent? content = null) =>
        new(method, $"{options.ApiUrl.TrimEnd('/')}/{path}")
        {
            Content = content,
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", options.ReadWriteToken) },
        };

    /// <summary>Null: it is done. 408 and 429 may get better, other refusals (4xx) do not.</summary>
    /// <param name="read">Reads the answer; what it throws for broken JSON is a broken answer.</param>
    /// <param name="isLarge">The answer is read as it comes, not kept in memory first.</param>
    public static async Task<VendorFailure?> CallAsync(
        this HttpClient http, HttpRequestMessage request, CancellationToken ct, Func<HttpContent, Task>? read = null, bool isLarge = false)
    {
        try
        {
            using var response = await http.SendAsync(
                request, isLarge ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, ct);
            if (!response.IsSuccessStatusCode)
            {
                var reason = $"Vercel Blob answered {(int)response.StatusCode}.";
                return (int)response.StatusCode is >= 400 and < 500 and not (408 or 429)
                    ? new VendorFailure.Refused((int)response.StatusCode, reason)
                    : new VendorFailure.Unknown(reason);
            }

            await (read?.Invoke(response.Content) ?? Task.CompletedTask);
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new VendorFailure.Unknown($"Vercel Blob did not answer: {e.Message}", e.NotCalledFor());
        }
    }
}
