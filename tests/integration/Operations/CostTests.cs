using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portal.Foundation.Db;
using Portal.LocalVendors;
using Portal.Operations.Costs;
using Portal.Tests.Support;
using Portal.Vendors.Mux;

namespace Portal.Tests.Integration.Operations;

/// <summary>What is used is what our rows and the local Mux say, and what it costs is that at the prices of each day.</summary>
public sealed class CostTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly Dictionary<string, decimal> Prices = new()
    {
        ["encoded"] = 0m,
        ["stored"] = 0.003m,
        ["delivered"] = 0.001m,
        ["originals"] = 0.023m,
        ["mails"] = 0.0004m,
    };

    private DateOnly month;
    private Guid project;

    private DateTimeOffset Now => portal.Clock.GetUtcNow();

    private int DaysInMonth => DateTime.DaysInMonth(month.Year, month.Month);

    public async Task InitializeAsync()
    {
        // Each test has a month of its own, and what was there before is not counted in it.
        await portal.ResetAsync();
        await portal.DoAsync("""
            delete from portal.usage_days;
            delete from portal.usage_counts;
            delete from vendors.mux_deliveries;
            update portal.upload_jobs set blob_url = null;
            update portal.asset_versions set status = 'archived', purged_at = coalesce(purged_at, @now)
            """, new { now = Now });
        var next = new DateOnly(Now.Year, Now.Month, 1).AddMonths(2);
        portal.Clock.AdvanceTo(At(next, 0).AddDays(-1).AddHours(13));
        await portal.Host.RunTimerAsync("MeasureUsage");
        month = next;
        portal.Clock.AdvanceTo(At(month, 10));
        project = await portal.NewProjectAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_month_of_two_tenants_reconciles_with_Mux_to_the_second_and_is_money_at_the_prices()
    {
        var otherProject = (await portal.As("other-admin").PostAsync("/api/projects", new { name = "Elsewhere" })).Expect(201).Id;
        var second = await portal.NewProjectAsync("Second film");
        Video? first = null, kept = null, foreign = null;
        for (var day = 1; day <= DaysInMonth; day++)
        {
            portal.Clock.AdvanceTo(At(month.AddDays(day - 1), 14));
            switch (day)
            {
                case 2:
                    first = await VideoAsync(await portal.UploadReadyAsync(project));
                    break;
                case 5:
                    var blob = (await portal.AskUploadAsync(second, "crew1", "blob")).Expect(201);
                    await portal.SendBytesAsync(blob);
                    await portal.UntilAsync(blob.Id, "ready");
                    kept = await VideoAsync(blob);
                    break;
                case 9:
                    foreign = await VideoAsync(await portal.UploadReadyAsync(otherProject, "other-admin"));
                    break;
                case 21:
                    await portal.DoAsync(
                        "update portal.asset_versions set status = 'archived', purged_at = @at where id = @id",
                        new { at = Now, id = kept!.Version });
                    await portal.DoAsync("update portal.upload_jobs set blob_url = null where asset_version_id = @id", new { id = kept.Version });
                    break;
            }

            // Also in the first and in the last second of a day.
            foreach (var (video, n) in new[] { first, kept, foreign }.OfType<Video>().Select((video, n) => (video, n)))
            {
                await PlayedAsync(video, At(month.AddDays(day - 1), 0), (day * 7.25) + n);
                await PlayedAsync(video, At(month.AddDays(day - 1), 15 + n), 13.5 * (n + 1));
                await PlayedAsync(video, At(month.AddDays(day), 0).AddMilliseconds(-1), 0.125 * day);
            }

            portal.Clock.AdvanceTo(At(month.AddDays(day), 12).AddMinutes(45));
            await portal.DeliverAsync();
            await portal.Host.RunTimerAsync("MeasureUsage");
        }

        var mux = await AtMuxAsync();
        var own = mux[first!.Mux] + mux[kept!.Mux];
        Assert.All(new[] { first, kept, foreign! }, video => Assert.True(mux[video.Mux] > 500));

        var costs = await ReadAsync("admin");

        Assert.Equal((Text(month), Text(month.AddDays(DaysInMonth - 1))), (costs.Text("from"), costs.Text("to")));
        Assert.Equal(
            ($"{DaysInMonth}", Text(month.AddDays(DaysInMonth - 1)), "USD"),
            (costs.Text("countedDays"), costs.Text("countedThrough"), costs.Text("currency")));
        Assert.Equal(
            ["encoded", "stored", "delivered", "originals", "mails"], Items(costs, "metrics").Select(m => m["metric"]!.ToString()));
        Near(own / 60, Quantity(costs, "delivered"));
        Assert.Equal((decimal)own, await SecondsAsync(first.Version, kept.Version));
        Assert.Equal((decimal)mux[foreign!.Mux], await SecondsAsync(foreign.Version));
        Near((first.Duration + kept.Duration) / 60, Quantity(costs, "encoded"));
        var (end, gone) = (At(month.AddMonths(1), 0), At(month.AddDays(20), 14));
        Near(
            ((first.Duration * (end - first.ReadyAt).TotalDays) + (kept.Duration * (gone - kept.ReadyAt).TotalDays)) / 60 / DaysInMonth,
            Quantity(costs, "stored"));

        // Of the day on which an original goes nothing is known any more.
        Near(kept.Bytes * (At(month.AddDays(20), 0) - kept.BytesAt!.Value).TotalDays / 1e9 / DaysInMonth, Quantity(costs, "originals"));
        Near(await MailsAsync(TestPeople.Tenant), Quantity(costs, "mails"));
        Assert.True(Quantity(costs, "mails") > 0);

        // Money: each amount is the quantity at its price, and the parts are the whole.
        foreach (var metric in Items(costs, "metrics"))
        {
            Near((double)(Number(metric, "quantity") * Prices[metric["metric"]!.ToString()]), (double)Number(metric, "usd"));
        }

        Assert.Equal(Items(costs, "metrics").Sum(m => Number(m, "usd")), Number(costs.Json!, "usd"));
        Assert.Equal(Number(costs.Json!, "usd"), Number(costs.Json!, "forecastUsd"));
        Near((double)Number(costs.Json!, "usd"), (double)(Items(costs, "projects").Sum(p => Number(p, "usd")) + Usd(costs, "mails")));
        Assert.Equal(
            Items(costs, "projects").Select(p => Number(p, "usd")).OrderDescending(),
            Items(costs, "projects").Select(p => Number(p, "usd")));
        Assert.Equal(
            new[] { project, second }.Order(), Items(costs, "projects").Select(p => Guid.Parse(p["projectId"]!.ToString())).Order());
        Assert.Equal(
            new[] { first.Asset, kept.Asset }.Order(), Items(costs, "videos").Select(v => Guid.Parse(v["assetId"]!.ToString())).Order());

        // The other tenant's Admin sees theirs, and nothing of this one.
        var theirs = await ReadAsync("other-admin");
        Near(mux[foreign.Mux] / 60, Quantity(theirs, "delivered"));
        Assert.Equal($"{foreign.Asset}", Assert.Single(Items(theirs, "videos"))["assetId"]!.ToString());
        Assert.All(
            new[] { first.Asset, kept.Asset, project, second },
            id => Assert.DoesNotContain(id.ToString(), theirs.Body, StringComparison.Ordinal));
        foreach (var person in new[] { "agency", "client", "compliance", "operator" })
        {
            Assert.Equal(403, (await portal.As(person).FetchAsync("/api/costs")).Code);
        }

        await AsOperatorsSeeItAsync(costs, theirs, mux.Values.Sum());
    }

    [Fact]
    public async Task Of_a_day_counts_what_lay_there_and_was_sent_from_its_first_moment_until_before_the_next_ones()
    {
        var (start, end) = (At(month.AddDays(2), 0), At(month.AddDays(3), 0));
        var second = TimeSpan.FromSeconds(1);
        var instant = TimeSpan.FromMicroseconds(1);
        var videos = new Dictionary<string, Video>();
        (string Name, DateTimeOffset ReadyAt, DateTimeOffset? PurgedAt)[] cases =
        [
            ("from its start", start, null), ("in its last moment", end - instant, null), ("after it", end, null),
            ("until its start", At(month, 12), start), ("until a second after", At(month, 12), start + second),
            ("ready and gone at once", start, start), ("no job any more", start - second, null), ("bytes before", At(month, 12), null),
            ("bytes at its end", At(month, 12), null), ("bytes of an unknown moment", At(month, 12), null),
        ];
        foreach (var (name, at, gone) in cases)
        {
            var video = await VideoAsync(await portal.UploadReadyAsync(project, $"crew{(videos.Count / 5) + 4}"));
            videos[name] = video;
            await portal.DoAsync("""
                update portal.asset_versions set duration_s = 86400, size_bytes = 86400, created_at = @at, status = @status,
                       archived_at = @gone, purged_at = @gone where id = @Version;
                update portal.upload_jobs set ready_at = @at, created_at = @before where asset_version_id = @Version;
                """, new { at, gone, status = gone is null ? "ready" : "archived", before = end - second, video.Version });
        }

        await portal.DoAsync("delete from portal.upload_jobs where asset_version_id = @Version", new { videos["no job any more"].Version });
        foreach (var (name, at) in new (string, DateTimeOffset?)[]
                 { ("bytes before", start - second), ("bytes at its end", end), ("bytes of an unknown moment", null) })
        {
            await portal.DoAsync(
                "update portal.upload_jobs set blob_url = 'https://blob.example/x', bytes_at = @at where asset_version_id = @Version",
                new { at, videos[name].Version });
        }

        await portal.DoAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (@other, @OtherTenant, 'test', @other, 'test', '{}', @end);
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, done_at,
                   created_at)
            select gen_random_uuid(), @OtherTenant, @other, 'test', @other, 1, m.channel, m.recipient, m.status, m.at, @start
              from (values ('email', 'first', 'sent', @start), ('email', 'last', 'sent', @end - interval '1 microsecond'),
                           ('email', 'early', 'sent', @start - interval '1 microsecond'), ('email', 'late', 'sent', @end),
                           ('email', 'failed', 'failed', @start), ('webhook', 'other', 'sent', @start))
                   as m (channel, recipient, status, at)
            """, new { other = Guid.NewGuid(), TestPeople.OtherTenant, start, end });

        await portal.DoAsync("select portal.count_usage(@day)", new { day = DateOnly.FromDateTime(start.UtcDateTime) });

        async Task<IReadOnlyList<string>> OfAsync(string name) => await TextsAsync("""
            select metric || ' ' || trim_scale(quantity) from portal.usage_days
             where day = '{day}' and asset_version_id = any (@ids) order by 1
            """.Replace("{day}", Text(month.AddDays(2)), StringComparison.Ordinal), videos[name].Version);
        Assert.Equal(["encoded 86400", "stored 86400"], await OfAsync("from its start"));
        Assert.Equal(["encoded 86400", "stored 0.000001"], await OfAsync("in its last moment"));
        Assert.Empty(await OfAsync("after it"));
        Assert.Empty(await OfAsync("until its start"));
        Assert.Equal(["stored 1"], await OfAsync("until a second after"));
        Assert.Equal(["encoded 86400"], await OfAsync("ready and gone at once"));
        Assert.Equal(["stored 86400"], await OfAsync("no job any more"));
        Assert.Equal(["originals 86400", "stored 86400"], await OfAsync("bytes before"));
        Assert.Equal(["stored 86400"], await OfAsync("bytes at its end"));
        Assert.Equal(["originals 1", "stored 86400"], await OfAsync("bytes of an unknown moment"));
        Assert.Equal(2m, await portal.ScalarAsync<decimal>(
            "select quantity from portal.usage_days where metric = 'mails' and tenant_id = @OtherTenant and day = @day",
            new { TestPeople.OtherTenant, day = DateOnly.FromDateTime(start.UtcDateTime) }));
    }

    [Fact]
    public async Task A_day_is_counted_once_and_what_Mux_says_late_replaces_until_three_days_after()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await PlayedAsync(video, At(month, 11), 100);
        await PlayedAsync(video, At(month, 20), 50);

        // Mux is twelve hours late: half an hour after midnight it knows what was played until half past twelve.
        portal.Clock.AdvanceTo(At(month.AddDays(1), 0).AddMinutes(30));
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(100m, await SecondsAsync(video.Version));
        var own = await RowsAsync("metric <> 'delivered'");

        portal.Clock.AdvanceTo(At(month.AddDays(1), 12).AddMinutes(45));
        await portal.Host.RunTimerAsync("MeasureUsage");
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(150m, await SecondsAsync(video.Version));
        Assert.Equal(own, await RowsAsync("metric <> 'delivered'"));
        var all = await RowsAsync("true");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Measure().RunAsync(CancellationToken.None)));
        Assert.Equal(all, await RowsAsync("true"));

        // A correction, downwards; a second before three days are over it still counts, and then no more.
        await portal.DoAsync("delete from vendors.mux_deliveries where seconds = 50");
        portal.Clock.AdvanceTo(At(month.AddDays(4), 0).AddSeconds(-1));
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(100m, await SecondsAsync(video.Version));
        Assert.False(await portal.ScalarAsync<bool>("select settled from portal.usage_counts where day = @month", new { month }));

        portal.Clock.AdvanceTo(At(month.AddDays(4), 0));
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.True(await portal.ScalarAsync<bool>("select settled from portal.usage_counts where day = @month", new { month }));
        await PlayedAsync(video, At(month, 21), 7);
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(100m, await SecondsAsync(video.Version));
    }

    [Fact]
    public async Task While_Mux_is_away_the_rest_is_counted_and_the_next_run_makes_up_for_it_over_many_pages()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await PlayedAsync(video, At(month, 11), 60.5);

        // Of nobody here, and more than a page of them: they are in no tenant's figures.
        await portal.DoAsync("""
            insert into vendors.mux_assets (id, status, settings, test, created_at)
            select 'stranger-' || @month || n, 'ready', '{}', false, @at from generate_series(1, 250) as n;
            insert into vendors.mux_deliveries (asset_id, at, seconds)
            select 'stranger-' || @month || n, @at, 1000 - n from generate_series(1, 250) as n
            """, new { month = Text(month), at = At(month, 12) });
        portal.Clock.AdvanceTo(At(month.AddDays(1), 13));
        portal.Mux.Faults.FailNextApiCalls(
            1, ApiFault.Status(503), (_, path) => path.Contains("delivery-usage", StringComparison.Ordinal));

        await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("MeasureUsage"));

        Assert.Equal(0m, await SecondsAsync(video.Version));
        Assert.Contains($"stored {video.Version}", string.Join('\n', await RowsAsync("true")), StringComparison.Ordinal);
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(60.5m, await SecondsAsync(video.Version));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.usage_days where metric = 'delivered'"));
        var strangers = Enumerable.Range(1, 250).Sum(n => 1000 - n);
        Assert.Equal(strangers, await portal.ScalarAsync<long>("""
            select (counts ->> 'deliveredSecondsOfNobody')::bigint from portal.timer_runs where timer = 'MeasureUsage'
               and error is null order by started_at desc limit 1
            """));
    }

    [Fact]
    public async Task Days_that_were_missed_are_counted_for_thirty_days_and_no_more()
    {
        await portal.DoAsync("delete from portal.usage_counts");
        await portal.Host.RunTimerAsync("MeasureUsage");

        var today = DateOnly.FromDateTime(Now.UtcDateTime);
        Assert.Equal(
            (today.AddDays(-30), today.AddDays(-1), 30),
            await RowAsync<(DateOnly, DateOnly, int)>("select min(day), max(day), count(*)::integer from portal.usage_counts"));
    }

    [Fact]
    public async Task Month_to_date_and_forecast_go_by_the_days_that_were_counted()
    {
        await portal.DoAsync("delete from portal.usage_counts");
        var before = await ReadAsync("admin");
        Assert.Equal(("0", null), (before.Text("countedDays"), before.Json!["countedThrough"]));
        Assert.Null(before.Json["forecastUsd"]);

        var asset = await VideoAsync(await portal.UploadReadyAsync(project));
        await SeedAsync(asset, "delivered", month, 6000);
        await SeedAsync(asset, "delivered", month.AddDays(1), 6000);

        // Neighbours: the last day of the month before, and the first of the one after.
        await SeedAsync(asset, "delivered", month.AddDays(-1), 60_000);
        await SeedAsync(asset, "delivered", month.AddMonths(1), 60_000);
        await portal.DoAsync("""
            insert into portal.usage_counts (day, counted_at) values (@first, @now), (@second, @now), (@before, @now), (@after, @now)
            """, new
        {
            first = month,
            second = month.AddDays(1),
            before = month.AddDays(-1),
            after = month.AddMonths(1),
            now = Now,
        });

        var costs = await ReadAsync("admin");
        Assert.Equal(("2", Text(month.AddDays(1))), (costs.Text("countedDays"), costs.Text("countedThrough")));
        Assert.Equal(0.2m, Number(costs.Json!, "usd"));
        Assert.Equal(decimal.Round(0.2m * DaysInMonth / 2, 6), Number(costs.Json!, "forecastUsd"));
        var video = Assert.Single(Items(costs, "videos"));
        Assert.Equal((0.2m, Number(costs.Json!, "forecastUsd")), (Number(video, "usd"), Number(video, "forecastUsd")));

        var last = (await portal.As("admin").FetchAsync($"/api/costs?month={month.AddMonths(-1):yyyy-MM}")).Expect(200);
        Assert.Equal(1m, Number(last.Json!, "usd"));
        Assert.Equal(400, (await portal.As("admin").FetchAsync($"/api/costs?month={month.AddMonths(1):yyyy-MM}")).Code);

        // On /ops, by ids.
        var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        var section = page[page.IndexOf("data-part=\"costs\"", StringComparison.Ordinal)..];
        var whole = $"{(0.2m * DaysInMonth / 2).ToString("0.00", CultureInfo.InvariantCulture)} USD for the whole month";
        Assert.All(
            ["0.20 USD", whole, $"{TestPeople.Tenant}", "delivered 0.20 USD"],
            text => Assert.Contains(text, section, StringComparison.Ordinal));
        Assert.DoesNotContain("Cut one", section, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_price_holds_from_its_day_on()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        await SeedAsync(video, "delivered", month.AddDays(8), 600);
        await SeedAsync(video, "delivered", month.AddDays(9), 600);
        await SeedAsync(video, "delivered", month.AddDays(10), 600);
        var options = new CostOptions { Prices = { ["delivered"] = $"0.1, 0.5 from {Text(month.AddDays(9))}, 2 from 2999-01-01" } };
        using var query = new CostQuery(portal.Services.GetRequiredService<PortalDb>(), Options.Create(options), portal.Clock);

        var costs = await query.OfTenantAsync(new(TestPeople.Tenant), new(month), CancellationToken.None);

        Assert.Equal((30m, 11m), (costs.Metrics.Single(m => m.Metric == "delivered") is var m ? m.Quantity : 0, m.Usd));
        Assert.Equal(11m, Assert.Single(costs.Projects).Usd);
    }

    [Fact]
    public async Task What_is_used_is_counted_by_tier()
    {
        var small = await VideoAsync(await portal.UploadReadyAsync(project, "crew1"));
        var large = await VideoAsync(await portal.UploadReadyAsync(project, "crew2", Mp4Sample.Clip(4, 1920, 1080)));
        Assert.Equal(["1080p", "720p"], await TextsAsync(
            "select resolution_tier from portal.asset_versions where id = any (@ids) order by 1", small.Version, large.Version));
        await PlayedAsync(large, At(month, 11), 60);
        await PlayedAsync(large, At(month, 11), 30.5, "720p");
        await PlayedAsync(large, At(month, 11), 10, "audio-only");

        portal.Clock.AdvanceTo(At(month.AddDays(1), 12).AddMinutes(45));
        await portal.Host.RunTimerAsync("MeasureUsage");

        Assert.Equal(["720p encoded", "720p stored"], await TextsAsync(
            "select tier || ' ' || metric from portal.usage_days where asset_version_id = any (@ids) order by 1", small.Version));
        Assert.Equal(
            ["1080p delivered 60", "1080p encoded 4", "1080p stored 2", "720p delivered 31", "audio_only delivered 10"],
            await TextsAsync("""
                select tier || ' ' || metric || ' ' || round(quantity) from portal.usage_days
                 where asset_version_id = any (@ids) order by 1
                """, large.Version));
        var delivered = Items(await ReadAsync("admin"), "metrics").Single(m => m["metric"]!.ToString() == "delivered");
        Assert.Equal(
            ["audio_only", "720p", "1080p"], delivered["tiers"]!.AsArray().Select(tier => tier!["tier"]!.ToString()));
        Assert.Equal(
            Number(delivered, "quantity"), delivered["tiers"]!.AsArray().Sum(tier => Number(tier!, "quantity")));
    }

    [Theory]
    [InlineData(1280, 720, null, "720p")]
    [InlineData(1281, 720, null, "1080p")]
    [InlineData(3840, 2160, null, "1080p")]
    [InlineData(3840, 2160, "1440p", "1440p")]
    [InlineData(640, 360, "2160p", "2160p")]
    [InlineData(null, null, "audio_only", "audio_only")]
    [InlineData(null, null, null, "none")]
    public async Task A_version_has_the_tier_that_Mux_says_or_else_that_of_its_pixels_up_to_what_Mux_stores(
        int? width, int? height, string? said, string tier)
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project, "crew3"));
        await portal.DoAsync(
            "update portal.asset_versions set width = @width, height = @height, resolution_tier = @said where id = @Version",
            new { width, height, said, video.Version });

        portal.Clock.AdvanceTo(At(month.AddDays(1), 12).AddMinutes(45));
        await portal.Host.RunTimerAsync("MeasureUsage");

        Assert.Equal([$"encoded {tier}", $"stored {tier}"], await TextsAsync(
            "select metric || ' ' || coalesce(tier, 'none') from portal.usage_days where asset_version_id = any (@ids) order by 1",
            video.Version));
    }

    [Fact]
    public async Task Each_tier_has_its_price_from_its_day_on_and_one_without_has_the_metrics()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        foreach (var (tier, day, quantity) in new[]
                 { ("720p", 8, 600), ("1080p", 8, 600), ("2160p", 8, 600), ("2160p", 9, 600), (null, 9, 600) })
        {
            await SeedAsync(video, "delivered", month.AddDays(day), quantity, tier);
        }

        async Task<IEnumerable<string>> PricedAsync(Dictionary<string, string> prices)
        {
            using var query = new CostQuery(
                portal.Services.GetRequiredService<PortalDb>(), Options.Create(new CostOptions { Prices = prices }), portal.Clock);
            var costs = await query.OfTenantAsync(new(TestPeople.Tenant), new(month), CancellationToken.None);
            return costs.Metrics.Single(m => m.Metric == "delivered").Tiers.Select(
                t => string.Create(CultureInfo.InvariantCulture, $"{t.Tier} {t.Quantity:0.##} {t.Usd:0.##}"));
        }

        var prices = new CostOptions().Prices;
        prices["delivered"] = "0.1";
        Assert.Equal([" 10 1", "720p 10 1", "1080p 10 1", "2160p 20 2"], await PricedAsync(prices));
        prices["delivered_1080p"] = "0.2";
        prices["delivered_2160p"] = $"0.5, 2 from {Text(month.AddDays(9))}";
        Assert.Equal([" 10 1", "720p 10 1", "1080p 10 2", "2160p 20 25"], await PricedAsync(prices));
    }

    [Fact]
    public async Task Of_many_videos_the_twenty_that_cost_most_are_told()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        var assets = (await Task.WhenAll(Enumerable.Range(1, 21).Select(async n =>
        {
            var id = Guid.CreateVersion7();
            await portal.DoAsync("""
                insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
                select @id, tenant_id, project_id, 'Cut ' || @n, created_by, @now, @now from portal.assets where id = @asset
                """, new { id, n, asset = video.Asset, now = Now });
            await SeedAsync(video with { Asset = id, Version = Guid.CreateVersion7() }, "delivered", month, n * 60);
            return id;
        }))).Reverse().ToList();

        var told = Items(await ReadAsync("admin"), "videos").Select(v => Guid.Parse(v["assetId"]!.ToString()));

        Assert.Equal(assets.Take(20), told);
    }

    [Theory]
    [InlineData("2026-13")]
    [InlineData("2026-00")]
    [InlineData("1999-12")]
    [InlineData("2026-1")]
    [InlineData("Nov2026")]
    public async Task A_month_that_is_none_is_refused_by_name(string text)
    {
        foreach (var (person, path) in new[]
                 { ("admin", "/api/costs"), ("operator", "/api/ops/costs"), ("operator", "/api/ops/costs.csv") })
        {
            var answer = (await portal.As(person).FetchAsync($"{path}?month={text}")).Expect(400);
            Assert.Equal("month", answer.Field("errors")[0]!["rule"]!.ToString());
        }
    }

    [Fact]
    public async Task A_new_video_names_its_tenant_at_Mux_and_nobody_and_nothing_else()
    {
        var blob = (await portal.AskUploadAsync(project, "crew2", "blob")).Expect(201);
        await portal.SendBytesAsync(blob);
        await portal.UntilAsync(blob.Id, "ready");
        foreach (var upload in new[] { await portal.UploadReadyAsync(project, "crew3"), blob })
        {
            Assert.Equal($$"""{"creator_id": "{{TestPeople.Tenant}}"}""", await portal.ScalarAsync<string>("""
                select m.meta::text from vendors.mux_assets m join portal.upload_jobs j on j.mux_asset_id = m.id where j.id = @id
                """, new { id = upload.Id }));
        }
    }

    /// <summary>Two runs may ask Mux at the same time, and the one that asked first may write last.</summary>
    [Fact]
    public async Task An_older_answer_of_Mux_replaces_no_newer_one_and_none_a_settled_day()
    {
        var video = await VideoAsync(await portal.UploadReadyAsync(project));
        var store = portal.Host.Services.GetRequiredService<UsageStore>();
        await portal.DoAsync("insert into portal.usage_counts (day, counted_at) values (@month, @Now)", new { month, Now });
        async Task<string> SaysAsync(int at, double seconds, bool settled = false)
        {
            DeliveredAsset[] said = [new(video.Mux, seconds, []), new("of-nobody", 5, [])];
            var unknown = await store.ReplaceDeliveredAsync(month, said, Now.AddSeconds(at), settled, CancellationToken.None);
            return $"{await SecondsAsync(video.Version):0} s, {unknown:0} s of nobody";
        }

        Assert.Equal("10 s, 5 s of nobody", await SaysAsync(0, 10));
        Assert.Equal("10 s, 0 s of nobody", await SaysAsync(-1, 20));
        Assert.Equal("30 s, 5 s of nobody", await SaysAsync(0, 30));
        Assert.Equal("40 s, 5 s of nobody", await SaysAsync(1, 40, settled: true));
        Assert.Equal("40 s, 0 s of nobody", await SaysAsync(2, 50));
        Assert.Equal("40 s, 0 s of nobody", await SaysAsync(3, 60, settled: true));
    }

    private async Task AsOperatorsSeeItAsync(Answer costs, Answer theirs, double delivered)
    {
        foreach (var path in new[] { "/api/ops/costs", "/api/ops/costs.csv" })
        {
            Assert.Equal(403, (await portal.As("admin").FetchAsync(path)).Code);
            Assert.Equal(401, (int)(await portal.Anonymous.GetAsync(path)).StatusCode);
        }

        var all = (await portal.As("operator").FetchAsync($"/api/ops/costs?month={month:yyyy-MM}")).Expect(200);
        var tenants = Items(all, "items").ToDictionary(t => Guid.Parse(t["tenantId"]!.ToString()));
        Assert.Equal(Number(costs.Json!, "usd"), Number(tenants[TestPeople.Tenant], "usd"));
        Assert.Equal(Number(theirs.Json!, "usd"), Number(tenants[TestPeople.OtherTenant], "usd"));
        Assert.Equal(
            costs.Field("metrics").ToJsonString(), tenants[TestPeople.Tenant]["metrics"]!.ToJsonString());
        Assert.Equal(tenants.Values.Sum(t => Number(t, "usd")), Number(all.Json!, "usd"));
        Assert.Equal($"{tenants.Count}", all.Text("tenants"));
        Assert.DoesNotContain("Second film", all.Body, StringComparison.Ordinal);

        using var answer = await portal.As("operator").GetAsync($"/api/ops/costs.csv?month={month:yyyy-MM}");
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"costs-{month:yyyy-MM}.csv", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        var csv = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync());
        Assert.EndsWith("\r\n", csv, StringComparison.Ordinal);
        var lines = csv.Split("\r\n")[..^1];
        Assert.Equal("month,tenant_id,metric,unit,quantity,usd,tier", lines[0]);
        Assert.All(lines, line => Assert.Matches("^[a-z0-9_.,-]+$", line));
        Assert.Equal(
            decimal.Round((decimal)delivered / 60, 4),
            decimal.Round(lines.Select(line => line.Split(',')).Where(f => f[2] == "delivered").Sum(f => Parse(f[4])), 4));
        Assert.Equal(Number(all.Json!, "usd"), lines.Skip(1).Sum(line => Parse(line.Split(',')[5])));
    }

    private MeasureUsage Measure() => portal.Services.GetRequiredService<MeasureUsage>();

    private async Task<Answer> ReadAsync(string person) =>
        (await portal.As(person).FetchAsync($"/api/costs?month={month:yyyy-MM}")).Expect(200);

    private async Task<Video> VideoAsync(Answer upload) => await RowAsync<Video>("""
        select v.id as version, v.asset_id as asset, a.project_id as project, a.tenant_id as tenant, v.mux_asset_id as mux,
               v.duration_s as duration, v.size_bytes as bytes, j.ready_at, j.bytes_at
          from portal.upload_jobs j join portal.asset_versions v on v.id = j.asset_version_id join portal.assets a on a.id = v.asset_id
         where j.id = @id
        """, new { id = upload.Id });

    private Task PlayedAsync(Video video, DateTimeOffset at, double seconds, string? tier = null) => portal.DoAsync(
        "insert into vendors.mux_deliveries (asset_id, at, seconds, tier) values (@Mux, @at, @seconds, @tier)",
        new { video.Mux, at, seconds, tier });

    private Task SeedAsync(Video video, string metric, DateOnly day, double quantity, string? tier = null) => portal.DoAsync("""
        insert into portal.usage_days (tenant_id, day, metric, tier, project_id, asset_id, asset_version_id, quantity)
        values (@Tenant, @day, @metric, @tier, @Project, @Asset, @Version, @quantity)
        """, new { video.Tenant, day, metric, tier, video.Project, video.Asset, video.Version, quantity });

    private async Task<IReadOnlyList<string>> TextsAsync(string sql, params Guid[] ids)
    {
        await using var connection = await portal.OpenAsync();
        return (await connection.QueryAsync<string>(sql, new { ids })).AsList();
    }

    private Task<decimal> SecondsAsync(params Guid[] versions) => portal.ScalarAsync<decimal>("""
        select coalesce(sum(quantity), 0) from portal.usage_days where metric = 'delivered' and asset_version_id = any (@versions)
        """, new { versions });

    private async Task<double> MailsAsync(Guid tenant) => await portal.ScalarAsync<long>("""
        select count(*) from portal.deliveries
         where tenant_id = @tenant and channel = 'email' and status = 'sent' and done_at >= @from and done_at < @until
        """, new { tenant, from = At(month, 0), until = At(month.AddMonths(1), 0) });

    /// <summary>What the local Mux itself says of the whole month, by asset.</summary>
    private async Task<Dictionary<string, double>> AtMuxAsync()
    {
        using var http = new HttpClient();
        var token = Convert.ToBase64String("local-mux-token:local-mux-secret"u8);
        var query = $"timeframe[]={At(month, 0).ToUnixTimeSeconds()}&timeframe[]={At(month.AddMonths(1), 0).ToUnixTimeSeconds()}";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(portal.Mux.ApiUrl, $"/video/v1/delivery-usage?{query}"))
        {
            Headers = { { "Authorization", $"Basic {token}" } },
        };
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonNode.Parse(body)!["data"]!.AsArray().ToDictionary(
            row => row!["asset_id"]!.ToString(), row => row!["delivered_seconds"]!.GetValue<double>());
    }

    private async Task<IReadOnlyList<string>> RowsAsync(string where)
    {
        await using var connection = await portal.OpenAsync();
        return (await connection.QueryAsync<string>($"""
            select day || ' ' || metric || ' ' || coalesce(asset_version_id::text, 'none') || ' ' || quantity from portal.usage_days
             where {where} order by 1
            """)).AsList();
    }

    private async Task<T> RowAsync<T>(string sql, object? args = null)
    {
        await using var connection = await portal.OpenAsync();
        return await connection.QuerySingleAsync<T>(sql, args);
    }

    private static IEnumerable<JsonNode> Items(Answer answer, string name) => answer.Field(name).AsArray().Select(item => item!);

    private static double Quantity(Answer costs, string metric) =>
        (double)Number(Items(costs, "metrics").Single(m => m["metric"]!.ToString() == metric), "quantity");

    private static decimal Usd(Answer costs, string metric) =>
        Number(Items(costs, "metrics").Single(m => m["metric"]!.ToString() == metric), "usd");

    private static decimal Number(JsonNode node, string name) => Parse(node[name]!.ToJsonString());

    private static decimal Parse(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static void Near(double expected, double actual) => Assert.InRange(actual, expected - 0.00001, expected + 0.00001);

    private static DateTimeOffset At(DateOnly day, int hour) => new(day, new TimeOnly(hour, 0), TimeSpan.Zero);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private sealed record Video(
        Guid Version, Guid Asset, Guid Project, Guid Tenant, string Mux, double Duration, long Bytes, DateTimeOffset ReadyAt,
        DateTimeOffset? BytesAt);
}
