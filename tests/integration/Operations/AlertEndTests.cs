using Dapper;
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
        await DoAsync("delete from portal.alerts; delete from portal.incidents");
        foreach (var (kind, key, details, _) in causes)
        {
            await Alerts.AddAsync(new(kind, key, "Tried by a test.", details), CancellationToken.None);
        }

        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal(causes.Select(cause => cause.Kind.Name).Order(StringComparer.Ordinal), await OpenAsync());

        // A mail that came after the alert was not blocked: it does not keep it open.
        await DoAsync("""
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, taken_at,
                   started_at, next_attempt_at, created_at)
            select gen_random_uuid(), d.tenant_id, d.event_id, 'newer', d.aggregate_id, 1, d.channel, 'newer', 'sending', t.at, t.at,
                   t.at + interval '1 day', t.at
              from portal.deliveries d cross join (select max(last_at) + interval '1 second' as at from portal.alerts) t
             where d.event_type = 'test' and d.status = 'sending'
            """);
        foreach (var mend in causes.Select(cause => cause.Mend))
        {
            await DoAsync(mend);
        }

        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await OpenAsync());

        // With the last alert its incident is over, and nobody is said to have resolved it.
        Assert.Equal(["resolved"], await portal.ListAsync("""
            select distinct status || coalesce(resolved_by, '') from portal.incidents where summary = 'Tried by a test.'
            """));
    }

    [Fact]
    public async Task What_leaves_no_row_is_over_when_it_was_quiet_for_long_enough()
    {
        var quiet = AlertKind.All.Where(kind => kind.QuietFor is not null).ToList();
        await DoAsync("delete from portal.alerts");
        foreach (var kind in quiet.Append(AlertKind.MintedAfterRevoke))
        {
            await Alerts.AddAsync(new(kind, "x", "Tried by a test."), CancellationToken.None);
        }

        foreach (var after in new[] { TimeSpan.FromHours(1), TimeSpan.FromHours(23), TimeSpan.FromSeconds(1), TimeSpan.FromDays(100) })
        {
            portal.Clock.Advance(after);
            var age = portal.Clock.GetUtcNow() - await FirstAsync();
            await portal.RunTimerAsync("WatchAlerts");
            Assert.Equal(
                quiet.Where(kind => kind.QuietFor >= age).Append(AlertKind.MintedAfterRevoke).Select(kind => kind.Name)
                    .Order(StringComparer.Ordinal),
                await OpenAsync());
        }
    }

    [Fact]
    public async Task What_a_sweep_or_a_daily_check_finds_no_more_is_over()
    {
        await DoAsync("delete from portal.alerts");
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
        var project = await portal.NewProjectAsync();
        var (ready, retrying, failed) = (
            await portal.UploadReadyAsync(project), (await portal.AskUploadAsync(project)).Expect(201),
            (await portal.AskUploadAsync(project)).Expect(201));
        var version = await portal.ScalarAsync<Guid>(
            "select asset_version_id from portal.upload_jobs where id = @id", new { id = ready.Id });
        var (task, delivery, ended, asked, export, endpoint, stuck) = (
            Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await DoAsync("""
            update portal.tenants set monthly_budget_usd = 10 where id = @tenant;
            update portal.upload_jobs set next_retry_at = @now where id = @retrying;
            update portal.upload_jobs set status = 'failed', failure_code = 'x' where id = @failed;
            insert into portal.invites (id, tenant_id, email, role, expires_at, clerk_attempts, clerk_next_at, invited_by, created_at,
                   updated_at)
            values (gen_random_uuid(), @tenant, 'somebody@portal.example', 'client', @now + interval '2 days', 5,
                    @now + interval '1 day', @admin, @now, @now);
            update portal.users set status = 'deactivated' where tenant_id = @other;
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
            insert into portal.erasure_requests (id, tenant_id, kind, address_hash, requested_at, due_at, starts_at)
            values (@asked, @tenant, 'guest', repeat('0', 64), @now, @now + interval '1 day', @now + interval '1 day');
            insert into portal.exports (id, tenant_id, kind, address_hash, status, requested_by, requested_at)
            values (@export, @tenant, 'guest', repeat('0', 64), 'failed', @admin, @now);
            insert into portal.webhook_endpoints (id, tenant_id, url, description, event_types, enabled, disabled_reason, disabled_at,
                   secret_kid, secret_made_at, created_by, created_at, updated_at)
            values (@endpoint, @tenant, 'https://x.example', '', '{}', false, 'failing', @now, 'k', @now, @admin, @now, @now);
            """, new
        {
            now = portal.Clock.GetUtcNow(),
            tenant = TestPeople.Tenant,
            other = TestPeople.OtherTenant,
            admin = TestPeople.UserId("admin"),
            retrying = retrying.Id,
            failed = failed.Id,
            version,
            task,
            delivery,
            ended,
            asked,
            export,
            endpoint,
            stuck,
        });
        var mux = "update portal.mux_tasks set done_at = now(), outcome = 'done'";
        var erased = "update portal.erasure_requests set status = 'cancelled', ended_at = now()";
        var sent = "update portal.deliveries set status = 'sent', done_at = now(), next_attempt_at = null where event_type = 'test'";
        var handled = "update portal.webhook_inbox set status = 'processed', processed_at = now() where event_id in ('trying', 'dead')";
        return
        [
            (AlertKind.RevokeStuck, task.ToString(), null, mux),
            (AlertKind.MuxTaskStuck, task.ToString(), null, mux),
            (AlertKind.MuxCleanupStuck, "stubborn", null, "update portal.mux_cleanups set done_at = now()"),
            (AlertKind.RenditionFailed, version.ToString(), null, "update portal.asset_versions set download_name = 'high.mp4'"),
            (AlertKind.ErroredAfterReady, ready.Id.ToString(), new { jobId = ready.Id },
                "update portal.asset_versions set status = 'archived', archived_at = now() where status = 'ready'"),
            (AlertKind.OperatorDeleted, "user_gone", null, "delete from portal.operators where clerk_user_id = 'user_gone'"),
            (AlertKind.UploadRetrying, "x", new { jobId = retrying.Id, attempt = 1 },
                "update portal.upload_jobs set next_retry_at = null"),
            (AlertKind.UploadFailed, failed.Id.ToString(), new { jobId = failed.Id },
                "update portal.upload_jobs set status = 'cancelled' where status = 'failed'"),
            (AlertKind.WebhookRetrying, "mux:trying", new { provider = "mux", eventId = "trying" }, handled),
            (AlertKind.WebhookDead, "mux:dead", new { provider = "mux", eventId = "dead" }, handled),
            (AlertKind.DeliveryBlocked, "email", null, sent),
            (AlertKind.DeliveryRetrying, $"deliver-{delivery}-1", new { deliveryId = delivery }, sent),
            (AlertKind.DeliveryFailed, $"deliver-{ended}-1", new { deliveryId = ended }, sent),
            (AlertKind.WebhookEndpointDisabled, endpoint.ToString(), null,
                "update portal.webhook_endpoints set enabled = true, disabled_reason = null, disabled_at = null"),
            (AlertKind.EventStuck, stuck.ToString(), null, "delete from portal.outbox where next_attempt_at > '-infinity'"),
            (AlertKind.InvitesStuck, "clerk", null, "update portal.invites set clerk_state = 'none'"),
            (AlertKind.TenantWithoutAdmin, TestPeople.OtherTenant.ToString(), null, "update portal.users set status = 'active'"),
            (AlertKind.TenantBudgetReached, TestPeople.Tenant.ToString(),
                new { month = portal.Clock.GetUtcNow().ToString("yyyy-MM-01", System.Globalization.CultureInfo.InvariantCulture), budgetUsd = 10 },
                "update portal.tenants set monthly_budget_usd = null"),
            (AlertKind.ErasureLate, asked.ToString(), new { erasureId = asked }, erased),
            (AlertKind.ErasureOverdue, asked.ToString(), new { erasureId = asked }, erased),
            (AlertKind.ErasureFailed, asked.ToString(), null, erased),
            (AlertKind.ExportFailed, export.ToString(), null, "update portal.exports set status = 'expired', address = null"),
            (AlertKind.TimerFailed, "SomeTimer", null, """
                insert into portal.timer_runs (id, timer, started_at, ended_at)
                select gen_random_uuid(), timer, started_at + interval '1 minute', ended_at + interval '1 minute'
                  from portal.timer_runs where timer = 'SomeTimer'
                """),
        ];
    }

    private Task<DateTimeOffset> FirstAsync() => portal.ScalarAsync<DateTimeOffset>("select min(first_at) from portal.alerts");

    private Task<IReadOnlyList<string>> OpenAsync() =>
        portal.ListAsync("""
            select kind from portal.alerts where resolved_at is null and summary = 'Tried by a test.' order by kind collate "C"
            """);

    private async Task DoAsync(string sql, object? args = null)
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync(sql, args);
    }
}
