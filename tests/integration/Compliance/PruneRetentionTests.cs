using Dapper;
using Portal.Foundation;
using Portal.LocalVendors;
using Portal.People;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>What the timer PruneRetention lets go of, when, and of whom.</summary>
public sealed class PruneRetentionTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    private DateTimeOffset Now => portal.Clock.GetUtcNow();

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync();
        await portal.DoAsync("""
            update portal.tenants set keep_notification_days = null, keep_upload_job_days = null, keep_active_video_days = null,
               keep_inactive_video_days = null;
            delete from portal.notifications; delete from portal.webhook_inbox; delete from portal.idempotency_keys; delete
            from portal.deliveries;
            update portal.holds set lifted_by = placed_by, lifted_at = now(), lift_reason = 'before the test' where lifted_at is null;
            """);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Notifications_go_after_the_tenants_own_days_in_batches_with_an_event_that_says_who_lost_how_many_unread()
    {
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.DoAsync("update portal.tenants set keep_notification_days = 10 where id = @id", new { id = TestPeople.Tenant });
        await NotifyAsync(TestPeople.Tenant, "admin", 1500, Now.AddDays(-11));
        await NotifyAsync(TestPeople.Tenant, "agency", 3, Now.AddDays(-11), read: true);
        await NotifyAsync(TestPeople.Tenant, "agency", 2, Now.AddDays(-9));
        await NotifyAsync(TestPeople.OtherTenant, "other-admin", 2, Now.AddDays(-89));
        await NotifyAsync(TestPeople.OtherTenant, "other-admin", 1, Now.AddDays(-91));

        // One run does it all, another finds nothing.
        for (var run = 0; run < 2; run++)
        {
            await RunAsync();
            Assert.Equal([$"{TestPeople.Tenant} 2", $"{TestPeople.OtherTenant} 2"], await portal.ListAsync(
                "select tenant_id || ' ' || count(*) from portal.notifications group by tenant_id order by tenant_id"));
        }

        // Two batches of the one tenant, one of the other; the sums by person are what was unread.
        Assert.Equal([$"{TestPeople.Tenant} 2 1503 1500", $"{TestPeople.OtherTenant} 1 1 1"], await portal.ListAsync("""
            select tenant_id || ' ' || count(*) || ' ' || sum((payload->>'notifications')::int) || ' '
                   || sum((select coalesce(sum(u.value::int), 0) from jsonb_each_text(payload->'users') u))
              from portal.events where type = 'notifications_pruned' and occurred_at = @now group by tenant_id order by tenant_id
            """, new { now = Now }));
        Assert.Equal("1500", await portal.ScalarAsync<string>("""
            select sum((payload->'users'->>@user)::int)::text from portal.events where type = 'notifications_pruned' and occurred_at = @now
            """, new { now = Now, user = TestPeople.UserId("admin").ToString() }));
    }

    /// <summary>More of them than a batch takes, older, and not yet over by that tenant's own days.</summary>
    [Fact]
    public async Task One_tenants_old_rows_are_not_in_the_way_of_anothers()
    {
        await portal.DoAsync("update portal.tenants set keep_notification_days = 10 where id = @id", new { id = TestPeople.Tenant });
        await NotifyAsync(TestPeople.OtherTenant, "other-admin", 1001, Now.AddDays(-80));
        await NotifyAsync(TestPeople.Tenant, "agency", 2, Now.AddDays(-11));
        await RunAsync();

        Assert.Equal(
            [$"{TestPeople.OtherTenant} 1001"],
            await portal.ListAsync("select tenant_id || ' ' || count(*) from portal.notifications group by tenant_id"));
    }

    [Fact]
    public async Task A_tenant_whose_retention_fails_stops_no_other_and_the_run_is_a_failed_one()
    {
        await NotifyAsync(TestPeople.Tenant, "agency", 1, Now.AddDays(-91));
        await NotifyAsync(TestPeople.OtherTenant, "other-admin", 1, Now.AddDays(-91));
        await portal.DoAsync($"""
            create function refuse_the_first() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
            create trigger broken before delete on portal.notifications
              for each row when (old.tenant_id = '{TestPeople.Tenant}') execute function refuse_the_first();
            """);
        try
        {
            await Assert.ThrowsAsync<AggregateException>(RunAsync);
        }
        finally
        {
            await portal.DoAsync("drop function refuse_the_first() cascade");
        }

        Assert.Equal([$"{TestPeople.Tenant}"], await portal.ListAsync("select tenant_id::text from portal.notifications"));
    }

    [Fact]
    public async Task Webhooks_deliveries_keys_sessions_unlocks_and_runs_go_after_their_time_and_not_before()
    {
        var upload = await portal.UploadReadyAsync(project);
        var open = await portal.ShareAsync(AssetOf(upload), new { passphrase = "Four warm words here" });
        var ended = await portal.ShareAsync(AssetOf(upload), new { passphrase = "Four warm words here" });
        var over = await portal.ShareAsync(AssetOf(upload), new { passphrase = "Four warm words here" });
        (await portal.GuestOf(over).UnlockAsync("Four warm words here")).Expect(204);
        (await portal.GuestOf(open).UnlockAsync("Four warm words here")).Expect(204);
        (await portal.GuestOf(ended).UnlockAsync("Four warm words here")).Expect(204);
        (await portal.As("agency").PostAsync($"/api/share-links/{ended.Id}/revoke")).Expect(200);
        await portal.DoAsync(
            "update portal.share_links set created_at = @now - interval '100 days', expires_at = @now where id = @Id",
            new { now = Now, over.Id });
        // From here on the time is a whole minute, so that ages are met exactly.
        portal.Clock.AdvanceTo(new DateTimeOffset(Now.Ticks - (Now.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddMinutes(1));
        await portal.DoAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at) values
                ('mux', 'old', 'x', '{}', 'processed', @now, @now - interval '90 days 1 second'),
                ('mux', 'olddead', 'x', '{}', 'dead', @now, @now - interval '91 days'),
                ('mux', 'oldwaiting', 'x', '{}', 'retrying', @now + interval '1 day', @now - interval '91 days'),
                ('mux', 'exact', 'x', '{}', 'processed', @now, @now - interval '90 days'),
                ('mux', 'young', 'x', '{}', 'processed', @now, @now - interval '89 days 23 hours');
            insert into portal.idempotency_keys (tenant_id, actor_id, key, request_hash, status, created_at) values
                (@tenant, @tenant, 'old', sha256('x'), 201, @now - interval '24:00:01'),
                (@tenant, @tenant, 'exact', sha256('x'), 201, @now - interval '24 hours'),
                (@tenant, @tenant, 'young', sha256('x'), 201, @now - interval '23 hours');
            insert into portal.operator_sessions (id, token_hash, clerk_user_id, created_at, expires_at, ended_at) values
                (gen_random_uuid(), sha256('old'), 'user_operator', @now - interval '9 days', @now - interval '8 days', null),
                (gen_random_uuid(), sha256('ended'), 'user_operator', @now - interval '9 days', @now, @now - interval '7 days 1 second'),
                (gen_random_uuid(), sha256('exact'), 'user_operator', @now - interval '9 days', @now, @now - interval '7 days'),
                (gen_random_uuid(), sha256('young'), 'user_operator', @now - interval '7 days', @now - interval '6 days', null);
            insert into portal.timer_runs (id, timer, started_at, ended_at) values
                (gen_random_uuid(), 'Old', @now - interval '31 days', @now - interval '31 days'),
                (gen_random_uuid(), 'Young', @now - interval '29 days', @now - interval '29 days');
            insert into portal.timer_runs (id, timer, started_at, ended_at, idle) values
                (gen_random_uuid(), 'Idle', @now - interval '31 days', @now - interval '31 days', true);
            insert into portal.request_figures (minute, function, outcome, under_ms, requests) values
                (date_trunc('minute', @now) - interval '35 days 1 minute', 'Old', 'ok', 25, 1),
                (@now - interval '35 days', 'Exact', 'ok', 25, 1),
                (date_trunc('minute', @now) - interval '34 days 23 hours', 'Young', 'ok', 25, 1);
            insert into portal.objective_minutes (objective, minute, good, total) values
                ('old', date_trunc('minute', @now) - interval '35 days 1 minute', 1, 1),
                ('exact', @now - interval '35 days', 1, 1),
                ('young', date_trunc('minute', @now) - interval '34 days 23 hours', 1, 1);
            insert into portal.limit_figures (minute, limit_name, key, mode, times) values
                (date_trunc('minute', @now) - interval '2 days 1 minute', 'user', 'old', 'enforce', 1),
                (@now - interval '2 days', 'user', 'exact', 'enforce', 1),
                (date_trunc('minute', @now) - interval '1 day 23 hours', 'user', 'young', 'enforce', 1);
            insert into portal.probe_runs (minute, started_at, outcome, took_ms) values
                (date_trunc('minute', @now) - interval '7 days 1 minute', @now, 'played', 7001),
                (@now - interval '7 days', @now, 'played', 7000),
                (date_trunc('minute', @now) - interval '6 days 23 hours', @now, 'played', 6023);
            insert into portal.usage_counts (day, counted_at) values
                ((@now at time zone 'UTC')::date - 401, @now), ((@now at time zone 'UTC')::date - 400, @now);
            insert into portal.usage_days (tenant_id, day, metric, quantity) values
                (@tenant, (@now at time zone 'UTC')::date - 401, 'mails', 401),
                (@tenant, (@now at time zone 'UTC')::date - 400, 'mails', 400);
            insert into portal.budget_notices (tenant_id, month, percent, budget_usd, usd, told_at) values
                (@tenant, date_trunc('month', @now - interval '500 days'), 50, 1, 1, @now),
                (@tenant, date_trunc('month', @now - interval '300 days'), 80, 1, 1, @now);
            insert into portal.request_flushes (instance, number, at) values
                (gen_random_uuid(), 1, @now - interval '35 days 1 second'), (gen_random_uuid(), 2, @now - interval '34 days 23 hours'),
                (gen_random_uuid(), 3, @now - interval '35 days');
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (@tenant, @tenant, 'x', @tenant, 'x', '{}', @now - interval '91 days') on conflict do nothing;
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, done_at,
               created_at) values
                (gen_random_uuid(), @tenant, @tenant, 'x', @tenant, 1, 'email', 'old', 'sent', @now, @now - interval '90 days 1 second'),
                (gen_random_uuid(), @tenant, @tenant, 'x', @tenant, 1, 'email', 'gone', 'failed', @now, @now - interval '91 days'),
                (gen_random_uuid(), @tenant, @tenant, 'x', @tenant, 1, 'email', 'exact', 'sent', @now, @now - interval '90 days'),
                (gen_random_uuid(), @tenant, @tenant, 'x', @tenant, 1, 'email', 'young', 'sent', @now, @now - interval '89 days 23 hours');
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, created_at) values
                (gen_random_uuid(), @tenant, @tenant, 'x', @tenant, 1, 'email', 'waiting', @now - interval '91 days');
            insert into portal.digests (tenant_id, user_id, day, settled_at) values
                (@tenant, @person, (@now - interval '91 days')::date, @now), (@tenant, @person, (@now - interval '90 days')::date, @now);
            insert into portal.incidents (id, kind, dedup_key, severity, summary, pages, opened_at, last_at)
               values (@tenant, 'alert', 'x', 'error', 'x', false, @now, @now);
            insert into portal.incident_reports (report_id, incident_id, reported_at) values
                ('old', @tenant, @now - interval '91 days'), ('young', @tenant, @now - interval '89 days'),
                ('exact', @tenant, @now - interval '90 days');
            insert into portal.analytics_rollups (tenant_id, grain, bucket_start, metric, events, amount)
            select @tenant, g.grain, @now - make_interval(days => g.days) - (n.name = 'old')::int * interval '1 second', n.name, 1, 1
              from (values ('hour', @hours), ('day', @days)) g (grain, days), (values ('old'), ('exact')) n (name);
            insert into portal.analytics_raw (tenant_id, event_id, metric, occurred_at, recorded_at, rolled_up) values
                (@tenant, gen_random_uuid(), 'old', @now, @now - make_interval(days => @raw) - interval '1 second', true),
                (@tenant, gen_random_uuid(), 'exact', @now, @now - make_interval(days => @raw), true);
            """, new
        {
            now = Now,
            tenant = TestPeople.Tenant,
            person = TestPeople.UserId("agency"),
            hours = RetentionDefaults.HourlyAnalyticsDays,
            days = RetentionDefaults.DailyAnalyticsDays,
            raw = RetentionSettings.MaxRawAnalyticsDays,
        });
        await portal.DoAsync("""
            insert into portal.playback_events (tenant_id, playback_session_id, type, asset_version_id, watched_through, agent_family,
               startup_ms, minute)
            select v.tenant_id, gen_random_uuid(), 'started', v.id, 'portal', 'Chrome', a.startup, date_trunc('minute', @now) - a.age
              from portal.asset_versions v,
                   (values (1, interval '35 days 1 minute'), (2, interval '34 days 23 hours'), (3, interval '35 days')) a (startup, age)
             where v.asset_id = @asset
            """, new { now = Now, asset = AssetOf(upload) });
        await portal.Host.RunTimerAsync("ExpireShareLinks");
        await RunAsync();
        await RunAsync();

        Assert.Equal(
            ["exact", "oldwaiting", "young"], await portal.ListAsync(
                "select event_id from portal.webhook_inbox where event_id = any(@ids) order by 1",
                new { ids = new[] { "old", "olddead", "oldwaiting", "exact", "young" } }));
        Assert.Equal(["exact", "young"], await portal.ListAsync(
            "select key from portal.idempotency_keys where actor_id = tenant_id order by key"));
        Assert.Equal(["exact", "young"], await portal.ListAsync("""
            select n.name from (values ('old'), ('ended'), ('exact'), ('young')) n (name)
              join portal.operator_sessions s on s.token_hash = sha256(n.name::bytea) order by 1
            """));
        // A timer that has had nothing to do since then has run all the same.
        Assert.Equal(
            ["Idle", "Young"], await portal.ListAsync(
                "select timer from portal.timer_runs where timer in ('Old', 'Young', 'Idle') order by timer"));
        Assert.Equal(["Exact", "Young"], await portal.ListAsync(
            "select function from portal.request_figures where function in ('Old', 'Exact', 'Young') order by 1"));
        Assert.Equal(["exact", "young"], await portal.ListAsync(
            "select objective from portal.objective_minutes where objective in ('old', 'exact', 'young') order by 1"));
        Assert.Equal(["exact", "young"], await portal.ListAsync(
            "select key from portal.limit_figures where key in ('old', 'exact', 'young') order by 1"));
        Assert.Equal(["6023", "7000"], await portal.ListAsync("select took_ms::text from portal.probe_runs order by 1"));
        Assert.Equal(["day exact", "hour exact"], await portal.ListAsync(
            "select grain || ' ' || metric from portal.analytics_rollups where metric in ('old', 'exact') order by 1"));
        Assert.Equal(["exact"], await portal.ListAsync("select metric from portal.analytics_raw where metric in ('old', 'exact')"));
        Assert.Equal(["400"], await portal.ListAsync("select trunc(quantity)::text from portal.usage_days"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.usage_counts"));
        Assert.Equal(["80"], await portal.ListAsync("select percent::text from portal.budget_notices"));
        Assert.Equal(["2", "3"], await portal.ListAsync("select number::text from portal.request_flushes order by 1"));
        Assert.Equal(["2", "3"], await portal.ListAsync("select startup_ms::text from portal.playback_events order by 1"));
        Assert.Equal(["exact", "waiting", "young"], await portal.ListAsync("select recipient from portal.deliveries order by 1"));
        Assert.Equal(["exact", "young"], await portal.ListAsync("select report_id from portal.incident_reports order by 1"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.digests"));
        Assert.Equal([open.Id.ToString()], await portal.ListAsync("select share_link_id::text from portal.share_unlocks"));
    }

    [Fact]
    public async Task A_legal_hold_on_a_tenant_keeps_its_deliveries_attempts_figures_and_reports_of_players_until_it_is_lifted()
    {
        var upload = await portal.UploadReadyAsync(project);
        await portal.DoAsync("""
            insert into portal.holds (id, tenant_id, kind, subject_id, reason, review_on, placed_by, placed_at)
            values (gen_random_uuid(), @tenant, 'tenant', @tenant, 'A dispute', '2030-01-01', @person, @now);
            insert into portal.webhook_endpoints (id, tenant_id, url, description, event_types, secret_kid, secret_made_at, created_by,
                created_at, updated_at) values (@tenant, @tenant, 'https://held.example', '', '{}', 'held', @now, @person, @now, @now);
            """, new { tenant = TestPeople.Tenant, person = TestPeople.UserId("agency"), now = Now });
        foreach (var tenant in new[] { TestPeople.Tenant, TestPeople.OtherTenant })
        {
            await portal.DoAsync("""
                insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
                values (@id, @tenant, 'x', @tenant, 'x', '{}', @now - interval '400 days');
                insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status,
                   done_at, created_at)
                values (@id, @tenant, @id, 'x', @tenant, 1, 'email', 'held', 'sent', @now, @now - interval '91 days');
                insert into portal.analytics_raw (tenant_id, event_id, metric, occurred_at, recorded_at, rolled_up)
                values (@tenant, @id, 'held', @now, @now - interval '500 days', true);
                """, new { id = Guid.NewGuid(), tenant, now = Now });
        }

        await portal.DoAsync("""
            insert into portal.playback_events (tenant_id, playback_session_id, type, asset_version_id, watched_through, agent_family,
               startup_ms, minute)
            select v.tenant_id, gen_random_uuid(), 'started', v.id, 'portal', 'robot', 1, date_trunc('minute', @now) - interval '36 days'
              from portal.asset_versions v where v.asset_id = @asset;
            insert into portal.webhook_attempts (delivery_id, attempt, number, tenant_id, endpoint_id, sent_at, url, duration_ms,
               response_body)
            select d.id, 1, 1, @tenant, @tenant, @now - interval '31 days', 'https://held.example', 1, ''
              from portal.deliveries d where d.tenant_id = @tenant and d.recipient = 'held';
            """, new { asset = AssetOf(upload), tenant = TestPeople.Tenant, now = Now });
        await RunAsync();
        Assert.Equal([1, 1, 1, 1], await LeftAsync(TestPeople.Tenant));
        Assert.Equal([0, 0, 0, 0], await LeftAsync(TestPeople.OtherTenant));

        await portal.DoAsync("update portal.holds set lifted_by = placed_by, lifted_at = @now, lift_reason = 'Settled'", new { now = Now });
        await RunAsync();
        Assert.Equal([0, 0, 0, 0], await LeftAsync(TestPeople.Tenant));

        async Task<IEnumerable<long>> LeftAsync(Guid tenant) =>
        [
            await CountAsync("deliveries", "recipient = 'held' and tenant_id::text = @id", tenant),
            await CountAsync("webhook_attempts", "tenant_id::text = @id", tenant),
            await CountAsync("analytics_raw", "metric = 'held' and tenant_id::text = @id", tenant),
            await CountAsync("playback_events", "agent_family = 'robot' and tenant_id::text = @id", tenant),
        ];
    }

    [Fact]
    public async Task Upload_jobs_go_with_their_attempts_after_a_year_or_the_tenants_own_days_and_the_video_stays()
    {
        var upload = await portal.UploadReadyAsync(project);
        var waiting = (await portal.AskUploadAsync(project, "crew1")).Expect(201);
        var ended = new List<Guid>();
        foreach (var status in new[] { "failed", "timed_out", "cancelled" })
        {
            ended.Add((await portal.AskUploadAsync(project, "crew2")).Expect(201).Id);
            await portal.DoAsync("update portal.upload_jobs set status = @status, updated_at = @now - interval '100 days' where id = @id",
                new { status, id = ended[^1], now = Now });
        }

        await portal.DoAsync("""
            update portal.upload_jobs set updated_at = @now - interval '100 days' where id in (@done, @waiting);
            insert into portal.upload_attempts (tenant_id, job_id, attempt, outcome, ended_at)
               values (@tenant, @done, 9, 'failed', @now - interval '100 days');
            """, new { now = Now, done = upload.Id, waiting = waiting.Id, tenant = TestPeople.Tenant });
        await RunAsync();
        (await portal.As("agency").FetchAsync($"/api/uploads/{upload.Id}")).Expect(200);
        Assert.Equal(3, await LeftAsync(ended));
        await portal.DoAsync("update portal.tenants set keep_upload_job_days = 99 where id = @id", new { id = TestPeople.Tenant });
        await RunAsync();
        await RunAsync();
        (await portal.As("agency").FetchAsync($"/api/uploads/{upload.Id}")).Expect(404);
        Assert.Equal(0, await LeftAsync(ended));
        (await portal.As("agency").FetchAsync($"/api/uploads/{waiting.Id}")).Expect(200);
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.upload_attempts where job_id = @id", new { id = upload.Id }));
        (await portal.As("agency").PostAsync($"/api/assets/{AssetOf(upload)}/playback")).Expect(200);

        // What is at Mux without a job is still known by its version.
        await portal.Host.RunTimerAsync("SweepMuxAssets");
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind in ('mux_asset_without_row', 'mux_asset_missing')"));
    }

    [Fact]
    public async Task Videos_of_active_creators_are_archived_later_and_thirty_days_on_they_go_at_mux()
    {
        var active = AssetOf(await portal.UploadReadyAsync(project, "crew2"));
        var idle = AssetOf(await portal.UploadReadyAsync(project, "crew3"));
        var shared = AssetOf(await portal.UploadReadyAsync(project, "crew3"));
        portal.Clock.Advance(TimeSpan.FromDays(91));
        var link = await portal.ShareAsync(shared);
        (await portal.As("crew2").ChangeAsync($"/api/assets/{active}", new { title = "Still at it" })).Expect(200);
        await RunAsync();
        await RunAsync();
        Assert.Equal(("ready", "archived", "ready"), (await StatusAsync(active), await StatusAsync(idle), await StatusAsync(shared)));
        Assert.Equal(
            1, await CountAsync(
                "audit_log", "action = 'asset_version_archived' and actor_id = 'retention' and new_value->>'assetId' = @id", idle));
        Assert.Equal(1, await CountAsync("events", "type = 'asset_version_archived' and payload->>'assetId' = @id", idle));
        (await portal.GuestOf(link).OpenAsync()).Expect(200);

        // The link ends, and nobody does anything for the rest of the time: missed days are made up for in one run.
        portal.Clock.Advance(TimeSpan.FromDays(29));
        await portal.Host.RunTimerAsync("ExpireShareLinks");
        await RunAsync();
        Assert.Equal(("ready", "archived", "archived"), (await StatusAsync(active), await StatusAsync(idle), await StatusAsync(shared)));
        Assert.True(await AtMuxAsync(idle));
        portal.Clock.Advance(TimeSpan.FromDays(2));
        await RunAsync();
        await RunAsync();
        await portal.Host.RunTimerAsync("ReconcileUploads");
        Assert.Equal((true, false, true), (await AtMuxAsync(active), await AtMuxAsync(idle), await AtMuxAsync(shared)));
        Assert.Equal(1, await CountAsync("audit_log", "action = 'asset_version_purged' and new_value->>'assetId' = @id", idle));
        portal.Clock.Advance(TimeSpan.FromDays(60));
        await RunAsync();
        Assert.Equal("archived", await StatusAsync(active));
        await portal.Host.RunTimerAsync("SweepMuxAssets");
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind like 'mux_asset%'"));
    }

    [Fact]
    public async Task A_job_whose_original_cannot_be_deleted_yet_stays_for_it_is_all_that_knows_where_it_is()
    {
        var upload = (await portal.AskUploadAsync(project, "crew6", "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        // Of two that were no videos yet, one is still at work.
        var others = new List<Guid>();
        foreach (var status in new[] { "processing", "failed" })
        {
            var other = (await portal.AskUploadAsync(project, "crew6", "blob")).Expect(201);
            await portal.SendBytesAsync(other);
            await portal.UntilAsync(other.Id, "ready");
            await portal.DoAsync("update portal.upload_jobs set status = @status where id = @Id", new { status, other.Id });
            others.Add(other.Id);
        }

        await portal.DoAsync("update portal.tenants set keep_upload_job_days = 30 where id = @id", new { id = TestPeople.Tenant });
        portal.Clock.Advance(TimeSpan.FromDays(31));
        portal.Blob.Faults.FailNextApiCalls(1000, ApiFault.Status(500));
        await RunAsync();
        await RunAsync();
        (await portal.As("crew6").FetchAsync($"/api/uploads/{upload.Id}")).Expect(200);
        portal.Blob.Faults.Clear();
        await RunAsync();
        await RunAsync();
        (await portal.As("crew6").FetchAsync($"/api/uploads/{upload.Id}")).Expect(404);
        Assert.Equal([$"originals/{others[0]}"], await portal.ListAsync(
            "select pathname from vendors.blob_objects where pathname = any(@paths)",
            new { paths = others.Append(upload.Id).Select(id => $"originals/{id}").ToArray() }));
        await portal.DoAsync("update portal.upload_jobs set status = 'ready' where id = any(@others)", new { others = others.ToArray() });
    }

    [Fact]
    public async Task Videos_of_somebody_who_is_deactivated_are_those_of_no_active_creator()
    {
        var asset = AssetOf(await portal.UploadReadyAsync(project, "crew5"));
        portal.Clock.Advance(TimeSpan.FromDays(91));
        (await portal.As("crew5").ChangeAsync($"/api/assets/{asset}", new { title = "The last thing they did" })).Expect(200);
        var person = $"/api/users/{TestPeople.UserId("crew5")}";
        (await portal.As("admin").PostAsync($"{person}/deactivate")).Expect(200);
        try
        {
            await RunAsync();
            Assert.Equal("archived", await StatusAsync(asset));
        }
        finally
        {
            (await portal.As("admin").PostAsync($"{person}/reactivate")).Expect(200);
        }
    }

    /// <summary>Which go and of which people are told, of rows on either side of each limit: 180 days, 90 where nobody is active, told
    /// for 14.</summary>
    [Fact]
    public async Task Versions_are_old_by_their_age_their_maker_their_links_and_holds()
    {
        var tenant = (await portal.NewTenantAsync("retainer")).Id;
        foreach (var maker in new[] { "active", "late", "guest", "left", "idle" })
        {
            await portal.AddMemberAsync(tenant, "org_retainer", $"maker-{maker}", "agency");
        }

        await using var connection = await portal.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var args = new { tenant, now = Now, project = Guid.NewGuid() };
        await connection.ExecuteAsync("""
            update portal.users set status = 'deactivated' where clerk_user_id = 'user_maker-left';
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, occurred_at)
            select gen_random_uuid(), u.tenant_id, did.kind, u.id::text, 'acted', 'test', u.id, @now - did.ago
              from (values ('active', 'user', interval '90 days'), ('late', 'user', '90 days 1 second'), ('guest', 'guest', '1 day'),
                           ('left', 'user', '1 day')) did (who, kind, ago)
              join portal.users u on u.clerk_user_id = 'user_maker-' || did.who;
            insert into portal.projects (id, tenant_id, name, description, status, created_by, created_at, updated_at)
            select @project, @tenant, 'Kept', '', 'active', id, @now, @now from portal.users where clerk_user_id = 'user_maker-idle';
            create temporary table made (
                title text, number int, maker text, age interval, kept interval, status text, told interval,
                asset uuid, version uuid default gen_random_uuid());
            insert into made (title, number, maker, age, kept, status, told) values
                ('90 days', 1, 'idle', '90 days', null, 'ready', '14 days'),
                ('over 90 days', 1, 'idle', '90 days 1 second', null, 'ready', '14 days'),
                ('told later', 1, 'idle', '100 days', null, 'ready', '13 days 23:59:59'),
                ('not told', 1, 'idle', '100 days', null, 'ready', null),
                ('180 days of an active one', 1, 'active', '180 days', null, 'ready', '14 days'),
                ('over 180 days of an active one', 1, 'active', '180 days 1 second', null, 'ready', '14 days'),
                ('of one who was here before', 1, 'late', '100 days', null, 'ready', '14 days'),
                ('of one whose id a guest had', 1, 'guest', '100 days', null, 'ready', '14 days'),
                ('of one who left', 1, 'left', '100 days', null, 'ready', '14 days'),
                ('failed', 1, 'idle', '100 days', null, 'failed', '14 days'),
                ('cancelled', 1, 'idle', '100 days', null, 'cancelled', '14 days'),
                ('pending', 1, 'idle', '100 days', null, 'pending', '14 days'),
                ('processing', 1, 'idle', '100 days', null, 'processing', '14 days'),
                ('archived', 1, 'idle', '100 days', null, 'archived', '14 days'),
                ('kept 90 days ago', 1, 'idle', '200 days', '90 days', 'ready', '14 days'),
                ('kept before', 1, 'idle', '200 days', '90 days 1 second', 'ready', '14 days'),
                ('kept 180 days ago by an active one', 1, 'active', '200 days', '180 days', 'ready', '14 days'),
                ('kept before by an active one', 1, 'active', '200 days', '180 days 1 second', 'ready', '14 days'),
                ('shared', 1, 'idle', '100 days', null, 'ready', '14 days'),
                ('shared until now', 1, 'idle', '100 days', null, 'ready', '14 days'),
                ('shared no more', 1, 'idle', '100 days', null, 'ready', '14 days'),
                ('shared in one version', 1, 'idle', '100 days', null, 'ready', '14 days'),
                ('shared in one version', 2, 'idle', '100 days', null, 'ready', '14 days'),
                ('on hold', 1, 'idle', '100 days', null, 'ready', '14 days');
            update made m set asset = a.id from (select title, gen_random_uuid() as id from made group by title) a where a.title = m.title;
            insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
            select distinct m.asset, @tenant, @project, m.title, u.id, @now, @now
              from made m join portal.users u on u.clerk_user_id = 'user_maker-' || m.maker;
            insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, mux_asset_id, playback_id,
                   created_at, updated_at, kept_at, expiry_warned_at)
            select version, @tenant, asset, number, status, 'cut.mp4', 1, version, version, @now - age, @now, @now - kept, @now - told
              from made;
            insert into portal.share_links (id, tenant_id, project_id, asset_id, asset_version_id, token_hash, token_kid, status,
                   expires_at, notify, created_by, created_at, updated_at, revoked_at)
            select gen_random_uuid(), @tenant, @project, m.asset, case when link.held then m.version end, sha256(m.version::text::bytea),
                   'k1', link.status, @now + link.left_over, 'off', u.id, @now, @now, case when link.status = 'revoked' then @now end
              from (values ('shared', 1, 'active', false, interval '1 second'), ('shared until now', 1, 'active', false, '0'),
                           ('shared no more', 1, 'revoked', false, '1 day'), ('shared in one version', 2, 'active', true, '1 day'))
                   link (title, number, status, held, left_over)
              join made m on m.title = link.title and m.number = link.number
              join portal.users u on u.clerk_user_id = 'user_maker-idle';
            insert into portal.holds (id, tenant_id, kind, subject_id, reason, review_on, placed_by, placed_at)
            select gen_random_uuid(), @tenant, 'asset', m.asset, 'A dispute', '2030-01-01', u.id, @now
              from made m join portal.users u on u.clerk_user_id = 'user_maker-idle' where m.title = 'on hold';
            """, args);
        string[] told =
        [
            "cancelled 1 cancelled", "failed 1 failed", "kept before 1 ready", "kept before by an active one 1 ready",
            "of one who left 1 ready", "of one who was here before 1 ready", "of one whose id a guest had 1 ready",
            "over 180 days of an active one 1 ready", "over 90 days 1 ready", "shared in one version 1 ready", "shared no more 1 ready",
            "shared until now 1 ready",
        ];
        string[] untold = ["not told 1 ready", "told later 1 ready"];
        const string Moments = "@tenant, @now - interval '180 days', @now - interval '90 days', @now - interval '90 days'";

        // Told once: whose notice is there already is none of them.
        await transaction.SaveAsync("before");
        Assert.Equal(["not told 1 ready"], await OldAsync($"portal.warn_old_versions({Moments}, @now, 100)"));
        await transaction.RollbackAsync("before");
        await connection.ExecuteAsync("update portal.asset_versions set expiry_warned_at = null where tenant_id = @tenant", args);
        Assert.Equal([.. told.Concat(untold).Order(StringComparer.Ordinal)],
            await OldAsync($"portal.warn_old_versions({Moments}, @now, 100)"));
        await transaction.RollbackAsync("before");

        // Of more than may go at once, the oldest.
        await connection.ExecuteAsync("update portal.asset_versions set expiry_warned_at = null where tenant_id = @tenant", args);
        Assert.Equal(["kept before 1 ready", "kept before by an active one 1 ready"],
            await OldAsync($"portal.warn_old_versions({Moments}, @now, 2)"));
        await transaction.RollbackAsync("before");
        Assert.Equal(["kept before 1 ready", "kept before by an active one 1 ready"],
            await OldAsync($"portal.archive_old_versions({Moments}, @now - interval '14 days', @now, 2)"));
        await transaction.RollbackAsync("before");
        var before = await RestAsync();
        Assert.Equal(told, await OldAsync($"portal.archive_old_versions({Moments}, @now - interval '14 days', @now, 100)"));
        Assert.Equal(before.Except(told), await RestAsync());

        async Task<IReadOnlyList<string>> OldAsync(string of) =>
        [
            .. (await connection.QueryAsync<string>(
                $"select concat_ws(' ', a.title, o.version_number, o.status) from {of} o join portal.assets a on a.id = o.asset_id", args))
                .Order(StringComparer.Ordinal)
        ];

        async Task<IReadOnlyList<string>> RestAsync() =>
        [
            .. (await connection.QueryAsync<string>("""
                select concat_ws(' ', a.title, v.number, v.status) from portal.asset_versions v join portal.assets a on a.id = v.asset_id
                 where v.tenant_id = @tenant and v.archived_at is null
                """, args)).Order(StringComparer.Ordinal)
        ];
    }

    [Fact]
    public async Task The_original_at_blob_goes_with_the_video_and_its_job_only_after_it()
    {
        var upload = (await portal.AskUploadAsync(project, "crew6", "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        var path = await portal.ScalarAsync<string>("select blob_pathname from portal.upload_jobs where id = @id", new { id = upload.Id });
        Task<bool> ThereAsync() =>
            portal.ScalarAsync<bool>("select exists (select 1 from vendors.blob_objects where pathname = @path)", new { path });
        await portal.DoAsync("update portal.tenants set keep_upload_job_days = 30 where id = @id", new { id = TestPeople.OtherTenant });
        portal.Clock.Advance(TimeSpan.FromDays(91));
        await RunAsync();
        Assert.True(await ThereAsync());
        portal.Clock.Advance(TimeSpan.FromDays(31));
        portal.Blob.Faults.FailNextApiCalls(1, ApiFault.Status(500));
        await RunAsync();
        Assert.True(await ThereAsync());
        await RunAsync();
        await RunAsync();
        Assert.False(await ThereAsync());
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'original_deleted' and entity_id = @id", new { id = upload.Id }));
        (await portal.As("crew6").FetchAsync($"/api/uploads/{upload.Id}")).Expect(200);
        portal.Clock.Advance(TimeSpan.FromDays(300));
        await RunAsync();
        (await portal.As("crew6").FetchAsync($"/api/uploads/{upload.Id}")).Expect(404);
    }

    [Fact]
    public async Task A_tenants_own_days_for_videos_are_its_own()
    {
        await portal.DoAsync("update portal.tenants set keep_active_video_days = 30 where id = @id", new { id = TestPeople.OtherTenant });
        var asset = AssetOf(await portal.UploadReadyAsync(project, "crew4"));
        portal.Clock.Advance(TimeSpan.FromDays(31));
        await RunAsync();
        Assert.Equal("ready", await StatusAsync(asset));
        await portal.DoAsync("update portal.tenants set keep_active_video_days = 30 where id = @id", new { id = TestPeople.Tenant });
        await RunAsync();
        Assert.Equal("archived", await StatusAsync(asset));
    }

    [Fact]
    public async Task The_playback_audit_moves_to_its_archive_after_a_year()
    {
        var upload = await portal.UploadReadyAsync(project, "crew5");
        var link = await portal.ShareAsync(AssetOf(upload));
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        await SealAsync();
        portal.Clock.Advance(TimeSpan.FromDays(365));
        await RunAsync();
        Assert.Equal(1, await CountAsync("playback_audit", "share_link_id::text = @id", link.Id));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await RunAsync();
        await RunAsync();
        Assert.Equal(0, await CountAsync("playback_audit", "share_link_id::text = @id", link.Id));
        Assert.Equal(1, await CountAsync("playback_archive", "share_link_id::text = @id", link.Id));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => portal.DoAsync("delete from portal.playback_archive"));
    }

    [Theory]
    [InlineData(89, true)]
    [InlineData(91, false)]
    public async Task Guests_of_a_link_are_forgotten_90_days_after_its_end_and_those_of_an_active_one_never(int days, bool kept)
    {
        var asset = AssetOf(await portal.UploadReadyAsync(project, "crew3"));
        var address = $"guest{Guid.NewGuid():N}@client.example";
        var link = await portal.ShareAsync(asset, new { allowComments = true, guestEmails = new[] { address } });
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        var said = (await guest.CommentAsync("Nice", new { name = "Gwen Guest" })).Expect(201).Id;
        var erased = (await guest.CommentAsync("Before", new { name = "Gwen Gone" })).Expect(201).Id;
        await portal.DoAsync("update portal.comments set guest_name = 'Deleted person' where id = @erased", new { erased });
        var yes = new { noticeVersion = "2026-12-01", consents = new[] { new { purpose = "viewing_analytics", granted = true } } };
        (await guest.SendAsync(HttpMethod.Put, "/consents", yes)).Expect(200);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        portal.Clock.Advance(TimeSpan.FromDays(days));
        var active = await portal.ShareAsync(asset, new { guestEmails = new[] { address } });
        var another = portal.GuestOf(active);
        (await another.OpenAsync()).Expect(200);
        (await another.SendAsync(HttpMethod.Put, "/consents", yes)).Expect(200);
        // It began long ago, and is not over.
        await portal.DoAsync("update portal.share_links set created_at = created_at - interval '200 days' where id = @Id", new { active.Id });
        await RunAsync();
        await RunAsync();

        Assert.Equal(kept ? 1 : 0, await CountAsync("share_link_guests", "share_link_id::text = @id", link.Id));
        Assert.Equal(kept ? 1 : 0, await CountAsync("share_viewers", "share_link_id::text = @id and ip_hash <> '\\x'", link.Id));
        Assert.Equal(1, await CountAsync("share_viewers", "share_link_id::text = @id", link.Id));
        const string OfTheLink = "viewer_id in (select v.id from portal.share_viewers v where v.share_link_id::text = @id)";
        Assert.Equal(kept ? 1 : 0, await CountAsync("consents", OfTheLink, link.Id));
        Assert.Equal(1, await CountAsync("consents", OfTheLink, active.Id));
        Assert.Equal(
            kept ? "Gwen Guest" : "Guest",
            await portal.ScalarAsync<string>("select guest_name from portal.comments where id = @said", new { said }));
        // Who was erased before is not called a guest again.
        Assert.Equal("Deleted person", await portal.ScalarAsync<string>(
            "select guest_name from portal.comments where id = @erased", new { erased }));
        Assert.Equal(1, await CountAsync("share_link_guests", "share_link_id::text = @id", active.Id));
        Assert.Equal(1, await CountAsync("share_viewers", "share_link_id::text = @id and ip_hash <> '\\x'", active.Id));
    }

    [Fact]
    public async Task Invites_go_a_year_after_they_are_over_and_those_that_Clerk_must_hear_of_stay()
    {
        async Task<Guid> InviteAsync() => (await portal.As("admin").PostAsync(
            "/api/invites", new { email = $"i{Guid.NewGuid():N}@client.example", role = "client" })).Expect(201).Id;
        var (over, pending, untold) = (await InviteAsync(), await InviteAsync(), await InviteAsync());
        // Its person is under a legal hold.
        var held = await InviteAsync();
        var person = TestPeople.UserId("crew1");
        await portal.DoAsync("""
            update portal.invites set status = 'accepted', clerk_state = 'accepted', accepted_by = @person, accepted_at = @now
             where id = @held;
            insert into portal.holds (id, tenant_id, kind, subject_id, reason, review_on, placed_by, placed_at)
            values (@held, @tenant, 'person', @person, 'A dispute', '2030-01-01', @person, @now)
            """, new { held, person, tenant = TestPeople.Tenant, now = Now });
        (await portal.As("admin").PostAsync($"/api/invites/{over}/revoke")).Expect(200);
        await portal.SettleAsync();
        await portal.DoAsync("update portal.invites set status = 'revoked', clerk_state = 'unwanted' where id = @untold", new { untold });
        await portal.DoAsync("update portal.invites set clerk_state = 'none' where id = @over", new { over });
        await portal.DoAsync("update portal.invites set expires_at = expires_at + interval '2 years' where id = @pending", new { pending });
        await portal.DoAsync("update portal.invites set updated_at = @now where id = @over", new { over, now = Now });
        portal.Clock.Advance(TimeSpan.FromDays(365));
        await RunAsync();
        Assert.Equal(1, await CountAsync("invites", "id::text = @id", over));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await RunAsync();
        Assert.Equal(0, await CountAsync("invites", "id::text = @id", over));
        Assert.Equal(1, await CountAsync("invites", "id::text = @id", pending));
        Assert.Equal(1, await CountAsync("invites", "id::text = @id", untold));
        Assert.Equal(1, await CountAsync("invites", "id::text = @id", held));
        await portal.DoAsync("update portal.holds set lifted_by = placed_by, lifted_at = @now, lift_reason = 'Settled'", new { now = Now });
        await RunAsync();
        Assert.Equal(0, await CountAsync("invites", "id::text = @id", held));
    }

    [Fact]
    public async Task Histories_of_orchestrations_go_after_90_days_and_failed_ones_after_a_year()
    {
        async Task<long> HistoriesAsync(Guid upload) => await portal.ScalarAsync<long>(
            "select count(*) from durable.instances where id like @id || '%'", new { id = upload.ToString() });
        var ready = (await portal.UploadReadyAsync(project, "crew4")).Id;
        var failed = (await portal.UploadReadyAsync(project, "crew4")).Id;
        await portal.DoAsync("update durable.instances set status = 3, lane = 2 where id like @id || '%'", new { id = failed.ToString() });
        portal.Clock.Advance(TimeSpan.FromDays(89));
        await RunAsync();
        Assert.Equal((1, 1), (await HistoriesAsync(ready), await HistoriesAsync(failed)));
        portal.Clock.Advance(TimeSpan.FromDays(2));
        await RunAsync();
        Assert.Equal((0, 1), (await HistoriesAsync(ready), await HistoriesAsync(failed)));
        portal.Clock.Advance(TimeSpan.FromDays(273));
        await RunAsync();
        Assert.Equal(1, await HistoriesAsync(failed));
        portal.Clock.Advance(TimeSpan.FromDays(2));
        await RunAsync();
        Assert.Equal(0, await HistoriesAsync(failed));
    }

    private static Guid AssetOf(Answer upload) => Guid.Parse(upload.Text("assetId"));

    /// <summary>Everybody was told in time: what that takes is told in KeptVideoTests.</summary>
    private async Task RunAsync()
    {
        await portal.DoAsync("update portal.asset_versions set expiry_warned_at = created_at where expiry_warned_at is null");
        await portal.Host.RunTimerAsync("PruneRetention");
    }

    private Task NotifyAsync(Guid tenant, string person, int count, DateTimeOffset at, bool read = false) => portal.DoAsync("""
        insert into portal.notifications (id, tenant_id, user_id, event_id, type, subject_type, subject_id, read_at, created_at)
        select gen_random_uuid(), @tenant, @user, gen_random_uuid(), 'task_assigned', 'task', gen_random_uuid(), case when @read
           then @at end, @at from generate_series(1, @count)
        """, new { tenant, user = TestPeople.UserId(person), count, at, read });

    private Task<string> StatusAsync(Guid asset) =>
        portal.ScalarAsync<string>("select status from portal.asset_versions where asset_id = @asset", new { asset });

    private async Task<bool> AtMuxAsync(Guid asset)
    {
        var id = await portal.ScalarAsync<string>("select mux_asset_id from portal.asset_versions where asset_id = @asset", new { asset });
        return await portal.ScalarAsync<bool>(
            "select exists (select 1 from vendors.mux_assets where id = @id and deleted_at is null)", new { id });
    }

    private Task<long> LeftAsync(IReadOnlyList<Guid> jobs) =>
        portal.ScalarAsync<long>("select count(*) from portal.upload_jobs where id = any(@jobs)", new { jobs = jobs.ToArray() });

    private Task<long> CountAsync(string table, string where, Guid id) =>
        portal.ScalarAsync<long>($"select count(*) from portal.{table} where {where}", new { id = id.ToString() });

    /// <summary>Other databases of this server may have transactions open, which hold sealing back.</summary>
    private Task SealAsync() => Eventually.TrueAsync(async () =>
    {
        await portal.Host.RunTimerAsync("SealAudit");
        return await portal.ScalarAsync<long>("select count(*) from portal.unsealed_audit_rows(10)") == 0
            && await portal.ScalarAsync<bool>("""
                select coalesce((select (s.last_written_in, s.last_row_id) from portal.audit_seals s where s.tenant_id = @tenant
                   order by number desc limit 1)
                                >= (select (a.written_in, a.id) from portal.audit_log a where a.tenant_id = @tenant
                                order by a.written_in desc, a.id desc limit 1), false)
                """, new { tenant = TestPeople.Tenant });
    }, "all rows to be sealed");
}
