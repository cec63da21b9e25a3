using Npgsql;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Projects;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>Planning keeps tenants apart twice, each wall alone: row-level security, and the predicates of every statement.</summary>
public sealed class PlanningIsolationTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly TenantId Victim = new(TestPeople.Tenant);
    private static readonly TenantId Intruder = new(TestPeople.OtherTenant);
    private static readonly Caller Admin = new(
        Intruder, new UserId(TestPeople.UserId("other-admin")), Role.Admin, "user_other-admin", null, "test");
    private static readonly Guid Me = TestPeople.UserId("agency");
    private Guid project;
    private Answer template = null!;
    private Answer milestone = null!;
    private Answer task = null!;
    private Answer other = null!;
    private string before = "";

    public async Task InitializeAsync()
    {
        project = await portal.NewProjectAsync();
        template = (
            await portal.As("admin").PostAsync(
                "/api/milestone-templates",
                new { name = "T", items = new[] { new { name = "M", tasks = new[] { new { title = "x" } } } } })).Expect(201);
        milestone = await portal.NewMilestoneAsync(project);
        other = await portal.NewTaskAsync(project, "Other");
        task = await portal.NewTaskAsync(
            project, more: new { milestoneId = milestone.Id, assigneeIds = new[] { Me }, watcherIds = new[] { Me } });
        before = await PictureAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Through_the_front_door_another_tenant_gets_404_for_everything()
    {
        var http = portal.As("other-admin");
        foreach (var path in new[] { $"/api/projects/{project}/members", $"/api/milestone-templates/{template.Id}",
            $"/api/milestones/{milestone.Id}", $"/api/tasks/{task.Id}" })
        {
            (await http.FetchAsync(path)).Expect(404);
        }

        foreach (var list in new[] { "/api/milestone-templates", "/api/milestones", $"/api/milestones?projectId={project}", "/api/tasks",
            $"/api/tasks?projectId={project}", $"/api/tasks?assigneeId={Me}" })
        {
            Assert.Empty((await http.FetchAsync(list)).Column("id"));
        }

        foreach (var (path, body) in new (string, object?)[]
        {
            ($"/api/projects/{project}/status", new { status = "on_hold" }), ($"/api/projects/{project}/archive", null),
            (
                $"/api/projects/{project}/apply-template", new { templateId = template.Id, startDate = "2026-03-02" }), (
                    $"/api/milestone-templates/{template.Id}/archive", null),
            ("/api/milestones", new { projectId = project, name = "x" }), (
                $"/api/milestones/{milestone.Id}/status", new { status = "done" }),
            ("/api/tasks", new { projectId = project, title = "x" }), (
                $"/api/tasks/{task.Id}/status", new { status = "done" }), ($"/api/tasks/{task.Id}/duplicate", null),
        })
        {
            (await http.PostAsync(path, body)).Expect(404);
        }

        foreach (var path in new[] { $"/api/projects/{project}", $"/api/milestone-templates/{template.Id}",
            $"/api/milestones/{milestone.Id}" })
        {
            (await http.EditAsync(path, new { name = "x" }, task)).Expect(404);
        }

        (await http.EditAsync($"/api/milestones/{milestone.Id}/dates", new { dueDate = "2026-03-02" }, task)).Expect(404);
        (await http.EditAsync($"/api/tasks/{task.Id}", new { title = "x" }, task)).Expect(404);
        foreach (var path in new[]
        {
            $"/api/projects/{project}/members/{TestPeople.UserId("other-admin")}", $"/api/tasks/{task.Id}/assignees/{Me}",
            $"/api/tasks/{task.Id}/watchers/{Me}",
            $"/api/tasks/{task.Id}/dependencies/{other.Id}",
        })
        {
            (await http.SetAsync(path)).Expect(404);
            (await http.DropAsync(path)).Expect(404);
        }

        (await http.DropAsync($"/api/milestones/{milestone.Id}", task)).Expect(404);
        (await http.DropAsync($"/api/tasks/{task.Id}", task)).Expect(404);
        (await http.PostAsync("/api/tasks/bulk-status", new { ids = new[] { task.Id }, status = "done" })).Expect(409);
        Assert.Equal(before, await PictureAsync());
    }

    [Fact]
    public async Task Their_ids_fit_nowhere_in_the_other_tenants_own_things()
    {
        var http = portal.As("other-admin");
        var own = (await http.PostAsync("/api/projects", new { name = "Own" })).Expect(201).Id;
        (await http.PostAsync("/api/tasks", new { projectId = own, title = "x", milestoneId = milestone.Id })).Expect(400);
        (await http.PostAsync("/api/tasks", new { projectId = own, title = "x", assigneeIds = new[] { Me } })).Expect(400);
        var mine = (await http.PostAsync("/api/tasks", new { projectId = own, title = "x" })).Expect(201);
        (await http.SetAsync($"/api/tasks/{mine.Id}/watchers/{Me}")).Expect(404);
        (await http.SetAsync($"/api/tasks/{mine.Id}/dependencies/{task.Id}")).Expect(404);
        (await http.SetAsync($"/api/projects/{own}/members/{Me}")).Expect(404);
        (
            await http.PostAsync(
                $"/api/projects/{own}/apply-template", new { templateId = template.Id, startDate = "2026-03-02" })).Expect(400);
    }

    [Fact]
    public async Task Row_level_security_alone_shows_and_changes_nothing()
    {
        await using var sources = new PortalDataSources(
            NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System));
        await NothingHappensAsync(new PinnedDb(sources, Intruder), Victim);
    }

    [Fact]
    public async Task Predicates_alone_show_and_change_nothing()
    {
        var bypassing = await portal.BypassAsync();
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(bypassing), NpgsqlDataSource.Create(bypassing));
        Assert.True(
            await new PortalDb(sources).AskAsync<long>(
                "select count(*) from portal.tasks", new { }, default) > 0, "The role must really bypass row-level security.");
        await NothingHappensAsync(new PortalDb(sources), Intruder);
    }

    private async Task NothingHappensAsync(PortalDb db, TenantId tenant)
    {
        var clock = portal.Clock;
        var audit = new AuditWriter(clock);
        var page = new Page(50, null);
        var projects = new ProjectStore(db, audit, clock);
        var members = new MemberStore(db, projects, new ParticipationTransitions(audit, clock), audit, clock);
        var templates = new TemplateStore(db, audit, clock);
        var milestones = new MilestoneStore(db, projects, audit, clock);
        var tasks = new TaskStore(db, projects, audit, clock);
        var links = new TaskLinkStore(tasks, audit, clock);
        var move = new ChangeTaskStatuses(tasks, new TaskStatusTransitions(clock), audit);
        var list = new TaskListQuery(db, clock);
        var (projectId, milestoneId, taskId, templateId) = (
            new ProjectId(project), new MilestoneId(milestone.Id), new TaskId(task.Id), new TemplateId(template.Id));
        var me = new UserId(Me);

        foreach (var order in new[] { ProjectListQuery.Newest, ProjectListQuery.ByName })
        {
            Assert.DoesNotContain(
                await new ProjectListQuery(db).ReadAsync(tenant, Admin, new(), order, page, default), p => p.Id == projectId);
        }

        Assert.Empty(await members.ListAsync(tenant, projectId, page, default));
        Assert.Equal(0, await members.CountAsync(tenant, projectId, default));
        Assert.Null(await templates.FindAsync(tenant, templateId, null, default));
        Assert.Empty(await templates.ListAsync(tenant, TemplateStatus.Active, null, page, default));
        Assert.Equal(0, await templates.CountAsync(tenant, TemplateStatus.Active, null, default));
        Assert.Null(await milestones.FindAsync(tenant, Admin, milestoneId, default));
        Assert.Empty(await milestones.ListAsync(tenant, Admin, new(), page, default));
        Assert.Equal(0, await milestones.CountAsync(tenant, Admin, new(), default));
        Assert.Null(await tasks.FindAsync(tenant, Admin, taskId, default));
        foreach (var order in new[] { TaskListQuery.Newest, TaskListQuery.ByDue, TaskListQuery.ByPriority, TaskListQuery.ByTitle })
        {
            Assert.DoesNotContain(await list.ReadAsync(tenant, Admin, new(), order, page, default), t => t.ProjectId == projectId);
            Assert.Empty(await list.ReadAsync(tenant, Admin, new(Assignee: me), order, page, default));
        }

        var fields = new TaskFields("x", "", "low", null, null, [Me]);
        Func<Tx, Task<Refusal?>>[] changes =
        [
            async tx => (await projects.UpdateAsync(tx, tenant, Admin, projectId, 1, "x", null)).Refusal,
            async tx => (await projects.MoveAsync(tx, tenant, Admin, projectId, ProjectStatus.OnHold)).Refusal,
            async tx => (await members.AddAsync(tx, tenant, Admin, projectId, Admin.User)).Refusal,
            tx => members.RemoveAsync(tx, tenant, Admin, projectId, me),
            async tx => (await templates.EditAsync(tx, tenant, Admin, templateId, 1, t => new("x", "", t.Items))).Refusal,
            async tx => (await templates.ArchiveAsync(tx, tenant, Admin, templateId)).Refusal,
            async tx =>
                (
                    await new ApplyTemplate(templates, projects, audit, clock).RunAsync(
                        tx, tenant, Admin, projectId, new(templateId, new(2026, 3, 2), true))).Refusal,
            async tx => (await milestones.CreateAsync(tx, tenant, Admin, projectId, new("x", "", null, null))).Refusal,
            async tx => (await milestones.UpdateAsync(tx, tenant, Admin, milestoneId, 1, _ => new("x", "", null, null))).Refusal,
            async tx => (await milestones.MoveAsync(tx, tenant, Admin, milestoneId, MilestoneStatus.Done)).Refusal,
            tx => milestones.DeleteAsync(tx, tenant, Admin, milestoneId, 1),
            async tx => (await tasks.CreateAsync(tx, tenant, Admin, projectId, fields, [])).Refusal,
            async tx => (await tasks.DuplicateAsync(tx, tenant, Admin, taskId, null)).Refusal,
            async tx => (await tasks.UpdateAsync(tx, tenant, Admin, taskId, 1, _ => fields)).Refusal,
            tx => tasks.DeleteAsync(tx, tenant, Admin, taskId, 1),
            async tx => (await move.OneAsync(tx, tenant, Admin, taskId, TaskItemStatus.Done)).Refusal,
            async tx => (await move.ManyAsync(tx, tenant, Admin, [task.Id, other.Id], TaskItemStatus.Done)).Refusal,
            async tx => (await links.AssignAsync(tx, tenant, Admin, taskId, Admin.User)).Refusal,
            tx => links.UnassignAsync(tx, tenant, Admin, taskId, me),
            async tx => (await links.WatchAsync(tx, tenant, Admin, taskId, Admin.User)).Refusal,
            tx => links.UnwatchAsync(tx, tenant, Admin, taskId, me),
            async tx => (await links.DependAsync(tx, tenant, Admin, taskId, new TaskId(other.Id))).Refusal,
            tx => links.UndependAsync(tx, tenant, Admin, taskId, new TaskId(other.Id)),
        ];
        foreach (var change in changes)
        {
            Assert.NotNull(await db.InTenantAsync(tenant, change, default));
        }

        Assert.Equal(before, await PictureAsync());
    }

    /// <summary>Everything of the victim in these tables, in one text.</summary>
    private Task<string> PictureAsync() => portal.ScalarAsync<string>("""
        select concat(
            (select string_agg(x::text, '|' order by x.id) from portal.projects x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x::text) from portal.project_members x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x.id) from portal.milestone_templates x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x::text) from portal.milestone_template_versions x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x.id) from portal.template_applications x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x.id) from portal.milestones x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x.id) from portal.tasks x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x::text) from portal.task_assignees x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x::text) from portal.task_watchers x where tenant_id = @tenant),
            (select string_agg(x::text, '|' order by x::text) from portal.task_dependencies x where tenant_id = @tenant))
        """, new { tenant = TestPeople.Tenant });

    private sealed class PinnedDb(PortalDataSources sources, TenantId session) : PortalDb(sources)
    {
        protected override TenantId SessionTenant(TenantId tenant) => session;
    }
}
