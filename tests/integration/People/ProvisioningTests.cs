using System.Net.Http.Headers;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

/// <summary>docs/flows/invite-accepted.md: the first request of an invited person makes them a member, and nobody else's does.</summary>
public sealed class EnrolmentTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    /// <summary>Clerk's webhooks are lost here: what is shown must not need them.</summary>
    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        portal.Clerk.Faults.DropWebhooks = _ => true;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_first_request_of_an_invited_person_is_served_and_enrols_them()
    {
        var project = await portal.NewProjectAsync("Seen at once");
        var other = await portal.NewProjectAsync("Not seen");
        var invite = await InviteAsync("nina", "agency", project);
        await portal.AcceptAtClerkAsync(invite, "nina");
        (await portal.As("nina").FetchAsync($"/api/projects/{project}")).Expect(200);
        (await portal.As("nina").FetchAsync($"/api/projects/{other}")).Expect(404);

        var me = (await portal.As("nina").FetchAsync("/api/me")).Expect(200);
        Assert.Equal(("agency", "nina@portal.example", "Person nina"), (me.Text("role"), me.Text("email"), me.Text("name")));
        var read = (await portal.As("admin").FetchAsync($"/api/invites/{invite}")).Expect(200);
        Assert.Equal(("accepted", me.Id.ToString(), "ended"), (read.Text("status"), read.Text("acceptedBy"), read.Text("delivery")));
        Assert.Equal("Person nina", read.Text("acceptedByName"));
        Assert.Equal(
            ["invite_accepted", "invite_created", "user_enrolled"],
            await portal.ListAsync(
                "select type from portal.events where aggregate_id in (@invite, @user) order by type", new { invite, user = me.Id }));
        Assert.Equal(
            me.Id.ToString(), await portal.ScalarAsync<string>(
                "select actor_id from portal.audit_log where entity_id = @user", new { user = me.Id }));
        Assert.Contains(
            "accepted", (
                await portal.As("admin").PostAsync($"/api/invites/{invite}/revoke")).Expect(409).Text("detail"), StringComparison.Ordinal);
        Assert.Contains(
            "member", (
                await portal.As("admin").PostAsync(
                    $"/api/invites/{invite}/reissue")).Expect(409).Text("detail"), StringComparison.Ordinal);
        await portal.NothingPersonalIsKeptAsync("nina");
    }

    [Fact]
    public async Task Eight_first_requests_at_once_enrol_once_and_are_all_served()
    {
        var invite = await InviteAsync("octo", "client");
        await portal.AcceptAtClerkAsync(invite, "octo");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.As("octo").FetchAsync("/api/me")));
        Assert.All(answers, a => a.Expect(200));
        Assert.Single(answers.Select(a => a.Id).Distinct());
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.users where clerk_user_id = 'user_octo'"));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'user_enrolled' and entity_id = @id", new { id = answers[0].Id }));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'invite_accepted' and entity_id = @invite", new { invite }));
    }

    [Fact]
    public async Task The_mark_of_the_invitation_counts_when_the_address_is_another()
    {
        var invite = await InviteAsync("work", "client");
        await portal.AcceptAtClerkAsync(invite, "private", "private@home.example");
        Assert.Equal("private@home.example", (await portal.As("private").FetchAsync("/api/me")).Expect(200).Text("email"));
        Assert.Equal("accepted", await StatusAsync(invite));
    }

    [Fact]
    public async Task Who_follows_an_invitation_gets_what_that_one_says_although_one_to_their_own_address_is_newer()
    {
        var project = await portal.NewProjectAsync("Of the one they followed");
        var followed = await InviteAsync("followed", "agency", project);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var newer = await InviteAsync("follower", "client");
        await portal.AcceptAtClerkAsync(followed, "follower");
        Assert.Equal("agency", (await portal.As("follower").FetchAsync("/api/me")).Expect(200).Text("role"));
        (await portal.As("follower").FetchAsync($"/api/projects/{project}")).Expect(200);
        Assert.Equal("accepted", await StatusAsync(followed));
        Assert.NotEqual("accepted", await StatusAsync(newer));
    }

    [Fact]
    public async Task A_proved_address_counts_for_who_joined_the_organization_another_way()
    {
        var invite = await InviteAsync("added", "compliance");
        await portal.AddAtClerkAsync("added", "org_harbour");
        Assert.Equal("compliance", (await portal.As("added").FetchAsync("/api/me")).Expect(200).Text("role"));
        await portal.Host.RunTimerAsync("SyncInvites");
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from vendors.clerk_invitations where email = 'added@portal.example' and status = 'pending'"));
        Assert.Equal("accepted", await StatusAsync(invite));
    }

    [Fact]
    public async Task Nobody_else_of_the_organization_gets_in()
    {
        await InviteAsync("expected", "admin");
        await portal.AddAtClerkAsync("intruder", "org_harbour");
        Assert.Equal("not-enrolled", (await portal.As("intruder").FetchAsync("/api/me")).Expect(403).ProblemType);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.users where clerk_user_id = 'user_intruder'"));
    }

    [Fact]
    public async Task An_invite_of_another_tenant_lets_nobody_in_here()
    {
        var invite = (
            await portal.As("other-admin").PostAsync(
                "/api/invites", new { email = "cross@portal.example", role = "admin" })).Expect(201).Id;
        await portal.AcceptAtClerkAsync(invite, "cross");
        var there = (await portal.Clerk.SignInAsync("cross")).Jwt;
        // The same person, signed in to an organization that they are no member of: Clerk would not make this token.
        var here = (
            await portal.Clerk.SignInAsync(
                "cross", new() { Claims = new() { ["o"] = new System.Text.Json.Nodes.JsonObject { ["id"] = "org_harbour" } } })).Jwt;
        Assert.Equal("not-enrolled", (await SendAsync(here)).Expect(403).ProblemType);
        Assert.Equal("admin", (await SendAsync(there)).Expect(200).Text("role"));

        // A member there is none here.
        Assert.Equal("not-enrolled", (await SendAsync(here)).Expect(403).ProblemType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_revoked_invite_lets_nobody_in_whatever_clerk_shows(bool clerkKnows)
    {
        var handle = $"late{clerkKnows}";
        var invite = await InviteAsync(handle, "agency");
        await portal.AcceptAtClerkAsync(invite, handle);
        if (!clerkKnows)
        {
            portal.Clerk.Faults.FailNextApiCalls(
                10, ApiFault.Status(500), (_, path) => path.Contains("/invitations", StringComparison.Ordinal));
        }

        (await portal.As("admin").PostAsync($"/api/invites/{invite}/revoke")).Expect(200);
        Assert.Equal("not-enrolled", (await portal.As(handle).FetchAsync("/api/me")).Expect(403).ProblemType);
    }

    [Fact]
    public async Task Who_accepted_in_time_but_comes_late_is_let_in_and_who_did_not_is_not()
    {
        var inTime = await InviteAsync("intime", "client");
        var tooLate = await InviteAsync("toolate", "client");
        await portal.AcceptAtClerkAsync(inTime, "intime");
        portal.Clock.Advance(TimeSpan.FromDays(8));
        await portal.Host.RunTimerAsync("ExpireInvites");
        Assert.Equal(("pending", "expired"), (await StatusAsync(inTime), await StatusAsync(tooLate)));
        await portal.AddAtClerkAsync("toolate", "org_harbour");
        Assert.Equal("not-enrolled", (await portal.As("toolate").FetchAsync("/api/me")).Expect(403).ProblemType);
        (await portal.As("intime").FetchAsync("/api/me")).Expect(200);
    }

    [Fact]
    public async Task At_its_end_an_invite_lets_nobody_in_whether_or_not_the_timer_has_run()
    {
        await InviteAsync("inside", "client");
        var invite = await InviteAsync("outside", "client");
        await portal.AddAtClerkAsync("inside", "org_harbour");
        await portal.AddAtClerkAsync("outside", "org_harbour");
        portal.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        (await portal.As("inside").FetchAsync("/api/me")).Expect(200);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("not-enrolled", (await portal.As("outside").FetchAsync("/api/me")).Expect(403).ProblemType);
        Assert.Equal("pending", await StatusAsync(invite));
    }

    [Fact]
    public async Task While_clerk_is_away_it_is_503_and_then_they_are_in()
    {
        var invite = await InviteAsync("storm", "client");
        await portal.AcceptAtClerkAsync(invite, "storm");
        foreach (var fault in new[] { ApiFault.Status(500), ApiFault.Garbage, ApiFault.ConnectionAbort,
            ApiFault.Status(429, """{"errors":[]}""", retryAfterSeconds: 7) })
        {
            portal.Clerk.Faults.FailNextApiCalls(1, fault, (_, path) => path.StartsWith("/v1/users", StringComparison.Ordinal));
            Assert.True((await portal.As("storm").FetchAsync("/api/me")).Expect(503).Headers.RetryAfter!.Delta > TimeSpan.Zero);
        }

        (await portal.As("storm").FetchAsync("/api/me")).Expect(200);
    }

    [Fact]
    public async Task Who_has_proved_no_address_is_not_let_in_and_later_is()
    {
        var invite = await InviteAsync("unproved", "client");
        await portal.AcceptAtClerkAsync(invite, "unproved");
        portal.Clerk.Faults.FailNextApiCalls(1, ApiFault.Status(200, """
            { "id": "user_unproved", "primary_email_address_id": "idn_1",
              "email_addresses": [{ "id": "idn_1", "email_address": "u@portal.example", "verification": { "status": "unverified" } }] }
            """), (_, path) => path.EndsWith("/user_unproved", StringComparison.Ordinal));
        Assert.Equal("email-not-verified", (await portal.As("unproved").FetchAsync("/api/me")).Expect(403).ProblemType);
        Assert.Equal("pending", await StatusAsync(invite));
        (await portal.As("unproved").FetchAsync("/api/me")).Expect(200);
    }

    [Fact]
    public async Task An_impersonated_session_accepts_nothing()
    {
        var invite = await InviteAsync("puppet", "admin");
        await portal.AcceptAtClerkAsync(invite, "puppet");
        Assert.Equal(
            "not-enrolled", (
                await SendAsync(
                    (await portal.Clerk.SignInAsync("puppet", new() { Actor = "user_support" })).Jwt)).Expect(403).ProblemType);
        Assert.Equal("pending", await StatusAsync(invite));
    }

    [Fact]
    public async Task A_stranger_who_keeps_asking_does_not_make_us_hammer_clerk()
    {
        await portal.AddAtClerkAsync("pest", "org_harbour");
        portal.Clerk.Requests.Clear();
        for (var i = 0; i < 40; i++)
        {
            await portal.As("pest").FetchAsync("/api/me");
        }

        Assert.Equal(30, portal.Clerk.Requests.All.Count(r => r.Path.EndsWith("/organization_memberships", StringComparison.Ordinal)));
        (await portal.As("pest").FetchAsync("/api/me")).Expect(503);
    }

    [Fact]
    public async Task A_deactivated_member_is_not_let_in_by_a_new_invite()
    {
        var invite = await InviteAsync("gone", "client");
        await portal.AcceptAtClerkAsync(invite, "gone");
        var id = (await portal.As("gone").FetchAsync("/api/me")).Expect(200).Id;
        (await portal.As("admin").PostAsync($"/api/users/{id}/deactivate")).Expect(200);
        Assert.Equal(
            "already-member", (
                await portal.As("admin").PostAsync(
                    "/api/invites", new { email = "gone@portal.example", role = "client" })).Expect(409).ProblemType);
        Assert.Equal("deactivated", (await portal.As("gone").FetchAsync("/api/me")).Expect(403).ProblemType);
    }

    private async Task<Guid> InviteAsync(string handle, string role, params Guid[] projects) =>
        (
            await portal.As("admin").PostAsync(
                "/api/invites", new { email = $"{handle}@portal.example", role, projectIds = projects })).Expect(201).Id;

    private Task<string> StatusAsync(Guid id) =>
        portal.ScalarAsync<string>("select status from portal.invites where id = @id", new { id });

    private async Task<Answer> SendAsync(string jwt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/me");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", jwt);
        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }
}
