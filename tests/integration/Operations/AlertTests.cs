using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Alerts;
using Portal.LocalVendors;
using Portal.Operations.Alerts;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Who is told of alerts, how people on call work on them, here and at PagerDuty, and what is raised by looking.</summary>
public sealed class AlertTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private AlertStore Alerts => portal.Services.GetRequiredService<AlertStore>();

    public async Task InitializeAsync()
    {
        await portal.ForgetIncidentsAsync();
        portal.PagerDuty.WebhookUrl = null;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Each_kind_is_told_to_whom_the_catalogue_says()
    {
        var midnight = new DateTimeOffset(portal.Clock.GetUtcNow().UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        foreach (var kind in AlertKind.All)
        {
            await RaiseAsync(kind, "one");
            await RaiseAsync(kind, "two");
        }

        await portal.DeliverAsync();
        var pages = await portal.PagerDuty.IncidentsAsync();
        var paged = (await portal.ListAsync("select id || ' ' || dedup_key from portal.incidents")).ToDictionary(
            row => row.Split(' ')[0], row => row.Split(' ')[1]);
        Assert.Equal(
            KindsTold(AlertTold.Page).SelectMany(kind => new[] { $"{kind}:one", $"{kind}:two" }).Order(),
            pages.Where(page => page.Urgency == "high" && paged.ContainsKey(page.DedupKey)).Select(page => paged[page.DedupKey]).Order());

        // All errors of a kind are one trouble.
        Assert.Equal(
            KindsTold(AlertTold.LowUrgencyPage).Order(),
            pages.Where(page => page.Urgency == "low" && paged.ContainsKey(page.DedupKey)).Select(page => paged[page.DedupKey]).Order());

        // Warnings wait for the day to end: one mail to each Operator, however often it is tried.
        Assert.Equal(0, await MailedAsync("warnings_reported"));
        portal.Clock.Advance(midnight - portal.Clock.GetUtcNow());
        await Task.WhenAll(portal.RunTimerAsync("MailOperators"), portal.RunTimerAsync("MailOperators"));
        await portal.RunTimerAsync("MailOperators");
        await portal.DeliverAsync();
        Assert.Equal(1, await MailedAsync("warnings_reported"));
        var mail = (await portal.InboxOfAsync("operator")).Single(mail => mail.Subject.Contains("warning", StringComparison.Ordinal));
        var warned = KindsTold(AlertTold.DailyMail).ToList();
        Assert.Contains($"{warned.Count * 2} warnings", mail.Subject, StringComparison.Ordinal);
        Assert.All(warned, kind => Assert.Contains(kind, mail.Text, StringComparison.Ordinal));
        Assert.All(KindsTold(AlertTold.LowUrgencyPage), kind => Assert.DoesNotContain($"\n{kind}", mail.Text, StringComparison.Ordinal));
        Assert.Contains("2 alerts, raised 2 times since it began, 2 not over", mail.Text, StringComparison.Ordinal);
        Assert.Contains("/ops#alerts", mail.Text, StringComparison.Ordinal);
        Assert.Null(mail.Header("List-Unsubscribe"));

        // A day without warnings is a day without a mail.
        portal.Clock.Advance(TimeSpan.FromDays(1));
        await portal.RunTimerAsync("MailOperators");
        await portal.DeliverAsync();
        Assert.Equal(1, await MailedAsync("warnings_reported"));
        Assert.Equal(
            ["false", "true"],
            await portal.ListAsync("select mailed::text from portal.operator_mails where kind = 'warnings' order by until desc limit 2"));
    }

    [Fact]
    public async Task Objectives_are_mailed_once_a_week_when_it_is_over()
    {
        await portal.DoAsync("delete from portal.operator_mails; truncate portal.objective_minutes");
        var monday = Portal.Operations.OnCallMails.MailOperators.LastMonday(
            new DateTimeOffset(portal.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero)).AddDays(7);
        await portal.DoAsync("""
            insert into portal.objective_states (objective) values ('availability'), ('webhook_success') on conflict do nothing;
            insert into portal.objective_minutes (objective, minute, good, total)
            values ('availability', @day, 899, 999), ('availability', @since, 1, 1), ('webhook_success', @day, 1000, 1000),
                   ('availability', @since - interval '1 minute', 0, 5), ('availability', @until, 0, 7),
                   ('webhook_success', @budget - interval '1 minute', 0, 9);
            insert into portal.incidents (id, kind, dedup_key, severity, summary, status, pages, opened_at, last_at, resolved_at)
            select gen_random_uuid(), i.kind, i.key, 'critical', 'x', 'resolved', true, i.at, i.at, i.at
              from (values ('error_budget_breach', 'availability', @since), ('error_budget_breach', 'availability', @day),
                           ('error_budget_breach', 'availability', @since - interval '1 second'),
                           ('error_budget_breach', 'availability', @until), ('error_budget_breach', 'share_open_latency', @day),
                           ('alert', 'availability', @day)) as i (kind, key, at)
            """, new
        {
            day = monday.AddDays(-3),
            since = monday.AddDays(-7),
            until = monday,
            budget = monday - Portal.Operations.Objectives.ServiceObjective.Window,
        });
        portal.Clock.Advance(monday - portal.Clock.GetUtcNow());
        await portal.RunTimerAsync("MailOperators");
        portal.Clock.Advance(TimeSpan.FromDays(2));
        await portal.RunTimerAsync("MailOperators");
        await portal.DeliverAsync();

        var mail = (await portal.InboxOfAsync("operator")).Single(
            mail => mail.Subject.EndsWith($"in the week from {Foundation(monday.AddDays(-7))}", StringComparison.Ordinal));
        Assert.StartsWith("Portal: 1 of 2 objectives were not kept", mail.Subject, StringComparison.Ordinal);
        Assert.Contains("availability; 900 of 1000 were good in the week; target 99.9 %", mail.Text, StringComparison.Ordinal);
        Assert.Contains("paged 2 times", mail.Text, StringComparison.Ordinal);
        Assert.True(
            mail.Text!.IndexOf("availability", StringComparison.Ordinal) < mail.Text.IndexOf("webhook_success", StringComparison.Ordinal));

        static string Foundation(DateTimeOffset day) => Portal.Foundation.Words.Day(DateOnly.FromDateTime(day.UtcDateTime));
    }

    [Fact]
    public async Task An_incident_of_errors_is_acknowledged_and_over_when_all_of_its_alerts_are()
    {
        await RaiseAsync(AlertKind.TenantWithoutAdmin, "one");
        await RaiseAsync(AlertKind.TenantWithoutAdmin, "two");
        await portal.DeliverAsync();
        var alerts = (await ListAsync("?kind=tenant_without_admin&status=open&total=true")).Column("id");
        var incident = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        Assert.Equal(2, alerts.Count);

        (await WorkAsync(alerts[0], "acknowledge")).Expect(200);
        Assert.Equal("open", await IncidentAsync(incident));
        Assert.Equal(
            "alert-not-open", (await WorkAsync(alerts[0], "acknowledge")).Expect(409).ProblemType);
        var acknowledged = (await WorkAsync(alerts[1], "acknowledge")).Expect(200);
        Assert.Equal(
            ("acknowledged", "user_operator", incident.ToString(), "low_urgency_page", "with_its_cause"),
            (acknowledged.Text("status"), acknowledged.Text("acknowledgedBy"), acknowledged.Text("incidentId"), acknowledged.Text("told"),
                acknowledged.Text("ends")));
        Assert.Equal("acknowledged", await IncidentAsync(incident));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => WorkAsync(alerts[0], "resolve")));
        Assert.Equal((1, 7), (answers.Count(a => a.Code == 200), answers.Count(a => a.ProblemType == "alert-resolved")));
        Assert.Equal("acknowledged", await IncidentAsync(incident));
        (await WorkAsync(alerts[1], "resolve")).Expect(200);
        Assert.Equal("resolved", await IncidentAsync(incident));
        await portal.DeliverAsync();
        var page = Assert.Single(await portal.PagerDuty.IncidentsAsync(incident.ToString()));
        Assert.Equal(("low", "resolved"), (page.Urgency, page.Status));
        Assert.Equal(
            (1, 1), (
                await portal.AuditedAsync(Guid.Parse(alerts[0]), "alert_acknowledged"),
                await portal.AuditedAsync(Guid.Parse(alerts[0]), "alert_resolved")));

        // It comes back: another alert, another page.
        await RaiseAsync(AlertKind.TenantWithoutAdmin, "one");
        Assert.Equal(3, (await ListAsync("?kind=tenant_without_admin")).Column("id").Count);
        (await WorkAsync(Guid.NewGuid().ToString(), "resolve")).Expect(404);
        (await portal.As("admin").PostAsync($"/api/ops/alerts/{alerts[0]}/resolve", new { reason = "No right" })).Expect(403);
        (await portal.As("admin").FetchAsync("/api/ops/alerts")).Expect(403);
    }

    [Fact]
    public async Task What_is_done_at_PagerDuty_is_done_here()
    {
        portal.PagerDuty.WebhookUrl = new Uri(portal.Address, "/api/webhooks/pagerduty");
        await RaiseAsync(AlertKind.PublicPlaybackId, "asset-9");
        await portal.DeliverAsync();
        var id = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        Assert.True(await portal.PagerDuty.AcknowledgeAsync(id.ToString()));
        await portal.PagerDuty.WhenIdleAsync();
        Assert.Equal("acknowledged", await IncidentAsync(id));
        Assert.Equal("acknowledged", (await ListAsync("?kind=public_playback_id")).Column("status")[0]);
        Assert.True(await portal.PagerDuty.ResolveAsync(id.ToString()));
        await portal.PagerDuty.WhenIdleAsync();
        Assert.Equal("resolved", await IncidentAsync(id));
        Assert.Equal("resolved", (await ListAsync("?kind=public_playback_id")).Column("status")[0]);

        // PagerDuty is not told what it has just told us.
        await portal.DeliverAsync();
        Assert.Equal(["incident_opened sent"], await portal.PagesAsync(id));
        Assert.Equal(
            ["vendor pagerduty", "vendor pagerduty"], await portal.ListAsync("""
                select actor_kind || ' ' || actor_id from portal.audit_log
                 where entity_id = @id and action in ('incident_acknowledged', 'incident_resolved')
                """, new { id }));
        Assert.Equal(
            "pagerduty:PONCALL", await portal.ScalarAsync<string>("select resolved_by from portal.incidents where id = @id", new { id }));
        Assert.Equal(
            ["incident.acknowledged acknowledged", "incident.resolved resolved", "incident.triggered nothing_new"],
            await portal.ListAsync("""
                select type || ' ' || outcome from portal.webhook_inbox
                 where provider = 'pagerduty' and event_id like '01%' order by 1
                """));
    }

    [Fact]
    public async Task A_webhook_of_PagerDuty_counts_once_while_it_is_young_and_signed()
    {
        await RaiseAsync(AlertKind.PublicPlaybackId, "asset-10");
        var id = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await RaiseAsync(AlertKind.PublicPlaybackId, "newer");
        (await SendAsync(Event("e1", "incident.triggered", id))).Expect(200);
        (await SendAsync(Event("e2", "incident.acknowledged", id), secret: "wrong")).Expect(401);
        (await SendAsync(Event("e2", "incident.acknowledged", id), header: "")).Expect(401);
        (await SendAsync(Event("e3", "incident.acknowledged", id, age: TimeSpan.FromDays(3.1)))).Expect(200);
        (await SendAsync(Event("e4", "incident.workflow.started", id))).Expect(200);
        (await SendAsync(Event("e5", "incident.acknowledged", Guid.NewGuid()))).Expect(200);
        (await SendAsync("""{"event":{"id":"e6"}}""")).Expect(400);
        (await SendAsync(new string('x', (1 << 20) + 1))).Expect(413);
        Assert.Equal("open", await IncidentAsync(id));

        // PagerDuty's own id is enough, once an event has named both. While the secret is rotated there are two signatures.
        var body = Event("e7", "incident.acknowledged", null);
        (await SendAsync(body, header: $"v1={new string('0', 64)},{Sign(body)}")).Expect(200);
        Assert.Equal("acknowledged", await IncidentAsync(id));
        (await SendAsync(Event("e8", "incident.resolved", id))).Expect(200);
        Assert.Equal("resolved", await IncidentAsync(id));
        await RaiseAsync(AlertKind.PublicPlaybackId, "asset-10");
        (await SendAsync(body, header: Sign(body))).Expect(200);
        Assert.Equal(
            ["e1 nothing_new", "e3 too_old", "e4 not_used", "e5 unknown_incident", "e7 acknowledged", "e8 resolved"],
            await portal.ListAsync("""
                select event_id || ' ' || outcome from portal.webhook_inbox where provider = 'pagerduty' and event_id like 'e%' order by 1
                """));
        Assert.Equal(
            ["public_playback_id:asset-10 open", "public_playback_id:asset-10 resolved", "public_playback_id:newer open"],
            await portal.ListAsync("select dedup_key || ' ' || status from portal.incidents where kind = 'alert' order by 1"));
    }

    [Fact]
    public async Task What_waits_or_fails_too_much_is_told_and_over_when_it_does_not()
    {
        var now = portal.Clock.GetUtcNow();
        await portal.DoAsync("delete from portal.webhook_inbox; delete from portal.outbox; delete from portal.deliveries");
        await portal.DoAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, next_attempt_at, received_at)
            values ('mux', 'late', 'x', '{}', @now - interval '11 minutes', @now),
                   ('clerk', 'young', 'x', '{}', @now - interval '9 minutes', @now);
            insert into portal.webhook_inbox (provider, event_id, type, body, status, attempts, next_attempt_at, received_at)
            select 'resend', 'dead-' || n, 'x', '{}', 'dead', 8, @now, @now from generate_series(1, 10) n;
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            select gen_random_uuid(), @tenant, 'test', gen_random_uuid(), 'test', '{}', @now - interval '6 minutes'
              from generate_series(1, 14);
            """, new { now, tenant = TestPeople.Tenant });
        await portal.DoAsync("""
            with e as (select *, row_number() over (order by event_id) as n from portal.events where type = 'test')
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, taken_at,
                   started_at, next_attempt_at, done_at, reason, created_at)
            select gen_random_uuid(), @tenant, e.event_id, e.type, e.aggregate_id, e.n,
                   'email', 'platform', case when e.n <= 10 then 'failed' else 'sending' end,
                   @now - case when e.n = 11 then interval '4 minutes' else interval '6 minutes' end, @now,
                   case when e.n in (12, 13) then @now + interval '10 minutes' when e.n = 14 then @now - interval '4 minutes' end,
                   case when e.n <= 10 then @now end, case when e.n <= 10 then 'x' end, @now
              from e
            """, new { now, tenant = TestPeople.Tenant });

        // What failed long ago, and what a tenant's own system did not take, is nobody's on call.
        await portal.DoAsync("""
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, started_at,
                   done_at, reason, created_at)
            select gen_random_uuid(), d.tenant_id, d.event_id, d.event_type, d.aggregate_id, d.seq, c.channel, 'beside', 'failed',
                   d.started_at, d.done_at - c.ago, 'x', d.created_at
              from portal.deliveries d
             cross join (values ('webhook', interval '0'), ('pagerduty', interval '1 day')) as c (channel, ago)
             where d.channel = 'email' and d.status = 'failed'
            """);
        await portal.RunTimerAsync("WatchAlerts");
        string[] expected =
        [
            "deliveries_failing email", "inbox_behind mux", "outbox_behind events", "webhooks_dying resend",
        ];
        Assert.Equal(expected, await OpenAsync());

        // No orchestration was late: two wait for their time, two were to go on four minutes ago. Two minutes later these are. What waits
        // for its next attempt is as late as that is, whenever it happened.
        portal.Clock.Advance(TimeSpan.FromMinutes(2));
        await portal.DoAsync("update portal.outbox set next_attempt_at = @at", new { at = portal.Clock.GetUtcNow() });
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal(
            ["deliveries_failing email", "engine_behind deliveries", "inbox_behind clerk", "inbox_behind mux", "webhooks_dying resend"],
            await OpenAsync());
        Assert.StartsWith(
            "2 orchestrations of deliveries were to go on", await portal.ScalarAsync<string>(
                "select summary from portal.alerts where kind = 'engine_behind'"), StringComparison.Ordinal);

        // Uploads are late by themselves, in either state in which they go on.
        await portal.DoAsync("delete from portal.webhook_inbox; delete from portal.outbox; delete from portal.deliveries");
        var project = await portal.NewProjectAsync();
        foreach (var (state, attempts, minutes) in new[]
                 {
                     ("waiting", 1, 6), ("processing", 1, 6), ("cancelled", 1, 6), ("waiting", 0, 6), ("waiting", 1, 0),
                     ("waiting", 1, -1),
                 })
        {
            await portal.DoAsync(
                "update portal.upload_jobs set status = @state, attempts = @attempts, next_retry_at = @at where id = @id",
                new
                {
                    state,
                    attempts,
                    at = portal.Clock.GetUtcNow().AddMinutes(-minutes),
                    id = (await portal.AskUploadAsync(project, "crew6")).Expect(201).Id,
                });
        }

        await portal.DeliverAsync();
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal(["engine_behind uploads"], await OpenAsync());
        Assert.StartsWith(
            "3 orchestrations of uploads were to go on", await portal.ScalarAsync<string>(
                "select summary from portal.alerts where kind = 'engine_behind' and resolved_at is null"), StringComparison.Ordinal);

        await portal.DoAsync("update portal.upload_jobs set next_retry_at = null");
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await OpenAsync());
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.incidents where status <> 'resolved'"));
    }

    [Fact]
    public async Task What_does_not_get_through_to_Mux_is_told_and_over_when_it_has()
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), "crew1", Mp4Sample.Clip())).Text("assetId"));
        var link = await portal.ShareAsync(asset, new { allowDownload = true });
        portal.Mux.Faults.FailNextApiCalls(1000, ApiFault.Status(500));
        (await portal.WhileMovingAsync(portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke"))).Expect(200);
        await WorkOffAsync();
        Assert.Equal(["mux_revoke_stuck", "mux_task_stuck"], await OpenAtMuxAsync());

        portal.Mux.Faults.Clear();
        portal.Mux.Faults.DropWebhooks = _ => true;
        await WorkOffAsync(1);

        // One POST a second for the whole account: the new playback ID may have had the first, and the file waits for the next.
        while (await portal.ScalarAsync<long>("select count(*) from vendors.mux_renditions") == 0)
        {
            portal.Clock.Advance(TimeSpan.FromSeconds(2));
            await portal.RunTimerAsync("ProcessMuxTasks");
        }

        // It has been made, or Mux would make it good while it is looked at.
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Mux.WhenIdleAsync();
        await portal.DoAsync("update vendors.mux_renditions set status = 'errored'");
        await WorkOffAsync();
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal(["mux_rendition_failed"], await OpenAtMuxAsync());
        await portal.DoAsync("update portal.asset_versions set download_name = 'highest.mp4' where asset_id = @asset", new { asset });
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await OpenAtMuxAsync());

        Task<IReadOnlyList<string>> OpenAtMuxAsync() => portal.ListAsync(
            "select kind from portal.alerts where resolved_at is null and kind like 'mux%' order by kind");

        async Task WorkOffAsync(int rounds = 10)
        {
            for (var round = 0; round < rounds; round++)
            {
                portal.Clock.Advance(TimeSpan.FromMinutes(16));
                await portal.RunTimerAsync("ProcessMuxTasks");
            }
        }
    }

    [Fact]
    public async Task Keys_and_certificates_are_told_before_they_run_out_and_over_when_they_are_new()
    {
        var today = DateOnly.FromDateTime(portal.Clock.GetUtcNow().UtcDateTime);
        DateTimeOffset? end = portal.Clock.GetUtcNow().AddDays(14);
        await WatchAsync($"mux_signing_key={today.AddDays(30):yyyy-MM-dd}, audit_key={today.AddDays(32):yyyy-MM-dd}");
        Assert.Equal(["certificate_expiring api.portal.example", "key_expiring mux_signing_key"], await OpenAsync());

        // A host that does not answer proves nothing.
        end = null;
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await WatchAsync("");
        Assert.Equal(["certificate_expiring api.portal.example"], await OpenAsync());
        end = portal.Clock.GetUtcNow().AddDays(14.1);
        await WatchAsync("");
        Assert.Empty(await OpenAsync());
        await portal.RunTimerAsync("DailyChecks");
        Assert.Contains("expiring", await portal.ScalarAsync<string>(
            "select counts::text from portal.timer_runs where timer = 'DailyChecks' order by started_at desc limit 1"),
            StringComparison.Ordinal);

        Task<int> WatchAsync(string expiring) => new WatchExpiry(
            Options.Create(new AlertsOptions { Expiring = expiring }),
            Options.Create(new MailOptions { ApiUrl = "https://api.portal.example", PortalUrl = "http://localhost:3000" }),
            (_, _) => Task.FromResult(end), Alerts, portal.Clock).RunAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_alert_that_is_raised_again_says_what_is_the_matter_now()
    {
        var began = portal.Clock.GetUtcNow();
        foreach (var depth in new[] { 30, 50 })
        {
            await Alerts.AddAsync(
                new(AlertKind.InboxBehind, "mux", $"{depth} webhooks of mux are due.", new { depth }), CancellationToken.None);
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var alert = Assert.Single((await ListAsync("?kind=inbox_behind&status=open")).Expect(200).Field("items").AsArray())!;
        Assert.Equal(
            ("50 webhooks of mux are due.", 2, began, began.AddMinutes(1)),
            (alert["summary"]!.ToString(), alert["times"]!.GetValue<int>(), alert["firstAt"]!.GetValue<DateTimeOffset>(),
                alert["lastAt"]!.GetValue<DateTimeOffset>()));
        Assert.Equal("50", await portal.ScalarAsync<string>(
            "select details ->> 'depth' from portal.alerts where id = @id", new { id = Guid.Parse(alert["id"]!.ToString()) }));
    }

    [Fact]
    public async Task On_the_page_what_is_worse_comes_first_and_then_what_nobody_works_on()
    {
        foreach (var (kind, key) in new[]
        {
            (AlertKind.BruteForce, "nobody"), (AlertKind.BruteForce, "somebody"), (AlertKind.EventStuck, "stuck"),
            (AlertKind.PublicPlaybackId, "worst"),
        })
        {
            await RaiseAsync(kind, key);
            portal.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // What was raised last comes first but for that.
        foreach (var key in new[] { "somebody", "worst" })
        {
            var id = await portal.ScalarAsync<Guid>("select id from portal.alerts where dedup_key = @key", new { key });
            (await WorkAsync(id.ToString(), "acknowledge")).Expect(200);
        }

        await RaiseAsync(AlertKind.BruteForce, "somebody");
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        string[] order = [$"{AlertKind.PublicPlaybackId} of worst", $"{AlertKind.EventStuck} of stuck",
            $"{AlertKind.BruteForce} of nobody", $"{AlertKind.BruteForce} of somebody"];
        var alerts = page[page.IndexOf("id=\"alerts\"", StringComparison.Ordinal)..];
        Assert.All(order, said => Assert.Contains(said, alerts, StringComparison.Ordinal));
        Assert.Equal(order, order.OrderBy(said => alerts.IndexOf(said, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_acknowledged_an_alert_first_stays_when_its_incident_is_acknowledged_and_so_does_who_resolved_it()
    {
        foreach (var key in new[] { "first", "second", "over" })
        {
            await RaiseAsync(AlertKind.TenantWithoutAdmin, key);
        }

        var began = portal.Clock.GetUtcNow();
        var incident = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        (await WorkAsync(await IdAsync("first"), "acknowledge")).Expect(200);
        (await WorkAsync(await IdAsync("over"), "resolve")).Expect(200);
        Assert.Equal("alert-not-open", (await WorkAsync(await IdAsync("over"), "acknowledge")).Expect(409).ProblemType);
        await portal.DoAsync("update portal.alerts set acknowledged_by = 'user_before' where dedup_key = 'first'");
        await portal.DoAsync("update portal.alerts set resolved_by = 'user_before' where dedup_key = 'over'");
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        (await portal.MoveAsync(incident, "acknowledge")).Expect(200);
        Assert.Equal(["first user_before 0 - -", "over - - user_before 0", "second user_operator 60 - -"], await WhoAsync());

        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        (await portal.MoveAsync(incident, "resolve")).Expect(200);
        Assert.Equal(
            ["first user_before 0 user_operator 120", "over - - user_before 0", "second user_operator 60 user_operator 120"],
            await WhoAsync());

        async Task<string> IdAsync(string key) =>
            (await portal.ListAsync("select id::text from portal.alerts where dedup_key = @key", new { key })).Single();

        Task<IReadOnlyList<string>> WhoAsync() => portal.ListAsync("""
            select concat_ws(' ', dedup_key,
                             coalesce(acknowledged_by, '-'),
                             coalesce(round(extract(epoch from acknowledged_at - @began::timestamptz))::text, '-'),
                             coalesce(resolved_by, '-'), coalesce(round(extract(epoch from resolved_at - @began::timestamptz))::text, '-'))
              from portal.alerts order by dedup_key
            """, new { began });
    }

    [Fact]
    public async Task People_on_call_acknowledge_and_resolve_alerts_on_their_page()
    {
        await RaiseAsync(AlertKind.BruteForce, "session:1.2.3.0");
        var id = (await ListAsync("?status=open")).Column("id")[0];
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        var form = OpsCalls.FormToken(page);
        Assert.Contains("Acknowledge brute_force", page, StringComparison.Ordinal);
        Assert.Contains("0 incidents, 1 alert, 0 failed, 0 stuck.", page, StringComparison.Ordinal);
        Assert.Contains(
            """What to do: <a href="/ops/runbooks/playbook/operations/alerts.md#brute_force">Alerts</a>.""", page,
            StringComparison.Ordinal);
        (await browser.SubmitAsync("/ops/alerts", ("form", form), ("act", "acknowledge"), ("id", id))).Expect(303);
        page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("Resolve brute_force", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Acknowledge brute_force", page, StringComparison.Ordinal);
        (await browser.SubmitAsync("/ops/alerts", ("form", form), ("act", "acknowledge"), ("id", id))).Expect(409);
        (await browser.SubmitAsync("/ops/alerts", ("form", form), ("act", "resolve"), ("id", id), ("reason", " "))).Expect(400);
        (await browser.SubmitAsync("/ops/alerts", ("form", form), ("act", "forget"), ("id", id))).Expect(400);
        (await browser.SubmitAsync("/ops/alerts", ("act", "resolve"), ("id", id), ("reason", "x"))).Expect(403);
        (await browser.SubmitAsync(
            "/ops/alerts", ("form", form), ("act", "resolve"), ("id", id), ("reason", "It was a scan"))).Expect(303);
        Assert.DoesNotContain("brute_force", (await browser.FetchAsync("/ops")).Body, StringComparison.Ordinal);
        Assert.Equal(1, await portal.AuditedAsync(Guid.Parse(id), "alert_resolved"));
    }

    private static IEnumerable<string> KindsTold(string told) =>
        AlertKind.All.Where(kind => kind.Told == told).Select(kind => kind.Name);

    private string Event(string id, string type, Guid? incident, TimeSpan age = default) => JsonSerializer.Serialize(new
    {
        @event = new
        {
            id,
            event_type = type,
            occurred_at = portal.Clock.GetUtcNow() - age,
            agent = new { id = "PX" },
            data = incident is { } key ? new { id = "QPAGER1", incident_key = key.ToString() } : (object)new { id = "QPAGER1" },
        },
    });

    private string Sign(string body) => LocalPagerDuty.Sign(portal.PagerDuty.WebhookSecret, body);

    private Task RaiseAsync(AlertKind kind, string key) => Alerts.AddAsync(new(kind, key, $"{kind} of {key}."), CancellationToken.None);

    private Task<Answer> ListAsync(string query) => portal.As("operator").FetchAsync($"/api/ops/alerts{query}");

    private Task<Answer> WorkAsync(string alert, string act) => portal.As("operator").PostAsync(
        $"/api/ops/alerts/{alert}/{act}", act == "resolve" ? new { reason = "Looked into" } : null);

    private Task<string> IncidentAsync(Guid id) =>
        portal.ScalarAsync<string>("select status from portal.incidents where id = @id", new { id });

    private Task<IReadOnlyList<string>> OpenAsync() => portal.ListAsync(
        "select kind || ' ' || dedup_key from portal.alerts where resolved_at is null order by kind, dedup_key");

    private Task<long> MailedAsync(string type) => portal.ScalarAsync<long>(
        "select count(*) from portal.deliveries where event_type = @type and channel = 'email' and status = 'sent'", new { type });

    private async Task<Answer> SendAsync(string body, string? secret = null, string? header = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/webhooks/pagerduty")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation(
            "X-PagerDuty-Signature", header ?? LocalPagerDuty.Sign(secret ?? portal.PagerDuty.WebhookSecret, body));
        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }
}
