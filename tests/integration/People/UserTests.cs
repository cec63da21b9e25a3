using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

public sealed class UserTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Admins_list_people_by_role_status_and_text_in_two_orders()
    {
        var http = portal.As("admin");
        Assert.Equal(10, (await http.FetchAsync("/api/users")).Expect(200).Field("items").AsArray().Count);
        Assert.Equal(["client"], await NamesAsync(http, "/api/users?role=client"));
        Assert.Equal(["crew2"], await NamesAsync(http, "/api/users?q=CREW2"));
        Assert.Equal(["agency"], await NamesAsync(http, "/api/users?q=agency%40portal"));
        Assert.Empty(await NamesAsync(http, "/api/users?status=deactivated"));
        Assert.Empty(await NamesAsync(http, "/api/users?q=%25"));

        var byName = new List<string>();
        var cursor = "";
        do
        {
            var page = (await http.FetchAsync($"/api/users?sort=name&limit=3{cursor}")).Expect(200);
            byName.AddRange(page.Field("items").AsArray().Select(u => u!["name"]!.ToString()));
            cursor = page.Json!["nextCursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(["admin", "agency", "client", "compliance", "crew1", "crew2", "crew3", "crew4", "crew5", "crew6"], byName);

        (await http.FetchAsync("/api/users?sort=age")).Expect(400);
        (await http.FetchAsync("/api/users?role=guest")).Expect(400);
        var newest = (await http.FetchAsync("/api/users?limit=1")).Expect(200);
        (await http.FetchAsync($"/api/users?sort=name&cursor={newest.Text("nextCursor")}")).Expect(400);
    }

    [Fact]
    public async Task Only_admins_read_and_change_people_and_only_their_own()
    {
        var client = TestPeople.UserId("client");
        foreach (var person in new[] { "agency", "client", "compliance" })
        {
            (await portal.As(person).FetchAsync("/api/users")).Expect(403);
            (await portal.As(person).FetchAsync($"/api/users/{client}")).Expect(403);
            (await portal.As(person).WriteAsync(HttpMethod.Patch, $"/api/users/{client}", new { role = "admin" }, "\"1\"")).Expect(403);
            (await portal.As(person).PostAsync($"/api/users/{client}/deactivate")).Expect(403);
        }

        var other = portal.As("other-admin");
        (await other.FetchAsync($"/api/users/{client}")).Expect(404);
        (await other.WriteAsync(HttpMethod.Patch, $"/api/users/{client}", new { role = "admin" }, "\"1\"")).Expect(404);
        (await other.PostAsync($"/api/users/{client}/deactivate")).Expect(404);
        (await other.PostAsync($"/api/users/{client}/reactivate")).Expect(404);
        Assert.DoesNotContain("client", await NamesAsync(other, "/api/users"));
        (await portal.As("admin").FetchAsync($"/api/users/{client}")).Expect(200);
    }

    [Fact]
    public async Task A_changed_role_counts_from_the_next_request_on()
    {
        var tenant = await portal.NewTenantAsync("boss");
        var id = await portal.AddMemberAsync(tenant.Id, "org_boss", "riser", "client");
        (await portal.As("riser").FetchAsync("/api/users")).Expect(403);
        var path = $"/api/users/{id}";
        var changed = (await portal.As("boss").ChangeAsync(path, new { role = "admin" })).Expect(200);
        Assert.Equal(("admin", "2"), (changed.Text("role"), changed.Text("version")));
        (await portal.As("riser").FetchAsync("/api/users")).Expect(200);
        Assert.Equal("""{"role": "client"} {"role": "admin"}""", await portal.ScalarAsync<string>(
            "select concat(old_value, ' ', new_value) from portal.audit_log where entity_id = @id and action = 'user_role_changed'",
            new { id }));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where aggregate_id = @id and type = 'user_role_changed'", new { id }));

        (await portal.As("boss").WriteAsync(HttpMethod.Patch, path, new { role = "client" }, null)).Expect(428);
        (await portal.As("boss").WriteAsync(HttpMethod.Patch, path, new { role = "client" }, "\"1\"")).Expect(412);
        (await portal.As("boss").ChangeAsync(path, new { role = "owner" })).Expect(400);
    }

    [Fact]
    public async Task A_deactivated_person_is_out_at_once_and_comes_back()
    {
        var tenant = await portal.NewTenantAsync("keeper");
        var id = await portal.AddMemberAsync(tenant.Id, "org_keeper", "sleeper", "agency");
        (await portal.As("sleeper").FetchAsync("/api/me")).Expect(200);
        Assert.Equal("user-not-deactivated", (await portal.As("keeper").PostAsync($"/api/users/{id}/reactivate")).Expect(409).ProblemType);

        Assert.Equal("deactivated", (await portal.As("keeper").PostAsync($"/api/users/{id}/deactivate")).Expect(200).Text("status"));
        Assert.Equal("deactivated", (await portal.As("sleeper").FetchAsync("/api/me")).Expect(403).ProblemType);
        var again = (await portal.As("keeper").PostAsync($"/api/users/{id}/deactivate")).Expect(409);
        Assert.Contains("deactivated", again.Text("detail"), StringComparison.Ordinal);

        (await portal.As("keeper").PostAsync($"/api/users/{id}/reactivate")).Expect(200);
        (await portal.As("sleeper").FetchAsync("/api/me")).Expect(200);
        Assert.Equal(
            ["user_deactivated", "user_reactivated"],
            await portal.ListAsync("select action from portal.audit_log where entity_id = @id order by action", new { id }));
    }

    [Fact]
    public async Task Eight_at_once_deactivate_once()
    {
        var tenant = await portal.NewTenantAsync("warden");
        var id = await portal.AddMemberAsync(tenant.Id, "org_warden", "popular", "client");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.As("warden").PostAsync($"/api/users/{id}/deactivate")));
        Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers.Where(a => a.Code != 200), a => Assert.Equal("user-not-active", a.Expect(409).ProblemType));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.audit_log where entity_id = @id", new { id }));
    }

    [Theory]
    [InlineData("deactivate")]
    [InlineData("role")]
    public async Task The_last_admin_stays_also_when_eight_admins_leave_at_once(string how)
    {
        var founder = $"last-{how}";
        var tenant = await portal.NewTenantAsync(founder);
        var me = (await portal.As(founder).FetchAsync("/api/me")).Expect(200).Id;
        Assert.Equal("last-admin", (await LeaveAsync(founder, me, how)).Expect(409).ProblemType);

        var admins = new List<(string Handle, Guid Id)> { (founder, me) };
        for (var i = 1; i < 8; i++)
        {
            admins.Add(($"{founder}{i}", await portal.AddMemberAsync(tenant.Id, $"org_{founder}", $"{founder}{i}", "admin")));
        }

        var answers = await Task.WhenAll(admins.Select(admin => LeaveAsync(admin.Handle, admin.Id, how)));
        Assert.Equal(7, answers.Count(a => a.Code == 200));
        Assert.Equal("last-admin", Assert.Single(answers, a => a.Code != 200).Expect(409).ProblemType);
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.users where tenant_id = @tenant and role = 'admin' and status = 'active'",
            new { tenant = tenant.Id }));
    }

    private Task<Answer> LeaveAsync(string person, Guid id, string how) => how == "role"
        ? portal.As(person).WriteAsync(HttpMethod.Patch, $"/api/users/{id}", new { role = "agency" }, "\"1\"")
        : portal.As(person).PostAsync($"/api/users/{id}/deactivate");

    private static async Task<IReadOnlyList<string>> NamesAsync(HttpClient http, string path) =>
        [.. (await http.FetchAsync(path)).Expect(200).Field("items").AsArray().Select(u => u!["name"]!.ToString())];
}
