using System.Net;
using Mux.Csharp.Sdk.Api;
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Newtonsoft.Json.Linq;
using static Portal.Tests.Unit.Infra.Packages.LoopbackServer;

namespace Portal.Tests.Unit.Infra.Packages;

/// <summary>What the adapters around Mux.Csharp.Sdk rely on, and guard against. True of the stand-in and of the real SDK alike.</summary>
public sealed class MuxSdkBehaviourTests
{
    private const string Waiting =
        """{"data":{"id":"up1","status":"waiting","url":"https://storage.example/put/up1","future_field":{"x":1}}}""";

    [Fact]
    public async Task Refused_connection_is_null_and_status_zero()
    {
        var uploads = new DirectUploadsApi(Settings(Refusing()));

        Assert.Null(await uploads.GetDirectUploadAsync("up1"));
        var response = await uploads.GetDirectUploadWithHttpInfoAsync("up1");
        Assert.Equal((HttpStatusCode)0, response.StatusCode);
        Assert.Null(response.Data);
        Assert.NotEmpty(response.ErrorText);
    }

    [Fact]
    public async Task Timeout_is_null_and_status_zero()
    {
        await using var server = new LoopbackServer((string?)null);
        var settings = Settings(server.Address);
        settings.Timeout = 200;

        var response = await new DirectUploadsApi(settings).GetDirectUploadWithHttpInfoAsync("up1");

        Assert.Equal((HttpStatusCode)0, response.StatusCode);
        Assert.Null(response.Data);
        Assert.Equal("The request timed-out.", response.ErrorText);
    }

    [Theory]
    [InlineData("""{"data":{"id":"up1",""")]
    [InlineData("<html>fine</html>")]
    [InlineData("""{"data":{"id":"up1","status":"exploded"}}""")]
    [InlineData("""{"data":{"id":"up1","timeout":null}}""")]
    [InlineData("""{"data":{"id":"up1","timeout":"soon"}}""")]
    public async Task Success_that_cannot_be_read_is_null(string body)
    {
        await using var server = new LoopbackServer(Answer(200, body));

        Assert.Null(await new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync("up1"));
    }

    [Fact]
    public async Task Success_without_data_has_null_data()
    {
        await using var server = new LoopbackServer(Answer(200, """{"data":null}"""));

        var response = await new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync("up1");

        Assert.NotNull(response);
        Assert.Null(response.Data);
    }

    [Fact]
    public async Task Status_of_400_and_above_throws_with_the_raw_body_and_headers()
    {
        const string Body = """{"error":{"type":"too_many_requests","messages":["slow down"]}}""";
        await using var server = new LoopbackServer(Answer(429, Body, "application/json", "Retry-After: 7"));

        var exception = await Assert.ThrowsAsync<ApiException>(
            () => new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync("up1"));

        Assert.Equal(429, exception.ErrorCode);
        Assert.Equal("Error calling GetDirectUpload: " + Body, exception.Message);
        Assert.Equal(Body, exception.ErrorContent);
        Assert.True(exception.Headers.TryGetValue("retry-after", out var waits));
        Assert.Equal("7", waits[0]);
    }

    [Fact]
    public async Task Failed_delete_looks_like_success_unless_the_status_is_asked_for()
    {
        var assets = new AssetsApi(Settings(Refusing()));

        await assets.DeleteAssetAsync("as1");

        Assert.Equal((HttpStatusCode)0, (await assets.DeleteAssetWithHttpInfoAsync("as1")).StatusCode);
    }

    [Fact]
    public async Task Delete_of_what_is_not_there_throws()
    {
        await using var server = new LoopbackServer(Answer(404, "{}"));

        var exception = await Assert.ThrowsAsync<ApiException>(() => new AssetsApi(Settings(server.Address)).DeleteAssetAsync("nope"));

        Assert.Equal(404, exception.ErrorCode);
    }

    [Fact]
    public async Task Cancelling_in_flight_throws()
    {
        await using var server = new LoopbackServer((string?)null);
        using var cancellation = new CancellationTokenSource();

        var call = new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync("up1", cancellation.Token);
        await server.Arrived;
        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => call);
    }

    [Fact]
    public async Task Null_id_is_refused_without_a_request()
    {
        await using var server = new LoopbackServer(Answer(200, Waiting));

        var exception = await Assert.ThrowsAsync<ApiException>(
            () => new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync(null));

        Assert.Equal(400, exception.ErrorCode);
        Assert.Equal("Missing required parameter 'UPLOAD_ID' when calling DirectUploadsApi->GetDirectUpload", exception.Message);
        Assert.Null(exception.Headers);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Empty_id_asks_for_the_list_and_reads_as_null()
    {
        await using var server = new LoopbackServer(Answer(200, """{"data":[]}"""));

        Assert.Null(await new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync(string.Empty));

        Assert.StartsWith("GET /video/v1/uploads/ HTTP/1.1", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_carries_basic_credentials_and_the_sdks_name()
    {
        await using var server = new LoopbackServer(Answer(200, """{"data":[]}"""));

        await new AssetsApi(Settings(server.Address)).ListAssetsWithHttpInfoAsync(25, 2, null, "up1");

        var request = server.Requests[0];
        Assert.StartsWith("GET /video/v1/assets?limit=25&page=2&upload_id=up1 HTTP/1.1", request, StringComparison.Ordinal);
        Assert.Contains("Authorization: Basic " + Convert.ToBase64String("tokenid:tokensecret"u8), request, StringComparison.Ordinal);
        Assert.Contains("User-Agent: Mux C# | 2.0.1", request, StringComparison.Ordinal);
        Assert.Contains("Accept: application/json\r\n", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delivery_usage_repeats_the_name_of_its_times_encoded_and_reads_seconds()
    {
        await using var server = new LoopbackServer(Answer(200, """
            {"total_row_count":1,"timeframe":[1,2],"limit":100,"data":[{"asset_id":"as1","created_at":"1","asset_state":"ready",
             "delivered_seconds":7.5,"delivered_seconds_by_resolution":{"tier_1080p":7.5}}]}
            """));

        var usage = (await new DeliveryUsageApi(Settings(server.Address)).ListDeliveryUsageWithHttpInfoAsync(
            1, 100, "as1", timeframe: ["1757000000", "1757600000"])).Data;

        Assert.StartsWith(
            "GET /video/v1/delivery-usage?page=1&limit=100&asset_id=as1&timeframe%5b%5d=1757000000&timeframe%5b%5d=1757600000 HTTP/1.1",
            server.Requests[0], StringComparison.Ordinal);
        Assert.Equal((1, "as1", 7.5), (usage.TotalRowCount, usage.Data[0].AssetId, usage.Data[0].DeliveredSeconds));
        Assert.Equal(
            (7.5, 0), (usage.Data[0].DeliveredSecondsByResolution.Tier1080p, usage.Data[0].DeliveredSecondsByResolution.Tier720p));
    }

    [Fact]
    public async Task Every_bool_is_written_and_nulls_are_not()
    {
        await using var server = new LoopbackServer(Answer(201, Waiting));
        var settings = new CreateAssetRequest
        {
            Inputs = [new InputSettings { Url = "https://blob.example/clip" }],
            PlaybackPolicies = [PlaybackPolicy.Signed],
            Passthrough = "job-42",
            VideoQuality = CreateAssetRequest.VideoQualityEnum.Basic,
            Meta = new AssetMetadata(creatorId: "tenant-7"),
        };

        await new DirectUploadsApi(Settings(server.Address)).CreateDirectUploadWithHttpInfoAsync(
            new CreateUploadRequest { CorsOrigin = "https://app.example", NewAssetSettings = settings });

        AssertJson(
            """
            {"timeout":3600,"cors_origin":"https://app.example","test":false,"new_asset_settings":{"playback_policies":["signed"],
             "inputs":[{"url":"https://blob.example/clip","closed_captions":false}],"passthrough":"job-42","video_quality":"basic",
             "per_title_encode":false,"normalize_audio":false,"test":false,"meta":{"creator_id":"tenant-7"}}}
            """,
            BodyOf(server.Requests[0]));
        Assert.Contains("Content-Type: application/json\r\n", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zero_vanishes_from_the_wire_so_the_servers_default_applies()
    {
        await using var server = new LoopbackServer(Answer(201, Waiting));

        await new DirectUploadsApi(Settings(server.Address)).CreateDirectUploadWithHttpInfoAsync(
            new CreateUploadRequest { Timeout = 0 });

        AssertJson("""{"test":false}""", BodyOf(server.Requests[0]));
    }

    [Fact]
    public async Task What_an_answer_leaves_out_reads_as_null_or_zero()
    {
        await using var server = new LoopbackServer(
            Answer(200, """{"data":{"id":"as1","status":"ready","duration":12.5}}"""), Answer(200, Waiting));

        var asset = (await new AssetsApi(Settings(server.Address)).GetAssetWithHttpInfoAsync("as1")).Data.Data;
        var upload = (await new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync("up1")).Data;

        Assert.Equal(Asset.StatusEnum.Ready, asset.Status);
        Assert.Equal(12.5, asset.Duration);
        Assert.Equal(0, asset.MaxStoredFrameRate);
        Assert.Null(asset.Tracks);
        Assert.Equal(0, upload.Timeout);
    }

    [Fact]
    public async Task Unknown_fields_are_no_fault()
    {
        await using var server = new LoopbackServer(Answer(200, Waiting));

        var upload = (await new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync("up1")).Data;

        Assert.Equal(Upload.StatusEnum.Waiting, upload.Status);
    }

    [Fact]
    public async Task Ids_are_escaped_below_a_base_path_that_may_have_a_prefix()
    {
        await using var server = new LoopbackServer(Answer(200, Waiting));

        await new DirectUploadsApi(Settings(server.Address + "/mux/")).GetDirectUploadAsync("up/1 é");

        Assert.StartsWith("GET /mux/video/v1/uploads/up%2F1%20%C3%A9 HTTP/1.1", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_is_followed_without_credentials()
    {
        await using var target = new LoopbackServer(Answer(200, Waiting));
        await using var server = new LoopbackServer(Answer(302, string.Empty, "text/plain", $"Location: {target.Address}/elsewhere"));

        Assert.Equal("up1", (await new DirectUploadsApi(Settings(server.Address)).GetDirectUploadAsync("up1")).Data.Id);

        Assert.DoesNotContain("Authorization", target.Requests[0], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Configuration_is_copied_when_the_api_is_made()
    {
        await using var server = new LoopbackServer(Answer(200, Waiting));
        var settings = Settings(server.Address);
        var uploads = new DirectUploadsApi(settings);

        settings.BasePath = Refusing();
        settings.Username = "somebody else";

        Assert.Equal("up1", (await uploads.GetDirectUploadAsync("up1")).Data.Id);
    }

    private static Configuration Settings(string address) => new() { BasePath = address, Username = "tokenid", Password = "tokensecret" };

    private static string BodyOf(string request) => request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    // The order of members is nobody's promise.
    private static void AssertJson(string expected, string actual) =>
        Assert.True(JToken.DeepEquals(JToken.Parse(expected), JToken.Parse(actual)), actual);
}
