using Microsoft.Extensions.DependencyInjection;
using Portal.Events;
using Portal.Foundation.Identity;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>Read models are what the events say, after any history, and can be made again from nothing.</summary>
public sealed class ReadModelTests(TestPortal portal) : IClassFixture<TestPortal>
{
    private static readonly TenantId Tenant = new(TestPeople.Tenant);

    [Fact]
    public async Task They_equal_what_is_made_again_from_the_events_and_what_the_rows_say()
    {
        var project = await HistoryAsync();
        var rebuilt = await RebuildAsync();
        Assert.Empty(rebuilt.Wrong);
        Assert.True(rebuilt.Events > 30, $"{rebuilt.Events}");
        Assert.True(rebuilt.Rows > 5, $"{rebuilt.Rows}");

        // And both are the truth of the rows.
        Assert.Empty(await portal.ListAsync("""
            select p.project_id || ': ' || p.tasks || ', ' || p.done from portal.project_progress p
             where p.tenant_id = @tenant
               and (p.tasks, p.done) <> (select count(*), count(*) filter (where t.status = 'done') from portal.tasks t
                  where t.tenant_id = p.tenant_id and t.project_id = p.project_id)
            """, new { tenant = TestPeople.Tenant }));
        Assert.Empty(await portal.ListAsync("""
            select c.user_id || ': ' || c.unread from portal.unread_counts c
             where c.tenant_id = @tenant
               and c.unread <> (select count(*) from portal.notifications n where n.tenant_id = c.tenant_id and n.user_id = c.user_id
                  and n.read_at is null)
            """, new { tenant = TestPeople.Tenant }));
        Assert.Equal(
            "5, 2", await portal.ScalarAsync<string>(
                "select tasks || ', ' || done from portal.project_progress where project_id = @project", new { project }));
    }

    [Fact]
    public async Task What_is_wrong_is_named_and_put_right_and_nothing_else_is_touched()
    {
        var project = await HistoryAsync();
        await portal.DoAsync("""
            update portal.project_progress set done = done + 7 where project_id = @project;
            delete from portal.unread_counts where user_id = @user;
            """, new { project, user = TestPeople.UserId("crew1") });

        var wrong = (await RebuildAsync()).Wrong;
        Assert.Equal(["project_progress", "unread_counts"], wrong.Select(w => w.Model).Order());
        Assert.Equal([project, TestPeople.UserId("crew1")], wrong.OrderBy(w => w.Model).Select(w => w.Key));
        Assert.Equal(("(5, 9)", "(5, 2)"), (wrong.Single(w => w.Key == project).Was, wrong.Single(w => w.Key == project).Is));
        Assert.Empty((await RebuildAsync()).Wrong);
    }

    [Fact]
    public async Task What_is_counted_adds_up_from_one_run_to_the_next()
    {
        var (project, empty) = (await portal.NewProjectAsync(), await portal.NewProjectAsync("Nothing yet"));
        await portal.DeliverAsync();
        var unread = await UnreadAsync();
        for (var day = 1; day <= 3; day++)
        {
            var task = (await portal.NewTaskAsync(project, more: new { watcherIds = new[] { TestPeople.UserId("crew3") } })).Id;
            (await portal.MoveTaskAsync(task, "done")).Expect(200);
            await portal.DeliverAsync();
            Assert.Equal($"{day}, {day}", await ProgressAsync(project));
        }

        await portal.NewTaskAsync(project);
        await portal.DeliverAsync();
        foreach (var person in new[] { "agency", "admin" })
        {
            Assert.Equal(("4", "3", "75"), await ToldAsync(person, project));
            Assert.Equal(("0", "0", "0"), await ToldAsync(person, empty));
        }

        Assert.Equal(
            await portal.ScalarAsync<long>(
                "select count(*) from portal.notifications where user_id = @user and read_at is null",
                new { user = TestPeople.UserId("crew3") }), await UnreadAsync());
        Assert.True(await UnreadAsync() >= unread + 3);

        async Task<(string Tasks, string Done, string Percent)> ToldAsync(string person, Guid of)
        {
            var told = (await portal.As(person).FetchAsync($"/api/projects/{of}/progress")).Expect(200);
            return (told.Text("tasks"), told.Text("done"), told.Text("percent"));
        }

        Task<int> UnreadAsync() => portal.ScalarAsync<int>(
            "select coalesce(sum(unread), 0)::int from portal.unread_counts where user_id = @user",
            new { user = TestPeople.UserId("crew3") });
    }

    [Fact]
    public async Task What_no_event_gives_a_reason_for_is_taken_away()
    {
        var project = await portal.NewProjectAsync();
        await portal.DeliverAsync();
        var user = await portal.ScalarAsync<Guid>("""
            with added as (
                insert into portal.project_progress (tenant_id, project_id, tasks, done) values (@tenant, @project, 3, 1))
            insert into portal.unread_counts (tenant_id, user_id, unread)
            select u.tenant_id, u.id, 4 from portal.users u
             where u.tenant_id = @tenant and not exists (select 1 from portal.unread_counts c where c.user_id = u.id) limit 1
            returning user_id
            """, new { tenant = TestPeople.Tenant, project });

        var wrong = (await RebuildAsync()).Wrong.ToDictionary(row => row.Key, row => (row.Model, row.Was, row.Is));
        Assert.Equal(("project_progress", "(3, 1)", "(0, 0)"), wrong[project]);
        Assert.Equal(("unread_counts", "4", "0"), wrong[user]);
        Assert.Equal(0, await portal.ScalarAsync<long>("""
            select (select count(*) from portal.project_progress where project_id = @project)
                 + (select count(*) from portal.unread_counts where user_id = @user)
            """, new { project, user }));
    }

    [Fact]
    public async Task Events_that_are_not_routed_yet_are_not_counted_twice()
    {
        var project = await portal.NewProjectAsync();
        await portal.NewTaskAsync(project);
        Assert.DoesNotContain((await RebuildAsync()).Wrong, w => w.Key == project);
        await portal.DeliverAsync();
        Assert.Empty((await RebuildAsync()).Wrong);
        Assert.Equal(
            1, await portal.ScalarAsync<int>("select tasks from portal.project_progress where project_id = @project", new { project }));
    }

    [Fact]
    public async Task Analytics_equal_the_events_rolled_up_or_not_and_late_and_are_put_right()
    {
        var project = await HistoryAsync();
        await portal.Host.RunTimerAsync("RollupAnalytics");
        Assert.Empty((await RebuildAsync()).Wrong);
        var sums = await SumsAsync();
        Assert.Contains($"month tasks_completed {project} 4 4", sums.Select(s => s[..s.LastIndexOf('|')]));

        // Some rolled up, some not yet, and one that tells of a month ago.
        await portal.NewTaskAsync(project);
        await portal.DoAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (gen_random_uuid(), @tenant, 'upload_job', gen_random_uuid(), 'asset_uploaded',
            jsonb_build_object('projectId', @project), @now - interval '31 days')
            """, new { tenant = TestPeople.Tenant, project, now = portal.Clock.GetUtcNow() });

        await portal.DeliverAsync();
        Assert.Empty((await RebuildAsync()).Wrong);
        await portal.Host.RunTimerAsync("RollupAnalytics");
        Assert.Empty((await RebuildAsync()).Wrong);

        await portal.DoAsync("""
            update portal.analytics_rollups set events = events + 1 where grain = 'day' and metric = 'tasks_completed'
               and project_id = @project;
            delete from portal.analytics_rollups where grain = 'month' and metric = 'comments';
            """, new { project });

        var before = await SumsAsync();
        Assert.Equal(["(5, 4)"], (await RebuildAsync()).Wrong.Where(w => w.Key == project).Select(w => w.Was));
        Assert.NotEqual(before, await SumsAsync());
        Assert.Empty((await RebuildAsync()).Wrong);
    }

    private Task<string> ProgressAsync(Guid project) => portal.ScalarAsync<string>(
        "select tasks || ', ' || done from portal.project_progress where project_id = @project", new { project });

    private Task<IReadOnlyList<string>> SumsAsync() => portal.ListAsync("""
        select concat_ws(' ', grain, metric, project_id, events, amount) || '|' || bucket_start from portal.analytics_rollups
           where tenant_id = @tenant order by 1
        """, new { tenant = TestPeople.Tenant });

    private Task<Rebuilt> RebuildAsync() =>
        portal.Host.Services.GetRequiredService<RebuildReadModels>().RunAsync(Tenant, CancellationToken.None);

    /// <summary>A project with tasks made, moved there and back, and deleted, and people who read some of what they were told.</summary>
    private async Task<Guid> HistoryAsync()
    {
        var project = await portal.NewProjectAsync();
        var template = (
            await portal.As("admin").PostAsync(
                "/api/milestone-templates",
                new
                {
                    name = $"T {project}",
                    items = new[] { new { name = "M", tasks = new[] { new { title = "a" }, new { title = "b" } } } },
                })).Expect(201);
        (
            await portal.As("admin").PostAsync(
                $"/api/projects/{project}/apply-template", new { templateId = template.Id, startDate = "2026-04-01" })).Expect(201);
        var tasks = new List<Guid>();
        for (var i = 0; i < 4; i++)
        {
            tasks.Add(
                (
                    await portal.NewTaskAsync(
                        project, more: new { watcherIds = new[] { TestPeople.UserId("crew1"), TestPeople.UserId("crew2") } })).Id);
        }

        foreach (var (task, status) in new[] { (0, "done"), (0, "in_progress"), (0, "done"), (1, "in_progress"), (1, "done"), (2, "done"),
            (2, "in_progress") })
        {
            (await portal.MoveTaskAsync(tasks[task], status)).Expect(200);
        }

        var last = await portal.As("agency").FetchAsync($"/api/tasks/{tasks[3]}");
        (await portal.As("agency").DropAsync($"/api/tasks/{tasks[3]}", last)).Expect(204);
        await portal.DeliverAsync();
        var told = (
            await portal.As("crew1").FetchAsync("/api/notifications?limit=200")).Field("items").AsArray().Select(n =>
                n!["id"]!.ToString()).ToList();
        (await portal.As("crew1").PostAsync($"/api/notifications/{told[0]}/read")).Expect(200);
        (await portal.As("crew1").PostAsync($"/api/notifications/{told[1]}/read")).Expect(200);
        (await portal.As("crew1").PostAsync($"/api/notifications/{told[1]}/unread")).Expect(200);
        (await portal.As("crew2").PostAsync("/api/notifications/read-all")).Expect(200);
        await portal.DeliverAsync();
        return project;
    }
}
