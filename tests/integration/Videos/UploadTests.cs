using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Audit;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Vendors.Mux;
using Portal.Videos.Uploads;

namespace Portal.Tests.Integration.Videos;

/// <summary>Uploads as the people see them who make them: found again, tried again, sent in parts, kept in Australia.</summary>
[TakesLong]
public sealed class UploadTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const int PartBytes = 5 * 1024 * 1024;
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await SetResidencyAsync("any");
        project = await portal.NewProjectAsync();
    }

    public Task DisposeAsync() => SetResidencyAsync("any");

    [Fact]
    public async Task Any_ready_version_is_played_and_an_asset_names_its_upload()
    {
        var first = await portal.UploadReadyAsync(project);
        var path = $"/api/assets/{first.Text("assetId")}";
        var second = (await portal.AskUploadAsync(project, assetId: Guid.Parse(first.Text("assetId")))).Expect(201);
        Assert.Equal(second.Id, Guid.Parse((await FetchAsync(path)).Field("latestVersion")["uploadId"]!.ToString()));
        Assert.Equal(first.Id, Guid.Parse((await FetchAsync($"{path}/versions/1")).Text("uploadId")));
        Assert.Equal("version-not-ready", (await PlayAsync($"{path}/versions/2")).Expect(409).ProblemType);

        await portal.SendBytesAsync(second);
        await portal.UntilAsync(second.Id, "ready");
        var (one, two) = ((await PlayAsync($"{path}/versions/1")).Expect(200), (await PlayAsync($"{path}/versions/2")).Expect(200));
        Assert.Equal(("1", "2"), (one.Text("versionNumber"), two.Text("versionNumber")));
        Assert.NotEqual(one.Text("playbackUrl").Split('?')[0], two.Text("playbackUrl").Split('?')[0]);
        Assert.Equal("2", (await PlayAsync(path)).Expect(200).Text("versionNumber"));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.playback_audit where asset_version_id = @id and user_id = @user",
            new { id = Guid.Parse(first.Text("assetVersionId")), user = TestPeople.UserId("agency") }));
        (await PlayAsync($"{path}/versions/3")).Expect(404);
        (await portal.As("other-admin").PostAsync($"{path}/versions/1/playback")).Expect(404);
        (await portal.As("client").PostAsync($"{path}/versions/1/playback")).Expect(403);
    }

    [Fact]
    public async Task Uploads_are_listed_and_one_that_waits_can_be_gone_on_with()
    {
        var mine = (await portal.AskUploadAsync(project)).Expect(201);
        var theirs = (await portal.AskUploadAsync(project, "crew1")).Expect(201);
        (await portal.As("crew1").PostAsync($"/api/uploads/{theirs.Id}/cancel")).Expect(200);
        await portal.AskUploadAsync(await portal.NewProjectAsync("Elsewhere"), "crew1");

        Assert.Equal([theirs.Id, mine.Id], await ListAsync($"projectId={project}"));
        Assert.Equal([mine.Id], await ListAsync($"projectId={project}&mine=true"));
        Assert.Equal([mine.Id], await ListAsync($"projectId={project}&status=waiting,processing"));
        var page = await FetchAsync($"/api/uploads?projectId={project}&limit=1");
        Assert.Equal([mine.Id], await ListAsync($"projectId={project}&limit=1&cursor={page.Text("nextCursor")}"));
        (await portal.As("agency").FetchAsync("/api/uploads?status=lost")).Expect(400);
        Assert.Empty((await portal.As("other-admin").FetchAsync("/api/uploads")).Expect(200).Field("items").AsArray());

        // After a reload all that the browser has is the list: it goes on where it was.
        var found = (await FetchAsync($"/api/uploads?projectId={project}&mine=true")).Field("items")[0]!;
        Assert.Equal(("cut-1.mp4", mine.Field("target")["url"]!.ToString()), (
            found["fileName"]!.ToString(), found["target"]!["url"]!.ToString()));
        await portal.SendBytesAsync(mine with { Json = found });
        await portal.UntilAsync(mine.Id, "ready");
    }

    [Fact]
    public async Task A_failed_upload_is_retried_by_its_uploader()
    {
        var upload = await FailedAsync("crew2");
        var other = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        Assert.Equal("upload-not-failed", (await RetryAsync(other.Id, "crew2")).Expect(409).ProblemType);
        (await portal.As("crew2").PostAsync($"/api/uploads/{other.Id}/cancel")).Expect(200);
        Assert.Equal("upload-not-failed", (await RetryAsync(other.Id, "crew2")).Expect(409).ProblemType);
        Assert.Equal("cancelled", await portal.StatusAsync(other.Id));
        (await RetryAsync(upload.Id, "other-admin")).Expect(404);
        (await RetryAsync(upload.Id, "client")).Expect(403);

        var again = (await RetryAsync(upload.Id, "crew2")).Expect(200);
        Assert.Equal(("waiting", "2"), (again.Text("status"), again.Text("attempt")));
        Assert.NotEqual(upload.Field("target")["url"]!.ToString(), again.Field("target")["url"]!.ToString());
        (await RetryAsync(upload.Id, "crew2")).Expect(409);
        await portal.SendBytesAsync(again);
        await portal.UntilAsync(upload.Id, "ready");
        Assert.Equal(1, await portal.AuditedAsync(upload.Id, "upload_replayed"));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.upload_attempts where job_id = @id and attempt = 1 and failure_code = 'mux_errored'",
            new { id = upload.Id }));

        await portal.DeliverAsync();
        // Who has it started again themselves need not be told.
        Assert.Empty(await portal.ToldAsync("crew2", "upload_replayed"));
    }

    [Fact]
    public async Task Once_the_original_is_at_Blob_nobody_is_told_where_to_send_it()
    {
        portal.Mux.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await Eventually.TrueAsync(
            () => portal.ScalarAsync<bool>("select blob_url is not null from portal.upload_jobs where id = @id", new { id = upload.Id }),
            "the original to be known");
        var waiting = await FetchAsync($"/api/uploads/{upload.Id}");
        Assert.Equal(("waiting", null), (waiting.Text("status"), waiting.Json!["target"]));
        portal.Mux.Faults.Clear();
        await portal.UntilAsync(upload.Id, "ready", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_retry_for_which_Mux_takes_longer_says_where_to_look()
    {
        var upload = await FailedAsync("crew3");
        portal.Mux.Faults.FailNextApiCalls(
            4, ApiFault.Status(503), (method, path) => method == "POST" && path.StartsWith("/video", StringComparison.Ordinal));

        var again = (await RetryAsync(upload.Id, "crew3")).Expect(202);

        Assert.Equal($"/api/uploads/{upload.Id}", again.Headers.Location!.ToString());
        Assert.Null(again.Json!["target"]);
    }

    [Fact]
    public async Task A_retry_counts_as_an_upload_of_the_day_and_needs_an_open_project()
    {
        var upload = await FailedAsync("crew5");
        await portal.DoAsync("update portal.projects set status = 'completed' where id = @project", new { project });
        Assert.Equal("project-closed", (await RetryAsync(upload.Id, "crew5")).Expect(409).ProblemType);
        await portal.DoAsync("update portal.projects set status = 'active' where id = @project", new { project });
        for (var i = 1; i < 20; i++)
        {
            (await portal.AskUploadAsync(project, "crew5")).Expect(201);
        }

        (await RetryAsync(upload.Id, "crew5")).Expect(429);
        Assert.Equal("failed", await portal.StatusAsync(upload.Id));
    }

    [Fact]
    public async Task A_replayed_upload_whose_file_is_gone_asks_the_uploader_for_it()
    {
        var upload = await FailedAsync("crew3");
        var stored = await FailedAsync("crew3", "blob");
        foreach (var id in new[] { upload.Id, stored.Id })
        {
            (await portal.As("operator").PostAsync($"/api/ops/uploads/{id}/replay", new { reason = "Mux had a bad hour" })).Expect(200);
        }

        await portal.DeliverAsync();
        Assert.Equal([Guid.Parse(upload.Text("assetId"))], await portal.ToldAsync("crew3", "upload_replayed"));
        Assert.Empty(await portal.ToldAsync("admin", "upload_replayed"));
        var mail = Assert.Single(
            await portal.InboxOfAsync("crew3"), m => m.Subject.Contains("send the file", StringComparison.Ordinal));
        Assert.Contains($"https://portal.example/assets/{upload.Text("assetId")}", mail.Text!, StringComparison.Ordinal);
        Assert.Contains("cut-1.mp4", mail.Text!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_of_Mux_is_tried_again_by_itself_from_the_stored_original()
    {
        portal.Mux.Faults.FailNextEncodings(1, "Out of machines.", "server_error");
        var upload = (await portal.AskUploadAsync(project, "crew4", "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await SweptUntilAsync(upload.Id, "ready");

        Assert.Equal(2, await portal.ScalarAsync<int>("select attempt from portal.upload_jobs where id = @id", new { id = upload.Id }));
        Assert.Equal(0, await portal.EventsAsync(upload.Id, "asset_process_failed"));
        Assert.Equal(1, await portal.EventsAsync(upload.Id, "upload_replayed"));
        var first = await portal.Host.DurableClient.GetInstanceAsync($"{upload.Id}-1", getInputsAndOutputs: true);
        Assert.Equal("failed", first!.ReadOutputAs<string>());
        await portal.DeliverAsync();
        Assert.Empty(await portal.ToldAsync("crew4", "upload_replayed"));
    }

    [Fact]
    public async Task A_failure_of_Mux_asks_for_the_file_of_a_direct_upload()
    {
        portal.Mux.Faults.FailNextEncodings(1, "Out of machines.", "server_error");
        var upload = (await portal.AskUploadAsync(project, "crew6")).Expect(201);
        await portal.SendBytesAsync(upload);
        await SweptUntilAsync(upload.Id, "waiting");
        await portal.DeliverAsync();
        Assert.Equal([Guid.Parse(upload.Text("assetId"))], await portal.ToldAsync("crew6", "upload_replayed"));
        await Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(1), async () =>
        {
            await portal.Host.RunTimerAsync("ReconcileUploads");
            return (await FetchAsync($"/api/uploads/{upload.Id}")).Json!["target"] is not null;
        }, "a new upload to be open");
        await portal.SendBytesAsync(await FetchAsync($"/api/uploads/{upload.Id}"));
        await portal.UntilAsync(upload.Id, "ready");
    }

    [Fact]
    public async Task After_three_attempts_a_failure_of_Mux_is_one_of_the_upload()
    {
        portal.Mux.Faults.FailNextEncodings(3, "Out of machines.", "server_error");
        var upload = (await portal.AskUploadAsync(project, "crew4", "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await SweptUntilAsync(upload.Id, "failed");
        Assert.Equal(3, await portal.ScalarAsync<int>("select attempt from portal.upload_jobs where id = @id", new { id = upload.Id }));
        Assert.Equal(1, await portal.EventsAsync(upload.Id, "asset_process_failed"));
    }

    [Fact]
    public async Task A_tenant_of_Australia_uploads_to_Sydney_alone()
    {
        var failed = await FailedAsync("crew1");
        var tenant = (await portal.As("admin").FetchAsync("/api/tenant")).Expect(200);
        (await portal.As("admin").ChangeAsync(
            HttpMethod.Patch, "/api/tenant", new JsonObject { ["residency"] = "australia" }, tenant.Tag())).Expect(200);

        Assert.Equal("residency-requires-blob", (await portal.AskUploadAsync(project, "crew1")).Expect(409).ProblemType);
        Assert.Equal("residency-requires-blob", (await RetryAsync(failed.Id, "crew1")).Expect(409).ProblemType);
        (await portal.As("operator").PostAsync($"/api/ops/uploads/{failed.Id}/replay", new { reason = "try again" })).Expect(409);
        var upload = (await portal.WhileMovingAsync(portal.As("crew1").PostAsync(
            "/api/uploads", new { projectId = project, fileName = "cut.mp4", sizeBytes = 5_000_000 }))).Expect(201);
        Assert.Equal("blob", upload.Text("source"));
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
    }

    [Fact]
    public async Task The_measured_size_replaces_the_declared_one_and_a_blob_takes_no_more_than_that_and_once()
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        Assert.Equal("400", await PutAsync(upload, new byte[5_000_001]));
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        var size = (await FetchAsync($"/api/assets/{upload.Text("assetId")}")).Field("latestVersion")["sizeBytes"]!.GetValue<long>();
        Assert.Equal(Mp4Sample.Clip().Length, size);
        Assert.Equal("400", await PutAsync(upload, Mp4Sample.Clip()));
    }

    [Fact]
    public async Task An_original_whose_callback_is_lost_is_found_at_Blob()
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        await portal.DoAsync("update portal.upload_jobs set blob_pathname = 'elsewhere' where id = @id", new { id = upload.Id });
        await portal.SendBytesAsync(upload);
        await portal.Blob.WhenIdleAsync();
        Assert.Equal("waiting", await portal.StatusAsync(upload.Id));
        await portal.DoAsync(
            "update portal.upload_jobs set blob_pathname = @path where id = @id", new { id = upload.Id, path = $"originals/{upload.Id}" });
        await portal.UntilAsync(upload.Id, "ready", TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_blob_upload_in_parts_goes_on_after_a_break()
    {
        var bytes = Mp4Sample.Clip(dataBytes: PartBytes + 1000);
        var upload = (await portal.WhileMovingAsync(portal.As("agency").PostAsync(
            "/api/uploads", new { projectId = project, fileName = "cut.mp4", sizeBytes = bytes.Length, source = "blob" }))).Expect(201);
        var created = await PartsAsync(upload, "create", null);
        var one = await PartsAsync(upload, "upload", bytes[..PartBytes], created, 1);
        await PartsAsync(upload, "upload", bytes[PartBytes..(PartBytes + 10)], created, 2);

        // An hour later, in another browser: a fresh token, the same upload, and the part that broke off once more.
        portal.Clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal("403", (await PartsAsync(upload, "upload", "x"u8.ToArray(), created, 2))["status"]!.ToString());
        var now = await FetchAsync($"/api/uploads/{upload.Id}");
        var two = await PartsAsync(now, "upload", bytes[PartBytes..], created, 2);
        await PartsAsync(now, "complete", new JsonArray(Part(1, one), Part(2, two)), created);
        await portal.UntilAsync(upload.Id, "ready");
        var size = (await FetchAsync($"/api/assets/{upload.Text("assetId")}")).Field("latestVersion")["sizeBytes"]!.GetValue<long>();
        Assert.Equal(bytes.Length, size);
    }

    [Fact]
    public async Task A_late_failure_of_the_first_attempt_leaves_the_second_alone()
    {
        var upload = await FailedAsync("crew2");
        (await RetryAsync(upload.Id, "crew2")).Expect(200);
        var end = portal.Services.GetRequiredService<EndUpload>();

        await end.FailAsync(new(TestPeople.Tenant, upload.Id, 1), "internal_error", "too late", default);

        Assert.Equal("waiting", await portal.StatusAsync(upload.Id));
        Assert.Equal(1, await portal.EventsAsync(upload.Id, "asset_process_failed"));
    }

    [Fact]
    public async Task A_pipeline_that_gives_up_late_takes_no_ready_video_down()
    {
        var upload = await portal.UploadReadyAsync(project, "crew2");
        var end = portal.Services.GetRequiredService<EndUpload>();

        Assert.Equal("ready", await end.FailAsync(new(TestPeople.Tenant, upload.Id, 1), "internal_error", "too late", default));

        Assert.Equal("ready", await portal.StatusAsync(upload.Id));
        Assert.Equal(0, await portal.EventsAsync(upload.Id, "asset_process_failed"));
        (await PlayAsync($"/api/assets/{upload.Text("assetId")}/versions/1")).Expect(200);
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("blob")]
    public async Task A_late_report_about_the_video_of_attempt_1_leaves_attempt_2_alone(string source)
    {
        var upload = await FailedAsync("crew2", source);
        var (asset, opened) = (await OfRowAsync("mux_asset_id"), await OfRowAsync("mux_upload_id"));
        portal.Mux.Faults.FailNextApiCalls(1000, ApiFault.Status(503), (method, path) => method == "POST" && path == "/video/v1/assets");
        Assert.Equal("2", (await RetryAsync(upload.Id, "crew2")).Text("attempt"));
        var errored = new MuxAsset(
            asset!, "errored", opened, upload.Id.ToString(), null, [], null, null, null, null, null, "No video.", "invalid_input");

        var settled = await portal.Services.GetRequiredService<SettleUpload>().ApplyAssetAsync(errored, Actor.Mux("late"), default);

        Assert.Equal(SettledAs.NothingNew, settled.As);
        Assert.Equal("waiting", await portal.StatusAsync(upload.Id));
        Assert.Equal(1, await portal.EventsAsync(upload.Id, "asset_process_failed"));

        Task<string?> OfRowAsync(string column) =>
            portal.ScalarAsync<string?>($"select {column} from portal.upload_jobs where id = @id", new { id = upload.Id });
    }

    [Fact]
    public async Task A_pipeline_of_an_earlier_attempt_opens_nothing_at_Mux()
    {
        var upload = await FailedAsync("crew2");
        (await RetryAsync(upload.Id, "crew2")).Expect(200);
        await portal.DoAsync(
            "update portal.upload_jobs set mux_upload_id = null, mux_upload_url = null where id = @id", new { id = upload.Id });
        var asked = portal.Mux.Requests.Count("POST", "/video/v1/uploads");
        var open = portal.Services.GetRequiredService<CreateMuxUpload>();

        Assert.Equal(new Opened("cancelled"), await open.RunAsync(new(TestPeople.Tenant, upload.Id, 1), null, default));

        Assert.Equal(asked, portal.Mux.Requests.Count("POST", "/video/v1/uploads"));
        Assert.Equal("waiting", await portal.StatusAsync(upload.Id));
    }

    [Fact]
    public async Task An_upload_that_is_ready_is_not_cancelled()
    {
        var upload = await portal.UploadReadyAsync(project, "crew2");

        Assert.Equal("upload-over", (await portal.As("crew2").PostAsync($"/api/uploads/{upload.Id}/cancel")).Expect(409).ProblemType);

        Assert.Equal("ready", await portal.StatusAsync(upload.Id));
        Assert.Equal(0, await portal.EventsAsync(upload.Id, "upload_cancelled"));
        (await PlayAsync($"/api/assets/{upload.Text("assetId")}")).Expect(200);
    }

    [Fact]
    public async Task A_new_version_is_only_of_an_asset_of_that_project()
    {
        var asset = Guid.Parse((await portal.AskUploadAsync(project, "crew1")).Expect(201).Text("assetId"));
        var elsewhere = await portal.NewProjectAsync("Elsewhere");

        (await portal.AskUploadAsync(elsewhere, "crew1", assetId: asset)).Expect(404);

        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.asset_versions where asset_id = @asset", new { asset }));
    }

    [Fact]
    public async Task Who_is_not_in_the_project_finds_neither_its_uploads_nor_its_assets()
    {
        var closed = (await portal.As("admin").PostAsync(
            "/api/projects", new { name = "Closed set", memberIds = new[] { TestPeople.UserId("crew1") } })).Expect(201).Id;
        var upload = await portal.UploadReadyAsync(closed, "crew1");
        var (one, asset) = ($"/api/uploads/{upload.Id}", $"/api/assets/{upload.Text("assetId")}");
        (await portal.As("crew1").FetchAsync($"{asset}/versions/1")).Expect(200);

        foreach (var list in new[] { $"/api/uploads?projectId={closed}", $"/api/assets?projectId={closed}" })
        {
            Assert.Single((await portal.As("crew1").FetchAsync(list)).Expect(200).Field("items").AsArray());
            Assert.Empty((await portal.As("crew2").FetchAsync(list)).Expect(200).Field("items").AsArray());
        }

        foreach (var path in new[] { one, asset, $"{asset}/versions", $"{asset}/versions/1" })
        {
            (await portal.As("crew2").FetchAsync(path)).Expect(404);
        }

        foreach (var act in new[]
        {
            $"{one}/cancel", $"{one}/retry", $"{asset}/playback", $"{asset}/versions/1/playback", $"{asset}/versions/1/archive",
        })
        {
            (await portal.As("crew2").PostAsync(act)).Expect(404);
        }

        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.playback_audit where asset_version_id = @id",
            new { id = Guid.Parse(upload.Text("assetVersionId")) }));
        Assert.Equal("ready", await portal.StatusAsync(upload.Id));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("another key")]
    [InlineData("another body")]
    [InlineData("cut short")]
    public async Task A_callback_of_Blob_whose_signature_is_not_right_is_refused_and_told(string fault)
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        var body = Completed(upload);
        var good = Sign(body, portal.Settings["Blob:ReadWriteToken"]!);

        var refused = await CallBackAsync(body, fault switch
        {
            "another key" => Sign(body, "vercel_blob_rw_other_secret"),
            "another body" => Sign($"{body} ", portal.Settings["Blob:ReadWriteToken"]!),
            "cut short" => good[..^2],
            _ => null,
        });

        Assert.Equal("bad-signature", refused.Expect(401).ProblemType);
        Assert.Null(await BlobUrlAsync());
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select sum(times) from portal.alerts where kind = 'webhook_refused' and dedup_key = 'blob:mismatch'"));
        (await CallBackAsync(body, good)).Expect(200);
        Assert.Equal("https://elsewhere.example/film", await BlobUrlAsync());

        Task<string?> BlobUrlAsync() =>
            portal.ScalarAsync<string?>("select blob_url from portal.upload_jobs where id = @id", new { id = upload.Id });
    }

    [Fact]
    public async Task An_original_has_arrived_when_Blob_said_so_first()
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        var body = Completed(upload);
        var signature = Sign(body, portal.Settings["Blob:ReadWriteToken"]!);
        Assert.Null(await ArrivedAsync());
        (await CallBackAsync(body, signature)).Expect(200);
        var arrived = await ArrivedAsync();
        Assert.NotNull(arrived);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await CallBackAsync(body, signature)).Expect(200);
        Assert.Equal(arrived, await ArrivedAsync());

        Task<DateTime?> ArrivedAsync() =>
            portal.ScalarAsync<DateTime?>("select bytes_at from portal.upload_jobs where id = @id", new { id = upload.Id });
    }

    [Fact]
    public async Task The_key_to_Blob_lives_an_hour_and_never_longer_than_the_upload()
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        foreach (var (left, lives) in new[] { (61, 60), (60, 60), (59, 59) })
        {
            await portal.DoAsync(
                "update portal.upload_jobs set expires_at = @at where id = @id",
                new { id = upload.Id, at = portal.Clock.GetUtcNow().AddMinutes(left) });
            var target = (await FetchAsync($"/api/uploads/{upload.Id}")).Field("target");
            Assert.Equal(
                lives, Math.Round((target["expiresAt"]!.GetValue<DateTimeOffset>() - portal.Clock.GetUtcNow()).TotalMinutes, 3));
        }
    }

    /// <summary>Failed because of the file, as Mux says.</summary>
    private async Task<Answer> FailedAsync(string person, string source = "direct")
    {
        portal.Mux.Faults.FailNextEncodings(1, "The codec is on strike.");
        var upload = (await portal.AskUploadAsync(project, person, source)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "failed");
        return upload;
    }

    private Task SweptUntilAsync(Guid upload, string status) => Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(10), async () =>
    {
        await portal.Host.RunTimerAsync("ReconcileUploads");
        await portal.SettleAsync();
        return await portal.StatusAsync(upload) == status;
    }, $"the upload to be {status}");

    private Task<int?> SetResidencyAsync(string residency) => portal.ScalarAsync<int?>(
        "update portal.tenants set residency = @residency where id = @id", new { id = TestPeople.Tenant, residency });

    private async Task<Answer> FetchAsync(string path) => (await portal.As("agency").FetchAsync(path)).Expect(200);

    private Task<Answer> PlayAsync(string path) => portal.As("agency").PostAsync($"{path}/playback");

    private Task<Answer> RetryAsync(Guid upload, string person) =>
        portal.WhileMovingAsync(portal.As(person).PostAsync($"/api/uploads/{upload}/retry"));

    private async Task<IEnumerable<Guid>> ListAsync(string query) =>
        (await FetchAsync($"/api/uploads?{query}")).Field("items").AsArray().Select(u => Guid.Parse(u!["id"]!.ToString()));

    /// <summary>What Vercel Blob posts when the upload's original is there.</summary>
    private static string Completed(Answer upload) => new JsonObject
    {
        ["type"] = "blob.upload-completed",
        ["payload"] = new JsonObject
        {
            ["blob"] = new JsonObject { ["pathname"] = $"originals/{upload.Id}", ["url"] = "https://elsewhere.example/film" },
        },
    }.ToJsonString();

    private static string Sign(string body, string key) => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(body)));

    private async Task<Answer> CallBackAsync(string body, string? signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/webhooks/blob");
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (signature is not null)
        {
            request.Headers.Add("x-vercel-signature", signature);
        }

        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }

    private static JsonObject Part(int number, JsonNode sent) => new() { ["partNumber"] = number, ["etag"] = sent["etag"]!.ToString() };

    private static async Task<string> PutAsync(Answer upload, byte[] bytes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, upload.Field("target")["url"]!.ToString());
        request.Content = new ByteArrayContent(bytes);
        return (await SendAsync(upload, request))["status"]!.ToString();
    }

    /// <summary>A step of a multipart upload, as Vercel's client makes it.</summary>
    private static async Task<JsonNode> PartsAsync(
        Answer upload, string action, object? body, JsonNode? created = null, int? number = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, upload.Field("target")["multipart"]!["url"]!.ToString());
        request.Content = body switch
        {
            byte[] bytes => new ByteArrayContent(bytes),
            JsonNode json => new StringContent(json.ToJsonString(), Encoding.UTF8, "application/json"),
            _ => null,
        };
        request.Headers.Add("x-mpu-action", action);
        if (created is not null)
        {
            request.Headers.Add("x-mpu-upload-id", created["uploadId"]!.ToString());
            request.Headers.Add("x-mpu-key", Uri.EscapeDataString(created["key"]!.ToString()));
        }

        if (number is { } part)
        {
            request.Headers.Add("x-mpu-part-number", part.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return await SendAsync(upload, request);
    }

    private static async Task<JsonNode> SendAsync(Answer upload, HttpRequestMessage request)
    {
        foreach (var (name, value) in upload.Field("target")["headers"]!.AsObject())
        {
            request.Headers.TryAddWithoutValidation(name, value!.ToString());
        }

        using var http = new HttpClient();
        using var response = await http.SendAsync(request);
        var json = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        json["status"] = (int)response.StatusCode;
        return json;
    }
}
