using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>Making, changing, copying and deleting tasks, and the people on them.</summary>
public sealed class TaskTests(TestPortal portal) : IClassFixture<TestPortal>
{
    private static readonly Guid Me = TestPeople.UserId("agency");
    private static readonly Guid Crew = TestPeople.UserId("crew1");

    [Fact]
    public async Task A_task_is_made_and_read_as_it_was_made()
    {
        var project = await portal.NewProjectAsync();
        var milestone = await portal.NewMilestoneAsync(project);
        var made = await portal.NewTaskAsync(project, "Grade", new
        {
            description = "Warm, not orange",
            priority = "high",
            dueDate = "2026-03-09",
            milestoneId = milestone.Id,
            assigneeIds = new[] { Me, TestPeople.UserId("admin") },
            watcherIds = new[] { Crew },
        });
        var read = (await portal.As("crew1").FetchAsync($"/api/tasks/{made.Id}")).Expect(200);
        Assert.Equal(made.Body, read.Body);
        Assert.Equal(
            ("pending", "high", "2026-03-09", $"{milestone.Id}"), (
                read.Text("status"), read.Text("priority"), read.Text("dueDate"), read.Text("milestoneId")));
        Assert.Equal(
            new[] { $"{Me}", $"{TestPeople.UserId("admin")}" }.Order(),
            read.Field("assigneeIds").AsArray().Select(a => a!.ToString()).Order());
        Assert.Equal($"{Crew}", Assert.Single(read.Field("watcherIds").AsArray())!.ToString());
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where entity_id = @id and new_value::text like '%orange%'", new { id = made.Id }));
        Assert.Equal(1, await portal.AuditedAsync(made.Id, "task_created"));
    }

    [Fact]
    public async Task Clients_and_compliance_see_no_tasks_and_agency_only_those_of_their_projects()
    {
        var project = (
            await portal.As("admin").PostAsync(
                "/api/projects", new { name = "Alone", memberIds = new[] { TestPeople.UserId("client") } })).Expect(201).Id;
        var task = await portal.NewTaskAsync(project, person: "admin");
        foreach (var person in new[] { "client", "compliance" })
        {
            (await portal.As(person).FetchAsync($"/api/tasks/{task.Id}")).Expect(403);
            (await portal.As(person).FetchAsync("/api/tasks")).Expect(403);
            (await portal.As(person).PostAsync("/api/tasks", new { projectId = project, title = "x" })).Expect(403);
        }

        var agency = portal.As("agency");
        Answer[] hidden =
        [
            await agency.FetchAsync($"/api/tasks/{task.Id}"),
            await agency.PostAsync("/api/tasks", new { projectId = project, title = "x" }),
            await agency.EditAsync($"/api/tasks/{task.Id}", new { title = "x" }, task),
            await agency.PostAsync($"/api/tasks/{task.Id}/status", new { status = "done" }),
            await agency.PostAsync($"/api/tasks/{task.Id}/duplicate"),
            await agency.SetAsync($"/api/tasks/{task.Id}/watchers/{Me}"),
            await agency.DropAsync($"/api/tasks/{task.Id}", task),
        ];
        Assert.All(hidden, a => a.Expect(404));
        Assert.Empty((await agency.FetchAsync($"/api/tasks?projectId={project}")).Column("id"));
        var bulk = (await agency.PostAsync("/api/tasks/bulk-status", new { ids = new[] { task.Id }, status = "done" })).Expect(409);
        Assert.Equal("not-found", bulk.Field("errors")[0]!["rule"]!.ToString());
    }

    [Fact]
    public async Task A_change_names_the_version_it_starts_from()
    {
        var project = await portal.NewProjectAsync();
        var made = await portal.NewTaskAsync(project, more: new { dueDate = "2026-03-09", assigneeIds = new[] { Me } });
        (await portal.As("agency").EditAsync($"/api/tasks/{made.Id}", new { title = "x" }, null)).Expect(428);
        var changed = (
            await portal.As("agency").EditAsync(
                $"/api/tasks/{made.Id}",
                new { title = "Second", dueDate = (string?)null, priority = "urgent", assigneeIds = new[] { Crew } }, made)).Expect(200);
        Assert.Equal(
            ("Second", "urgent", "2", "null"), (
                changed.Text("title"), changed.Text("priority"), changed.Text("version"), changed.Json!["dueDate"]?.ToString() ?? "null"));
        Assert.Equal($"{Crew}", Assert.Single(changed.Field("assigneeIds").AsArray())!.ToString());
        (await portal.As("agency").EditAsync($"/api/tasks/{made.Id}", new { title = "Third" }, made)).Expect(412);
        Assert.Equal(
            "2", (
                await portal.As("agency").EditAsync(
                    $"/api/tasks/{made.Id}", new { title = "Second", assigneeIds = new[] { Crew } },
                    changed)).Expect(200).Text("version"));
        Assert.Equal(1, await portal.AuditedAsync(made.Id, "task_updated"));
        (await portal.As("agency").EditAsync($"/api/tasks/{made.Id}", new { status = "done" }, changed)).Expect(400);

        // Who is on it already stays since they came.
        var since = await SinceAsync();
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var joined = (await portal.As("agency").EditAsync($"/api/tasks/{made.Id}", new { assigneeIds = new[] { Me, Crew } }, changed))
            .Expect(200);
        Assert.Equal(
            new[] { $"{Me}", $"{Crew}" }.Order(), joined.Field("assigneeIds").AsArray().Select(person => $"{person}").Order());
        Assert.Equal(since, await SinceAsync());

        Task<DateTime> SinceAsync() => portal.ScalarAsync<DateTime>(
            "select added_at from portal.task_assignees where task_id = @Id and user_id = @Crew", new { made.Id, Crew });
    }

    [Fact]
    public async Task The_log_says_of_a_change_that_title_or_description_are_others_and_not_which_words()
    {
        var made = await portal.NewTaskAsync(await portal.NewProjectAsync());
        object[] changes =
        [
            new { title = "Secret title" }, new { description = "Secret words" }, new { priority = "urgent" },
            new { title = "Secret title", description = "Other secret words", priority = "low" },
        ];
        var task = made;
        foreach (var change in changes)
        {
            task = (await portal.As("agency").EditAsync($"/api/tasks/{made.Id}", change, task)).Expect(200);
            portal.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var logged = await portal.ListAsync(
            "select new_value::text from portal.audit_log where entity_id = @id and action = 'task_updated' order by occurred_at",
            new { id = made.Id });
        Assert.Equal(
            ["true", "true", "false", "true"], logged.Select(row => JsonNode.Parse(row)!["wordsChanged"]!.ToJsonString()));
        Assert.DoesNotContain(logged, row => row.Contains("ecret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Eight_changes_of_one_version_have_one_winner()
    {
        var made = await portal.NewTaskAsync(await portal.NewProjectAsync());
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(
                i => portal.As("agency").EditAsync($"/api/tasks/{made.Id}", new { title = $"Title {i}" }, made)));
        Assert.Single(answers, a => a.Code == 200);
        Assert.Equal(7, answers.Count(a => a.Code == 412));
    }

    [Fact]
    public async Task What_does_not_belong_to_the_project_is_refused()
    {
        var (project, other) = (await portal.NewProjectAsync(), await portal.NewProjectAsync());
        var elsewhere = await portal.NewMilestoneAsync(other);
        await portal.NewMilestoneAsync(project);
        var made = await portal.NewTaskAsync(project);
        var left = TestPeople.UserId("crew6");
        (await portal.As("admin").DropAsync($"/api/projects/{project}/members/{left}")).Expect(204);
        Assert.Equal(
            "/milestoneId", Pointer(
                await portal.As("agency").PostAsync("/api/tasks", new { projectId = project, title = "x", milestoneId = elsewhere.Id })));
        Assert.Equal(
            "/milestoneId", Pointer(
                await portal.As("agency").EditAsync($"/api/tasks/{made.Id}", new { milestoneId = elsewhere.Id }, made)));
        foreach (var stranger in new[] { TestPeople.UserId("client"), TestPeople.UserId("compliance"), TestPeople.UserId("other-admin"),
            left, Guid.NewGuid() })
        {
            Assert.Equal(
                "/assigneeIds", Pointer(
                    await portal.As("agency").PostAsync(
                        "/api/tasks", new { projectId = project, title = "x", assigneeIds = new[] { stranger } })));
            Assert.Equal(
                "/watcherIds", Pointer(
                    await portal.As("agency").PostAsync(
                        "/api/tasks", new { projectId = project, title = "x", watcherIds = new[] { stranger } })));
            Assert.Equal(
                "/assigneeIds", Pointer(
                    await portal.As("agency").EditAsync($"/api/tasks/{made.Id}", new { assigneeIds = new[] { Me, stranger } }, made)));
            (await portal.As("agency").SetAsync($"/api/tasks/{made.Id}/assignees/{stranger}")).Expect(404);
            (await portal.As("agency").SetAsync($"/api/tasks/{made.Id}/watchers/{stranger}")).Expect(404);
        }

        Assert.Empty((await portal.As("agency").FetchAsync($"/api/tasks/{made.Id}")).Field("assigneeIds").AsArray());
    }

    [Fact]
    public async Task Assignees_and_watchers_are_set_once_and_removed_once_and_colleagues_stay()
    {
        var project = await portal.NewProjectAsync();
        var made = await portal.NewTaskAsync(project, more: new { assigneeIds = new[] { Me }, watcherIds = new[] { Me } });
        var other = await portal.NewTaskAsync(project, more: new { assigneeIds = new[] { Crew }, watcherIds = new[] { Crew } });
        foreach (var (kind, added, removed, versions) in new[] { ("assignees", "task_assigned", "task_unassigned", 2),
            ("watchers", "task_watched", "task_unwatched", 0) })
        {
            var path = $"/api/tasks/{made.Id}/{kind}/{Crew}";
            var before = await VersionAsync(made.Id);
            (await portal.As("agency").SetAsync(path)).Expect(200);
            (await portal.As("agency").SetAsync(path)).Expect(200);
            Assert.Equal(new[] { $"{Me}", $"{Crew}" }.Order(), (await OfAsync(made, kind)).Order());
            (await portal.As("agency").DropAsync(path)).Expect(204);
            (await portal.As("agency").DropAsync(path)).Expect(204);
            Assert.Equal([$"{Me}"], await OfAsync(made, kind));
            Assert.Equal([$"{Crew}"], await OfAsync(other, kind));
            Assert.Equal((1L, 1L), (await portal.AuditedAsync(made.Id, added), await portal.AuditedAsync(made.Id, removed)));
            Assert.Equal(before + versions, await VersionAsync(made.Id));
        }

        async Task<IReadOnlyList<string>> OfAsync(Answer task, string kind) =>
        [
            .. (await portal.As("agency").FetchAsync($"/api/tasks/{task.Id}")).Expect(200)
                .Field(kind == "assignees" ? "assigneeIds" : "watcherIds").AsArray().Select(person => $"{person}")
        ];
    }

    [Fact]
    public async Task A_copy_starts_afresh_with_those_who_can_still_work_on_it()
    {
        var project = await portal.NewProjectAsync();
        var first = await portal.NewTaskAsync(project, "First");
        var made = await portal.NewTaskAsync(
            project, "Made",
            new
            {
                description = "d",
                priority = "low",
                dueDate = "2026-03-09",
                assigneeIds = new[] { Me, TestPeople.UserId("crew5") },
                watcherIds = new[] { Crew },
            });
        (await portal.As("agency").SetAsync($"/api/tasks/{made.Id}/dependencies/{first.Id}")).Expect(200);
        await portal.PlaceTaskAsync(made.Id, "blocked");
        await portal.DoAsync("update portal.users set status = 'deactivated' where id = @id", new { id = TestPeople.UserId("crew5") });

        var copy = (await portal.As("agency").PostAsync($"/api/tasks/{made.Id}/duplicate", new { title = "Copy" })).Expect(201);
        Assert.Equal(("Copy", "d", "low", "2026-03-09", "pending", "1"),
            (
                copy.Text("title"), copy.Text("description"), copy.Text("priority"), copy.Text("dueDate"), copy.Text("status"),
                copy.Text("version")));
        Assert.Equal($"{Me}", Assert.Single(copy.Field("assigneeIds").AsArray())!.ToString());
        Assert.Equal($"{first.Id}", Assert.Single(copy.Field("dependsOn").AsArray())!.ToString());
        Assert.Empty(copy.Field("watcherIds").AsArray());
        await portal.DoAsync("update portal.users set status = 'active' where id = @id", new { id = TestPeople.UserId("crew5") });
        Assert.Equal("Made", (await portal.As("agency").PostAsync($"/api/tasks/{made.Id}/duplicate")).Expect(201).Text("title"));
    }

    [Fact]
    public async Task Only_a_pending_task_is_deleted()
    {
        var project = await portal.NewProjectAsync();
        var made = await portal.NewTaskAsync(project, more: new { assigneeIds = new[] { Me }, watcherIds = new[] { Me } });
        var waiting = await portal.NewTaskAsync(project, "Waiting");
        (await portal.As("agency").SetAsync($"/api/tasks/{waiting.Id}/dependencies/{made.Id}")).Expect(200);
        foreach (var status in new[] { "in_progress", "blocked", "done" })
        {
            await portal.PlaceTaskAsync(made.Id, status);
            var refused = (await portal.As("agency").DropAsync($"/api/tasks/{made.Id}", made)).Expect(409);
            Assert.Equal("task-not-pending", refused.ProblemType);
            Assert.Contains($"is {status};", refused.Text("detail"), StringComparison.Ordinal);
        }

        await portal.PlaceTaskAsync(made.Id, "pending");
        (await portal.As("agency").DropAsync($"/api/tasks/{made.Id}")).Expect(428);
        (await portal.As("agency").DropAsync($"/api/tasks/{made.Id}", made)).Expect(204);
        (await portal.As("agency").FetchAsync($"/api/tasks/{made.Id}")).Expect(404);
        Assert.Empty((await portal.As("agency").FetchAsync($"/api/tasks/{waiting.Id}")).Field("dependsOn").AsArray());
        Assert.Equal(1, await portal.AuditedAsync(made.Id, "task_deleted"));
    }

    private static string Pointer(Answer answer) => answer.Expect(400).Field("errors")[0]!["pointer"]!.ToString();

    private Task<int> VersionAsync(Guid id) => portal.ScalarAsync<int>("select version from portal.tasks where id = @id", new { id });
}
