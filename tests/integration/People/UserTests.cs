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
    public async Task People_are_found_by_status_and_by_words_of_their_name_or_of_their_address()
    {
        var tenant = await portal.NewTenantAsync("finder");
        var http = portal.As("finder");
        foreach (var (handle, name) in new[]
        {
            ("finder-ann", "Ann Harbour"), ("finder-ben", "Ben Hill"), ("finder-harbour", "Cleo Hill"),
        })
        {
            var id = await portal.AddMemberAsync(tenant.Id, "org_finder", handle, "agency");
            await portal.DoAsync("update portal.users set name = @name where id = @id", new { id, name });
        }

        (await http.PostAsync($"/api/users/{TestPeople.UserId("finder-ben")}/deactivate")).Expect(200);
        var founder = (await http.FetchAsync("/api/me")).Expect(200).Text("name");
        Assert.Equal(["Ann Harbour", "Cleo Hill"], await NamesAsync(http, "/api/users?sort=name&q=harbour"));
        Assert.Equal(["Ben Hill", "Cleo Hill"], await NamesAsync(http, "/api/users?sort=name&q=hill"));
        Assert.Equal(["Ben Hill"], await NamesAsync(http, "/api/users?status=deactivated"));
        Assert.Equal(["Cleo Hill"], await NamesAsync(http, "/api/users?status=active&q=hill"));
        Assert.Equal(
            new[] { "Ann Harbour", "Cleo Hill", founder }.Order(StringComparer.OrdinalIgnoreCase),
            await NamesAsync(http, "/api/users?sort=name&status=active"));
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

        // And down again: the session stays the same, what it may do does not.
        (await portal.As("boss").ChangeAsync(path, new { role = "agency" })).Expect(200);
        (await portal.As("riser").FetchAsync("/api/users")).Expect(403);
        (await portal.As("boss").ChangeAsync(path, new { role = "client" })).Expect(200);
        (await portal.As("riser").FetchAsync("/api/tasks")).Expect(403);
        Assert.Equal("""{"role": "client"} {"role": "admin"}""", await portal.ScalarAsync<string>(
            "select concat(old_value, ' ', new_value) from portal.audit_log where entity_id = @id and action = 'user_role_changed' "
                + "and new_value ->> 'role' = 'admin'",
            new { id }));
        Assert.Equal(
            3, await portal.ScalarAsync<long>(
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

    [Theory]
    [InlineData("removed")]
    [InlineData("demoted")]
    [InlineData("deactivated")]
    [InlineData("gone at Clerk")]
    public async Task Who_may_no_longer_take_part_is_taken_off_tasks_and_links_once_and_for_all(string how)
    {
        var boss = $"boss-{how.Replace(' ', '-')}";
        var tenant = await portal.NewTenantAsync(boss);
        var helper = $"helper-of-{boss}";
        var id = await portal.AddMemberAsync(tenant.Id, $"org_{boss}", helper, "agency");
        var http = portal.As(boss);
        var (project, task, watched) = await WorkAsync(http, id, "Left behind");
        var (other, elsewhere, _) = await WorkAsync(http, id, "Stays with them");
        var (link, theirs) = (await AddLinkAsync(tenant.Id, project, id), await AddLinkAsync(tenant.Id, other, id));
        var colleague = (await http.FetchAsync("/api/me")).Expect(200).Id;
        var colleagues = await AddLinkAsync(tenant.Id, project, colleague);
        (await http.SetAsync($"/api/tasks/{task}/assignees/{colleague}")).Expect(200);
        (await http.SetAsync($"/api/tasks/{watched}/watchers/{colleague}")).Expect(200);
        switch (how)
        {
            case "removed":
                (await http.DropAsync($"/api/projects/{project}/members/{id}")).Expect(204);
                break;
            case "demoted":
                (await http.ChangeAsync($"/api/users/{id}", new { role = "client" })).Expect(200);
                break;
            case "deactivated":
                (await http.PostAsync($"/api/users/{id}/deactivate")).Expect(200);
                break;
            default:
                await portal.Clerk.LeaveOrganizationAsync(helper);
                await portal.SettleAsync();
                break;
        }

        var left = (await http.FetchAsync($"/api/tasks/{task}")).Expect(200);
        Assert.Equal(($"{colleague}", "3"), ($"{Assert.Single(left.Field("assigneeIds").AsArray())}", left.Text("version")));
        var watchers = (await http.FetchAsync($"/api/tasks/{watched}")).Expect(200).Field("watcherIds").AsArray();
        Assert.Equal($"{colleague}", $"{Assert.Single(watchers)}");
        Assert.Equal(
            how == "removed" ? 1 : 0,
            (await http.FetchAsync($"/api/tasks/{elsewhere}")).Expect(200).Field("assigneeIds").AsArray().Count);
        Assert.Equal(("off", "every"), (await NotifyAsync(link), await NotifyAsync(colleagues)));
        Assert.Equal(how == "removed" ? "every" : "off", await NotifyAsync(theirs));
        var audited = await portal.ScalarAsync<string>(
            "select new_value::text from portal.audit_log where entity_id = @id and action = 'participation_ended'", new { id });
        Assert.All(new[] { task, watched, link }, key => Assert.Contains(key.ToString(), audited, StringComparison.Ordinal));
        Assert.DoesNotContain(colleagues.ToString(), audited, StringComparison.Ordinal);

        // Who comes back starts without them.
        if (how == "deactivated")
        {
            (await http.PostAsync($"/api/users/{id}/reactivate")).Expect(200);
            var back = (await http.FetchAsync($"/api/tasks/{task}")).Expect(200).Field("assigneeIds").AsArray();
            Assert.Equal($"{colleague}", $"{Assert.Single(back)}");
        }
    }

    [Fact]
    public async Task An_admin_who_becomes_agency_keeps_the_work_of_their_projects_alone()
    {
        var tenant = await portal.NewTenantAsync("stepdown");
        var id = await portal.AddMemberAsync(tenant.Id, "org_stepdown", "second-admin", "admin");
        var http = portal.As("stepdown");
        var (_, kept, _) = await WorkAsync(http, id, "A member of it");
        var (other, lost, _) = await WorkAsync(http, id, "Seen as an Admin only");
        (await http.DropAsync($"/api/projects/{other}/members/{id}")).Expect(204);
        Assert.Single((await http.FetchAsync($"/api/tasks/{lost}")).Expect(200).Field("assigneeIds").AsArray());
        (await http.ChangeAsync($"/api/users/{id}", new { role = "agency" })).Expect(200);
        Assert.Single((await http.FetchAsync($"/api/tasks/{kept}")).Expect(200).Field("assigneeIds").AsArray());
        Assert.Empty((await http.FetchAsync($"/api/tasks/{lost}")).Expect(200).Field("assigneeIds").AsArray());
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

    /// <summary>A project with the person in it, a task they are assigned to and one they watch.</summary>
    private static async Task<(Guid Project, Guid Task, Guid Watched)> WorkAsync(HttpClient http, Guid person, string name)
    {
        var project = (await http.PostAsync("/api/projects", new { name, memberIds = new[] { person } })).Expect(201).Id;
        var people = new[] { person };
        var task = (await http.PostAsync("/api/tasks", new { projectId = project, title = "Do", assigneeIds = people })).Expect(201).Id;
        var watched = (await http.PostAsync("/api/tasks", new { projectId = project, title = "Watch" })).Expect(201).Id;
        (await http.SetAsync($"/api/tasks/{watched}/watchers/{person}")).Expect(200);
        return (project, task, watched);
    }

    /// <summary>A share link whose owner hears of every open, as a row: there is no video behind it.</summary>
    private async Task<Guid> AddLinkAsync(Guid tenant, Guid project, Guid owner) => await portal.ScalarAsync<Guid>("""
        with a as (
            insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
            values (gen_random_uuid(), @tenant, @project, 'Cut', @owner, @now, @now) returning id)
        insert into portal.share_links (id, tenant_id, project_id, asset_id, token_hash, token_kid, status, expires_at, notify, created_by,
           created_at, updated_at)
        select gen_random_uuid(), @tenant, @project, a.id, sha256(a.id::text::bytea), 'k1', 'active', @now + interval '7 days', 'every',
           @owner, @now, @now from a
        returning id
        """, new { tenant, project, owner, now = portal.Clock.GetUtcNow() });

    private Task<string> NotifyAsync(Guid link) =>
        portal.ScalarAsync<string>("select notify from portal.share_links where id = @link", new { link });

    private Task<Answer> LeaveAsync(string person, Guid id, string how) => how == "role"
        ? portal.As(person).WriteAsync(HttpMethod.Patch, $"/api/users/{id}", new { role = "agency" }, "\"1\"")
        : portal.As(person).PostAsync($"/api/users/{id}/deactivate");

    private static async Task<IReadOnlyList<string>> NamesAsync(HttpClient http, string path) =>
        [.. (await http.FetchAsync(path)).Expect(200).Field("items").AsArray().Select(u => u!["name"]!.ToString())];
}
