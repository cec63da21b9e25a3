using System.Text.Json.Nodes;
using Portal.LocalVendors;
using Portal.Tests.Integration.Foundation;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

/// <summary>What Clerk tells by webhook, and what becomes of it here: docs/flows/webhooks-in.md.</summary>
public sealed class ClerkEventsTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_accepted_invitation_enrols_before_the_first_request_and_that_finds_a_member()
    {
        var (project, over) = (await portal.NewProjectAsync("Waiting for Wanda"), await portal.NewProjectAsync("Over by then"));
        var invite = await InviteAsync("wanda", "agency", project, over);
        (await portal.As("admin").PostAsync($"/api/projects/{over}/archive")).Expect(200);
        await portal.AcceptAtClerkAsync(invite, "wanda");
        await portal.SettleAsync();
        Assert.Equal("agency active", await UserAsync("wanda"));
        Assert.Equal(
            "clerk", await portal.ScalarAsync<string>(
                "select actor_id from portal.audit_log where action = 'user_enrolled' and entity_id = @id",
                new { id = await IdAsync("wanda") }));
        (await portal.As("wanda").FetchAsync($"/api/projects/{project}")).Expect(200);
        (await portal.As("wanda").FetchAsync($"/api/projects/{over}")).Expect(404);
        Assert.Equal("accepted", await portal.ScalarAsync<string>("select status from portal.invites where id = @invite", new { invite }));
        Assert.Equal(1, await CountAsync("user_enrolled", "wanda"));
        await portal.NothingPersonalIsKeptAsync("wanda");
    }

    [Fact]
    public async Task First_requests_beside_the_webhook_twice_enrol_once()
    {
        portal.Clerk.Faults.DuplicateWebhooks = true;
        var invite = await InviteAsync("both", "client");
        await portal.AcceptAtClerkAsync(invite, "both");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => portal.As("both").FetchAsync("/api/me")));
        Assert.All(answers, a => a.Expect(200));
        await portal.SettleAsync();
        Assert.Equal(1, await CountAsync("user_enrolled", "both"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.users where clerk_user_id = 'user_both'"));
    }

    [Fact]
    public async Task While_clerk_does_not_answer_the_event_waits_and_then_enrols()
    {
        var invite = await InviteAsync("patient", "client");
        portal.Clerk.Faults.FailNextApiCalls(1, ApiFault.Status(500), (_, path) => path.StartsWith("/v1/users", StringComparison.Ordinal));
        await portal.AcceptAtClerkAsync(invite, "patient");
        await portal.SettleAsync();
        Assert.Equal("retrying", await portal.ScalarAsync<string>(
            "select status from portal.webhook_inbox where type = 'organizationMembership.created' and body like '%user_patient%'"));
        await portal.RetryAsync(1);
        Assert.Equal("client active", await UserAsync("patient"));
    }

    [Fact]
    public async Task Who_is_a_member_of_another_portal_is_let_in_by_the_membership_too()
    {
        await portal.NewTenantAsync("nomad");
        var invite = await InviteAsync("nomad", "client");
        await portal.SettleAsync();
        await portal.AcceptAtClerkAsync(invite, "nomad");
        await portal.SettleAsync();
        Assert.Equal(["admin", "client"], await portal.ListAsync(
            "select role from portal.users where clerk_user_id = 'user_nomad' and status = 'active' order by role"));
        Assert.Equal("accepted", await StatusAsync(invite));
    }

    [Fact]
    public async Task Who_was_not_invited_is_not_let_in_by_a_membership()
    {
        await portal.AddAtClerkAsync("stray", null);
        await portal.Clerk.JoinOrganizationAsync("stray", "org_harbour");
        await portal.SettleAsync();
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.users where clerk_user_id = 'user_stray'"));
        Assert.Equal(
            "not_invited", await portal.ScalarAsync<string>(
                "select outcome from portal.webhook_inbox where body like '%user_stray%' and status = 'processed'"));
    }

    [Fact]
    public async Task A_change_at_clerk_reaches_the_rows_of_every_tenant_with_hashes_in_the_journal()
    {
        var here = await MemberAsync("mona", "client");
        var there = (await portal.NewTenantAsync("monaboss")).Id;
        await portal.ScalarAsync<Guid>("""
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (gen_random_uuid(), @there, 'user_mona', 'mona@portal.example', 'Person mona', 'client', now(), now()) returning id
            """, new { there });
        await portal.Clerk.UpdatePersonAsync("mona", "Mona Newname", "mona.new@portal.example");
        await portal.SettleAsync();
        Assert.Equal(
            ["Mona Newname mona.new@portal.example 1", "Mona Newname mona.new@portal.example 1"],
            await portal.ListAsync("select concat_ws(' ', name, email, version) from portal.users where clerk_user_id = 'user_mona'"));
        Assert.Equal(2, await CountAsync("user_updated", "mona"));
        Assert.Equal(
            "emailHash,nameHash", await portal.ScalarAsync<string>(
                "select string_agg(k, ',' order by k) from portal.events e, jsonb_object_keys(e.payload) k where type = 'user_updated' "
                    + "and aggregate_id = @here", new { here }));
        await portal.NothingPersonalIsKeptAsync("newname", "mona");

        // Told again, nothing is new.
        await portal.Clerk.EmitUserAsync("user.updated", "mona");
        await portal.SettleAsync();
        Assert.Equal(2, await CountAsync("user_updated", "mona"));
    }

    [Fact]
    public async Task Older_news_of_a_person_does_not_win_over_newer()
    {
        await MemberAsync("olga", "client");
        var now = portal.Clock.GetUtcNow();
        await SendAsync("olga-2", "user.updated", Person("olga", "Olga Second", now.AddMinutes(2).ToUnixTimeMilliseconds()));
        await SendAsync("olga-1", "user.updated", Person("olga", "Olga First", now.AddMinutes(1).ToUnixTimeMilliseconds()));
        Assert.Equal("Olga Second", await NameAsync("olga"));
        Assert.Equal("processed nothing_new", await portal.WebhookAsync("olga-1"));

        // Seconds where milliseconds were expected are still a time.
        await SendAsync("olga-3", "user.updated", Person("olga", "Olga Third", now.AddMinutes(3).ToUnixTimeSeconds()));
        Assert.Equal("Olga Third", await NameAsync("olga"));
    }

    [Fact]
    public async Task A_name_that_the_person_chose_here_stays_and_the_address_follows()
    {
        await MemberAsync("nick", "agency");
        (await portal.As("nick").ChangeAsync("/api/me", new { name = "Nicky" })).Expect(200);
        await portal.Clerk.UpdatePersonAsync("nick", "Nicholas Formal", "nick.formal@portal.example");
        await portal.SettleAsync();
        Assert.Equal(
            "Nicky nick.formal@portal.example", await portal.ScalarAsync<string>(
                "select concat_ws(' ', name, email) from portal.users where clerk_user_id = 'user_nick'"));
    }

    [Fact]
    public async Task An_address_that_nobody_has_proved_is_not_taken_over()
    {
        await MemberAsync("vera", "client");
        var claimed = Person("vera", "Vera Claims", portal.Clock.GetUtcNow().AddMinutes(1).ToUnixTimeMilliseconds());
        claimed["email_addresses"]![0]!["email_address"] = "admin@portal.example";
        claimed["email_addresses"]![0]!["verification"]!["status"] = "unverified";
        await SendAsync("vera-1", "user.updated", claimed);
        Assert.Equal(
            "Vera Claims vera@portal.example", await portal.ScalarAsync<string>(
                "select concat_ws(' ', name, email) from portal.users where clerk_user_id = 'user_vera'"));
    }

    [Fact]
    public async Task An_operator_deleted_at_clerk_is_signed_out_and_on_call_is_told()
    {
        await portal.Clerk.AddPersonAsync(new("oncall", "user_oncall", "oncall@portal.example", "Otto Oncall"));
        var session = await portal.ScalarAsync<Guid>("""
            insert into portal.operators (clerk_user_id, created_at) values ('user_oncall', @now);
            insert into portal.operator_sessions (id, token_hash, clerk_user_id, created_at, expires_at)
            values (gen_random_uuid(), sha256('a token'), 'user_oncall', @now, @now + interval '1 hour') returning id
            """, new { now = portal.Clock.GetUtcNow() });

        // A colleague's goes on, and what has ended of theirs has ended when it did.
        await portal.DoAsync("""
            insert into portal.operator_sessions (id, token_hash, clerk_user_id, created_at, expires_at, ended_at)
            values (gen_random_uuid(), sha256('a colleague'), 'user_operator', @now, @now + interval '1 hour', null),
                   (gen_random_uuid(), sha256('signed out'), 'user_oncall', @now, @now + interval '1 hour', @now - interval '1 hour'),
                   (gen_random_uuid(), sha256('timed out'), 'user_oncall', @now, @now, null)
            """, new { now = portal.Clock.GetUtcNow() });
        await portal.Clerk.DeletePersonAsync("oncall");
        await portal.SettleAsync();
        Assert.True(await portal.ScalarAsync<bool>(
            "select ended_at is not null from portal.operator_sessions where id = @session", new { session }));
        Assert.Equal(1, await portal.AuditedAsync(session, "operator_session_ended"));
        Assert.Equal(
            ["a colleague -", "a token ended", "signed out before", "timed out -"], await portal.ListAsync("""
                select t.token || ' ' || case when s.ended_at is null then '-' when s.ended_at < s.created_at then 'before'
                                              else 'ended' end
                  from portal.operator_sessions s
                  join unnest(array['a colleague', 'a token', 'signed out', 'timed out']) as t (token)
                    on s.token_hash = sha256(t.token::bytea)
                 order by 1
                """));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.audit_log where action = 'operator_session_ended'"));
        Assert.Equal(
            "user_oncall", await portal.ScalarAsync<string>("select dedup_key from portal.alerts where kind = 'operator_deleted'"));
    }

    [Fact]
    public async Task Who_leaves_the_organization_is_deactivated_once()
    {
        await MemberAsync("leaver", "agency");
        portal.Clerk.Faults.DuplicateWebhooks = true;
        await portal.Clerk.LeaveOrganizationAsync("leaver");
        await portal.SettleAsync();
        Assert.Equal("agency deactivated", await UserAsync("leaver"));
        Assert.Equal(1, await CountAsync("user_deactivated", "leaver"));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'tenant_without_admin'"));
    }

    [Fact]
    public async Task A_refusal_of_clerk_that_does_not_say_that_they_left_puts_nobody_out()
    {
        await MemberAsync("refused", "agency");
        portal.Clerk.Faults.FailNextApiCalls(
            1, ApiFault.Status(422, """{"errors":[{"code":"form_param_invalid"}]}"""),
            (_, path) => path.Contains("membership", StringComparison.OrdinalIgnoreCase));
        await portal.Clerk.LeaveOrganizationAsync("refused");
        await portal.SettleAsync();
        Assert.Equal("retrying clerk_away", await portal.ScalarAsync<string>(
            "select status || ' ' || last_error from portal.webhook_inbox where type = 'organizationMembership.deleted' "
                + "and body like '%user_refused%'"));
        Assert.Equal("agency active", await UserAsync("refused"));
        await portal.RetryAsync(1);
        Assert.Equal("agency deactivated", await UserAsync("refused"));
    }

    [Fact]
    public async Task Late_news_of_a_departure_does_not_put_out_who_is_back()
    {
        await MemberAsync("back", "client");
        var membership = new JsonObject
        {
            ["organization"] = new JsonObject { ["id"] = "org_harbour" },
            ["public_user_data"] = new JsonObject
            {
                ["user_id"] = "user_back",
            },
        };
        await SendAsync("back-1", "organizationMembership.deleted", membership);
        Assert.Equal("processed superseded", await portal.WebhookAsync("back-1"));
        Assert.Equal("client active", await UserAsync("back"));
    }

    [Fact]
    public async Task The_last_admin_is_deactivated_too_and_on_call_is_told()
    {
        var tenant = (await portal.NewTenantAsync("lonely")).Id;
        await portal.AddMemberAsync(tenant, "org_lonely", "lonely-second", "admin");
        await portal.Clerk.LeaveOrganizationAsync("lonely-second");
        await portal.SettleAsync();
        Assert.Equal("admin deactivated", await UserAsync("lonely-second"));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'tenant_without_admin'"));
        await portal.Clerk.LeaveOrganizationAsync("lonely");
        await portal.SettleAsync();
        Assert.Equal("admin deactivated", await UserAsync("lonely"));
        Assert.Equal(
            tenant.ToString(), await portal.ScalarAsync<string>(
                "select dedup_key from portal.alerts where kind = 'tenant_without_admin'"));
    }

    [Fact]
    public async Task Of_a_portal_that_is_deleted_on_call_is_not_told_that_its_last_admin_left()
    {
        var tenant = (await portal.NewTenantAsync("closer")).Id;
        await portal.DoAsync(
            "update portal.tenants set status = 'deleted', deleted_at = @now where id = @tenant",
            new { tenant, now = portal.Clock.GetUtcNow() });
        await portal.Clerk.DeletePersonAsync("closer");
        await portal.SettleAsync();
        Assert.Equal("admin deactivated", await UserAsync("closer"));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.alerts where kind = 'tenant_without_admin' and dedup_key = @tenant",
            new { tenant = tenant.ToString() }));
    }

    [Fact]
    public async Task A_person_deleted_at_clerk_is_deactivated_and_marked_for_erasure_once()
    {
        var id = await MemberAsync("gone", "client");
        await MemberAsync("near", "client");
        await portal.Clerk.DeletePersonAsync("gone");
        await portal.SettleAsync();
        var message = (await portal.Clerk.WebhooksAsync()).Last(w => w.Type == "user.deleted").EventId;
        Assert.Equal("processed moved", await portal.WebhookAsync(message));
        await SendAsync("gone-again", "user.deleted", new JsonObject { ["id"] = "user_gone", ["object"] = "user", ["deleted"] = true });
        Assert.Equal("processed nothing_new", await portal.WebhookAsync("gone-again"));
        Assert.Equal("client deactivated", await UserAsync("gone"));
        Assert.Equal(
            "requested 1 day 1 day", await portal.ScalarAsync<string>("""
                select concat_ws(' ', status, starts_at - requested_at, due_at - starts_at) from portal.erasure_requests
                 where subject_id = @id
                """, new { id }));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'erasure_requested' and payload ->> 'userId' = @id",
                new { id = id.ToString() }));

        // News from before the deletion brings nothing back, however the erasure stands, until it is taken back.
        var late = Person("gone", "Gone Ghost", portal.Clock.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds());
        foreach (var status in new[] { "requested", "running", "held", "failed", "cancelled" })
        {
            await portal.DoAsync("""
                update portal.erasure_requests set status = @status, ended_at = case when @status = 'cancelled' then @now end
                 where subject_id = @id
                """, new { id, status, now = portal.Clock.GetUtcNow() });
            await SendAsync($"gone-{status}", "user.updated", late.DeepClone().AsObject());
            Assert.Equal(status == "cancelled", await NameAsync("gone") == "Gone Ghost");
            var near = Person("near", $"Near {status}", portal.Clock.GetUtcNow().AddHours(2).ToUnixTimeMilliseconds());
            await SendAsync($"near-{status}", "user.updated", near);
            Assert.Equal($"Near {status}", await NameAsync("near"));
        }
    }

    [Fact]
    public async Task An_invitation_withdrawn_at_clerk_is_revoked_here_and_one_of_an_earlier_issue_is_not()
    {
        var invite = await InviteAsync("byhand", "client");
        await portal.SettleAsync();
        var data = await portal.ScalarAsync<string>(
            "select body::jsonb ->> 'data' from portal.webhook_inbox where type = 'organizationInvitation.created' and body like "
                + "'%byhand@%'");
        var earlier = JsonNode.Parse(data)!.AsObject();
        earlier["id"] = "orginv_other";
        await SendAsync("byhand-other", "organizationInvitation.revoked", earlier);
        Assert.Equal("pending", await StatusAsync(invite));
        await SendAsync("byhand-1", "organizationInvitation.revoked", JsonNode.Parse(data)!.AsObject());
        Assert.Equal("revoked", await StatusAsync(invite));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'invite_revoked' and aggregate_id = @invite", new { invite }));
        (await portal.As("admin").PostAsync($"/api/invites/{invite}/reissue")).Expect(200);
    }

    [Fact]
    public async Task That_an_earlier_issue_was_sent_says_nothing_of_the_present_one()
    {
        var invite = await InviteAsync("twice", "client");
        await portal.SettleAsync();
        var first = JsonNode.Parse(await portal.ScalarAsync<string>(
            "select body::jsonb ->> 'data' from portal.webhook_inbox where type = 'organizationInvitation.created' and body like "
                + "'%twice@%'"))!.AsObject();
        (await portal.As("admin").PostAsync($"/api/invites/{invite}/revoke")).Expect(200);
        portal.Clerk.Faults.FailNextApiCalls(
            100, ApiFault.Status(500), (method, path) => method == "POST" && path.EndsWith("/invitations", StringComparison.Ordinal));
        (await portal.As("admin").PostAsync($"/api/invites/{invite}/reissue")).Expect(200);

        await SendAsync("twice-again", "organizationInvitation.created", first);
        Assert.Equal(
            "wanted", await portal.ScalarAsync<string>("select clerk_state from portal.invites where id = @invite", new { invite }));
        portal.Clerk.Faults.Clear();
    }

    [Fact]
    public async Task Clerk_tells_of_an_invitation_whose_answer_was_lost()
    {
        portal.Clerk.Faults.FailNextAfterEffect(
            1, ApiFault.ConnectionAbort, (method, path) => method == "POST" && path.EndsWith("/invitations", StringComparison.Ordinal));
        var invite = await InviteAsync("lost", "client");
        await portal.SettleAsync();
        Assert.Equal(
            "sent", await portal.ScalarAsync<string>("select clerk_state from portal.invites where id = @invite", new { invite }));
    }

    [Fact]
    public async Task An_acceptance_keeps_an_invite_from_expiring()
    {
        // Only the invitation's own event comes through: the membership's is lost.
        portal.Clerk.Faults.DropWebhooks = type => type.StartsWith("organizationMembership", StringComparison.Ordinal);
        var invite = await InviteAsync("slow", "client");
        await portal.SettleAsync();
        await portal.AcceptAtClerkAsync(invite, "slow");
        await portal.SettleAsync();
        Assert.Equal(
            "accepted", await portal.ScalarAsync<string>("select clerk_state from portal.invites where id = @invite", new { invite }));
        (await portal.As("slow").FetchAsync("/api/me")).Expect(200);
    }

    [Fact]
    public async Task An_acceptance_keeps_an_invite_from_expiring_also_before_we_know_that_it_was_sent()
    {
        // Neither Clerk's answer nor its word of the invitation came through, only that of the acceptance.
        portal.Clerk.Faults.DropWebhooks = type => type != "organizationInvitation.accepted";
        portal.Clerk.Faults.FailNextAfterEffect(
            1, ApiFault.ConnectionAbort, (method, path) => method == "POST" && path.EndsWith("/invitations", StringComparison.Ordinal));
        var invite = await InviteAsync("unheard", "client");
        Assert.Equal("wanted", await ClerkStateAsync());
        var invitation = await portal.ScalarAsync<string>(
            "select id from vendors.clerk_invitations where email = 'unheard@portal.example'");
        Assert.True(await portal.Clerk.AcceptInvitationAsync(
            invitation, new LocalPerson("unheard", "user_unheard", "unheard@portal.example", "Person unheard")));
        await portal.SettleAsync();
        Assert.Equal("accepted", await ClerkStateAsync());

        portal.Clock.Advance(TimeSpan.FromDays(8));
        await portal.Host.RunTimerAsync("ExpireInvites");
        Assert.Equal("pending", await StatusAsync(invite));
        (await portal.As("unheard").FetchAsync("/api/me")).Expect(200);

        Task<string> ClerkStateAsync() =>
            portal.ScalarAsync<string>("select clerk_state from portal.invites where id = @invite", new { invite });
    }

    [Fact]
    public async Task An_event_that_cannot_be_handled_dies_with_an_alert_and_an_operator_brings_it_back()
    {
        var invite = await InviteAsync("phoenix", "client");
        portal.Clerk.Faults.FailNextApiCalls(
            100, ApiFault.Status(500), (_, path) => path.StartsWith("/v1/users", StringComparison.Ordinal));
        await portal.AcceptAtClerkAsync(invite, "phoenix");
        await portal.SettleAsync();
        var message = (await portal.Clerk.WebhooksAsync()).Last(w => w.Type == "organizationMembership.created").EventId;
        (await portal.As("operator").PostAsync($"/api/ops/webhooks/clerk/{message}/replay", new { reason = "Too early" })).Expect(409);
        await portal.RetryAsync(7);
        Assert.StartsWith("dead", await portal.WebhookAsync(message), StringComparison.Ordinal);
        Assert.Equal(
            $"clerk:{message}", await portal.ScalarAsync<string>("select dedup_key from portal.alerts where kind = 'webhook_dead'"));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'webhook_dead' and new_value ->> 'eventId' = @message",
                new { message }));

        portal.Clerk.Faults.Clear();
        var replayed = (
            await portal.As("operator").PostAsync(
                $"/api/ops/webhooks/clerk/{message}/replay", new { reason = "Clerk was down" })).Expect(200);
        Assert.Equal(("received", "0"), (replayed.Text("status"), replayed.Text("attempts")));
        await portal.Host.RunTimerAsync("RetryWebhookInbox");
        Assert.Equal("client active", await UserAsync("phoenix"));
        Assert.Equal("processed moved", await portal.WebhookAsync(message));
    }

    private async Task<Guid> InviteAsync(string handle, string role, params Guid[] projects) =>
        (
            await portal.As("admin").PostAsync(
                "/api/invites", new { email = $"{handle}@portal.example", role, projectIds = projects })).Expect(201).Id;

    private Task<Guid> MemberAsync(string handle, string role) => portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", handle, role);

    private static JsonObject Person(string handle, string name, long updatedAt) => new()
    {
        ["id"] = $"user_{handle}",
        ["object"] = "user",
        ["first_name"] = name.Split(' ')[0],
        ["last_name"] = name.Split(' ')[1],
        ["primary_email_address_id"] = "idn_1",
        ["email_addresses"] = new JsonArray(new JsonObject
        {
            ["id"] = "idn_1",
            ["email_address"] = $"{handle}@portal.example",
            ["verification"] = new JsonObject { ["status"] = "verified" },
        }),
        ["updated_at"] = updatedAt,
    };

    private async Task SendAsync(string id, string type, JsonObject data) =>
        (await portal.SendSvixAsync("clerk", id, SvixCalls.Event(type, data))).Expect(200);

    private Task<string> UserAsync(string handle) =>
        portal.ScalarAsync<string>(
            "select concat_ws(' ', role, status) from portal.users where clerk_user_id = @user", new { user = $"user_{handle}" });

    private Task<Guid> IdAsync(string handle) =>
        portal.ScalarAsync<Guid>("select id from portal.users where clerk_user_id = @user", new { user = $"user_{handle}" });

    private Task<string> NameAsync(string handle) =>
        portal.ScalarAsync<string>("select name from portal.users where clerk_user_id = @user", new { user = $"user_{handle}" });

    private Task<string> StatusAsync(Guid invite) =>
        portal.ScalarAsync<string>("select status from portal.invites where id = @invite", new { invite });

    private Task<long> CountAsync(string type, string handle) => portal.ScalarAsync<long>(
        "select count(*) from portal.events e join portal.users u on u.id = e.aggregate_id where e.type = @type and u.clerk_user_id = "
            + "@user", new { type, user = $"user_{handle}" });
}
