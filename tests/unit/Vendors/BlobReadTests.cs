using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Portal.Vendors.Blob;

namespace Portal.Tests.Unit.Vendors;

/// <summary>What an address opens that is handed out for an original at Vercel Blob.</summary>
public sealed class BlobReadTests
{
    [Fact]
    public async Task An_address_of_an_original_lets_that_one_be_read_until_then_and_nothing_else()
    {
        using var vendor = new Vendor();
        using var http = new HttpClient(vendor);
        var reads = new BlobReads(http, Options.Create(new BlobOptions { ReadWriteToken = "vercel_blob_rw_store_secret" }));
        var until = DateTimeOffset.UnixEpoch.AddYears(60);

        var url = (await reads.UrlAsync("https://store.example/originals/1", "originals/1", until, default)).Value!;

        Assert.Equal(
            $$"""{"pathname":"originals/1","operations":["get"],"validUntil":{{until.ToUnixTimeMilliseconds()}}}""", vendor.Asked);
        Assert.StartsWith("https://store.example/originals/1?", url, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", url, StringComparison.Ordinal);
    }

    private sealed class Vendor : HttpMessageHandler
    {
        public string? Asked { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!.ToJsonString();
            return new(HttpStatusCode.OK)
            {
                Content = new StringContent(
                    """{"delegationToken":"delegated","clientSigningToken":"key"}""", Encoding.UTF8, "application/json"),
            };
        }
    }
}
