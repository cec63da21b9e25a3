using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Azure;

/// <summary>
/// What leaves the published app as traces, metrics and logs: enough to follow an upload from its request to the calls at Mux, and
/// nothing that opens a link, signs anybody in, names anybody or repeats what somebody wrote.
/// </summary>
[Collection(AzurePortalCollection.Name)]
public sealed class TelemetryExportTests(AzurePortal azure)
{
    private TestPortal Portal => azure.Portal;

    private TelemetryCollector Telemetry => azure.Telemetry!;

    [Fact]
    public async Task An_upload_is_followed_from_its_request_to_the_calls_at_Mux()
    {
        var upload = await azure.UploadAsync();
        await azure.UntilAsync(upload, "ready");

        // The id of the trace is that of the upload.
        await HasAsync("the trace of the upload", "traces", upload.Id.ToByteArray(bigEndian: true));
        await HasAsync("the request", "traces", "RequestUpload", RequestId(upload), "portal.tenant_id");
        await HasAsync("its steps", "traces", "OpenUploadAtMux", "portal.job_id", upload.Id.ToString());
        await HasAsync("calls at Mux", "traces", "/video/v1/uploads");
        await HasAsync("statements, without values", "traces", "insert into portal.upload_jobs");
        await HasAsync("metrics", "metrics", "portal.request.duration", "RequestUpload", "http.client.request.duration");
        await HasAsync("lines", "logs", "OpenUploadAtMux", "JobId", upload.Id.ToString());
    }

    [Fact]
    public async Task Nothing_that_is_secret_or_somebodys_leaves()
    {
        var (title, note) = ("A film that nobody may name", "So bad that it stays between us");
        var (phrase, guest) = ("seventeen swans", "eve@guests.example");
        var upload = await azure.UploadAsync(title: title);
        await azure.UntilAsync(upload, "ready");
        var asset = upload.Text("assetId");
        var link = (await Portal.As("agency").PostAsync(
            "/api/share-links",
            new { assetId = asset, allowComments = true, passphrase = phrase, guestEmails = new[] { guest } })).Expect(201);
        var token = link.Text("token");
        foreach (var path in new[] { "/api/share/{0}", "/s/{0}", "/api/share/{0}/comments?limit=5", "/api/share/{0}/nothing" })
        {
            await Portal.Anonymous.FetchAsync(string.Format(null, path, token));
        }

        await Portal.Anonymous.PostAsync($"/api/share/{token}/unlock", new { passphrase = phrase });
        (await Portal.As("agency").PostAsync($"/api/assets/{asset}/versions/1/comments", new { body = note })).Expect(201);
        var last = await Portal.As("agency").FetchAsync("/api/me");
        var session = (await Portal.SessionAsync("agency")).Split('.')[^1];

        await HasAsync("the last request", "traces", RequestId(last));
        await HasAsync("a line after it", "logs", "OpenShareLink");
        foreach (var secret in new[] { token, title, note, phrase, guest, session, "eyJhbGci", "Password=" })
        {
            Assert.False(Telemetry.Holds(secret), $"What leaves has “{secret}”.");
        }
    }

    private static string RequestId(Answer answer) => answer.Headers.GetValues("x-request-id").Single();

    private async Task HasAsync(string what, string signal, params string[] texts)
    {
        foreach (var text in texts)
        {
            await Eventually.TrueAsync(
                () => Task.FromResult(Telemetry.Holds(text, signal)), $"{what} to have left ({text})", UploadCalls.Limit);
        }
    }

    private Task HasAsync(string what, string signal, byte[] bytes) =>
        Eventually.TrueAsync(() => Task.FromResult(Telemetry.Holds(bytes, signal)), $"{what} to have left", UploadCalls.Limit);
}
