using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

/// <summary>Beside the id of a member an answer has their name: today's, also of somebody who was deactivated, for whoever may know
/// it.</summary>
public sealed class NamesTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = (await portal.As("admin").PostAsync(
            "/api/projects",
            new { name = "Named", memberIds = new[] { "agency", "client", "crew1" }.Select(TestPeople.UserId) })).Expect(201).Id;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_upload_names_who_asked_for_it_wherever_it_is_read()
    {
        var asked = (await portal.WhileMovingAsync(portal.AskUploadAsync(project))).Expect(201);
        Assert.Equal((TestPeople.UserId("agency").ToString(), "agency"), (asked.Text("createdBy"), asked.Text("createdByName")));
        Assert.Equal("agency", (await portal.As("admin").FetchAsync($"/api/uploads/{asked.Id}")).Expect(200).Text("createdByName"));
        var list = (await portal.As("admin").FetchAsync($"/api/uploads?projectId={project}")).Expect(200);
        Assert.Equal(["agency"], list.Column("createdByName"));

        var cancelled = (await portal.As("admin").PostAsync($"/api/uploads/{asked.Id}/cancel")).Expect(200);
        Assert.Equal(("cancelled", "agency"), (cancelled.Text("status"), cancelled.Text("createdByName")));
    }

    [Fact]
    public async Task An_upload_that_is_retried_still_names_who_asked_for_it()
    {
        var upload = (await portal.WhileMovingAsync(portal.AskUploadAsync(project))).Expect(201);
        await portal.SendBytesAsync(upload, "no video at all"u8.ToArray());
        await portal.UntilAsync(upload.Id, "failed");
        var read = (await portal.As("agency").FetchAsync($"/api/uploads/{upload.Id}")).Expect(200);
        Assert.Equal("mux_errored", read.Field("failure")["code"]!.ToString());
        var again = (await portal.WhileMovingAsync(portal.As("admin").PostAsync($"/api/uploads/{upload.Id}/retry"))).Expect(200);
        Assert.Equal(("waiting", "agency"), (again.Text("status"), again.Text("createdByName")));
    }

    [Fact]
    public async Task A_task_names_who_works_on_it_and_who_watches_in_the_order_of_their_ids()
    {
        var task = (await portal.As("admin").PostAsync("/api/tasks", new
        {
            projectId = project,
            title = "Grade",
            assigneeIds = new[] { TestPeople.UserId("agency"), TestPeople.UserId("crew1") },
        })).Expect(201);
        (await portal.As("admin").WriteAsync(
            HttpMethod.Put, $"/api/tasks/{task.Id}/watchers/{TestPeople.UserId("crew1")}", new { }, null)).Expect(200);
        (await portal.As("crew1").ChangeAsync("/api/me", new { name = "Cleo, from today" })).Expect(200);

        var read = (await portal.As("agency").FetchAsync($"/api/tasks/{task.Id}")).Expect(200);
        Assert.Equal(Named(read.Json!, "assigneeIds"), Texts(read.Json!, "assigneeNames"));
        Assert.Equal(["Cleo, from today"], Texts(read.Json!, "watcherNames"));
        Assert.Contains("agency", Texts(read.Json!, "assigneeNames"));
        Assert.Equal(2, Texts(read.Json!, "assigneeNames").Count);
        (await portal.As("crew1").ChangeAsync("/api/me", new { name = "crew1" })).Expect(200);
    }

    [Fact]
    public async Task A_comment_names_whom_it_mentions_and_who_resolved_it()
    {
        var upload = await portal.UploadReadyAsync(project);
        var path = $"/api/assets/{upload.Text("assetId")}/versions/1/comments";
        var comment = (await portal.As("agency").PostAsync(
            path, new { body = "Look", mentions = new[] { TestPeople.UserId("admin"), TestPeople.UserId("crew1") } })).Expect(201);
        Assert.Equal(Named(comment.Json!, "mentions"), Texts(comment.Json!, "mentionNames"));
        Assert.Null(comment.Json!["resolvedByName"]);

        var resolved = (await portal.As("admin").PostAsync($"/api/comments/{comment.Id}/resolve")).Expect(200);
        Assert.Equal((TestPeople.UserId("admin").ToString(), "admin"), (resolved.Text("resolvedBy"), resolved.Text("resolvedByName")));
        var listed = (await portal.As("crew1").FetchAsync(path)).Expect(200).Field("items")[0]!;
        Assert.Equal(["admin", "crew1"], Texts(listed, "mentionNames").Order());
    }

    [Fact]
    public async Task The_opens_of_a_link_name_who_was_signed_in_also_when_they_are_deactivated()
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var link = await portal.ShareAsync(asset);
        var stranger = portal.GuestOf(link);
        (await stranger.OpenAsync()).Expect(200);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var member = portal.GuestOf(link);
        member.Session = await portal.SessionAsync("crew1");
        (await member.OpenAsync()).Expect(200);
        (await portal.As("admin").PostAsync($"/api/users/{TestPeople.UserId("crew1")}/deactivate")).Expect(200);
        try
        {
            var opens = (await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}/opens")).Expect(200).Field("items").AsArray();
            Assert.Equal(["crew1", null], opens.Select(open => open!["userName"]?.ToString()));
            Assert.Equal([TestPeople.UserId("crew1").ToString(), null], opens.Select(open => open!["userId"]?.ToString()));
        }
        finally
        {
            (await portal.As("admin").PostAsync($"/api/users/{TestPeople.UserId("crew1")}/reactivate")).Expect(200);
        }
    }

    [Fact]
    public async Task The_audit_log_names_its_actors_to_Admins_and_to_nobody_else()
    {
        var log = $"/api/audit?entityId={project}";
        var entry = (await portal.As("admin").FetchAsync(log)).Expect(200).Field("items")[0]!;
        Assert.Equal(("admin", TestPeople.UserId("admin").ToString()), (entry["actorName"]?.ToString(), entry["actorId"]!.ToString()));

        var same = (await portal.As("compliance").FetchAsync(log)).Expect(200).Field("items")[0]!;
        Assert.Null(same["actorName"]);
        Assert.Equal(entry["actorId"]!.ToString(), same["actorId"]!.ToString());
    }

    private static IReadOnlyList<string> Texts(JsonNode answer, string list) =>
        [.. answer[list]!.AsArray().Select(text => text!.ToString())];

    /// <summary>The names of the tests' people with these ids.</summary>
    private static IReadOnlyList<string> Named(JsonNode answer, string ids)
    {
        var known = new[] { "admin", "agency", "crew1" }.ToDictionary(handle => TestPeople.UserId(handle).ToString());
        return [.. Texts(answer, ids).Select(id => known[id] == "crew1" && ids == "assigneeIds" ? "Cleo, from today" : known[id])];
    }
}
