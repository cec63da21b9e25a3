using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portal.Foundation.Outages;
using Portal.Operations.Objectives;
using Portal.Operations.Probes;
using Portal.Tests.Support;
using Portal.Vendors;

namespace Portal.Tests.Integration.Operations;

/// <summary>
/// Once a minute the app opens a share link through its own address and fetches the playlist, and what came of it is counted, told and
/// shown; nothing that counts people takes it for one.
/// </summary>
public sealed class ProbeTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Playlist = "#EXTM3U\n";
    private SetHost host = null!;
    private Answer link = null!;
    private Guid asset;

    public async Task InitializeAsync()
    {
        host = await SetHost.StartAsync();
        await portal.ForgetIncidentsAsync();
        await DoAsync("""
            truncate portal.probe_runs, portal.objective_minutes, portal.request_figures, portal.switches, portal.vendor_circuits;
            delete from portal.alerts
            """);
        portal.Services.GetRequiredService<RequestFigures>().Take();
        portal.Clock.Advance(TimeSpan.FromDays(40));
        asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), "crew1")).Text("assetId"));
        link = await portal.ShareAsync(asset);
    }

    public async Task DisposeAsync()
    {
        foreach (var name in new[] { "Probe:ShareLinkId", "Limits:AddressesPerLink" })
        {
            portal.Settings.Remove(name);
        }

        portal.Settings["Mail:ApiUrl"] = portal.Address.ToString();
        portal.Settings["Mux:StreamUrl"] = portal.Mux.StreamUrl.ToString();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_probe_plays_as_one_viewer_and_counts_for_its_own_objective_alone()
    {
        await OnAsync();
        portal.Services.GetRequiredService<RequestFigures>().Take();
        await ProbeAsync();
        await ProbeAsync();
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        await ProbeAsync();

        Assert.Equal(["played", "played", "played"], await RunsAsync());
        Assert.Equal(["1 unknown", "3 robot"], await portal.ListAsync(
            "select minted || ' ' || agent_family from portal.share_viewers where share_link_id = @id order by 1", new { id = link.Id }));
        Assert.Equal(2, await portal.ScalarAsync<int>("select opens from portal.share_links where id = @id", new { id = link.Id }));
        Assert.Equal(2, await portal.ScalarAsync<long>(
            "select count(*) from portal.events where type = 'share_link_opened' and aggregate_id = @id", new { id = link.Id }));
        Assert.Equal(4, await portal.ScalarAsync<long>(
            "select count(*) from portal.playback_audit where share_link_id = @id", new { id = link.Id }));

        // One of the four opens was somebody's.
        await portal.Services.GetRequiredService<FlushRequestFigures>().RunAsync(default);
        Assert.Equal(["1"], await portal.ListAsync("select sum(requests) from portal.request_figures where function = 'OpenShareLink'"));
        await WatchAsync();
        Assert.Equal(
            ["playback_availability 1/1", "playback_success 1/1", "share_open_latency 1/1", "synthetic_playback 3/3"],
            await CountedAsync("'playback_availability', 'playback_success', 'share_open_latency', 'synthetic_playback'"));
    }

    [Fact]
    public async Task Of_many_instances_one_probes_in_a_minute()
    {
        await OnAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.RunTimerAsync("ProbePlayback")));

        Assert.Equal(["played"], await RunsAsync());
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.playback_audit where share_link_id = @id", new { id = link.Id }));
    }

    [Fact]
    public async Task Without_its_setting_nothing_is_probed_and_the_page_says_how_it_is_switched_on()
    {
        await portal.RestartHostAsync();
        await portal.RunTimerAsync("ProbePlayback");

        Assert.Empty(await RunsAsync());
        var answer = (await portal.As("operator").FetchAsync("/api/ops/probe")).Expect(200);
        Assert.Equal("""{"on":false,"shareLinkId":null,"limitMs":5000,"items":[]}""", answer.Body);
        Assert.Contains("set <span class=\"id\">Probe:ShareLinkId</span> to its id", await PartAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("canary")]
    [InlineData("https://portal.example/s/a-token-in-a-setting")]
    [InlineData("{01234567-89ab-7cde-8f01-23456789abcd}")]
    public void A_setting_that_is_no_id_stops_the_start(string value)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(portal.Settings)
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Probe:ShareLinkId"] = value }).Build());
        services.AddLogging();
        services.AddPortalCore();
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal(["Probe:ShareLinkId must be the id of a share link, or empty."], fault.Failures);
    }

    [Theory]
    [InlineData("revoked", "refused open 403")]
    [InlineData("expired", "refused open 403")]
    [InlineData("passphrase", "refused open 401")]
    [InlineData("share_links switched off", "failed open 503")]
    [InlineData("not there", "no_link")]
    [InlineData("Mux's circuit open", "played")]
    public async Task What_a_guest_would_come_to_is_what_is_kept(string how, string came)
    {
        link = how == "passphrase" ? await portal.ShareAsync(asset, new { passphrase = "correct horse battery" }) : link;
        await OnAsync(how == "not there" ? Guid.NewGuid().ToString() : link.Id.ToString());
        switch (how)
        {
            case "revoked":
                (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
                break;
            case "expired":
                portal.Clock.Advance(TimeSpan.FromDays(7));
                break;
            case "share_links switched off":
                (await portal.As("operator").PostAsync(
                    "/api/ops/switches",
                    new { target = "share_links", reason = "Drill", until = portal.Clock.GetUtcNow().AddMinutes(30) })).Expect(200);
                portal.Clock.Advance(KnownOutages.Fresh);
                break;
            case "Mux's circuit open":
                await portal.Services.GetRequiredService<VendorCircuitStore>().NoteAsync(VendorCircuit.Mux, true, default);
                portal.Clock.Advance(KnownOutages.Fresh);
                break;
        }

        await ProbeAsync();

        Assert.Equal([came], await RunsAsync());
        await WatchAsync();
        Assert.Equal([$"synthetic_playback {(came == "played" ? 1 : 0)}/1"], await CountedAsync("'synthetic_playback'"));
    }

    [Theory]
    [InlineData(500, "failed playlist 500")]
    [InlineData(403, "refused playlist 403")]
    [InlineData(302, "refused playlist 302")]
    [InlineData(0, "unreachable playlist")]
    [InlineData(200, "unreadable playlist", "<html>")]
    [InlineData(200, "played", Playlist)]
    [InlineData(200, "played", Playlist, OpenAsGuest.MostBytes)]
    [InlineData(200, "unreadable playlist", Playlist, OpenAsGuest.MostBytes + 1)]
    public async Task Mux_is_asked_for_the_playlist_that_a_player_would_fetch_first(
        int status, string came, string body = "", int length = 0)
    {
        var asked = new ConcurrentBag<string>();
        host.Answer = async context =>
        {
            asked.Add($"{context.Request.Path.Value!.Split('.')[^1]} {context.Request.Headers["Portal-Viewer"].Count}");
            if (status == 0)
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = status;
            context.Response.Headers.Location = status == 302 ? "/elsewhere.m3u8" : default;
            await context.Response.WriteAsync(body.PadRight(length, '\n'));
        };
        portal.Settings["Mux:StreamUrl"] = host.Address;
        await OnAsync();
        await ProbeAsync();

        Assert.Equal([came], await RunsAsync());

        // Whose key the viewer's is, is no business of Mux.
        Assert.Equal(["m3u8 0"], asked);
    }

    [Theory]
    [InlineData("not JSON", "unreadable open")]
    [InlineData("[]", "unreadable open")]
    [InlineData("""{"playbackUrl":7}""", "unreadable open")]
    [InlineData("""{"playbackUrl":"https://elsewhere.example/x.m3u8"}""", "unreadable open")]
    public async Task An_answer_that_is_none_of_a_link_that_opened_is_bad(string body, string came)
    {
        host.Answer = context => context.Response.WriteAsync(body);
        portal.Settings["Mail:ApiUrl"] = host.Address;
        await OnAsync();
        await ProbeAsync();

        Assert.Equal([came], await RunsAsync());
    }

    [Theory]
    [InlineData("Mail:ApiUrl", "timed_out open 5000")]
    [InlineData("Mux:StreamUrl", "timed_out playlist 5000")]
    public async Task After_five_seconds_it_has_taken_too_long(string silent, string came)
    {
        var asked = new TaskCompletionSource();
        host.Answer = context =>
        {
            asked.TrySetResult();
            return SetHost.SilenceAsync(context);
        };
        portal.Settings[silent] = host.Address;
        await OnAsync();
        var probing = portal.RunTimerAsync("ProbePlayback");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        portal.Clock.Advance(OpenAsGuest.Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(probing.IsCompleted);
        portal.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await probing.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal([came], await portal.ListAsync(
            "select outcome || ' ' || step || ' ' || took_ms from portal.probe_runs"));
    }

    [Fact]
    public async Task A_probe_that_the_end_of_the_app_cuts_short_counts_for_nothing()
    {
        var asked = new TaskCompletionSource();
        host.Answer = context =>
        {
            asked.TrySetResult();
            return SetHost.SilenceAsync(context);
        };
        portal.Settings["Mux:StreamUrl"] = host.Address;
        await OnAsync();
        using var stopping = new CancellationTokenSource();
        var probing = portal.Services.GetRequiredService<ProbePlayback>().RunAsync(stopping.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([""], await RunsAsync());
        // Two of before stay: one that played, and one that nobody ended.
        await DoAsync("""
            insert into portal.probe_runs (minute, started_at, outcome, took_ms)
            select minute - interval '1 minute', started_at, 'played', 5 from portal.probe_runs
             union all
            select minute - interval '2 minutes', started_at - interval '2 minutes', null, null from portal.probe_runs
            """);
        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probing);
        Assert.Equal(["", "played"], (await RunsAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_probe_that_never_ended_is_bad_once_two_minutes_are_over()
    {
        await OnAsync();
        await DoAsync("insert into portal.probe_runs (minute, started_at) values (date_trunc('minute', @now), date_trunc('minute', @now))");
        await WatchAsync();
        Assert.Empty(await CountedAsync("'synthetic_playback'"));
        Assert.Equal([null], await OutcomesAsync());

        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await WatchAsync();
        Assert.Equal(["synthetic_playback 0/1"], await CountedAsync("'synthetic_playback'"));
        Assert.Equal(["lost"], await OutcomesAsync());
        Assert.Contains("Began and never ended", await PartAsync(), StringComparison.Ordinal);

        // Nor does the next one end it.
        await ProbeAsync();
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.probe_runs where outcome is null"));
    }

    [Fact]
    public async Task Five_bad_minutes_page_and_four_do_not()
    {
        host.Answer = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        portal.Settings["Mux:StreamUrl"] = host.Address;
        await OnAsync();
        for (var minute = 1; minute <= 4; minute++)
        {
            await ProbeAsync();
        }

        await portal.RunTimerAsync("WatchObjectives");
        Assert.Empty(await portal.ListAsync("select id::text from portal.incidents"));
        await ProbeAsync();
        await portal.RunTimerAsync("WatchObjectives");
        await portal.DeliverAsync();
        var incident = Assert.Single(await portal.ListAsync("select id || ' ' || kind || ' ' || dedup_key from portal.incidents"));
        Assert.EndsWith(" error_budget_breach synthetic_playback", incident, StringComparison.Ordinal);
        Assert.Equal("triggered", Assert.Single(await portal.PagerDuty.IncidentsAsync(incident.Split(' ')[0])).Status);
        var part = await PartAsync();
        Assert.Contains("The playlist at Mux was answered 503", part, StringComparison.Ordinal);
        Assert.Contains("0/5", part, StringComparison.Ordinal);

        // The last failure leaves the window of half an hour, though nothing is probed any more.
        portal.Clock.Advance(TimeSpan.FromMinutes(31));
        await portal.RunTimerAsync("WatchObjectives");
        Assert.Equal(["resolved"], await portal.ListAsync("select status from portal.incidents"));
    }

    [Fact]
    public async Task That_each_instance_has_an_address_of_its_own_is_no_unusual_use()
    {
        portal.Settings["Limits:AddressesPerLink"] = "2";
        await OnAsync();
        await ProbeAsync();
        await AlsoFromAsync("robot");
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await portal.ListAsync("select kind from portal.alerts where kind = 'link_with_many_addresses'"));

        // Who else has the link counts as ever.
        (await portal.ElsewhereOf(link).OpenAsync()).Expect(200);
        await AlsoFromAsync("unknown");
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal(
            [link.Id.ToString()],
            await portal.ListAsync("select dedup_key from portal.alerts where kind = 'link_with_many_addresses'"));
    }

    [Fact]
    public async Task The_link_is_kept_alive_while_it_is_active()
    {
        await OnAsync();
        var end = await EndAsync();
        portal.Clock.Advance(end - ProbePlayback.ExtendAhead - portal.Clock.GetUtcNow() - TimeSpan.FromMinutes(1));
        await portal.RunTimerAsync("ProbePlayback");
        Assert.Equal(end, await EndAsync());

        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.RunTimerAsync("ProbePlayback");
        Assert.Equal(portal.Clock.GetUtcNow() + TimeSpan.FromDays(7), await EndAsync());
        Assert.Equal(["played", "played"], await RunsAsync());
        Assert.Equal(["system probe"], await portal.ListAsync(
            "select actor_kind || ' ' || actor_id from portal.audit_log where action = 'share_link_extended' and entity_id = @id",
            new { id = link.Id }));

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        end = await EndAsync();
        portal.Clock.Advance(TimeSpan.FromDays(6));
        await portal.RunTimerAsync("ProbePlayback");
        Assert.Equal(end, await EndAsync());
        Assert.Equal(
            ["revoked"], await portal.ListAsync("select status from portal.share_links where id = @id", new { id = link.Id }));
    }

    [Fact]
    public async Task The_token_is_in_no_span()
    {
        var spans = new ConcurrentBag<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => spans.Add($"{span.DisplayName} {string.Join(' ', span.TagObjects.Select(tag => tag.Value))}"),
        };
        await OnAsync();
        ActivitySource.AddActivityListener(listener);
        await ProbeAsync();

        Assert.Equal(["played"], await RunsAsync());
        Assert.DoesNotContain(spans, span => span.Contains(link.Text("token"), StringComparison.Ordinal));
    }

    private async Task OnAsync(string? id = null)
    {
        portal.Settings["Probe:ShareLinkId"] = id ?? link.Id.ToString();
        await portal.RestartHostAsync();
    }

    private async Task ProbeAsync()
    {
        await portal.RunTimerAsync("ProbePlayback");
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
    }

    /// <summary>The minute that is running is over.</summary>
    private async Task WatchAsync()
    {
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.RunTimerAsync("WatchObjectives");
    }

    private Task<IReadOnlyList<string>> RunsAsync() => portal.ListAsync(
        "select concat_ws(' ', outcome, step, status) from portal.probe_runs order by minute");

    private Task<IReadOnlyList<string>> CountedAsync(string objectives) => portal.ListAsync($"""
        select objective || ' ' || sum(good) || '/' || sum(total) from portal.objective_minutes where objective in ({objectives})
         group by objective order by objective
        """);

    private async Task<IReadOnlyList<string?>> OutcomesAsync() =>
    [
        .. (await portal.As("operator").FetchAsync("/api/ops/probe")).Expect(200).Field("items").AsArray()
            .Select(item => item!["outcome"]?.ToString()),
    ];

    private async Task<string> PartAsync()
    {
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        return page[page.IndexOf("id=\"probe\"", StringComparison.Ordinal)..].Split("</section>")[0];
    }

    private Task<DateTimeOffset> EndAsync() => portal.ScalarAsync<DateTimeOffset>(
        "select expires_at from portal.share_links where id = @id", new { id = link.Id });

    /// <summary>That viewer comes from two addresses more.</summary>
    private Task AlsoFromAsync(string agent) => DoAsync($"""
        insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family, request_id,
               minted_at, token_expires_at)
        select gen_random_uuid(), p.tenant_id, p.asset_version_id, p.share_link_id, p.viewer_id, sha256(n::text::bytea), p.agent_family,
               'again', p.minted_at, p.token_expires_at
          from portal.playback_audit p cross join generate_series(1, 2) n
         where p.share_link_id = '{link.Id}' and p.agent_family = '{agent}'
        """);

    private Task DoAsync(string sql) => portal.DoAsync(sql, new { now = portal.Clock.GetUtcNow() });
}
