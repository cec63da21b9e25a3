using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Videos;

/// <summary>What players say of playbacks, and that nothing is kept of who watches.</summary>
public sealed class PlaybackEventTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    /// <summary>As navigator.sendBeacon sends a string.</summary>
    private const string Beacon = "text/plain;charset=UTF-8";

    private static Guid asset;

    private static string NewSession => Guid.NewGuid().ToString();

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync())).Text("assetId"));
        }

        await portal.DoAsync("delete from portal.playback_events");

        // To the minute, and with seconds that are not kept.
        var now = portal.Clock.GetUtcNow();
        portal.Clock.Advance(TimeSpan.FromSeconds(90 - now.Second));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_guests_player_says_each_thing_once_and_the_first_word_counts()
    {
        var guest = await OpenedAsync();
        var session = NewSession;
        (await guest.SayAsync(Started(session, 420), Beacon)).Expect(204);
        (await guest.SayAsync(Started(session, 9000), Beacon)).Expect(204);
        (await guest.SayAsync(Failed(session, "network"), "application/json")).Expect(204);
        (await guest.SayAsync(Failed(session, "media"), "text/plain")).Expect(204);
        (await guest.SayAsync(Ended(session, 2, 1500), "application/json;charset=utf-8")).Expect(204);
        (await guest.SayAsync(Ended(session, 3, 2500), Beacon)).Expect(204);
        (await guest.SayAsync(Started(NewSession, 500), Beacon)).Expect(204);

        var minute = portal.Clock.GetUtcNow().AddSeconds(-portal.Clock.GetUtcNow().Second);
        Assert.Equal(
            [
                "ended - 2 1500 - share_link unknown 1", "failed - - - network share_link unknown 1",
                "started 420 - - - share_link unknown 1", "started 500 - - - share_link unknown 1",
            ],
            await RowsAsync());
        Assert.Equal(
            [minute.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)],
            await portal.ListAsync("select distinct extract(epoch from minute)::bigint::text from portal.playback_events"));
    }

    [Fact]
    public async Task Nothing_of_a_person_is_kept_whatever_they_said_to_being_measured()
    {
        // A row has these columns and no others: none of them is, or leads to, a viewer, a user, a link or an address.
        Assert.Equal(
            [
                "agent_family", "asset_version_id", "error_code", "minute", "playback_session_id", "rebuffer_ms", "rebuffers",
                "startup_ms", "tenant_id", "type", "watched_through",
            ],
            await portal.ListAsync("""
                select column_name from information_schema.columns where table_schema = 'portal' and table_name = 'playback_events'
                 order by column_name
                """));

        foreach (var (granted, signal) in new (bool?, bool)[] { (null, false), (false, false), (true, false), (true, true) })
        {
            var guest = await OpenedAsync();
            if (granted is { } decision)
            {
                (await guest.SendAsync(HttpMethod.Put, "/consents", new
                {
                    noticeVersion = "2026-12-01",
                    consents = new[] { new { purpose = "viewing_analytics", granted = decision } },
                })).Expect(200);
            }

            if (signal)
            {
                guest.Headers["Sec-GPC"] = "1";
            }

            (await guest.SayAsync(Started(NewSession, 10), Beacon)).Expect(204);
        }

        Assert.Equal(Enumerable.Repeat("started 10 - - - share_link unknown 1", 4), await RowsAsync());
    }

    [Fact]
    public async Task A_link_that_lets_nobody_in_hears_nothing()
    {
        var said = Started(NewSession, 10);
        var link = await portal.ShareAsync(asset);
        Assert.Equal("share-link-not-opened", (await portal.GuestOf(link).SayAsync(said, Beacon)).Expect(403).ProblemType);
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-unavailable", (await guest.SayAsync(said, Beacon)).Expect(403).ProblemType);
        var late = await OpenedAsync();
        portal.Clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal("share-link-unavailable", (await late.SayAsync(said, Beacon)).Expect(403).ProblemType);
        (await new Guest(portal.Anonymous, new string('A', 43)).SayAsync(said, Beacon)).Expect(404);
        Assert.Empty(await RowsAsync());
    }

    [Fact]
    public async Task A_members_player_speaks_of_a_version_that_the_member_may_see()
    {
        var session = Guid.NewGuid();
        var said = new { playbackSessionId = session, type = "started", startupMs = 250 };
        (await SayAsync("agency", said)).Expect(204);
        (await SayAsync("agency", said)).Expect(204);
        Assert.Equal(["started 250 - - - portal unknown 1"], await RowsAsync());

        (await SayAsync("other-admin", said)).Expect(404);
        (await SayAsync("agency", said, number: 2)).Expect(404);
        (await SayAsync("client", said)).Expect(403);
        Assert.Single(await RowsAsync());

        // The same number in another tenant is another playback.
        var theirs = await portal.As("other-admin").PostAsync("/api/projects", new { name = "Theirs" });
        var upload = await portal.UploadReadyAsync(theirs.Expect(201).Id, "other-admin");
        (await SayAsync("other-admin", said, Guid.Parse(upload.Text("assetId")))).Expect(204);
        Assert.Equal(2, (await RowsAsync()).Count);
    }

    [Theory]
    [InlineData("""{"type":"started","startupMs":0}""", "")]
    [InlineData("""{"type":"started","startupMs":600000}""", "")]
    [InlineData("""{"type":"started","startupMs":-1}""", "/startupMs range")]
    [InlineData("""{"type":"started","startupMs":600001}""", "/startupMs range")]
    [InlineData("""{"type":"started"}""", "/startupMs required")]
    [InlineData("""{"type":"started","startupMs":1,"errorCode":"other"}""", "/errorCode type")]
    [InlineData("""{"type":"started","startupMs":1,"rebuffers":0,"rebufferMs":0}""", "/rebuffers type, /rebufferMs type")]
    [InlineData("""{"type":"failed","errorCode":"unsupported"}""", "")]
    [InlineData("""{"type":"failed","errorCode":"it broke"}""", "/errorCode one_of")]
    [InlineData("""{"type":"failed"}""", "/errorCode required")]
    [InlineData("""{"type":"failed","errorCode":"other","startupMs":1}""", "/startupMs type")]
    [InlineData("""{"type":"ended","rebuffers":0,"rebufferMs":0}""", "")]
    [InlineData("""{"type":"ended","rebuffers":10000,"rebufferMs":86400000}""", "")]
    [InlineData("""{"type":"ended","rebuffers":10001,"rebufferMs":86400001}""", "/rebuffers range, /rebufferMs range")]
    [InlineData("""{"type":"ended","rebuffers":-1,"rebufferMs":-1}""", "/rebuffers range, /rebufferMs range")]
    [InlineData("""{"type":"ended","rebuffers":0,"rebufferMs":1}""", "/rebufferMs range")]
    [InlineData("""{"type":"ended"}""", "/rebuffers required, /rebufferMs required")]
    [InlineData("""{"type":"paused"}""", "/type one_of")]
    [InlineData("""{"type":"started","startupMs":1,"viewerId":"x"}""", "/viewerId unknown")]
    public async Task Each_kind_has_its_own_figures_and_nothing_else(string body, string faults)
    {
        var guest = await OpenedAsync();
        var whole = body.Insert(1, $"\"playbackSessionId\":\"{NewSession}\",");

        var answer = (await guest.SayAsync(whole, Beacon)).Expect(faults.Length == 0 ? 204 : 400);

        Assert.Equal(faults.Length == 0 ? 1 : 0, (await RowsAsync()).Count);
        Assert.Equal(faults, faults.Length == 0 ? "" : string.Join(
            ", ", answer.Field("errors").AsArray().Select(error => $"{error!["pointer"]} {error["rule"]}")));
    }

    [Theory]
    [InlineData("""{"type":"started","startupMs":1}""", 2048, 400)]
    [InlineData("""{"type":"started","startupMs":1,"playbackSessionId":"0e0a3d5c-8f7b-4c1e-9d2a-6b5f4c3d2e1f"}""", 2048, 204)]
    [InlineData("""{"type":"started","startupMs":1,"playbackSessionId":"0e0a3d5c-8f7b-4c1e-9d2a-6b5f4c3d2e1f"}""", 2049, 413)]
    public async Task A_body_is_small(string body, int bytes, int status) =>
        (await (await OpenedAsync()).SayAsync(body.PadRight(bytes), Beacon)).Expect(status);

    [Fact]
    public async Task A_form_of_a_page_is_no_beacon()
    {
        var guest = await OpenedAsync();
        foreach (var type in new[] { "application/x-www-form-urlencoded", "multipart/form-data", "text/html", "text/plainly" })
        {
            (await guest.SayAsync(Started(NewSession, 1), type)).Expect(415);
        }

        Assert.Empty(await RowsAsync());
    }

    [Fact]
    public async Task What_players_say_counts_with_the_other_playback_requests_of_an_address()
    {
        var guest = portal.ElsewhereOf(await portal.ShareAsync(asset), 70);
        (await guest.OpenAsync()).Expect(200);
        for (var i = 0; i < 49; i++)
        {
            (await guest.SayAsync(Started(NewSession, 1), Beacon)).Expect(204);
            (await MemberSaysAsync(70)).Expect(204);
        }

        (await MemberSaysAsync(70)).Expect(204);
        Assert.Equal(99, (await RowsAsync()).Count);
        (await guest.SayAsync(Started(NewSession, 1), Beacon)).Expect(429);
        (await MemberSaysAsync(70)).Expect(429);
        (await guest.OpenAsync()).Expect(429);
        (await MemberSaysAsync(71)).Expect(204);
        Assert.Equal(100, (await RowsAsync()).Count);
    }

    [Theory]
    [InlineData("null", "started", "null", "null", "null", "null")]
    [InlineData("null", "started", "1", "0", "0", "null")]
    [InlineData("null", "started", "600001", "null", "null", "null")]
    [InlineData("null", "failed", "null", "null", "null", "null")]
    [InlineData("null", "failed", "null", "null", "null", "'x'")]
    [InlineData("null", "ended", "null", "1", "null", "null")]
    [InlineData("null", "ended", "null", "0", "1", "null")]
    [InlineData("null", "paused", "null", "null", "null", "null")]
    [InlineData("1", "started", "1", "null", "null", "null")]
    public async Task The_table_takes_no_other_row(
        string seconds, string type, string startup, string rebuffers, string rebufferMs, string error)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => portal.DoAsync($"""
            insert into portal.playback_events (tenant_id, playback_session_id, type, asset_version_id, watched_through, agent_family,
               startup_ms, rebuffers, rebuffer_ms, error_code, minute)
            select tenant_id, gen_random_uuid(), '{type}', id, 'portal', 'Chrome', {startup}, {rebuffers}, {rebufferMs}, {error},
                   date_trunc('minute', now()) + make_interval(secs => coalesce({seconds}, 0))
              from portal.asset_versions limit 1
            """));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    private static string Started(string session, int ms) => Said(new { playbackSessionId = session, type = "started", startupMs = ms });

    private static string Failed(string session, string code) =>
        Said(new { playbackSessionId = session, type = "failed", errorCode = code });

    private static string Ended(string session, int rebuffers, int rebufferMs) =>
        Said(new { playbackSessionId = session, type = "ended", rebuffers, rebufferMs });

    private static string Said(object said) => JsonSerializer.Serialize(said);

    private async Task<Guest> OpenedAsync()
    {
        var guest = portal.GuestOf(await portal.ShareAsync(asset));
        (await guest.OpenAsync()).Expect(200);
        return guest;
    }

    private Task<Answer> SayAsync(string person, object said, Guid? of = null, int number = 1) =>
        portal.As(person).PostAsync($"/api/assets/{of ?? asset}/versions/{number}/playback-events", said);

    private async Task<Answer> MemberSaysAsync(int address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/assets/{asset}/versions/1/playback-events")
        {
            Content = new StringContent(Started(NewSession, 1), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Forwarded-For", $"198.51.100.{address}");
        return await (await portal.As("agency").SendAsync(request)).ReadAsync();
    }

    /// <summary>Type, figures, code, way, program and number of the version.</summary>
    private Task<IReadOnlyList<string>> RowsAsync() => portal.ListAsync("""
        select concat_ws(' ', e.type, coalesce(e.startup_ms::text, '-'), coalesce(e.rebuffers::text, '-'),
               coalesce(e.rebuffer_ms::text, '-'), coalesce(e.error_code, '-'), e.watched_through, e.agent_family, v.number)
          from portal.playback_events e join portal.asset_versions v on v.tenant_id = e.tenant_id and v.id = e.asset_version_id
         order by 1
        """);
}
