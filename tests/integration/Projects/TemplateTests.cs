using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>Milestone templates, their versions, and what applying one makes.</summary>
public sealed class TemplateTests(TestPortal portal) : IClassFixture<TestPortal>
{
    private static readonly object[] Items =
    [
        new
        {
            name = "Rough cut", startDay = 0, dueDay = 7,
            tasks = new object[] { new { title = "Ingest", dueDay = 1 }, new { title = "Assemble", dueDay = 6, priority = "high" } },
        },
        new { name = "Delivery", dueDay = 30, tasks = new object[] { new { title = "Export" } } },
        new { name = "Wrap", tasks = Array.Empty<object>() },
    ];

    [Fact]
    public async Task An_edit_makes_the_next_version_and_the_last_one_stays()
    {
        var made = await NewAsync("Film");
        var path = $"/api/milestone-templates/{made.Id}";
        var edited = (
            await portal.As("admin").EditAsync(
                path, new { name = "Short film", items = new[] { new { name = "Only" } } }, made)).Expect(200);
        Assert.Equal(("2", "2", "Short film"), (edited.Text("version"), edited.Text("latestVersion"), edited.Text("name")));
        (await portal.As("admin").EditAsync(path, new { name = "Late" }, made)).Expect(412);

        var first = (await portal.As("agency").FetchAsync($"{path}?version=1")).Expect(200);
        Assert.Equal(
            ("1", "2", "Film", "3"), (
                first.Text("version"), first.Text("latestVersion"), first.Text("name"), $"{first.Field("items").AsArray().Count}"));
        Assert.Equal("high", first.Field("items")[0]!["tasks"]![1]!["priority"]!.ToString());
        Assert.Equal("2", (await portal.As("agency").FetchAsync(path)).Text("version"));
        (await portal.As("agency").FetchAsync($"{path}?version=3")).Expect(404);
        Assert.Equal("2", (await portal.As("admin").EditAsync(path, new { name = "Short film" }, edited)).Expect(200).Text("version"));
    }

    [Fact]
    public async Task Only_admins_make_templates_and_clients_see_none()
    {
        var made = await NewAsync("Admins");
        (await portal.As("agency").PostAsync("/api/milestone-templates", new { name = "x", items = Items })).Expect(403);
        (await portal.As("agency").EditAsync($"/api/milestone-templates/{made.Id}", new { name = "x" }, made)).Expect(403);
        (await portal.As("agency").PostAsync($"/api/milestone-templates/{made.Id}/archive")).Expect(403);
        (await portal.As("client").FetchAsync("/api/milestone-templates")).Expect(403);
    }

    [Fact]
    public async Task Every_broken_rule_is_named_where_it_is()
    {
        var answer = (await portal.As("admin").PostAsync("/api/milestone-templates", new
        {
            name = "x",
            items = new object[] { new { name = "M", startDay = -1 }, new { tasks = new[] { new { title = "", priority = "now" } } } },
        })).Expect(400);
        Assert.Equal(
            ["/items/0/startDay", "/items/1/name", "/items/1/tasks/0/priority", "/items/1/tasks/0/title"],
            answer.Field("errors").AsArray().Select(e => e!["pointer"]!.ToString()).Order());
        var order = (
            await portal.As("admin").PostAsync(
                "/api/milestone-templates",
                new { name = "x", items = new[] { new { name = "M", startDay = 5, dueDay = 4 } } })).Expect(400);
        Assert.Equal("/items/0/dueDay", order.Field("errors")[0]!["pointer"]!.ToString());
        (
            await portal.As("admin").PostAsync(
                "/api/milestone-templates",
                new { name = "Of one day", items = new[] { new { name = "M", startDay = 5, dueDay = 5 } } })).Expect(201);
    }

    [Theory]
    [InlineData(3, 100, null)]
    [InlineData(4, 76, "/items")]
    [InlineData(1, 101, "/items/0/tasks")]
    [InlineData(50, 6, null)]
    [InlineData(51, 0, "/items")]
    public async Task A_template_has_at_most_fifty_milestones_a_hundred_tasks_in_each_and_three_hundred_in_all(
        int milestones, int tasks, string? pointer)
    {
        // One less in the first, so that three hundred and one are refused too.
        var items = Enumerable.Range(0, milestones).Select(m => new
        {
            name = $"M{m}",
            tasks = Enumerable.Range(0, milestones == 4 && m > 0 ? 75 : tasks).Select(t => new { title = $"T{t}" }),
        });
        var answer = await portal.As("admin").PostAsync("/api/milestone-templates", new { name = "Limits", items });
        Assert.Equal(pointer, answer.Expect(pointer is null ? 201 : 400).Json!["errors"]?[0]!["pointer"]!.ToString());
    }

    [Fact]
    public async Task An_archived_template_is_read_but_not_edited_or_applied()
    {
        var made = await NewAsync("Past");
        await PlanningCalls.OneOfEightAsync(_ => portal.As("admin").PostAsync($"/api/milestone-templates/{made.Id}/archive"));
        Assert.Equal(
            "template-archived", (
                await portal.As("admin").EditAsync(
                    $"/api/milestone-templates/{made.Id}", new { name = "x" }, made)).Expect(409).ProblemType);
        Assert.Equal("template-archived", (await ApplyAsync(await portal.NewProjectAsync(), made.Id)).Expect(409).ProblemType);
        Assert.DoesNotContain($"{made.Id}", (await portal.As("admin").FetchAsync("/api/milestone-templates?q=past")).Column("id"));
        Assert.Contains(
            $"{made.Id}", (await portal.As("admin").FetchAsync("/api/milestone-templates?q=past&status=archived")).Column("id"));
        Assert.Contains(
            "is archived", (
                await portal.As("admin").PostAsync(
                    $"/api/milestone-templates/{made.Id}/archive")).Expect(409).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Applying_makes_milestones_and_tasks_with_dates_from_the_start()
    {
        var made = await NewAsync("Seeded");
        var project = await portal.NewProjectAsync();
        var applied = (await ApplyAsync(project, made.Id)).Expect(201);
        Assert.Equal(("1", "2026-03-02"), (applied.Text("templateVersion"), applied.Text("startDate")));

        var milestones = await portal.As("agency").FetchAsync($"/api/milestones?projectId={project}");
        Assert.Equal(["Rough cut", "Delivery", "Wrap"], milestones.Column("name"));
        Assert.Equal(["2026-03-09", "2026-04-01", "null"], milestones.Column("dueDate"));
        Assert.Equal(["2026-03-02", "null", "null"], milestones.Column("startDate"));
        Assert.Equal(["2", "1", "0"], milestones.Column("tasks"));
        Assert.All(milestones.Column("applicationId"), id => Assert.Equal(applied.Text("id"), id));

        var tasks = await portal.As("agency").FetchAsync($"/api/tasks?projectId={project}&sort=due");
        Assert.Equal(["Ingest", "Assemble", "Export"], tasks.Column("title"));
        Assert.Equal(["2026-03-03", "2026-03-08", "null"], tasks.Column("dueDate"));
        Assert.Equal(["normal", "high", "normal"], tasks.Column("priority"));
        Assert.All(tasks.Column("status"), s => Assert.Equal("pending", s));
    }

    [Fact]
    public async Task Applying_leaves_one_audit_entry_and_one_event_with_the_list()
    {
        var made = await NewAsync("Audited");
        var project = await portal.NewProjectAsync();
        var applied = (await ApplyAsync(project, made.Id)).Expect(201);
        var entry = JsonNode.Parse(await portal.ScalarAsync<string>(
            "select new_value::text from portal.audit_log where entity_id = @project and action = 'milestone_template_applied'",
            new { project }))!;
        Assert.Equal(applied.Field("milestoneIds").ToJsonString(), entry["milestoneIds"]!.ToJsonString());
        Assert.Equal(3, entry["taskIds"]!.AsArray().Count);
        Assert.Equal(1, await portal.EventsAsync(project, "milestone_template_applied"));
        Assert.Equal(0, await portal.ScalarAsync<long>("""
            select count(*) from portal.audit_log where action in ('task_created', 'milestone_created')
               and new_value ->> 'projectId' = @project::text
            """, new { project }));
    }

    [Fact]
    public async Task A_second_time_must_be_asked_for_and_eight_at_once_seed_once()
    {
        var made = await NewAsync("Once");
        var project = await portal.NewProjectAsync();
        await PlanningCalls.OneOfEightAsync(_ => ApplyAsync(project, made.Id), won: 201);
        Assert.Equal("template-applied", (await ApplyAsync(project, made.Id)).Expect(409).ProblemType);
        Assert.Equal(3, (await portal.As("admin").FetchAsync($"/api/milestones?projectId={project}")).Column("id").Count);

        (
            await portal.As("admin").EditAsync(
                $"/api/milestone-templates/{made.Id}", new { items = new[] { new { name = "Only" } } }, made)).Expect(200);
        (await ApplyAsync(project, made.Id)).Expect(409);
        Assert.Equal("2", (await ApplyAsync(project, made.Id, again: true)).Expect(201).Text("templateVersion"));
        Assert.Equal(4, (await portal.As("admin").FetchAsync($"/api/milestones?projectId={project}")).Column("id").Count);
        (await ApplyAsync(project, (await NewAsync("Another")).Id)).Expect(201);

        // Elsewhere it is the first time.
        (await ApplyAsync(await portal.NewProjectAsync(), made.Id)).Expect(201);
    }

    [Fact]
    public async Task A_template_of_nobody_seeds_nothing()
    {
        var project = await portal.NewProjectAsync();
        var answer = (await ApplyAsync(project, Guid.NewGuid())).Expect(400);
        Assert.Equal("/templateId", answer.Field("errors")[0]!["pointer"]!.ToString());
        (await ApplyAsync(Guid.NewGuid(), Guid.NewGuid())).Expect(404);
        (
            await portal.As("agency").PostAsync(
                $"/api/projects/{project}/apply-template", new { templateId = Guid.NewGuid(), startDate = "2026-03-02" })).Expect(403);
    }

    private async Task<Answer> NewAsync(string name) =>
        (await portal.As("admin").PostAsync("/api/milestone-templates", new { name, items = Items })).Expect(201);

    private Task<Answer> ApplyAsync(Guid project, Guid template, bool again = false) =>
        portal.As("admin").PostAsync(
            $"/api/projects/{project}/apply-template", new { templateId = template, startDate = "2026-03-02", again });
}
