using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Identity;
using Portal.Functions.Operations.Objectives;
using Portal.Operations.Objectives;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Requests are counted, budgets follow, a fast burn pages, a slow one warns, and both close by themselves.</summary>
public sealed class ObjectiveTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private RequestFigures Figures => portal.Host.Services.GetRequiredService<RequestFigures>();

    public async Task InitializeAsync()
    {
        await portal.ForgetIncidentsAsync();
        Figures.Take();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("truncate portal.request_figures, portal.objective_minutes");

        // Each test has its own month; what is before and after it is none of its budget.
        portal.Clock.Advance(TimeSpan.FromDays(40));
        await connection.ExecuteAsync("""
            insert into portal.objective_minutes (objective, minute, good, total)
            values ('availability', date_trunc('minute', @now - interval '30 days 1 minute'), 0, 1000),
                   ('availability', date_trunc('minute', @now + interval '1 day'), 0, 1000)
            """, new { now = portal.Clock.GetUtcNow() });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Requests_are_counted_by_function_and_outcome_with_those_that_were_refused()
    {
        (await portal.Anonymous.FetchAsync("/api/health/live")).Expect(200);
        (await portal.As("agency").FetchAsync("/api/projects")).Expect(200);
        (await portal.As("agency").FetchAsync("/api/projects")).Expect(200);
        (await portal.Anonymous.FetchAsync("/api/projects")).Expect(401);
        (await portal.Anonymous.FetchAsync("/api/nothing-here")).Expect(404);
        (await portal.Anonymous.FetchAsync("/api/share/no-such-token")).Expect(404);
        await FlushAsync();

        Assert.Equal(
            ["HealthLive ok 1", "ListProjects ok 2", "ListProjects refused 1", "OpenShareLink refused 1", "ZzUnknownRoute refused 1"],
            await portal.ListAsync("""
                select function || ' ' || outcome || ' ' || sum(requests) from portal.request_figures group by function, outcome order by 1
                """));
    }

    [Fact]
    public async Task The_app_hands_in_what_it_has_when_it_stops()
    {
        portal.AddToApp = app => app.Services.AddHostedService<RequestFigureFlusher>();
        try
        {
            await portal.RestartHostAsync();
            (await portal.As("agency").FetchAsync("/api/me")).Expect(200);
            Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.request_figures"));
        }
        finally
        {
            portal.AddToApp = null;
            await portal.RestartHostAsync();
        }

        Assert.Equal(["ReadMe 1"], await portal.ListAsync("select function || ' ' || requests from portal.request_figures"));
    }

    [Fact]
    public async Task A_batch_counts_once_and_instances_add_to_the_same_minute()
    {
        var store = portal.Host.Services.GetRequiredService<RequestFigureStore>();
        var figures = new List<RequestFigure> { new(Minute, "ReadMe", "ok", 25, 3), new(Minute, "ReadMe", "failed", 25, 1) };
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        foreach (var (instance, number) in new[] { (one, 1), (one, 1), (one, 2), (one, 1), (other, 1), (one, 2) })
        {
            await store.AddAsync(new(instance, number, figures), CancellationToken.None);
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, 8), async (_, ct) => await store.AddAsync(new(other, 7, figures), ct));
        Assert.Equal(
            ["failed 4", "ok 12"], await portal.ListAsync("select outcome || ' ' || requests from portal.request_figures order by 1"));
    }

    [Fact]
    public async Task A_fast_burn_pages_once_freezes_changes_and_closes_by_itself()
    {
        await AnswerAsync("ListProjects", 200, 1000);
        await AnswerAsync("ListProjects", 500, 9);
        await WatchAsync();
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.incidents"));

        await AnswerAsync("ListProjects", 500, 6);
        await WatchAsync();
        await WatchAsync();
        await portal.DeliverAsync();
        var id = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        var incident = (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Expect(200);
        Assert.Equal(("error_budget_breach", "availability", "critical", "open"), (incident.Text("kind"), incident.Text("subject"),
            incident.Text("severity"), incident.Text("status")));
        Assert.Equal("1", incident.Text("times"));
        Assert.Equal(
            "Error budget of availability burns 14.78 times too fast over 1h; it is overspent, 14.8 times of it is used.",
            incident.Text("summary"));
        Assert.Equal("triggered", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Status);
        Assert.Equal("True", (await portal.FreezeAsync()).Text("on"), ignoreCase: true);

        // The last failures leave the window of half an hour.
        portal.Clock.Advance(TimeSpan.FromMinutes(27));
        await WatchAsync();
        Assert.Equal("open", await StatusAsync(id));
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await WatchAsync();
        await portal.DeliverAsync();
        incident = (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Expect(200);
        Assert.Equal(("resolved", ""), (incident.Text("status"), incident.Json!["resolvedBy"]?.ToString() ?? ""));
        Assert.Equal("resolved", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Status);
        Assert.Equal("True", (await portal.FreezeAsync()).Text("on"), ignoreCase: true);
        Assert.Equal(
            ["change_freeze_on", "error_budget_breach", "incident_resolved"], await portal.ListAsync(
                "select distinct action from portal.audit_log where actor_id = 'objectives' and occurred_at > @day order by 1",
                new { day = portal.Clock.GetUtcNow().AddDays(-1) }));
    }

    [Fact]
    public async Task An_incident_that_somebody_reported_is_not_opened_again_nor_closed()
    {
        var id = await portal.BreachAsync();
        await AnswerAsync("ListProjects", 500, 10);
        await WatchAsync();
        Assert.Equal([$"{id} 1"], await portal.ListAsync("select id || ' ' || times from portal.incidents"));
        portal.Clock.Advance(TimeSpan.FromHours(1));
        await WatchAsync();
        Assert.Equal("open", await StatusAsync(id));
    }

    [Fact]
    public async Task One_that_was_resolved_while_it_burns_is_opened_anew()
    {
        await AnswerAsync("ListProjects", 500, 10);
        await WatchAsync();
        var id = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        (await portal.MoveAsync(id, "resolve")).Expect(200);
        await WatchAsync();
        Assert.Equal(
            ["open", "resolved"], await portal.ListAsync("select status from portal.incidents order by 1"));
    }

    [Fact]
    public async Task One_that_somebody_has_acknowledged_closes_by_itself_when_it_burns_no_more()
    {
        await AnswerAsync("ListProjects", 500, 10);
        await WatchAsync();
        var id = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        (await portal.MoveAsync(id, "acknowledge")).Expect(200);
        await WatchAsync();
        Assert.Equal([$"{id} acknowledged"], await portal.ListAsync("select id || ' ' || status from portal.incidents"));
        portal.Clock.Advance(TimeSpan.FromHours(1));
        await WatchAsync();
        Assert.Equal([$"{id} resolved"], await portal.ListAsync("select id || ' ' || status from portal.incidents"));
    }

    [Fact]
    public async Task A_slow_burn_is_a_warning_that_closes_by_itself()
    {
        // 12 of 3000: four times too fast, not six.
        await AnswerAsync("ListProjects", 200, 2988);
        await AnswerAsync("ListProjects", 500, 12);
        await WatchAsync();
        await WatchAsync();
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.incidents"));
        Assert.Equal(
            ["availability warning 1 true"], await portal.ListAsync("""
                select dedup_key || ' ' || severity || ' ' || times || ' ' || (resolved_at is null) from portal.alerts
                 where kind = 'budget_burning'
                """));
        Assert.Equal("slow", (await ObjectiveAsync("availability"))["burn"]!.ToString());

        portal.Clock.Advance(TimeSpan.FromHours(7));
        await WatchAsync();
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'budget_burning' and resolved_at is null"));
    }

    [Fact]
    public async Task Operators_see_what_is_left_how_fast_it_burns_and_how_it_was()
    {
        await AnswerAsync("ListProjects", 200, 90);
        portal.Clock.Advance(TimeSpan.FromHours(7));
        await AnswerAsync("ListProjects", 500, 10);
        await AnswerAsync("HealthReady", 503, 50);
        await WatchAsync();

        var objective = await ObjectiveAsync("availability");
        Assert.Equal(("90", "100", "-99", "fast"), (objective["good"]!.ToString(), objective["total"]!.ToString(),
            objective["budgetLeft"]!.ToString(), objective["burn"]!.ToString()));
        Assert.Equal(
            ["5m 0/10 1000", "30m 0/10 1000", "1h 0/10 1000", "2h 0/10 1000", "6h 0/10 1000", "1d 90/100 100", "3d 90/100 100"],
            objective["windows"]!.AsArray().Select(window =>
                $"{window!["window"]} {window["good"]}/{window["total"]} {window["burnRate"]}"));
        Assert.Equal(
            ["90/90", "0/10"], objective["history"]!.AsArray().Select(point => $"{point!["good"]}/{point["total"]}"));
        Assert.Equal(("0.999", "30"), (objective["target"]!.ToString(), objective["windowDays"]!.ToString()));
        Assert.Equal("5", (await ObjectiveAsync("retries"))["mostADay"]!.ToString());
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("The budget is overspent: 100 times of it is used. 90 of 100 were good.", page, StringComparison.Ordinal);
        Assert.Contains(" are kept</summary>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task They_are_shown_as_they_were_measured_last()
    {
        await AnswerAsync("ListProjects", 200, 90);
        await WatchAsync();
        Assert.Equal(0, await BadAsync());
        await AnswerAsync("ListProjects", 500, 10);
        await WatchAsync();
        Assert.Equal(10, await BadAsync());

        async Task<int> BadAsync()
        {
            var of = await ObjectiveAsync("availability");
            return of["total"]!.GetValue<int>() - of["good"]!.GetValue<int>();
        }
    }

    [Fact]
    public async Task What_rows_tell_is_counted_in_the_minute_in_which_it_is_known()
    {
        await RowsAsync();
        await WatchAsync();
        Assert.Equal(
            [
                "erasure 0 1/1", "erasure 1 0/2", "playback_success -1440 1/1", "playback_success 0 0/4", "playback_success 1 1/1",
                "retries 0 0/1", "revocation 0 0/1", "revocation 1 2/3", "webhook_success 0 1/1", "webhook_success 1 0/1",
            ],
            await CountedAsync());

        // What is known of that minute later counts in it. Counted again, also when the rows are gone by then, nothing changes.
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at, processed_at)
            select provider, 'counted late', type, body, status, next_attempt_at, received_at, processed_at
              from portal.webhook_inbox where event_id = 'counted'
            """);
        await WatchAsync();
        Assert.Contains("webhook_success 0 2/2", await CountedAsync());
        await connection.ExecuteAsync("delete from portal.webhook_inbox where event_id = 'counted'");
        await WatchAsync();
        Assert.Contains("webhook_success 0 2/2", await CountedAsync());
    }

    [Fact]
    public async Task Figures_that_come_late_are_counted_for_six_hours()
    {
        var store = portal.Host.Services.GetRequiredService<RequestFigureStore>();
        await WatchAsync();
        var late = Minute.AddMinutes(-361);
        await store.AddAsync(
            new(Guid.NewGuid(), 1, [new(late, "ListProjects", "ok", 25, 2), new(late.AddMinutes(-1), "ListProjects", "ok", 25, 1)]),
            CancellationToken.None);
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await WatchAsync();
        Assert.Equal("2", (await ObjectiveAsync("availability"))["total"]!.ToString());
    }

    /// <summary>The one that is running.</summary>
    private DateTimeOffset Minute => WatchObjectives.Minute(portal.Clock.GetUtcNow());

    private async Task AnswerAsync(string function, int status, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Figures.Count(function, status, TimeSpan.Zero);
        }

        await FlushAsync();
    }

    private Task FlushAsync() => portal.Host.Services.GetRequiredService<FlushRequestFigures>().RunAsync(CancellationToken.None);

    /// <summary>When the minute is over.</summary>
    private async Task WatchAsync()
    {
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Host.RunTimerAsync("WatchObjectives");
    }

    private Task<string> StatusAsync(Guid incident) =>
        portal.ScalarAsync<string>("select status from portal.incidents where id = @incident", new { incident });

    private async Task<JsonObject> ObjectiveAsync(string name) =>
        (await portal.As("operator").FetchAsync("/api/ops/objectives")).Expect(200).Json!["items"]!.AsArray()
            .Single(objective => objective!["name"]!.ToString() == name)!.AsObject();

    /// <summary>Minutes from the one that <see cref="RowsAsync"/> wrote in.</summary>
    private Task<IReadOnlyList<string>> CountedAsync() => portal.ListAsync("""
        select m.objective || ' ' || (extract(epoch from m.minute - f.minute) / 60)::int || ' ' || m.good || '/' || m.total
          from portal.objective_minutes m cross join (select min(minute) as minute from portal.request_figures) f
         where m.objective in ('erasure', 'playback_success', 'retries', 'revocation', 'webhook_success')
         order by m.objective, m.minute
        """);

    /// <summary>In this minute: a webhook is handled, an erasure done in time, a retry, four failures to mint, and a link that was revoked
    /// a quarter of an hour ago has a token that outlives it. In the next: a webhook dies, two erasures are overdue, a token is made, and
    /// of a link and two hard revokes one was late. What a hold keeps, and what was cancelled, is not counted.</summary>
    private async Task RowsAsync()
    {
        var project = await portal.NewProjectAsync();
        var upload = await portal.UploadReadyAsync(project);
        var asset = Guid.Parse(upload.Text("assetId"));
        var links = new[] { await portal.ShareAsync(asset), await portal.ShareAsync(asset) };
        portal.Clock.Advance(Minute.AddMinutes(1) - portal.Clock.GetUtcNow());
        Figures.Take();
        await AnswerAsync("OpenShareLink", 503, 4);
        await portal.DoAsync("""
            delete from portal.webhook_inbox;
            delete from portal.mux_tasks;
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at, processed_at)
            values ('mux', 'counted', 'x', '{}', 'processed', @now, @now, @now), ('mux', 'waits', 'x', '{}', 'retrying', @now, @now, null);
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, occurred_at)
            values
                (gen_random_uuid(), @platform, 'system', 'x', 'webhook_dead', 'webhook', @asset, '{}', @next),
                (gen_random_uuid(), @tenant, 'system', 'x', 'upload_replayed', 'upload_job', @asset, '{}', @now);
            insert into portal.erasure_requests (id, tenant_id, kind, address_hash, status, requested_at, starts_at, due_at, ended_at)
            select gen_random_uuid(), @tenant, 'guest', repeat(n::text, 64), s, @now - interval '1 day', @now, d, e
              from (values (1, 'completed', @next, @now), (2, 'requested', @next, null), (3, 'held', @next, null),
                           (4, 'cancelled', @next, @now), (5, 'failed', @next + interval '1 day', null), (6, 'failed', @next, null))
                   v (n, s, d, e);
            update portal.share_links set status = 'revoked', revoked_at = @now - interval '15 minutes' where id = @first;
            update portal.share_links set status = 'revoked', revoked_at = @next - interval '15 minutes' where id = @second;
            insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, ip_hash, agent_family, minted_at,
               token_expires_at, written_in, row_hash)
            select gen_random_uuid(), @tenant, v.id, l.link, '\x00', 'x', l.minted, l.ends, 0, '\x00'
              from portal.asset_versions v cross join (values
                   (@first, @now - interval '1 day', @now + interval '1 second'), (@second, @next, @next)) l (link, minted, ends)
             where v.asset_id = @asset;
            insert into portal.mux_tasks (id, tenant_id, kind, asset_version_id, mux_asset_id, old_playback_id, next_attempt_at,
               created_at, done_at, outcome)
            select gen_random_uuid(), @tenant, 'replace_playback_id', v.id, 'x', t.old, @now, @next - interval '15 minutes', t.done,
                   case when t.done is not null then 'done' end
              from portal.asset_versions v
             cross join (values ('in time', @next), ('late', @next + interval '1 second')) t (old, done)
             where v.asset_id = @asset;
            """, new
        {
            now = portal.Clock.GetUtcNow(),
            next = portal.Clock.GetUtcNow().AddMinutes(1),
            platform = TenantId.Platform,
            tenant = TestPeople.Tenant,
            asset,
            first = links[0].Id,
            second = links[1].Id,
        });
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
    }
}
