using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.LocalVendors;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class MuxFaultTests
{
    [Fact]
    public async Task Posts_beyond_the_burst_are_refused_until_the_bucket_fills_by_the_clock()
    {
        await using var lab = await MuxLab.StartAsync(limits: true, burst: 3);
        for (var i = 0; i < 3; i++)
        {
            await lab.CreateUploadAsync();
        }
        var refused = await lab.CallAsync(HttpMethod.Post, "/video/v1/uploads", expected: 429);
        Assert.Equal("too_many_requests", (string)refused["error"]!["type"]!);
        await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads");
        await lab.CallAsync(HttpMethod.Post, "/system/v1/signing-keys", expected: 201);
        lab.Clock.Advance(TimeSpan.FromSeconds(1));
        await lab.CreateUploadAsync();
        await lab.CallAsync(HttpMethod.Post, "/video/v1/uploads", expected: 429);
        Assert.Equal(4, (await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads"))["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task Callers_at_once_share_the_bucket_exactly()
    {
        await using var lab = await MuxLab.StartAsync(limits: true, burst: 5);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            using var response = await lab.Api.PostAsync(new Uri("/video/v1/uploads", UriKind.Relative), null);
            return (int)response.StatusCode;
        }));
        Assert.Equal(5, statuses.Count(status => status == 201));
        Assert.Equal(35, statuses.Count(status => status == 429));
    }

    [Fact]
    public async Task A_drill_switches_faults_on_and_off_over_http()
    {
        await using var lab = await MuxLab.StartAsync();
        async Task<JsonObject> FaultsAsync(HttpMethod method, string? plan = null, int expected = 200)
        {
            using var request = new HttpRequestMessage(method, new Uri(lab.Mux.Address, "/local/faults"));
            request.Content = plan is null ? null : new StringContent(plan);
            using var response = await lab.Browser.SendAsync(request);
            Assert.Equal(expected, (int)response.StatusCode);
            return JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
        }

        await FaultsAsync(HttpMethod.Post, """{"calls": 1, "status": 503, "method": "post", "path": "/video/v1/uploads"}""");
        var on = await FaultsAsync(
            HttpMethod.Post, """{"failEncodings": 1, "message": "No.", "shuffleWebhooks": true, "dropWebhooks": ["video.asset.ready"]}""");
        Assert.Equal((1, 1), ((int)on["callsToFail"]!, (int)on["encodingsToFail"]!));
        Assert.True((bool)on["dropsWebhooks"]! && (bool)on["shuffleWebhooks"]!);
        await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads");
        await lab.CallStatusAsync(503);
        var asset = await lab.UploadAsync(Portal.Tests.Support.Mp4Sample.Clip());
        Assert.Equal("No.", (string)asset["errors"]!["messages"]![0]!);

        await FaultsAsync(HttpMethod.Post, """{"calls": 9, "afterEffect": true, "fault": "garbage"}""");
        var off = await FaultsAsync(HttpMethod.Delete);
        Assert.Equal(
            (0, 0, false), ((int)off["callsToFail"]!, (int)off["callsToFailAfterEffect"]!, (bool)off["dropsWebhooks"]!));
        await lab.CreateUploadAsync();
        await FaultsAsync(
            HttpMethod.Post, """{"calls": 1, "status": 422, "body": {"name": "no"}, "path": "/video", "wrongSignatures": true}""");
        var refused = await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads", expected: 422);
        Assert.Equal("no", (string)refused["name"]!);
        Assert.True(lab.Mux.Faults.WrongSignatures);
        Assert.False((bool)(await FaultsAsync(HttpMethod.Delete))["wrongSignatures"]!);
        await FaultsAsync(HttpMethod.Post, """{"fault": "earthquake"}""", 400);
        await FaultsAsync(HttpMethod.Post, """{"call": 1}""", 400);
    }

    [Fact]
    public async Task Failing_calls_have_no_effect()
    {
        await using var lab = await MuxLab.StartAsync();
        lab.Mux.Faults.FailNextApiCalls(1, ApiFault.Status(500));
        await lab.CallStatusAsync(500);
        lab.Mux.Faults.FailNextApiCalls(1, ApiFault.ConnectionAbort);
        await Assert.ThrowsAsync<HttpRequestException>(() => lab.CreateUploadAsync());
        lab.Mux.Faults.FailNextApiCalls(1, ApiFault.Garbage);
        await Assert.ThrowsAnyAsync<JsonException>(() => lab.CallAsync(HttpMethod.Post, "/video/v1/uploads"));
        lab.Mux.Faults.FailNextApiCalls(1, ApiFault.NeverAnswers);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => lab.Api.PostAsync(new Uri("/video/v1/uploads", UriKind.Relative), null, patience.Token));
        Assert.Empty((await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads"))["data"]!.AsArray());
    }

    [Fact]
    public async Task Answer_lost_after_the_effect_leaves_the_upload_there()
    {
        await using var lab = await MuxLab.StartAsync();
        lab.Mux.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort, (method, _) => method == "POST");
        await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads");
        await Assert.ThrowsAsync<HttpRequestException>(() => lab.CreateUploadAsync());
        Assert.Single((await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads"))["data"]!.AsArray());
        lab.Mux.Faults.FailNextAfterEffect(1, ApiFault.Status(502));
        await lab.CallStatusAsync(502);
        Assert.Equal(2, (await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads"))["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task Requests_are_recorded_before_the_caller_has_the_answer()
    {
        await using var lab = await MuxLab.StartAsync();
        await lab.CreateUploadAsync();
        await lab.CallAsync(HttpMethod.Get, "/video/v1/uploads/none", expected: 404);
        Assert.Equal([201, 404], lab.Mux.Requests.All.Select(request => request.Status));
        Assert.Equal(1, lab.Mux.Requests.Count("POST", "/video/v1/uploads"));
    }

    [Fact]
    public async Task Body_over_a_mebibyte_is_refused()
    {
        await using var lab = await MuxLab.StartAsync();
        await lab.CallAsync(HttpMethod.Post, "/video/v1/uploads", new JsonObject { ["cors_origin"] = new string('x', 1024 * 1024) }, 413);
    }
}
