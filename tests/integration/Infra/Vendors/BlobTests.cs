using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class BlobTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly HttpClient http = new();
    private readonly byte[] file = Mp4Sample.Clip(dataBytes: 1_500_000);
    private TestDatabase database = null!;
    private WebhookReceiver hooks = null!;
    private LocalBlob blob = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CloneAsync();
        hooks = await WebhookReceiver.StartAsync();
        blob = await LocalBlob.StartAsync(new LocalBlobOptions { Database = database.Admin, Clock = clock });
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await blob.DisposeAsync();
        await hooks.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Private_object_is_put_read_with_the_token_listed_and_deleted()
    {
        var put = await PutAsync("videos/a b.mp4", blob.ReadWriteToken);
        Assert.Equal("videos/a b.mp4", (string)put["pathname"]!);
        Assert.EndsWith("/store/videos/a%20b.mp4", (string)put["url"]!, StringComparison.Ordinal);
        using var anonymous = await http.GetAsync(new Uri((string)put["url"]!));
        Assert.Equal(403, (int)anonymous.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, (string)put["url"]!);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", blob.ReadWriteToken);
        request.Headers.Range = new RangeHeaderValue(1_048_570, 1_048_580);
        using var read = await http.SendAsync(request);
        Assert.Equal(206, (int)read.StatusCode);
        Assert.Equal(file[1_048_570..1_048_581], await read.Content.ReadAsByteArrayAsync());

        var head = await CallAsync(HttpMethod.Get, $"?url={Uri.EscapeDataString((string)put["url"]!)}");
        Assert.Equal((file.Length, "video/mp4"), ((int)head["size"]!, (string)head["contentType"]!));
        await PutAsync("videos/sub/c.mp4", blob.ReadWriteToken);
        await PutAsync("other.mp4", blob.ReadWriteToken);
        Assert.Equal(["videos/a b.mp4", "videos/sub/c.mp4"], Paths(await CallAsync(HttpMethod.Get, "?prefix=videos/")));
        var folded = await CallAsync(HttpMethod.Get, "?prefix=videos/&mode=folded");
        Assert.Equal("videos/sub/", (string)folded["folders"]![0]!);
        var page = await CallAsync(HttpMethod.Get, "?limit=2");
        Assert.True((bool)page["hasMore"]!);
        Assert.Equal(
            ["videos/sub/c.mp4"], Paths(
                await CallAsync(HttpMethod.Get, $"?limit=2&cursor={Uri.EscapeDataString((string)page["cursor"]!)}")));
        await CallAsync(
            HttpMethod.Post, "/delete", new JsonObject { ["urls"] = new JsonArray((string)put["url"]!, "other.mp4", "never there") });
        Assert.Equal(["videos/sub/c.mp4"], Paths(await CallAsync(HttpMethod.Get, "")));
        var gone = await CallAsync(HttpMethod.Get, $"?url={Uri.EscapeDataString((string)put["url"]!)}", expected: 404);
        Assert.Equal("not_found", (string)gone["error"]!["code"]!);
    }

    [Fact]
    public async Task Existing_object_is_kept_unless_overwriting_is_allowed()
    {
        var first = await PutAsync("a.mp4", blob.ReadWriteToken);
        await PutAsync("a.mp4", blob.ReadWriteToken, expected: 400);
        await PutAsync("a.mp4", blob.ReadWriteToken, expected: 412, headers: ("x-if-match", "\"other\""));
        await PutAsync("a.mp4", blob.ReadWriteToken, headers: ("x-if-match", (string)first["etag"]!));
        await PutAsync("a.mp4", blob.ReadWriteToken, headers: ("x-allow-overwrite", "1"));
        var suffixed = await PutAsync("a.mp4", blob.ReadWriteToken, headers: ("x-add-random-suffix", "1"));
        Assert.Matches(@"^a-\w{30}\.mp4$", (string)suffixed["pathname"]!);
        await PutAsync("", blob.ReadWriteToken, expected: 400);
        await PutAsync("/a.mp4", blob.ReadWriteToken, expected: 400);
        await PutAsync("b.mp4", "vercel_blob_rw_localportalstore_wrong", expected: 403);
    }

    [Fact]
    public async Task Client_token_allows_its_one_upload_and_the_app_is_told()
    {
        var token = ClientToken(Bounds());
        var put = await PutAsync("uploads/job-1.mp4", token);
        await blob.WhenIdleAsync();
        var callback = Assert.Single(hooks.All);
        Assert.Equal("blob.upload-completed", callback.Type);
        Assert.Equal((string)put["url"]!, (string)callback.Json["payload"]!["blob"]!["url"]!);
        Assert.Equal("job-1", (string)callback.Json["payload"]!["tokenPayload"]!);
        Assert.Equal(
            Convert.ToHexStringLower(
                HMACSHA256.HashData(Encoding.UTF8.GetBytes(blob.ReadWriteToken), callback.Body)), callback.Headers["x-vercel-signature"]);
    }

    [Fact]
    public async Task Client_token_is_held_to_what_it_states()
    {
        async Task RefusedAsync(string code, Action<JsonObject> change, string path = "uploads/job-1.mp4", int status = 403)
        {
            var bounds = Bounds();
            change(bounds);
            Assert.Equal(code, (string)(await PutAsync(path, ClientToken(bounds), status))["error"]!["code"]!);
        }

        await RefusedAsync("client_token_pathname_mismatch", _ => { }, "uploads/job-2.mp4");
        await RefusedAsync("client_token_expired", bounds => bounds["validUntil"] = clock.GetUtcNow().ToUnixTimeMilliseconds() - 1);
        await RefusedAsync("file_too_large", bounds => bounds["maximumSizeInBytes"] = file.Length - 1, status: 400);
        await RefusedAsync(
            "content_type_not_allowed", bounds => bounds["allowedContentTypes"] = new JsonArray("image/*", "video/webm"), status: 400);
        var good = ClientToken(Bounds());
        var tampered = ClientToken(Bounds(), "vercel_blob_rw_localportalstore_guessed");
        Assert.Equal("forbidden", (string)(await PutAsync("uploads/job-1.mp4", tampered, 403))["error"]!["code"]!);
        await PutAsync("uploads/job-1.mp4", "vercel_blob_client_otherstore_" + good.Split('_', 5)[4], 403);
        using var list = new HttpRequestMessage(HttpMethod.Get, blob.ApiUrl);
        list.Headers.Authorization = new AuthenticationHeaderValue("Bearer", good);
        using var refused = await http.SendAsync(list);
        Assert.Contains("client_token_not_allowed", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await PutAsync("uploads/job-1.mp4", ClientToken(Bounds(bounds => bounds["allowedContentTypes"] = new JsonArray("video/*"))));
    }

    [Fact]
    public void Client_token_matches_one_computed_elsewhere()
    {
        // python3: base64(hmac(rw, payload).hexdigest() + "." + payload), with the payload below.
        Assert.Equal(
            "vercel_blob_client_localportalstore_OGY0N2U0ZTlmOTVhYTNkYzliY2I3ZTcyYmM5ZWIzYzY2ZTQyNzljOGM5ZjlhNTQ3MDQ1OTg3OWMzODY3NGUzYi5leUp3WVhSb2JtRnRaU0k2SW1admJ5NTBlSFFpTENKMllXeHBaRlZ1ZEdsc0lqb3hOekF3TURBd01EQXdNREF3ZlE9PQ==", ClientToken(new JsonObject { ["pathname"] = "foo.txt", ["validUntil"] = 1700000000000 }));
    }

    [Fact]
    public async Task Presigned_read_opens_a_private_object_until_its_end_and_only_that()
    {
        await PutAsync("videos/a.mp4", blob.ReadWriteToken);
        await PutAsync("videos/b.mp4", blob.ReadWriteToken);
        var until = clock.GetUtcNow().AddMinutes(30).ToUnixTimeMilliseconds();
        var issued = await CallAsync(HttpMethod.Post, "/signed-token", new JsonObject
        {
            ["pathname"] = "videos/a.mp4",
            ["operations"] = new JsonArray("get"),
            ["validUntil"] = until,
        });
        var url = Presign(issued, "videos/a.mp4", "get");
        Assert.Equal(file, await http.GetByteArrayAsync(url));
        var earlier = Presign(issued, "videos/a.mp4", "get", clock.GetUtcNow().AddMinutes(5).ToUnixTimeMilliseconds());
        Assert.Equal(file, await http.GetByteArrayAsync(earlier));

        Assert.Equal(403, await StatusAsync(Presign(issued, "videos/b.mp4", "get")));
        Assert.Equal(403, await StatusAsync(Presign(issued, "videos/a.mp4", "head")));
        Assert.Equal(
            403, await StatusAsync(new Uri(earlier.ToString().Replace("valid-until=1", "valid-until=2", StringComparison.Ordinal))));
        Assert.Equal(403, await StatusAsync(new Uri(url + "x")));
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(403, await StatusAsync(earlier));
        Assert.Equal(200, await StatusAsync(url));
        clock.Advance(TimeSpan.FromMinutes(25));
        Assert.Equal(403, await StatusAsync(url));
        await CallAsync(HttpMethod.Post, "/signed-token", new JsonObject { ["validUntil"] = 1 }, 400);
    }

    [Fact]
    public async Task Mux_takes_a_private_original_by_its_presigned_address()
    {
        await PutAsync("videos/a.mp4", blob.ReadWriteToken);
        var issued = await CallAsync(
            HttpMethod.Post, "/signed-token", new JsonObject { ["pathname"] = "videos/a.mp4", ["operations"] = new JsonArray("get") });
        await using var mux = await MuxLab.BesideAsync(database.Admin, clock);
        async Task<string> IngestAsync(string url)
        {
            var asset = (
                await mux.CallAsync(
                    HttpMethod.Post, "/video/v1/assets", new JsonObject { ["inputs"] = new JsonArray(new JsonObject { ["url"] = url }) },
                    201))["data"]!;
            await mux.EncodeAsync();
            return (string)(await mux.CallAsync(HttpMethod.Get, $"/video/v1/assets/{asset["id"]}"))["data"]!["status"]!;
        }

        Assert.Equal("ready", await IngestAsync(Presign(issued, "videos/a.mp4", "get").ToString()));
        Assert.Equal("errored", await IngestAsync(new Uri(blob.StoreUrl + "/videos/a.mp4").ToString()));
    }

    [Fact]
    public async Task Public_object_is_open_and_a_browser_may_upload_from_anywhere()
    {
        await PutAsync("open.mp4", blob.ReadWriteToken, access: "public");
        Assert.Equal(200, await StatusAsync(new Uri(blob.StoreUrl + "/open.mp4")));
        Assert.Equal(403, await StatusAsync(new Uri(blob.StoreUrl + "/missing.mp4")));
        using var request = new HttpRequestMessage(HttpMethod.Options, blob.ApiUrl + "/?pathname=x");
        request.Headers.Add("Origin", "https://app.example");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,x-api-version");
        using var preflight = await http.SendAsync(request);
        Assert.Equal("*", preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("authorization,x-api-version", preflight.Headers.GetValues("Access-Control-Allow-Headers").Single());
    }

    private static IEnumerable<string> Paths(JsonObject list) => list["blobs"]!.AsArray().Select(one => (string)one!["pathname"]!);

    private JsonObject Bounds(Action<JsonObject>? change = null)
    {
        var bounds = new JsonObject
        {
            ["pathname"] = "uploads/job-1.mp4",
            ["maximumSizeInBytes"] = file.Length,
            ["allowedContentTypes"] = new JsonArray("video/mp4"),
            ["validUntil"] = clock.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds(),
            ["onUploadCompleted"] = new JsonObject { ["callbackUrl"] = hooks.Address.ToString(), ["tokenPayload"] = "job-1" },
        };
        change?.Invoke(bounds);
        return bounds;
    }

    // As an app mints it, from the read-write token alone.
    private string ClientToken(JsonObject bounds, string? key = null)
    {
        var payload = Convert.ToBase64String(Encoding.UTF8.GetBytes(bounds.ToJsonString()));
        var mac = Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(key ?? blob.ReadWriteToken), Encoding.UTF8.GetBytes(payload)));
        return "vercel_blob_client_localportalstore_" + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{mac}.{payload}"));
    }

    private Uri Presign(JsonObject issued, string pathname, string operation, long? until = null)
    {
        var canonical = $"operation={operation}\npathname={pathname}{(until is null ? "" : $"\nvercel-blob-valid-until={until}")}";
        var signature = Base64Url.EncodeToString(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes((string)issued["clientSigningToken"]!), Encoding.UTF8.GetBytes(canonical)));
        return new Uri(
            $"{blob.StoreUrl}/{pathname}?vercel-blob-delegation={issued["delegationToken"]}&vercel-blob-signature={signature}"
                + $"{(until is null ? "" : $"&vercel-blob-valid-until={until}")}");
    }

    private async Task<int> StatusAsync(Uri url)
    {
        using var response = await http.GetAsync(url);
        return (int)response.StatusCode;
    }

    private async Task<JsonObject> PutAsync(
        string pathname, string token, int expected = 200, string access = "private", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Put, $"{blob.ApiUrl}/?pathname={Uri.EscapeDataString(pathname)}")
        { Content = new ByteArrayContent(file) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("x-api-version", "12");
        request.Headers.Add("x-vercel-blob-access", access);
        request.Headers.Add("x-content-type", "video/mp4");
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }
        return await AnswerAsync(request, expected);
    }

    private async Task<JsonObject> CallAsync(HttpMethod method, string path, JsonNode? body = null, int expected = 200)
    {
        using var request = new HttpRequestMessage(
            method, blob.ApiUrl + path)
        { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", blob.ReadWriteToken);
        return await AnswerAsync(request, expected);
    }

    private async Task<JsonObject> AnswerAsync(HttpRequestMessage request, int expected)
    {
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == expected, $"{request.Method} {request.RequestUri}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }
}
