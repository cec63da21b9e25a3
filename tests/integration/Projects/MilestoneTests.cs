using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

public sealed class MilestoneTests(TestPortal portal) : IClassFixture<TestPortal>
{
    private static readonly string[] Statuses = ["planned", "in_progress", "done"];
    private static readonly HashSet<(string From, string To)> Legal =
        [("planned", "in_progress"), ("in_progress", "planned"), ("in_progress", "done"), ("done", "in_progress"), ("planned", "done")];

    [Fact]
    public async Task An_admin_makes_one_and_everybody_in_the_project_reads_it()
    {
        var project = await portal.NewProjectAsync();
        (await portal.As("admin").SetAsync($"/api/projects/{project}/members/{TestPeople.UserId("client")}")).Expect(200);
        var made = (
            await portal.As("admin").PostAsync(
                "/api/milestones",
                new { projectId = project, name = "Cut", startDate = "2026-03-02", dueDate = "2026-03-09" })).Expect(201);
        Assert.Equal($"/api/milestones/{made.Id}", made.Headers.Location!.ToString());
        var read = (await portal.As("agency").FetchAsync($"/api/milestones/{made.Id}")).Expect(200);
        Assert.Equal(
            ("planned", "2026-03-02", "2026-03-09", "0"), (
                read.Text("status"), read.Text("startDate"), read.Text("dueDate"), read.Text("tasks")));
        await portal.NewTaskAsync(project, more: new { milestoneId = made.Id });
        await portal.PlaceTaskAsync((await portal.NewTaskAsync(project, more: new { milestoneId = made.Id })).Id, "done");
        var counted = (await portal.As("agency").FetchAsync($"/api/milestones/{made.Id}")).Expect(200);
        Assert.Equal(("2", "1"), (counted.Text("tasks"), counted.Text("openTasks")));
        var client = (await portal.As("client").FetchAsync($"/api/milestones/{made.Id}")).Expect(200);
        Assert.Null(client.Json!["tasks"]);
        Assert.Null(client.Json!["openTasks"]);
        (await portal.As("agency").PostAsync("/api/milestones", new { projectId = project, name = "Cut" })).Expect(403);
        (await portal.As("admin").PostAsync("/api/milestones", new { projectId = Guid.NewGuid(), name = "Cut" })).Expect(404);
    }

    [Fact]
    public async Task Whoever_is_not_in_the_project_does_not_see_it()
    {
        var project = (await portal.As("admin").PostAsync("/api/projects", new { name = "Alone" })).Expect(201).Id;
        var milestone = await portal.NewMilestoneAsync(project);
        (await portal.As("agency").FetchAsync($"/api/milestones/{milestone.Id}")).Expect(404);
        (await portal.As("client").FetchAsync($"/api/milestones/{milestone.Id}")).Expect(404);
        (await portal.As("agency").PostAsync($"/api/milestones/{milestone.Id}/status", new { status = "done" })).Expect(404);
        (
            await portal.As("agency").EditAsync(
                $"/api/milestones/{milestone.Id}/dates", new { dueDate = "2026-03-02" }, milestone)).Expect(404);
        Assert.Empty((await portal.As("agency").FetchAsync($"/api/milestones?projectId={project}")).Column("id"));
        (await portal.As("compliance").FetchAsync($"/api/milestones/{milestone.Id}")).Expect(403);
    }

    [Fact]
    public async Task Agency_people_change_the_dates_and_nothing_else()
    {
        var made = await portal.NewMilestoneAsync(await portal.NewProjectAsync());
        (await portal.As("agency").EditAsync($"/api/milestones/{made.Id}", new { name = "Mine" }, made)).Expect(403);
        Assert.Equal(
            "/name", (
                await portal.As("agency").EditAsync(
                    $"/api/milestones/{made.Id}/dates", new { name = "Mine" },
                    made)).Expect(400).Field("errors")[0]!["pointer"]!.ToString());
        var dated = (
            await portal.As("agency").EditAsync(
                $"/api/milestones/{made.Id}/dates", new { startDate = "2026-03-02", dueDate = "2026-03-09" }, made)).Expect(200);
        Assert.Equal(("2026-03-09", "2"), (dated.Text("dueDate"), dated.Text("version")));
        (await portal.As("agency").EditAsync($"/api/milestones/{made.Id}/dates", new { dueDate = "2026-04-01" }, made)).Expect(412);
        Assert.Equal("/dueDate", (
            await portal.As("agency").EditAsync($"/api/milestones/{made.Id}/dates", new { dueDate = "2026-03-01" }, dated)).Expect(400)
            .Field("errors")[0]!["pointer"]!.ToString());
        var ofOneDay = (
            await portal.As("agency").EditAsync($"/api/milestones/{made.Id}/dates", new { dueDate = "2026-03-02" }, dated)).Expect(200);
        Assert.Equal(("2026-03-02", "2026-03-02"), (ofOneDay.Text("startDate"), ofOneDay.Text("dueDate")));
        var admin = (
            await portal.As("admin").EditAsync(
                $"/api/milestones/{made.Id}", new { name = "Fine cut", description = "With sound", dueDate = (string?)null },
                ofOneDay)).Expect(200);
        Assert.Equal(
            ("Fine cut", "With sound", "2026-03-02"), (admin.Text("name"), admin.Text("description"), admin.Text("startDate")));
        Assert.Null(admin.Json!["dueDate"]);
    }

    [Theory]
    [InlineData("2026-03-02", "2026-03-01", 400)]
    [InlineData("2026-03-02", "2026-03-02", 201)]
    [InlineData("2026-03-02", "2026-03-03", 201)]
    [InlineData(null, "2026-03-01", 201)]
    [InlineData("2026-03-02", null, 201)]
    public async Task One_may_be_of_one_day_but_is_not_due_before_it_starts(string? startDate, string? dueDate, int status)
    {
        var answer = (
            await portal.As("admin").PostAsync(
                "/api/milestones",
                new { projectId = await portal.NewProjectAsync(), name = "Cut", startDate, dueDate })).Expect(status);
        if (status == 400)
        {
            Assert.Equal("/dueDate", answer.Field("errors")[0]!["pointer"]!.ToString());
        }
    }

    [Fact]
    public async Task Every_move_of_the_table_is_made_and_every_other_refused_by_name()
    {
        var made = await portal.NewMilestoneAsync(await portal.NewProjectAsync());
        await using var connection = await portal.OpenAsync();
        foreach (var (from, to) in Statuses.SelectMany(f => Statuses.Select(t => (f, t))))
        {
            await connection.ExecuteAsync("update portal.milestones set status = @from where id = @id", new { id = made.Id, from });
            var answer = await portal.As("agency").PostAsync($"/api/milestones/{made.Id}/status", new { status = to });
            if (Legal.Contains((from, to)))
            {
                Assert.Equal(to, answer.Expect(200).Text("status"));
            }
            else
            {
                Assert.Equal("illegal-move", answer.Expect(409).ProblemType);
                Assert.Contains($"is {from} and", answer.Text("detail"), StringComparison.Ordinal);
            }
        }

        Assert.Equal(Legal.Count, await portal.AuditedAsync(made.Id, "milestone_status_changed"));
    }

    [Fact]
    public async Task Eight_at_once_have_one_winner()
    {
        var made = await portal.NewMilestoneAsync(await portal.NewProjectAsync());
        await PlanningCalls.OneOfEightAsync(
            _ => portal.As("agency").PostAsync($"/api/milestones/{made.Id}/status", new { status = "done" }));
        Assert.Equal(1, await portal.EventsAsync(made.Id, "milestone_status_changed"));
    }

    [Fact]
    public async Task One_with_tasks_is_not_deleted()
    {
        var project = await portal.NewProjectAsync();
        var made = await portal.NewMilestoneAsync(project);
        var task = await portal.NewTaskAsync(project, more: new { milestoneId = made.Id });
        (await portal.As("agency").DropAsync($"/api/milestones/{made.Id}", made)).Expect(403);
        (await portal.As("admin").DropAsync($"/api/milestones/{made.Id}")).Expect(428);
        Assert.Equal(
            "milestone-has-tasks", (await portal.As("admin").DropAsync($"/api/milestones/{made.Id}", made)).Expect(409).ProblemType);
        (await portal.As("agency").EditAsync($"/api/tasks/{task.Id}", new { milestoneId = (Guid?)null }, task)).Expect(200);
        (await portal.As("admin").DropAsync($"/api/milestones/{made.Id}", made)).Expect(204);
        (await portal.As("admin").FetchAsync($"/api/milestones/{made.Id}")).Expect(404);
        Assert.Equal(1, await portal.AuditedAsync(made.Id, "milestone_deleted"));
    }

    [Fact]
    public async Task They_are_listed_by_due_date_and_pages_keep_their_order()
    {
        var project = await portal.NewProjectAsync();
        foreach (var (name, due) in new (string, string?)[] { ("c", "2026-05-01"), ("none", null), ("a", "2026-03-01"),
            ("b", "2026-04-01") })
        {
            await portal.NewMilestoneAsync(project, name, due);
        }

        var list = $"/api/milestones?projectId={project}";
        Assert.Equal(
            ["a", "b", "c", "none"], await portal.As("agency").WalkAsync(
                list, "name", 1, () => portal.NewMilestoneAsync(project, "early", "2026-01-01")));
        Assert.Equal(
            ["a", "b"], (
                await portal.As("agency").FetchAsync($"{list}&dueBefore=2026-05-01&limit=100")).Column("name").Where(n => n != "early"));
        Assert.Empty((await portal.As("agency").FetchAsync($"{list}&status=done,in_progress")).Column("name"));
    }
}
