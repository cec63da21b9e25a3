using System.Net;
using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Azure;

/// <summary>The main job with the published app: upload, Mux, ready, share, playback; through what webhooks and processes
/// suffer.</summary>
[Collection(AzurePortalCollection.Name)]
public sealed class MainJobTests(AzurePortal azure)
{
    private static readonly TimeSpan Limit = UploadCalls.Limit;

    private TestPortal Portal => azure.Portal;

    [Fact]
    public async Task An_upload_becomes_ready_and_a_guest_plays_it_until_the_link_is_revoked()
    {
        var upload = await UploadAsync();
        await UntilAsync(upload, "ready");
        var asset = Guid.Parse(upload.Text("assetId"));
        var link = (await Portal.As("agency").PostAsync("/api/share-links", new { assetId = asset })).Expect(201);
        var token = link.Text("token");

        var opened = (await Portal.Anonymous.FetchAsync($"/api/share/{token}")).Expect(200);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.FetchAsync(opened.Text("playbackUrl"))).Status);
        Assert.Contains("<video", (await Portal.Anonymous.FetchAsync($"/s/{token}")).Expect(200).Body, StringComparison.Ordinal);
        // The player is part of what was published.
        Assert.InRange((await Portal.Anonymous.FetchAsync("/s/assets/hls.js")).Expect(200).Body.Length, 500_000, 700_000);

        (await Portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-unavailable", (await Portal.Anonymous.FetchAsync($"/api/share/{token}")).Expect(403).ProblemType);
        (await Portal.Anonymous.FetchAsync($"/s/{token}")).Expect(410);
    }

    [Theory]
    [InlineData("each twice")]
    [InlineData("out of order")]
    [InlineData("late")]
    public async Task Whatever_becomes_of_the_webhooks_an_upload_is_settled_once(string fate)
    {
        Portal.Mux.Faults.DuplicateWebhooks = fate == "each twice";
        Portal.Mux.Faults.ShuffleWebhooks = fate == "out of order";
        Portal.Mux.Faults.DelayWebhooks = TimeSpan.FromSeconds(fate == "late" ? 2 : 0);
        var upload = await UploadAsync();

        await UntilAsync(upload, "ready");

        Assert.Equal(1, await Portal.EventsAsync(upload.Id, "mux_asset_ready"));
        await Portal.ResetAsync();
    }

    [Fact]
    public async Task What_cannot_be_decoded_fails_with_the_reason()
    {
        var upload = await UploadAsync("This is no video."u8.ToArray());

        await UntilAsync(upload, "failed");

        var read = (await Portal.As("agency").FetchAsync($"/api/uploads/{upload.Id}")).Expect(200);
        Assert.Contains("not a video", read.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_killed_in_the_middle_of_uploads_loses_none()
    {
        var uploads = new List<Answer>();
        for (var n = 0; n < 3; n++)
        {
            uploads.Add(await UploadAsync());
            if (n == 1)
            {
                azure.Host.KillWorker();
            }
        }

        foreach (var upload in uploads)
        {
            await UntilAsync(upload, "ready");
        }
    }

    [Fact]
    public async Task A_timer_does_its_work()
    {
        await UploadAsync();
        await Portal.RunTimerAsync("SealAudit");

        await Eventually.TrueAsync(
            async () => await Portal.ScalarAsync<long>(
                "select count(*) from portal.audit_seals") > 0, "the audit log to be sealed", Limit);

        // It purges histories in Microsoft's engine, of which there are none so old.
        await Portal.RunTimerAsync("PruneRetention");
        await Eventually.TrueAsync(
            async () => await Portal.ScalarAsync<long>("""
                select count(*) from portal.timer_runs where timer = 'PruneRetention' and ended_at is not null and error is null
                """) > 0, "retention to have run", Limit);
    }

    [Fact]
    public async Task A_made_up_forwarded_address_changes_nothing()
    {
        var hashes = new List<string>();
        foreach (var claimed in new[] { "203.0.113.7", "198.51.100.9, 203.0.113.8" })
        {
            // The last entry is App Service's own, with the port.
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/projects");
            request.Headers.Add("X-Forwarded-For", $"{claimed}, 192.0.2.44:5123");
            request.Headers.Add("Authorization", "Bearer a.b.c");
            using var response = await Portal.Anonymous.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            hashes.Add(
                await Portal.ScalarAsync<string>(
                    "select string_agg(distinct key, ' ' order by key) from portal.rate_windows where key like 'failed%'"));
        }

        Assert.Equal(hashes[0], hashes[1]);
    }

    private Task<Answer> UploadAsync(byte[]? bytes = null) => azure.UploadAsync(bytes);

    private Task UntilAsync(Answer upload, string status) => azure.UntilAsync(upload, status);
}
