using System.Net;
using Microsoft.Extensions.Options;
using Portal.Vendors;
using Portal.Vendors.Blob;

namespace Portal.Tests.Unit.Vendors;

/// <summary>When an original at Vercel Blob is gone, and when that is not known.</summary>
public sealed class BlobDeleteTests
{
    [Theory]
    [InlineData(200, null)]
    [InlineData(404, null)]
    [InlineData(400, typeof(VendorFailure.Refused))]
    [InlineData(403, typeof(VendorFailure.Refused))]
    [InlineData(408, typeof(VendorFailure.Unknown))]
    [InlineData(429, typeof(VendorFailure.Unknown))]
    [InlineData(500, typeof(VendorFailure.Unknown))]
    public async Task What_Blob_may_answer_to_a_deletion(int status, Type? failure)
    {
        using var answer = new Answer(status);
        using var http = new HttpClient(answer);
        var deletes = new BlobDeletes(http, Options.Create(new BlobOptions { ReadWriteToken = "vercel_blob_rw_store_secret" }));

        Assert.Equal(failure, (await deletes.DeleteAsync("https://store.example/originals/1", default))?.GetType());
        Assert.Equal("Bearer vercel_blob_rw_store_secret", answer.Authorization);
        Assert.Contains("https://store.example/originals/1", answer.Body, StringComparison.Ordinal);
    }

    private sealed class Answer(int status) : HttpMessageHandler
    {
        public string? Authorization { get; private set; }

        public string? Body { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization = request.Headers.Authorization?.ToString();
            Body = await request.Content!.ReadAsStringAsync(cancellationToken);
            return new((HttpStatusCode)status);
        }
    }
}
