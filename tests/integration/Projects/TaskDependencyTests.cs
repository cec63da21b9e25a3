using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Projects;

/// <summary>Dependencies stay within a project and never go round in a circle.</summary>
public sealed class TaskDependencyTests(TestPortal portal) : IClassFixture<TestPortal>
{
    [Fact]
    public async Task A_dependency_is_added_once_and_removed_once_and_those_beside_it_stay()
    {
        var (_, a, b, c) = await ThreeAsync();
        (await DependAsync(a, b)).Expect(200);
        Assert.Single((await DependAsync(a, b)).Expect(200).Field("dependsOn").AsArray());
        await portal.DoAsync("""
            insert into portal.task_dependencies (tenant_id, project_id, task_id, depends_on, added_at)
            select tenant_id, project_id, d.task_id, d.depends_on, created_at
              from portal.tasks, (values (@a, @c), (@c, @b)) d (task_id, depends_on) where id = @a
            """, new { a, b, c });

        (await portal.As("agency").DropAsync($"/api/tasks/{a}/dependencies/{b}")).Expect(204);
        (await portal.As("agency").DropAsync($"/api/tasks/{a}/dependencies/{b}")).Expect(204);
        Assert.Equal(
            (1L, 1L), (await portal.AuditedAsync(a, "task_dependency_added"), await portal.AuditedAsync(a, "task_dependency_removed")));
        Assert.Equal([$"{c}"], await OnAsync(a));
        Assert.Equal([$"{b}"], await OnAsync(c));

        async Task<IReadOnlyList<string>> OnAsync(Guid task) =>
            [.. (await portal.As("agency").FetchAsync($"/api/tasks/{task}")).Expect(200).Field("dependsOn").AsArray().Select(d => $"{d}")];
    }

    [Fact]
    public async Task A_circle_is_refused_however_long()
    {
        var (_, a, b, c) = await ThreeAsync();
        (await DependAsync(a, b)).Expect(200);
        (await DependAsync(b, c)).Expect(200);
        foreach (var (from, to) in new[] { (a, a), (b, a), (c, a), (c, b) })
        {
            Assert.Equal("dependency-circle", (await DependAsync(from, to)).Expect(409).ProblemType);
        }

        (await DependAsync(a, c)).Expect(200);
    }

    [Fact]
    public async Task A_task_depends_on_fifty_others_at_most()
    {
        var (_, a, b, c) = await ThreeAsync();
        await portal.DoAsync("""
            with others as (
                insert into portal.tasks (id, tenant_id, project_id, title, created_by, created_at, updated_at)
                select gen_random_uuid(), tenant_id, project_id, 'Other', created_by, created_at, updated_at
                  from portal.tasks, generate_series(1, 49) where id = @a
                returning id, tenant_id, project_id, created_at)
            insert into portal.task_dependencies (tenant_id, project_id, task_id, depends_on, added_at)
            select tenant_id, project_id, @a, id, created_at from others
            """, new { a });

        Assert.Equal(50, (await DependAsync(a, b)).Expect(200).Field("dependsOn").AsArray().Count);
        Assert.Equal("too-many-dependencies", (await DependAsync(a, c)).Expect(409).ProblemType);
        // One that is there already is none more.
        Assert.Equal(50, (await DependAsync(a, b)).Expect(200).Field("dependsOn").AsArray().Count);
        Assert.Equal(1, await portal.AuditedAsync(a, "task_dependency_added"));
    }

    [Fact]
    public async Task A_task_of_another_project_is_nothing_to_wait_for()
    {
        var (_, a, _, _) = await ThreeAsync();
        var (_, other, _, _) = await ThreeAsync();
        (await DependAsync(a, other)).Expect(404);
        (await DependAsync(a, Guid.NewGuid())).Expect(404);
        (await DependAsync(Guid.NewGuid(), a)).Expect(404);
    }

    [Fact]
    public async Task Eight_at_once_never_close_a_circle()
    {
        for (var round = 0; round < 5; round++)
        {
            var (project, a, b, c) = await ThreeAsync();
            (Guid From, Guid To)[] circle = [(a, b), (b, c), (c, a)];
            var answers = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => DependAsync(circle[i % 3].From, circle[i % 3].To)));
            Assert.All(answers, x => Assert.True(x.Code is 200 || x is { Code: 409, ProblemType: "dependency-circle" }, x.Body));
            Assert.Equal(
                2, await portal.ScalarAsync<long>(
                    "select count(*) from portal.task_dependencies where project_id = @project", new { project }));
        }
    }

    [Fact]
    public async Task Whoever_adds_one_waits_for_whoever_is_adding_another()
    {
        var (project, a, b, _) = await ThreeAsync();
        await using var holder = await portal.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("select 1 from portal.projects where id = @project for no key update", new { project });
        await holder.ExecuteAsync("""
            insert into portal.task_dependencies (tenant_id, project_id, task_id, depends_on, added_at)
               values (@tenant, @project, @b, @a, now())
            """, new { tenant = TestPeople.Tenant, project, a, b });
        var waiting = DependAsync(a, b);
        await Eventually.TrueAsync(async () => await portal.LockWaitsAsync() > 0, "the second to wait");
        Assert.False(waiting.IsCompleted);
        await transaction.CommitAsync();
        Assert.Equal("dependency-circle", (await waiting).Expect(409).ProblemType);
    }

    private Task<Answer> DependAsync(Guid task, Guid other) => portal.As("agency").SetAsync($"/api/tasks/{task}/dependencies/{other}");

    private async Task<(Guid Project, Guid A, Guid B, Guid C)> ThreeAsync()
    {
        var project = await portal.NewProjectAsync();
        return (
            project, (
                await portal.NewTaskAsync(project, "A")).Id, (
                    await portal.NewTaskAsync(project, "B")).Id, (await portal.NewTaskAsync(project, "C")).Id);
    }
}
