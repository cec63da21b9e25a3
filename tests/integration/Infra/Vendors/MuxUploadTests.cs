using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class MuxUploadTests : IAsyncLifetime
{
    private const int Unit = 256 * 1024;
    private MuxLab lab = null!;

    public async Task InitializeAsync() => lab = await MuxLab.StartAsync();

    public async Task DisposeAsync() => await lab.DisposeAsync();

    [Fact]
    public async Task Whole_file_in_one_put_becomes_a_ready_asset()
    {
        var upload = await lab.CreateUploadAsync();
        Assert.Equal("waiting", (string)upload["status"]!);
        Assert.Null(upload["asset_id"]);
        using var put = await lab.PutAsync(upload, Mp4Sample.Clip(seconds: 12.5, width: 1920, height: 1080, rate: 30));
        Assert.Equal(200, (int)put.StatusCode);

        var preparing = await lab.AssetOfAsync(upload);
        Assert.Equal("preparing", (string)preparing["status"]!);
        Assert.Equal("signed", (string)preparing["playback_ids"]![0]!["policy"]!);

        await lab.EncodeAsync();
        var asset = await lab.AssetOfAsync(upload);
        Assert.Equal("ready", (string)asset["status"]!);
        Assert.Equal(12.5, (double)asset["duration"]!, 3);
        Assert.Equal("16:9", (string)asset["aspect_ratio"]!);
        Assert.Equal("1080p", (string)asset["resolution_tier"]!);
        Assert.Equal(30, (double)asset["max_stored_frame_rate"]!, 2);
        Assert.Equal((string)upload["id"]!, (string)asset["upload_id"]!);
        Assert.Equal("job-42", (string)asset["passthrough"]!);
        Assert.Equal("on_demand_direct_upload", (string)asset["ingest_type"]!);
        Assert.Equal($"{lab.Clock.Start.ToUnixTimeSeconds()}", (string)asset["created_at"]!);
        Assert.Equal(["video", "audio"], asset["tracks"]!.AsArray().Select(track => (string)track!["type"]!));
        Assert.Equal(
            ["video.upload.created", "video.upload.asset_created", "video.asset.created", "video.asset.ready"], lab.Hooks.Types);
    }

    [Fact]
    public async Task Chunks_are_taken_in_order_and_probes_say_how_far()
    {
        var file = Mp4Sample.Clip(dataBytes: (3 * Unit) + 1000);
        var upload = await lab.CreateUploadAsync();
        using var unsent = await lab.PutAsync(upload, [], $"bytes */{file.Length}");
        Assert.Equal("308", Kept(unsent));
        // Two units at once, with the total unknown as a recorder has it.
        using var first = await lab.PutAsync(upload, file[..(2 * Unit)], $"bytes 0-{(2 * Unit) - 1}/*");
        Assert.Equal($"308 bytes=0-{(2 * Unit) - 1}", Kept(first));
        using var probe = await lab.PutAsync(upload, [], "bytes */*");
        Assert.Equal($"308 bytes=0-{(2 * Unit) - 1}", Kept(probe));
        using var second = await lab.PutAsync(upload, file[(2 * Unit)..(3 * Unit)], $"bytes {2 * Unit}-{(3 * Unit) - 1}/{file.Length}");
        Assert.Equal(308, (int)second.StatusCode);
        using var last = await lab.PutAsync(upload, file[(3 * Unit)..], $"bytes {3 * Unit}-{file.Length - 1}/{file.Length}");
        Assert.Equal(200, (int)last.StatusCode);
        // A client that lost the last answer asks, or sends the end again.
        using var again = await lab.PutAsync(upload, [], $"bytes */{file.Length}");
        Assert.Equal(200, (int)again.StatusCode);
        using var repeated = await lab.PutAsync(upload, file[(3 * Unit)..], $"bytes {3 * Unit}-{file.Length - 1}/{file.Length}");
        Assert.Equal(200, (int)repeated.StatusCode);

        await lab.EncodeAsync();
        Assert.Equal("ready", (string)(await lab.AssetOfAsync(upload))["status"]!);
        Assert.Equal(1, lab.Hooks.Types.Count(type => type == "video.asset.created"));
    }

    [Fact]
    public async Task Chunk_that_leaves_a_gap_is_refused_and_nothing_is_kept_of_it()
    {
        var upload = await lab.CreateUploadAsync();
        using var gap = await lab.PutAsync(upload, new byte[Unit], $"bytes {Unit}-{(2 * Unit) - 1}/{4 * Unit}");
        Assert.Equal(503, (int)gap.StatusCode);
        Assert.Contains("exceeds already uploaded size of 0", await gap.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var probe = await lab.PutAsync(upload, [], $"bytes */{4 * Unit}");
        Assert.Equal("308", Kept(probe));
    }

    [Fact]
    public async Task Bytes_sent_again_are_skipped_and_odd_sizes_kept_in_whole_units()
    {
        var file = Mp4Sample.Clip(dataBytes: 3 * Unit);
        var upload = await lab.CreateUploadAsync();
        using var odd = await lab.PutAsync(upload, file[..(Unit + 77)], $"bytes 0-{Unit + 76}/{file.Length}");
        Assert.Equal($"308 bytes=0-{Unit - 1}", Kept(odd));
        using var whole = await lab.PutAsync(upload, file[100..], $"bytes 100-{file.Length - 1}/{file.Length}");
        Assert.Equal(200, (int)whole.StatusCode);
        await lab.EncodeAsync();
        Assert.Equal("ready", (string)(await lab.AssetOfAsync(upload))["status"]!);
    }

    [Fact]
    public async Task Chunk_under_256_KiB_that_is_not_the_last_is_refused()
    {
        var upload = await lab.CreateUploadAsync();
        using var small = await lab.PutAsync(upload, new byte[1000], $"bytes 0-999/{Unit}");
        Assert.Equal(400, (int)small.StatusCode);
    }

    [Fact]
    public async Task Content_range_that_cannot_be_is_refused()
    {
        var upload = await lab.CreateUploadAsync();
        foreach (var range in new[] { "bytes 5-2/10", "bytes 0-9/5", "0-9/10", "bytes -1-9/10", "bytes a-b/c", "bytes 0-9",
            "bytes 0-99999999999999999999/*" })
        {
            using var put = await lab.PutAsync(upload, new byte[10], range);
            Assert.True((int)put.StatusCode == 400, $"{range}: {(int)put.StatusCode}");
        }
    }

    [Fact]
    public async Task Total_cannot_change_on_the_way()
    {
        var upload = await lab.CreateUploadAsync();
        using var first = await lab.PutAsync(upload, new byte[Unit], $"bytes 0-{Unit - 1}/{3 * Unit}");
        using var other = await lab.PutAsync(upload, new byte[Unit], $"bytes {Unit}-{(2 * Unit) - 1}/{4 * Unit}");
        Assert.Equal(400, (int)other.StatusCode);
    }

    [Fact]
    public async Task Broken_connection_leaves_whole_units_to_go_on_from()
    {
        var file = Mp4Sample.Clip(dataBytes: 8 * Unit);
        var upload = await lab.CreateUploadAsync();
        var url = new Uri((string)upload["url"]!);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(url.Host, url.Port);
            await using var stream = socket.GetStream();
            var head = $"PUT {url.PathAndQuery} HTTP/1.1\r\nHost: x\r\nContent-Length: {file.Length}\r\nContent-Range: bytes "
                + $"0-{file.Length - 1}/{file.Length}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            await stream.WriteAsync(file.AsMemory(0, (5 * Unit) + 5000));
            await KeptAsync(upload, file.Length, atLeast: 4 * Unit);
        }
        await Eventually.TrueAsync(
            () => lab.Mux.Requests.All.Any(request => request.Method == "PUT" && request.Status == 0), "the broken request to end");
        var kept = await KeptAsync(upload, file.Length, atLeast: 4 * Unit);
        Assert.Equal(0, kept % Unit);
        using var rest = await lab.PutAsync(upload, file[kept..], $"bytes {kept}-{file.Length - 1}/{file.Length}");
        Assert.Equal(200, (int)rest.StatusCode);
        await lab.EncodeAsync();
        Assert.Equal("ready", (string)(await lab.AssetOfAsync(upload))["status"]!);
    }

    [Fact]
    public async Task Whole_file_put_that_breaks_off_makes_no_asset()
    {
        var file = Mp4Sample.Clip(dataBytes: 3 * Unit);
        var upload = await lab.CreateUploadAsync();
        var url = new Uri((string)upload["url"]!);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(url.Host, url.Port);
            await using var stream = socket.GetStream();
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes($"PUT {url.PathAndQuery} HTTP/1.1\r\nHost: x\r\nContent-Length: {file.Length}\r\n\r\n"));
            await stream.WriteAsync(file.AsMemory(0, 2 * Unit));
        }
        await Eventually.TrueAsync(() => lab.Mux.Requests.Count("PUT", "/upload/") == 1, "the broken request to end");
        var now = (await lab.CallAsync(HttpMethod.Get, $"/video/v1/uploads/{upload["id"]}"))["data"]!;
        Assert.Equal("waiting", (string)now["status"]!);
    }

    [Fact]
    public async Task Unknown_used_cancelled_and_expired_upload_urls_are_refused()
    {
        using var unknown = await lab.Browser.PutAsync(new Uri(lab.Mux.ApiUrl, "/upload/nothing"), new ByteArrayContent([1]));
        Assert.Equal(404, (int)unknown.StatusCode);

        var used = await lab.CreateUploadAsync();
        using var first = await lab.PutAsync(used, Mp4Sample.Clip());
        using var second = await lab.PutAsync(used, Mp4Sample.Clip(dataBytes: 4_000_000));
        Assert.Equal(410, (int)second.StatusCode);

        var cancelled = await lab.CreateUploadAsync();
        var answer = await lab.CallAsync(HttpMethod.Put, $"/video/v1/uploads/{cancelled["id"]}/cancel");
        Assert.Equal("cancelled", (string)answer["data"]!["status"]!);
        using var late = await lab.PutAsync(cancelled, Mp4Sample.Clip());
        Assert.Equal(410, (int)late.StatusCode);

        var expired = await lab.CreateUploadAsync(timeout: 60);
        lab.Clock.Advance(TimeSpan.FromSeconds(60));
        await lab.Mux.WhenIdleAsync();
        using var tooLate = await lab.PutAsync(expired, Mp4Sample.Clip());
        Assert.Equal(410, (int)tooLate.StatusCode);
    }

    [Fact]
    public async Task Upload_that_never_comes_times_out_without_a_webhook()
    {
        var upload = await lab.CreateUploadAsync(timeout: 60);
        lab.Clock.Advance(TimeSpan.FromSeconds(59));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal("waiting", (string)(await lab.CallAsync(HttpMethod.Get, $"/video/v1/uploads/{upload["id"]}"))["data"]!["status"]!);
        lab.Clock.Advance(TimeSpan.FromSeconds(1));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal("timed_out", (string)(await lab.CallAsync(HttpMethod.Get, $"/video/v1/uploads/{upload["id"]}"))["data"]!["status"]!);
        Assert.Equal(["video.upload.created"], lab.Hooks.Types);
    }

    [Fact]
    public async Task Only_a_waiting_upload_can_be_cancelled()
    {
        var upload = await lab.CreateUploadAsync();
        using var put = await lab.PutAsync(upload, Mp4Sample.Clip());
        await lab.CallAsync(HttpMethod.Put, $"/video/v1/uploads/{upload["id"]}/cancel", expected: 403);
        await lab.CallAsync(HttpMethod.Put, "/video/v1/uploads/none/cancel", expected: 404);
        await lab.Mux.WhenIdleAsync();
        Assert.DoesNotContain("video.upload.cancelled", lab.Hooks.Types);
    }

    [Fact]
    public async Task Empty_file_ends_the_upload_as_errored()
    {
        var upload = await lab.CreateUploadAsync();
        using var put = await lab.PutAsync(upload, []);
        Assert.Equal(200, (int)put.StatusCode);
        var now = (await lab.CallAsync(HttpMethod.Get, $"/video/v1/uploads/{upload["id"]}"))["data"]!;
        Assert.Equal("errored", (string)now["status"]!);
        Assert.Equal("invalid_input", (string)now["error"]!["type"]!);
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(["video.upload.created", "video.upload.errored"], lab.Hooks.Types);
    }

    [Fact]
    public async Task Browser_is_answered_by_the_origin_named_at_creation()
    {
        var upload = await lab.CreateUploadAsync(origin: "https://app.example");
        Assert.Equal("https://app.example", await PreflightAsync(upload, "https://app.example"));
        Assert.Null(await PreflightAsync(upload, "https://evil.example"));
        using var put = await lab.PutAsync(upload, Mp4Sample.Clip(), origin: "https://app.example");
        Assert.Equal("https://app.example", put.Headers.GetValues("Access-Control-Allow-Origin").Single());
        var open = await lab.CreateUploadAsync(origin: "*");
        Assert.Equal("https://any.example", await PreflightAsync(open, "https://any.example"));
        Assert.Null(await PreflightAsync(await lab.CreateUploadAsync(), "https://app.example"));
    }

    [Fact]
    public async Task Requests_that_make_no_sense_are_refused_in_muxs_shape()
    {
        var body = await lab.CallAsync(
            HttpMethod.Post, "/video/v1/uploads",
            new JsonObject { ["new_asset_settings"] = new JsonObject { ["passthrough"] = new string('x', 256) } }, 400);
        Assert.Equal("invalid_parameters", (string)body["error"]!["type"]!);
        Assert.Single(body["error"]!["messages"]!.AsArray());
        await lab.CallAsync(HttpMethod.Post, "/video/v1/uploads", new JsonObject { ["timeout"] = 59 }, 400);
        await lab.CallAsync(HttpMethod.Post, "/video/v1/uploads", new JsonArray(), 400);
        await lab.CallAsync(
            HttpMethod.Post, "/video/v1/uploads",
            new JsonObject { ["new_asset_settings"] = new JsonObject { ["playback_policies"] = new JsonArray("secret") } }, 400);
        await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads?limit=101", expected: 400);
        var missing = await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads/none", expected: 404);
        Assert.Equal("not_found", (string)missing["error"]!["type"]!);
        await lab.CallAsync(HttpMethod.Get, "/video/v1/nothing-like-this", expected: 404);
        Assert.Empty((await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads"))["data"]!.AsArray());
        // 255 characters pass, counted as people count them.
        await lab.CallAsync(
            HttpMethod.Post, "/video/v1/uploads",
            new JsonObject { ["new_asset_settings"] = new JsonObject { ["passthrough"] = string.Concat(Enumerable.Repeat("🎬", 255)) } },
            201);
    }

    [Fact]
    public async Task Wrong_credentials_are_refused()
    {
        using var none = await lab.Browser.GetAsync(new Uri(lab.Mux.ApiUrl, "/video/v1/uploads"));
        Assert.Equal(401, (int)none.StatusCode);
        lab.Api.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("id:wrong")));
        await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads", expected: 401);
    }

    [Fact]
    public async Task Server_beside_it_on_the_same_database_takes_the_bytes_and_a_new_one_goes_on_after_a_stop()
    {
        var upload = await lab.CreateUploadAsync();
        await using (var other = await MuxLab.BesideAsync(lab.Database, lab.Clock))
        {
            var seen = (await other.CallAsync(HttpMethod.Get, $"/video/v1/uploads/{upload["id"]}"))["data"]!.AsObject();
            Assert.StartsWith(other.Mux.ApiUrl.ToString(), (string)seen["url"]!, StringComparison.Ordinal);
            using var put = await other.PutAsync(seen, Mp4Sample.Clip());
            Assert.Equal(200, (int)put.StatusCode);
            Assert.Equal("preparing", (string)(await lab.AssetOfAsync(upload))["status"]!);
        }
        await lab.Mux.DisposeAsync();
        await using var next = await MuxLab.BesideAsync(lab.Database, lab.Clock);
        await next.EncodeAsync();
        Assert.Equal("ready", (string)(await next.AssetOfAsync(upload))["status"]!);
    }

    private Task<int> KeptAsync(JsonObject upload, int total, int atLeast) => Eventually.ValueAsync(
        async () =>
        {
            using var probe = await lab.PutAsync(upload, [], $"bytes */{total}");
            return int.Parse(Kept(probe).Split('-').ElementAtOrDefault(1) ?? "-1", CultureInfo.InvariantCulture) + 1;
        }, kept => kept >= atLeast, "the bytes that arrived to be kept");

    private static string Kept(HttpResponseMessage response) =>
        string.Join(' ', [$"{(int)response.StatusCode}", .. response.Headers.TryGetValues("Range", out var range) ? range : []]);

    private async Task<string?> PreflightAsync(JsonObject upload, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, (string)upload["url"]!);
        request.Headers.TryAddWithoutValidation("Origin", origin);
        request.Headers.TryAddWithoutValidation("Access-Control-Request-Method", "PUT");
        using var response = await lab.Browser.SendAsync(request);
        return response.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed.Single() : null;
    }
}
