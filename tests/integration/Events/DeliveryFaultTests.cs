using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Events.Deliveries;
using Portal.Foundation.Audit;
using Portal.Foundation.Identity;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>A channel that fails first: every mail goes out once, nothing is lost, and nobody else waits.</summary>
[TakesLong]
public sealed class DeliveryFaultTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public static TheoryData<string> Mailed =>
        [
            "invite_expired", "project_created", "mux_asset_ready", "share_link_created", "share_link_revoked", "comment_added",
            "notification_digest_sent", "residency_report_generated"
        ];

    [Theory]
    [MemberData(nameof(Mailed))]
    public async Task Each_mail_goes_out_once_though_the_first_calls_fail(string type)
    {
        var (address, aggregate) = await CauseAsync(type);
        var before = (await portal.InboxOfAsync(address)).Count;
        portal.Resend.Faults.FailNextApiCalls(3, ApiFault.Status(500));
        portal.Resend.Faults.FailNextAfterEffect(2, ApiFault.ConnectionAbort);
        await portal.DeliverMovingAsync();

        Assert.Equal(before + 1, (await portal.InboxOfAsync(address)).Count);
        Assert.All(
            await portal.ListAsync(
                "select status from portal.deliveries where aggregate_id = @aggregate and event_type = @type and recipient <> 'contact'",
                new { aggregate, type }),
            status => Assert.Equal("sent", status));
        Assert.Equal(1, await portal.EventsAsync(aggregate, type));
    }

    [Fact]
    public async Task No_more_are_started_at_once_than_a_batch()
    {
        var project = await portal.NewProjectAsync("Many recipients");
        await portal.DeliverAsync();
        await portal.DoAsync("""
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, created_at)
            select gen_random_uuid(), d.tenant_id, d.event_id, d.event_type, d.aggregate_id, d.seq, d.channel, 'reader-' || n,
                   d.created_at
              from (select * from portal.deliveries where aggregate_id = @project limit 1) d, generate_series(1, 250) n
            """, new { project });

        var store = portal.Services.GetRequiredService<DeliveryStore>();
        var taken = new List<int>();
        while (taken is not [.., 0])
        {
            taken.Add((await store.TakePendingAsync(100, [], default)).Count);
        }

        Assert.Equal([100, 100, 50, 0], taken);
        await portal.DoAsync("delete from portal.deliveries where recipient like 'reader-%'");
    }

    [Fact]
    public async Task Words_that_changed_between_two_attempts_are_not_sent_twice()
    {
        var project = (await portal.As("admin").PostAsync(
            "/api/projects", new { name = "Before", memberIds = new[] { TestPeople.UserId("agency") } })).Expect(201).Id;
        portal.Resend.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        await portal.Host.RunTimerAsync("SweepOutbox");
        await Eventually.TrueAsync(
            async () => await portal.ScalarAsync<long>(
                "select count(*) from portal.deliveries where aggregate_id = @project and attempts > 0",
                new { project }) == 1, "the first attempt to have failed");
        await portal.DoAsync("update portal.projects set name = 'After' where id = @project", new { project });

        await portal.DeliverMovingAsync();
        var mail = Assert.Single(await portal.InboxOfAsync("agency"), m => m.Text!.Contains(project.ToString(), StringComparison.Ordinal));
        Assert.Contains("Before", mail.Subject, StringComparison.Ordinal);
        Assert.Equal(
            ["sent"], (
                await portal.ListAsync("select distinct status from portal.deliveries where aggregate_id = @project", new { project })));
    }

    [Fact]
    public async Task A_late_mail_about_one_attempt_of_an_upload_says_nothing_of_the_next()
    {
        var upload = (await portal.AskUploadAsync(await portal.NewProjectAsync("Two attempts"))).Expect(201);
        await portal.DeliverMovingAsync();
        portal.Resend.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        await FailAsync(upload);
        await portal.Host.RunTimerAsync("SweepOutbox");
        var again = await portal.WhileMovingAsync(portal.As("agency").PostAsync($"/api/uploads/{upload.Id}/retry"));
        await FailAsync(again.Expect(200));

        portal.Resend.Faults.Clear();
        await portal.DeliverMovingAsync();
        Assert.Equal(["skipped perhaps sent: upload_went_on", "sent"], await portal.ListAsync(
            """
            select concat_ws(' ', status, reason) from portal.deliveries
             where aggregate_id = @id and event_type = 'asset_process_failed' and channel = 'email' order by seq
            """, new { id = upload.Id }));

        async Task FailAsync(Answer attempt)
        {
            portal.Mux.Faults.FailNextEncodings(1, "The codec is on strike.");
            await portal.SendBytesAsync(attempt);
            await portal.UntilAsync(upload.Id, "failed");
        }
    }

    [Theory]
    [InlineData("invite_expired", "invite_not_expired_any_more")]
    [InlineData("project_created", "project_archived")]
    public async Task A_late_mail_says_nothing_that_is_not_so_any_more(string type, string why)
    {
        var (address, aggregate) = await CauseAsync(type);
        portal.Resend.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
        var before = (await portal.InboxOfAsync(address)).Count;
        var undone = await (type == "invite_expired"
            ? portal.As("admin").PostAsync($"/api/invites/{aggregate}/reissue", new { expiresInDays = 30 })
            : portal.As("admin").PostAsync($"/api/projects/{aggregate}/archive"));
        undone.Expect(200);

        portal.Resend.Faults.Clear();
        await portal.DeliverMovingAsync();

        Assert.Equal([$"skipped perhaps sent: {why}"], await portal.ListAsync("""
            select distinct concat_ws(' ', status, reason) from portal.deliveries
             where aggregate_id = @aggregate and event_type = @type and channel = 'email'
            """, new { aggregate, type }));
        Assert.Equal(before, (await portal.InboxOfAsync(address)).Count);
        if (type == "invite_expired")
        {
            (await portal.As("admin").PostAsync($"/api/invites/{aggregate}/revoke")).Expect(200);
        }
    }

    [Fact]
    public async Task A_broken_channel_delays_no_other_event_and_after_eight_attempts_on_call_knows()
    {
        portal.Resend.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        var project = await portal.NewProjectAsync("Stuck mail");
        await portal.Host.RunTimerAsync("SweepOutbox");
        Assert.Contains(project, await portal.ToldAsync("agency", "project_created"));

        await portal.DeliverMovingAsync();
        Assert.Equal(
            ["failed"], await portal.ListAsync(
                "select distinct status from portal.deliveries where aggregate_id = @project", new { project }));
        Assert.Equal(8 * (TestPeople.Crew + 1), portal.Resend.Requests.Count("POST", "/emails"));
        Assert.Equal(
            TestPeople.Crew + 1, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'delivery_failed'"));
        Assert.Equal(
            TestPeople.Crew + 1, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'delivery_retrying'"));
    }

    [Theory]
    [InlineData(401, "validation_error")]
    [InlineData(403, "validation_error")]
    [InlineData(403, "invalid_api_key")]
    public async Task A_key_that_the_vendor_does_not_accept_holds_mail_back_until_it_is_mended(int status, string name)
    {
        portal.Resend.Faults.FailNextApiCalls(
            TestPeople.Crew + 1,
            ApiFault.Status(status, $$"""{"statusCode":{{status}},"name":"{{name}}","message":"API key is invalid"}"""));
        var project = await portal.NewProjectAsync("Held back");

        await portal.DeliverMovingAsync();

        Assert.Equal(
            ["sent 0"], await portal.ListAsync(
                "select distinct status || ' ' || attempts from portal.deliveries where aggregate_id = @project", new { project }));
        Assert.Single(await portal.InboxOfAsync("agency"), m => m.Text!.Contains(project.ToString(), StringComparison.Ordinal));
        Assert.Equal(
            ["delivery_blocked email"], await portal.ListAsync("select kind || ' ' || dedup_key from portal.alerts"));
    }

    [Theory]
    [InlineData("update portal.users set status = 'deactivated' where id = @user", "recipient_gone")]
    [InlineData("""
        insert into portal.mail_suppressions (tenant_id, address_hash, event_type, reason, created_at)
        select @tenant, @address, '', 'bounced', now()
        """, "suppressed: bounced")]
    public async Task Who_may_not_be_written_to_any_more_when_the_vendor_is_back_gets_nothing(string change, string why)
    {
        portal.Resend.Faults.FailNextApiCalls(TestPeople.Crew + 1, ApiFault.Status(503));
        var project = await portal.NewProjectAsync("Gone meanwhile");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
        var user = TestPeople.UserId("crew1");
        var address = portal.Services.GetRequiredService<PersonalHash>().Of("crew1@portal.example");
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync(change, new { user, tenant = TestPeople.Tenant, address });
        try
        {
            await portal.DeliverMovingAsync();

            Assert.Equal(
                [$"skipped perhaps sent: {why}"], await portal.ListAsync(
                    "select status || ' ' || reason from portal.deliveries where aggregate_id = @project and recipient = @to",
                    new { project, to = $"user:{user}" }));
            Assert.DoesNotContain(
                await portal.InboxOfAsync("crew1"), m => m.Text!.Contains(project.ToString(), StringComparison.Ordinal));
            Assert.Single(await portal.InboxOfAsync("crew2"), m => m.Text!.Contains(project.ToString(), StringComparison.Ordinal));
        }
        finally
        {
            await connection.ExecuteAsync(
                "update portal.users set status = 'active' where id = @user; delete from portal.mail_suppressions", new { user });
        }
    }

    [Fact]
    public async Task Nobody_of_a_portal_that_was_deleted_meanwhile_is_written_to_when_the_vendor_is_back()
    {
        portal.Resend.Faults.FailNextApiCalls(TestPeople.Crew + 1, ApiFault.Status(503));
        var project = await portal.NewProjectAsync("Left meanwhile");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync(
            "update portal.tenants set status = 'deleted', deleted_at = @now where id = @Tenant",
            new { TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        try
        {
            await portal.DeliverMovingAsync();

            Assert.Equal(
                ["skipped perhaps sent: tenant_deleted"], await portal.ListAsync(
                    "select distinct status || ' ' || reason from portal.deliveries where aggregate_id = @project", new { project }));
            Assert.DoesNotContain(
                await portal.InboxOfAsync("crew2"), m => m.Text!.Contains(project.ToString(), StringComparison.Ordinal));
        }
        finally
        {
            await connection.ExecuteAsync(
                "update portal.tenants set status = 'active', deleted_at = null where id = @Tenant", new { TestPeople.Tenant });
        }

        // Resend is asked again, which is what closes its circuit.
        var back = await portal.NewProjectAsync("Back again");
        await portal.DeliverMovingAsync();
        Assert.Single(await portal.InboxOfAsync("crew2"), m => m.Text!.Contains(back.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_delivery_that_the_vendor_refuses_fails_at_once_and_on_call_knows()
    {
        portal.Resend.Faults.FailNextApiCalls(
            TestPeople.Crew + 1,
            ApiFault.Status(422, """{"statusCode":422,"name":"invalid_parameter","message":"The to field is invalid."}"""));
        var project = await portal.NewProjectAsync("Refused");

        await portal.DeliverMovingAsync();

        Assert.Equal(
            ["failed"], await portal.ListAsync(
                "select distinct status from portal.deliveries where aggregate_id = @project", new { project }));
        Assert.Equal(
            TestPeople.Crew + 1, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'delivery_failed'"));
    }

    [Fact]
    public async Task A_delivery_whose_orchestration_ended_unsettled_fails_and_can_be_sent_again()
    {
        portal.Resend.Faults.FailNextApiCalls(TestPeople.Crew + 1, ApiFault.Status(503, "<h1>Service unavailable</h1>"));
        var project = await portal.NewProjectAsync("Abandoned");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await Eventually.TrueAsync(
            async () => await portal.ScalarAsync<long>(
                "select count(*) from portal.deliveries where aggregate_id = @project and last_error = 'Resend answered 503'",
                new { project }) == TestPeople.Crew + 1, "every first attempt to have failed");
        var id = await portal.ScalarAsync<Guid>("select id from portal.deliveries where aggregate_id = @project limit 1", new { project });
        await portal.Host.DurableClient.TerminateInstanceAsync($"deliver-{id}-1");
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));

        portal.Clock.Advance(TimeSpan.FromMinutes(3));
        await portal.Host.RunTimerAsync("SweepOutbox");

        Assert.Equal("failed", await portal.ScalarAsync<string>("select status from portal.deliveries where id = @id", new { id }));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'delivery_failed' and dedup_key = @key", new
                {
                    key = $"deliver-{id}-1",
                }));
        (await portal.As("operator").PostAsync($"/api/ops/deliveries/{id}/retry", new { reason = "Its orchestration was ended" }))
            .Expect(200);
        await portal.DeliverMovingAsync();
        Assert.Equal(
            ["sent"], await portal.ListAsync(
                "select distinct status from portal.deliveries where aggregate_id = @project", new { project }));
    }

    [Fact]
    public async Task A_delivery_that_is_tried_anew_is_not_settled_by_its_earlier_attempt()
    {
        var id = await SentAsync("Tried anew");
        await portal.DoAsync(
            "update portal.deliveries set status = 'sending', attempt = 2, done_at = null, vendor_id = null where id = @id", new { id });
        var (deliveries, first) = (portal.Services.GetRequiredService<DeliveryStore>(), new DeliveryRef(TestPeople.Tenant, id, 1));
        var tenant = new TenantId(TestPeople.Tenant);

        Assert.Equal(0, await deliveries.SentAsync(tenant, first, "late", default));
        Assert.False(await deliveries.EndAsync(tenant, first, "failed", "late", default));
        Assert.Equal(0, await deliveries.NoteAttemptAsync(tenant, first, 3, "late", portal.Clock.GetUtcNow(), default));
        Assert.False(await deliveries.SubmissionStartedAsync(tenant, first, default));
        Assert.Null(await deliveries.FindAsync(tenant, first, default));

        Assert.Equal(
            ["sending 2"],
            await portal.ListAsync(
                "select status || ' ' || attempt || coalesce(vendor_id, '') || coalesce(reason, '') || coalesce(last_error, '') "
                    + "from portal.deliveries where id = @id",
                new { id }));
        Assert.Equal(1, await deliveries.SentAsync(tenant, first with { Attempt = 2 }, null, default));
    }

    [Fact]
    public async Task Only_a_delivery_that_has_failed_is_sent_again()
    {
        var id = await SentAsync("Sent already");
        var mails = (await portal.InboxOfAsync("agency")).Count;
        foreach (var status in new[] { "sent", "skipped", "pending", "sending" })
        {
            await portal.DoAsync("""
                update portal.deliveries set status = @status, reason = case when @status = 'skipped' then 'gone' end,
                       done_at = case when @status in ('sent', 'skipped') then @now end
                 where id = @id
                """, new { id, status, now = portal.Clock.GetUtcNow() });
            var refused = await portal.As("operator").PostAsync($"/api/ops/deliveries/{id}/retry", new { reason = "Once more" });
            Assert.Equal("delivery-not-failed", refused.Expect(409).ProblemType);
            Assert.Equal(
                [$"{status} 1"],
                await portal.ListAsync("select status || ' ' || attempt from portal.deliveries where id = @id", new { id }));
        }

        await portal.DoAsync("update portal.deliveries set status = 'sent', done_at = created_at where id = @id", new { id });
        Assert.Equal(0, await portal.AuditedAsync(id, "delivery_retried"));
        Assert.Equal(mails, (await portal.InboxOfAsync("agency")).Count);
    }

    [Fact]
    public async Task A_vendor_that_asks_to_slow_down_uses_no_attempt()
    {
        // Each mail is tried a dozen times: more often than there are attempts.
        var until = portal.Clock.GetUtcNow().AddMinutes(5);
        portal.Resend.Faults.FailNextApiCalls(
            1000, ApiFault.Status(
                429, """{"statusCode":429,"name":"rate_limit_exceeded","message":"Too many requests."}""", retryAfterSeconds: 20),
            (_, _) => portal.Clock.GetUtcNow() < until);
        var project = await portal.NewProjectAsync("Patience");
        await portal.DeliverMovingAsync();
        Assert.Equal(
            ["sent 0"], await portal.ListAsync(
                "select distinct status || ' ' || attempts from portal.deliveries where aggregate_id = @project", new { project }));
        Assert.Single(await portal.InboxOfAsync("agency"), m => m.Text!.Contains(project.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_one_guest_reads_keeps_its_order_though_the_first_mail_is_late()
    {
        var project = await portal.NewProjectAsync();
        var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        await portal.DeliverAsync();
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { "order@client.example" } });
        portal.Resend.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        await portal.Host.RunTimerAsync("SweepOutbox");
        await FirstAttemptFailedAsync(link.Id);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.Host.RunTimerAsync("SweepOutbox");
        Assert.Equal(
            "pending", await portal.ScalarAsync<string>(
                "select status from portal.deliveries where aggregate_id = @id and event_type = 'share_link_revoked' and channel = 'email'",
            new { id = link.Id }));
        await portal.DeliverMovingAsync();
        Assert.Single(
            await portal.InboxOfAsync("order@client.example"), m => m.Text!.Contains(link.Text("token"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_link_that_may_have_gone_out_before_it_was_revoked_is_taken_back()
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync())).Text("assetId"));
        await portal.DeliverAsync();
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { "perhaps@client.example" } });
        portal.Resend.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        await portal.Host.RunTimerAsync("SweepOutbox");
        await FirstAttemptFailedAsync(link.Id);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.DeliverMovingAsync();

        Assert.Equal(
            ["skipped perhaps sent: link_not_active_any_more", "sent "],
            await portal.ListAsync(
                "select status || ' ' || coalesce(reason, '') from portal.deliveries where aggregate_id = @id order by seq",
                new { id = link.Id }));
        Assert.Collection(
            await portal.InboxOfAsync("perhaps@client.example"),
            mail => Assert.Contains(link.Text("token"), mail.Text!, StringComparison.Ordinal),
            mail => Assert.Contains("no longer shared", mail.Subject, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sweep_that_died_between_commit_and_start_is_made_good()
    {
        var project = await portal.NewProjectAsync("Half started");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.SettleAsync();
        var before = (await portal.InboxOfAsync("agency")).Count;
        await using (var connection = await portal.OpenAsync())
        {
            // As the sweep left them: taken, and nobody started them.
            await connection.ExecuteAsync("""
                insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status,
                   started_at, created_at)
                select gen_random_uuid(), d.tenant_id, e.event_id, e.type, e.aggregate_id, d.seq, 'email', 'user:' || @user, 'sending',
                   @now, @now
                  from portal.deliveries d
                  join portal.events e on e.type = 'project_created' and e.aggregate_id <> d.aggregate_id
                 where d.aggregate_id = @project limit 1
                """, new { project, user = TestPeople.UserId("admin"), now = portal.Clock.GetUtcNow() });
        }

        await portal.Host.RunTimerAsync("SweepOutbox");
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.deliveries where status = 'sending'"));
        portal.Clock.Advance(TimeSpan.FromMinutes(2));
        await portal.DeliverAsync();
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.deliveries where status = 'sending'"));
        Assert.Equal(before, (await portal.InboxOfAsync("agency")).Count);
    }

    [Fact]
    public async Task Eight_sweeps_at_once_do_everything_once()
    {
        var project = await portal.NewProjectAsync("Eight");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.Host.RunTimerAsync("SweepOutbox")));
        await portal.DeliverAsync();
        Assert.Single(await portal.InboxOfAsync("agency"), m => m.Text!.Contains(project.ToString(), StringComparison.Ordinal));
        Assert.Single(await portal.ToldAsync("agency", "project_created"), id => id == project);
        Assert.Equal(1, await portal.CountedAsync("projects_created", project));
    }

    [Fact]
    public async Task An_event_that_cannot_be_routed_holds_up_only_its_own_aggregate()
    {
        var bad = await portal.NewProjectAsync("Broken");
        await portal.DoAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (gen_random_uuid(), @tenant, 'comment', @bad, 'comment_added', '{"mentions": ["no id"]}', @now),
                   (gen_random_uuid(), @tenant, 'comment', @bad, 'comment_added', '{"mentions": []}', @now)
            """, new { tenant = TestPeople.Tenant, bad, now = portal.Clock.GetUtcNow() });

        var good = await portal.NewProjectAsync("Sound");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.SettleAsync();
        Assert.Contains(good, await portal.ToldAsync("agency", "project_created"));
        Assert.Equal(2, await portal.ScalarAsync<long>("select count(*) from portal.outbox"));
        for (var run = 0; run < 3; run++)
        {
            portal.Clock.Advance(TimeSpan.FromMinutes(15));
            await portal.Host.RunTimerAsync("SweepOutbox");
        }

        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'event_stuck'"));
        await portal.DoAsync("delete from portal.outbox");
    }

    [Fact]
    public async Task An_event_that_cannot_be_routed_holds_up_no_other_of_its_type()
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (gen_random_uuid(), @tenant, 'comment', gen_random_uuid(), 'comment_added', '{"mentions": ["no id"]}', @now)
            """, new { tenant = TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        var (mentioned, comment) = await CauseAsync("comment_added");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.SettleAsync();

        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.outbox"));
        Assert.Contains(comment, await portal.ToldAsync(mentioned, "comment_added"));
        await connection.ExecuteAsync("delete from portal.outbox");
    }

    /// <summary>A mail to the agency that went out.</summary>
    private async Task<Guid> SentAsync(string name)
    {
        var project = await portal.NewProjectAsync(name);
        await portal.DeliverAsync();
        return await portal.ScalarAsync<Guid>(
            "select id from portal.deliveries where aggregate_id = @project and recipient = @to and status = 'sent'",
            new { project, to = $"user:{TestPeople.UserId("agency")}" });
    }

    /// <summary>Makes it happen; who is mailed because of it, and what it is about.</summary>
    private Task FirstAttemptFailedAsync(Guid aggregate) => Eventually.TrueAsync(
        async () => await portal.ScalarAsync<long>(
            "select count(*) from portal.deliveries where aggregate_id = @aggregate and attempts = 1", new { aggregate }) == 1,
        "the first attempt to have failed");

    private async Task<(string Address, Guid Aggregate)> CauseAsync(string type)
    {
        var project = (
            await portal.As("admin").PostAsync(
                "/api/projects",
                new { name = type, memberIds = new[] { TestPeople.UserId("agency"), TestPeople.UserId("crew1") } })).Expect(201).Id;
        if (type == "project_created")
        {
            return ("agency", project);
        }

        await portal.DeliverAsync();
        switch (type)
        {
            case "invite_expired":
                var invite = (
                    await portal.As("admin").PostAsync(
                        "/api/invites", new { email = "faulty@invited.example", role = "client" })).Expect(201);
                portal.Clock.Advance(TimeSpan.FromDays(40));
                await portal.Host.RunTimerAsync("ExpireInvites");
                return ("admin", invite.Id);
            case "notification_digest_sent":
                await portal.NewTaskAsync(
                    project, more: new { dueDate = "2020-01-01", assigneeIds = new[] { TestPeople.UserId("agency") } });
                await portal.DeliverAsync();
                await portal.DoAsync("delete from portal.unread_counts; update portal.tenants set digest_hour = 0");

                await portal.Host.RunTimerAsync("SendDigests");
                return ("agency", TestPeople.UserId("agency"));
            case "residency_report_generated":
                await using (var connection = await portal.OpenAsync())
                {
                    var report = Guid.NewGuid();
                    await connection.ExecuteAsync("""
                        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
                        values (gen_random_uuid(), @tenant, 'residency_report', @report, 'residency_report_generated',
                        jsonb_build_object('reportId', @report, 'sha256', repeat('ab', 32)), @now)
                        """, new { tenant = TestPeople.Tenant, report, now = portal.Clock.GetUtcNow() });
                    return ("compliance", report);
                }

            case "mux_asset_ready":
                var upload = await portal.UploadReadyAsync(project);
                return ("crew1", upload.Id);
            case "comment_added":
                var talked = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
                await portal.DeliverAsync();
                return (
                    "crew1", (
                        await portal.As("agency").PostAsync(
                            $"/api/assets/{talked}/versions/1/comments",
                            new { body = "See", mentions = new[] { TestPeople.UserId("crew1") } })).Expect(201).Id);
            default:
                var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
                await portal.DeliverAsync();
                var link = await portal.ShareAsync(asset, new { guestEmails = new[] { "fault@client.example" } });
                if (type == "share_link_revoked")
                {
                    await portal.DeliverAsync();
                    (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
                }

                return ("fault@client.example", link.Id);
        }
    }
}
