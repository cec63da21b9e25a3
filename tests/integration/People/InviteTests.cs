using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

/// <summary>What Admins do with invites, and that the rows decide.</summary>
public sealed class InviteTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_invite_is_a_row_an_invitation_at_clerk_and_an_audited_act_without_the_address()
    {
        var project = await portal.NewProjectAsync();
        var invite = await InviteAsync("gus@agency.example", role: "agency", projects: [project], days: 3);
        Assert.Equal(("pending", "sent", "agency"), (invite.Text("status"), invite.Text("delivery"), invite.Text("role")));
        Assert.Equal(portal.Clock.GetUtcNow().AddDays(3), (DateTimeOffset)invite.Field("expiresAt"));
        Assert.Equal($"/api/invites/{invite.Id}", invite.Headers.Location!.ToString());
        Assert.Equal(invite.Id, (await portal.As("admin").FetchAsync($"/api/invites/{invite.Id}")).Expect(200).Id);

        var atClerk = Assert.Single(await AtClerkAsync("gus@agency.example"));
        Assert.Equal($$"""pending org:member {"invite_id": "{{invite.Id}}", "generation": 1}""", atClerk);
        Assert.Equal(
            ["invite_created"],
            await portal.ListAsync("select type from portal.events where aggregate_id = @id", new { id = invite.Id }));
        Assert.True(await portal.ScalarAsync<bool>(
            "select new_value ->> 'emailHash' ~ '^[0-9a-f]{64}$' from portal.audit_log where entity_id = @id", new { id = invite.Id }));
        await portal.NothingPersonalIsKeptAsync("gus");
    }

    [Fact]
    public async Task One_invite_is_pending_for_an_address_also_when_eight_ask_at_once()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => AskAsync(i % 2 == 0 ? "twice@agency.example" : "Twice@Agency.example")));
        Assert.Single(answers, a => a.Code == 201);
        Assert.All(answers.Where(a => a.Code != 201), a => Assert.Equal("already-invited", a.Expect(409).ProblemType));
        Assert.Single(await AtClerkAsync("twice@agency.example"));
    }

    [Fact]
    public async Task A_repeated_request_with_its_key_invites_once_and_says_the_same()
    {
        using var first = Keyed("k-invite", "keyed@agency.example");
        using var second = Keyed("k-invite", "keyed@agency.example");
        var one = (await (await portal.As("admin").SendAsync(first)).ReadAsync()).Expect(201);
        var two = (await (await portal.As("admin").SendAsync(second)).ReadAsync()).Expect(201);
        Assert.Equal((one.Id, one.Body), (two.Id, two.Body));
        Assert.Single(await AtClerkAsync("keyed@agency.example"));
    }

    [Fact]
    public async Task A_member_is_not_invited_and_projects_must_be_ours()
    {
        Assert.Equal("already-member", (await AskAsync("CLIENT@portal.example")).Expect(409).ProblemType);
        var theirs = (await portal.As("other-admin").PostAsync("/api/projects", new { name = "Theirs" })).Expect(201).Id;
        var (ours, over) = (await portal.NewProjectAsync("Ours"), await portal.NewProjectAsync("Over"));
        (await portal.As("admin").PostAsync($"/api/projects/{over}/archive")).Expect(200);
        foreach (var project in new[] { theirs, over })
        {
            var refused = (await AskAsync("new@agency.example", projects: [project])).Expect(400);
            Assert.Equal("/projectIds", refused.Field("errors")[0]!["pointer"]!.ToString());
            var mixed = (await AskAsync("new@agency.example", projects: [ours, project])).Expect(400);
            Assert.Equal("/projectIds", mixed.Field("errors")[0]!["pointer"]!.ToString());
        }

        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.invites where email = 'new@agency.example'"));
    }

    [Theory]
    [InlineData("no address", "agency", 7, "/email")]
    [InlineData("a@b", "agency", 7, "/email")]
    [InlineData("a@b.example", "guest", 7, "/role")]
    [InlineData("a@b.example", "agency", 0, "/expiresInDays")]
    [InlineData("a@b.example", "agency", 31, "/expiresInDays")]
    public async Task Limits_are_named(string email, string role, int days, string pointer)
    {
        var answer = (await AskAsync(email, role, days: days)).Expect(400);
        Assert.Equal(pointer, answer.Field("errors")[0]!["pointer"]!.ToString());
    }

    [Fact]
    public async Task A_revoked_invite_is_gone_at_clerk_and_can_be_issued_again()
    {
        var invite = await InviteAsync("back@agency.example");
        var path = $"/api/invites/{invite.Id}";
        var early = (await portal.As("admin").PostAsync($"{path}/reissue")).Expect(409);
        Assert.Equal(("invite-not-over", true), (early.ProblemType, early.Text("detail").Contains("pending", StringComparison.Ordinal)));
        portal.Clock.Advance(TimeSpan.FromMilliseconds(5));
        var revoked = (await portal.As("admin").PostAsync($"{path}/revoke")).Expect(200);
        Assert.Equal(("revoked", "ended"), (revoked.Text("status"), revoked.Text("delivery")));
        Assert.StartsWith("revoked", Assert.Single(await AtClerkAsync("back@agency.example")), StringComparison.Ordinal);
        var late = (await portal.As("admin").PostAsync($"{path}/revoke")).Expect(409);
        Assert.Equal(("invite-not-pending", true), (late.ProblemType, late.Text("detail").Contains("revoked", StringComparison.Ordinal)));

        portal.Clock.Advance(TimeSpan.FromMilliseconds(5));
        var again = (await portal.As("admin").PostAsync($"{path}/reissue", new { expiresInDays = 30 })).Expect(200);
        Assert.Equal(("pending", "sent"), (again.Text("status"), again.Text("delivery")));
        Assert.Equal(portal.Clock.GetUtcNow().AddDays(30), (DateTimeOffset)again.Field("expiresAt"));
        Assert.Single(await AtClerkAsync("back@agency.example"), i => i.StartsWith("pending", StringComparison.Ordinal));
        Assert.Equal(
            ["invite_created", "invite_revoked", "invite_reissued"],
            await portal.ListAsync(
                "select action from portal.audit_log where entity_id = @id order by occurred_at", new { id = invite.Id }));
    }

    [Theory]
    [InlineData("revoke", "pending")]
    [InlineData("reissue", "revoked")]
    public async Task Eight_at_once_move_an_invite_once(string act, string from)
    {
        var invite = await InviteAsync($"eight-{act}@agency.example");
        if (from == "revoked")
        {
            (await portal.As("admin").PostAsync($"/api/invites/{invite.Id}/revoke")).Expect(200);
        }

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => portal.As("admin").PostAsync($"/api/invites/{invite.Id}/{act}")));
        Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers.Where(a => a.Code != 200), a => a.Expect(409));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.audit_log where entity_id = @id and action = @action",
            new { id = invite.Id, action = act == "revoke" ? "invite_revoked" : "invite_reissued" }));
    }

    [Fact]
    public async Task Reissuing_makes_no_second_pending_one_for_an_address()
    {
        var old = await InviteAsync("again@agency.example");
        (await portal.As("admin").PostAsync($"/api/invites/{old.Id}/revoke")).Expect(200);
        await InviteAsync("again@agency.example");
        Assert.Equal("already-invited", (await portal.As("admin").PostAsync($"/api/invites/{old.Id}/reissue")).Expect(409).ProblemType);
    }

    [Fact]
    public async Task Invites_are_listed_by_status_and_belong_to_admins_of_their_tenant()
    {
        var tenant = await portal.NewTenantAsync("lister");
        var http = portal.As("lister");
        var one = (await http.PostAsync("/api/invites", new { email = "one@agency.example", role = "client" })).Expect(201);
        portal.Clock.Advance(TimeSpan.FromMilliseconds(5));
        var two = (await http.PostAsync("/api/invites", new { email = "two@agency.example", role = "client" })).Expect(201);
        (await http.PostAsync($"/api/invites/{one.Id}/revoke")).Expect(200);
        Assert.Equal([two.Id, one.Id], await IdsAsync(http, "/api/invites"));
        Assert.Equal([one.Id], await IdsAsync(http, "/api/invites?status=revoked"));
        Assert.Equal([two.Id], await IdsAsync(http, "/api/invites?status=pending&limit=1"));
        (await http.FetchAsync("/api/invites?status=lost")).Expect(400);

        foreach (var person in new[] { "admin", "other-admin" })
        {
            (await portal.As(person).FetchAsync($"/api/invites/{two.Id}")).Expect(404);
            (await portal.As(person).PostAsync($"/api/invites/{two.Id}/revoke")).Expect(404);
            (await portal.As(person).PostAsync($"/api/invites/{two.Id}/reissue")).Expect(404);
        }

        await portal.AddMemberAsync(tenant.Id, "org_lister", "curious", "agency");
        (await portal.As("curious").FetchAsync("/api/invites")).Expect(403);
        (await portal.As("curious").PostAsync("/api/invites", new { email = "x@agency.example", role = "admin" })).Expect(403);
        (await portal.As("curious").PostAsync($"/api/invites/{two.Id}/revoke")).Expect(403);
    }

    [Fact]
    public async Task Past_its_end_an_invite_expires_and_is_withdrawn_at_clerk()
    {
        var invite = await InviteAsync("slow@agency.example", days: 1);
        portal.Clock.Advance(TimeSpan.FromHours(23));
        await portal.Host.RunTimerAsync("ExpireInvites");
        Assert.Equal("pending", await StatusAsync(invite.Id));
        portal.Clock.Advance(TimeSpan.FromHours(1));
        await portal.Host.RunTimerAsync("ExpireInvites");
        await portal.Host.RunTimerAsync("ExpireInvites");
        Assert.Equal("expired", await StatusAsync(invite.Id));
        Assert.Equal(
            "none", await portal.ScalarAsync<string>("select clerk_state from portal.invites where id = @id", new { id = invite.Id }));
        Assert.Equal("system ExpireInvites", await portal.ScalarAsync<string>(
            "select actor_kind || ' ' || actor_id from portal.audit_log where entity_id = @id and action = 'invite_expired'",
            new { id = invite.Id }));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where aggregate_id = @id and type = 'invite_expired'", new { id = invite.Id }));
        Assert.Contains(
            "expired", (
                await portal.As("admin").PostAsync(
                    $"/api/invites/{invite.Id}/revoke")).Expect(409).Text("detail"), StringComparison.Ordinal);
        Assert.Equal("sent", (await portal.As("admin").PostAsync($"/api/invites/{invite.Id}/reissue")).Expect(200).Text("delivery"));
    }

    private async Task<Answer> InviteAsync(string email, string role = "agency", IReadOnlyList<Guid>? projects = null, int days = 7) =>
        (await AskAsync(email, role, projects, days)).Expect(201);

    private Task<Answer> AskAsync(string email, string role = "agency", IReadOnlyList<Guid>? projects = null, int days = 7) =>
        portal.As("admin").PostAsync("/api/invites", new { email, role, projectIds = projects ?? [], expiresInDays = days });

    private static HttpRequestMessage Keyed(string key, string email)
    {
        var request = new HttpRequestMessage(
            HttpMethod.Post, "/api/invites")
        { Content = System.Net.Http.Json.JsonContent.Create(new { email, role = "agency" }) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return request;
    }

    private Task<string> StatusAsync(Guid id) =>
        portal.ScalarAsync<string>("select status from portal.invites where id = @id", new { id });

    private Task<IReadOnlyList<string>> AtClerkAsync(string email) => portal.ListAsync(
        "select concat_ws(' ', status, role, public_metadata) from vendors.clerk_invitations where lower(email) = lower(@email) order by "
            + "seq", new { email });

    private static async Task<IReadOnlyList<Guid>> IdsAsync(HttpClient http, string path) =>
        [.. (await http.FetchAsync(path)).Expect(200).Field("items").AsArray().Select(i => Guid.Parse(i!["id"]!.ToString()))];
}
