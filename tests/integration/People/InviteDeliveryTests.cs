using Microsoft.Extensions.DependencyInjection;
using Portal.LocalVendors;
using Portal.People;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

/// <summary>Clerk away, slow, impatient or deaf: the row is the truth, and Clerk follows it in the end, once.</summary>
public sealed class InviteDeliveryTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    /// <summary>Clerk's webhooks are lost here: what is shown must not need them.</summary>
    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        portal.Clerk.Faults.DropWebhooks = _ => true;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task While_clerk_is_away_the_invite_waits_and_the_sweep_sends_it()
    {
        portal.Clerk.Faults.FailNextApiCalls(2, ApiFault.Status(503), IsInvitation);
        var invite = await InviteAsync("away@agency.example");
        Assert.Equal(("pending", "pending"), (invite.Text("status"), invite.Text("delivery")));
        await portal.Host.RunTimerAsync("SyncInvites");
        Assert.Equal("wanted", await StateAsync(invite.Id));

        await LaterAsync();
        Assert.Equal("wanted", await StateAsync(invite.Id));
        await LaterAsync();
        Assert.Equal("sent", await StateAsync(invite.Id));
        Assert.Equal("sent", (await portal.As("admin").FetchAsync($"/api/invites/{invite.Id}")).Text("delivery"));
        Assert.Equal(1, await PendingAsync("away@agency.example"));
    }

    [Fact]
    public async Task A_call_whose_answer_was_lost_is_not_made_twice()
    {
        portal.Clerk.Faults.FailNextAfterEffect(
            1, ApiFault.ConnectionAbort, (method, path) => method == "POST" && IsInvitation(method, path));
        var invite = await InviteAsync("lost@agency.example");
        Assert.Equal("pending", invite.Text("delivery"));
        Assert.Equal(1, await PendingAsync("lost@agency.example"));
        await LaterAsync();
        Assert.Equal("sent", await StateAsync(invite.Id));
        Assert.Equal(
            1, await portal.ScalarAsync<long>("select count(*) from vendors.clerk_invitations where email = 'lost@agency.example'"));
    }

    [Fact]
    public async Task An_invite_revoked_while_its_call_was_lost_leaves_nothing_at_clerk()
    {
        portal.Clerk.Faults.FailNextAfterEffect(
            1, ApiFault.ConnectionAbort, (method, path) => method == "POST" && IsInvitation(method, path));
        var invite = await InviteAsync("regret@agency.example");
        (await portal.As("admin").PostAsync($"/api/invites/{invite.Id}/revoke")).Expect(200);
        await LaterAsync();
        Assert.Equal(("none", 0L), (await StateAsync(invite.Id), await PendingAsync("regret@agency.example")));
    }

    [Fact]
    public async Task An_invite_withdrawn_late_leaves_the_next_one_to_that_address_at_clerk()
    {
        var invite = await InviteAsync("again@agency.example");
        portal.Clerk.Faults.FailNextApiCalls(1, ApiFault.Status(503), IsInvitation);
        (await portal.As("admin").PostAsync($"/api/invites/{invite.Id}/revoke")).Expect(200);
        var next = await InviteAsync("again@agency.example");
        Assert.Equal(("unwanted", "sent"), (await StateAsync(invite.Id), await StateAsync(next.Id)));

        await LaterAsync();
        Assert.Equal(("none", "sent"), (await StateAsync(invite.Id), await StateAsync(next.Id)));
        Assert.Equal(1, await PendingAsync("again@agency.example"));
    }

    [Fact]
    public async Task A_429_makes_all_invites_wait_as_long_as_clerk_says()
    {
        portal.Clerk.Faults.FailNextApiCalls(
            1, ApiFault.Status(429, """{"errors":[]}""", retryAfterSeconds: 100), (method, path) =>
                method == "POST" && IsInvitation(method, path));
        var first = await InviteAsync("paced1@agency.example");
        portal.Clerk.Requests.Clear();
        var second = await InviteAsync("paced2@agency.example");
        Assert.Equal(("pending", "pending"), (first.Text("delivery"), second.Text("delivery")));
        portal.Clock.Advance(TimeSpan.FromSeconds(99));
        await portal.Host.RunTimerAsync("SyncInvites");
        Assert.DoesNotContain(portal.Clerk.Requests.All, r => r.Path.Contains("/invitations", StringComparison.Ordinal));

        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await portal.Host.RunTimerAsync("SyncInvites");
        Assert.Equal(("sent", "sent"), (await StateAsync(first.Id), await StateAsync(second.Id)));
    }

    [Fact]
    public async Task What_clerk_refuses_for_good_is_shown_and_not_tried_again()
    {
        await portal.AddAtClerkAsync("stray", "org_harbour");
        var invite = await InviteAsync("stray@portal.example");
        Assert.Equal(
            ("pending", "refused", "already_a_member_in_organization"), (
                invite.Text("status"), invite.Text("delivery"), invite.Text("deliveryFault")));
        portal.Clerk.Requests.Clear();
        await LaterAsync();
        Assert.DoesNotContain(portal.Clerk.Requests.All, r => r.Path.Contains("/invitations", StringComparison.Ordinal));
        (await portal.As("admin").PostAsync($"/api/invites/{invite.Id}/revoke")).Expect(200);
    }

    [Fact]
    public async Task An_invitation_made_by_hand_gives_way_to_ours()
    {
        using var http = new HttpClient { BaseAddress = portal.Clerk.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", "sk_test_localclerk");
        (
            await http.PostAsync(
                "/v1/organizations/org_harbour/invitations",
                new { email_address = "hand@agency.example", role = "org:member" })).Expect(200);
        var invite = await InviteAsync("hand@agency.example");
        Assert.Equal("sent", invite.Text("delivery"));
        Assert.Equal(1, await PendingAsync("hand@agency.example"));
    }

    [Fact]
    public async Task On_call_hears_of_it_when_nothing_gets_through()
    {
        portal.Clerk.Faults.FailNextApiCalls(100, ApiFault.Status(500), IsInvitation);
        var invite = await InviteAsync("stuck@agency.example");
        for (var attempt = 1; attempt <= 6; attempt++)
        {
            Assert.Equal(attempt < 5 ? 0 : 1, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'invites_stuck'"));
            await LaterAsync();
        }

        Assert.Equal("wanted", await StateAsync(invite.Id));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'invites_stuck' and times = 1"));
        Assert.DoesNotContain(
            "stuck@", await portal.ScalarAsync<string>(
                "select concat(summary, details) from portal.alerts where kind = 'invites_stuck'"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sent_a_quarter_of_an_hour_late_the_invitation_at_Clerk_ends_no_earlier_than_the_invite()
    {
        portal.Clerk.Faults.FailNextApiCalls(1, ApiFault.Status(500), IsInvitation);
        var invite = await InviteAsync("late@agency.example");
        await LaterAsync();
        Assert.Equal("sent", await StateAsync(invite.Id));
        Assert.True(await portal.ScalarAsync<bool>(
            """
            select c.expires_at >= i.expires_at from vendors.clerk_invitations c join portal.invites i on i.id = @id
             where c.email = 'late@agency.example'
            """, new { id = invite.Id }));
    }

    [Fact]
    public async Task A_request_and_several_sweeps_at_once_invite_once()
    {
        portal.Clerk.Faults.FailNextApiCalls(1, ApiFault.Status(500), IsInvitation);
        var invite = await InviteAsync("race@agency.example");
        portal.Clock.Advance(TimeSpan.FromMinutes(16));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.Host.RunTimerAsync("SyncInvites")));
        Assert.Equal("sent", await StateAsync(invite.Id));
        Assert.Equal(
            1, await portal.ScalarAsync<long>("select count(*) from vendors.clerk_invitations where email = 'race@agency.example'"));
    }

    [Theory]
    [InlineData("revoke")]
    [InlineData("ask again")]
    public async Task While_somebody_talks_to_Clerk_about_an_invite_nobody_else_does(string how)
    {
        portal.Clerk.Faults.FailNextApiCalls(1, ApiFault.Status(500), IsInvitation);
        var invite = await InviteAsync($"leased-{how[..3]}@agency.example");
        var lease = TimeSpan.FromMinutes(2);
        await portal.DoAsync(
            "update portal.invites set clerk_next_at = @until where id = @id",
            new { id = invite.Id, until = portal.Clock.GetUtcNow() + lease });
        portal.Clerk.Requests.Clear();
        if (how == "revoke")
        {
            (await portal.As("admin").PostAsync($"/api/invites/{invite.Id}/revoke")).Expect(200);
        }
        else
        {
            await using var scope = portal.Host.Services.CreateAsyncScope();
            Assert.True(await scope.ServiceProvider.GetRequiredService<SyncInvite>().RunAsync(
                new(TestPeople.Tenant), new(invite.Id), CancellationToken.None));
        }

        Assert.DoesNotContain(portal.Clerk.Requests.All, r => IsInvitation(r.Method, r.Path));
        portal.Clock.Advance(lease - TimeSpan.FromSeconds(1));
        await portal.Host.RunTimerAsync("SyncInvites");
        Assert.DoesNotContain(portal.Clerk.Requests.All, r => IsInvitation(r.Method, r.Path));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await portal.Host.RunTimerAsync("SyncInvites");
        Assert.Equal(how == "revoke" ? "none" : "sent", await StateAsync(invite.Id));
    }

    private static bool IsInvitation(string method, string path) => path.Contains("/invitations", StringComparison.Ordinal);

    private async Task LaterAsync()
    {
        portal.Clock.Advance(TimeSpan.FromMinutes(16));
        await portal.Host.RunTimerAsync("SyncInvites");
    }

    private async Task<Answer> InviteAsync(string email) =>
        (await portal.As("admin").PostAsync("/api/invites", new { email, role = "agency", expiresInDays = 30 })).Expect(201);

    private Task<string> StateAsync(Guid id) =>
        portal.ScalarAsync<string>("select clerk_state from portal.invites where id = @id", new { id });

    private Task<long> PendingAsync(string email) =>
        portal.ScalarAsync<long>(
            "select count(*) from vendors.clerk_invitations where lower(email) = lower(@email) and status = 'pending'", new { email });
}
