using System.Globalization;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>Lists of tasks: each filter, each order, and pages that keep their place.</summary>
public sealed class TaskListTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly Guid Me = TestPeople.UserId("agency");
    private static readonly Guid Crew = TestPeople.UserId("crew3");
    private Guid project;
    private Guid milestone;
    private string list = "";

    public async Task InitializeAsync()
    {
        project = await portal.NewProjectAsync();
        milestone = (await portal.NewMilestoneAsync(project)).Id;
        list = $"/api/tasks?projectId={project}";
        await portal.NewTaskAsync(project, "beta", new { priority = "low", dueDate = Day(3), assigneeIds = new[] { Me } });
        await portal.PlaceTaskAsync(
            (
                await portal.NewTaskAsync(
                    project, "Alpha",
                    new { priority = "urgent", dueDate = Day(-3), milestoneId = milestone, watcherIds = new[] { Crew } })).Id, "blocked");
        await portal.PlaceTaskAsync(
            (await portal.NewTaskAsync(project, "gamma ray", new { dueDate = Day(-9), assigneeIds = new[] { Me, Crew } })).Id, "done");
        await portal.NewTaskAsync(project, "Delta", new { priority = "urgent", milestoneId = milestone });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("", "Delta,gamma ray,Alpha,beta")]
    [InlineData("sort=newest", "Delta,gamma ray,Alpha,beta")]
    [InlineData("sort=due", "gamma ray,Alpha,beta,Delta")]
    [InlineData("sort=priority", "Delta,Alpha,gamma ray,beta")]
    [InlineData("sort=title", "Alpha,beta,Delta,gamma ray")]
    [InlineData("sort=title&status=pending", "beta,Delta")]
    [InlineData("sort=title&status=blocked,done", "Alpha,gamma ray")]
    [InlineData("sort=title&status=blocked&status=done", "Alpha,gamma ray")]
    [InlineData("sort=title&priority=urgent,low", "Alpha,beta,Delta")]
    [InlineData("sort=title&q=A%20R", "gamma ray")]
    [InlineData("sort=title&q=%25", "")]
    [InlineData("sort=title&overdue=true", "Alpha")]
    [InlineData("sort=title&overdue=false", "Alpha,beta,Delta,gamma ray")]
    public async Task Tasks_are_filtered_and_ordered(string query, string titles) => Assert.Equal(titles, await TitlesAsync(query));

    [Fact]
    public async Task By_person_milestone_and_days()
    {
        Assert.Equal("beta,gamma ray", await TitlesAsync($"sort=title&assigneeId={Me}"));
        Assert.Equal("gamma ray", await TitlesAsync($"sort=title&assigneeId={Crew}"));
        Assert.Equal("Alpha", await TitlesAsync($"sort=title&watcherId={Crew}"));
        Assert.Equal("Alpha,Delta", await TitlesAsync($"sort=title&milestoneId={milestone}"));
        Assert.Equal("gamma ray", await TitlesAsync($"sort=title&dueBefore={Day(-3)}"));
        Assert.Equal("beta", await TitlesAsync($"sort=title&dueAfter={Day(-3)}"));
        Assert.Equal("Alpha", await TitlesAsync($"sort=title&dueAfter={Day(-9)}&dueBefore={Day(3)}"));
        Assert.Equal("", await TitlesAsync($"assigneeId={Guid.NewGuid()}"));
    }

    [Fact]
    public async Task Today_is_the_tenants_day()
    {
        await portal.DoAsync("update portal.tenants set time_zone = 'Australia/Brisbane' where id = @id", new { id = TestPeople.Tenant });

        // Ten hours ahead of UTC: the next day begins at 14:00.
        var day = portal.Clock.GetUtcNow().UtcDateTime.Date.AddDays(1);
        var task = await portal.NewTaskAsync(project, "Today", new { dueDate = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) });
        portal.Clock.AdvanceTo(new DateTimeOffset(day.AddHours(14).AddMinutes(-1), TimeSpan.Zero));
        Assert.DoesNotContain("Today", await TitlesAsync("overdue=true"), StringComparison.Ordinal);
        portal.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Contains("Today", await TitlesAsync("overdue=true"), StringComparison.Ordinal);
        (await portal.MoveTaskAsync(task.Id, "done")).Expect(200);
        Assert.DoesNotContain("Today", await TitlesAsync("overdue=true"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("newest")]
    [InlineData("due")]
    [InlineData("priority")]
    [InlineData("title")]
    public async Task Pages_show_each_row_once_while_others_add(string sort)
    {
        for (var i = 0; i < 9; i++)
        {
            // Many equal keys: only the id keeps them apart.
            await portal.NewTaskAsync(
                project, i % 2 == 0 ? "Same title" : "same TITLE", new { priority = "high", dueDate = i % 3 == 0 ? null : Day(5) });
        }

        var whole = (await portal.As("agency").FetchAsync($"{list}&sort={sort}&limit=200")).Column("id");
        Assert.Equal(13, whole.Count);
        var walked = await portal.As("agency").WalkAsync(
            $"{list}&sort={sort}", "id", 4, async () =>
                await portal.NewTaskAsync(project, "aaa", new { priority = "urgent", dueDate = Day(-400) }));
        Assert.Equal(whole, walked.Where(whole.Contains));
        Assert.Equal(walked.Count, walked.Distinct().Count());
    }

    [Fact]
    public async Task A_cursor_of_another_order_does_not_fit()
    {
        var cursor = (await portal.As("agency").FetchAsync($"{list}&sort=due&limit=1")).Text("nextCursor");
        foreach (var sort in new[] { "newest", "priority", "title" })
        {
            Assert.Equal(
                "?cursor", (
                    await portal.As("agency").FetchAsync(
                        $"{list}&sort={sort}&limit=1&cursor={cursor}")).Expect(400).Field("errors")[0]!["pointer"]!.ToString());
        }
    }

    [Fact]
    public async Task A_question_that_makes_no_sense_is_refused_whole()
    {
        var refused = (
            await portal.As("agency").FetchAsync(
                "/api/tasks?status=lost&assigneeId=me&dueBefore=tomorrow&sort=colour&limit=500&size=big")).Expect(400);
        Assert.Equal(
            [
                "?assigneeId", "?dueBefore", "?limit", "?size", "?sort", "?status"
            ], refused.Field("errors").AsArray().Select(e => e!["pointer"]!.ToString()).Order());
    }

    private async Task<string> TitlesAsync(string query) =>
        string.Join(',', (await portal.As("agency").FetchAsync($"{list}&{query}")).Column("title"));

    private string Day(int offset) => portal.Clock.GetUtcNow().AddDays(offset).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
