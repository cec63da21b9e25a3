using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Compliance.Consents;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The privacy notice, and consent of people and guests: asked, given, withdrawn, asked again, and overruled by the
/// browser.</summary>
public sealed class ConsentFlowTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Mine = "/api/me/consents";
    private const string Current = "2026-12-01";
    private static int made;
    private Guid asset;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Clip());
        }

        asset = await portal.ScalarAsync<Guid>("select id from portal.assets");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Nobody_is_measured_before_a_yes_and_a_no_is_the_same_call()
    {
        var (handle, id) = await MemberAsync();
        var asked = (await portal.As(handle).FetchAsync(Mine)).Expect(200);
        Assert.Equal((Current, "false"), (asked.Text("noticeVersion"), asked.Text("browserSignal")));
        AssertSays(asked, granted: false, "undecided", decision: null);

        AssertSays((await DecideAsync(handle, false)).Expect(200), granted: false, "decision", decision: false);
        AssertSays((await DecideAsync(handle, true)).Expect(200), granted: true, "decision", decision: true);
        // Saying it again changes nothing.
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var again = (await DecideAsync(handle, true)).Expect(200);
        AssertSays((await portal.As(handle).FetchAsync(Mine)).Expect(200), granted: true, "decision", decision: true);
        Assert.Equal(
            portal.Clock.GetUtcNow() - TimeSpan.FromSeconds(1), again.Field("consents")[0]!["decidedAt"]!.GetValue<DateTimeOffset>());
        AssertSays((await DecideAsync(handle, false)).Expect(200), granted: false, "decision", decision: false);

        Assert.Equal(
            ["false 2026-12-01", "true 2026-12-01", "false 2026-12-01"],
            await portal.ListAsync(
                "select granted || ' ' || notice_version from portal.consents where user_id = @id order by seq", new { id }));
        Assert.Equal(
            [
                """consent_denied user user""", """consent_granted user user""", """consent_withdrawn user user""",
            ],
            await portal.ListAsync("""
                select action || ' ' || actor_kind || ' ' || entity_type from portal.audit_log
                 where entity_id = @id and action like 'consent%' and actor_id = @id::text order by action
                """, new { id }));
        Assert.Equal("viewing_analytics false 2026-12-01", await portal.ScalarAsync<string>("""
            select concat_ws(' ', new_value->>'purpose', new_value->>'granted', new_value->>'noticeVersion') from portal.audit_log
             where entity_id = @id and action = 'consent_withdrawn' and (old_value->>'granted')::boolean
            """, new { id }));
        // It is the person's own: nobody else has said anything, here or in another tenant.
        foreach (var other in new[] { "admin", "other-admin" })
        {
            AssertSays((await portal.As(other).FetchAsync(Mine)).Expect(200), granted: false, "undecided", decision: null);
        }
    }

    [Theory]
    [InlineData("Sec-GPC", "1", true)]
    [InlineData("DNT", "1", true)]
    [InlineData("Sec-GPC", "0", false)]
    [InlineData("DNT", "0", false)]
    public async Task A_browsers_no_is_above_a_yes_for_as_long_as_it_says_so(string header, string value, bool isNo)
    {
        var (handle, id) = await MemberAsync();
        var given = (await SendAsync(portal.As(handle), HttpMethod.Put, Said(true), (header, value))).Expect(200);
        AssertSays(given, granted: !isNo, isNo ? "browser_signal" : "decision", decision: true);
        Assert.Equal(isNo, given.Field("browserSignal").GetValue<bool>());
        Assert.Equal(isNo, await portal.ScalarAsync<bool>("select browser_signal from portal.consents where user_id = @id", new { id }));

        AssertSays(
            (await SendAsync(portal.As(handle), HttpMethod.Get, null, (header, value))).Expect(200), granted: !isNo,
            isNo ? "browser_signal" : "decision", decision: true);
        AssertSays((await portal.As(handle).FetchAsync(Mine)).Expect(200), granted: true, "decision", decision: true);
    }

    [Fact]
    public async Task A_yes_is_to_the_notice_that_was_read_and_is_asked_for_again_when_there_is_a_newer_one()
    {
        var (handle, _) = await MemberAsync();
        var (other, _) = await MemberAsync();
        var (loyal, id) = await MemberAsync();
        (await DecideAsync(handle, true)).Expect(200);
        (await DecideAsync(other, false)).Expect(200);
        (await DecideAsync(loyal, true)).Expect(200);
        Assert.Equal("unknown-notice", (await DecideAsync(handle, true, "2026-11-30")).Expect(409).ProblemType);
        Assert.Equal("unknown-notice", (await DecideAsync(handle, false, "2026-11-30")).Expect(409).ProblemType);
        try
        {
            portal.AddToApp = app => app.Services.AddSingleton(new PrivacyNotices(
                [.. NoticeText.Embedded(), .. NoticeText.Embedded().Select(text => text with { Version = new DateOnly(2027, 1, 1) })]));
            portal.Settings["Privacy:Contact"] = "privacy@portal.example";
            await portal.RestartHostAsync();

            AssertSays(
                (await portal.As(handle).FetchAsync(Mine)).Expect(200), granted: false, "notice_changed", decision: true, asksAgain: true);
            AssertSays((await portal.As(other).FetchAsync(Mine)).Expect(200), granted: false, "decision", decision: false);
            Assert.Equal("notice-outdated", (await DecideAsync(handle, true)).Expect(409).ProblemType);
            Assert.Equal(Current, (await portal.As(handle).FetchAsync(Mine)).Field("consents")[0]!["noticeVersion"]!.ToString());
            // Somebody who still sees the old page may take it back all the same.
            AssertSays((await DecideAsync(handle, false)).Expect(200), granted: false, "decision", decision: false);
            AssertSays((await DecideAsync(handle, true, "2027-01-01")).Expect(200), granted: true, "decision", decision: true);
            // The same word to the newer notice is another decision: who has said it is not asked again.
            AssertSays((await DecideAsync(loyal, true, "2027-01-01")).Expect(200), granted: true, "decision", decision: true);
            AssertSays((await portal.As(loyal).FetchAsync(Mine)).Expect(200), granted: true, "decision", decision: true);
            Assert.Equal(["true 2026-12-01", "true 2027-01-01"], await portal.ListAsync(
                "select granted || ' ' || notice_version from portal.consents where user_id = @id order by seq", new { id }));
            Assert.Equal(2, await portal.AuditedAsync(id, "consent_granted"));

            var notice = (await portal.Anonymous.FetchAsync("/api/privacy-notice")).Expect(200);
            Assert.Equal(("2027-01-01", "privacy@portal.example"), (notice.Text("version"), notice.Text("contact")));
            Assert.Equal("""["2027-01-01","2026-12-01"]""", notice.Field("versions").ToJsonString());
            var before = (await portal.Anonymous.FetchAsync($"/api/privacy-notice?version={Current}")).Expect(200);
            Assert.Equal((Current, Current), (before.Text("version"), before.Text("effectiveOn")));

            var page = (await portal.Anonymous.FetchAsync("/privacy")).Expect(200).Body;
            Assert.Contains("Applies from 1 January 2027.", page, StringComparison.Ordinal);
            Assert.Contains("<a href=\"mailto:privacy@portal.example\">privacy@portal.example</a>", page, StringComparison.Ordinal);
            Assert.Contains("<a href=\"/privacy?jurisdiction=au&amp;version=2026-12-01\">from 1 December 2026</a>", page, StringComparison.Ordinal);
            page = (await portal.Anonymous.FetchAsync("/privacy?jurisdiction=au&version=2026-12-01")).Expect(200).Body;
            Assert.Contains("Applies from 1 December 2026.", page, StringComparison.Ordinal);
        }
        finally
        {
            portal.AddToApp = null;
            portal.Settings.Remove("Privacy:Contact");
            await portal.RestartHostAsync();
        }
    }

    [Fact]
    public async Task Nobody_consents_for_somebody_else()
    {
        var (handle, id) = await MemberAsync();
        var acting = (await portal.Clerk.SignInAsync(handle, new() { Actor = "user_support" })).Jwt;
        var refused = await SendAsync(portal.Anonymous, HttpMethod.Put, Said(true), ("Authorization", $"Bearer {acting}"));
        Assert.Equal("impersonated", refused.Expect(403).ProblemType);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.consents where user_id = @id", new { id }));
        AssertSays(
            (await SendAsync(portal.Anonymous, HttpMethod.Get, null, ("Authorization", $"Bearer {acting}"))).Expect(200),
            granted: false, "undecided", decision: null);
    }

    [Theory]
    [InlineData("""{"consents":[{"purpose":"viewing_analytics","granted":true}]}""", "/noticeVersion")]
    [InlineData("""{"noticeVersion":"soon","consents":[{"purpose":"viewing_analytics","granted":true}]}""", "/noticeVersion")]
    [InlineData("""{"noticeVersion":"2026-12-01","consents":[]}""", "/consents")]
    [InlineData("""{"noticeVersion":"2026-12-01","consents":[{"purpose":"advertising","granted":true}]}""", "/consents/0/purpose")]
    [InlineData("""{"noticeVersion":"2026-12-01","consents":[{"purpose":"viewing_analytics"}]}""", "/consents/0/granted")]
    [InlineData(
        """{"noticeVersion":"2026-12-01","consents":[{"purpose":"viewing_analytics","granted":true},{"purpose":"viewing_analytics","granted":false}]}""",
        "/consents")]
    public async Task What_is_no_decision_is_refused_by_field(string json, string pointer)
    {
        var answer = (await SendAsync(portal.As("admin"), HttpMethod.Put, JsonNode.Parse(json))).Expect(400);
        Assert.Equal(pointer, answer.Field("errors")[0]!["pointer"]!.ToString());
    }

    [Fact]
    public async Task The_same_decision_eight_times_at_once_is_one()
    {
        var (handle, id) = await MemberAsync();
        await portal.SessionAsync(handle);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => DecideAsync(handle, true)));
        Assert.All(answers, answer => AssertSays(answer.Expect(200), granted: true, "decision", decision: true));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.consents where user_id = @id", new { id }));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.audit_log where entity_id = @id and action = 'consent_granted'", new { id }));
    }

    [Fact]
    public async Task A_guest_decides_for_one_browser_behind_one_link_while_it_lasts()
    {
        var (link, elsewhere) = (await portal.ShareAsync(asset), await portal.ShareAsync(asset));
        var guest = portal.GuestOf(link);
        Assert.Equal("share-link-not-opened", (await GuestAsync(guest)).Expect(403).ProblemType);
        Assert.Equal("share-link-not-opened", (await GuestAsync(guest, true)).Expect(403).ProblemType);
        (await guest.OpenAsync()).Expect(200);
        AssertSays((await GuestAsync(guest)).Expect(200), granted: false, "undecided", decision: null);
        AssertSays((await GuestAsync(guest, true)).Expect(200), granted: true, "decision", decision: true);
        AssertSays((await GuestAsync(guest)).Expect(200), granted: true, "decision", decision: true);
        guest.Headers["Sec-GPC"] = "1";
        AssertSays((await GuestAsync(guest)).Expect(200), granted: false, "browser_signal", decision: true);
        guest.Headers.Remove("Sec-GPC");
        foreach (var other in new[] { portal.GuestOf(link), portal.GuestOf(elsewhere) })
        {
            (await other.OpenAsync()).Expect(200);
            AssertSays((await GuestAsync(other)).Expect(200), granted: false, "undecided", decision: null);
        }

        AssertSays((await GuestAsync(guest, false)).Expect(200), granted: false, "decision", decision: false);
        Assert.Equal("unknown-notice", (await GuestAsync(guest, false, "2026-11-30")).Expect(409).ProblemType);
        Assert.Equal(["consent_granted guest share_viewer", "consent_withdrawn guest share_viewer"], await portal.ListAsync("""
            select a.action || ' ' || a.actor_kind || ' ' || a.entity_type from portal.audit_log a join portal.share_viewers v
                on v.id = a.entity_id and v.id::text = a.actor_id
             where v.share_link_id = @Id and a.action like 'consent%' order by a.action
            """, new { link.Id }));
        Assert.Equal(["true", "false"], await portal.ListAsync("""
            select c.granted::text from portal.consents c join portal.share_viewers v on v.id = c.viewer_id
             where v.share_link_id = @Id and c.user_id is null order by c.seq
            """, new { link.Id }));

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-unavailable", (await GuestAsync(guest)).Expect(403).ProblemType);
        Assert.Equal("share-link-unavailable", (await GuestAsync(guest, true)).Expect(403).ProblemType);
        Assert.Equal(404, (await GuestAsync(new Guest(portal.Anonymous, new string('A', 43)))).Code);
    }

    [Fact]
    public async Task A_member_who_is_signed_in_at_a_link_decides_once_for_both()
    {
        var (handle, id) = await MemberAsync();
        var guest = portal.GuestOf(await portal.ShareAsync(asset));
        guest.Session = await portal.SessionAsync(handle);
        (await guest.OpenAsync()).Expect(200);
        AssertSays((await GuestAsync(guest, true)).Expect(200), granted: true, "decision", decision: true);
        AssertSays((await portal.As(handle).FetchAsync(Mine)).Expect(200), granted: true, "decision", decision: true);
        (await DecideAsync(handle, false)).Expect(200);
        AssertSays((await GuestAsync(guest)).Expect(200), granted: false, "decision", decision: false);
        Assert.Equal(["user", "user"], await portal.ListAsync(
            "select actor_kind from portal.audit_log where entity_id = @id and action like 'consent%'", new { id }));

        // Signed out, the browser is a guest's, who has said nothing.
        guest.Session = null;
        AssertSays((await GuestAsync(guest)).Expect(200), granted: false, "undecided", decision: null);
        (await GuestAsync(guest, true)).Expect(200);
        Assert.Equal(3, await portal.ScalarAsync<long>("select count(*) from portal.consents c where c.user_id = @id or c.viewer_id in "
            + "(select v.id from portal.share_viewers v where v.user_id = @id)", new { id }));
        // With the person all of it goes, also what they said as a guest.
        Assert.Equal(3, await InTenantAsync<long>(portal.Database.Admin, """
            select count from portal.erase_person(@tenant, @id, 'x@y.example', 'user_x', false, @now) where what = 'consents'
            """, new { tenant = TestPeople.Tenant, id, now = portal.Clock.GetUtcNow() }));
    }

    [Fact]
    public async Task A_guest_decides_twenty_times_a_minute()
    {
        var guest = portal.GuestOf(await portal.ShareAsync(asset));
        (await guest.OpenAsync()).Expect(200);
        for (var time = 1; time <= 20; time++)
        {
            (await GuestAsync(guest, time % 2 == 1)).Expect(200);
        }

        Assert.Equal("too-many-requests", (await GuestAsync(guest, true)).Expect(429).ProblemType);
        AssertSays((await GuestAsync(guest)).Expect(200), granted: false, "decision", decision: false);
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        AssertSays((await GuestAsync(guest, true)).Expect(200), granted: true, "decision", decision: true);
    }

    [Theory]
    [InlineData("update portal.consents set granted = true")]
    [InlineData("delete from portal.consents")]
    public async Task The_app_changes_no_decision_that_was_made(string sql)
    {
        (await DecideAsync("agency", true)).Expect(200);
        await Assert.ThrowsAsync<PostgresException>(() => InTenantAsync<int>(portal.Database.App, sql, new { }));
    }

    [Theory]
    [InlineData("", "au")]
    [InlineData("?jurisdiction=au", "au")]
    [InlineData("?jurisdiction=eu&version=2026-12-01", "eu")]
    [InlineData("?jurisdiction=us", "us")]
    public async Task Anybody_reads_the_notice_and_a_browser_keeps_it(string query, string jurisdiction)
    {
        var notice = (await portal.Anonymous.FetchAsync($"/api/privacy-notice{query}")).Expect(200);
        Assert.Equal((Current, jurisdiction), (notice.Text("version"), notice.Text("jurisdiction")));
        Assert.Equal("viewing_analytics", notice.Field("purposes")[0]!["purpose"]!.ToString());
        Assert.Equal(
            jurisdiction,
            notice.Field("sections").AsArray().Single(section => section!["id"]!.ToString() == "rights")!["jurisdiction"]!.ToString());
        Assert.Null(notice.Json!["contact"]);
        Assert.True(notice.Headers.CacheControl!.Public);

        var again = await SendAsync(
            portal.Anonymous, HttpMethod.Get, null, new Uri($"/api/privacy-notice{query}", UriKind.Relative),
            ("If-None-Match", notice.Tag()));
        Assert.Equal((304, ""), (again.Code, again.Body));
        var other = jurisdiction == "us" ? "eu" : "us";
        Assert.NotEqual(notice.Tag(), (await portal.Anonymous.FetchAsync($"/api/privacy-notice?jurisdiction={other}")).Tag());
    }

    [Fact]
    public async Task A_notice_that_never_was_is_not_found()
    {
        (await portal.Anonymous.FetchAsync("/api/privacy-notice?version=2026-11-30")).Expect(404);
        foreach (var wrong in new[] { "?jurisdiction=nz", "?version=new", "?lang=de" })
        {
            (await portal.Anonymous.FetchAsync($"/api/privacy-notice{wrong}")).Expect(400);
        }
    }

    [Fact]
    public async Task The_origin_says_that_it_heeds_global_privacy_control()
    {
        var support = (await portal.Anonymous.FetchAsync("/.well-known/gpc.json")).Expect(200);
        Assert.Equal("""{"gpc":true,"lastUpdate":"2026-12-01"}""", support.Json!.ToJsonString());
    }

    private static void AssertSays(Answer answer, bool granted, string because, bool? decision, bool asksAgain = false)
    {
        var one = Assert.Single(answer.Field("consents").AsArray())!;
        Assert.Equal(
            ("viewing_analytics", granted, because, decision, asksAgain),
            (one["purpose"]!.ToString(), one["granted"]!.GetValue<bool>(), one["because"]!.ToString(), one["decision"]?.GetValue<bool>(),
                one["asksAgain"]!.GetValue<bool>()));
        Assert.Equal(decision is null, one["noticeVersion"] is null);
        Assert.Equal(decision is null, one["decidedAt"] is null);
    }

    private async Task<(string Handle, Guid Id)> MemberAsync()
    {
        var handle = $"consenting{++made}";
        return (handle, await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", handle, "client"));
    }

    private static object Said(bool granted, string version = Current) =>
        new { noticeVersion = version, consents = new[] { new { purpose = "viewing_analytics", granted } } };

    private Task<Answer> DecideAsync(string handle, bool granted, string version = Current) =>
        SendAsync(portal.As(handle), HttpMethod.Put, Said(granted, version));

    /// <summary>Reads, or decides.</summary>
    private static Task<Answer> GuestAsync(Guest guest, bool? granted = null, string version = Current) => granted is { } yes
        ? guest.SendAsync(HttpMethod.Put, "/consents", Said(yes, version))
        : guest.SendAsync(HttpMethod.Get, "/consents");

    private static Task<Answer> SendAsync(
        HttpClient http, HttpMethod method, object? body, params (string Name, string Value)[] headers) =>
        SendAsync(http, method, body, new Uri(Mine, UriKind.Relative), headers);

    private static async Task<Answer> SendAsync(
        HttpClient http, HttpMethod method, object? body, Uri address, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body is null ? null : JsonContent.Create(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await (await http.SendAsync(request)).ReadAsync();
    }

    /// <summary>A statement as a role of the database, in a transaction of the tenant that is rolled back.</summary>
    private static async Task<T> InTenantAsync<T>(string database, string sql, object args)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "select set_config('app.tenant_id', @tenant, true)", new { tenant = TestPeople.Tenant.ToString() }, transaction);
        return (await connection.ExecuteScalarAsync<T>(sql, args, transaction))!;
    }
}
