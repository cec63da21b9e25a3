using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Vendors.Mux;
using Portal.Videos.Uploads;

namespace Portal.Tests.Integration.Videos;

/// <summary>The upload pipeline under every fate of its webhooks and of Mux, through the front door.</summary>
[TakesLong]
public sealed class PipelineTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_upload_in_order_ends_ready_with_what_Mux_measured()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        Assert.Equal("waiting", upload.Text("status"));
        Assert.Equal("resumable", upload.Field("target")["protocol"]!.ToString());

        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");

        var asset = (await portal.As("agency").FetchAsync($"/api/assets/{upload.Text("assetId")}")).Expect(200);
        var version = asset.Field("latestVersion");
        Assert.Equal("ready", version["status"]!.ToString());
        Assert.Equal(2, (double)version["durationSeconds"]!, 1);
        Assert.Equal("16:9", version["aspectRatio"]!.ToString());
        Assert.Equal(640, (int)version["width"]!);
        Assert.Equal("ready", await OutputAsync(upload.Id));
        Assert.Equal(["asset_uploaded", "mux_asset_ready", "upload_processing"], await EventsAsync(upload.Id));
        Assert.Equal(["asset_uploaded", "mux_asset_ready", "upload_processing"], await ActsAsync(upload.Id));
    }

    [Fact]
    public async Task Ready_before_created_ends_ready()
    {
        portal.Mux.Faults.ShuffleWebhooks = true;
        var upload = await portal.UploadReadyAsync(project);
        await AllWebhooksAsync();
        Assert.Equal("ready", await portal.StatusAsync(upload.Id));
        Assert.Single(await EventsAsync(upload.Id), "mux_asset_ready");
    }

    [Fact]
    public async Task Every_webhook_twice_settles_once()
    {
        portal.Mux.Faults.DuplicateWebhooks = true;
        var upload = await portal.UploadReadyAsync(project);
        await AllWebhooksAsync();
        Assert.Equal(["asset_uploaded", "mux_asset_ready", "upload_processing"], await EventsAsync(upload.Id));
        Assert.Equal(["asset_uploaded", "mux_asset_ready", "upload_processing"], await ActsAsync(upload.Id));
    }

    [Fact]
    public async Task Without_any_webhook_reconciliation_finds_the_asset_ready()
    {
        portal.Mux.Faults.DropWebhooks = _ => true;
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready", TimeSpan.FromSeconds(10));
        Assert.Equal("ready", await OutputAsync(upload.Id));
    }

    /// <summary>As after a secret was changed on one side: on-call hears of it, and nobody has to wait for the repair.</summary>
    [Fact]
    public async Task Webhooks_signed_with_another_secret_are_refused_and_the_upload_gets_ready_by_asking()
    {
        portal.Mux.Faults.WrongSignatures = true;
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready", TimeSpan.FromSeconds(10));
        Assert.Equal(
            ["mux:mismatch A webhook of mux was refused: it is signed with another secret than ours."],
            await portal.ListAsync("select dedup_key || ' ' || summary from portal.alerts where kind = 'webhook_refused'"));
    }

    [Fact]
    public async Task A_file_that_is_no_video_fails_with_the_reason_of_Mux_and_raises_an_alert()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SendBytesAsync(upload, "This is a shopping list, not a film."u8.ToArray());
        await portal.UntilAsync(upload.Id, "failed");

        var job = (await portal.As("agency").FetchAsync($"/api/uploads/{upload.Id}")).Expect(200);
        Assert.Equal("mux_errored", job.Field("failure")["code"]!.ToString());
        Assert.NotEmpty(job.Field("failure")["reason"]!.ToString());
        Assert.Equal(["asset_process_failed", "asset_uploaded", "upload_processing"], await EventsAsync(upload.Id));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'upload_failed' and dedup_key = @id", new { id = upload.Id.ToString() }));
        Assert.Equal("failed", await VersionStatusAsync(upload));
    }

    [Fact]
    public async Task An_errored_direct_upload_is_replayed_with_a_new_upload_and_succeeds()
    {
        portal.Mux.Faults.FailNextEncodings(1, "The machine that encodes caught fire.");
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "failed");
        var was = await portal.ScalarAsync<string>("""
            update portal.upload_jobs set attempts = 3, last_error = 'Mux is away', next_retry_at = @now where id = @Id
            returning mux_upload_id || ' ' || mux_asset_id || ' ' || failure_code
            """, new { upload.Id, now = portal.Clock.GetUtcNow().AddDays(1) });

        var replayed = (
            await portal.As("operator").PostAsync(
                $"/api/ops/uploads/{upload.Id}/replay", new { reason = "Mux had a bad hour" })).Expect(200);
        Assert.Equal($"{upload.Id}-2", replayed.Text("instanceId"));

        // The new attempt begins afresh; what the last one was and how it ended is kept.
        Assert.Equal("0", await portal.ScalarAsync<string>("""
            select concat_ws(' ', attempts, last_error, next_retry_at, failure_code, failure_reason) from portal.upload_jobs
             where id = @Id
            """, new { upload.Id }));
        Assert.Equal($"{was} failed", await portal.ScalarAsync<string>("""
            select concat_ws(' ', mux_upload_id, mux_asset_id, failure_code, outcome) from portal.upload_attempts
             where job_id = @Id and attempt = 1
            """, new { upload.Id }));
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromMilliseconds(200), async () => (
                await JobAsync(upload.Id)).Json!["target"] is not null, "a new upload to be open");
        await portal.SendBytesAsync(await JobAsync(upload.Id));
        await portal.UntilAsync(upload.Id, "ready");

        Assert.Equal("failed", await OutputAsync(upload.Id, attempt: 1));
        Assert.Equal("ready", await OutputAsync(upload.Id, attempt: 2));
        Assert.Equal(
            [
                "asset_process_failed", "asset_uploaded", "mux_asset_ready", "upload_processing", "upload_processing", "upload_replayed"
            ], await EventsAsync(upload.Id));
    }

    [Fact]
    public async Task An_errored_blob_upload_is_replayed_from_the_stored_original()
    {
        portal.Mux.Faults.FailNextEncodings(1, "The machine that encodes caught fire.");
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "failed");

        (await portal.As("operator").PostAsync($"/api/ops/uploads/{upload.Id}/replay", new { reason = "Mux had a bad hour" })).Expect(200);
        await portal.UntilAsync(upload.Id, "ready");
        Assert.Equal("ready", await OutputAsync(upload.Id, attempt: 2));
    }

    [Fact]
    public async Task A_late_report_of_a_cancelled_upload_deletes_the_asset_at_Mux()
    {
        // Nothing but the report can do it: the pipeline, which would tidy up after the cancel, is gone.
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.Host.DurableClient.TerminateInstanceAsync($"{upload.Id}-1");
        await portal.SettleAsync();
        await portal.DoAsync("update portal.upload_jobs set status = 'cancelled' where id = @id", new { id = upload.Id });
        await portal.SendBytesAsync(upload);

        await GoneAtMuxAsync(upload.Id);
        Assert.Equal("cancelled", await portal.StatusAsync(upload.Id));
        Assert.Equal("cancelled", await portal.ScalarAsync<string>(
            "select reason from portal.mux_cleanups where job_id = @id", new { id = upload.Id }));
        Assert.Equal(["asset_uploaded"], await EventsAsync(upload.Id));
    }

    [Fact]
    public async Task A_cancelled_upload_whose_bytes_were_faster_leaves_nothing_at_Mux_without_any_webhook()
    {
        portal.Mux.Faults.DropWebhooks = _ => true;
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SendBytesAsync(upload);
        var cancelled = (await portal.As("agency").PostAsync($"/api/uploads/{upload.Id}/cancel")).Expect(200);
        Assert.Equal("cancelled", cancelled.Text("status"));

        await Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(5), async () =>
        {
            await portal.Host.RunTimerAsync("ReconcileUploads");
            return await portal.ScalarAsync<long>(
                "select count(*) from portal.mux_cleanups where job_id = @id and done_at is not null", new { id = upload.Id }) == 1;
        }, "the asset to be deleted at Mux");
        Assert.Equal("cancelled", await portal.StatusAsync(upload.Id));
        Assert.Equal("cancelled", await OutputAsync(upload.Id));
        Assert.Empty(await MuxAssetsAsync(upload.Id));
    }

    [Fact]
    public async Task Cancelled_before_any_byte_withdraws_the_upload_at_Mux()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        (await portal.As("agency").PostAsync($"/api/uploads/{upload.Id}/cancel")).Expect(200);
        await portal.SettleAsync();
        Assert.Equal("cancelled", await OutputAsync(upload.Id));
        Assert.Contains(
            portal.Mux.Requests.All, r => r.Method == "PUT" && r.Path.EndsWith("/cancel", StringComparison.Ordinal) && r.Status == 200);
        var again = await portal.As("agency").PostAsync($"/api/uploads/{upload.Id}/cancel");
        Assert.Equal("upload-over", again.Expect(409).ProblemType);
    }

    [Fact]
    public async Task Mux_down_for_the_first_calls_is_retried_and_leaves_no_orphan()
    {
        portal.Mux.Faults.FailNextApiCalls(
            4, ApiFault.Status(503), (method, path) => method == "POST" && path.StartsWith("/video", StringComparison.Ordinal));
        var upload = (await portal.AskUploadAsync(project)).Expect(202);
        Assert.Null(upload.Json!["target"]);

        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(10), async () => (
                await JobAsync(upload.Id)).Json!["target"] is not null, "Mux to answer again");
        Assert.Equal(4, await portal.ScalarAsync<int>("select attempts from portal.upload_jobs where id = @id", new { id = upload.Id }));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'upload_retrying'"));
        await portal.SendBytesAsync(await JobAsync(upload.Id));
        await portal.UntilAsync(upload.Id, "ready");
        Assert.Single(await MuxAssetsAsync(upload.Id));
    }

    [Fact]
    public async Task A_blob_create_call_whose_answer_is_lost_makes_one_asset_not_two()
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        portal.Mux.Faults.DropWebhooks = _ => true;
        portal.Mux.Faults.FailNextAfterEffect(
            1, ApiFault.ConnectionAbort, (method, path) =>
                method == "POST" && path.StartsWith("/video/v1/assets", StringComparison.Ordinal));
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready", TimeSpan.FromSeconds(10));
        Assert.Single(await MuxAssetsAsync(upload.Id));
    }

    [Theory]
    [InlineData(403, "ready")]
    [InlineData(404, "failed")]
    public async Task An_original_that_Blob_refuses_to_tell_of_is_asked_about_again_and_one_that_is_gone_is_not(int status, string end)
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        portal.Blob.Faults.FailNextApiCalls(1, ApiFault.Status(status), (method, _) => method == "GET");
        await portal.SendBytesAsync(upload);

        // Before the clock moves: who asks first is the one that makes the asset.
        await Eventually.TrueAsync(
            () => portal.Blob.Requests.All.Any(r => r.Method == "GET" && r.Status == status), "Blob to have refused");
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(10), async () => await portal.StatusAsync(upload.Id) is "ready" or "failed",
            "the upload to end");
        Assert.Equal(end, await portal.StatusAsync(upload.Id));
    }

    [Fact]
    public async Task Mux_away_for_longer_than_eight_attempts_fails_no_upload()
    {
        portal.Mux.Faults.FailNextApiCalls(
            10, ApiFault.Status(503), (method, path) => method == "POST" && path.StartsWith("/video", StringComparison.Ordinal));
        var upload = (await portal.AskUploadAsync(project)).Expect(202);
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromMinutes(1), async () => (await JobAsync(upload.Id)).Json!["target"] is not null,
            "Mux to answer again");

        Assert.Equal(11, portal.Mux.Requests.Count("POST", "/video/v1/uploads"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select times from portal.alerts where kind = 'upload_retrying'"));
        await portal.SendBytesAsync(await JobAsync(upload.Id));
        await portal.UntilAsync(upload.Id, "ready");
    }

    /// <summary>It waits for its file for hours: on-call must not be told all that time that a call is overdue and the engine
    /// behind.</summary>
    [Fact]
    public async Task An_upload_that_waits_for_its_file_is_well_once_Mux_answers_again()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        var atMux = await portal.ScalarAsync<string>(
            "select mux_upload_id from portal.upload_jobs where id = @id", new { id = upload.Id });
        portal.Mux.Faults.FailNextApiCalls(
            4, ApiFault.Status(503), (method, path) => method == "GET" && path.EndsWith(atMux, StringComparison.Ordinal));
        Task<string?> NextAsync() => portal.ScalarAsync<string?>(
            "select attempts || ' ' || (next_retry_at is null)::text from portal.upload_jobs where id = @id", new { id = upload.Id });
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(30), async () => await NextAsync() == "4 false", "the fourth call to fail");
        await Eventually.TrueAsync(
            async () => await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'upload_retrying' and resolved_at is null") == 1,
            "the alert, which follows the row");

        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(30), async () => await NextAsync() == "4 true", "Mux to answer");
        Assert.Equal("waiting", await portal.StatusAsync(upload.Id));
        Assert.Null(await portal.ScalarAsync<string?>("select last_error from portal.upload_jobs where id = @id", new { id = upload.Id }));
        portal.Clock.Advance(TimeSpan.FromMinutes(6));
        await portal.SettleAsync();
        await portal.Host.RunTimerAsync("WatchAlerts");
        Assert.Empty(await portal.ListAsync(
            "select kind from portal.alerts where kind in ('upload_retrying', 'engine_behind') and resolved_at is null"));
    }

    [Fact]
    public async Task A_file_that_has_arrived_waits_for_Mux_beyond_the_upload_timeout()
    {
        var upload = (await portal.AskUploadAsync(project, source: "blob")).Expect(201);
        portal.Mux.Faults.FailNextApiCalls(
            1000, ApiFault.Status(503), (method, path) => path.StartsWith("/video", StringComparison.Ordinal));
        await portal.SendBytesAsync(upload);
        var expires = await portal.ScalarAsync<DateTime>(
            "select expires_at from portal.upload_jobs where id = @id", new { id = upload.Id });
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromMinutes(20), () => Task.FromResult(
                portal.Clock.GetUtcNow().UtcDateTime > expires.AddHours(1)), "the timeout");
        // The sweep asks about what nothing has moved for long: it waits all the same.
        await portal.Host.RunTimerAsync("ReconcileUploads");
        Assert.Equal("waiting", await portal.StatusAsync(upload.Id));

        portal.Mux.Faults.Clear();
        await portal.UntilAsync(upload.Id, "ready", TimeSpan.FromMinutes(1));
        Assert.Single(await MuxAssetsAsync(upload.Id));
    }

    /// <summary>Mux may call it timed out first, or our own end of it may come first; of one to Blob only our own end decides.</summary>
    [Theory]
    [InlineData("direct", 7, "timed_out")]
    [InlineData("direct", -1, "waiting")]
    [InlineData("blob", 0, null)]
    public async Task An_upload_that_is_never_sent_times_out_without_a_webhook(string source, int daysAfterMux, string? atMux)
    {
        var upload = (await portal.AskUploadAsync(project, "crew1", source)).Expect(201);
        var end = await portal.ScalarAsync<DateTime>(
            "update portal.upload_jobs set expires_at = expires_at + @later where id = @id returning expires_at",
            new { id = upload.Id, later = TimeSpan.FromDays(daysAfterMux) });
        await portal.UntilAsync(upload.Id, "timed_out", TimeSpan.FromMinutes(14));

        Assert.Equal(daysAfterMux > 0, portal.Clock.GetUtcNow() < end);
        Assert.Equal(atMux, await portal.ScalarAsync<string?>(
            "select u.status from vendors.mux_uploads u join portal.upload_jobs j on j.mux_upload_id = u.id where j.id = @id",
            new { id = upload.Id }));
        Assert.Equal("timed_out", await OutputAsync(upload.Id));
        Assert.Equal(["asset_process_failed", "asset_uploaded"], await EventsAsync(upload.Id));
        Assert.Equal("failed", await VersionStatusAsync(upload));
        // The uploader is told. It is nobody's fault: no alert, no incident, and nothing for the admins.
        await portal.DeliverAsync();
        var asset = Guid.Parse(upload.Text("assetId"));
        Assert.Contains(asset, await portal.ToldAsync("crew1", "asset_process_failed"));
        Assert.DoesNotContain(asset, await portal.ToldAsync("admin", "asset_process_failed"));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.alerts where dedup_key like @id || '%'", new { id = upload.Id.ToString() }));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.incidents where dedup_key || summary like '%' || @id || '%'", new { id = upload.Id.ToString() }));
    }

    [Fact]
    public async Task A_video_that_Mux_finishes_after_the_job_has_failed_is_adopted()
    {
        var upload = await FailedThenMadeAsync("failed");

        await portal.Host.RunTimerAsync("SweepMuxAssets");
        await portal.Host.RunTimerAsync("ReconcileUploads");

        Assert.Equal("ready", await portal.StatusAsync(upload.Id));
        Assert.Single(await MuxAssetsAsync(upload.Id));
        Assert.Contains("mux_asset_ready", await EventsAsync(upload.Id));
        Assert.Contains("mux_asset_ready", await ActsAsync(upload.Id));
        var asset = (await portal.As("agency").FetchAsync($"/api/assets/{upload.Text("assetId")}")).Expect(200);
        Assert.Equal("ready", asset.Field("latestVersion")["status"]!.ToString());
        Assert.Null((await JobAsync(upload.Id)).Json!["failure"]);
    }

    [Fact]
    public async Task A_late_video_becomes_the_uploads_only_with_a_signed_playback_id()
    {
        var upload = await FailedThenMadeAsync("failed");
        var made = Assert.Single(await MuxAssetsAsync(upload.Id));
        var late = new MuxAsset(made, "ready", null, upload.Id.ToString(), null, [], 2, "16:9", 640, 360, 25, null);

        var settled = await portal.Services.GetRequiredService<SettleUpload>().ApplyAssetAsync(late, Actor.Mux("late"), default);
        Assert.Equal(SettledAs.NothingNew, settled.As);
        Assert.Equal("failed", await portal.StatusAsync(upload.Id));
        Assert.DoesNotContain("mux_asset_ready", await EventsAsync(upload.Id));

        // At Mux it has one.
        await portal.Host.RunTimerAsync("SweepMuxAssets");
        Assert.Equal(("ready", "ready"), (await portal.StatusAsync(upload.Id), await VersionStatusAsync(upload)));
    }

    [Theory]
    [InlineData("cancelled", "failed")]
    [InlineData("failed", "archived")]
    public async Task A_late_video_that_a_person_has_cancelled_or_archived_is_deleted_at_Mux(string job, string version)
    {
        var upload = await FailedThenMadeAsync(job);
        await portal.DoAsync(
            "update portal.asset_versions set status = @version where id = (select asset_version_id from portal.upload_jobs where id = "
                + "@id)",
            new { id = upload.Id, version });

        await portal.Host.RunTimerAsync("SweepMuxAssets");
        await GoneAtMuxAsync(upload.Id);

        Assert.Equal(job, await portal.StatusAsync(upload.Id));
    }

    [Fact]
    public async Task A_second_video_of_an_upload_that_has_one_is_deleted_at_Mux()
    {
        var upload = await FailedThenMadeAsync("failed");
        await portal.DoAsync(
            "update portal.upload_jobs set status = 'ready', mux_asset_id = 'the-first' where id = @id", new { id = upload.Id });

        await portal.Host.RunTimerAsync("SweepMuxAssets");
        await GoneAtMuxAsync(upload.Id);

        Assert.Equal(
            "superseded", await portal.ScalarAsync<string>(
                "select reason from portal.mux_cleanups where job_id = @id", new { id = upload.Id }));
    }

    [Fact]
    public async Task A_second_video_of_an_upload_is_unwanted_from_its_first_report_on()
    {
        var upload = await portal.UploadReadyAsync(project);
        var first = Assert.Single(await MuxAssetsAsync(upload.Id));
        var second = new MuxAsset("the-second", "preparing", null, upload.Id.ToString(), null, [], null, null, null, null, null, null);

        var settled = await portal.Services.GetRequiredService<SettleUpload>().ApplyAssetAsync(second, Actor.Mux("late"), default);

        Assert.Equal(SettledAs.Unwanted, settled.As);
        Assert.Equal(["the-second superseded"], await ListAsync(
            "select mux_asset_id || ' ' || reason from portal.mux_cleanups where job_id = @job", upload.Id));
        Assert.Equal("ready", await portal.StatusAsync(upload.Id));
        Assert.Equal(first, await portal.ScalarAsync<string>(
            "select mux_asset_id from portal.upload_jobs where id = @id", new { id = upload.Id }));
    }

    [Fact]
    public async Task A_pipeline_that_was_never_started_is_started_by_the_sweep()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        // As if the process had died between the commit and the start.
        await portal.Host.DurableClient.TerminateInstanceAsync($"{upload.Id}-1");
        await portal.SettleAsync();
        await portal.Host.DurableClient.PurgeInstanceAsync($"{upload.Id}-1");
        await portal.DoAsync("update portal.upload_jobs set started_at = null where id = @id", new { id = upload.Id });

        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Host.RunTimerAsync("ReconcileUploads");
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        Assert.Equal("ready", await OutputAsync(upload.Id));
    }

    [Fact]
    public async Task A_public_playback_id_of_a_video_of_ours_is_found_by_the_hourly_comparison_without_a_word_of_Mux()
    {
        var upload = await portal.UploadReadyAsync(project);
        var asset = Assert.Single(await MuxAssetsAsync(upload.Id));
        await portal.Host.RunTimerAsync("SweepMuxAssets");
        Assert.Equal(0, await PublicAsync());
        await portal.ScalarAsync<string>(
            "insert into vendors.mux_playback_ids (id, asset_id, policy) values (@id, @asset, 'public') returning id",
            new { id = $"public-{asset}", asset });
        await portal.Host.RunTimerAsync("SweepMuxAssets");
        Assert.Equal(1, await PublicAsync());
        Assert.Equal("ready", await portal.StatusAsync(upload.Id));

        Task<long> PublicAsync() => portal.ScalarAsync<long>(
            "select count(*) from portal.alerts where kind = 'public_playback_id' and dedup_key = @asset", new { asset });
    }

    [Fact]
    public async Task A_video_that_becomes_ready_while_Mux_is_compared_is_not_missing_and_one_that_was_ready_before_is()
    {
        var upload = await portal.UploadReadyAsync(project);
        var version = Guid.Parse(upload.Text("assetVersionId"));

        // What was a portal's once says nothing of the others.
        await portal.DoAsync("""
            insert into portal.tenants (id, clerk_org_id, name, status, deleted_at, created_at, updated_at)
            values (gen_random_uuid(), 'org_erased_before', 'Erased', 'erased', @now, @now, @now)
            """, new { now = portal.Clock.GetUtcNow() });
        foreach (var (later, missing) in new[] { (1, 0L), (0, 1L) })
        {
            // As if Mux had listed its assets before this one was made.
            await portal.DoAsync("""
                update portal.asset_versions set mux_asset_id = 'made-since', created_at = @now - interval '1 hour', updated_at = @at
                 where id = @version
                """, new { version, now = portal.Clock.GetUtcNow(), at = portal.Clock.GetUtcNow().AddMilliseconds(later) });
            await portal.Host.RunTimerAsync("SweepMuxAssets");
            Assert.Equal(missing, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'mux_asset_missing' and dedup_key = @version",
                new { version = version.ToString() }));
        }
    }

    [Theory]
    [InlineData(29, 0)]
    [InlineData(30, 1)]
    public async Task A_pipeline_is_started_by_the_sweep_after_half_a_minute(int seconds, int started)
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.DoAsync(
            "update portal.upload_jobs set started_at = null, updated_at = @now where id = @id",
            new { id = upload.Id, now = portal.Clock.GetUtcNow() });
        portal.Clock.Advance(TimeSpan.FromSeconds(seconds));
        var pipelines = new OneAway(Guid.Empty);
        await using var scope = portal.Host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<SweepUploads>().RunAsync(pipelines, CancellationToken.None);
        Assert.Equal(started, pipelines.Asked.Count(id => id == upload.Id));
    }

    [Fact]
    public async Task An_upload_that_cannot_be_started_does_not_keep_the_others_from_it()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add((await portal.AskUploadAsync(project)).Expect(201).Id);
        }

        // One whose file is there already, and one that nobody waits for any more.
        var over = (await portal.AskUploadAsync(project)).Expect(201).Id;
        (await portal.As("agency").PostAsync($"/api/uploads/{over}/cancel")).Expect(200);
        await portal.DoAsync("""
            update portal.upload_jobs set started_at = null where id = any(@ids) or id = @over;
            update portal.upload_jobs set status = 'processing' where id = @first;
            """, new { ids, over, first = ids[0] });
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        var pipelines = new OneAway(ids[1]);
        await using var scope = portal.Host.Services.CreateAsyncScope();
        var counts = await scope.ServiceProvider.GetRequiredService<SweepUploads>().RunAsync(pipelines, CancellationToken.None);
        Assert.Equal(ids.Order(), pipelines.Asked.Order());
        const string Unstarted = "select array_agg(id) from portal.upload_jobs where started_at is null and id = any(@ids)";
        Assert.Equal([ids[1]], await portal.ScalarAsync<Guid[]>(Unstarted, new { ids }));
        Assert.NotNull(counts);
    }

    [Fact]
    public async Task An_upload_that_is_cancelled_while_Mux_opens_it_is_withdrawn_there()
    {
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.ConnectionAbort, (method, path) =>
            method == "POST" && path == "/video/v1/uploads" && !Cancelled());

        var upload = await portal.AskUploadAsync(project);
        await portal.SettleAsync();

        Assert.Equal("cancelled", await OutputAsync(upload.Id));
        Assert.Contains(
            portal.Mux.Requests.All, r => r.Method == "PUT" && r.Path.EndsWith("/cancel", StringComparison.Ordinal) && r.Status == 200);
        Assert.Null(await portal.ScalarAsync<string?>(
            "select mux_upload_url from portal.upload_jobs where id = @id", new { id = upload.Id }));
        Assert.Null((await JobAsync(upload.Id)).Json!["target"]);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_key_that_Mux_does_not_accept_fails_no_upload(int status)
    {
        const string Unauthorized = """{"error":{"type":"unauthorized","messages":["Unauthorized request."]}}""";
        portal.Mux.Faults.FailNextApiCalls(
            1, ApiFault.Status(status, Unauthorized), (method, path) => method == "POST" && path == "/video/v1/uploads");
        var upload = (await portal.AskUploadAsync(project)).Expect(202);
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(10), async () => (await JobAsync(upload.Id)).Json!["target"] is not null,
            "Mux to accept the key again");

        Assert.Equal("waiting", await portal.StatusAsync(upload.Id));
        Assert.Equal(1, await portal.ScalarAsync<int>("select attempts from portal.upload_jobs where id = @id", new { id = upload.Id }));
        Assert.Equal(["asset_uploaded"], await EventsAsync(upload.Id));
    }

    [Fact]
    public async Task A_quiet_upload_is_asked_about_after_half_an_hour_and_again_after_another()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        var halfAnHour = TimeSpan.FromMinutes(30);
        var last = await AtAsync("updated_at");
        foreach (var _ in new[] { "first", "second" })
        {
            portal.Clock.Advance(last!.Value + halfAnHour - TimeSpan.FromSeconds(1) - portal.Clock.GetUtcNow().UtcDateTime);
            await portal.Host.RunTimerAsync("ReconcileUploads");
            var before = await AtAsync("asked_at");
            portal.Clock.Advance(TimeSpan.FromSeconds(1));
            await portal.Host.RunTimerAsync("ReconcileUploads");

            Assert.Equal(before is null ? null : last, before);
            Assert.Equal(last + halfAnHour, last = await AtAsync("asked_at"));
        }

        Task<DateTime?> AtAsync(string column) => portal.ScalarAsync<DateTime?>(
            $"select {column} from portal.upload_jobs where id = @id", new { id = upload.Id });
    }

    [Fact]
    public async Task An_asset_that_Mux_will_not_delete_is_tried_until_it_does_and_on_call_hears_at_the_eighth_time()
    {
        const string Refused = """{"error":{"type":"invalid_parameters","messages":["Asset is not ready."]}}""";
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.DoAsync("""
            insert into portal.mux_cleanups (mux_asset_id, tenant_id, job_id, reason, next_attempt_at, created_at)
            values ('stubborn', @tenant, @id, 'cancelled', @now, @now),
                   ('later', @tenant, @id, 'cancelled', @now + interval '9 days', @now)
            """, new { tenant = TestPeople.Tenant, id = upload.Id, now = portal.Clock.GetUtcNow() });
        var due = await LaterAsync();
        portal.Mux.Faults.FailNextApiCalls(1000, ApiFault.Status(400, Refused), (method, _) => method == "DELETE");
        for (var attempt = 1; attempt <= 9; attempt++)
        {
            await portal.Host.RunTimerAsync("ReconcileUploads");
            Assert.Equal(attempt, await portal.ScalarAsync<int>(
                "select attempts from portal.mux_cleanups where mux_asset_id = 'stubborn' and done_at is null"));
            Assert.Equal(attempt < 8 ? 0 : 1, await portal.ScalarAsync<int>(
                "select coalesce(sum(times), 0)::int from portal.alerts where kind = 'mux_cleanup_stuck' and dedup_key = 'stubborn'"));
            portal.Clock.Advance(TimeSpan.FromMinutes(15));
        }

        portal.Mux.Faults.Clear();
        await portal.Host.RunTimerAsync("ReconcileUploads");
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.mux_cleanups where mux_asset_id = 'stubborn' and done_at is not null"));
        Assert.Equal(due, await LaterAsync());
        await portal.DoAsync("delete from portal.mux_cleanups where mux_asset_id = 'later'");

        Task<string> LaterAsync() => portal.ScalarAsync<string>("select c::text from portal.mux_cleanups c where mux_asset_id = 'later'");
    }

    [Fact]
    public async Task An_error_that_Mux_reports_of_a_ready_video_is_told_and_the_video_stays()
    {
        var upload = await portal.UploadReadyAsync(project);
        var asset = Assert.Single(await MuxAssetsAsync(upload.Id));
        var errored = new MuxAsset(
            asset, "errored", null, upload.Id.ToString(), null, [], null, null, null, null, null, "Too late.", "invalid_input");

        var settled = await portal.Services.GetRequiredService<SettleUpload>().ApplyAssetAsync(errored, Actor.Mux("late"), default);

        Assert.Equal(SettledAs.NothingNew, settled.As);
        Assert.Equal(("ready", "ready"), (await portal.StatusAsync(upload.Id), await VersionStatusAsync(upload)));
        Assert.DoesNotContain("asset_process_failed", await EventsAsync(upload.Id));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.alerts where kind = 'errored_after_ready' and dedup_key = @id", new { id = upload.Id.ToString() }));
    }

    [Fact]
    public async Task Thirty_uploads_at_once_end_ready_at_the_pace_of_Mux_and_none_fails()
    {
        const int Count = 30;
        var asks = Enumerable.Range(0, Count).Select(i => portal.As($"crew{(i % TestPeople.Crew) + 1}").PostAsync(
            "/api/uploads", new { projectId = project, fileName = $"cut-{i}.mp4", sizeBytes = 1000 })).ToList();
        var asked = Task.WhenAll(asks);
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromMilliseconds(500), () => SettledAsync(
                () => Task.FromResult(asked.IsCompleted)), "their answers", TimeSpan.FromSeconds(60));
        var answers = await asked;
        Assert.All(answers, a => Assert.True(a.Code is 201 or 202, a.Body));

        var sent = new HashSet<Guid>();
        await Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(1), () => SettledAsync(async () =>
        {
            // By their rows which can be sent: a request for each at each step would be most of the test.
            foreach (var id in await portal.ScalarAsync<Guid[]>(
                "select coalesce(array_agg(id), '{}') from portal.upload_jobs where mux_upload_url is not null and id = any (@unsent)",
                new { unsent = answers.Select(a => a.Id).Except(sent).ToArray() }))
            {
                await SendAsync(await JobAsync(id));
                sent.Add(id);
            }

            return sent.Count == Count
                && await portal.ScalarAsync<long>(
                    "select count(*) from portal.upload_jobs where status = 'ready' and id = any(@ids)",
                    new { ids = answers.Select(a => a.Id).ToArray() }) == Count;
        }), "all uploads to be ready", TimeSpan.FromSeconds(120));

        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.upload_jobs where attempts > 0 and id = any(@ids)",
                new { ids = answers.Select(a => a.Id).ToArray() }));
        await portal.Host.RunTimerAsync("SweepMuxAssets");
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind in ('mux_asset_without_row', 'mux_asset_missing')"));
        Assert.Equal(0, portal.Mux.Requests.All.Count(r => r.Status == 429));
    }

    /// <summary>Looks once all that is due by the clock has been done: a call that is still on its way in real time must not meet the next
    /// second's.</summary>
    private async Task<bool> SettledAsync(Func<Task<bool>> look)
    {
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(30));
        return await look();
    }

    /// <summary>The list of assets to delete is worked off; another worker may just have it in hand.</summary>
    private Task GoneAtMuxAsync(Guid upload) => Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(15), async () =>
    {
        await portal.Host.RunTimerAsync("ReconcileUploads");
        return !(await MuxAssetsAsync(upload)).Any();
    }, "the asset to be deleted at Mux");

    /// <summary>An upload whose job is over by its row when its bytes arrive, and whose video Mux has made without a word to us.</summary>
    private async Task<Answer> FailedThenMadeAsync(string status)
    {
        portal.Mux.Faults.DropWebhooks = _ => true;
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.DoAsync(
            "update portal.upload_jobs set status = @status, failure_code = 'internal_error' where id = @id",
            new { id = upload.Id, status });
        await portal.SendBytesAsync(upload);
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Mux.WhenIdleAsync();
        return upload;
    }

    private static async Task SendAsync(Answer job)
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent(Mp4Sample.Clip());
        using var response = await http.PutAsync(new Uri(job.Field("target")["url"]!.ToString()), content);
        Assert.True(response.IsSuccessStatusCode);
    }

    /// <summary>A person cancels whatever waits in the project.</summary>
    private bool Cancelled()
    {
        using var connection = new NpgsqlConnection(portal.Database.Admin);
        Dapper.SqlMapper.Execute(
            connection, "update portal.upload_jobs set status = 'cancelled' where project_id = @project and status = 'waiting'",
            new { project });
        return true;
    }

    private Task<string> VersionStatusAsync(Answer upload) => portal.ScalarAsync<string>(
        "select status from portal.asset_versions where id = @id", new { id = Guid.Parse(upload.Text("assetVersionId")) });

    private Task<Answer> JobAsync(Guid id) => portal.As("admin").FetchAsync($"/api/uploads/{id}");

    private async Task AllWebhooksAsync()
    {
        await Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(5), async () =>
            (await portal.Mux.WebhooksAsync()).All(w => w.State is "delivered" or "dropped"), "every webhook to be delivered");
        await portal.SettleAsync();
    }

    private async Task<string?> OutputAsync(Guid job, int attempt = 1)
    {
        var ended = portal.Host.DurableClient.WaitForInstanceCompletionAsync($"{job}-{attempt}", getInputsAndOutputs: true);
        await ((Task)ended).WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A webhook whose answer took too long is sent again, and a lost signal is made up for by a look: both by the clock.
        var instance = await portal.WhileMovingAsync(ended, TimeSpan.FromSeconds(10));
        Assert.True(instance.FailureDetails is null, $"The pipeline failed: {instance.FailureDetails}");
        return instance.ReadOutputAs<string>();
    }

    // By name: under a clock that stands still, several happen at one moment.
    private async Task<IEnumerable<string>> EventsAsync(Guid job) =>
        await ListAsync("select type from portal.events where aggregate_id = @job order by type", job);

    private async Task<IEnumerable<string>> ActsAsync(Guid job) =>
        await ListAsync("select action from portal.audit_log where entity_id = @job order by action", job);

    private async Task<IEnumerable<string>> MuxAssetsAsync(Guid job) =>
        await ListAsync("select id from vendors.mux_assets where passthrough = @job::text and deleted_at is null", job);

    private async Task<IEnumerable<string>> ListAsync(string sql, Guid job)
    {
        await using var connection = await portal.OpenAsync();
        return await Dapper.SqlMapper.QueryAsync<string>(connection, sql, new { job });
    }

    /// <summary>An engine that does not answer about one upload.</summary>
    private sealed class OneAway(Guid away) : IUploadPipelines
    {
        public List<Guid> Asked { get; } = [];

        public Task StartAsync(UploadRef upload, CancellationToken ct)
        {
            Asked.Add(upload.JobId);
            return upload.JobId == away ? throw new TransientException("Durable does not answer (Unavailable)") : Task.CompletedTask;
        }

        public Task SignalAsync(UploadRef upload, CancellationToken ct) => StartAsync(upload, ct);
    }
}
