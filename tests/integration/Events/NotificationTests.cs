using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

public sealed class NotificationTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("delete from portal.notifications");
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

    private async Task<Guid> NotifyAsync(string person, string type, bool read = false)
    {
        portal.Clock.Advance(TimeSpan.FromMilliseconds(5));
        var now = portal.Clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
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
