using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>Who works on a project, and lists of projects.</summary>
public sealed class ProjectListTests(TestPortal portal) : IClassFixture<TestPortal>
{
    private static readonly Guid Client = TestPeople.UserId("client");

    [Fact]
    public async Task A_member_is_added_once_and_sees_the_project()
    {
        var id = await portal.NewProjectAsync();
        (await portal.As("client").FetchAsync($"/api/projects/{id}")).Expect(404);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("client", (await portal.As("admin").SetAsync($"/api/projects/{id}/members/{Client}")).Expect(200).Text("role"));
        }

        Assert.Equal(1, await portal.AuditedAsync(id, "project_member_added"));
        (await portal.As("client").FetchAsync($"/api/projects/{id}")).Expect(200);
        var members = (await portal.As("client").FetchAsync($"/api/projects/{id}/members")).Expect(200);
        Assert.Contains(Client.ToString(), members.Column("userId"));
        Assert.DoesNotContain("@", members.Body, StringComparison.Ordinal);
        Assert.Equal(["addedAt", "name", "role", "userId"], members.Field("items")[0]!.AsObject().Select(p => p.Key).Order());
    }

    [Fact]
    public async Task Somebody_who_cannot_work_on_projects_is_no_member()
    {
        var id = await portal.NewProjectAsync();
        foreach (var stranger in new[] { TestPeople.UserId("compliance"), TestPeople.UserId("other-admin"), Guid.NewGuid() })
        {
            (await portal.As("admin").SetAsync($"/api/projects/{id}/members/{stranger}")).Expect(404);
        }
    }

    [Fact]
    public async Task A_new_project_is_given_active_people_of_the_portal_alone()
    {
        var project = await portal.NextProjectAsync("Without them");
        var left = TestPeople.UserId("crew4");
        (await portal.As("admin").DropAsync($"/api/projects/{project}/members/{left}")).Expect(204);
        await portal.DoAsync("update portal.users set status = 'deactivated' where id = @left", new { left });
        foreach (var stranger in new[] { left, TestPeople.UserId("compliance"), TestPeople.UserId("other-admin"), Guid.NewGuid() })
        {
            var memberIds = new[] { Client, stranger };
            var refused = await portal.As("admin").PostAsync("/api/projects", new { name = "Not made", memberIds });
            Assert.Equal("/memberIds", refused.Expect(400).Field("errors")[0]!["pointer"]!.ToString());
            (await portal.As("admin").SetAsync($"/api/projects/{project}/members/{stranger}")).Expect(404);
        }

        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.projects where name = 'Not made'"));
        await portal.DoAsync("update portal.users set status = 'active' where id = @left", new { left });
        (await portal.As("admin").PostAsync("/api/projects", new { name = "Made", memberIds = new[] { Client, left } })).Expect(201);
    }

    [Fact]
    public async Task An_Admin_who_is_removed_sees_the_project_and_keeps_their_tasks()
    {
        var id = await portal.NewProjectAsync();
        var admin = TestPeople.UserId("admin");
        (await portal.As("admin").SetAsync($"/api/projects/{id}/members/{admin}")).Expect(200);
        var task = await portal.NewTaskAsync(id, more: new { assigneeIds = new[] { admin }, watcherIds = new[] { admin } });

        (await portal.As("admin").DropAsync($"/api/projects/{id}/members/{admin}")).Expect(204);

        (await portal.As("admin").FetchAsync($"/api/projects/{id}")).Expect(200);
        var kept = (await portal.As("admin").FetchAsync($"/api/tasks/{task.Id}")).Expect(200);
        Assert.Equal(admin.ToString(), Assert.Single(kept.Field("assigneeIds").AsArray())!.ToString());
        Assert.Equal(admin.ToString(), Assert.Single(kept.Field("watcherIds").AsArray())!.ToString());
        Assert.Equal(task.Text("version"), kept.Text("version"));
    }

    [Fact]
    public async Task A_removed_member_loses_the_project_and_its_tasks()
    {
        var (id, other) = (await portal.NewProjectAsync(), await portal.NewProjectAsync("Stays theirs"));
        var crew = TestPeople.UserId("crew1");
        var task = await portal.NewTaskAsync(
            id, more: new { assigneeIds = new[] { crew, TestPeople.UserId("agency") }, watcherIds = new[] { crew } });
        (await portal.As("crew1").FetchAsync($"/api/tasks/{task.Id}")).Expect(200);
        for (var i = 0; i < 2; i++)
        {
            (await portal.As("admin").DropAsync($"/api/projects/{id}/members/{crew}")).Expect(204);
        }

        Assert.Equal(1, await portal.AuditedAsync(id, "project_member_removed"));
        (await portal.As("crew1").FetchAsync($"/api/projects/{id}")).Expect(404);
        (await portal.As("crew1").FetchAsync($"/api/tasks/{task.Id}")).Expect(404);
        (await portal.As("crew1").FetchAsync($"/api/projects/{other}")).Expect(200);
        var left = await portal.As("agency").FetchAsync($"/api/tasks/{task.Id}");
        Assert.Equal(TestPeople.UserId("agency").ToString(), Assert.Single(left.Field("assigneeIds").AsArray())!.ToString());
        Assert.Empty(left.Field("watcherIds").AsArray());
        Assert.Equal("2", left.Text("version"));
    }

    [Fact]
    public async Task A_project_counts_its_people_and_open_tasks_and_a_client_sees_no_tasks()
    {
        var id = await portal.NewProjectAsync();
        (await portal.As("admin").SetAsync($"/api/projects/{id}/members/{Client}")).Expect(200);
        await portal.NewTaskAsync(id);
        await portal.PlaceTaskAsync((await portal.NewTaskAsync(id)).Id, "done");
        var read = await portal.As("agency").FetchAsync($"/api/projects/{id}");
        Assert.Equal(("1", $"{TestPeople.Crew + 2}"), (read.Text("openTasks"), read.Text("members")));
        Assert.Null((await portal.As("client").FetchAsync($"/api/projects/{id}")).Expect(200).Json!["openTasks"]);
    }

    [Fact]
    public async Task Projects_are_found_by_status_text_and_member()
    {
        var (one, two) = (await portal.NextProjectAsync("Harbour Lights"), await portal.NextProjectAsync("Harbour nights 100%"));
        (await portal.As("admin").PostAsync($"/api/projects/{two}/status", new { status = "on_hold" })).Expect(200);
        (await portal.As("admin").SetAsync($"/api/projects/{one}/members/{Client}")).Expect(200);
        var admin = portal.As("admin");
        Assert.Equal([$"{two}", $"{one}"], (await admin.FetchAsync("/api/projects?q=harbour")).Column("id"));
        Assert.Equal([$"{two}"], (await admin.FetchAsync("/api/projects?q=100%25")).Column("id"));
        Assert.Equal([$"{two}"], (await admin.FetchAsync("/api/projects?q=HARBOUR&status=on_hold,completed")).Column("id"));
        Assert.Equal([$"{one}"], (await admin.FetchAsync($"/api/projects?q=harbour&memberId={Client}")).Column("id"));
        Assert.Equal([$"{one}"], (await portal.As("client").FetchAsync("/api/projects?q=harbour")).Column("id"));
        (await admin.PostAsync($"/api/projects/{two}/archive")).Expect(200);
        Assert.Equal([$"{one}"], (await admin.FetchAsync("/api/projects?q=harbour")).Column("id"));
        Assert.Equal([$"{two}"], (await admin.FetchAsync("/api/projects?q=harbour&status=archived")).Column("id"));
        (await admin.FetchAsync("/api/projects?status=lost")).Expect(400);
    }

    [Fact]
    public async Task By_name_pages_keep_their_order_while_others_add()
    {
        string[] names = ["walk Éclair", "Walk alpha", "walk BETA", "Walk zulu", "walk alpha"];
        foreach (var name in names)
        {
            await portal.NextProjectAsync(name);
        }

        var n = 0;
        var walked = await portal.As("admin").WalkAsync(
            "/api/projects?q=walk&sort=name", "name", 2, async () => await portal.NextProjectAsync($"Walk a{n++}"));
        Assert.Equal(["Walk alpha", "walk alpha", "walk BETA", "Walk zulu", "walk Éclair"], walked);
        var page = await portal.As("admin").FetchAsync("/api/projects?q=walk&sort=name&limit=2");
        (await portal.As("admin").FetchAsync($"/api/projects?q=walk&sort=newest&limit=2&cursor={page.Text("nextCursor")}")).Expect(400);
    }
}
