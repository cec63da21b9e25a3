using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>Erasing a person and a guest: what goes, what stays and why, and the certificate that says so.</summary>
public sealed class ErasureTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly TimeSpan LongStep = TimeSpan.FromHours(3);
    private static int made;
    private Guid project;
    private Guid asset;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Clip());
        }

        asset = await portal.ScalarAsync<Guid>("select id from portal.assets");
        project = await portal.ScalarAsync<Guid>("select project_id from portal.assets");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_person_is_gone_from_every_table_and_from_Clerk_and_the_certificate_says_what_was_kept()
    {
        var (handle, id) = await BusyPersonAsync();
        var (colleague, colleagueId) = await BusyPersonAsync();
        Assert.Contains("users", await portal.TablesWithAsync($"{handle}@portal.example"));
        var other = await portal.ChecksumAsync(TestPeople.OtherTenant);
        await portal.RunTimerAsync("SyncInvites");
        var ofColleague = await portal.RowsWithAsync($"{colleague}@portal.example", colleagueId.ToString(), $"user_{colleague}");
        // It does not need Clerk's word that the user was deleted there.
        portal.Clerk.Faults.DropWebhooks = _ => true;

        // The answer that is kept for the key has their name.
        var erasure = (await portal.As("admin").PostAsync(
            "/api/erasures", new { kind = "person", userId = id }, $"erase-{handle}")).Expect(201);
        Assert.Equal(("requested", $"Person {handle}"), (erasure.Text("status"), erasure.Text("userName")));
        await FinishAsync(erasure.Id);

        Assert.Empty(await portal.TablesWithAsync($"{handle}@portal.example"));
        Assert.Empty(await portal.TablesWithAsync($"Person {handle}"));
        Assert.Empty(await portal.TablesWithAsync($"user_{handle}"));
        Assert.Equal(other, await portal.ChecksumAsync(TestPeople.OtherTenant));
        Assert.Empty(ofColleague.Except(
            await portal.RowsWithAsync($"{colleague}@portal.example", colleagueId.ToString(), $"user_{colleague}")));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from vendors.clerk_people where user_id = @user", new { user = $"user_{handle}" }));
        var certificate = (await CertificateAsync(erasure.Id)).Field("certificate");
        var data = certificate["data"]!.AsArray().ToDictionary(line => line!["table"]!.ToString());
        Assert.Equal(("replaced", 1), (data["users"]!["did"]!.ToString(), (int)data["users"]!["rows"]!));
        Assert.Equal("deleted", data["notification_preferences"]!["did"]!.ToString());
        Assert.Equal(1, (int)data["notification_preferences"]!["rows"]!);
        Assert.Equal(("deleted", 1), (data["consents"]!["did"]!.ToString(), (int)data["consents"]!["rows"]!));
        Assert.Equal(1, (int)data["invites"]!["rows"]!);
        Assert.Equal("kept", data["audit_log"]!["did"]!.ToString());
        // The id stands where the certificate says that ids stay, and nowhere else.
        Assert.Empty((await portal.TablesWithAsync(id.ToString())).Except(data.Keys).Except(["rate_windows"]));
        Assert.Equal("the user was deleted", AtClerkOf(certificate));
        // So it is with their address at vendors.
        Assert.Empty((await portal.TablesWithAsync($"{handle}@portal.example", "vendors"))
            .Except(["clerk_invitations", "resend_emails", "webhooks"]));
        Assert.Matches("^the invitations to the address, .* its log of webhooks$", AtClerkOf(certificate, "holds"));
        // Audit names nobody: that it happened is there, by id.
        Assert.Equal(["erasure_completed", "erasure_requested", "erasure_started"], await portal.ListAsync(
            "select action from portal.audit_log where entity_id = @id order by action", new { id = erasure.Id }));
        Assert.Equal(401, (await portal.Anonymous.FetchAsync("/api/me")).Code);
    }

    [Fact]
    public async Task What_a_person_wrote_stays_under_another_name_or_goes_as_the_request_says()
    {
        foreach (var (comments, body, name) in new[] { ("keep", "Brighter, please", "Deleted person"), ("remove", "", null) })
        {
            var (handle, id) = await BusyPersonAsync();
            var comment = await portal.ScalarAsync<Guid>("select id from portal.comments where author_id = @id", new { id });
            var wanted = new { kind = "person", userId = id, comments };
            var erasure = (await portal.As("admin").PostAsync("/api/erasures", wanted)).Expect(201);
            await FinishAsync(erasure.Id);
            var seen = (await portal.As("agency").FetchAsync($"/api/comments/{comment}")).Expect(200);
            Assert.Equal((body, name), (seen.Json!["body"]?.ToString() ?? "", seen.Json!["author"]?["name"]?.ToString()));
            var line = (await CertificateAsync(erasure.Id)).Field("certificate")["data"]!.AsArray()
                .Single(data => data!["table"]!.ToString() == "comments")!;
            Assert.Equal(comments == "keep" ? "kept" : "deleted", line["did"]!.ToString());
            Assert.NotEqual(handle, name);
        }
    }

    [Fact]
    public async Task A_guests_address_is_gone_from_every_table_and_their_name_with_the_viewers_that_are_theirs()
    {
        var (address, other) = ($"guest{++made}@client.example", $"other{made}@client.example");
        var link = await portal.ShareAsync(asset, new { allowComments = true, guestEmails = new[] { address, other } });
        await portal.DeliverAsync();
        var (guest, said, viewer, own) = await GuestAsync($"Guest {made}", address, 1);
        var (_, theirs, otherViewer, copy) = await GuestAsync($"Other {made}", other, 2);
        Assert.Contains("share_link_guests", await portal.TablesWithAsync(address));
        var ofOther = await portal.RowsWithAsync(other, otherViewer.ToString());
        foreach (var table in new[] { "share_link_guests", "share_viewers", "comments", "consents", "idempotency_keys", "webhook_inbox",
            "invites" })
        {
            Assert.Contains(ofOther, row => row.StartsWith($"{table} ", StringComparison.Ordinal));
        }

        var erasure = (await portal.As("compliance").PostAsync(
            "/api/erasures", new { kind = "guest", email = address.ToUpperInvariant(), viewerIds = new[] { viewer } })).Expect(201);
        Assert.Equal(address, erasure.Text("email"));
        await FinishAsync(erasure.Id);

        Assert.Empty(await portal.TablesWithAsync(address));
        Assert.Empty(await portal.TablesWithAsync($"Guest {made}"));
        Assert.Equal("Deleted person Lovely", await SaidAsync(said));
        Assert.Equal("", await portal.ScalarAsync<string>(
            "select encode(ip_hash, 'hex') || agent_family from portal.share_viewers where id = @viewer", new { viewer }));
        Assert.Null((await portal.As("admin").FetchAsync($"/api/erasures/{erasure.Id}")).Json!["email"]);
        Assert.DoesNotContain("consents", await portal.TablesWithAsync(viewer.ToString()));
        var consents = (await CertificateAsync(erasure.Id)).Field("certificate")["data"]!.AsArray()
            .Single(data => data!["table"]!.ToString() == "consents")!;
        Assert.Equal(("deleted", 1), (consents["did"]!.ToString(), (int)consents["rows"]!));
        // Whoever got the same link keeps everything, their own copy of it too.
        Assert.Empty(ofOther.Except(await portal.RowsWithAsync(other, otherViewer.ToString())));
        Assert.Equal(("expired", "ready"), (await ExportAsync(own), await ExportAsync(copy)));

        // Later both want what they wrote to be gone; what an Admin had deleted before stays as it was.
        var hidden = await portal.ScalarAsync<Guid>("""
            with old as (select c.* from portal.comments c where c.id = @theirs)
            insert into portal.comments (id, tenant_id, seq, project_id, asset_id, asset_version_id, root_seq, sort_frame, share_link_id,
                viewer_id, guest_name, visibility, body, deleted_at, deleted_by, created_at, updated_at)
            select gen_random_uuid(), o.tenant_id, nextval('portal.comment_seq'), o.project_id, o.asset_id, o.asset_version_id,
                   o.root_seq, o.sort_frame, o.share_link_id, o.viewer_id, o.guest_name, o.visibility, '', @before, 'admin', @before,
                   @before
              from old o
            returning id
            """, new { theirs, before = portal.Clock.GetUtcNow().AddHours(-1) });
        var again = (await portal.As("compliance").PostAsync(
            "/api/erasures", new { kind = "guest", email = other, viewerIds = new[] { viewer, otherViewer }, comments = "remove" }))
            .Expect(201);
        await FinishAsync(again.Id);
        Assert.Equal(
            ["Deleted person  admin", "Deleted person  author", "Deleted person  author"], await portal.ListAsync("""
                select guest_name || ' ' || body || ' ' || deleted_by from portal.comments where id = any(@ids) order by deleted_by
                """, new { ids = new[] { said, theirs, hidden } }));
        Assert.Equal(TimeSpan.FromHours(-1), await portal.ScalarAsync<DateTimeOffset>(
            "select deleted_at from portal.comments where id = @hidden", new { hidden }) - (DateTimeOffset)again.Field("requestedAt"));
        // Somebody who had opened the link is a new viewer of it.
        (await guest.OpenAsync()).Expect(200);

        // Somebody who got the link, opened it, said and decided something, was invited once, and has a copy of it all.
        async Task<(Guest Guest, Guid Said, Guid Viewer, Guid Copy)> GuestAsync(string name, string email, int number)
        {
            var visitor = portal.ElsewhereOf(link, number);
            (await visitor.OpenAsync()).Expect(200);
            var comment = (await visitor.CommentAsync("Lovely", new { name })).Expect(201).Id;
            (await visitor.SendAsync(HttpMethod.Put, "/consents", Consenting)).Expect(200);
            var id = await portal.ScalarAsync<Guid>("select viewer_id from portal.comments where id = @comment", new { comment });
            var invite = (await portal.As("admin").PostAsync("/api/invites", new { email, role = "client" }, email)).Expect(201).Id;
            await portal.SettleAsync();
            (await portal.As("admin").PostAsync($"/api/invites/{invite}/revoke")).Expect(200);
            var export = (await portal.As("admin").PostAsync("/api/exports", new { kind = "guest", email })).Expect(201).Id;
            await portal.DeliverAsync();
            Assert.Equal("ready", await ExportAsync(export));
            return (visitor, comment, id, export);
        }

        async Task<string> ExportAsync(Guid id) => (await portal.As("admin").FetchAsync($"/api/exports/{id}")).Expect(200).Text("status");

        async Task<string> SaidAsync(Guid id)
        {
            var seen = (await portal.As("agency").FetchAsync($"/api/comments/{id}")).Expect(200);
            return $"{seen.Field("author")["name"]} {seen.Text("body")}";
        }
    }

    [Fact]
    public async Task A_webhook_that_names_somebody_is_dealt_with_before_their_certificate()
    {
        var (address, @event) = ($"waiting{++made}@client.example", Guid.CreateVersion7());
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at)
            values ('resend', @address, 'email.delivered', jsonb_build_object('to', @address::text)::text, 'retrying', 'infinity', now())
            """, new { address });
        // A mail to somebody else does not keep them waiting.
        await connection.ExecuteAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (@event, @tenant, 'x', @event, 'x', '{}', @now);
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, created_at)
            values (@event, @tenant, @event, 'x', @event, 1, 'email', 'user:' || @event, 'pending', @now)
            """, new { @event, tenant = TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "guest", email = address })).Expect(201).Id;
        await portal.SettleAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(6));
        var later = (await portal.As("admin").PostAsync(
            "/api/erasures", new { kind = "guest", email = $"later.{address}" })).Expect(201).Id;
        await portal.SettleAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(5));
        await portal.SettleAsync();
        Assert.Equal(("running", "1 invites, mails, exports or webhooks"), await WaitingAsync(erasure));
        Assert.Equal(("running", null), await WaitingAsync(later));

        // One that ends meanwhile ends no other.
        portal.Clock.Advance(TimeSpan.FromMinutes(6));
        await portal.SettleAsync();
        Assert.Equal(("running", "1 invites, mails, exports or webhooks"), await WaitingAsync(erasure));
        Assert.Equal(("completed", null), await WaitingAsync(later));

        await connection.ExecuteAsync("delete from portal.deliveries where id = @event", new { @event });
        await connection.ExecuteAsync("update portal.webhook_inbox set status = 'dead' where event_id = @address", new { address });
        await FinishAsync(erasure);
        Assert.Equal("{}", await portal.ScalarAsync<string>(
            "select body from portal.webhook_inbox where event_id = @address", new { address }));

        async Task<(string, string?)> WaitingAsync(Guid id)
        {
            var seen = (await portal.As("admin").FetchAsync($"/api/erasures/{id}")).Expect(200);
            return (seen.Text("status"), seen.Json!["lastError"]?.ToString().Split(" of the")[0]);
        }
    }

    [Fact]
    public async Task A_webhook_that_names_somebody_by_Clerks_id_alone_is_dealt_with_before_their_certificate()
    {
        var (handle, id) = await BusyPersonAsync();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at)
            values ('clerk', @handle, 'organizationMembership.updated',
                    jsonb_build_object('data', jsonb_build_object('user_id', @user::text))::text, 'received', 'infinity', now())
            """, new { handle, user = $"user_{handle}" });
        var erasure = (await ErasePersonAsync(id)).Expect(201).Id;
        for (var round = 0; round < 12; round++)
        {
            await AdvanceAsync();
        }

        var waiting = (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}")).Expect(200);
        Assert.Equal("running", waiting.Text("status"));
        Assert.StartsWith("1 invites, mails, exports or webhooks", waiting.Text("lastError"), StringComparison.Ordinal);

        await connection.ExecuteAsync("update portal.webhook_inbox set status = 'dead' where event_id = @handle", new { handle });
        await FinishAsync(erasure);
        Assert.Equal("{}", await portal.ScalarAsync<string>(
            "select body from portal.webhook_inbox where event_id = @handle", new { handle }));
    }

    [Fact]
    public async Task Invites_of_another_tenant_to_the_address_stay_as_they_are_and_those_of_this_one_go_in_whatever_case()
    {
        var address = $"shared{++made}@client.example";
        var (own, theirs) = (await RevokedAsync("admin"), await RevokedAsync("other-admin"));
        await portal.DoAsync("update portal.invites set email = upper(email) where id = @own", new { own });

        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "guest", email = address })).Expect(201).Id;
        await FinishAsync(erasure);

        Assert.Equal(
            [$"{own}@erased.invalid", address], await portal.ListAsync(
                "select email from portal.invites where id = any(@ids) order by id <> @own", new { ids = new[] { own, theirs }, own }));
        var invites = (await CertificateAsync(erasure)).Field("certificate")["data"]!.AsArray()
            .Single(data => data!["table"]!.ToString() == "invites")!;
        Assert.Equal(1, (int)invites["rows"]!);

        async Task<Guid> RevokedAsync(string admin)
        {
            var invite = (await portal.As(admin).PostAsync("/api/invites", new { email = address, role = "client" })).Expect(201).Id;
            await portal.SettleAsync();
            (await portal.As(admin).PostAsync($"/api/invites/{invite}/revoke")).Expect(200);
            await portal.SettleAsync();
            return invite;
        }
    }

    [Theory]
    [InlineData("guest")]
    [InlineData("person")]
    public async Task Their_copy_and_one_of_the_whole_tenant_in_which_they_are_go_before_their_certificate(string kind)
    {
        var handle = $"copied{++made}";
        var of = kind == "guest" ? new { kind, email = (string?)$"{handle}@client.example", userId = (Guid?)null } : new
        {
            kind,
            email = (string?)null,
            userId = (Guid?)await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", handle, "client"),
        };
        var copy = (await portal.As("admin").PostAsync("/api/exports", new { kind = "tenant" })).Expect(201).Id;
        var own = (await portal.As("admin").PostAsync("/api/exports", of)).Expect(201).Id;
        await portal.SettleAsync();
        Assert.Equal(("ready", "ready"), (await CopyAsync(copy), await CopyAsync(own)));
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", of)).Expect(201).Id;
        await portal.SettleAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(11));
        await portal.SettleAsync();
        var waiting = (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}")).Expect(200);
        Assert.Equal(("running", "ready", "ready"), (waiting.Text("status"), await CopyAsync(copy), await CopyAsync(own)));
        Assert.StartsWith("2 invites, mails, exports or webhooks", waiting.Text("lastError"), StringComparison.Ordinal);

        await FinishAsync(erasure);
        Assert.Equal(("expired", "expired"), (await CopyAsync(copy), await CopyAsync(own)));

        async Task<string> CopyAsync(Guid id) => (await portal.As("admin").FetchAsync($"/api/exports/{id}")).Expect(200).Text("status");
    }

    [Fact]
    public async Task An_invite_that_waits_is_withdrawn_at_Clerk_before_its_address_is_forgotten()
    {
        var address = $"invited{++made}@client.example";
        var invite = (await portal.As("admin").PostAsync("/api/invites", new { email = address, role = "client" })).Expect(201).Id;
        await portal.SettleAsync();
        portal.Clerk.Faults.FailNextApiCalls(1, ApiFault.Status(503), (_, path) => path.EndsWith("/revoke", StringComparison.Ordinal));
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "guest", email = address })).Expect(201).Id;
        await portal.SettleAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(11));
        await portal.SettleAsync();
        Assert.Equal("running", await StatusAsync(erasure));
        var waiting = (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}")).Expect(200);
        Assert.Contains("not settled yet", waiting.Text("lastError"), StringComparison.Ordinal);
        await FinishAsync(erasure);
        Assert.Equal("revoked", await portal.ScalarAsync<string>("select status from portal.invites where id = @invite", new { invite }));
        Assert.Empty(await portal.TablesWithAsync(address));
        var atClerk = (await CertificateAsync(erasure)).Field("certificate")["processors"]!.AsArray()
            .Single(of => of!["name"]!.ToString() == "Clerk")!;
        Assert.Contains("invitations to the address", atClerk["holds"]!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"to":["Ann <ann.o@client.example>"]}""", true)]
    [InlineData("""{"to":["ANN.O@client.example."]}""", true)]
    [InlineData("""{"from":"Ann \u003cann.o@client.example\u003e"}""", true)]
    [InlineData("""{"url":"https://x.example/?email=ann.o@client.example&x=1"}""", true)]
    [InlineData("""{"to":["joann.o@client.example"]}""", false)]
    [InlineData("""{"to":["ann.o@client.example.org"]}""", false)]
    public async Task A_text_names_an_address_however_it_is_written_and_no_other_for_it(string body, bool names) =>
        Assert.Equal(names, await portal.ScalarAsync<bool>(
            "select portal.names_in(@body) && portal.names_in('ann.o@client.example')", new { body }));

    [Fact]
    public async Task An_address_with_a_plus_or_a_quote_is_found_as_JSON_escapes_it() =>
        Assert.Equal(["a+b@c.example", "o'hara@c.example", "user_2abc"], await portal.ListAsync("""
            select unnest(portal.names_in('{"a":"A\u002bb@c.example","b":"O\u0027Hara@c.example","id":"user_2Abc","n":"no name"}')) order by 1
            """));

    [Fact]
    public async Task Clerks_word_alone_is_held_back_for_a_day_and_can_be_cancelled_or_confirmed()
    {
        var (mistaken, mistakenId) = await BusyPersonAsync();
        var (sure, sureId) = await BusyPersonAsync();
        await portal.Clerk.DeletePersonAsync(mistaken);
        await portal.Clerk.DeletePersonAsync(sure);
        await portal.SettleAsync();
        var waiting = await OfAsync(mistakenId);
        Assert.Equal(TimeSpan.FromDays(1), (DateTimeOffset)waiting["startsAt"]! - (DateTimeOffset)waiting["requestedAt"]!);
        Assert.Null(waiting["requestedById"]);

        // Confirmed with another word about what they wrote; the other one waits on as it did.
        var confirmed = (await portal.As("admin").PostAsync(
            "/api/erasures", new { kind = "person", userId = sureId, comments = "remove" })).Expect(201);
        Assert.Equal((await OfAsync(sureId))["id"]!.ToString(), confirmed.Text("id"));
        Assert.Equal("remove", confirmed.Text("comments"));
        Assert.Equal(waiting.ToJsonString(), (await OfAsync(mistakenId)).ToJsonString());
        (await portal.As("compliance").PostAsync($"/api/erasures/{waiting["id"]}/cancel")).Expect(200);
        (await portal.As("compliance").PostAsync($"/api/erasures/{waiting["id"]}/cancel")).Expect(409);
        await FinishAsync(confirmed.Id);
        Assert.Empty(await portal.ListAsync("select body from portal.comments where author_id = @sureId and body <> ''", new { sureId }));
        portal.Clock.Advance(TimeSpan.FromHours(25));
        await SweepAsync();

        Assert.Equal("cancelled", await StatusAsync(Guid.Parse(waiting["id"]!.ToString())));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.erasure_requests where ended_at is not null and num_nonnulls(address, clerk_user_id) > 0"));
        Assert.Contains("users", await portal.TablesWithAsync($"{mistaken}@portal.example"));
        Assert.Empty(await portal.TablesWithAsync($"{sure}@portal.example"));
        (await portal.As("admin").PostAsync($"/api/erasures/{confirmed.Id}/cancel")).Expect(409);
    }

    [Fact]
    public async Task Held_back_it_begins_by_itself_after_a_day_and_not_a_minute_before()
    {
        var (handle, id) = await BusyPersonAsync();
        await portal.Clerk.DeletePersonAsync(handle);
        await portal.SettleAsync();
        var erasure = Guid.Parse((await OfAsync(id))["id"]!.ToString());
        portal.Clock.AdvanceTo((DateTimeOffset)(await OfAsync(id))["startsAt"]! - TimeSpan.FromMinutes(1));
        await SweepAsync();
        var steps = portal.Host.Services.GetRequiredService<EraseSubject>();
        Assert.False(await steps.BeginAsync(new ErasureRef(TestPeople.Tenant, erasure, 1), default));
        Assert.Equal("requested", await StatusAsync(erasure));
        portal.Clock.Advance(TimeSpan.FromMinutes(2));
        await FinishAsync(erasure);
        Assert.Equal("nothing was there any more", AtClerkOf((await CertificateAsync(erasure)).Field("certificate")));
    }

    [Fact]
    public async Task With_Clerk_away_for_23_hours_it_ends_in_time_and_on_call_hears_of_it_four_hours_before()
    {
        var erasure = await WithoutClerkAsync(TimeSpan.FromHours(23));
        Assert.Equal(["erasure_late"], await AlertsAsync(erasure));
        portal.Clerk.Faults.Clear();
        await FinishAsync(erasure);
        Assert.True(await portal.ScalarAsync<bool>(
            "select ended_at < due_at from portal.erasure_requests where id = @erasure", new { erasure }));
        Assert.DoesNotContain("erasure_overdue", await AlertsAsync(erasure));
    }

    [Fact]
    public async Task With_Clerk_away_for_25_hours_it_is_an_incident_and_ends_later()
    {
        var erasure = await WithoutClerkAsync(TimeSpan.FromHours(25));
        Assert.Equal(["erasure_late", "erasure_overdue"], await AlertsAsync(erasure));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.incidents where urgency = 'high' and pages and summary like '%' || @id || '%'",
                new { id = erasure.ToString() }));
        portal.Clerk.Faults.Clear();
        await FinishAsync(erasure);
    }

    [Fact]
    public async Task What_Clerk_refuses_fails_the_attempt_alerts_and_is_tried_again_in_an_hour()
    {
        var (_, id) = await BusyPersonAsync();
        portal.Clerk.Faults.FailNextApiCalls(
            1, ApiFault.Status(422, """{"errors":[{"code":"last_admin","message":"no"}]}"""), (method, _) => method == "DELETE");
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201).Id;
        await portal.SettleAsync();
        Assert.Equal("failed", await StatusAsync(erasure));
        Assert.Equal(["erasure_failed"], await AlertsAsync(erasure));
        await SweepAsync();
        Assert.Equal("failed", await StatusAsync(erasure));
        // What is left of the first attempt begins nothing, and says nothing of the second.
        var (steps, store) = (portal.Host.Services.GetRequiredService<EraseSubject>(),
            portal.Host.Services.GetRequiredService<ErasureStore>());
        var first = new ErasureRef(TestPeople.Tenant, erasure, 1);
        Assert.False(await steps.BeginAsync(first, default));
        portal.Clock.Advance(TimeSpan.FromHours(1));
        await SweepAsync();
        Assert.Equal("running", await StatusAsync(erasure));
        await store.NoteErrorAsync(first, "late", default);
        Assert.False(await store.FailAsync(first, "late", default));
        Assert.NotEqual("late", (await OfAsync(id))["lastError"]?.ToString());
        await FinishAsync(erasure);
        await store.NoteErrorAsync(first with { Attempt = 2 }, "late", default);
        Assert.Null((await OfAsync(id))["lastError"]);
        foreach (var (status, there) in new[] { ("completed", true), ("failed", false) })
        {
            var listed = (await portal.As("admin").FetchAsync($"/api/erasures?status={status}&limit=200")).Expect(200).Column("id");
            Assert.Equal(there, listed.Contains(erasure.ToString()));
        }

        Assert.Equal(2, await portal.ScalarAsync<int>("select attempt from portal.erasure_requests where id = @erasure", new { erasure }));
    }

    [Fact]
    public async Task Every_step_may_run_again_and_the_certificate_counts_a_row_once()
    {
        var (_, id) = await BusyPersonAsync();
        var request = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201);
        var steps = portal.Host.Services.GetRequiredService<EraseSubject>();
        await portal.SettleAsync();
        var erasure = new ErasureRef(TestPeople.Tenant, request.Id, 1);
        for (var time = 0; time < 2; time++)
        {
            Assert.True(await steps.BeginAsync(erasure, default));
            Assert.Equal("user_deleted", await steps.EraseAtClerkAsync(erasure, default));
            Assert.True(await steps.EraseRowsAsync(erasure, default));
        }

        await FinishAsync(request.Id);
        Assert.False(await steps.CompleteAsync(erasure, default));
        var data = (await CertificateAsync(request.Id)).Field("certificate")["data"]!.AsArray();
        Assert.Equal(1, (int)data.Single(line => line!["table"]!.ToString() == "users")!["rows"]!);
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.events where type = 'erasure_completed' and aggregate_id = @id", new { id = request.Id }));
    }

    [Fact]
    public async Task Who_lost_the_answer_and_asks_again_with_the_same_key_hears_the_same_while_it_runs()
    {
        var wanted = new { kind = "guest", email = "lost-answer@client.example" };
        var first = (await portal.As("admin").PostAsync("/api/erasures", wanted, "lost-answer-1")).Expect(201);
        await portal.SettleAsync();
        Assert.Equal("running", await StatusAsync(first.Id));
        Assert.Equal(first.Id, (await portal.As("admin").PostAsync("/api/erasures", wanted, "lost-answer-1")).Expect(201).Id);

        // Other answers go by whom they name: one that names others too goes, one that names others only stays.
        await portal.DoAsync("""
            insert into portal.idempotency_keys (tenant_id, actor_id, key, request_hash, status, body, created_at)
            select @Tenant, gen_random_uuid(), key, sha256('x'), 201, body, @now
              from (values ('lost-answer-2', '{"to":["lost-answer@client.example","beside@client.example"]}'),
                           ('lost-answer-3', '{"to":["beside@client.example"]}')) v (key, body)
            """, new { TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        await FinishAsync(first.Id);
        Assert.Empty(await portal.TablesWithAsync("lost-answer@client.example"));
        Assert.Equal(
            ["lost-answer-3"], await portal.ListAsync("select key from portal.idempotency_keys where key like 'lost-answer-%'"));
    }

    [Fact]
    public async Task An_app_that_dies_in_the_middle_ends_it_all_the_same_once()
    {
        var (handle, id) = await BusyPersonAsync();
        portal.Clerk.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort, (method, _) => method == "DELETE");
        var request = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201);
        await portal.SettleAsync();
        await portal.RestartHostAsync();
        await FinishAsync(request.Id);
        Assert.Empty(await portal.TablesWithAsync($"{handle}@portal.example"));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.erasure_certificates where erasure_id = @id", new { id = request.Id }));
    }

    [Fact]
    public async Task The_certificate_opens_by_its_code_alone_and_a_changed_word_breaks_its_signature()
    {
        var erasure = (await portal.As("admin").PostAsync(
            "/api/erasures", new { kind = "guest", email = $"code{++made}@client.example" })).Expect(201);
        var code = erasure.Text("certificateCode");
        Assert.Equal(404, (await portal.Anonymous.FetchAsync($"/api/erasures/by-code/{code}")).Code);
        await FinishAsync(erasure.Id);

        var opened = (await portal.Anonymous.FetchAsync($"/api/erasures/by-code/{code}")).Expect(200);
        Assert.Equal(erasure.Text("id"), opened.Field("certificate")["erasureId"]!.ToString());
        Assert.True(IsSigned(opened, opened.Text("document")));
        Assert.False(IsSigned(opened, opened.Text("document").Replace("guest", "ghost", StringComparison.Ordinal)));
        var read = ErasureCertificates.Read(opened.Text("document"));
        Assert.Equal(JsonSerializer.Serialize(read, JsonSerializerOptions.Web), opened.Text("document"));
        foreach (var wrong in new[] { code[..^1] + (code[^1] == 'A' ? 'E' : 'A'), code[..20], "x", new string('A', 43) })
        {
            Assert.Equal(404, (await portal.Anonymous.FetchAsync($"/api/erasures/by-code/{wrong}")).Code);
        }

        await using var connection = await portal.OpenAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => connection.ExecuteAsync("update portal.erasure_certificates set document = '{}'"));
    }

    [Fact]
    public async Task On_call_is_told_when_the_last_Admin_is_erased_after_all()
    {
        var (handle, id) = await BusyPersonAsync();
        await SetRoleAsync(handle, "admin");
        // The other one goes before it begins, as when two are erased at once. Clerk, whose word would have the same told, is slow.
        portal.Clerk.Faults.DelayWebhooks = TimeSpan.FromDays(1);
        var hold = await portal.PlaceHoldAsync("compliance", "person", id);
        var erasure = (await ErasePersonAsync(id)).Expect(201).Id;
        await SetRoleAsync("admin", "agency");
        (await portal.As("compliance").PostAsync($"/api/holds/{hold}/lift", new { reason = "Settled" })).Expect(200);
        await FinishAsync(erasure);
        await SetRoleAsync("admin", "admin");

        Assert.Equal([TestPeople.Tenant.ToString()], await portal.ListAsync(
            "select dedup_key from portal.alerts where kind = 'tenant_without_admin'"));
    }

    [Fact]
    public async Task Oneself_is_erased_without_asking_anybody_but_not_the_last_Admin()
    {
        var (handle, id) = await BusyPersonAsync();
        Assert.Equal("/email", (await portal.As(handle).PostAsync("/api/me/erasure", new { email = "admin@portal.example" })).Expect(400)
            .Field("errors")[0]!["pointer"]!.ToString());
        var erasure = (await portal.As(handle).PostAsync(
            "/api/me/erasure", new { email = $"{handle}@portal.example", comments = "remove" })).Expect(201);
        Assert.Equal(id.ToString(), erasure.Text("userId"));
        await FinishAsync(erasure.Id);
        Assert.Empty(await portal.TablesWithAsync($"{handle}@portal.example"));
        Assert.Equal("last-admin", (await portal.As("other-admin").PostAsync(
            "/api/me/erasure", new { email = "other-admin@portal.example" })).Expect(409).ProblemType);
        Assert.Equal("last-admin", (await portal.As("other-admin").PostAsync(
            "/api/erasures", new { kind = "person", userId = TestPeople.UserId("other-admin") })).Expect(409).ProblemType);
    }

    [Fact]
    public async Task What_cannot_be_erased_is_refused_by_name()
    {
        var (handle, id) = await BusyPersonAsync();
        Assert.Equal(404, (await ErasePersonAsync(Guid.NewGuid())).Code);
        Assert.Equal(404, (await portal.As("other-admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Code);
        var member = new { kind = "guest", email = $"{handle}@portal.example" };
        var refused = (await portal.As("admin").PostAsync("/api/erasures", member)).Expect(400);
        Assert.Equal("/email", refused.Field("errors")[0]!["pointer"]!.ToString());
        foreach (var wrong in new object[]
        {
            new { kind = "person" }, new { kind = "guest" }, new { kind = "tenant" }, new { kind = "guest", email = "nobody" },
            new { kind = "person", userId = id, email = "a@b.example" }, new { kind = "person", userId = id, comments = "burn" },
            new { kind = "person", userId = id, viewerIds = new[] { id } },
        })
        {
            (await portal.As("admin").PostAsync("/api/erasures", wrong)).Expect(400);
        }

        var stranger = new { kind = "guest", email = $"view{++made}@client.example", viewerIds = new[] { Guid.NewGuid() } };
        var unknown = (await portal.As("admin").PostAsync("/api/erasures", stranger)).Expect(400);
        Assert.Equal("/viewerIds", unknown.Field("errors")[0]!["pointer"]!.ToString());
        var guest = new { kind = "guest", email = $"twice{++made}@client.example" };
        (await portal.As("admin").PostAsync("/api/erasures", guest)).Expect(201);
        await portal.SettleAsync();
        Assert.Equal("erasure-begun", (await portal.As("admin").PostAsync("/api/erasures", guest)).Expect(409).ProblemType);
        await FinishAsync((await ErasePersonAsync(id)).Expect(201).Id);
        Assert.Equal("erased", (await ErasePersonAsync(id)).Expect(409).ProblemType);
    }

    /// <summary>A table that is added says how long its rows are kept and what an erasure does to them, or this fails.</summary>
    [Fact]
    public async Task Every_table_has_a_plan_and_the_database_touches_what_the_plans_say()
    {
        Assert.Equal(
            await portal.ListAsync("select tablename::text from pg_tables where schemaname = 'portal' order by tablename collate \"C\""),
            TablePlans.All.Select(plan => plan.Table).Order(StringComparer.Ordinal));
        foreach (var (kind, function) in new[] { ("person", "erase_person"), ("guest", "erase_guest") })
        {
            var touched = await portal.ListAsync("""
                select distinct m[1] from pg_proc p, regexp_matches(
                    p.prosrc || (select string_agg(q.prosrc, ' ') from pg_proc q
                                  where q.proname in ('erase_invites', 'erase_answers', 'erase_texts', 'forget_viewers')),
                    '(?:update|delete from) portal\.(\w+)', 'g') m where p.proname = @function order by 1
                """, new { function });
            var planned = TablePlans.All.Where(plan => (kind == "person" ? plan.Person : plan.Guest) is { Did: not TableErasure.Keeps })
                .Select(plan => plan.Table);
            // What becomes of comments is for the request to say.
            Assert.Equal(
                touched.Except(["comments"]).Order(StringComparer.Ordinal), planned.Except(["comments"]).Order(StringComparer.Ordinal));
        }
    }

    private static string AtClerkOf(JsonNode certificate, string what = "did") =>
        certificate["processors"]!.AsArray().Single(p => p!["name"]!.ToString() == "Clerk")![what]!.ToString();

    private static object Consenting { get; } =
        new { noticeVersion = "2026-12-01", consents = new[] { new { purpose = "viewing_analytics", granted = true } } };

    private Task<Answer> ErasePersonAsync(Guid id) => portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id });

    private static bool IsSigned(Answer certificate, string document) => AuditKeys.Verify(
        Convert.FromBase64String(certificate.Text("publicKey")), ErasureCertificates.Message(document),
        Convert.FromBase64String(certificate.Text("signature")));

    /// <summary>Somebody with rows wherever a person can have them: signed in, told, asked, invited, heard.</summary>
    private async Task<(string Handle, Guid Id)> BusyPersonAsync()
    {
        var handle = $"eve{++made}x";
        var invite = (await portal.As("admin").PostAsync(
            "/api/invites", new { email = $"{handle}@portal.example", role = "agency", projectIds = new[] { project } })).Expect(201).Id;
        await portal.SettleAsync();
        await portal.AcceptAtClerkAsync(invite, handle);
        await portal.SettleAsync();
        var me = (await portal.As(handle).FetchAsync("/api/me")).Expect(200);
        var id = me.Id;
        await portal.As(handle).ChangeAsync("/api/me", new { mutedProjectIds = new[] { project } });
        (await portal.As(handle).WriteAsync(HttpMethod.Put, "/api/me/consents", Consenting, null)).Expect(200);
        await portal.DoAsync("""
            insert into portal.notification_preferences (tenant_id, user_id, event_type, in_app, email)
            values (@tenant, @id, 'task_created', false, false) on conflict do nothing
            """, new { tenant = TestPeople.Tenant, id });

        (await portal.As(handle).PostAsync($"/api/assets/{asset}/versions/1/comments", new { body = "Brighter, please" })).Expect(201);
        (await portal.As("agency").PostAsync("/api/tasks", new { projectId = project, title = "Grade", assigneeIds = new[] { id } }))
            .Expect(201);
        await portal.DeliverAsync();
        return (handle, id);
    }

    private async Task<Guid> WithoutClerkAsync(TimeSpan time)
    {
        var (_, id) = await BusyPersonAsync();
        portal.Clerk.Faults.FailNextApiCalls(
            int.MaxValue, ApiFault.Status(503), (_, path) => path.StartsWith("/v1", StringComparison.Ordinal));
        var erasure = (await ErasePersonAsync(id)).Expect(201).Id;
        var until = portal.Clock.GetUtcNow() + time;
        while (until - portal.Clock.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            portal.Clock.Advance(left < LongStep ? left : LongStep);
            await SweepAsync();
        }

        Assert.Equal("running", await StatusAsync(erasure));
        return erasure;
    }

    private async Task SetRoleAsync(string handle, string role)
    {
        await portal.DoAsync(
            "update portal.users set role = @role where email = @email", new { role, email = $"{handle}@portal.example" });
    }

    private async Task SweepAsync()
    {
        await portal.RunTimerAsync("SweepErasures");
        await portal.RunTimerAsync("SweepExports");
        await portal.SettleAsync();
    }

    /// <summary>Moves on until it is completed, with the timers that would run.</summary>
    private async Task FinishAsync(Guid erasure)
    {
        for (var round = 0; round < 40 && await StatusAsync(erasure) != "completed"; round++)
        {
            await AdvanceAsync();
        }

        Assert.Equal("completed", await StatusAsync(erasure));
        // What Clerk told us of it.
        await portal.SettleAsync();
    }

    private async Task AdvanceAsync()
    {
        await SweepAsync();
        await portal.RunTimerAsync("SyncInvites");
        await portal.DeliverAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(5));
        await portal.SettleAsync();
    }

    private async Task<Answer> CertificateAsync(Guid erasure) =>
        (await portal.As("compliance").FetchAsync($"/api/erasures/{erasure}/certificate")).Expect(200);

    private async Task<string> StatusAsync(Guid erasure) =>
        (await portal.As("compliance").FetchAsync($"/api/erasures/{erasure}")).Expect(200).Text("status");

    private async Task<JsonNode> OfAsync(Guid user) =>
        (await portal.As("admin").FetchAsync("/api/erasures?limit=200")).Expect(200).Field("items").AsArray()
            .First(e => e!["userId"]?.ToString() == user.ToString())!;

    private Task<IReadOnlyList<string>> AlertsAsync(Guid erasure) => portal.ListAsync(
        "select kind from portal.alerts where dedup_key = @key order by kind", new { key = erasure.ToString() });
}
