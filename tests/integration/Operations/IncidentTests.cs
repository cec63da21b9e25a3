using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Events 15 and 16 from the front door to the page, and what Operators do with incidents.</summary>
public sealed class IncidentTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly Guid Platform = new("00000000-0000-7000-8000-000000000000");

    public Task InitializeAsync() => portal.ForgetIncidentsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Error_budget_breach_opens_an_incident_freezes_changes_and_pages()
    {
        var reported = (await portal.ReportAsync()).Expect(201);
        var id = Guid.Parse(reported.Field("incident")["id"]!.ToString());
        Assert.Equal($"/api/ops/incidents/{id}", reported.Headers.Location!.ToString());
        await portal.DeliverAsync();

        var incident = (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Expect(200);
        Assert.Equal(
            ("error_budget_breach", "critical", "open", "availability"), (
                incident.Text("kind"), incident.Text("severity"), incident.Text("status"), incident.Text("subject")));
        var freeze = (await portal.FreezeAsync()).Expect(200);
        Assert.Equal(("true", id.ToString()), (freeze.Text("on"), freeze.Text("incidentId")));
        await portal.RecordedOnceAsync(id, "error_budget_breach");
        Assert.Equal(1, await portal.AuditedAsync(id, "change_freeze_on"));
        Assert.Equal(
            ["operator"], await portal.ListAsync(
                "select actor_kind from portal.audit_log where tenant_id = @Platform and action = 'error_budget_breach' and entity_id = "
                    + "@id", new { Platform, id }));
        Assert.Equal(["error_budget_breach sent"], await portal.PagesAsync(id));
        var page = Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString()));
        Assert.Equal(("triggered", "critical", "portal.example"), (page.Status, page.Severity, page.Source));
        Assert.Equal("Error budget of availability burns 14.4 times too fast over 1h; 35% of it is left.", page.Summary);
        var message = Assert.Single(await portal.PagerDuty.EventsAsync(id.ToString())).Message;
        Assert.Equal(id.ToString(), message["payload"]!["custom_details"]!["incident_id"]!.ToString());

        // Whoever is woken goes on from there.
        var link = new Uri(Assert.Single(message["links"]!.AsArray())!["href"]!.ToString());
        Assert.Equal($"{portal.Settings["Mail:ApiUrl"]!.TrimEnd('/')}/ops/incidents/{id}", link.ToString());
        using var browser = await portal.SignedInAsync();
        Assert.Contains("availability", (await browser.FetchAsync(link.AbsolutePath)).Expect(200).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_report_of_the_same_objective_counts_up_and_wakes_nobody_again()
    {
        var id = await portal.BreachAsync();
        await portal.DeliverAsync();
        var again = (await portal.ReportAsync()).Expect(200);
        Assert.Equal(
            (id.ToString(), "2", "false"), (
                again.Field("incident")["id"]!.ToString(), again.Field("incident")["times"]!.ToString(), again.Text("opened")));
        await portal.DeliverAsync();
        Assert.Equal(1, Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Triggers);
        Assert.Equal(2, await portal.EventsAsync(id, "error_budget_breach"));
        // Another objective is another incident.
        Assert.NotEqual(id, await portal.BreachAsync("playback_success"));
    }

    [Fact]
    public async Task Eight_reports_at_once_open_one_incident()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.ReportAsync("webhook_success")));
        Assert.Equal((1, 7), (answers.Count(a => a.Code == 201), answers.Count(a => a.Code == 200)));
        await portal.DeliverAsync();
        var id = Guid.Parse(answers[0].Field("incident")["id"]!.ToString());
        Assert.Equal(["error_budget_breach sent"], await portal.PagesAsync(id));
        Assert.Equal(8, await portal.ScalarAsync<long>("select times from portal.incidents where id = @id", new { id }));
    }

    [Fact]
    public async Task Acknowledging_and_resolving_are_told_to_PagerDuty_in_order()
    {
        var id = await portal.BreachAsync();
        await portal.DeliverAsync();
        Assert.Equal("acknowledged", (await portal.MoveAsync(id, "acknowledge")).Expect(200).Text("status"));
        await portal.DeliverAsync();
        Assert.Equal("acknowledged", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Status);
        var resolved = (await portal.MoveAsync(id, "resolve")).Expect(200);
        Assert.Equal(("resolved", resolved.Text("acknowledgedBy")), (resolved.Text("status"), resolved.Text("resolvedBy")));
        await portal.DeliverAsync();
        Assert.Equal("resolved", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Status);
        await portal.RecordedOnceAsync(id, "incident_acknowledged");
        await portal.RecordedOnceAsync(id, "incident_resolved");
        Assert.Equal(["error_budget_breach sent", "incident_acknowledged sent", "incident_resolved sent"], await portal.PagesAsync(id));

        // The trouble comes back: another incident, another page.
        var next = await portal.BreachAsync();
        await portal.DeliverAsync();
        Assert.NotEqual(id, next);
        Assert.Equal("triggered", Assert.Single(await portal.PagerDuty.IncidentsAsync(next.ToString())).Status);
    }

    [Theory]
    [InlineData("acknowledge", "acknowledge", "incident-not-open", "acknowledged")]
    [InlineData("resolve", "acknowledge", "incident-not-open", "resolved")]
    [InlineData("resolve", "resolve", "incident-resolved", "resolved")]
    public async Task An_illegal_move_is_refused_and_names_the_state(string first, string second, string slug, string state)
    {
        var id = await portal.BreachAsync();
        (await portal.MoveAsync(id, first)).Expect(200);
        var refused = (await portal.MoveAsync(id, second)).Expect(409);
        Assert.Equal((slug, $"The incident is {state}."), (refused.ProblemType, refused.Text("detail")));
        (await portal.MoveAsync(Guid.NewGuid(), second)).Expect(404);
        (await portal.As("admin").PostAsync($"/api/ops/incidents/{id}/{second}", new { reason = "No right" })).Expect(403);
    }

    [Theory]
    [InlineData("acknowledge")]
    [InlineData("resolve")]
    public async Task Of_eight_at_once_one_wins(string act)
    {
        var id = await portal.BreachAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.MoveAsync(id, act)));
        Assert.Equal((1, 7), (answers.Count(a => a.Code == 200), answers.Count(a => a.Code == 409)));
        await portal.RecordedOnceAsync(id, $"incident_{act}d");
    }

    [Fact]
    public async Task Incidents_are_listed_newest_first_by_status_and_kind_in_pages()
    {
        var first = await portal.BreachAsync();
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await portal.BreachAsync("playback_success");
        (await portal.MoveAsync(first, "resolve")).Expect(200);
        var ops = portal.As("operator");
        var page = (await ops.FetchAsync("/api/ops/incidents?limit=1")).Expect(200);
        Assert.Equal([second.ToString()], page.Column("id"));
        Assert.Equal(
            [first.ToString()], (await ops.FetchAsync($"/api/ops/incidents?limit=1&cursor={page.Text("nextCursor")}")).Column("id"));
        Assert.Equal(
            [first.ToString()], (await ops.FetchAsync("/api/ops/incidents?status=resolved&kind=error_budget_breach")).Column("id"));
        Assert.Empty((await ops.FetchAsync("/api/ops/incidents?kind=alert")).Column("id"));
    }

    [Fact]
    public async Task The_freeze_is_held_by_a_breach_and_lifted_by_an_Operator_with_a_reason()
    {
        var ops = portal.As("operator");
        Assert.Equal(
            "freeze-unchanged", (
                await ops.PostAsync("/api/ops/change-freeze", new { on = false, reason = "Why not" })).Expect(409).ProblemType);
        var id = await portal.BreachAsync();
        Assert.Equal(
            "freeze-held", (
                await ops.PostAsync("/api/ops/change-freeze", new { on = false, reason = "Too early" })).Expect(409).ProblemType);

        // Somebody looks after it, which does not end it.
        (await portal.MoveAsync(id, "acknowledge")).Expect(200);
        Assert.Equal(
            "freeze-held", (
                await ops.PostAsync("/api/ops/change-freeze", new { on = false, reason = "In good hands" })).Expect(409).ProblemType);
        (await portal.MoveAsync(id, "resolve")).Expect(200);

        // Trouble of another kind holds no freeze.
        (await ops.PostAsync("/api/ops/restore-tests", portal.Run(succeeded: false))).Expect(201);
        Assert.Equal("true", (await portal.FreezeAsync()).Text("on"));
        Assert.Equal(
            "false", (
                await ops.PostAsync("/api/ops/change-freeze", new { on = false, reason = "Budget is back" })).Expect(200).Text("on"));
        Assert.Equal(
            "true", (await ops.PostAsync("/api/ops/change-freeze", new { on = true, reason = "Launch day" })).Expect(200).Text("on"));
        Assert.Equal(
            ["Launch day"], await portal.ListAsync(
                "select new_value ->> 'reason' from portal.audit_log where action = 'change_freeze_on' and entity_id = @Platform order "
                    + "by occurred_at desc limit 1", new { Platform }));
        // Frozen already: a breach leaves the first reason.
        await portal.BreachAsync("playback_success");
        Assert.Equal("Launch day", (await portal.FreezeAsync()).Text("reason"));
        (await portal.As("admin").PostAsync("/api/ops/change-freeze", new { on = false, reason = "No right" })).Expect(403);
    }

    [Fact]
    public async Task People_on_call_lift_the_freeze_on_their_page()
    {
        var id = await portal.BreachAsync();
        using var browser = await portal.SignedInAsync();
        var form = OpsCalls.FormToken((await browser.FetchAsync("/ops")).Expect(200).Body);
        var held = (await browser.SubmitAsync("/ops/freeze", ("form", form), ("reason", "Too early"))).Expect(409).Body;
        Assert.Contains("An incident of an error budget is not resolved", held, StringComparison.Ordinal);

        (await portal.MoveAsync(id, "resolve")).Expect(200);
        (await browser.SubmitAsync("/ops/freeze", ("reason", "Budget is back"))).Expect(403);
        (await browser.SubmitAsync("/ops/freeze", ("form", form), ("reason", " "))).Expect(400);
        (await browser.SubmitAsync("/ops/freeze", ("form", form), ("reason", new string('x', 501)))).Expect(400);
        Assert.Equal("true", (await portal.FreezeAsync()).Text("on"));
        Assert.Contains("Lift the freeze", (await browser.FetchAsync("/ops")).Expect(200).Body, StringComparison.Ordinal);

        (await browser.SubmitAsync("/ops/freeze", ("form", form), ("reason", "Budget is back"))).Expect(303);
        Assert.Equal("false", (await portal.FreezeAsync()).Text("on"));
        Assert.Equal(
            ["Budget is back"], await portal.ListAsync(
                "select new_value ->> 'reason' from portal.audit_log where action = 'change_freeze_off' and entity_id = @Platform order "
                    + "by occurred_at desc limit 1", new { Platform }));
        Assert.DoesNotContain("Lift the freeze", (await browser.FetchAsync("/ops")).Expect(200).Body, StringComparison.Ordinal);
        (await browser.SubmitAsync("/ops/freeze", ("form", form), ("reason", "Once more"))).Expect(409);
    }

    [Fact]
    public async Task The_board_shows_what_is_not_resolved_and_whether_changes_are_frozen()
    {
        using var browser = await portal.SignedInAsync();
        Assert.DoesNotContain("Changes are frozen", (await browser.FetchAsync("/ops")).Body, StringComparison.Ordinal);
        var id = await portal.BreachAsync();
        var done = await portal.BreachAsync("playback_success");
        (await portal.MoveAsync(done, "resolve")).Expect(200);
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("Changes are frozen", page, StringComparison.Ordinal);
        Assert.Contains(id.ToString(), page, StringComparison.Ordinal);
        Assert.DoesNotContain(done.ToString(), page, StringComparison.Ordinal);
        Assert.Contains("1 incident,", page, StringComparison.Ordinal);
        (await portal.MoveAsync(id, "acknowledge")).Expect(200);
        Assert.Contains("user_operator", (await browser.FetchAsync("/ops")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_test_is_recorded_and_audited_once()
    {
        var run = portal.Run(succeeded: true);
        var test = (await portal.As("operator").PostAsync("/api/ops/restore-tests", run)).Expect(201);
        Assert.Equal(test.Id, (await portal.As("operator").PostAsync("/api/ops/restore-tests", run)).Expect(200).Id);
        Assert.Equal(
            "restore-test-differs", (
                await portal.As("operator").PostAsync("/api/ops/restore-tests", portal.Run(succeeded: false))).Expect(409).ProblemType);
        await portal.DeliverAsync();
        await portal.RecordedOnceAsync(test.Id, "backup_restore_tested");
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.incidents"));
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.deliveries where aggregate_id = @id", new { id = test.Id }));
        Assert.DoesNotContain(
            "beside", string.Join(
                '|', await portal.ListAsync(
                    "select new_value::text from portal.audit_log where entity_id = @id", new { id = test.Id })),
                    StringComparison.Ordinal);
        (
            await portal.As("operator").PostAsync(
                "/api/ops/restore-tests",
                new
                {
                    ranAt = portal.Clock.GetUtcNow().AddHours(1),
                    backupTakenAt = portal.Clock.GetUtcNow(),
                    succeeded = true,
                    durationSeconds = 1,
                })).Expect(400);
    }

    [Fact]
    public async Task A_failed_restore_test_opens_an_incident_and_pages()
    {
        var test = (await portal.As("operator").PostAsync("/api/ops/restore-tests", portal.Run(succeeded: false))).Expect(201);
        var later = (await portal.As("operator").PostAsync("/api/ops/restore-tests", portal.Run(succeeded: false, minute: 5))).Expect(201);
        await portal.DeliverAsync();
        await portal.RecordedOnceAsync(test.Id, "backup_restore_tested");
        var id = Guid.Parse(test.Text("incidentId"));
        Assert.Equal(id.ToString(), later.Text("incidentId"));
        await portal.RecordedOnceAsync(id, "incident_opened");
        Assert.Equal(["incident_opened sent"], await portal.PagesAsync(id));
        var page = Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString()));
        Assert.Equal(("triggered", "critical", 1), (page.Status, page.Severity, page.Triggers));
        var listed = (await portal.As("operator").FetchAsync("/api/ops/restore-tests?succeeded=false&limit=1")).Expect(200);
        Assert.Equal([test.Id.ToString()], listed.Column("id"));
        Assert.Equal(
            [later.Id.ToString()], (
                await portal.As("operator").FetchAsync(
                    $"/api/ops/restore-tests?succeeded=false&limit=1&cursor={listed.Text("nextCursor")}")).Column("id"));
        Assert.Equal("false", (await portal.FreezeAsync()).Text("on"));
    }
}
