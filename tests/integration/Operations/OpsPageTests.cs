using System.Net;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>The page at /ops, as a browser without scripts sees it.</summary>
public sealed class OpsPageTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync("Secret launch film");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("/ops", "/ops/sign-in?next=%2Fops")]
    [InlineData("/ops/search?status=Failed", "/ops/sign-in?next=%2Fops%2Fsearch%3Fstatus%3DFailed")]
    [InlineData("/ops/instances/x", "/ops/sign-in?next=%2Fops%2Finstances%2Fx")]
    public async Task Without_a_session_the_sign_in_page_comes_first(string path, string to)
    {
        using var browser = portal.Browser();
        var answer = (await browser.FetchAsync(path)).Expect(303);
        Assert.Equal(to, answer.Headers.Location!.ToString());
        var page = (await browser.FetchAsync(to)).Expect(200);
        Assert.Contains("Session token", page.Body, StringComparison.Ordinal);
        Assert.Contains($"name=\"next\" value=\"{path}\"", page.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/ops/instances/x/terminate", "/ops/sign-in?next=%2Fops%2Finstances%2Fx")]
    [InlineData("/ops/alerts", "/ops/sign-in?next=%2Fops")]
    [InlineData("/ops/sign-out", "/ops/sign-in?next=%2Fops")]
    public async Task Who_sends_a_form_without_a_session_comes_back_to_the_page_that_has_it(string path, string to)
    {
        using var browser = portal.Browser();
        var before = await portal.AuditRowsAsync();
        Assert.Equal(to, (await browser.SubmitAsync(path, ("reason", "x"))).Expect(303).Headers.Location!.ToString());
        Assert.Equal(before, await portal.AuditRowsAsync());
    }

    [Fact]
    public async Task A_sign_in_leads_back_and_sets_a_cookie_that_scripts_and_other_sites_do_not_get()
    {
        using var browser = portal.Browser();
        var answer = (await browser.SignInAsync(portal, next: "/ops/search?status=Failed")).Expect(303);
        Assert.Equal("/ops/search?status=Failed", answer.Headers.Location!.ToString());
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("ops_session=", StringComparison.Ordinal));
        Assert.Contains("; httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; path=/ops", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; max-age=28800", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("; secure", cookie, StringComparison.OrdinalIgnoreCase);

        var page = (await browser.FetchAsync("/ops")).Expect(200);
        Assert.Contains("Sign out", page.Body, StringComparison.Ordinal);
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select least(count(*), 1) from portal.audit_log where action = 'operator_signed_in' and actor_id = 'user_operator' and "
                    + "tenant_id = '00000000-0000-7000-8000-000000000000'"));
        var token = cookie["ops_session=".Length..cookie.IndexOf(';', StringComparison.Ordinal)];
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.operator_sessions where token_hash = sha256(convert_to(@token, 'UTF8'))", new { token }));
    }

    [Fact]
    public async Task Over_TLS_the_cookie_is_for_TLS_only()
    {
        using var browser = portal.Browser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ops/sign-in");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await browser.SendAsync(request);
        Assert.Contains("; secure", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/ops/..//evil.example\\")]
    [InlineData("/opsy")]
    [InlineData("")]
    public async Task A_sign_in_never_leads_to_another_place(string next)
    {
        using var browser = portal.Browser();
        Assert.Equal("/ops", (await browser.SignInAsync(portal, next: next)).Expect(303).Headers.Location!.ToString());
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("agency")]
    [InlineData("client")]
    [InlineData("compliance")]
    [InlineData("other-admin")]
    public async Task Nobody_but_an_Operator_can_sign_in(string person)
    {
        using var browser = portal.Browser();
        var page = (await browser.SignInAsync(portal, person)).Expect(403);
        Assert.Contains("role=\"alert\"", page.Body, StringComparison.Ordinal);
        Assert.False(
            page.Headers.TryGetValues("Set-Cookie", out var cookies)
                && cookies.Any(c => c.StartsWith("ops_session", StringComparison.Ordinal)));
        (await browser.FetchAsync("/ops")).Expect(303);
    }

    [Fact]
    public async Task A_token_that_is_wrong_impersonated_or_guessed_too_often_is_refused()
    {
        using var browser = portal.Browser();
        var form = OpsCalls.FormToken((await browser.FetchAsync("/ops/sign-in")).Body);
        var acting = (await portal.Clerk.SignInAsync("operator", new() { Actor = "user_support" })).Jwt;
        (await browser.SubmitAsync("/ops/sign-in", ("form", form), ("token", acting))).Expect(403);
        var expired = (
            await portal.Clerk.SignInAsync(
                "operator", new() { IssuedAt = portal.Clock.GetUtcNow().AddMinutes(-5), Lifetime = TimeSpan.FromMinutes(4) })).Jwt;
        Assert.Contains(
            "has expired", (
                await browser.SubmitAsync("/ops/sign-in", ("form", form), ("token", expired))).Expect(403).Body, StringComparison.Ordinal);
        for (var i = 0; i < 18; i++)
        {
            (await browser.SubmitAsync("/ops/sign-in", ("form", form), ("token", "a.b.c"))).Expect(403);
        }

        var limited = (await browser.SubmitAsync("/ops/sign-in", ("form", form), ("token", "a.b.c"))).Expect(429);
        Assert.NotNull(limited.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_session_ends_with_the_sign_out_with_time_and_with_the_Operator()
    {
        var cookies = new CookieContainer();
        using var browser = await portal.SignedInAsync(cookies);
        var kept = cookies.GetCookieHeader(new Uri(portal.Host.Address, "/ops"));
        var form = OpsCalls.FormToken((await browser.FetchAsync("/ops")).Body);
        (await browser.SubmitAsync("/ops/sign-out", ("form", form))).Expect(303);
        await WithoutSessionAsync(kept);

        await portal.SignedInAsync(cookies);
        kept = cookies.GetCookieHeader(new Uri(portal.Host.Address, "/ops"));
        (await FetchAsync(kept)).Expect(200);
        portal.Clock.Advance(TimeSpan.FromHours(8));
        await WithoutSessionAsync(kept);

        await portal.SignedInAsync(cookies);
        kept = cookies.GetCookieHeader(new Uri(portal.Host.Address, "/ops"));
        (await FetchAsync(kept)).Expect(200);
        await portal.DoAsync("delete from portal.operators");
        await WithoutSessionAsync(kept);
        await portal.DoAsync("insert into portal.operators values ('user_operator', now())");
        await WithoutSessionAsync(kept);
        await WithoutSessionAsync("ops_session=made-up");
        await WithoutSessionAsync("ops_session=");

        async Task<Answer> FetchAsync(string cookie)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/ops");
            request.Headers.Add("Cookie", cookie);
            return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
        }

        async Task WithoutSessionAsync(string cookie) =>
            Assert.StartsWith(
                "/ops/sign-in", (await FetchAsync(cookie)).Expect(303).Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/ops/sign-out")]
    [InlineData("/ops/instances/{id}/suspend")]
    [InlineData("/ops/instances/{id}/terminate")]
    [InlineData("/ops/instances/{id}/replay")]
    [InlineData("/ops/instances/{id}/resume")]
    public async Task A_form_without_the_token_or_with_another_one_is_403_and_does_nothing(string template)
    {
        var upload = (await portal.AskUploadAsync(project, "crew1")).Expect(201);
        var path = template.Replace("{id}", OpsCalls.InstanceOf(upload), StringComparison.Ordinal);
        using var browser = await portal.SignedInAsync();
        using var other = await portal.SignedInAsync();
        var theirs = OpsCalls.FormToken((await other.FetchAsync("/ops")).Body);
        var own = OpsCalls.FormToken((await browser.FetchAsync("/ops")).Body);
        Assert.NotEqual(own, theirs);
        var before = await portal.AuditRowsAsync();

        (await browser.SubmitAsync(path, ("reason", "x"))).Expect(403);
        (await browser.SubmitAsync(path, ("reason", "x"), ("form", ""))).Expect(403);
        (await browser.SubmitAsync(path, ("reason", "x"), ("form", theirs))).Expect(403);
        (await browser.PostAsync(path, new { reason = "x", form = own })).Expect(415);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent([new("form", own), new("reason", "x")]),
        };
        foreign.Headers.Add("Sec-Fetch-Site", "cross-site");
        (await (await browser.SendAsync(foreign)).ReadAsync()).Expect(403);
        (await browser.SubmitAsync(path, ("form", own), ("reason", new string('x', 25_000)))).Expect(413);

        Assert.Equal(before, await portal.AuditRowsAsync());
        Assert.Equal("Running", await portal.RuntimeStatusAsync(OpsCalls.InstanceOf(upload)));
        (await browser.FetchAsync("/ops")).Expect(200);
    }

    [Fact]
    public async Task A_sign_in_form_of_another_site_is_refused_too()
    {
        using var browser = portal.Browser();
        var jwt = (await portal.Clerk.SignInAsync("operator")).Jwt;
        (await browser.SubmitAsync("/ops/sign-in", ("token", jwt))).Expect(403);
        await browser.FetchAsync("/ops/sign-in");
        (await browser.SubmitAsync("/ops/sign-in", ("token", jwt), ("form", "guess"))).Expect(403);
    }

    [Theory]
    [InlineData("/ops")]
    [InlineData("/ops/sign-in")]
    [InlineData("/ops/search")]
    [InlineData("/ops/search?status=Sleeping")]
    [InlineData("/ops/instances/unknown")]
    [InlineData("/ops/assets/ops.css")]
    public async Task Every_page_forbids_what_is_not_its_own(string path)
    {
        using var browser = await portal.SignedInAsync();
        using var answer = await browser.GetAsync(new Uri(path, UriKind.Relative));
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotMatch(@"<[^>]+\s(style|on\w+)=", text);
        Assert.DoesNotMatch(@"<script(?![^>]*\ssrc=)", text);
        Assert.DoesNotContain("<style", text, StringComparison.Ordinal);
        Assert.Equal(path.StartsWith("/ops/assets", StringComparison.Ordinal), answer.Headers.CacheControl!.Public);
    }

    [Fact]
    public async Task A_file_is_kept_for_a_year_only_under_the_address_of_its_very_content()
    {
        using var browser = portal.Browser();
        var page = (await browser.FetchAsync("/ops/sign-in")).Expect(200).Body;
        var address = page[page.IndexOf("/ops/assets/ops.css?v=", StringComparison.Ordinal)..].Split('"')[0];
        Assert.Equal("public, max-age=31536000, immutable", await KeptAsync(address));
        Assert.Equal("public, no-cache", await KeptAsync(address.Split('?')[0]));

        // A page of before asks for what has gone, and gets what is there now.
        Assert.Equal("public, no-cache", await KeptAsync($"{address[..^1]}{(address[^1] == '0' ? '1' : '0')}"));

        async Task<string> KeptAsync(string file) =>
            (await browser.FetchAsync(file)).Expect(200).Headers.GetValues("Cache-Control").Single();
    }

    [Fact]
    public async Task Hostile_words_of_vendors_and_history_are_shown_as_words()
    {
        const string Hostile = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>";
        portal.Mux.Faults.FailNextEncodings(1, Hostile);
        var upload = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "failed");
        await portal.StartUnknownAsync("hostile", "<img src=x onerror=alert(2)>");

        using var browser = await portal.SignedInAsync();
        string[] paths =
        [
            "/ops", $"/ops/instances/{OpsCalls.InstanceOf(upload)}", "/ops/instances/hostile", "/ops/search?status=Failed",
            $"/ops/search?name={Uri.EscapeDataString(Hostile)}", $"/ops/sign-in?next=/ops/{Uri.EscapeDataString(Hostile)}",
        ];
        foreach (var path in paths)
        {
            var page = await browser.FetchAsync(path);
            Assert.Contains("&lt;", page.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("<img", page.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>", page.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_board_shows_what_failed_is_stuck_and_runs_without_titles()
    {
        var running = (await portal.AskUploadAsync(project, "crew3")).Expect(201);
        var stuck = (await portal.AskUploadAsync(project, "crew3")).Expect(201);
        (await portal.ActAsync(OpsCalls.InstanceOf(stuck), "suspend")).Expect(202);
        await portal.UntilRuntimeAsync(OpsCalls.InstanceOf(stuck), "Suspended");
        var failed = (await portal.AskUploadAsync(project, "crew3")).Expect(201);
        await portal.SendBytesAsync(failed, "no film"u8.ToArray());
        await portal.UntilAsync(failed.Id, "failed");

        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Equal(
            ["failed", "stuck", "running"], new[] { failed, stuck, running }.Select(
                upload => SectionOf(page, OpsCalls.InstanceOf(upload))));
        foreach (var secret in new[] { "Cut one", "cut-1", "Secret launch film" })
        {
            Assert.DoesNotContain(secret, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_act_wants_a_reason_and_then_leads_back_to_the_instance()
    {
        var upload = (await portal.AskUploadAsync(project, "crew4")).Expect(201);
        var path = $"/ops/instances/{OpsCalls.InstanceOf(upload)}";
        using var browser = await portal.SignedInAsync();
        var form = OpsCalls.FormToken((await browser.FetchAsync(path)).Expect(200).Body);
        var before = await portal.AuditRowsAsync();
        Assert.Contains(
            "Say why", (
                await browser.SubmitAsync(
                    $"{path}/suspend", ("form", form), ("reason", "  "))).Expect(400).Body, StringComparison.Ordinal);
        (await browser.SubmitAsync($"{path}/explode", ("form", form), ("reason", "x"))).Expect(404);
        Assert.Contains(
            "Not done.", (
                await browser.SubmitAsync(
                    $"{path}/resume", ("form", form), ("reason", "too early"))).Expect(409).Body, StringComparison.Ordinal);
        Assert.Equal(before, await portal.AuditRowsAsync());

        Assert.Equal(
            $"{path}?done=suspend", (
                await browser.SubmitAsync(
                    $"{path}/suspend", ("form", form), ("reason", "Mux is down"))).Expect(303).Headers.Location!.ToString());
        await portal.UntilRuntimeAsync(OpsCalls.InstanceOf(upload), "Suspended");
        var audit = await portal.AuditAsync(upload.Id, "orchestration_suspend");
        Assert.Equal(("user_operator", "Mux is down"), (audit["actor"]!.ToString(), audit["new"]!["reason"]!.ToString()));
        var after = (await browser.FetchAsync($"{path}?done=suspend")).Expect(200).Body;
        Assert.Contains("role=\"status\">Suspended: what comes", after, StringComparison.Ordinal);
        Assert.Contains("By an Operator; the audit log has the reason", after, StringComparison.Ordinal);
        Assert.DoesNotContain("formaction=\"" + path + "/suspend\"", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_failed_is_rewound_from_its_page_and_only_such_a_one()
    {
        var upload = (await portal.AskUploadAsync(project, "crew3")).Expect(201);
        await portal.StartUnknownAsync("page-rewinds");
        using var browser = await portal.SignedInAsync();
        var running = (await browser.FetchAsync($"/ops/instances/{OpsCalls.InstanceOf(upload)}")).Expect(200).Body;
        Assert.DoesNotContain("/rewind\"", running, StringComparison.Ordinal);
        const string path = "/ops/instances/page-rewinds";
        var page = (await browser.FetchAsync(path)).Expect(200).Body;
        Assert.Contains($"formaction=\"{path}/rewind\"", page, StringComparison.Ordinal);
        Assert.Contains("calls that failed are made again", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/replay\"", page, StringComparison.Ordinal);

        (await browser.SubmitAsync($"{path}/rewind", ("form", OpsCalls.FormToken(page)), ("reason", ""))).Expect(400);
        (await browser.SubmitAsync($"{path}/rewind", ("reason", "It is deployed again"))).Expect(403);
        Assert.Equal(
            $"{path}?done=rewind",
            (await browser.SubmitAsync(
                $"{path}/rewind", ("form", OpsCalls.FormToken(page)), ("reason", "It is deployed again"))).Expect(303)
                .Headers.Location!.ToString());
        Assert.Equal(
            ["user_operator It is deployed again"],
            await portal.ListAsync("""
                select actor_id || ' ' || (new_value ->> 'reason') from portal.audit_log
                 where action = 'orchestration_rewind' and new_value ->> 'instanceId' = 'page-rewinds'
                """));
        Assert.Contains(
            "role=\"status\">Rewound: what failed", (await browser.FetchAsync($"{path}?done=rewind")).Expect(200).Body,
            StringComparison.Ordinal);
        (await browser.SubmitAsync(
            $"/ops/instances/{OpsCalls.InstanceOf(upload)}/rewind", ("form", OpsCalls.FormToken(page)), ("reason", "x"))).Expect(409);
    }

    [Fact]
    public async Task When_Durable_does_not_answer_the_page_says_so()
    {
        using var browser = await portal.SignedInAsync();
        await using var lost = await OtherAddressAsync("http://127.0.0.1:9/runtime/webhooks/durabletask");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(lost.Address, "/ops"));
        using var other = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
        request.Headers.Add("Cookie", await CookieAsync());
        var page = (await (await other.SendAsync(request)).ReadAsync()).Expect(503);
        Assert.Contains("do not answer", page.Body, StringComparison.Ordinal);
        using var api = new HttpRequestMessage(HttpMethod.Get, new Uri(lost.Address, "/api/ops/board"));
        api.Headers.Authorization = new("Bearer", (await portal.Clerk.SignInAsync("operator")).Jwt);
        Assert.Equal("unavailable", (await (await other.SendAsync(api)).ReadAsync()).Expect(503).ProblemType);
    }

    private async Task<string> CookieAsync()
    {
        var cookies = new CookieContainer();
        using var browser = await portal.SignedInAsync(cookies);
        return cookies.GetCookieHeader(new Uri(portal.Host.Address, "/ops"));
    }

    /// <summary>A second app on the same database that is told another address of Durable's routes.</summary>
    private Task<Portal.Runtime.FunctionsHost> OtherAddressAsync(string address) => Portal.Runtime.FunctionsHost.StartAsync(new()
    {
        ContentRoot = AppContext.BaseDirectory,
        Functions = typeof(Portal.Functions.PortalApp).Assembly,
        ConfigureApp = builder => Portal.Functions.PortalApp.AddPortal(builder),
        DurableDatabase = portal.Database.Admin,
        Port = 0,
        Clock = portal.Clock,
        Settings = new Dictionary<string, string?>(portal.Settings) { ["Operations:DurableUrl"] = address },
        TimersEnabled = false,
    });

    private static string SectionOf(string page, string id)
    {
        var at = page.IndexOf(id, StringComparison.Ordinal);
        return at < 0
            ? "none"
            : new[] { "failed", "stuck", "running" }.MaxBy(
                section => page.LastIndexOf($"data-part=\"{section}\"", at, StringComparison.Ordinal))!;
    }
}
