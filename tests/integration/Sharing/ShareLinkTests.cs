using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Sharing;

/// <summary>Sharing and signed playback: what a guest gets, and everything that ends it.</summary>
public sealed class ShareLinkTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static Guid asset;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Clip())).Text("assetId"));
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_guest_opens_a_link_and_plays_the_very_bytes()
    {
        var minted = await MintedAsync();
        var open = (await OpenAsync(await LinkAsync())).Expect(200);
        Assert.Equal("Cut one", open.Text("title"));
        Assert.InRange(Time(open.Text("urlExpiresAt")) - portal.Clock.GetUtcNow(), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));

        using var http = new HttpClient();
        var playlist = await http.GetStringAsync(new Uri(open.Text("playbackUrl")));
        Assert.StartsWith("#EXTM3U", playlist, StringComparison.Ordinal);
        var segment = playlist.Split('\n').First(l => l.Length > 0 && l[0] != '#');
        Assert.Equal(Mp4Sample.Clip(), await http.GetByteArrayAsync(new Uri(new Uri(open.Text("playbackUrl")), segment)));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(open.Text("posterUrl")))).StatusCode);
        Assert.Equal(minted + 1, await MintedAsync());
    }

    [Fact]
    public async Task Without_its_token_tampered_or_for_another_audience_the_URL_is_refused()
    {
        var open = (await OpenAsync(await LinkAsync())).Expect(200);
        var url = open.Text("playbackUrl");
        var poster = open.Text("posterUrl");
        var token = url[(url.IndexOf("token=", StringComparison.Ordinal) + 6)..];
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;
        claims["exp"] = (long)claims["exp"]! + 86400;
        var body = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        var longer = $"{token.Split('.')[0]}.{body}.{token.Split('.')[2]}";

        using var http = new HttpClient();
        foreach (var bad in new[]
        {
            url.Split('?')[0],
            url.Replace(token, longer, StringComparison.Ordinal),
            url.Replace(token, poster[(poster.IndexOf("token=", StringComparison.Ordinal) + 6)..], StringComparison.Ordinal),
            url + "&extra=1",
        })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri(bad))).StatusCode);
        }

        portal.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri(url))).StatusCode);
    }

    [Fact]
    public async Task A_playback_token_never_outlives_its_link()
    {
        var link = await LinkAsync(hours: 24);
        portal.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(5));
        var open = (await OpenAsync(link)).Expect(200);
        Assert.True(Time(open.Text("urlExpiresAt")) <= Time(open.Text("expiresAt")), open.Body);
    }

    [Fact]
    public async Task A_revoked_link_mints_nothing_and_says_only_that_it_is_unavailable()
    {
        var link = await LinkAsync();
        (await OpenAsync(link)).Expect(200);
        var minted = await MintedAsync();
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);

        var refused = (await OpenAsync(link)).Expect(403);
        Assert.Equal("share-link-unavailable", refused.ProblemType);
        Assert.Equal(minted, await MintedAsync());
        Assert.Equal(
            "revoked", await portal.ScalarAsync<string>(
                "select new_value ->> 'reason' from portal.audit_log where action = 'share_link_refused' and entity_id = @id",
                new { id = link.Id }));
        Assert.Equal(
            "share-link-revoked", (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(409).ProblemType);
    }

    [Fact]
    public async Task Revoked_expired_and_used_up_answer_alike_and_unknown_is_404()
    {
        var revoked = await LinkAsync();
        (await portal.As("agency").PostAsync($"/api/share-links/{revoked.Id}/revoke")).Expect(200);
        var usedUp = await LinkAsync(maxOpens: 1);
        (await OpenAsync(usedUp)).Expect(200);
        var bodies = new List<string> { Words(await OpenAsync(revoked)), Words(await OpenAsync(usedUp)) };
        var expired = await LinkAsync(hours: 24);
        portal.Clock.Advance(TimeSpan.FromHours(24));
        bodies.Add(Words(await OpenAsync(expired)));
        Assert.Single(bodies.Distinct());

        var minted = await MintedAsync();
        foreach (var token in new[] { new string('A', 43), "short", new string('x', 500) })
        {
            (await portal.Anonymous.FetchAsync($"/api/share/{token}")).Expect(404);
        }

        Assert.Equal(minted, await MintedAsync());
    }

    [Fact]
    public async Task Coming_back_with_the_cookie_renews_and_is_not_counted_again()
    {
        var link = await LinkAsync(maxOpens: 1);
        var first = (await OpenAsync(link)).Expect(200);
        var cookie = first.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/share/{link.Text("token")}");
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        var again = (await (await portal.Anonymous.SendAsync(request)).ReadAsync()).Expect(200);
        Assert.False(again.Headers.Contains("Set-Cookie"));
        Assert.Equal(1, await OpensAsync(link));
        (await OpenAsync(link)).Expect(403);
    }

    [Fact]
    public async Task HEAD_looks_without_counting_or_minting()
    {
        var link = await LinkAsync();
        var minted = await MintedAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/api/share/{link.Text("token")}");
        using var response = await portal.Anonymous.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(0, await OpensAsync(link));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Equal(minted, await MintedAsync());

        // Nor for somebody who has opened it before.
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        (await guest.SendAsync(HttpMethod.Head, "")).Expect(200);
        Assert.Equal((minted + 1, 1), (await MintedAsync(), await OpensAsync(link)));
        Assert.Equal("1 1", await portal.ScalarAsync<string>(
            "select concat_ws(' ', count(*), sum(minted)) from portal.share_viewers where share_link_id = @Id", new { link.Id }));
    }

    [Fact]
    public async Task HEAD_says_whether_one_more_may_open()
    {
        var link = await LinkAsync(maxOpens: 2);
        var (first, second) = (portal.GuestOf(link), portal.GuestOf(link));
        (await first.OpenAsync()).Expect(200);
        Assert.Equal(200, await HeadAsync(portal.GuestOf(link)));
        (await second.OpenAsync()).Expect(200);
        Assert.Equal(403, await HeadAsync(portal.GuestOf(link)));
        Assert.Equal(200, await HeadAsync(first));
        Assert.Equal(2, await OpensAsync(link));

        static async Task<int> HeadAsync(Guest guest) => (await guest.SendAsync(HttpMethod.Head, "")).Code;
    }

    [Fact]
    public async Task Eight_guests_at_once_never_get_past_the_limit_of_opens()
    {
        var link = await LinkAsync(maxOpens: 5);
        var guests = Enumerable.Range(0, 8).Select(_ => portal.GuestOf(link)).ToList();
        var answers = await portal.WhileLinkIsHeldAsync(link, guests, guest => guest.OpenAsync());
        Assert.Equal(5, answers.Count(a => a.Code == 200));
        Assert.Equal(3, answers.Count(a => a.Code == 403));
        Assert.Equal(5, await OpensAsync(link));
    }

    [Fact]
    public async Task A_revoke_that_commits_first_is_seen_by_who_opens_and_by_who_renews()
    {
        var link = await LinkAsync();
        var (newcomer, known) = (portal.GuestOf(link), portal.GuestOf(link));
        (await known.OpenAsync()).Expect(200);
        var minted = await MintedAsync();

        // Those of one address take turns.
        known.Headers["X-Forwarded-For"] = "198.51.100.1";
        var answers = await portal.WhileHeldAsync(
            "update portal.share_links set status = 'revoked', revoked_at = @now, revoked_by = created_by where id = @Id",
            new { link.Id, now = portal.Clock.GetUtcNow() }, () => [newcomer.OpenAsync(), known.OpenAsync()]);
        Assert.All(answers, answer => Assert.Equal("share-link-unavailable", answer.Expect(403).ProblemType));
        Assert.Equal((minted, 1), (await MintedAsync(), await OpensAsync(link)));
    }

    [Fact]
    public async Task Share_guest_and_playback_requests_of_one_address_are_a_hundred_in_any_minute()
    {
        var link = await portal.ShareAsync(asset, new { allowComments = true, allowDownload = true });
        var guest = portal.GuestOf(link);
        Func<Task<Answer>>[] kinds =
        [
            guest.OpenAsync, () => guest.SendAsync(HttpMethod.Head, ""), () => guest.SendAsync(HttpMethod.Get, "/comments"),
            () => guest.SendAsync(HttpMethod.Get, "/download"), () => guest.UnlockAsync("none is asked for"),
            () => portal.As("agency").PostAsync($"/api/assets/{asset}/playback"),
        ];
        (await guest.OpenAsync()).Expect(200);

        // From the middle of a minute of the clock, across its end.
        portal.Clock.Advance(TimeSpan.FromSeconds(90 - portal.Clock.GetUtcNow().Second));
        await PassAsync(59);
        portal.Clock.Advance(TimeSpan.FromSeconds(40));
        await PassAsync(41);
        foreach (var kind in kinds)
        {
            Assert.Equal(TimeSpan.FromSeconds(20), (await kind()).Expect(429).Headers.RetryAfter!.Delta);
        }

        (await portal.ElsewhereOf(link).OpenAsync()).Expect(200);
        portal.Clock.Advance(TimeSpan.FromSeconds(19.999));
        (await guest.OpenAsync()).Expect(429);
        portal.Clock.Advance(TimeSpan.FromSeconds(0.001));
        await PassAsync(59);
        Assert.Equal(TimeSpan.FromSeconds(40), (await guest.OpenAsync()).Expect(429).Headers.RetryAfter!.Delta);

        async Task PassAsync(int count)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(i => kinds[i % kinds.Length]()));
            Assert.DoesNotContain(answers, answer => answer.Code == 429);
        }
    }

    [Fact]
    public async Task Requests_of_one_second_count_until_a_minute_after_the_last_of_them()
    {
        var taken = new List<string>();
        foreach (var after in new[] { 0, 500, 500, 60_000, 60_499, 60_500 })
        {
            taken.Add(await portal.ScalarAsync<string>(
                "select after || ' ' || allowed from (select @after as after) a, "
                    + "lateral portal.take_playback_hit(sha256('one second'), @start + after * interval '1 ms', 2)",
                new { after, start = portal.Clock.GetUtcNow() }));
        }

        Assert.Equal(["0 true", "500 true", "500 false", "60000 false", "60499 false", "60500 true"], taken);
    }

    [Fact]
    public async Task A_member_plays_with_an_audit_row_of_their_own()
    {
        var playing = (await portal.As("agency").PostAsync($"/api/assets/{asset}/playback")).Expect(200);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(playing.Text("playbackUrl")))).StatusCode);
        Assert.True(
            await portal.ScalarAsync<bool>(
                "select exists (select 1 from portal.playback_audit where user_id = @id)", new { id = TestPeople.UserId("agency") }));
    }

    [Fact]
    public async Task The_token_is_stored_only_as_a_hash()
    {
        var link = await LinkAsync();
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.share_links l where l::text like '%' || @token || '%'", new { token = link.Text("token") }));
    }

    [Fact]
    public async Task Bad_wishes_are_all_named_at_once()
    {
        var answer = (
            await portal.As("agency").PostAsync(
                "/api/share-links",
                new { assetId = "x", expiresAt = "tomorrow", maxOpens = 0, notify = "never", colour = "red" })).Expect(400);
        Assert.Equal(
            ["/assetId", "/colour", "/expiresAt", "/maxOpens", "/notify"],
            answer.Field("errors").AsArray().Select(e => e!["pointer"]!.ToString()).Order());
        var tooLong = (
            await portal.As("agency").PostAsync(
                "/api/share-links", new { assetId = asset, expiresAt = portal.Clock.GetUtcNow().AddDays(8) })).Expect(400);
        Assert.Equal("/expiresAt", tooLong.Field("errors")[0]!["pointer"]!.ToString());
    }

    [Theory]
    [InlineData((24 * 3600) - 2, false)]
    [InlineData((24 * 3600) - 1, true)]
    [InlineData((7 * 24 * 3600) + 1, true)]
    [InlineData((7 * 24 * 3600) + 2, false)]
    public async Task A_link_lives_24_hours_to_7_days_give_or_take_a_second(int seconds, bool allowed)
    {
        var path = $"/api/share-links/{(await LinkAsync(hours: 24)).Id}/extend";
        portal.Clock.Advance(TimeSpan.FromHours(1));
        var expiresAt = portal.Clock.GetUtcNow().AddSeconds(seconds);
        (await portal.As("agency").PostAsync("/api/share-links", new { assetId = asset, expiresAt })).Expect(allowed ? 201 : 400);
        (await portal.As("agency").PostAsync(path, new { expiresAt })).Expect(allowed ? 200 : 400);
    }

    [Theory]
    [InlineData(3600, 120)]
    [InlineData(121, 120)]
    [InlineData(120, 0)]
    [InlineData(119, 0)]
    public async Task A_URL_is_renewed_two_minutes_before_it_ends_or_at_its_end_when_that_is_sooner(int left, int lead)
    {
        // Tokens end on whole seconds, so that the link's end is one too.
        portal.Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(portal.Clock.GetUtcNow().ToUnixTimeSeconds() + 1));
        var link = await LinkAsync(hours: 24);
        portal.Clock.AdvanceTo(Time(link.Text("expiresAt")).AddSeconds(-left));
        var opened = (await OpenAsync(link)).Expect(200);
        Assert.Equal(TimeSpan.FromSeconds(lead), Time(opened.Text("urlExpiresAt")) - Time(opened.Text("renewAt")));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static string Words(Answer answer) => $"{answer.Expect(403).Text("type")} {answer.Text("title")} {answer.Text("detail")}";

    private async Task<Answer> LinkAsync(int hours = 48, int? maxOpens = null) =>
        (
            await portal.As("agency").PostAsync(
                "/api/share-links", new { assetId = asset, expiresAt = portal.Clock.GetUtcNow().AddHours(hours), maxOpens })).Expect(201);

    private Task<Answer> OpenAsync(Answer link) => portal.Anonymous.FetchAsync($"/api/share/{link.Text("token")}");

    private Task<long> MintedAsync() => portal.ScalarAsync<long>("select count(*) from portal.playback_audit");

    private Task<int> OpensAsync(Answer link) =>
        portal.ScalarAsync<int>("select opens from portal.share_links where id = @id", new { id = link.Id });
}
