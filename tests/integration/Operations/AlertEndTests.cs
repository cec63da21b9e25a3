using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Alerts;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>An alert is over when its cause is, and not before; every kind has its way.</summary>
public sealed class AlertEndTests(TestPortal portal) : IClassFixture<TestPortal>
{
    /// <summary>Kinds that whoever raises them ends, and the tests that see it.</summary>
    private static readonly Dictionary<AlertKind, string> EndedElsewhere = new()
    {
        [AlertKind.PublicPlaybackId] = nameof(What_a_sweep_or_a_daily_check_finds_no_more_is_over),
        [AlertKind.MuxAssetMissing] = nameof(What_a_sweep_or_a_daily_check_finds_no_more_is_over),
        [AlertKind.MuxAssetWithoutRow] = nameof(What_a_sweep_or_a_daily_check_finds_no_more_is_over),
        [AlertKind.MuxSweepIncomplete] =
            nameof(MuxSweepAlertTests.A_comparison_with_Mux_that_did_not_get_through_is_told_and_over_when_one_has),
        [AlertKind.AssetUploadDisagree] = nameof(What_a_sweep_or_a_daily_check_finds_no_more_is_over),
        [AlertKind.EngineBehind] = nameof(AlertTests.What_waits_or_fails_too_much_is_told_and_over_when_it_does_not),
        [AlertKind.InboxBehind] = nameof(AlertTests.What_waits_or_fails_too_much_is_told_and_over_when_it_does_not),
        [AlertKind.OutboxBehind] = nameof(AlertTests.What_waits_or_fails_too_much_is_told_and_over_when_it_does_not),
        [AlertKind.DeliveriesFailing] = nameof(AlertTests.What_waits_or_fails_too_much_is_told_and_over_when_it_does_not),
        [AlertKind.WebhooksDying] = nameof(AlertTests.What_waits_or_fails_too_much_is_told_and_over_when_it_does_not),
        [AlertKind.AddressWithManyLinks] = nameof(LinkUseTests.An_address_that_asks_for_many_links_is_told_of_until_it_does_no_more),
        [AlertKind.LinkWithManyAddresses] = nameof(LinkUseTests.A_link_that_is_opened_from_many_addresses_is_told_of_until_it_is_no_more),
        [AlertKind.KeyExpiring] = nameof(AlertTests.Keys_and_certificates_are_told_before_they_run_out_and_over_when_they_are_new),
        [AlertKind.CertificateExpiring] = nameof(AlertTests.Keys_and_certificates_are_told_before_they_run_out_and_over_when_they_are_new),
        [AlertKind.BudgetBurning] = nameof(ObjectiveTests),
        [AlertKind.RestoreTestOverdue] = nameof(RestoreTestDueTests),
        [AlertKind.AuditArchiveFailed] = "AuditArchiveTests",
        [AlertKind.DataClassUndeclared] = "ResidencyReportTests",
        [AlertKind.ClerkKeysUnavailable] = "ClerkSessionTests",
    };

    private AlertStore Alerts => portal.Services.GetRequiredService<AlertStore>();

    [Fact]
    public async Task Each_alert_ends_with_the_row_that_caused_it()
    {
        var causes = await CausesAsync();
        Assert.Equal(
            AlertKind.All.Where(kind => kind.End == AlertEnd.WithItsCause).Select(kind => kind.Name).Order(),
            causes.Select(cause => cause.Kind).Concat(EndedElsewhere.Keys).Select(kind => kind.Name).Order());
        await portal.DoAsync("delete from portal.alerts; delete from portal.incidents");
        foreach (var (kind, key, details, _) in causes)
        {
            await Alerts.AddAsync(new(kind, key, "Tried by a test.", details), CancellationToken.None);
        }

        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal(causes.Select(cause => cause.Kind.Name).Order(StringComparer.Ordinal), await OpenAsync());

        // A mail that came after the alert was not blocked: it does not keep it open.
        await portal.DoAsync("""
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, taken_at,
                   started_at, next_attempt_at, created_at)
            select gen_random_uuid(), d.tenant_id, d.event_id, 'newer', d.aggregate_id, 1, d.channel, 'newer', 'sending', t.at, t.at,
                   t.at + interval '1 day', t.at
              from portal.deliveries d cross join (select max(last_at) + interval '1 second' as at from portal.alerts) t
             where d.event_type = 'test' and d.status = 'sending'
            """);
        await OthersWithTheSameTroubleAsync();
        foreach (var mend in causes.Select(cause => cause.Mend))
        {
            await portal.DoAsync(mend);
        }

        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await OpenAsync());
        await portal.DoAsync("delete from portal.webhook_inbox where type = 'x'; update portal.tenants set monthly_budget_usd = null");

        // With the last alert its incident is over, and nobody is said to have resolved it.
        Assert.Equal(["resolved"], await portal.ListAsync("""
            select distinct status || coalesce(resolved_by, '') from portal.incidents where summary = 'Tried by a test.'
            """));
    }

    [Fact]
    public async Task Each_state_that_is_a_cause_keeps_its_alert_and_none_beside_it_does()
    {
        var project = await portal.NewProjectAsync();
        var (processing, again, gaveUp, archived) = (
            (await portal.AskUploadAsync(project)).Expect(201), (await portal.AskUploadAsync(project)).Expect(201),
            (await portal.AskUploadAsync(project)).Expect(201), (await portal.AskUploadAsync(project)).Expect(201));
        var version = await portal.ScalarAsync<Guid>(
            "select asset_version_id from portal.upload_jobs where id = @id", new { id = archived.Id });
        var now = portal.Clock.GetUtcNow();
        var (gone, byAdmin, left, retried, failed, due) = (
            Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var asked = new[] { "requested", "running", "failed" }.ToDictionary(state => state, _ => Guid.NewGuid());
        var exports = asked.Keys.ToDictionary(state => state, _ => Guid.NewGuid());
        await portal.DoAsync("""
            delete from portal.alerts; delete from portal.incidents; delete from portal.timer_runs;
            update portal.upload_jobs set status = 'processing', next_retry_at = @now where id = @processing;
            update portal.upload_jobs set attempt = 2, next_retry_at = @now where id = @again;
            update portal.upload_jobs set status = 'cancelled', next_retry_at = @now where id = @gaveUp;
            update portal.asset_versions set status = 'archived', archived_at = @now where id = @version;
            insert into portal.webhook_endpoints (id, tenant_id, url, description, event_types, enabled, disabled_reason, disabled_at,
                   secret_kid, secret_made_at, created_by, created_at, updated_at)
            select e.id, @tenant, 'https://x.example', '', '{}', false, e.why, @now, 'k', @now, @admin, @now, @now
              from (values (@gone, 'gone'), (@byAdmin, 'by_admin')) as e (id, why);
            update portal.invites set clerk_state = 'none';
            insert into portal.invites (id, tenant_id, email, role, expires_at, clerk_state, clerk_attempts, clerk_next_at, invited_by,
                   created_at, updated_at)
            values (gen_random_uuid(), @tenant, 'unwanted@portal.example', 'client', @now + interval '2 days', 'unwanted', 5,
                    @now + interval '1 day', @admin, @now, @now);
            insert into portal.tenants (id, clerk_org_id, name, status, deleted_at, monthly_budget_usd, created_at, updated_at)
            values (@left, 'org_' || @left, 'Left', 'deleted', @now, 10, @now, @now);
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (@retried, @tenant, 'test', @retried, 'test', '{}', @now);
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, attempt,
                   taken_at, started_at, done_at, next_attempt_at, created_at)
            values (@retried, @tenant, @retried, 'test', @retried, 1, 'email', 'contact', 'sending', 2, @now, @now, null,
                    @now + interval '1 day', @now),
                   (@failed, @tenant, @retried, 'test', @retried, 1, 'email', 'other', 'failed', 2, @now, @now, @now, null, @now);
            insert into portal.erasure_requests (id, tenant_id, kind, address_hash, status, requested_at, due_at, starts_at)
            select e.id, @tenant, 'guest', repeat(md5(e.id::text), 2), e.status, @now, @now + interval '1 second', @now + interval '1 day'
              from unnest(@erasures, @states) as e (id, status)
             union all
            select @due, @tenant, 'guest', repeat(md5(@due::text), 2), 'requested', @now, @now, @now + interval '1 day';
            insert into portal.exports (id, tenant_id, kind, address_hash, status, requested_by, requested_at)
            select e.id, @tenant, 'guest', repeat(md5(e.id::text), 2), e.status, @admin, @now
              from unnest(@exports, @states) as e (id, status);
            insert into portal.timer_runs (id, timer, started_at, ended_at, error)
            values (gen_random_uuid(), 'StillRuns', @now - interval '1 minute', @now, 'Boom'),
                   (gen_random_uuid(), 'StillRuns', @now, null, null);
            """, new
        {
            now,
            tenant = TestPeople.Tenant,
            admin = TestPeople.UserId("admin"),
            processing = processing.Id,
            again = again.Id,
            gaveUp = gaveUp.Id,
            version,
            gone,
            byAdmin,
            left,
            retried,
            failed,
            due,
            states = asked.Keys.ToArray(),
            erasures = asked.Values.ToArray(),
            exports = exports.Values.ToArray(),
        });
        var month = now.ToString("yyyy-MM-01", System.Globalization.CultureInfo.InvariantCulture);
        (AlertKind Kind, string Key, object? Details)[] holds =
        [
            (AlertKind.UploadRetrying, "processing", new { jobId = processing.Id, attempt = 1 }),
            (AlertKind.WebhookEndpointDisabled, gone.ToString(), null),
            (AlertKind.InvitesStuck, "clerk", null),
            .. asked.Values.Select(id => (AlertKind.ErasureLate, id.ToString(), (object?)new { erasureId = id })),
            .. asked.Values.Select(id => (AlertKind.ErasureOverdue, id.ToString(), (object?)new { erasureId = id })),
            .. asked.Values.Select(id => (AlertKind.ErasureFailed, id.ToString(), (object?)null)),
            .. exports.Values.Select(id => (AlertKind.ExportFailed, id.ToString(), (object?)null)),
            (AlertKind.TimerFailed, "StillRuns", null),
        ];
        (AlertKind Kind, string Key, object? Details)[] over =
        [
            (AlertKind.UploadRetrying, "again", new { jobId = again.Id, attempt = 1 }),
            (AlertKind.UploadRetrying, "gave-up", new { jobId = gaveUp.Id, attempt = 1 }),
            (AlertKind.RenditionFailed, version.ToString(), null),
            (AlertKind.WebhookEndpointDisabled, byAdmin.ToString(), null),
            (AlertKind.DeliveryRetrying, $"deliver-{retried}-1", new { deliveryId = retried }),
            (AlertKind.DeliveryFailed, $"deliver-{failed}-1", new { deliveryId = failed }),
            (AlertKind.TenantWithoutAdmin, left.ToString(), null),
            (AlertKind.TenantBudgetReached, left.ToString(), new { month, budgetUsd = 10 }),
            (AlertKind.ErasureLate, due.ToString(), new { erasureId = due }),
            (AlertKind.TimerFailed, "NeverRan", null),
        ];
        foreach (var (kind, key, details) in holds.Concat(over))
        {
            await Alerts.AddAsync(new(kind, key, "Tried by a test.", details), CancellationToken.None);
        }

        await portal.RunTimerAsync("WatchAlerts");

        Assert.Equal(
            holds.Select(alert => $"{alert.Kind.Name} {alert.Key}").Order(StringComparer.Ordinal),
            (await portal.ListAsync("""
                select kind || ' ' || dedup_key from portal.alerts where resolved_at is null and summary = 'Tried by a test.'
                """)).Order(StringComparer.Ordinal));

        // One try fewer is not stuck.
        await portal.DoAsync("update portal.invites set clerk_attempts = 4 where clerk_state = 'unwanted'");
        await portal.RunTimerAsync("WatchAlerts");
        Assert.DoesNotContain("invites_stuck", await OpenAsync());
        await portal.DoAsync("delete from portal.invites where clerk_state = 'unwanted'");
    }

    [Fact]
    public async Task The_end_of_one_trouble_is_none_of_another_of_its_kind()
    {
        await portal.DoAsync("delete from portal.alerts");
        foreach (var key in new[] { "first", "second", "third" })
        {
            await Alerts.AddAsync(new(AlertKind.AuditArchiveFailed, key, "Tried by a test."), CancellationToken.None);
        }

        await Alerts.ResolveAsync(AlertKind.AuditArchiveFailed, "second", CancellationToken.None);
        await Alerts.ResolveAsync(AlertKind.AuditArchiveFailed, "unknown", CancellationToken.None);

        Assert.Equal(
            ["first", "third"],
            await portal.ListAsync("select dedup_key from portal.alerts where resolved_at is null order by dedup_key"));
    }

    [Fact]
    public async Task What_leaves_no_row_is_over_when_it_was_quiet_for_long_enough()
    {
        const string ADay = "brute_force minted_after_revoke passphrase_guessing webhook_refused";
        await portal.DoAsync("delete from portal.alerts");
        foreach (var kind in AlertKind.All.Where(kind => kind.QuietFor is not null).Append(AlertKind.MintedAfterRevoke))
        {
            await Alerts.AddAsync(new(kind, "x", "Tried by a test."), CancellationToken.None);
        }

        var began = portal.Clock.GetUtcNow();
        foreach (var (age, open) in new[]
        {
            (TimeSpan.FromHours(1), "brute_force digests_failed minted_after_revoke passphrase_guessing webhook_refused"),
            (TimeSpan.FromSeconds(3601), ADay), (TimeSpan.FromDays(1), ADay),
            (TimeSpan.FromSeconds(86_401), "minted_after_revoke"), (TimeSpan.FromDays(100), "minted_after_revoke"),
        })
        {
            portal.Clock.Advance(began + age - portal.Clock.GetUtcNow());
            await portal.RunTimerAsync("WatchAlerts");
            Assert.Equal(open, string.Join(' ', await OpenAsync()));
        }
    }

    [Fact]
    public async Task What_a_sweep_or_a_daily_check_finds_no_more_is_over()
    {
        await portal.DoAsync("delete from portal.alerts");
        AlertKind[] seen =
        [
            AlertKind.PublicPlaybackId, AlertKind.MuxAssetMissing, AlertKind.MuxAssetWithoutRow, AlertKind.MuxSweepIncomplete,
            AlertKind.AssetUploadDisagree,
        ];
        foreach (var kind in seen)
        {
            await Alerts.AddAsync(new(kind, Guid.NewGuid().ToString(), "Tried by a test."), CancellationToken.None);
        }

        // What is raised while it is looked at stays.
        await portal.RunTimerAsync("SweepMuxAssets");
        await portal.RunTimerAsync("DailyChecks");
        Assert.Equal(seen.Select(kind => kind.Name).Order(StringComparer.Ordinal), await OpenAsync());
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await portal.RunTimerAsync("SweepMuxAssets");
        Assert.Equal(["asset_upload_disagree"], await OpenAsync());
        await portal.RunTimerAsync("DailyChecks");
        Assert.Empty(await OpenAsync());
    }

    private async Task<IReadOnlyList<(AlertKind Kind, string Key, object? Details, string Mend)>> CausesAsync()
    {
        var (ready, retrying, failed) = await UploadsAsync();
        var version = await portal.ScalarAsync<Guid>(
            "select asset_version_id from portal.upload_jobs where id = @id", new { id = ready.Id });
        var (task, delivery, ended, asked, export, endpoint, stuck) = (
            Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await portal.DoAsync("""
            update portal.tenants set monthly_budget_usd = 10 where id = @tenant;
            insert into portal.invites (id, tenant_id, email, role, expires_at, clerk_attempts, clerk_next_at, invited_by, created_at,
                   updated_at)
            values (gen_random_uuid(), @tenant, 'somebody@portal.example', 'client', @now + interval '2 days', 5,
                    @now + interval '1 day', @admin, @now, @now);
            update portal.users set status = 'deactivated' where tenant_id = @other;
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (gen_random_uuid(), @other, 'user_left', 'left@portal.example', 'Left', 'agency', @now, @now);
            insert into portal.operators values ('user_gone', @now);
            insert into portal.mux_tasks (id, tenant_id, kind, asset_version_id, mux_asset_id, next_attempt_at, created_at)
            values (@task, @tenant, 'rendition', @version, 'x', @now + interval '1 day', @now);
            insert into portal.mux_cleanups (mux_asset_id, tenant_id, job_id, reason, next_attempt_at, created_at)
            values ('stubborn', @tenant, @failed, 'x', @now + interval '1 day', @now);
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at)
            values ('mux', 'trying', 'x', '{}', 'retrying', @now + interval '1 day', @now), ('mux', 'dead', 'x', '{}', 'dead', @now, @now);
            insert into portal.timer_runs (id, timer, started_at, ended_at, error)
            values (gen_random_uuid(), 'SomeTimer', @now, @now, 'Boom');
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (@stuck, @tenant, 'test', gen_random_uuid(), 'test', '{}', @now);
            update portal.outbox set next_attempt_at = @now + interval '1 day' where event_id = @stuck;
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, taken_at,
                   started_at, done_at, next_attempt_at, created_at)
            values (@delivery, @tenant, @stuck, 'test', @stuck, 1, 'email', 'contact', 'sending', @now, @now, null,
                    @now + interval '1 day', @now),
                   (@ended, @tenant, @stuck, 'test', @stuck, 1, 'pagerduty', 'platform', 'failed', @now, @now, @now, null, @now);
            """, new
        {
            now = portal.Clock.GetUtcNow(),
            tenant = TestPeople.Tenant,
            other = TestPeople.OtherTenant,
            admin = TestPeople.UserId("admin"),
            failed = failed.Id,
            version,
            task,
            delivery,
            ended,
            stuck,
        });
        await AskedForAsync(asked, export, endpoint);
        var mux = $"update portal.mux_tasks set done_at = now(), outcome = 'done' where id = '{task}'";
        var erased = $"update portal.erasure_requests set status = 'cancelled', ended_at = now() where id = '{asked}'";
        var sent = "update portal.deliveries set status = 'sent', done_at = now(), next_attempt_at = null where event_type = 'test'";
        var handled = """
            update portal.webhook_inbox set status = 'processed', processed_at = now()
             where provider = 'mux' and event_id in ('trying', 'dead')
            """;
        return
        [
            (AlertKind.RevokeStuck, task.ToString(), null, mux),
            (AlertKind.MuxTaskStuck, task.ToString(), null, mux),
            (AlertKind.MuxCleanupStuck, "stubborn", null,
                "update portal.mux_cleanups set done_at = now() where mux_asset_id = 'stubborn'"),
            (AlertKind.RenditionFailed, version.ToString(), null,
                $"update portal.asset_versions set download_name = 'high.mp4' where id = '{version}'"),
            (AlertKind.ErroredAfterReady, ready.Id.ToString(), new { jobId = ready.Id },
                $"update portal.asset_versions set status = 'archived', archived_at = now() where id = '{version}'"),
            (AlertKind.OperatorDeleted, "user_gone", null, "delete from portal.operators where clerk_user_id = 'user_gone'"),
            (AlertKind.UploadRetrying, "x", new { jobId = retrying.Id, attempt = 1 },
                $"update portal.upload_jobs set next_retry_at = null where id = '{retrying.Id}'"),
            (AlertKind.UploadFailed, failed.Id.ToString(), new { jobId = failed.Id },
                $"update portal.upload_jobs set status = 'cancelled' where id = '{failed.Id}'"),
            (AlertKind.WebhookRetrying, "mux:trying", new { provider = "mux", eventId = "trying" }, handled),
            (AlertKind.WebhookDead, "mux:dead", new { provider = "mux", eventId = "dead" }, handled),
            (AlertKind.DeliveryBlocked, "email", null, sent),
            (AlertKind.DeliveryRetrying, $"deliver-{delivery}-1", new { deliveryId = delivery }, sent),
            (AlertKind.DeliveryFailed, $"deliver-{ended}-1", new { deliveryId = ended }, sent),
            (AlertKind.WebhookEndpointDisabled, endpoint.ToString(), null,
                $"update portal.webhook_endpoints set enabled = true, disabled_reason = null, disabled_at = null where id = '{endpoint}'"),
            (AlertKind.EventStuck, stuck.ToString(), null, "delete from portal.outbox where next_attempt_at > '-infinity'"),
            (AlertKind.InvitesStuck, "clerk", null, "update portal.invites set clerk_state = 'none'"),
            (AlertKind.TenantWithoutAdmin, TestPeople.OtherTenant.ToString(), null,
                "update portal.users set status = 'active' where role = 'admin'"),
            (AlertKind.TenantBudgetReached, TestPeople.Tenant.ToString(),
                new { month = portal.Clock.GetUtcNow().ToString("yyyy-MM-01", System.Globalization.CultureInfo.InvariantCulture), budgetUsd = 10 },
                $"update portal.tenants set monthly_budget_usd = null where id = '{TestPeople.Tenant}'"),
            (AlertKind.ErasureLate, asked.ToString(), new { erasureId = asked }, erased),
            (AlertKind.ErasureOverdue, asked.ToString(), new { erasureId = asked }, erased),
            (AlertKind.ErasureFailed, asked.ToString(), null, erased),
            (AlertKind.ExportFailed, export.ToString(), null,
                $"update portal.exports set status = 'expired', address = null where id = '{export}'"),
            (AlertKind.TimerFailed, "SomeTimer", null, """
                insert into portal.timer_runs (id, timer, started_at, ended_at)
                select gen_random_uuid(), timer, started_at + interval '1 minute', ended_at + interval '1 minute'
                  from portal.timer_runs where timer = 'SomeTimer'
                """),
        ];
    }

    /// <summary>Neighbours of each cause that stay as they are: whose trouble it is decides, not that there is one.</summary>
    private async Task OthersWithTheSameTroubleAsync()
    {
        var (ready, retrying, failed) = await UploadsAsync();
        await portal.DoAsync("""
            update portal.tenants set monthly_budget_usd = 5 where id = @other;
            update portal.asset_versions set download_name = null
             where id = (select asset_version_id from portal.upload_jobs where id = @ready);
            insert into portal.mux_tasks (id, tenant_id, kind, asset_version_id, mux_asset_id, next_attempt_at, created_at)
            select gen_random_uuid(), tenant_id, 'rendition', asset_version_id, 'y', @now + interval '1 day', @now
              from portal.upload_jobs where id = @retrying;
            insert into portal.mux_cleanups (mux_asset_id, tenant_id, job_id, reason, next_attempt_at, created_at)
            values ('other', @tenant, @failed, 'x', @now + interval '1 day', @now);
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at)
            values ('mux', 'other', 'x', '{}', 'retrying', @now, @now), ('mux', 'other-dead', 'x', '{}', 'dead', @now, @now),
                   ('clerk', 'trying', 'x', '{}', 'retrying', @now, @now), ('clerk', 'dead', 'x', '{}', 'dead', @now, @now);
            insert into portal.timer_runs (id, timer, started_at, ended_at, error)
            values (gen_random_uuid(), 'OtherTimer', @now + interval '1 day', @now + interval '1 day', 'Boom');
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, taken_at,
                   started_at, created_at)
            select gen_random_uuid(), d.tenant_id, d.event_id, 'other', d.aggregate_id, 1, 'webhook', 'other', 'sending', d.taken_at,
                   d.taken_at, d.created_at
              from portal.deliveries d where d.event_type = 'test' and d.status = 'sending';
            """, new
        {
            now = portal.Clock.GetUtcNow(),
            tenant = TestPeople.Tenant,
            other = TestPeople.OtherTenant,
            ready = ready.Id,
            retrying = retrying.Id,
            failed = failed.Id,
        });
        await AskedForAsync(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
    }

    /// <summary>One of each: ready, with a retry to come, failed.</summary>
    private async Task<(Answer Ready, Answer Retrying, Answer Failed)> UploadsAsync()
    {
        var project = await portal.NewProjectAsync();
        var (ready, retrying, failed) = (
            await portal.UploadReadyAsync(project), (await portal.AskUploadAsync(project)).Expect(201),
            (await portal.AskUploadAsync(project)).Expect(201));
        await portal.DoAsync("""
            update portal.upload_jobs set next_retry_at = @now where id = @retrying;
            update portal.upload_jobs set status = 'failed', failure_code = 'x' where id = @failed;
            """, new { now = portal.Clock.GetUtcNow(), retrying = retrying.Id, failed = failed.Id });
        return (ready, retrying, failed);
    }

    /// <summary>An erasure that was asked for, an export that failed, and an endpoint that was disabled.</summary>
    private Task AskedForAsync(Guid erasure, Guid export, Guid endpoint) => portal.DoAsync("""
        insert into portal.erasure_requests (id, tenant_id, kind, address_hash, requested_at, due_at, starts_at)
        values (@erasure, @tenant, 'guest', repeat(md5(@erasure::text), 2), @now, @now + interval '1 day', @now + interval '1 day');
        insert into portal.exports (id, tenant_id, kind, address_hash, status, requested_by, requested_at)
        values (@export, @tenant, 'guest', repeat(md5(@export::text), 2), 'failed', @admin, @now);
        insert into portal.webhook_endpoints (id, tenant_id, url, description, event_types, enabled, disabled_reason, disabled_at,
               secret_kid, secret_made_at, created_by, created_at, updated_at)
        values (@endpoint, @tenant, 'https://x.example', '', '{}', false, 'failing', @now, 'k', @now, @admin, @now, @now);
        """, new
    {
        erasure,
        export,
        endpoint,
        tenant = TestPeople.Tenant,
        admin = TestPeople.UserId("admin"),
        now = portal.Clock.GetUtcNow(),
    });

    private Task<IReadOnlyList<string>> OpenAsync() =>
        portal.ListAsync("""
            select kind from portal.alerts where resolved_at is null and summary = 'Tried by a test.' order by kind collate "C"
            """);
}
