using Dapper;
using Portal.Functions.Foundation.Http;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

public sealed class NotificationTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync("delete from portal.notifications");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_person_lists_their_own_newest_first_by_type_and_mark()
    {
        var old = await NotifyAsync("agency", "comment_added");
        var read = await NotifyAsync("agency", "mux_asset_ready", read: true);
        var late = await NotifyAsync("agency", "mux_asset_ready");
        await NotifyAsync("admin", "comment_added");

        var http = portal.As("agency");
        Assert.Equal([late, read, old], await IdsAsync("agency", "/api/notifications"));
        Assert.Equal([late, old], await IdsAsync("agency", "/api/notifications?unread=true"));
        Assert.Equal([read], await IdsAsync("agency", "/api/notifications?unread=false"));
        Assert.Equal([late, read], await IdsAsync("agency", "/api/notifications?type=mux_asset_ready"));
        Assert.Equal([old], await IdsAsync("agency", "/api/notifications?type=comment_added&unread=true"));
        Assert.Equal([read], await IdsAsync("agency", "/api/notifications?type=mux_asset_ready&unread=false"));
        Assert.Empty(await IdsAsync("agency", "/api/notifications?type=comment_added&unread=false"));
        Assert.Equal([old, read, late], await IdsAsync("agency", "/api/notifications?order=asc"));
        Assert.Equal("2", (await http.FetchAsync("/api/notifications/unread-count")).Expect(200).Text("unread"));
        (await http.FetchAsync("/api/notifications?unread=maybe")).Expect(400);

        var first = (await http.FetchAsync("/api/notifications?limit=2")).Expect(200);
        await NotifyAsync("agency", "comment_added");
        var second = (await http.FetchAsync($"/api/notifications?limit=2&cursor={first.Text("nextCursor")}")).Expect(200);
        Assert.Equal(old.ToString(), Assert.Single(second.Field("items").AsArray())!["id"]!.ToString());
    }

    [Fact]
    public async Task Marks_go_both_ways_and_may_be_repeated()
    {
        var id = await NotifyAsync("client", "comment_added");
        var http = portal.As("client");
        var read = (await http.PostAsync($"/api/notifications/{id}/read")).Expect(200);
        Assert.Equal("false", read.Text("unread"));
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(read.Text("readAt"), (await http.PostAsync($"/api/notifications/{id}/read")).Expect(200).Text("readAt"));
        Assert.Equal("0", (await http.FetchAsync("/api/notifications/unread-count")).Text("unread"));
        Assert.Equal("true", (await http.PostAsync($"/api/notifications/{id}/unread")).Expect(200).Text("unread"));
        Assert.Equal("1", (await http.FetchAsync("/api/notifications/unread-count")).Text("unread"));
    }

    [Fact]
    public async Task Read_all_marks_mine_and_nobody_elses()
    {
        await NotifyAsync("compliance", "residency_report_generated");
        await NotifyAsync("compliance", "residency_report_generated");
        await NotifyAsync("admin", "invite_created");
        Assert.Equal("2", (await portal.As("compliance").PostAsync("/api/notifications/read-all")).Expect(200).Text("marked"));
        Assert.Equal("0", (await portal.As("compliance").PostAsync("/api/notifications/read-all")).Expect(200).Text("marked"));
        Assert.Equal("1", (await portal.As("admin").FetchAsync("/api/notifications/unread-count")).Text("unread"));
    }

    [Fact]
    public async Task Another_persons_notification_is_not_found_by_anybody()
    {
        var id = await NotifyAsync("agency", "comment_added");
        foreach (var person in new[] { "admin", "crew1", "client", "other-admin" })
        {
            (await portal.As(person).PostAsync($"/api/notifications/{id}/read")).Expect(404);
            (await portal.As(person).PostAsync($"/api/notifications/{id}/unread")).Expect(404);
            Assert.Empty(await IdsAsync(person, "/api/notifications"));
        }

        Assert.Equal("1", (await portal.As("agency").FetchAsync("/api/notifications/unread-count")).Text("unread"));
        (await portal.Anonymous.FetchAsync("/api/notifications")).Expect(401);
    }

    [Fact]
    public async Task A_notification_says_who_did_what_in_words_of_today_as_long_as_its_reader_may_read_it()
    {
        var project = await portal.NewProjectAsync("Told in words");
        var assigneeIds = new[] { TestPeople.UserId("crew1") };
        var task = (await portal.NewTaskAsync(project, "Grade the opening", new { assigneeIds })).Id;
        (await portal.MoveTaskAsync(task, "in_progress")).Expect(200);
        await portal.DeliverAsync();
        var told = await OnlyAsync("crew1");
        Assert.Equal(
            ("Grade the opening", "agency", "agency moved “Grade the opening” to in progress."),
            (told["title"]!.ToString(), told["actor"]!["name"]!.ToString(), told["text"]!.ToString()));
        Assert.Equal(TestPeople.UserId("agency").ToString(), told["actor"]!["userId"]!.ToString());
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.notifications n where n::text ~ 'Grade|agency'"));

        (await portal.As("agency").ChangeAsync("/api/me", new { name = "Andrea" })).Expect(200);
        var read = (await portal.As("agency").FetchAsync($"/api/tasks/{task}")).Expect(200);
        (await portal.As("agency").EditAsync($"/api/tasks/{task}", new { title = "Grade it all" }, read)).Expect(200);
        Assert.Equal("Andrea moved “Grade it all” to in progress.", (await OnlyAsync("crew1"))["text"]!.ToString());

        (await portal.As("admin").DropAsync($"/api/projects/{project}/members/{TestPeople.UserId("crew1")}")).Expect(204);
        var hidden = await OnlyAsync("crew1");
        Assert.Equal("Something happened that you can no longer see.", hidden["text"]!.ToString());
        Assert.Null(hidden["title"]);
        Assert.Null(hidden["actor"]);
        (await portal.As("agency").ChangeAsync("/api/me", new { name = "agency" })).Expect(200);
    }

    [Theory]
    [InlineData("task", PortalAction.ReadTask)]
    [InlineData("asset", PortalAction.ReadAsset)]
    [InlineData("upload_job", PortalAction.ReadUpload)]
    [InlineData("share_link", PortalAction.ReadShareLink)]
    [InlineData("project", PortalAction.ReadProject)]
    [InlineData("invite", PortalAction.ReadInvite)]
    [InlineData("user", PortalAction.ReadUser)]
    [InlineData("residency_report", PortalAction.ReadReport)]
    [InlineData("vendor_review_reminder", PortalAction.ReadVendorReview)]
    [InlineData("vendor_review", PortalAction.ReadVendorReview)]
    [InlineData("erasure_request", PortalAction.ReadErasure)]
    [InlineData("export", PortalAction.ReadExport)]
    [InlineData("hold", PortalAction.ReadHold)]
    [InlineData("milestone", PortalAction.ReadMilestone)]
    [InlineData("asset_version", PortalAction.ReadAsset)]
    public async Task Who_is_told_of_something_may_read_it_by_the_permissions_table(string type, PortalAction action)
    {
        var project = (await portal.As("admin").PostAsync("/api/projects", new
        {
            name = "For all roles",
            memberIds = new[] { "agency", "client" }.Select(TestPeople.UserId),
        })).Expect(201).Id;
        var inProject = type is "task" or "asset" or "asset_version" or "upload_job" or "share_link" or "project" or "milestone";
        foreach (var person in new[] { "admin", "agency", "client", "compliance" })
        {
            Assert.Equal((person, Permissions.Allows(action, person)), (person, await ReadsAsync(person, project)));
            Assert.Equal(
                (person, Permissions.Allows(action, person) && (person == "admin" || !inProject)),
                (person, await ReadsAsync(person, Guid.NewGuid())));
        }

        Task<bool> ReadsAsync(string person, Guid of) => portal.ScalarAsync<bool>(
            "select portal.subject_readable(@tenant, @user, @type, gen_random_uuid(), @of, @now)",
            new { tenant = TestPeople.Tenant, user = TestPeople.UserId(person), type, of, now = portal.Clock.GetUtcNow() });
    }

    [Fact]
    public async Task An_event_notifies_a_person_once()
    {
        await using var connection = await portal.OpenAsync();
        var twice = new
        {
            tenant = TestPeople.Tenant,
            user = TestPeople.UserId("agency"),
            evt = Guid.NewGuid(),
            now = portal.Clock.GetUtcNow(),
        };
        const string Insert = """
            insert into portal.notifications (id, tenant_id, user_id, event_id, type, subject_type, subject_id, created_at)
            values (gen_random_uuid(), @tenant, @user, @evt, 'comment_added', 'comment', gen_random_uuid(), @now) on conflict do nothing
            """;
        Assert.Equal((1, 0), (await connection.ExecuteAsync(Insert, twice), await connection.ExecuteAsync(Insert, twice)));
    }

    private async Task<System.Text.Json.Nodes.JsonNode> OnlyAsync(string person) =>
        Assert.Single((await portal.As(person).FetchAsync("/api/notifications?type=task_status_changed")).Expect(200).Field("items")
            .AsArray())!;

    private async Task<Guid> NotifyAsync(string person, string type, bool read = false)
    {
        portal.Clock.Advance(TimeSpan.FromMilliseconds(5));
        var now = portal.Clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await portal.DoAsync("""
            insert into portal.notifications (id, tenant_id, user_id, event_id, type, subject_type, subject_id, read_at, created_at)
            values (@id, @tenant, @user, @evt, @type, 'thing', @evt, @readAt, @now)
            """,
            new
            {
                id,
                tenant = TestPeople.Tenant,
                user = TestPeople.UserId(person),
                evt = Guid.NewGuid(),
                type,
                readAt = read
                    ? now
                    : (DateTimeOffset?)null,
                now,
            });
        return id;
    }

    private async Task<IReadOnlyList<Guid>> IdsAsync(string person, string path) =>
        [.. (await portal.As(person).FetchAsync(path)).Expect(200).Field("items").AsArray().Select(n => Guid.Parse(n!["id"]!.ToString()))];
}
