using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What Operators do with an incident besides moving it, and what its timeline and its postmortem tell of it.</summary>
public sealed class IncidentWorkTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Second = "user_second_operator";

    private HttpClient Ops => portal.As("operator");

    public async Task InitializeAsync()
    {
        await portal.ForgetIncidentsAsync();
        await portal.DoAsync(
            "insert into portal.operators (clerk_user_id, created_at) values (@Second, @now) on conflict do nothing",
            new { Second, now = portal.Clock.GetUtcNow() });
    }

    public Task DisposeAsync() => portal.DoAsync("delete from portal.operators where clerk_user_id = @Second", new { Second });

    [Fact]
    public async Task An_incident_is_taken_handed_over_and_given_back()
    {
        var (id, other) = (await portal.BreachAsync(), await portal.BreachAsync("playback_success"));
        var taken = (await Ops.PostAsync(Path(id, "assign"))).Expect(200);
        Assert.Equal("user_operator", taken.Text("assignee"));
        Assert.Equal(Second, (await Ops.PostAsync(Path(id, "assign"), new { assignee = Second })).Expect(200).Text("assignee"));

        // The same again is nothing new.
        var same = (await Ops.PostAsync(Path(id, "assign"), new { assignee = Second })).Expect(200);
        Assert.Equal("\"3.", same.Headers.ETag!.Tag[..3]);
        Assert.Null((await Ops.PostAsync(Path(id, "unassign"))).Expect(200).Json!["assignee"]);
        (await Ops.PostAsync(Path(id, "unassign"))).Expect(200);
        Assert.Equal(
            [
                "assigned user_operator - user_operator", $"assigned user_operator user_operator {Second}",
                $"unassigned user_operator {Second} -",
            ], await LinesAsync(id, "assigned", "unassigned"));
        Assert.Equal(
            (2, 1), (await portal.AuditedAsync(id, "incident_assigned"), await portal.AuditedAsync(id, "incident_unassigned")));
        await UntouchedAsync(other);
        Assert.Equal(
            ("operator", "user_operator", "user_operator", Second),
            ((await portal.AuditAsync(id, "incident_unassigned"))["actorKind"]!.ToString(),
                (await portal.AuditAsync(id, "incident_unassigned"))["actor"]!.ToString(),
                (await portal.AuditAsync(id, "incident_assigned"))["old"]?["assignee"]?.ToString() ?? "user_operator",
                (await portal.AuditAsync(id, "incident_unassigned"))["old"]!["assignee"]!.ToString()));
    }

    [Fact]
    public async Task Only_who_is_on_call_works_on_an_incident_and_only_while_it_is_not_resolved()
    {
        var id = await portal.BreachAsync();
        var refused = (await Ops.PostAsync(Path(id, "assign"), new { assignee = "user_admin" })).Expect(400);
        Assert.Contains("/assignee", refused.Body, StringComparison.Ordinal);
        Assert.Contains("\"operator\"", refused.Body, StringComparison.Ordinal);
        (await Ops.PostAsync(Path(id, "assign"), new { assignee = Second })).Expect(200);

        // Whoever is on call no more has no incident any more.
        await DisposeAsync();
        Assert.Null((await Ops.FetchAsync(Path(id))).Json!["assignee"]);
        (await portal.MoveAsync(id, "resolve")).Expect(200);
        foreach (var act in (string[])["assign", "unassign"])
        {
            Assert.Equal("incident-resolved", (await Ops.PostAsync(Path(id, act))).Expect(409).ProblemType);
            (await Ops.PostAsync(Path(Guid.NewGuid(), act))).Expect(404);
            (await portal.As("admin").PostAsync(Path(id, act))).Expect(403);
        }

        Assert.Equal(1, await portal.AuditedAsync(id, "incident_assigned"));
    }

    [Fact]
    public async Task Notes_stay_as_they_are_and_an_incident_takes_two_hundred()
    {
        var id = await portal.BreachAsync();
        var note = (await Ops.PostAsync(Path(id, "notes"), new { text = "Seen by two\nof us." })).Expect(201);
        Assert.Equal(
            ("note", "user_operator", "Seen by two\nof us.", $"{Path(id, "timeline")}"),
            (note.Text("kind"), note.Text("by"), note.Text("text"), note.Headers.Location!.ToString()));
        (await Ops.PostAsync(Path(id, "notes"), new { text = new string('x', 2000) })).Expect(201);
        (await Ops.PostAsync(Path(id, "notes"), new { text = new string('x', 2001) })).Expect(400);
        (await Ops.PostAsync(Path(id, "notes"), new { text = "" })).Expect(400);
        (await Ops.PostAsync(Path(Guid.NewGuid(), "notes"), new { text = "Nowhere" })).Expect(404);
        (await portal.As("admin").PostAsync(Path(id, "notes"), new { text = "No right" })).Expect(403);

        // A review comes later. The words are not in the audit log.
        (await portal.MoveAsync(id, "resolve")).Expect(200);
        (await Ops.PostAsync(Path(id, "notes"), new { text = "It was the cache." })).Expect(201);
        Assert.Equal(3, await portal.AuditedAsync(id, "incident_noted"));
        Assert.DoesNotContain("cache", (await portal.AuditAsync(id, "incident_noted")).ToJsonString(), StringComparison.Ordinal);

        await portal.DoAsync("""
            insert into portal.incident_entries (id, incident_id, kind, at, by, text)
            select gen_random_uuid(), @id, 'note', @now, 'user_operator', 'One of many' from generate_series(1, 196)
            """, new { id, now = portal.Clock.GetUtcNow() });
        var last = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Ops.PostAsync(Path(id, "notes"), new { text = $"Last {n}" })));
        Assert.Equal((1, 3), (last.Count(a => a.Code == 201), last.Count(a => a.ProblemType == "incident-notes-full")));
        Assert.Equal(
            200, await portal.ScalarAsync<long>("select count(*) from portal.incident_entries where incident_id = @id", new { id }));
    }

    [Fact]
    public async Task Nobody_changes_what_was_written_down()
    {
        var id = await portal.BreachAsync();
        (await Ops.PostAsync(Path(id, "notes"), new { text = "It stays" })).Expect(201);
        foreach (var (role, change) in new[]
        {
            (portal.Database.System, "update portal.incident_entries set text = 'Other'"),
            (portal.Database.System, "delete from portal.incident_entries"),
            (portal.Database.App, "select count(*) from portal.incident_entries"),
        })
        {
            await using var connection = new Npgsql.NpgsqlConnection(role);
            Assert.Equal(
                "42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => connection.ExecuteAsync(change))).SqlState);
        }
    }

    [Fact]
    public async Task A_severity_is_changed_with_a_reason_at_the_version_that_was_read_and_PagerDuty_hears_of_it()
    {
        var (id, other) = (await portal.BreachAsync(), await portal.BreachAsync("playback_success"));
        await portal.DeliverAsync();
        var read = (await Ops.FetchAsync(Path(id))).Expect(200);
        (await Ops.EditAsync(Path(id), Severity("error"), null)).Expect(428);
        (await Ops.PostAsync(Path(id, "assign"))).Expect(200);
        (await Ops.EditAsync(Path(id), Severity("error"), read)).Expect(412);
        read = (await Ops.FetchAsync(Path(id))).Expect(200);
        (await Ops.EditAsync(Path(id), Severity("info"), read)).Expect(400);
        (await Ops.EditAsync(Path(id), new { severity = "error" }, read)).Expect(400);
        var unchanged = (await Ops.EditAsync(Path(id), Severity("critical"), read)).Expect(409);
        Assert.Equal("incident-severity-unchanged", unchanged.ProblemType);
        Assert.Equal("error", (await Ops.EditAsync(Path(id), Severity("error"), read)).Expect(200).Text("severity"));
        (await portal.As("admin").EditAsync(Path(id), Severity("warning"), read)).Expect(403);
        (await Ops.EditAsync(Path(Guid.NewGuid()), Severity("warning"), read)).Expect(404);
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(id, "incident_severity_changed");
        var audited = await portal.AuditAsync(id, "incident_severity_changed");
        Assert.Equal(
            ("critical", "error", "Fewer see it"),
            (audited["old"]!["severity"]!.ToString(), audited["new"]!["severity"]!.ToString(), audited["new"]!["reason"]!.ToString()));
        Assert.Equal(["error_budget_breach sent", "incident_severity_changed sent"], await portal.PagesAsync(id));
        Assert.Equal(2, Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Triggers);
        Assert.Equal(
            ["critical", "error"], (await portal.PagerDuty.EventsAsync(id.ToString())).Select(
                e => e.Message["payload"]!["severity"]!.ToString()));
        Assert.Equal(
            ["paged - - high", "severity_changed user_operator critical error", "page_updated - - high"],
            await LinesAsync(id, "paged", "page_updated", "severity_changed"));

        (await portal.MoveAsync(id, "resolve")).Expect(200);
        read = (await Ops.FetchAsync(Path(id))).Expect(200);
        Assert.Equal("incident-resolved", (await Ops.EditAsync(Path(id), Severity("warning"), read)).Expect(409).ProblemType);
        await UntouchedAsync(other);
    }

    [Fact]
    public async Task The_timeline_tells_all_of_it_oldest_first_and_in_pages()
    {
        var id = await portal.BreachAsync();
        await LaterAsync(() => portal.DeliverAsync());
        await LaterAsync(() => portal.ReportAsync());
        await LaterAsync(() => portal.ReportAsync());
        await LaterAsync(() => portal.ReportAsync());
        await LaterAsync(() => portal.MoveAsync(id, "acknowledge"));
        await LaterAsync(() => Ops.PostAsync(Path(id, "assign")));
        await LaterAsync(() => Ops.PostAsync(Path(id, "notes"), new { text = "A note" }));
        await LaterAsync(async () => await Ops.EditAsync(Path(id), Severity("warning"), await Ops.FetchAsync(Path(id))));
        await LaterAsync(async () => await Ops.EditAsync(Path(id), Severity("error"), await Ops.FetchAsync(Path(id))));
        await LaterAsync(() => portal.MoveAsync(id, "resolve"));

        string[] expected =
        [
            "opened user_operator - - critical -", "paged - - - high -", "counted_up - - - - 2", "counted_up - - - - 4",
            "acknowledged user_operator - - - -", "assigned user_operator - - user_operator -", "note user_operator A note - - -",
            "severity_changed user_operator Fewer see it critical warning -",
            "severity_changed user_operator Fewer see it warning error -", "resolved user_operator The budget is back - - -",
        ];
        var all = (await Ops.FetchAsync(Path(id, "timeline?total=true"))).Expect(200);
        Assert.Equal(expected, Lines(all));
        Assert.Equal("10", all.Text("total"));
        Assert.Equal(all.Column("at").Order(StringComparer.Ordinal), all.Column("at"));
        Assert.Equal(expected.Reverse(), Lines(await Ops.FetchAsync(Path(id, "timeline?order=desc"))));

        var page = (await Ops.FetchAsync(Path(id, "timeline?limit=5"))).Expect(200);
        var rest = (await Ops.FetchAsync(Path(id, $"timeline?limit=5&cursor={page.Text("nextCursor")}"))).Expect(200);
        Assert.Equal(expected, Lines(page).Concat(Lines(rest)));
        var other = await portal.BreachAsync("playback_success");
        (await Ops.FetchAsync(Path(other, $"timeline?cursor={page.Text("nextCursor")}"))).Expect(400);
        Assert.Equal(["opened user_operator - - critical -"], Lines(await Ops.FetchAsync(Path(other, "timeline"))));
        await LaterAsync(() => portal.ReportAsync("playback_success"));
        Assert.Equal(
            ["opened user_operator - - critical -", "counted_up - - - - 2"], Lines(await Ops.FetchAsync(Path(other, "timeline"))));
        (await Ops.FetchAsync(Path(Guid.NewGuid(), "timeline"))).Expect(404);
        (await portal.As("admin").FetchAsync(Path(id, "timeline"))).Expect(403);
    }

    [Fact]
    public async Task A_page_that_is_sent_again_is_one_line()
    {
        var id = await portal.BreachAsync();
        await portal.DeliverAsync();
        await portal.DoAsync("update portal.deliveries set status = 'failed', done_at = @now where aggregate_id = @id", new
        {
            id,
            now = portal.Clock.GetUtcNow(),
        });
        var delivery = await portal.ScalarAsync<Guid>("select id from portal.deliveries where aggregate_id = @id", new { id });
        (await Ops.PostAsync($"/api/ops/deliveries/{delivery}/retry", new { reason = "Once more" })).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal(2, Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Triggers);
        Assert.Equal(["paged - - high"], await LinesAsync(id, "paged", "page_updated"));
    }

    [Fact]
    public async Task A_postmortem_begins_with_what_is_known_and_takes_nobodys_words_for_Markdown()
    {
        var id = await portal.BreachAsync();
        await LaterAsync(() => portal.DeliverAsync());
        portal.Clock.Advance(TimeSpan.FromMinutes(5));
        (await portal.MoveAsync(id, "acknowledge")).Expect(200);
        const string Forged = "Seen.\n\n## Root cause\n[here](https://evil.example) <b>it</b>\n---";
        (await Ops.PostAsync(Path(id, "notes"), new { text = Forged })).Expect(201);
        portal.Clock.Advance(TimeSpan.FromHours(3));
        (await portal.MoveAsync(id, "resolve")).Expect(200);

        using var answer = await Ops.GetAsync(new Uri(Path(id, "postmortem"), UriKind.Relative));
        Assert.Equal("text/markdown; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(
            [
                "## Summary", "## Facts", "## Timeline", "## Notes", "## Impact", "## Root cause", "## What went well", "## Action items",
            ], text.Split('\n').Where(line => line.StartsWith("##", StringComparison.Ordinal)));
        Assert.Contains("# Postmortem: Error budget of availability burns 14\\.4 times", text, StringComparison.Ordinal);
        Assert.Contains(", 0:06:00 after it was detected |", text, StringComparison.Ordinal);
        Assert.Contains("| Severity | critical |", text, StringComparison.Ordinal);
        Assert.Contains("Resolved by user\\_operator: The budget is back\n", text, StringComparison.Ordinal);
        Assert.Contains("> \\#\\# Root cause\\\n> \\[here\\]\\(https\\:\\/\\/evil\\.example\\) \\<b\\>it", text, StringComparison.Ordinal);
        Assert.EndsWith("\n## Impact\n\n## Root cause\n\n## What went well\n\n## Action items\n", text, StringComparison.Ordinal);
        (await Ops.FetchAsync(Path(Guid.NewGuid(), "postmortem"))).Expect(404);
        (await portal.As("admin").FetchAsync(Path(id, "postmortem"))).Expect(403);
    }

    private async Task UntouchedAsync(Guid id)
    {
        var incident = (await Ops.FetchAsync(Path(id))).Expect(200);
        Assert.Equal(("critical", "open"), (incident.Text("severity"), incident.Text("status")));
        Assert.Null(incident.Json!["assignee"]);
        Assert.Equal("\"1.", incident.Headers.ETag!.Tag[..3]);
    }

    private static string Path(Guid id, string? act = null) => $"/api/ops/incidents/{id}{(act is null ? "" : $"/{act}")}";

    private static object Severity(string severity) => new { severity, reason = "Fewer see it" };

    /// <summary>A minute later than what was before.</summary>
    private Task LaterAsync(Func<Task> act)
    {
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        return act();
    }

    private async Task<IReadOnlyList<string>> LinesAsync(Guid id, params IReadOnlyList<string> kinds) =>
        [.. (await Ops.FetchAsync(Path(id, "timeline"))).Expect(200).Field("items").AsArray()
            .Where(line => kinds.Contains(line!["kind"]!.ToString()))
            .Select(line => string.Join(
                ' ', new[] { "kind", "by", "previous", "became" }.Select(name => line![name]?.ToString() ?? "-")))];

    private static IReadOnlyList<string> Lines(Answer page) =>
        [.. page.Expect(200).Field("items").AsArray().Select(line => string.Join(
            ' ', new[] { "kind", "by", "text", "previous", "became", "times" }.Select(name => line![name]?.ToString() ?? "-")))];
}
