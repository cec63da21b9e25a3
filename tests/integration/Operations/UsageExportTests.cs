using System.Globalization;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portal.Foundation.Timers;
using Portal.LocalVendors;
using Portal.Operations.Costs;
using Portal.Tests.Support;
using Portal.Vendors.Mux;

namespace Portal.Tests.Integration.Operations;

/// <summary>A portal with a token of the account's system.</summary>
public sealed class ExportingPortal : IAsyncLifetime
{
    public TestPortal Portal { get; } = new()
    {
        Overrides = new Dictionary<string, string?>
        {
            ["Mux:SystemTokenId"] = "local-mux-system-token",
            ["Mux:SystemTokenSecret"] = "local-mux-system-secret",
        },
    };

    public Task InitializeAsync() => Portal.InitializeAsync();

    public Task DisposeAsync() => Portal.DisposeAsync();
}

/// <summary>What Mux says in its files of usage takes the place of what was counted here, once each, and what it cannot say changes
/// nothing.</summary>
public sealed class UsageExportTests(ExportingPortal fixture) : IClassFixture<ExportingPortal>, IAsyncLifetime
{
    private readonly TestPortal portal = fixture.Portal;
    private DateOnly month;
    private Guid project;

    public async Task InitializeAsync()
    {
        // Each test has a month of its own, and no file says anything of those before.
        portal.Mux.Faults.Clear();
        await portal.ResetAsync();
        var now = portal.Clock.GetUtcNow();
        month = new DateOnly(now.Year, now.Month, 1).AddMonths(2);
        portal.Clock.AdvanceTo(At(month, 0));
        await portal.DoAsync("""
            delete from portal.usage_days;
            delete from portal.usage_counts;
            delete from vendors.mux_deliveries;
            update vendors.mux_assets set created_at = @before, ready_at = @before, deleted_at = @before;
            update portal.asset_versions set status = 'archived', purged_at = coalesce(purged_at, @now);
            insert into portal.usage_counts (day, counted_at, delivered_at, settled)
            select d::date, @now, @now, true from generate_series(@from::date, @month::date - 1, interval '1 day') d
            """, new { now = portal.Clock.GetUtcNow(), from = month.AddDays(-31), month, before = At(month.AddDays(-60), 0) });
        portal.Clock.AdvanceTo(At(month, 10));
        project = await portal.NewProjectAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_month_of_files_is_what_Mux_says_and_what_was_counted_here_to_the_second()
    {
        var days = DateTime.DaysInMonth(month.Year, month.Month);
        Video? first = null, kept = null;
        for (var day = 1; day <= days; day++)
        {
            portal.Clock.AdvanceTo(At(month.AddDays(day - 1), 14));
            switch (day)
            {
                case 1:
                    first = await VideoAsync(await portal.UploadReadyAsync(project));
                    break;
                case 4:
                    kept = await VideoAsync(await portal.UploadReadyAsync(project, "crew1", Mp4Sample.Clip(7.5, 1920, 1080)));
                    break;
                case 20:
                    await portal.DoAsync("""
                        update portal.asset_versions set status = 'archived', purged_at = @now where id = @Version;
                        update vendors.mux_assets set deleted_at = @now where id = @Mux
                        """, new { now = portal.Clock.GetUtcNow(), kept!.Version, kept.Mux });
                    break;
            }

            foreach (var video in new[] { first, kept }.OfType<Video>())
            {
                await PlayedAsync(video, At(month.AddDays(day - 1), 0), 60.5 * day);
                await PlayedAsync(video, At(month.AddDays(day), 0).AddMilliseconds(-1), 30.25, "2160p");
            }

            portal.Clock.AdvanceTo(At(month.AddDays(day), 12).AddMinutes(45));
            await portal.Host.RunTimerAsync("MeasureUsage");
        }

        var costs = await ReadAsync();

        // Mux's own truth.
        var delivered = await portal.ScalarAsync<double>("select sum(seconds) from vendors.mux_deliveries");
        Near(delivered, await SecondsAsync("delivered"));
        Near(first!.Duration + kept!.Duration, await SecondsAsync("encoded"));
        var end = At(month.AddMonths(1), 0);
        Near(
            (first.Duration * (end - At(month, 14)).TotalDays)
                + (kept.Duration * (At(month.AddDays(19), 14) - At(month.AddDays(3), 14)).TotalDays),
            await SecondsAsync("stored"));

        // And what the portal had counted, of each video, metric and tier, before the file took its place.
        foreach (var metric in new[] { "encoded", "stored", "delivered" })
        {
            Assert.Equal(0, await portal.ScalarAsync<long>(
                $"select count(*) from portal.usage_days where not replaced and source = 'portal' and metric = '{metric}'"));
            var own = await ListAsync($"""
                select asset_version_id || ' ' || coalesce(tier, '') || ' ' || round(sum(quantity)) from portal.usage_days
                 where replaced and metric = '{metric}' group by asset_version_id, tier order by 1
                """);
            Assert.Equal(own, await ListAsync($"""
                select asset_version_id || ' ' || coalesce(tier, '') || ' ' || round(sum(quantity)) from portal.usage_days
                 where source = 'mux_export' and metric = '{metric}' and quantity > 0 group by asset_version_id, tier order by 1
                """));
        }

        // In the answer: minutes by tier, and who counted each day.
        Near(delivered / 60, Quantity(costs, "delivered"));
        Assert.Equal(["720p", "1080p", "2160p"], Tiers(costs, "delivered"));
        Assert.Equal(["720p", "1080p"], Tiers(costs, "stored"));
        Assert.Equal(days, costs.Field("days").AsArray().Count);
        Assert.All(costs.Field("days").AsArray(), day => Assert.Equal("mux_export", day!["source"]!.ToString()));
    }

    [Fact]
    public async Task A_row_that_comes_late_and_one_that_is_corrected_count_once_and_one_that_goes_gives_ours_back()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        var other = await VideoAsync(await portal.UploadReadyAsync(project, "crew1"));
        await PlayedAsync(video, At(month, 11), 100);
        await PlayedAsync(other, At(month, 11), 40);

        // Of an original Mux has no word: it counts, and its day is Mux's all the same.
        await portal.DoAsync(
            "update portal.upload_jobs set blob_url = 'https://blob.example/x', bytes_at = @at where asset_version_id = @Version",
            new { at = At(month, 11), other.Version });
        Alter(text => Without(text, video.Mux));
        await MeasureAsync(1);
        Assert.Equal((100m, 40m, "both"), (await SecondsOfAsync(video), await SecondsOfAsync(other), await SourceAsync()));
        Assert.Equal(["encoded", "stored"], await ReplacedAsync(other));
        Assert.Empty(await ReplacedAsync(video));

        // Late, and not as we counted. Twice the same changes nothing.
        Alter(text => text.Replace(",100,", ",105,", StringComparison.Ordinal));
        await MeasureAsync(2);
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal((105m, 40m, "mux_export"), (await SecondsOfAsync(video), await SecondsOfAsync(other), await SourceAsync()));
        Assert.DoesNotContain("originals", await ReplacedAsync(other));

        // Three days after, one of the same size was read for the last time.
        Alter(text => text.Replace(",100,", ",106,", StringComparison.Ordinal));
        await MeasureAsync(3);
        Assert.Equal(106m, await SecondsOfAsync(video));
        Alter(text => text.Replace(",100,", ",107,", StringComparison.Ordinal));
        await MeasureAsync(4);
        Assert.Equal(106m, await SecondsOfAsync(video));
        Alter(text => text.Replace(",100,", ",107.5,", StringComparison.Ordinal));
        await MeasureAsync(5);
        Assert.Equal(107.5m, await SecondsOfAsync(video));

        // It was not played, says Mux.
        Alter(text => text.Replace(",100,", ",0,", StringComparison.Ordinal));
        await MeasureAsync(6);
        Assert.Equal((0m, "mux_export"), (await SecondsOfAsync(video), await SourceAsync()));

        Alter(text => Without(text, video.Mux));
        await MeasureAsync(7);
        Assert.Equal((100m, 40m, "both"), (await SecondsOfAsync(video), await SecondsOfAsync(other), await SourceAsync()));

        // Files of other days name it: this one's does not.
        Assert.Empty(await ReplacedAsync(video));
    }

    [Fact]
    public async Task What_Mux_says_of_playing_afterwards_does_not_count_beside_the_file()
    {
        var (video, other) = (
            await VideoAsync(await portal.UploadReadyAsync(project)), await VideoAsync(await portal.UploadReadyAsync(project, "crew1")));
        await PlayedAsync(video, At(month, 11), 100);
        Alter(text => Without(text.Replace(",100,", ",0,", StringComparison.Ordinal), other.Mux));
        await MeasureAsync(1);
        Assert.Equal(0m, await SecondsOfAsync(video));
        portal.Mux.Faults.NoUsageExports = true;
        await PlayedAsync(video, At(month, 11), 11);
        await PlayedAsync(other, At(month, 11), 7);

        await Assert.ThrowsAnyAsync<Exception>(() => MeasureAsync(2));

        Assert.Equal((0m, 7m), (await SecondsOfAsync(video), await SecondsOfAsync(other)));
        Assert.Equal(111m, await portal.ScalarAsync<decimal>(
            "select sum(quantity) from portal.usage_days where replaced and metric = 'delivered'"));
    }

    [Fact]
    public async Task Assets_of_nobody_and_cells_that_are_formulas_are_in_nobodys_figures()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await PlayedAsync(video, At(month, 11), 100);
        Alter(text => text.Replace(video.Mux + ",", "\"" + video.Mux + "\",", StringComparison.Ordinal)
            + $"elsewhere-1,other-environment,{TestPeople.Tenant},720p,9,9,9,9,9,9,9\r\n"
            + $"elsewhere-2,other-environment,{TestPeople.OtherTenant},720p,9,9,9,9,9,9,9\r\n"
            + "=cmd|' /C calc'!A0,\"=1+1\",\"a \"\"quoted\"\", cell\",720p,9,9,9,9,9,9,9\r\n");

        await MeasureAsync(1);

        Assert.Equal(100m, await SecondsOfAsync(video));
        Assert.Equal(100m, await SecondsAsync("delivered"));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.usage_days where tenant_id = @OtherTenant", new
        {
            TestPeople.OtherTenant,
        }));
        Assert.Equal("4 3", await portal.ScalarAsync<string>("""
            select (counts ->> 'exportedAssets') || ' ' || (counts ->> 'exportedAssetsOfNobody') from portal.timer_runs
             where timer = 'MeasureUsage' and error is null order by started_at desc limit 1
            """));
    }

    [Theory]
    [InlineData("asset_id,input_seconds,storage_seconds,watched_seconds\r\n", "for the seconds or minutes delivered")]
    [InlineData("", "it is empty")]
    [InlineData("asset_id,input_seconds,storage_seconds,delivery_seconds\r\na,=1+1,2,3\r\n", "line 2 has seconds that are no number")]
    public async Task A_file_that_cannot_be_read_fails_the_run_with_an_alert_and_loses_nothing(string text, string why)
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await PlayedAsync(video, At(month, 11), 100);
        await PlayedAsync(video, At(month.AddDays(1), 11), 70);
        portal.Mux.Faults.AlterUsageExport = (day, file) => day == month ? text : file;
        portal.Clock.AdvanceTo(At(month.AddDays(2), 12).AddMinutes(45));

        await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("MeasureUsage"));

        Assert.Contains(why, await ErrorAsync(), StringComparison.Ordinal);
        Assert.True(await portal.ScalarAsync<bool>(
            "select exists (select 1 from portal.alerts where kind = 'timer_failed' and dedup_key = 'MeasureUsage' and last_at > @month)",
            new { month }));
        Assert.Equal(170m, await SecondsOfAsync(video));
        Assert.Equal(["portal", "mux_export"], (await ReadAsync()).Field("days").AsArray().Select(d => d!["source"]!.ToString()));

        portal.Mux.Faults.AlterUsageExport = null;
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal((170m, "mux_export"), (await SecondsOfAsync(video), await SourceAsync()));
    }

    [Fact]
    public async Task An_account_without_such_files_is_said_so_and_asked_once_a_run()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await PlayedAsync(video, At(month, 11), 100);
        portal.Mux.Faults.NoUsageExports = true;
        var before = Asked();

        await Assert.ThrowsAnyAsync<Exception>(() => MeasureAsync(1));

        Assert.Equal(1, Asked() - before);
        var error = await ErrorAsync();
        Assert.Contains("Mux answered 403", error, StringComparison.Ordinal);
        Assert.Contains("Mux:SystemTokenId", error, StringComparison.Ordinal);
        Assert.Equal((100m, "portal"), (await SecondsOfAsync(video), await SourceAsync()));
    }

    [Fact]
    public async Task Without_a_token_nobody_is_asked()
    {
        using var http = new HttpClient();
        var exports = new MuxUsageExports(http, Options.Create(new MuxOptions { ApiUrl = portal.Mux.ApiUrl.ToString() }));
        var before = Asked();

        var counts = new RunCounts();
        await new ReadUsageExports(null!, exports, portal.Clock).RunAsync(counts, CancellationToken.None);

        Assert.Equal((0, 0), (Asked() - before, counts.Values.Count));
    }

    [Fact]
    public async Task A_link_that_has_ended_is_asked_for_anew_once()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await PlayedAsync(video, At(month, 11), 100);
        portal.Mux.Faults.EndedUsageLinks = 1;
        await MeasureAsync(1);
        Assert.Equal("mux_export", await SourceAsync());

        portal.Mux.Faults.EndedUsageLinks = 10;
        await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("MeasureUsage"));
        Assert.Contains("Mux answered 403", await ErrorAsync(), StringComparison.Ordinal);
        Assert.Equal((100m, "mux_export"), (await SecondsOfAsync(video), await SourceAsync()));
    }

    [Fact]
    public async Task What_is_away_hinders_nothing_else_and_the_next_run_makes_up_for_it()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await PlayedAsync(video, At(month, 11), 100);
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.Status(503), (_, path) => Has(path, "delivery-usage"));
        await Assert.ThrowsAnyAsync<Exception>(() => MeasureAsync(1));
        Assert.Equal((100m, "mux_export"), (await SecondsOfAsync(video), await SourceAsync()));

        await PlayedAsync(video, At(month.AddDays(1), 11), 70);
        portal.Clock.AdvanceTo(At(month.AddDays(2), 12).AddMinutes(45));
        foreach (var fault in new[] { ApiFault.ConnectionAbort, ApiFault.Status(500), ApiFault.Status(429) })
        {
            portal.Mux.Faults.FailNextApiCalls(1, fault, (_, path) => Has(path, $"{month.AddDays(1):yyyy-MM-dd}.csv"));
            await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("MeasureUsage"));
            Assert.Equal(["mux_export", "portal"], (await ReadAsync()).Field("days").AsArray().Select(d => d!["source"]!.ToString()));
            Assert.Equal(170m, await SecondsOfAsync(video));
        }

        foreach (var fault in new[] { ApiFault.Garbage, ApiFault.Status(500) })
        {
            portal.Mux.Faults.FailNextApiCalls(1, fault, (_, path) => Has(path, "/system/v1/usage-exports"));
            await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("MeasureUsage"));
        }

        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.All((await ReadAsync()).Field("days").AsArray(), d => Assert.Equal("mux_export", d!["source"]!.ToString()));
        Assert.Equal(170m, await SecondsOfAsync(video));
    }

    [Fact]
    public async Task Files_of_thirty_days_are_read_over_two_pages_and_none_before()
    {
        await portal.DoAsync("""
            insert into vendors.mux_assets (id, status, settings, test, created_at)
            values ('since-' || @month, 'ready', '{}', false, @since)
            """, new { month = $"{month:yyyy-MM}", since = At(month.AddDays(-40), 0) });

        portal.Clock.AdvanceTo(At(month, 13));
        await portal.Host.RunTimerAsync("MeasureUsage");

        Assert.Equal(
            $"{month.AddDays(-30):yyyy-MM-dd} {month.AddDays(-1):yyyy-MM-dd} 30",
            await portal.ScalarAsync<string>(
                "select min(day) || ' ' || max(day) || ' ' || count(*) from portal.usage_counts where exported_at is not null"));
    }

    [Fact]
    public async Task A_file_of_an_older_list_replaces_no_newer_one()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        var store = portal.Host.Services.GetRequiredService<UsageStore>();
        var now = portal.Clock.GetUtcNow();
        await portal.DoAsync("insert into portal.usage_counts (day, counted_at) values (@month, @now)", new { month, now });
        async Task<string> SaysAsync(int at, decimal seconds)
        {
            ExportedSeconds[] said = [new(video.Mux, "delivered", null, seconds), new("of-nobody", "delivered", null, 5)];
            var unknown = await store.ReplaceExportedAsync(month, said, (long)seconds * 100, now.AddSeconds(at), CancellationToken.None);
            var read = Assert.Single(await store.ExportedAsync(month, month, CancellationToken.None)).Bytes;
            return $"{await SecondsOfAsync(video):0} s of {read} bytes, {unknown} of nobody";
        }

        Assert.Equal("10 s of 1000 bytes, 1 of nobody", await SaysAsync(0, 10));
        Assert.Equal("10 s of 1000 bytes, 0 of nobody", await SaysAsync(-1, 20));
        Assert.Equal("30 s of 3000 bytes, 1 of nobody", await SaysAsync(0, 30));
        Assert.Equal("40 s of 4000 bytes, 1 of nobody", await SaysAsync(1, 40));
    }

    private async Task MeasureAsync(int days)
    {
        portal.Clock.AdvanceTo(At(month.AddDays(days), 12).AddMinutes(45));
        await portal.Host.RunTimerAsync("MeasureUsage");
    }

    /// <summary>Of the first of the month.</summary>
    private void Alter(Func<string, string> change) =>
        portal.Mux.Faults.AlterUsageExport = (day, text) => day == month ? change(text) : text;

    private int Asked() => portal.Mux.Requests.Count("GET", "/system/v1/usage-exports");

    private static bool Has(string path, string part) => path.Contains(part, StringComparison.Ordinal);

    private static string Without(string text, string asset) =>
        string.Join("\r\n", text.Split("\r\n").Where(line => !line.StartsWith(asset, StringComparison.Ordinal)));

    private async Task<string> SourceAsync() => (await ReadAsync()).Field("days")[0]!["source"]!.ToString();

    private async Task<Answer> ReadAsync() =>
        (await portal.As("admin").FetchAsync($"/api/costs?month={month:yyyy-MM}")).Expect(200);

    private Task<string> ErrorAsync() => portal.ScalarAsync<string>("""
        select error from portal.timer_runs where timer = 'MeasureUsage' and error is not null order by started_at desc limit 1
        """);

    private async Task<Video> VideoAsync(Answer upload)
    {
        await using var connection = await portal.OpenAsync();
        return await connection.QuerySingleAsync<Video>("""
            select v.id as version, v.mux_asset_id as mux, v.duration_s as duration
              from portal.upload_jobs j join portal.asset_versions v on v.id = j.asset_version_id where j.id = @id
            """, new { id = upload.Id });
    }

    private Task PlayedAsync(Video video, DateTimeOffset at, double seconds, string? tier = null) => portal.DoAsync(
        "insert into vendors.mux_deliveries (asset_id, at, seconds, tier) values (@Mux, @at, @seconds, @tier)",
        new { video.Mux, at, seconds, tier });

    /// <summary>What was counted here of it on the first of the month, and counts no more.</summary>
    private Task<IReadOnlyList<string>> ReplacedAsync(Video video) => portal.ListAsync("""
        select metric from portal.usage_days
         where replaced and metric <> 'delivered' and day = @month and asset_version_id = @Version order by 1
        """, new { month, video.Version });

    private Task<decimal> SecondsOfAsync(Video video) => portal.ScalarAsync<decimal>("""
        select coalesce(sum(quantity), 0) from portal.usage_days
         where metric = 'delivered' and asset_version_id = @Version and not replaced
        """, new { video.Version });

    private Task<decimal> SecondsAsync(string metric) => portal.ScalarAsync<decimal>(
        "select coalesce(sum(quantity), 0) from portal.usage_days where metric = @metric and not replaced and day >= @month",
        new { metric, month });

    private async Task<IReadOnlyList<string>> ListAsync(string sql)
    {
        await using var connection = await portal.OpenAsync();
        return (await connection.QueryAsync<string>(sql)).AsList();
    }

    private static JsonNode Metric(Answer costs, string metric) =>
        costs.Field("metrics").AsArray().Single(m => m!["metric"]!.ToString() == metric)!;

    private static decimal Quantity(Answer costs, string metric) =>
        decimal.Parse(Metric(costs, metric)["quantity"]!.ToJsonString(), CultureInfo.InvariantCulture);

    private static IEnumerable<string> Tiers(Answer costs, string metric) =>
        Metric(costs, metric)["tiers"]!.AsArray().Select(tier => tier!["tier"]!.ToString());

    private static void Near(double expected, decimal actual) => Assert.InRange((double)actual, expected - 0.5, expected + 0.5);

    private static DateTimeOffset At(DateOnly day, int hour) => new(day, new TimeOnly(hour, 0), TimeSpan.Zero);

    private sealed record Video(Guid Version, string Mux, double Duration);
}
