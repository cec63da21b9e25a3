using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>How playback goes for people, as those on call read it.</summary>
public sealed class PlaybackTelemetryTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await portal.ResetAsync();

        // Each test has its own half year; then nothing that is said falls into another day.
        portal.Clock.Advance(TimeSpan.FromDays(180));
        var now = portal.Clock.GetUtcNow();
        portal.Clock.Advance(TimeSpan.FromHours(36) - now.TimeOfDay);
        if (await portal.ScalarAsync<long>("select count(*) from portal.asset_versions") == 0)
        {
            await portal.UploadReadyAsync(await portal.NewProjectAsync());
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_day_has_its_playbacks_failures_start_up_and_rebuffering()
    {
        await SayAsync(0, 1, "started", startup: 100);
        await SayAsync(0, 1, "ended", rebuffers: 0);
        await SayAsync(0, 2, "started", startup: 300);
        await SayAsync(0, 2, "failed", code: "network");
        await SayAsync(0, 2, "ended", rebuffers: 2);
        await SayAsync(0, 3, "failed", code: "media");
        await SayAsync(0, 4, "failed", code: "network");
        await SayAsync(0, 5, "ended", rebuffers: 1);
        await SayAsync(0, 6, "ended", rebuffers: 0);
        await SayAsync(6, 7, "failed", code: "other");
        await SayAsync(7, 8, "started", startup: 9);

        var items = (await ReadAsync("")).Field("items").AsArray();

        Assert.Equal([Day(0), Day(6)], items.Select(item => item!["day"]!.ToString()));
        var today = items[0]!;
        Assert.Equal(
            "4 2 3 0.75 4 0.5",
            $"{today["playbacks"]} {today["started"]} {today["failed"]} {today["failedShare"]} {today["ended"]} "
                + $"{today["rebufferedShare"]}");
        Assert.Equal("""{"p50":200,"p95":290}""", today["startup"]!.ToJsonString());
        Assert.Equal("""[{"code":"network","times":2},{"code":"media","times":1}]""", today["errors"]!.ToJsonString());
        var first = items[1]!;
        Assert.Equal((1, 1.0), (first["playbacks"]!.GetValue<int>(), first["failedShare"]!.GetValue<double>()));
        Assert.Null(first["startup"]);
        Assert.Null(first["rebufferedShare"]);

        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("<summary>2 started, 4 failed</summary>", page, StringComparison.Ordinal);
        Assert.Contains("4 playbacks, 3 failed (75 %) · network 2 · media 1.", page, StringComparison.Ordinal);
        Assert.Contains("started after 0.2 s, p95 0.29 s · 2 of 4 stood still to load (50 %)", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_31_days_at_most_today_is_the_last()
    {
        await SayAsync(0, 1, "started", startup: 1);
        await SayAsync(1, 2, "started", startup: 1);
        await SayAsync(30, 3, "started", startup: 1);
        await SayAsync(31, 4, "started", startup: 1);

        Assert.Equal([Day(0)], await DaysAsync("?days=1"));
        Assert.Equal([Day(0), Day(1)], await DaysAsync("?days=30"));
        Assert.Equal([Day(0), Day(1), Day(30)], await DaysAsync("?days=31"));
        foreach (var wrong in new[] { "0", "32", "x" })
        {
            (await portal.As("operator").FetchAsync($"/api/ops/playback?days={wrong}")).Expect(400);
        }
    }

    [Fact]
    public async Task A_playback_that_fails_counts_against_the_objective_in_its_minute()
    {
        await SayAsync(0, 1, "started", startup: 1);
        await SayAsync(0, 1, "ended", rebuffers: 0);
        await SayAsync(0, 2, "started", startup: 1);
        await SayAsync(0, 3, "failed", code: "other");
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await SayAsync(0, 2, "failed", code: "network");
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Host.RunTimerAsync("WatchObjectives");

        Assert.Equal(["2/3", "0/1"], await portal.ListAsync("""
            select good || '/' || total from portal.objective_minutes where objective = 'playback_errors' and minute > @since
             order by minute
            """, new { since = portal.Clock.GetUtcNow().AddHours(-1) }));
        var objective = (await portal.As("operator").FetchAsync("/api/ops/objectives")).Expect(200).Json!["items"]!.AsArray()
            .Single(item => item!["name"]!.ToString() == "playback_errors")!;
        Assert.Equal("0.99", objective["target"]!.ToString());
    }

    private async Task<Answer> ReadAsync(string query) =>
        (await portal.As("operator").FetchAsync($"/api/ops/playback{query}")).Expect(200);

    private async Task<IEnumerable<string>> DaysAsync(string query) =>
        (await ReadAsync(query)).Field("items").AsArray().Select(item => item!["day"]!.ToString());

    private string Day(int ago) => portal.Clock.GetUtcNow().AddDays(-ago).ToString("yyyy-MM-dd", null);

    /// <summary>A row so many days ago, of the playback with that number.</summary>
    private async Task SayAsync(int ago, int playback, string type, int? startup = null, int? rebuffers = null, string? code = null)
    {
        await using var connection = await portal.OpenAsync();
        var written = await connection.ExecuteAsync("""
            insert into portal.playback_events (tenant_id, playback_session_id, type, asset_version_id, watched_through, agent_family,
               startup_ms, rebuffers, rebuffer_ms, error_code, minute)
            select tenant_id, md5(@playback || date_trunc('hour', @now)::text)::uuid, @type, id, 'share_link', 'Chrome', @startup,
                   @rebuffers, @rebuffers * 500, @code, date_trunc('minute', @now - make_interval(days => @ago))
              from portal.asset_versions order by id limit 1
            """, new { ago, playback = $"{playback} ", type, startup, rebuffers, code, now = portal.Clock.GetUtcNow() });
        Assert.Equal(1, written);
    }
}
