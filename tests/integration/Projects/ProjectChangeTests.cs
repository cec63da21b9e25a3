using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>Changing, moving and archiving projects.</summary>
public sealed class ProjectChangeTests(TestPortal portal) : IClassFixture<TestPortal>
{
    private static readonly string[] Statuses = ["active", "on_hold", "completed", "archived"];
    private static readonly HashSet<(string From, string To)> Legal =
    [
        ("active", "on_hold"), ("on_hold", "active"), ("active", "completed"), ("on_hold", "completed"), ("completed", "active"),
        ("active", "archived"), ("on_hold", "archived"), ("completed", "archived"),
    ];

    [Fact]
    public async Task An_admin_changes_the_version_that_they_read()
    {
        var id = await portal.NewProjectAsync("Old secret name");
        var read = await portal.As("admin").FetchAsync($"/api/projects/{id}");
        (await portal.As("admin").EditAsync($"/api/projects/{id}", new { name = "New" }, null)).Expect(428);
        var changed = (
            await portal.As("admin").EditAsync(
                $"/api/projects/{id}", new { name = "New secret name", description = "Why" }, read)).Expect(200);
        Assert.Equal(("New secret name", "Why", "2"), (changed.Text("name"), changed.Text("description"), changed.Text("version")));
        (await portal.As("admin").EditAsync($"/api/projects/{id}", new { name = "Mine" }, read)).Expect(412);
        Assert.Equal("New secret name", (await portal.As("agency").FetchAsync($"/api/projects/{id}")).Text("name"));
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where entity_id = @id and concat(old_value, new_value) like '%secret%'",
                new { id }));
        Assert.Equal(1, await portal.AuditedAsync(id, "project_updated"));

        // What is not named stays.
        var renamed = (await portal.As("admin").EditAsync($"/api/projects/{id}", new { name = "Newer secret name" }, changed)).Expect(200);
        Assert.Equal(("Newer secret name", "Why"), (renamed.Text("name"), renamed.Text("description")));
        var told = (await portal.As("admin").EditAsync($"/api/projects/{id}", new { description = "Because" }, renamed)).Expect(200);
        Assert.Equal(("Newer secret name", "Because"), (told.Text("name"), told.Text("description")));
    }

    [Fact]
    public async Task A_change_of_nothing_makes_no_version()
    {
        var id = await portal.NewProjectAsync("Same");
        var read = await portal.As("admin").FetchAsync($"/api/projects/{id}");
        Assert.Equal(
            "1", (await portal.As("admin").EditAsync($"/api/projects/{id}", new { name = "Same" }, read)).Expect(200).Text("version"));
        Assert.Equal(0, await portal.AuditedAsync(id, "project_updated"));
        Assert.Equal(["/colour", "/name"], (
            await portal.As("admin").EditAsync($"/api/projects/{id}", new { name = "", colour = "red" }, read)).Expect(400)
            .Field("errors").AsArray().Select(e => e!["pointer"]!.ToString()).Order());
    }

    [Fact]
    public async Task Agency_and_clients_change_no_project()
    {
        var id = await portal.NewProjectAsync();
        var read = await portal.As("agency").FetchAsync($"/api/projects/{id}");
        foreach (var person in new[] { "agency", "client", "compliance" })
        {
            (await portal.As(person).EditAsync($"/api/projects/{id}", new { name = "x" }, read)).Expect(403);
            (await portal.As(person).PostAsync($"/api/projects/{id}/status", new { status = "on_hold" })).Expect(403);
            (await portal.As(person).PostAsync($"/api/projects/{id}/archive")).Expect(403);
            (await portal.As(person).SetAsync($"/api/projects/{id}/members/{TestPeople.UserId("client")}")).Expect(403);
        }
    }

    [Fact]
    public async Task Every_move_of_the_table_is_made_and_every_other_refused_by_name()
    {
        var id = await portal.NewProjectAsync();
        await using var connection = await portal.OpenAsync();
        foreach (var from in Statuses)
        {
            foreach (var to in Statuses)
            {
                await connection.ExecuteAsync("update portal.projects set status = @from where id = @id", new { id, from });
                var answer = to == "archived"
                    ? await portal.As("admin").PostAsync($"/api/projects/{id}/archive")
                    : await portal.As("admin").PostAsync($"/api/projects/{id}/status", new { status = to });
                if (Legal.Contains((from, to)))
                {
                    Assert.Equal(to, answer.Expect(200).Text("status"));
                }
                else
                {
                    Assert.Equal("illegal-move", answer.Expect(409).ProblemType);
                    Assert.Contains($"is {from} and", answer.Text("detail"), StringComparison.Ordinal);
                    Assert.Equal(from, (await portal.As("admin").FetchAsync($"/api/projects/{id}")).Text("status"));
                }
            }
        }

        Assert.Equal(5, await portal.EventsAsync(id, "project_status_changed"));
        Assert.Equal(3, await portal.EventsAsync(id, "project_archived"));
    }

    [Fact]
    public async Task Eight_who_archive_at_once_have_one_winner()
    {
        var id = await portal.NewProjectAsync();
        await PlanningCalls.OneOfEightAsync(_ => portal.As("admin").PostAsync($"/api/projects/{id}/archive"));
        Assert.Equal(1, await portal.AuditedAsync(id, "project_archived"));
    }

    [Fact]
    public async Task An_archived_project_can_be_read_and_takes_no_changes()
    {
        var id = await portal.NewProjectAsync();
        var milestone = await portal.NewMilestoneAsync(id);
        var task = await portal.NewTaskAsync(id);
        var other = await portal.NewTaskAsync(id, "Other");
        var template = (
            await portal.As("admin").PostAsync(
                "/api/milestone-templates", new { name = "T", items = new[] { new { name = "M" } } })).Expect(201);
        (await portal.As("admin").PostAsync($"/api/projects/{id}/archive")).Expect(200);

        var (admin, agency, me) = (portal.As("admin"), portal.As("agency"), TestPeople.UserId("agency"));
        Answer[] refused =
        [
            await admin.EditAsync($"/api/projects/{id}", new { name = "x" }, await admin.FetchAsync($"/api/projects/{id}")),
            await admin.SetAsync($"/api/projects/{id}/members/{TestPeople.UserId("client")}"),
            await admin.DropAsync($"/api/projects/{id}/members/{me}"),
            await admin.PostAsync($"/api/projects/{id}/apply-template", new { templateId = template.Id, startDate = "2026-03-02" }),
            await admin.PostAsync("/api/milestones", new { projectId = id, name = "x" }),
            await admin.EditAsync($"/api/milestones/{milestone.Id}", new { name = "x" }, milestone),
            await agency.EditAsync($"/api/milestones/{milestone.Id}/dates", new { dueDate = "2026-03-02" }, milestone),
            await agency.PostAsync($"/api/milestones/{milestone.Id}/status", new { status = "done" }),
            await admin.DropAsync($"/api/milestones/{milestone.Id}", milestone),
            await agency.PostAsync("/api/tasks", new { projectId = id, title = "x" }),
            await agency.PostAsync($"/api/tasks/{task.Id}/duplicate"),
            await agency.EditAsync($"/api/tasks/{task.Id}", new { title = "x" }, task),
            await agency.PostAsync($"/api/tasks/{task.Id}/status", new { status = "done" }),
            await agency.DropAsync($"/api/tasks/{task.Id}", task),
            await agency.SetAsync($"/api/tasks/{task.Id}/assignees/{me}"),
            await agency.DropAsync($"/api/tasks/{task.Id}/assignees/{me}"),
            await agency.SetAsync($"/api/tasks/{task.Id}/watchers/{me}"),
            await agency.DropAsync($"/api/tasks/{task.Id}/watchers/{me}"),
            await agency.SetAsync($"/api/tasks/{task.Id}/dependencies/{other.Id}"),
            await agency.DropAsync($"/api/tasks/{task.Id}/dependencies/{other.Id}"),
        ];
        Assert.All(refused, a => Assert.Equal("project-archived", a.Expect(409).ProblemType));
        var bulk = (await agency.PostAsync("/api/tasks/bulk-status", new { ids = new[] { task.Id }, status = "done" })).Expect(409);
        Assert.Equal("project-archived", bulk.Field("errors")[0]!["rule"]!.ToString());
        Assert.Equal("pending", (await agency.FetchAsync($"/api/tasks/{task.Id}")).Expect(200).Text("status"));
    }
}
