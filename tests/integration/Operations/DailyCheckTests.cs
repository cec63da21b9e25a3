using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What the daily checks find, and that they find nothing where nothing is wrong.</summary>
public sealed class DailyCheckTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync();
        await portal.DoAsync("delete from portal.mux_tasks");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task All_is_well_with_uploads_links_and_revokes_of_every_kind()
    {
        var asset = AssetOf(await portal.UploadReadyAsync(project));
        (await portal.AskUploadAsync(project, "crew1")).Expect(201);
        var revoked = await portal.ShareAsync(asset);
        (await portal.GuestOf(revoked).OpenAsync()).Expect(200);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await portal.As("agency").PostAsync($"/api/share-links/{revoked.Id}/revoke")).Expect(200);
        await HardRevokeAsync(asset);

        // However an upload ended, its video may be archived; and one that timed out has failed.
        foreach (var (job, version) in new[]
                 {
                     ("ready", "archived"), ("failed", "archived"), ("timed_out", "archived"), ("cancelled", "archived"),
                     ("timed_out", "failed"),
                 })
        {
            await StatesAsync((await portal.AskUploadAsync(project, "crew6")).Expect(201), job, version);
        }

        portal.Clock.Advance(TimeSpan.FromHours(2));
        await portal.Host.RunTimerAsync("DailyChecks");
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Empty(await AlertsAsync());
    }

    [Fact]
    public async Task A_version_that_does_not_follow_its_job_is_an_alert_once()
    {
        var upload = await portal.UploadReadyAsync(project, "crew2");
        await portal.DoAsync("update portal.asset_versions set status = 'processing' where asset_id = @asset", new { asset = AssetOf(upload) });
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Empty(await AlertsAsync());

        // Between the two rows of one move nobody looks, whichever comes first.
        var (now, settled) = (portal.Clock.GetUtcNow(), portal.Clock.GetUtcNow().AddMinutes(-10));
        foreach (var (job, version) in new[] { (settled, settled.AddSeconds(1)), (settled.AddSeconds(1), settled) })
        {
            await ChangedAsync(job, version);
            await portal.Host.RunTimerAsync("DailyChecks");
            Assert.Empty(await AlertsAsync());
        }

        await ChangedAsync(settled, settled);
        var early = (await portal.AskUploadAsync(project, "crew6")).Expect(201);
        await StatesAsync(early, "processing", "archived");
        await portal.DoAsync("update portal.upload_jobs set updated_at = @settled where id = @id", new { settled, id = early.Id });
        await portal.DoAsync(
            "update portal.asset_versions set updated_at = @settled where asset_id = @asset", new { settled, asset = AssetOf(early) });
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Equal(
            new[] { $"asset_upload_disagree {early.Id} 1", $"asset_upload_disagree {upload.Id} 1" }.Order(StringComparer.Ordinal),
            (await AlertsAsync()).Order(StringComparer.Ordinal));
        await StatesAsync(early, "cancelled", "archived");
        await ChangedAsync(now, now);
        await portal.DoAsync("delete from portal.alerts");
        portal.Clock.Advance(TimeSpan.FromMinutes(11));
        await portal.Host.RunTimerAsync("DailyChecks");
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Equal([$"asset_upload_disagree {upload.Id} 2"], await AlertsAsync());
        await portal.DoAsync("update portal.asset_versions set status = 'ready' where asset_id = @asset", new { asset = AssetOf(upload) });

        async Task ChangedAsync(DateTimeOffset job, DateTimeOffset version) => await portal.DoAsync("""
            update portal.upload_jobs set updated_at = @job where id = @id;
            update portal.asset_versions set updated_at = @version where asset_id = @asset
            """, new { job, version, id = upload.Id, asset = AssetOf(upload) });
    }

    [Fact]
    public async Task A_token_made_after_the_revoke_is_an_alert_also_when_a_day_was_missed()
    {
        var link = await portal.ShareAsync(AssetOf(await portal.UploadReadyAsync(project, "crew3")));
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.DoAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, ip_hash, agent_family, minted_at,
               token_expires_at)
            select gen_random_uuid(), tenant_id, asset_version_id, share_link_id, ip_hash, agent_family, @at, @at
               from portal.playback_audit where share_link_id = @id
            """, new { at = portal.Clock.GetUtcNow().AddSeconds(1), id = link.Id });
        portal.Clock.Advance(TimeSpan.FromDays(3));
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Equal([$"minted_after_revoke {link.Id} 1"], await AlertsAsync());
        portal.Clock.Advance(TimeSpan.FromDays(5));
        await portal.ResetAsync();
    }

    [Fact]
    public async Task A_hard_revoked_playback_id_that_is_still_at_mux_is_an_alert_and_mux_away_is_a_failed_run()
    {
        var asset = AssetOf(await portal.UploadReadyAsync(project, "crew4"));
        var old = await portal.ScalarAsync<string>("select playback_id from portal.asset_versions where asset_id = @asset", new { asset });
        await HardRevokeAsync(asset);
        await portal.DoAsync("""
            insert into vendors.mux_playback_ids (id, asset_id, policy) select @old, mux_asset_id, 'signed' from portal.asset_versions
               where asset_id = @asset
            """, new { old, asset });
        portal.Mux.Faults.FailNextApiCalls(20, ApiFault.Status(500));
        await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("DailyChecks"));
        portal.Mux.Faults.Clear();
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Contains(await AlertsAsync(), alert => alert.StartsWith("revoked_but_playable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hard_revoked_playback_id_that_our_own_rows_still_play_is_an_alert_although_Mux_has_let_it_go()
    {
        var asset = AssetOf(await portal.UploadReadyAsync(project, "crew5"));
        var old = await portal.ScalarAsync<string>("select playback_id from portal.asset_versions where asset_id = @asset", new { asset });
        await HardRevokeAsync(asset);
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Empty(await AlertsAsync());
        await portal.DoAsync("update portal.asset_versions set playback_id = @old where asset_id = @asset", new { old, asset });
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.StartsWith("revoked_but_playable", Assert.Single(await AlertsAsync()), StringComparison.Ordinal);

        // One that has been deleted plays from nothing.
        await portal.DoAsync("""
            delete from portal.alerts;
            update portal.asset_versions set status = 'archived', archived_at = @now, purged_at = @now where asset_id = @asset
            """, new { now = portal.Clock.GetUtcNow(), asset });
        await portal.Host.RunTimerAsync("DailyChecks");
        Assert.Empty(await AlertsAsync());
    }

    private Task StatesAsync(Answer upload, string job, string version) => portal.DoAsync("""
        update portal.upload_jobs set status = @job where id = @id;
        update portal.asset_versions set status = @version, archived_at = case when @version = 'archived' then @now::timestamptz end
         where asset_id = @asset
        """, new { job, version, id = upload.Id, asset = AssetOf(upload), now = portal.Clock.GetUtcNow() });

    private async Task HardRevokeAsync(Guid asset)
    {
        var link = await portal.ShareAsync(asset);
        (await portal.WhileMovingAsync(portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke"))).Expect(200);
        await Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(30), async () =>
        {
            await portal.Host.RunTimerAsync("ProcessMuxTasks");
            return await portal.ScalarAsync<long>("select count(*) from portal.mux_tasks where done_at is null") == 0;
        }, "the playback id to be replaced");
    }

    private Task<IReadOnlyList<string>> AlertsAsync() => portal.ListAsync(
        "select kind || ' ' || dedup_key || ' ' || times from portal.alerts where kind in ('asset_upload_disagree', "
            + "'minted_after_revoke', 'revoked_but_playable') order by 1");

    private static Guid AssetOf(Answer upload) => Guid.Parse(upload.Text("assetId"));
}
