using OpenQA.Selenium;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Operations;

/// <summary>The page at /ops in a real browser: scripts, keyboard, colours, and what the browser itself complains about.</summary>
[TakesLong]
public sealed class BrowserTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync("Secret launch film");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [BrowserFact]
    public async Task An_Operator_signs_in_and_suspends_and_resumes_by_keyboard_alone()
    {
        var upload = (await portal.AskUploadAsync(project, "crew1")).Expect(201);
        var id = OpsCalls.InstanceOf(upload);
        using var browser = new Chromium();
        browser.Go(new Uri(portal.Host.Address, $"/ops/instances/{id}"));
        Assert.Equal("input Session token", browser.Focused);
        browser.Press((await portal.Clerk.SignInAsync("operator")).Jwt, Keys.Enter);
        await Eventually.ValueAsync(() => browser.Address.AbsolutePath, at => at == $"/ops/instances/{id}", "the sign-in to lead back");

        // From the top: the way to the content, the pages, the sign-out, the way back, then the reason and the acts in their order.
        browser.Run<object?>("document.activeElement.blur(); return null");
        var path = new List<string>();
        while (path.LastOrDefault() != "button Terminate" && path.Count < 20)
        {
            browser.Press(Keys.Tab);
            path.Add(browser.Focused);
        }

        Assert.Equal(
            [
                "a Skip to the content", "a On call", "a Now", "a Search", "a Runbooks", "button Sign out", "a Now", "textarea Reason",
                "button Suspend", "button Terminate"
            ],
            path);
        browser.Get("#reason").SendKeys("Mux is down");
        browser.Press(Keys.Tab, Keys.Enter);
        await SeenAsync(browser, ".notice.good", "Suspended");
        Assert.Equal("?done=suspend", browser.Address.Query);

        await portal.UntilRuntimeAsync(id, "Suspended");
        await SeenAsync(browser, ".diagnosis .pill", "Suspended");
        await SeenAsync(browser, ".buttons", "Resume");
        browser.Get("#reason").SendKeys("It is up again");
        browser.Get("button[formaction$='/resume']").SendKeys(Keys.Enter);
        await portal.UntilRuntimeAsync(id, "Running");
        await SeenAsync(browser, ".diagnosis .pill", "waiting");
        Assert.Equal("It is up again", (await portal.AuditAsync(upload.Id, "orchestration_resume"))["new"]!["reason"]!.ToString());
        Assert.Empty(browser.Complaints());
    }

    [BrowserFact]
    public async Task An_open_instance_follows_what_happens_without_a_reload_and_spares_who_is_typing()
    {
        var upload = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        using var browser = await SignedInAsync();
        browser.Go(new Uri(portal.Host.Address, $"/ops/instances/{OpsCalls.InstanceOf(upload)}"));
        browser.Run<object?>("window.kept = true; return null");
        browser.Get("#reason").SendKeys("Half a sen");
        var before = browser.All(".entry").Count;

        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        await SeenAsync(browser, ".diagnosis .pill", "ready");
        Assert.True(browser.All(".entry").Count > before);
        Assert.Equal("Half a sen", browser.Run<string>("return document.getElementById('reason').value"));
        Assert.Contains(
            "The upload is ready", browser.Run<string>("return document.getElementById('live').textContent"), StringComparison.Ordinal);
        Assert.True(browser.Run<bool>("return window.kept === true"), "The page was loaded again.");

        // A list to choose from is no more in the way than a box to write in.
        browser.Go(new Uri(portal.Host.Address, "/ops"));
        var until = portal.Clock.GetUtcNow().AddMinutes(15);
        (await portal.As("operator").PostAsync("/api/ops/switches", new { target = "invites", until, reason = "Tried by a test" }))
            .Expect(200);
        await SeenAsync(browser, "[data-part=switches]", "Tried by a test");
        (await portal.As("operator").PostAsync("/api/ops/switches/clear", new { target = "invites", reason = "Tried" })).Expect(200);
        Assert.Empty(browser.Complaints());
    }

    [BrowserFact]
    public async Task A_page_that_was_signed_out_says_so()
    {
        using var browser = await SignedInAsync();
        await portal.DoAsync("update portal.operator_sessions set ended_at = now()");
        await Eventually.TrueAsync(() => browser.Text("#live").Contains("signed out", StringComparison.Ordinal), "the page to notice");
        Assert.Empty(browser.Complaints());
    }

    [BrowserFact]
    public async Task Without_scripts_everything_works_but_following()
    {
        var upload = (await portal.AskUploadAsync(project, "crew3")).Expect(201);
        using var browser = await SignedInAsync();
        browser.WithoutScripts();
        browser.Go(new Uri(portal.Host.Address, "/ops"));
        browser.Get($"a[href='/ops/instances/{OpsCalls.InstanceOf(upload)}']").Click();
        browser.Get("#reason").SendKeys("Try it");
        browser.Get("button[formaction$='/terminate']").Click();
        await SeenAsync(browser, ".notice.good", "Terminated");
        await portal.UntilRuntimeAsync(OpsCalls.InstanceOf(upload), "Terminated");
        browser.Go(new Uri(portal.Host.Address, $"/ops/search?uploadJobId={upload.Id}"));
        Assert.Single(browser.All(".item"));
        browser.Get(".top form button").Click();
        await SeenAsync(browser, "h1", "Sign in");
    }

    [BrowserFact]
    public async Task An_incident_is_worked_on_by_keyboard_alone()
    {
        var id = await portal.BreachAsync("webhook_success");
        using var browser = await SignedInAsync();
        browser.Go(new Uri(portal.Host.Address, $"/ops/incidents/{id}"));
        browser.Run<object?>("document.activeElement.blur(); return null");
        var path = new List<string>();
        while (path.LastOrDefault() != "button Resolve" && path.Count < 20)
        {
            browser.Press(Keys.Tab);
            path.Add(browser.Focused);
        }

        Assert.Equal(
            [
                "a Skip to the content", "a On call", "a Now", "a Search", "a Runbooks", "button Sign out", "a Now",
                "a Objectives, error budgets and incidents", "button Acknowledge", "button Assign to me", "textarea Note",
                "button Add note", "textarea Why it is over", "button Resolve"
            ],
            path);
        browser.Get("form[action$='/acknowledge'] button").SendKeys(Keys.Enter);
        await SeenAsync(browser, ".notice.good", "Acknowledged");
        browser.Get("#note").SendKeys("Half a note");

        // Whoever is typing is spared while the page follows what others do.
        (await portal.As("operator").PostAsync($"/api/ops/incidents/{id}/notes", new { text = "Of somebody else" })).Expect(201);
        await SeenAsync(browser, "[data-part=timeline]", "Of somebody else");
        Assert.Equal("Half a note", browser.Run<string>("return document.getElementById('note').value"));
        browser.Press(Keys.Tab, Keys.Enter);
        await SeenAsync(browser, ".notice.good", "Noted");
        await SeenAsync(browser, "[data-part=timeline]", "Half a note");
        Assert.Empty(browser.Complaints());
    }

    [BrowserFact]
    public async Task An_orchestration_that_failed_is_rewound_by_keyboard_alone()
    {
        await portal.StartUnknownAsync("rewound-by-keyboard");
        using var browser = await SignedInAsync();
        browser.Go(new Uri(portal.Host.Address, "/ops/instances/rewound-by-keyboard"));
        browser.Run<object?>("document.activeElement.blur(); return null");
        var path = new List<string>();
        while (path.LastOrDefault() != "button Rewind" && path.Count < 20)
        {
            browser.Press(Keys.Tab);
            path.Add(browser.Focused);
        }

        Assert.Equal(
            [
                "a Skip to the content", "a On call", "a Now", "a Search", "a Runbooks", "button Sign out", "a Now",
                "a An orchestration failed", "textarea Reason", "button Rewind",
            ],
            path);
        browser.Get("#reason").SendKeys("It is deployed again");
        browser.Press(Keys.Tab, Keys.Enter);
        await SeenAsync(browser, ".notice.good", "Rewound");
        Assert.Empty(browser.Complaints());
    }

    [BrowserFact]
    public async Task Every_page_is_readable_labelled_and_free_of_complaints_in_light_dark_and_narrow()
    {
        portal.Settings["Probe:ShareLinkId"] = Guid.NewGuid().ToString();
        await portal.RestartHostAsync();
        var (retrying, failed, ready) = await UploadsOfEveryFateAsync();
        await ProbesAsync();
        await portal.StartUnknownAsync("nightly-digest-2026-03-02");
        await IncidentsOfEveryKindAsync();
        await LimitsAsync();
        var world = new SampleWorld(portal);
        await world.NewDeadWebhookAsync();
        await world.NewFailedDeliveryAsync();
        var (open, over) = await WorkedOnAsync();
        using var browser = new Chromium();
        browser.Go(new Uri(portal.Host.Address, "/ops/sign-in"));
        await LookAtAsync(browser, "sign-in");
        browser.Get("#token").SendKeys((await portal.Clerk.SignInAsync("operator")).Jwt + Keys.Enter);

        (string Name, string Path)[] pages =
        [
            ("board", "/ops"), ("search", "/ops/search?name=UploadPipeline"), ("search-wrong", "/ops/search?createdFrom=yesterday"),
            ("retrying", $"/ops/instances/{retrying}"), ("failed", $"/ops/instances/{failed}"), ("ready", $"/ops/instances/{ready}"), (
                "unknown", "/ops/instances/nightly-digest-2026-03-02"),
            ("incident", $"/ops/incidents/{open}"), ("incident-over", $"/ops/incidents/{over}?done=resolve"),
            ("runbooks", "/ops/runbooks/playbook/README.md"),
            ("runbook", "/ops/runbooks/playbook/operations/slo-and-incident-response.md"),
        ];
        foreach (var (name, path) in pages)
        {
            browser.Go(new Uri(portal.Host.Address, path));
            await LookAtAsync(browser, name);
        }
    }

    /// <summary>A breach that froze changes, a failed restore test that somebody is on, and the upload that failed.</summary>
    private async Task IncidentsOfEveryKindAsync()
    {
        var ops = portal.As("operator");
        for (var report = 0; report < 3; report++)
        {
            await ops.PostAsync(
                "/api/ops/error-budget-breaches", new { slo = "availability", window = "1h", burnRate = 14.4, budgetLeft = 0.35 });
        }

        var ran = portal.Clock.GetUtcNow().AddHours(-1);
        var test = (
            await ops.PostAsync(
                "/api/ops/restore-tests",
                new { ranAt = ran, backupTakenAt = ran.AddHours(-5), succeeded = false, durationSeconds = 60 })).Expect(201);
        (await ops.PostAsync($"/api/ops/incidents/{test.Text("incidentId")}/acknowledge")).Expect(200);
        await portal.Host.RunTimerAsync("SweepOutbox");
    }

    /// <summary>The last minutes of the probe: bad in each way, and good.</summary>
    private Task ProbesAsync() => portal.DoAsync("""
        insert into portal.probe_runs (minute, started_at, outcome, step, status, took_ms)
        select date_trunc('minute', @now::timestamptz) - make_interval(mins => n.ago), @now, n.outcome, n.step, n.status, n.took
          from (values (0, 'timed_out', 'playlist', null, 5003), (1, 'refused', 'open', 403, 31), (2, 'failed', 'playlist', 503, 210),
                       (3, 'unreachable', 'open', null, 12), (4, 'unreadable', 'open', null, 44), (5, 'no_link', null, null, 4),
                       (6, 'played', null, null, 187), (7, 'played', null, null, 203))
               n (ago, outcome, step, status, took)
        """, new { now = portal.Clock.GetUtcNow() });

    /// <summary>A limit that refused somebody, and one that many met.</summary>
    private Task LimitsAsync() => portal.DoAsync("""
        insert into portal.limit_figures (minute, limit_name, key, mode, times)
        select date_trunc('minute', @now::timestamptz), n.limit_name, n.key, n.mode, n.times
          from (values ('user', @person, 'enforce', 12), ('playback', '0123456789abcdef', 'observe', 250),
                       ('playback', 'fedcba9876543210', 'enforce', 3), ('playback', 'others', 'enforce', 40))
               n (limit_name, key, mode, times)
        """, new { now = portal.Clock.GetUtcNow(), person = TestPeople.UserId("crew4").ToString() });

    /// <summary>An incident of security with a long timeline, and one that is resolved.</summary>
    private async Task<(Guid Open, Guid Over)> WorkedOnAsync()
    {
        var ops = portal.As("operator");
        var open = (await ops.PostAsync("/api/ops/incidents", new
        {
            kind = "security",
            summary = "A routing key of PagerDuty was published in a public repository",
            severity = "error",
            discoveredAt = portal.Clock.GetUtcNow().AddMinutes(-20),
        })).Expect(201).Id;
        await portal.DeliverAsync();
        (await ops.PostAsync($"/api/ops/incidents/{open}/acknowledge")).Expect(200);
        (await ops.PostAsync($"/api/ops/incidents/{open}/assign")).Expect(200);
        (await ops.PostAsync($"/api/ops/incidents/{open}/notes", new
        {
            text = "The key is rotated at PagerDuty, and the old one is refused there since 14:02.\n\n"
                + $"https://github.com/motion-mavericks/{new string('x', 80)}/commits has when it was pushed.",
        })).Expect(201);
        var read = (await ops.FetchAsync($"/api/ops/incidents/{open}")).Expect(200);
        (await ops.EditAsync(
            $"/api/ops/incidents/{open}", new { severity = "critical", reason = "It was used by somebody" }, read)).Expect(200);
        var over = await portal.BreachAsync("playback_success");
        (await portal.MoveAsync(over, "resolve")).Expect(200);
        return (open, over);
    }

    private static async Task SeenAsync(Chromium browser, string css, string text) =>
        await Eventually.ValueAsync(
            () => browser.Text(css), seen => seen.Contains(text, StringComparison.Ordinal), $"{css} to say {text}");

    private async Task<Chromium> SignedInAsync()
    {
        var browser = new Chromium();
        browser.Go(new Uri(portal.Host.Address, "/ops/sign-in"));
        browser.Get("#token").SendKeys((await portal.Clerk.SignInAsync("operator")).Jwt + Keys.Enter);
        await SeenAsync(browser, "h1", "Now");
        return browser;
    }

    private async Task<(string Retrying, string Failed, string Ready)> UploadsOfEveryFateAsync()
    {
        var ready = await portal.UploadReadyAsync(project, "crew4");
        var suspended = (await portal.AskUploadAsync(project, "crew4")).Expect(201);
        (await portal.ActAsync(OpsCalls.InstanceOf(suspended), "suspend")).Expect(202);
        portal.Mux.Faults.FailNextEncodings(1, "The file is damaged: it ends in the middle of a frame.");
        var failed = (await portal.AskUploadAsync(project, "crew4")).Expect(201);
        await portal.SendBytesAsync(failed);
        await portal.UntilAsync(failed.Id, "failed");
        portal.Mux.Faults.FailNextApiCalls(50, ApiFault.Status(503));
        var retrying = await portal.AskUploadAsync(project, "crew4");
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(5),
            async () =>
            {
                await portal.SettleAsync(); return await portal.ScalarAsync<int>("select attempts from portal.upload_jobs "
                + "where id = @id", new { id = retrying.Id }) == 4;
            }, "four attempts");
        portal.Mux.Faults.Clear();
        await portal.AskUploadAsync(project, "crew4");
        await portal.SettleAsync();
        return (OpsCalls.InstanceOf(retrying), OpsCalls.InstanceOf(failed), OpsCalls.InstanceOf(ready));
    }

    private static Task LookAtAsync(Chromium browser, string name)
    {
        foreach (var (width, size) in new[] { (1280, "wide"), (375, "narrow") })
        {
            browser.Size(width, 900);
            foreach (var dark in new[] { false, true })
            {
                browser.Dark(dark);
                var look = $"{name}-{size}-{(dark ? "dark" : "light")}";
                Assert.Equal("", browser.Run<string>(Accessibility.Faults) is { Length: > 0 } faults ? $"{look}: {faults}" : "");
                browser.Picture(look);
            }
        }

        // A page that says that a question was wrong is a 400, which the browser notes.
        Assert.DoesNotContain(browser.Complaints(), complaint => !complaint.Contains("status of 400", StringComparison.Ordinal));
        return Task.CompletedTask;
    }
}
