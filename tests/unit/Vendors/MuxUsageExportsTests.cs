using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Vendors;
using Portal.Vendors.Mux;

namespace Portal.Tests.Unit.Vendors;

/// <summary>How Mux's files of usage are listed and fetched, in the shape that Mux documents.</summary>
public sealed class MuxUsageExportsTests
{
    private static readonly DateOnly Day = new(2026, 3, 30);

    [Fact]
    public async Task A_list_is_read_with_the_token_of_the_system_and_a_link_without_it()
    {
        using var mux = new Answers(
            """
            {"data":[{"date":"2026-03-30","file_size":1048576,"download_url":"https://storage.mux.com/org/2026-06-09.csv?X-Amz-Expires=1",
              "download_url_expires_at":1749513600}],"meta":{"page":1,"pages":16,"limit":25,"total":397}}
            """,
            "asset_id");
        var exports = Make(mux, "https://api.mux.com");

        var page = (await exports.ListAsync(Day, Day.AddDays(1), 2, 25, CancellationToken.None)).Value!;
        var text = (await exports.ReadAsync(page.Files[0], ReadAsync, CancellationToken.None)).Value;

        Assert.Equal((16, Day, 1048576L), (page.Pages, page.Files[0].Day, page.Files[0].Bytes));
        Assert.Equal("asset_id", text);
        Assert.Equal(
            [
                "https://api.mux.com/system/v1/usage-exports?page=2&limit=25&timeframe[]=1774828800&timeframe[]=1775001600 "
                    + "Basic aWQ6c2VjcmV0",
                "https://storage.mux.com/org/2026-06-09.csv?X-Amz-Expires=1 ",
            ],
            mux.Asked);
    }

    [Theory]
    [InlineData("https://api.mux.com", "2026-03-30", 1, "http://storage.mux.com/a.csv", 0)]
    [InlineData("https://api.mux.com", "2026-03-30", 1, "http://127.0.0.1/a.csv", 0)]
    [InlineData("http://127.0.0.1:7171", "2026-03-30", 1, "http://127.0.0.1/a.csv", 1)]
    [InlineData("http://127.0.0.1:7171", "2026-03-30", 1, "http://storage.mux.com/a.csv", 0)]
    [InlineData("https://api.mux.com", "2026-03-30", 1, "file:///etc/passwd", 0)]
    [InlineData("https://api.mux.com", "2026-03-30", 1, "/a.csv", 0)]
    [InlineData("https://api.mux.com", "30.3.2026", 1, "https://storage.mux.com/a.csv", 0)]
    [InlineData("https://api.mux.com", "2026-03-30", -1, "https://storage.mux.com/a.csv", 0)]
    [InlineData("https://api.mux.com", "2026-03-30", 0, "https://storage.mux.com/a.csv", 1)]
    public async Task What_is_no_file_of_a_day_behind_a_safe_link_is_left_out(string api, string date, int size, string link, int files)
    {
        using var mux = new Answers($$"""{"data":[{"date":"{{date}}","file_size":{{size}},"download_url":"{{link}}"}]}""");

        var page = (await Make(mux, api).ListAsync(Day, Day, 1, 25, CancellationToken.None)).Value!;

        Assert.Equal((1, files), (page.Pages, page.Files.Count));
    }

    [Theory]
    [InlineData(401, true)]
    [InlineData(403, true)]
    [InlineData(404, true)]
    [InlineData(408, false)]
    [InlineData(429, false)]
    [InlineData(500, false)]
    public async Task A_refusal_is_told_from_what_may_get_better(int status, bool refused)
    {
        using var mux = new Answers("{}") { Status = (HttpStatusCode)status };

        var failure = (await Make(mux, "https://api.mux.com").ListAsync(Day, Day, 1, 25, CancellationToken.None)).Failure!;

        Assert.Equal(refused, failure is VendorFailure.Refused);
        Assert.Contains($"{status}", failure.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"data\":{}}")]
    [InlineData("<html>")]
    public async Task A_list_that_cannot_be_read_is_no_list(string body)
    {
        using var mux = new Answers(body);

        Assert.IsType<VendorFailure.Unknown>(
            (await Make(mux, "https://api.mux.com").ListAsync(Day, Day, 1, 25, CancellationToken.None)).Failure);
    }

    private static MuxUsageExports Make(Answers mux, string api) => new(
        new HttpClient(mux), Options.Create(new MuxOptions { ApiUrl = api, SystemTokenId = "id", SystemTokenSecret = "secret" }));

    private static async Task<string> ReadAsync(Stream file, CancellationToken ct)
    {
        using var text = new StreamReader(file);
        return await text.ReadToEndAsync(ct);
    }

    private sealed class Answers(params string[] bodies) : HttpMessageHandler
    {
        public List<string> Asked { get; } = [];

        public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add($"{request.RequestUri!.OriginalString} {request.Headers.Authorization}");
            return Task.FromResult(new HttpResponseMessage(Status)
            {
                Content = new StringContent(bodies[Asked.Count - 1], Encoding.UTF8),
            });
        }
    }
}
