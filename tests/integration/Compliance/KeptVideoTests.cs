using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>What people are told before retention takes a video, and how they keep it or get it back.</summary>
public sealed class KeptVideoTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static int made;
    private DateTimeOffset began;

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Two_weeks_before_a_video_goes_its_people_are_told_once_and_not_a_day_sooner()
    {
        var asset = await VideoAsync();
        await DayAsync(164);
        Assert.Empty(await ToldAsync(asset));
        await DayAsync(167);
        Assert.Equal(["admin", "agency"], await ToldAsync(asset));
        var mail = Assert.Single(
            await portal.InboxOfAsync("agency"), m => m.Subject == $"“Reel {made}” will be deleted unless you keep it");
        Assert.Contains("/assets/" + asset, mail.Html, StringComparison.OrdinalIgnoreCase);

        await DayAsync(180);
        Assert.Equal(("ready", 1), (await StatusAsync(asset), await EventsAsync(asset, "asset_expiring")));
        await DayAsync(182);
        Assert.Equal("archived", await StatusAsync(asset));
    }

    [Fact]
    public async Task However_old_it_is_a_video_stays_for_two_weeks_after_its_people_were_told()
    {
        var asset = await VideoAsync();
        await DayAsync(400);
        Assert.Equal(("ready", 1), (await StatusAsync(asset), await EventsAsync(asset, "asset_expiring")));
        await DayAsync(413);
        Assert.Equal("ready", await StatusAsync(asset));
        await DayAsync(415);
        Assert.Equal("archived", await StatusAsync(asset));
    }

    [Fact]
    public async Task Who_keeps_it_makes_its_age_count_anew()
    {
        var asset = await VideoAsync();
        await DayAsync(170);
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/keep")).Expect(200);
        Assert.Equal(1, await EventsAsync(asset, "asset_kept"));
        await DayAsync(190);
        await DayAsync(334);
        Assert.Equal(("ready", 1), (await StatusAsync(asset), await EventsAsync(asset, "asset_expiring")));
        await DayAsync(338);
        Assert.Equal(2, await EventsAsync(asset, "asset_expiring"));
        await DayAsync(353);
        Assert.Equal("archived", await StatusAsync(asset));
        Assert.Equal("nothing-to-keep", (await portal.As("agency").PostAsync($"/api/assets/{asset}/keep")).Expect(409).ProblemType);
        Assert.Equal(404, (await portal.As("other-admin").PostAsync($"/api/assets/{asset}/keep")).Code);
    }

    [Fact]
    public async Task An_Admin_restores_it_for_thirty_days_and_it_plays_again()
    {
        var (early, late) = (await VideoAsync(), await VideoAsync());
        await DayAsync(167);
        await DayAsync(182);
        Assert.Equal(("archived", "archived"), (await StatusAsync(early), await StatusAsync(late)));
        (await portal.As("agency").PostAsync($"/api/assets/{early}/playback")).Expect(409);
        Assert.Equal(403, (await portal.As("agency").PostAsync($"/api/assets/{early}/restore")).Code);

        await DayAsync(210);
        await portal.AddVersionAsync(early, 2, "archived");
        (await portal.As("admin").PostAsync($"/api/assets/{early}/restore")).Expect(200);
        Assert.Equal(["1 ready", "2 archived"], await portal.ListAsync(
            "select number || ' ' || status from portal.asset_versions where asset_id = @early order by 1", new { early }));
        (await portal.As("agency").PostAsync($"/api/assets/{early}/playback")).Expect(200);
        Assert.Equal("nothing-to-restore", (await portal.As("admin").PostAsync($"/api/assets/{early}/restore")).Expect(409).ProblemType);
        await DayAsync(213);
        Assert.Equal("ready", await StatusAsync(early));
        Assert.Equal("nothing-to-restore", (await portal.As("admin").PostAsync($"/api/assets/{late}/restore")).Expect(409).ProblemType);
        Assert.Equal(["asset_restored"], await portal.ListAsync(
            "select action from portal.audit_log where entity_id = @early and action like 'asset_restored'", new { early }));
    }

    private async Task<Guid> VideoAsync()
    {
        began = portal.Clock.GetUtcNow();
        var upload = await portal.UploadReadyAsync(await portal.NewProjectAsync(), $"crew{(made++ % TestPeople.Crew) + 1}");
        var asset = Guid.Parse(upload.Text("assetId"));
        await portal.As("agency").ChangeAsync($"/api/assets/{asset}", new { title = $"Reel {made}" });
        return asset;
    }

    /// <summary>So many days after the video came: its maker is active, and the daily run is over.</summary>
    private async Task DayAsync(int day)
    {
        portal.Clock.AdvanceTo(began.AddDays(day));
        for (var crew = 1; crew <= TestPeople.Crew; crew++)
        {
            await portal.DoAsync("""
                insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, occurred_at)
                values (gen_random_uuid(), @tenant, 'user', @who, 'acted', 'test', gen_random_uuid(), @now)
                """, new { tenant = TestPeople.Tenant, who = TestPeople.UserId($"crew{crew}").ToString(), now = portal.Clock.GetUtcNow() });
        }

        await portal.RunTimerAsync("PruneRetention");
        await portal.DeliverAsync();
    }

    private async Task<IReadOnlyList<string>> ToldAsync(Guid asset)
    {
        var told = new List<string>();
        foreach (var person in new[] { "admin", "agency" })
        {
            if ((await portal.ToldAsync(person, "asset_expiring")).Contains(asset))
            {
                told.Add(person);
            }
        }

        return told;
    }

    private Task<long> EventsAsync(Guid asset, string type) => portal.ScalarAsync<long>(
        "select count(*) from portal.events where type = @type and aggregate_id = @asset", new { type, asset });

    private Task<string> StatusAsync(Guid asset) =>
        portal.ScalarAsync<string>("select status from portal.asset_versions where asset_id = @asset and number = 1", new { asset });
}
