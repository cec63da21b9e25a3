using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>PagerDuty fails first, the app dies in between, monitoring repeats itself; and what is an incident without an Operator's
/// report.</summary>
public sealed class PagingTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync() => await portal.ForgetIncidentsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_breach_is_one_incident_at_PagerDuty_though_its_first_calls_fail()
    {
        portal.PagerDuty.Faults.FailNextApiCalls(2, ApiFault.Status(500));
        portal.PagerDuty.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        var id = await portal.BreachAsync();
        await portal.DeliverMovingAsync();
        Assert.Equal(["error_budget_breach sent"], await portal.PagesAsync(id));
        Assert.Equal("triggered", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Status);
        Assert.Equal(4, portal.PagerDuty.Requests.Count("POST", "/v2/enqueue"));
    }

    [Fact]
    public async Task A_failed_restore_test_is_one_incident_at_PagerDuty_though_its_first_calls_fail()
    {
        portal.PagerDuty.Faults.FailNextApiCalls(1, ApiFault.Status(503));
        portal.PagerDuty.Faults.FailNextAfterEffect(2, ApiFault.ConnectionAbort);
        var test = (await portal.As("operator").PostAsync("/api/ops/restore-tests", portal.Run(succeeded: false))).Expect(201);
        await portal.DeliverMovingAsync();
        Assert.Equal(["incident_opened sent"], await portal.PagesAsync(Guid.Parse(test.Text("incidentId"))));
        Assert.Single(await portal.PagerDuty.IncidentsAsync(test.Text("incidentId")));
    }

    [Fact]
    public async Task An_app_that_died_after_the_page_was_taken_pages_once_and_in_order()
    {
        portal.PagerDuty.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        var id = await portal.BreachAsync("share_open_latency");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await Eventually.TrueAsync(
            async () => (await portal.PagerDuty.EventsAsync(id.ToString())).Count == 1, "the first page to be taken");
        (await portal.MoveAsync(id, "acknowledge")).Expect(200);
        await portal.RestartHostAsync();
        await portal.DeliverMovingAsync();
        Assert.Equal(["error_budget_breach sent", "incident_acknowledged sent"], await portal.PagesAsync(id));
        Assert.Equal("acknowledged", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Status);
    }

    [Fact]
    public async Task Nobody_is_woken_for_what_was_resolved_before_the_page_went_out()
    {
        var id = await portal.BreachAsync();
        (await portal.MoveAsync(id, "resolve")).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal(["error_budget_breach skipped incident_resolved", "incident_resolved sent"], await portal.PagesAsync(id));
        Assert.Empty(await portal.PagerDuty.IncidentsAsync(id.ToString()));
    }

    [Fact]
    public async Task Patience_that_PagerDuty_asks_for_uses_no_try_and_a_refusal_ends_it()
    {
        portal.PagerDuty.Faults.FailNextApiCalls(10, ApiFault.Status(429, "{}", retryAfterSeconds: 60));
        var id = await portal.BreachAsync();
        await portal.DeliverMovingAsync();
        Assert.Equal(
            ["sent 0"], await portal.ListAsync(
                "select status || ' ' || attempts from portal.deliveries where aggregate_id = @id", new { id }));
        portal.PagerDuty.Faults.FailNextApiCalls(
            1, ApiFault.Status(400, """{"status":"invalid event","errors":["Invalid routing key"]}"""));
        var refused = await portal.BreachAsync("playback_success");
        await portal.DeliverAsync();
        Assert.Equal(["error_budget_breach failed refused: 400 Invalid routing key"], await portal.PagesAsync(refused));
    }

    [Fact]
    public async Task Without_a_routing_key_the_incident_is_there_and_the_page_is_skipped()
    {
        var keys = (High: portal.Settings["PagerDuty:RoutingKey"], Low: portal.Settings["PagerDuty:LowUrgencyRoutingKey"]);
        try
        {
            portal.Settings["PagerDuty:RoutingKey"] = portal.Settings["PagerDuty:LowUrgencyRoutingKey"] = "";
            await portal.RestartHostAsync();
            var id = await portal.BreachAsync();
            await portal.Services.GetRequiredService<AlertStore>().AddAsync(
                new(AlertKind.WebhookDead, "mux:1", "A webhook is dead."), CancellationToken.None);
            await portal.DeliverAsync();
            Assert.Equal(["error_budget_breach skipped paging_not_configured"], await portal.PagesAsync(id));
            Assert.Empty(await portal.PagerDuty.IncidentsAsync(id.ToString()));
            var low = await portal.ScalarAsync<Guid>("select id from portal.incidents where kind = 'alert' and urgency = 'low'");
            Assert.Equal(["incident_opened skipped low_urgency_paging_not_configured"], await portal.PagesAsync(low));
        }
        finally
        {
            (portal.Settings["PagerDuty:RoutingKey"], portal.Settings["PagerDuty:LowUrgencyRoutingKey"]) = keys;
            await portal.RestartHostAsync();
        }
    }

    [Fact]
    public async Task Monitorings_signed_alert_does_the_same_and_counts_once()
    {
        const string Body = """{"id":"burn-1","type":"error_budget_breach","slo":"availability","window":"6h","burnRate":6,"budgetLeft":-0.1}""";
        (await portal.AlertAsync(Body)).Expect(200);
        (await portal.AlertAsync(Body)).Expect(200);
        await using (var connection = await portal.OpenAsync())
        {
            // As if the app had died after handling it, before it could say so.
            await connection.ExecuteAsync(
                "update portal.webhook_inbox set status = 'received', next_attempt_at = @now where event_id = 'burn-1'",
                new { now = portal.Clock.GetUtcNow() });

            // Another vendor's of the same id waits for its time.
            await connection.ExecuteAsync("""
                insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at)
                values ('mux', 'burn-1', 'x', '{}', 'retrying', @now + interval '1 day', @now)
                """, new { now = portal.Clock.GetUtcNow() });
        }

        await portal.Host.RunTimerAsync("RetryWebhookInbox");
        await portal.DeliverAsync();
        var id = Guid.Parse(Assert.Single(await portal.ListAsync("select id::text from portal.incidents")));
        await portal.RecordedOnceAsync(id, "error_budget_breach");
        Assert.Equal(
            ["vendor alerts burn-1"], await portal.ListAsync(
                "select actor_kind || ' ' || actor_id || ' ' || request_id from portal.audit_log where entity_id = @id and action = "
                    + "'error_budget_breach'", new { id }));
        Assert.Equal("1", (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Text("times"));
        Assert.Equal("true", (await portal.FreezeAsync()).Text("on"));
        Assert.Equal(1, Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Triggers);
        Assert.Equal(
            ["processed incident_known", "retrying later"], await portal.ListAsync(
                "select status || ' ' || coalesce(outcome, case when next_attempt_at > @now then 'later' end) from portal.webhook_inbox "
                    + "where event_id = 'burn-1' order by 1",
                new { now = portal.Clock.GetUtcNow().AddHours(23) }));

        // The next report is news of the same incident.
        (await portal.AlertAsync(Body.Replace("burn-1", "burn-2", StringComparison.Ordinal))).Expect(200);
        Assert.Equal("2", (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Text("times"));
    }

    [Fact]
    public async Task Monitoring_can_record_a_failed_restore_test()
    {
        var ran = portal.Clock.GetUtcNow().AddHours(-2);
        var body = $$"""{"id":"restore-1","type":"backup_restore_tested","ranAt":"{{ran:O}}","backupTakenAt":"{{ran.AddHours(-3):O}}","succeeded":false,"durationSeconds":60}""";
        (await portal.AlertAsync(body)).Expect(200);
        (await portal.AlertAsync(body.Replace("restore-1", "restore-2", StringComparison.Ordinal))).Expect(200);
        await portal.DeliverAsync();
        var test = (await portal.As("operator").FetchAsync("/api/ops/restore-tests")).Field("items").AsArray();
        Assert.Null(Assert.Single(test)!["recordedBy"]);
        Assert.Single(await portal.PagerDuty.IncidentsAsync(test[0]!["incidentId"]!.ToString()));
        await portal.RecordedOnceAsync(Guid.Parse(test[0]!["id"]!.ToString()), "backup_restore_tested");
    }

    [Theory]
    [InlineData(
        """{"id":"x","type":"error_budget_breach","slo":"availability","window":"6h","burnRate":6,"budgetLeft":0.5}""", "wrong-secret-wrong-secret", 0, 401)]
    [InlineData(
        """{"id":"x","type":"error_budget_breach","slo":"availability","window":"6h","burnRate":6,"budgetLeft":0.5}""", TestSettings.AlertsSecret, 301, 401)]
    [InlineData(
        """{"id":"x","type":"error_budget_breach","slo":"availability","window":"6h","burnRate":6,"budgetLeft":0.5}""", TestSettings.AlertsSecret, -301, 401)]
    [InlineData(
        """{"id":"x","type":"error_budget_breach","slo":"nothing","window":"6h","burnRate":6,"budgetLeft":0.5}""", TestSettings.AlertsSecret, 0, 400)]
    [InlineData(
        """{"id":"x","type":"backup_restore_tested","ranAt":"2020-01-01T00:00:00Z","succeeded":true}""", TestSettings.AlertsSecret, 0, 400)]
    [InlineData("""{"type":"error_budget_breach"}""", TestSettings.AlertsSecret, 0, 400)]
    [InlineData("""{"id":"unknown-type","type":"disk_full"}""", TestSettings.AlertsSecret, 0, 200)]
    public async Task What_is_not_signed_or_cannot_be_used_changes_nothing(string body, string secret, int age, int status)
    {
        (await portal.AlertAsync(body, secret, TimeSpan.FromSeconds(age))).Expect(status);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.incidents"));
        Assert.Equal("false", (await portal.FreezeAsync()).Text("on"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_that_failed_for_good_is_an_incident_that_pages_nobody_and_ends_when_it_is_ready(bool acknowledged)
    {
        var project = await portal.NewProjectAsync();
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SendBytesAsync(upload, "no video at all"u8.ToArray());
        await portal.UntilAsync(upload.Id, "failed");
        await portal.DeliverAsync();
        var listed = (await portal.As("operator").FetchAsync("/api/ops/incidents?kind=upload_failed")).Expect(200);
        var id = Guid.Parse(Assert.Single(listed.Column("id")));
        Assert.Equal(
            (upload.Id.ToString(), TestPeople.Tenant.ToString(), "open"), (
                listed.Column("subject")[0], listed.Column("tenantId")[0], listed.Column("status")[0]));
        await portal.RecordedOnceAsync(id, "incident_opened");
        Assert.Empty(await portal.PagesAsync(id));
        if (acknowledged)
        {
            (await portal.MoveAsync(id, "acknowledge")).Expect(200);
        }

        // Another file is none either: it is the same incident.
        var opened = portal.Clock.GetUtcNow();
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.SendBytesAsync(await ReplayedAsync(), "no video at all"u8.ToArray());
        await portal.UntilAsync(upload.Id, "failed");
        await portal.DeliverAsync();
        var counted = (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Expect(200);
        Assert.Equal(("2", acknowledged ? "acknowledged" : "open"), (counted.Text("times"), counted.Text("status")));
        Assert.True(counted.Field("lastAt").GetValue<DateTimeOffset>() > opened);
        Assert.Equal(
            1, await portal.ScalarAsync<long>("select count(*) from portal.incidents where id = @id and again_at = last_at", new { id }));

        await portal.SendBytesAsync(await ReplayedAsync());
        await portal.UntilAsync(upload.Id, "ready");
        await portal.DeliverAsync();
        Assert.Equal("resolved", (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Text("status"));
        await portal.RecordedOnceAsync(id, "incident_resolved");
        Assert.Empty(await portal.PagesAsync(id));

        async Task<Answer> ReplayedAsync()
        {
            (await portal.As("operator").PostAsync($"/api/ops/uploads/{upload.Id}/replay", new { reason = "Another file" })).Expect(200);
            return await portal.WhileMovingAsync(Eventually.ValueAsync(
                async () => await portal.As("agency").FetchAsync(
                    $"/api/uploads/{upload.Id}"), a => a.Json?["target"] is not null, "a new place for the bytes"));
        }
    }

    [Fact]
    public async Task The_functions_behind_upload_incidents_touch_no_other_tenants_job()
    {
        var project = await portal.NewProjectAsync();
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.DoAsync("""
            insert into portal.incidents (id, kind, dedup_key, severity, summary, tenant_id, pages, opened_at, last_at)
            values (gen_random_uuid(), 'upload_failed', @job, 'error', 'x', @tenant, false, now(), now())
            """, new { job = $"{upload.Id}", tenant = TestPeople.Tenant });

        await using var connection = new Npgsql.NpgsqlConnection(portal.Database.App);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "select set_config('app.tenant_id', @other, true)", new { other = TestPeople.OtherTenant.ToString() }, transaction);
        Assert.Null(await connection.ExecuteScalarAsync<Guid?>(
            "select portal.open_upload_incident(@job, 1, 'x', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now())",
            new { job = upload.Id }, transaction));
        Assert.Null(await connection.ExecuteScalarAsync<Guid?>(
            "select portal.resolve_upload_incident(@job, gen_random_uuid(), gen_random_uuid(), now())",
            new { job = upload.Id }, transaction));
        Assert.Equal(
            ["open"], await portal.ListAsync("select status from portal.incidents where dedup_key = @job", new { job = $"{upload.Id}" }));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(
            () => connection.ExecuteScalarAsync<long>("select count(*) from portal.incidents", transaction: transaction));
    }

    [Fact]
    public async Task A_critical_alert_is_an_incident_that_pages_once_and_a_warning_is_none()
    {
        var store = portal.Services.GetRequiredService<AlertStore>();
        Alert playable = new(AlertKind.PublicPlaybackId, "asset-1", "Mux asset asset-1 can be played by anybody.");
        await store.AddAsync(playable, CancellationToken.None);
        await store.AddAsync(playable, CancellationToken.None);
        await store.AddAsync(new(AlertKind.WebhookRetrying, "mux:1", "A webhook is tried again."), CancellationToken.None);
        await portal.DeliverAsync();
        var id = Guid.Parse(
            Assert.Single(
                await portal.ListAsync(
                    "select id::text from portal.incidents where kind = 'alert' and dedup_key = 'public_playback_id:asset-1' and times = 2")));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.incidents"));
        await portal.RecordedOnceAsync(id, "incident_opened");
        Assert.Equal(
            "Mux asset asset-1 can be played by anybody.", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Summary);
    }

    [Theory]
    [InlineData(1024, 1024, 255, 255)]
    [InlineData(1025, 1024, 256, 255)]
    [InlineData(0, 14, 0, 14)]
    public async Task An_alert_of_any_length_is_shortened_and_does_not_undo_the_batch_that_raised_it(
        int summary, int keptSummary, int key, int keptKey)
    {
        var (services, batch) = (portal.Services, Guid.NewGuid());
        await services.GetRequiredService<PortalDb>().AcrossTenantsAsync(
            async tx =>
            {
                await services.GetRequiredService<AuditWriter>().WriteAsync(
                    tx, TenantId.Platform, Actor.System("batch"), new("webhook_dead", "webhook", batch, null, null));
                return await services.GetRequiredService<AlertStore>().AddAsync(
                    tx, new(AlertKind.PublicPlaybackId, new string('k', key), new string('x', summary)));
            },
            CancellationToken.None);

        Assert.Equal(
            [$"{keptKey} {keptSummary}"], await portal.ListAsync(
                "select length(dedup_key) || ' ' || length(summary) from portal.alerts where kind = 'public_playback_id'"));
        Assert.Equal(1, await portal.AuditedAsync(batch, "webhook_dead"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.incidents where kind = 'alert'"));
    }
}
