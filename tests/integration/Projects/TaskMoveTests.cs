using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>The status of tasks: one, many, and what they wait for.</summary>
public sealed class TaskMoveTests(TestPortal portal) : IClassFixture<TestPortal>
{
    private static readonly string[] Statuses = ["pending", "in_progress", "blocked", "done"];
    private static readonly HashSet<(string From, string To)> Legal =
    [
        ("pending", "in_progress"), ("in_progress", "pending"), ("in_progress", "blocked"), ("blocked", "in_progress"),
        ("pending", "done"), ("in_progress", "done"), ("blocked", "done"), ("done", "in_progress"),
    ];

    [Fact]
    public async Task Every_move_of_the_table_is_made_and_every_other_refused_by_name()
    {
        var task = await portal.NewTaskAsync(await portal.NewProjectAsync());
        foreach (var (from, to) in Statuses.SelectMany(f => Statuses.Select(t => (f, t))))
        {
            await portal.PlaceTaskAsync(task.Id, from);
            var answer = await portal.MoveTaskAsync(task.Id, to);
            if (Legal.Contains((from, to)))
            {
                Assert.Equal(to, answer.Expect(200).Text("status"));
                Assert.Equal(to == "done", answer.Json!["doneAt"] is not null);
            }
            else
            {
                Assert.Equal("illegal-move", answer.Expect(409).ProblemType);
                Assert.Contains($"is {from} and", answer.Text("detail"), StringComparison.Ordinal);
                Assert.Equal(from, (await portal.As("agency").FetchAsync($"/api/tasks/{task.Id}")).Text("status"));
            }
        }

        Assert.Equal(Legal.Count, await portal.AuditedAsync(task.Id, "task_status_changed"));
    }

    [Fact]
    public async Task A_move_leaves_an_event_for_the_watchers()
    {
        var task = await portal.NewTaskAsync(
            await portal.NewProjectAsync(), more: new { watcherIds = new[] { TestPeople.UserId("crew2") } });
        (await portal.MoveTaskAsync(task.Id, "in_progress")).Expect(200);
        var payload = JsonNode.Parse(await portal.ScalarAsync<string>(
            "select payload::text from portal.events where aggregate_id = @id and type = 'task_status_changed'", new { id = task.Id }))!;
        Assert.Equal(
            ("in_progress", "pending", $"{TestPeople.UserId("crew2")}"), (
                payload["status"]!.ToString(), payload["previous"]!.ToString(), payload["watcherIds"]![0]!.ToString()));
    }

    [Theory]
    [InlineData("pending", "in_progress")]
    [InlineData("blocked", "done")]
    public async Task Eight_at_once_have_one_winner(string from, string to)
    {
        var task = await portal.NewTaskAsync(await portal.NewProjectAsync());
        await portal.PlaceTaskAsync(task.Id, from);
        await PlanningCalls.OneOfEightAsync(_ => portal.MoveTaskAsync(task.Id, to));
        Assert.Equal(
            (1L, 1L), (
                await portal.AuditedAsync(task.Id, "task_status_changed"), await portal.EventsAsync(task.Id, "task_status_changed")));
    }

    [Fact]
    public async Task A_task_is_done_after_those_it_depends_on()
    {
        var project = await portal.NewProjectAsync();
        var (first, second) = (await portal.NewTaskAsync(project, "First"), await portal.NewTaskAsync(project, "Second"));
        (await portal.As("agency").SetAsync($"/api/tasks/{second.Id}/dependencies/{first.Id}")).Expect(200);
        (await portal.MoveTaskAsync(second.Id, "in_progress")).Expect(200);
        var refused = (await portal.MoveTaskAsync(second.Id, "done")).Expect(409);
        Assert.Equal("dependencies-unfinished", refused.ProblemType);
        Assert.Contains("is in_progress and", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Contains($"{first.Id}", refused.Text("detail"), StringComparison.Ordinal);
        (await portal.MoveTaskAsync(first.Id, "done")).Expect(200);
        (await portal.MoveTaskAsync(second.Id, "done")).Expect(200);
        (await portal.MoveTaskAsync(first.Id, "in_progress")).Expect(200);
        Assert.Equal("done", (await portal.As("agency").FetchAsync($"/api/tasks/{second.Id}")).Text("status"));
    }

    [Fact]
    public async Task Many_are_moved_at_once_in_the_order_asked_for()
    {
        var (one, two) = (
            await portal.NewTaskAsync(
                await portal.NewProjectAsync(), "One"), await portal.NewTaskAsync(await portal.NewProjectAsync(), "Two"));
        var moved = (await BulkAsync([two.Id, one.Id], "in_progress")).Expect(200);
        Assert.Equal(["Two", "One"], moved.Column("title"));
        Assert.All(moved.Column("status"), s => Assert.Equal("in_progress", s));
        Assert.Equal(
            (1L, 1L), (await portal.EventsAsync(one.Id, "task_status_changed"), await portal.EventsAsync(two.Id, "task_status_changed")));
    }

    [Fact]
    public async Task One_that_cannot_be_moved_stops_all_and_each_is_named()
    {
        var project = await portal.NewProjectAsync();
        var (good, wrong, waiting, first) = (
            await portal.NewTaskAsync(project), await portal.NewTaskAsync(project), await portal.NewTaskAsync(project),
            await portal.NewTaskAsync(project));
        await portal.PlaceTaskAsync(wrong.Id, "done");
        (await portal.As("agency").SetAsync($"/api/tasks/{waiting.Id}/dependencies/{first.Id}")).Expect(200);
        var refused = (await BulkAsync([good.Id, wrong.Id, waiting.Id, Guid.NewGuid()], "done")).Expect(409);
        Assert.Equal("bulk-refused", refused.ProblemType);
        Assert.Equal(
            ["/ids/1 illegal-move", "/ids/2 dependencies-unfinished", "/ids/3 not-found"],
            refused.Field("errors").AsArray().Select(e => $"{e!["pointer"]} {e["rule"]}"));
        Assert.Contains("is done and", refused.Field("errors")[0]!["message"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("pending", (await portal.As("agency").FetchAsync($"/api/tasks/{good.Id}")).Text("status"));
        Assert.Equal(0, await portal.AuditedAsync(good.Id, "task_status_changed"));

        // Together they may: nothing is left unfinished that one of them waits for.
        (await BulkAsync([waiting.Id, first.Id], "done")).Expect(200);
    }

    [Fact]
    public async Task Eight_who_move_the_same_many_in_any_order_have_one_winner()
    {
        var project = await portal.NewProjectAsync();
        var ids = new List<Guid>();
        for (var i = 0; i < 6; i++)
        {
            ids.Add((await portal.NewTaskAsync(project, $"Task {i}")).Id);
        }

        await PlanningCalls.OneOfEightAsync(n => BulkAsync(n % 2 == 0 ? ids : [.. Enumerable.Reverse(ids)], "in_progress"));
        Assert.Equal(6, await portal.ScalarAsync<long>(
            "select count(*) from portal.audit_log where action = 'task_status_changed' and entity_id = any(@ids)", new { ids }));
    }

    [Fact]
    public async Task At_most_a_hundred_different_ones_at_once()
    {
        (await BulkAsync([], "done")).Expect(400);
        (await BulkAsync([.. Enumerable.Range(0, 101).Select(_ => Guid.NewGuid())], "done")).Expect(400);
        var twice = Guid.NewGuid();
        (await BulkAsync([twice, twice], "done")).Expect(400);
        Assert.Equal(
            100, (
                await BulkAsync(
                    [.. Enumerable.Range(0, 100).Select(_ => Guid.NewGuid())], "done")).Expect(409).Field("errors").AsArray().Count);
    }

    private Task<Answer> BulkAsync(IReadOnlyList<Guid> ids, string status) =>
        portal.As("agency").PostAsync("/api/tasks/bulk-status", new { ids, status });
}
