using Microsoft.Extensions.DependencyInjection;
using Portal.Tests.Support;
using Portal.Videos.Uploads;

namespace Portal.Tests.Integration.Operations;

/// <summary>More videos at Mux than the hourly comparison reads: told until one has read all.</summary>
public sealed class MuxSweepAlertTests(TestPortal portal) : IClassFixture<TestPortal>
{
    [Fact]
    public async Task A_comparison_with_Mux_that_did_not_get_through_is_told_and_over_when_one_has()
    {
        portal.AddToApp = app => app.Services.AddSingleton(new SweepLimits(1, 2));
        await portal.RestartHostAsync();
        try
        {
            var project = await portal.NewProjectAsync();
            await portal.UploadReadyAsync(project, "crew1");
            await portal.RunTimerAsync("SweepMuxAssets");
            Assert.Empty(await IncompleteAsync());

            // Two pages were read, and nobody knows whether there is a third. It is told again and stays one.
            var second = await portal.UploadReadyAsync(project, "crew2");
            await portal.RunTimerAsync("SweepMuxAssets");
            portal.Clock.Advance(TimeSpan.FromHours(1));
            await portal.RunTimerAsync("SweepMuxAssets");
            Assert.Equal(["mux warning 2 The comparison with Mux stopped after 2 assets; raise its limit."], await IncompleteAsync());

            // A warning: nobody is paged, and Operators hear of it when the day is over.
            await portal.DeliverAsync();
            Assert.Equal(
                0, await portal.ScalarAsync<long>("select count(*) from portal.incidents where dedup_key like 'mux_sweep_incomplete%'"));
            portal.Clock.Advance(portal.Clock.GetUtcNow().UtcDateTime.Date.AddDays(1) - portal.Clock.GetUtcNow().UtcDateTime);
            await portal.RunTimerAsync("MailOperators");
            await portal.DeliverAsync();
            Assert.Contains(
                await portal.InboxOfAsync("operator"), mail => mail.Text!.Contains("mux_sweep_incomplete", StringComparison.Ordinal));

            // Raised by the last comparison, it stays until one has seen all.
            await portal.RunTimerAsync("WatchAlerts");
            Assert.Single(await IncompleteAsync());
            await portal.DoAsync("""
                delete from vendors.mux_playback_ids where asset_id = (select mux_asset_id from portal.upload_jobs where id = @id);
                delete from vendors.mux_assets where id = (select mux_asset_id from portal.upload_jobs where id = @id)
                """, new { id = second.Id });

            await portal.RunTimerAsync("SweepMuxAssets");
            Assert.Empty(await IncompleteAsync());
            Assert.Equal(1, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'mux_sweep_incomplete' and resolved_by is null"));
        }
        finally
        {
            portal.AddToApp = null;
            await portal.RestartHostAsync();
        }

        Task<IReadOnlyList<string>> IncompleteAsync() => portal.ListAsync("""
            select concat_ws(' ', dedup_key, severity, times, summary) from portal.alerts
             where resolved_at is null and kind = 'mux_sweep_incomplete'
            """);
    }
}
