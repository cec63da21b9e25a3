using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

public sealed class MeTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("admin", "UpdateTenant", null)]
    [InlineData("agency", "RequestUpload", "CreateProject")]
    [InlineData("client", "ReadProject", "RequestUpload")]
    [InlineData("compliance", "ReadMe", "ReadProject")]
    public async Task Everybody_reads_who_they_are_and_what_they_may_do(string person, string may, string? mayNot)
    {
        var me = (await portal.As(person).FetchAsync("/api/me")).Expect(200);
        Assert.Equal((TestPeople.UserId(person), person, $"{person}@portal.example"), (me.Id, me.Text("role"), me.Text("email")));
        Assert.Equal("Harbour", me.Field("tenant")["name"]!.ToString());
        var allowed = me.Field("allowed").AsArray().Select(a => a!.ToString()).ToList();
        Assert.Contains(may, allowed);
        Assert.DoesNotContain(mayNot ?? "OperateUploads", allowed);
        Assert.DoesNotContain("CreateTenant", allowed);
    }

    [Fact]
    public async Task A_name_and_preferences_are_mine_to_change()
    {
        var http = portal.As("crew1");
        var project = await portal.NewProjectAsync();
        var changed = (await http.WriteAsync(HttpMethod.Patch, "/api/me", new
        {
            name = "Zoë Zimmer",
            notifications = new[] { new { type = "comment_added", inApp = true, email = false } },
            mutedProjectIds = new[] { project },
        }, null)).Expect(200);
        Assert.Equal("Zoë Zimmer", changed.Text("name"));
        Assert.Equal("""{"type":"comment_added","inApp":true,"email":false}""", Preference(changed, "comment_added"));
        Assert.Equal("""{"type":"mux_asset_ready","inApp":true,"email":true}""", Preference(changed, "mux_asset_ready"));
        Assert.Equal(project.ToString(), Assert.Single(changed.Field("mutedProjectIds").AsArray())!.ToString());

        var later = (
            await http.WriteAsync(
                HttpMethod.Patch, "/api/me", new { notifications = Array.Empty<object>(), mutedProjectIds = Array.Empty<Guid>() },
                null)).Expect(200);
        Assert.Equal(
            (
                "Zoë Zimmer", """{"type":"comment_added","inApp":true,"email":true}"""), (
                    later.Text("name"), Preference(later, "comment_added")));
        Assert.Empty(later.Field("mutedProjectIds").AsArray());
        Assert.Equal("Zoë Zimmer", (await portal.As("admin").FetchAsync($"/api/users/{TestPeople.UserId("crew1")}")).Text("name"));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'profile_changed' and new_value ? 'nameHash'"));
        await portal.NothingPersonalIsKeptAsync("Zimmer");
    }

    [Fact]
    public async Task What_one_person_chooses_is_nothing_to_another()
    {
        var (one, two) = (await portal.NewProjectAsync("Loud"), await portal.NewProjectAsync("Louder"));
        object Quiet(Guid project, string type) => new
        {
            notifications = new[] { new { type, inApp = false, email = false } },
            mutedProjectIds = new[] { project },
        };
        (await portal.As("crew2").WriteAsync(HttpMethod.Patch, "/api/me", Quiet(one, "comment_added"), null)).Expect(200);
        (await portal.As("crew3").WriteAsync(HttpMethod.Patch, "/api/me", Quiet(two, "mux_asset_ready"), null)).Expect(200);
        (await portal.As("crew3").WriteAsync(HttpMethod.Patch, "/api/me", new { name = "Cleo Crew" }, null)).Expect(200);

        var (first, second) = (await portal.As("crew2").FetchAsync("/api/me"), await portal.As("crew3").FetchAsync("/api/me"));
        Assert.Equal(($"{one}", $"{two}"), (Muted(first), Muted(second)));
        Assert.Equal(("crew2", "Cleo Crew"), (first.Text("name"), second.Text("name")));
        Assert.Equal("""{"type":"comment_added","inApp":false,"email":false}""", Preference(first, "comment_added"));
        Assert.Equal("""{"type":"comment_added","inApp":true,"email":true}""", Preference(second, "comment_added"));
        Assert.Equal("""{"type":"mux_asset_ready","inApp":false,"email":false}""", Preference(second, "mux_asset_ready"));

        static string Muted(Answer me) => $"{Assert.Single(me.Expect(200).Field("mutedProjectIds").AsArray())}";
    }

    [Fact]
    public async Task What_is_not_right_is_named_and_nothing_changes()
    {
        var http = portal.As("client");
        var (seen, strange) = (await portal.NewProjectAsync("The client's"), await portal.NewProjectAsync("Not the client's"));
        (await portal.As("admin").SetAsync($"/api/projects/{seen}/members/{TestPeople.UserId("client")}")).Expect(200);
        foreach (var (body, pointer) in new (object, string)[]
        {
            (new { name = "" }, "/name"),
            (new { name = (string?)null }, "/name"),
            (new { role = "admin" }, "/role"),
            (new { email = "other@portal.example" }, "/email"),
            (new { notifications = new[] { new { type = "gossip" } } }, "/notifications/0/type"),
            (
                new
                {
                    notifications = new[] { new { type = "comment_added", email = true }, new { type = "comment_added", email = false } },
                }, "/notifications"),
            (new { name = "Changed", mutedProjectIds = new[] { strange } }, "/mutedProjectIds"),
            (new { mutedProjectIds = new[] { seen, strange } }, "/mutedProjectIds"),
        })
        {
            var answer = (await http.WriteAsync(HttpMethod.Patch, "/api/me", body, null)).Expect(400);
            Assert.Equal(pointer, answer.Field("errors")[0]!["pointer"]!.ToString());
        }

        var me = (await http.FetchAsync("/api/me")).Expect(200);
        Assert.Equal(("client", "client"), (me.Text("name"), me.Text("role")));
        Assert.Empty(me.Field("mutedProjectIds").AsArray());
    }

    private static string Preference(Answer me, string type) =>
        me.Field("notifications").AsArray().Single(n => n!["type"]!.ToString() == type)!.ToJsonString();
}
