using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Events.Changes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>What happens, told to who waits for it: once, in order, and to nobody who may not read it.</summary>
public sealed class ChangeTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Path = "/api/changes";

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task It_begins_now_and_tells_what_happens_from_then_on_once_and_in_order()
    {
        await portal.NewProjectAsync("Before");
        var start = await StartAsync("agency");
        var project = await portal.NewProjectAsync("After");
        var task = (await portal.NewTaskAsync(project, "Cut")).Id;
        (await portal.MoveTaskAsync(task, "in_progress")).Expect(200);

        var (told, cursor) = await HeardAsync("agency", start, 3);
        Assert.Equal(
            [("project_created", project), ("task_created", task), ("task_status_changed", task)],
            told.Select(change => (change["type"]!.ToString(), Guid.Parse(change["data"]!["subject"]!["id"]!.ToString()))));
        Assert.Equal(project.ToString(), told[1]["data"]!["projectId"]!.ToString());
        Assert.Equal("in_progress", told[2]["data"]!["details"]!["status"]!.ToString());
        Assert.Empty((await portal.As("agency").FetchAsync($"{Path}?after={cursor}")).Expect(200).Field("items").AsArray());
        Assert.Equal(3, (await HeardAsync("agency", start, 3)).Told.Count);
    }

    [Fact]
    public async Task Who_waits_hears_soon_and_takes_no_place_of_others_meanwhile()
    {
        portal.Settings["Http:MaxConcurrentRequests"] = "3";
        await portal.RestartHostAsync();
        try
        {
            var start = await StartAsync("agency");
            var asked = Enumerable.Range(0, 5).Select(_ => portal.As("agency").FetchAsync($"{Path}?wait=25&after={start}")).ToList();
            var fifth = await Task.WhenAny(asked);
            Assert.Equal("too-many-requests", (await fifth).Expect(429).ProblemType);
            var waiting = asked.Where(each => each != fifth);
            await WaitingAsync(4);
            var began = portal.Clock.GetUtcNow();

            var project = await portal.NewProjectAsync("While they wait");
            foreach (var answer in await portal.WhileMovingAsync(Task.WhenAll(waiting)))
            {
                Assert.Equal(project.ToString(), Subject(Assert.Single(answer.Expect(200).Field("items").AsArray())!));
            }

            Assert.InRange(portal.Clock.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(14));
        }
        finally
        {
            portal.Settings.Remove("Http:MaxConcurrentRequests");
            await portal.RestartHostAsync();
        }
    }

    [Fact]
    public async Task A_wait_ends_after_the_seconds_asked_for_and_25_are_the_most()
    {
        var start = await StartAsync("compliance");
        var waiting = portal.As("compliance").FetchAsync($"{Path}?wait=25&after={start}");
        await WaitingAsync(1);
        var began = portal.Clock.GetUtcNow();
        var answer = (await portal.WhileMovingAsync(waiting, TimeSpan.FromMilliseconds(500))).Expect(200);
        Assert.InRange(portal.Clock.GetUtcNow() - began, TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(40));
        Assert.Empty(answer.Field("items").AsArray());
        Assert.Equal("false", answer.Text("more"));
        foreach (var wait in new[] { "26", "-1", "soon" })
        {
            (await portal.As("compliance").FetchAsync($"{Path}?wait={wait}&after={start}")).Expect(400);
        }
    }

    [Fact]
    public async Task A_change_that_nobody_noticed_is_told_when_who_waits_reads_again()
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("revoke execute on function portal.tenants_with_changes from portal_system");
        try
        {
            var start = await StartAsync("agency");
            var waiting = portal.As("agency").FetchAsync($"{Path}?wait=25&after={start}");
            await WaitingAsync(1);
            await portal.NewProjectAsync("Unnoticed");
            var began = portal.Clock.GetUtcNow();
            Assert.Single((await portal.WhileMovingAsync(waiting)).Expect(200).Field("items").AsArray());
            Assert.InRange(portal.Clock.GetUtcNow() - began, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(24.9));
        }
        finally
        {
            await connection.ExecuteAsync("grant execute on function portal.tenants_with_changes to portal_system");
        }
    }

    /// <summary>With one snapshot for all, so that no transaction of another test moves the horizon meanwhile.</summary>
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0, -1, true)]
    [InlineData(1, -1, false)]
    public async Task Who_waits_is_woken_once_as_soon_as_a_change_is_safe_to_tell(int safeFrom, int heard, bool woken)
    {
        const string Horizon = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset())";
        var change = new { TestPeople.Tenant, safeFrom, heard };
        await portal.NewProjectAsync("At the horizon");
        await using var connection = await portal.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await connection.ExecuteAsync($"""
            alter table portal.events disable trigger user;
            update portal.events set safe_from = {Horizon} + @safeFrom where tenant_id = @Tenant
            """, change, transaction);
        Assert.Equal(woken, await connection.QuerySingleAsync<bool>($"""
            select t.tenant_ids = array[@Tenant] from portal.tenants_with_changes(array[@Tenant], {Horizon} + @heard) t
            """, change, transaction));
    }

    [Fact]
    public async Task Everybody_hears_of_what_they_may_read_and_of_nothing_else()
    {
        string[] people = ["admin", "agency", "crew1", "client", "compliance", "other-admin"];
        var starts = new Dictionary<string, string>();
        foreach (var person in people)
        {
            starts[person] = await StartAsync(person);
        }

        var project = (await portal.As("admin").PostAsync("/api/projects", new
        {
            name = "With a client",
            memberIds = new[] { TestPeople.UserId("agency"), TestPeople.UserId("client") },
        })).Expect(201).Id;
        await portal.NewTaskAsync(project, "Cut");
        await portal.DoAsync(
            Insert.Replace("project_updated", "milestone_template_applied", StringComparison.Ordinal), Row(project, 1));
        (await portal.As("compliance").PostAsync("/api/holds", new
        {
            kind = "person",
            subjectId = TestPeople.UserId("crew6"),
            reason = "Asked",
            reviewOn = "2026-06-01",
        })).Expect(201);
        (await portal.As("admin").PostAsync("/api/invites", new { email = "new@portal.example", role = "agency" })).Expect(201);
        await HeardAsync("admin", starts["admin"], 5);

        Assert.Equal(
            ["hold_placed", "invite_created", "milestone_template_applied", "project_created", "task_created"],
            await TypesAsync("admin", starts["admin"]));
        Assert.Equal(["milestone_template_applied", "project_created", "task_created"], await TypesAsync("agency", starts["agency"]));
        Assert.Equal(["project_created"], await TypesAsync("client", starts["client"]));
        Assert.Equal(["hold_placed"], await TypesAsync("compliance", starts["compliance"]));
        Assert.Empty(await TypesAsync("crew1", starts["crew1"]));
        Assert.Empty(await TypesAsync("other-admin", starts["other-admin"]));

        // Today's members, not those of when it happened.
        (await portal.As("admin").DropAsync($"/api/projects/{project}/members/{TestPeople.UserId("agency")}")).Expect(204);
        Assert.Empty(await TypesAsync("agency", starts["agency"]));
        (await portal.As("other-admin").FetchAsync($"{Path}?after={starts["admin"]}")).Expect(400);
        (await portal.Anonymous.FetchAsync(Path)).Expect(401);
    }

    [Fact]
    public async Task A_person_hears_that_they_were_notified_and_not_who_else_was()
    {
        var project = await portal.NewProjectAsync("With a bell");
        var assigneeIds = new[] { TestPeople.UserId("crew1"), TestPeople.UserId("crew2") };
        foreach (var crew in new[] { "crew1", "crew2" })
        {
            (await portal.As("admin").SetAsync($"/api/projects/{project}/members/{TestPeople.UserId(crew)}")).Expect(200);
        }

        var task = (await portal.NewTaskAsync(project, "Grade", new { assigneeIds })).Id;
        await portal.DeliverAsync();
        var start = await StartAsync("crew1");
        var apart = await StartAsync("crew3");
        (await portal.MoveTaskAsync(task, "in_progress")).Expect(200);
        await portal.DeliverAsync();

        var (told, _) = await HeardAsync("crew1", start, 2);
        Assert.Equal(["task_status_changed", "notifications_added"], told.Select(change => change["type"]!.ToString()));
        Assert.Equal(TestPeople.UserId("crew1").ToString(), Subject(told[1]));
        Assert.DoesNotContain(TestPeople.UserId("crew2").ToString(), told[1].ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(["task_status_changed"], await TypesAsync("crew3", apart));
    }

    [Fact]
    public async Task Who_is_deactivated_while_they_wait_is_told_nothing_more()
    {
        var start = await StartAsync("crew5");
        var waiting = portal.As("crew5").FetchAsync($"{Path}?wait=25&after={start}");
        await WaitingAsync(1);
        await portal.DoAsync("update portal.users set status = 'deactivated' where id = @id", new { id = TestPeople.UserId("crew5") });
        try
        {
            Assert.Equal("deactivated", (await portal.WhileMovingAsync(waiting)).Expect(403).ProblemType);
        }
        finally
        {
            await portal.DoAsync("update portal.users set status = 'active' where id = @id", new { id = TestPeople.UserId("crew5") });
        }
    }

    [Fact]
    public async Task What_commits_late_is_told_before_what_was_written_after_it_and_holds_that_back()
    {
        var start = await StartAsync("agency");
        var project = await portal.NewProjectAsync("Late and early");
        var (_, cursor) = await HeardAsync("agency", start, 1);
        await using var slow = await portal.OpenAsync();
        await using var held = await slow.BeginTransactionAsync();
        await slow.ExecuteAsync(Insert, Row(project, 1), held);
        await portal.DoAsync(Insert, Row(project, 2));

        Assert.Empty((await portal.As("agency").FetchAsync($"{Path}?after={cursor}")).Expect(200).Field("items").AsArray());
        await held.CommitAsync();
        Assert.Equal(["1", "2"], await NumbersAsync(cursor, 2));
    }

    [Fact]
    public async Task Of_one_thing_the_order_is_that_of_its_writers_whoever_began_first()
    {
        var start = await StartAsync("agency");
        var project = await portal.NewProjectAsync("Whoever began first");
        var (_, cursor) = await HeardAsync("agency", start, 1);
        await using var early = await portal.OpenAsync();
        await using var held = await early.BeginTransactionAsync();
        await early.ExecuteAsync("select pg_current_xact_id()", transaction: held);
        await portal.DoAsync(Insert, Row(project, 1));
        await early.ExecuteAsync(Insert, Row(project, 2), held);
        await held.CommitAsync();

        Assert.Equal(["1", "2"], await NumbersAsync(cursor, 2));
    }

    [Fact]
    public async Task A_stream_tells_the_same_and_goes_on_where_it_broke_off()
    {
        var start = await StartAsync("agency");
        var project = await portal.NewProjectAsync("Streamed");
        var task = (await portal.NewTaskAsync(project, "Cut")).Id;
        await HeardAsync("agency", start, 2);

        var (id, first) = await FirstOfStreamAsync(start);
        Assert.Equal(("project_created", project.ToString()), (first["type"]!.ToString(), Subject(first)));

        // A browser asks for the address again that it first had, and says in a header what it has heard.
        var (_, second) = await FirstOfStreamAsync(id, $"?after={Uri.EscapeDataString(start)}");
        Assert.Equal(("task_created", task.ToString()), (second["type"]!.ToString(), Subject(second)));
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", "nonsense");
        using var refused = await portal.As("agency").SendAsync(request);
        Assert.Equal(400, (await refused.ReadAsync()).Code);
    }

    [Fact]
    public async Task A_guest_hears_of_comments_that_they_see_and_of_the_end_of_their_link()
    {
        var project = await portal.NewProjectAsync("For a guest");
        var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var link = await portal.ShareAsync(asset, new { allowComments = true });
        var elsewhere = await portal.ShareAsync(asset, new { allowComments = true });
        var withoutComments = await portal.ShareAsync(asset);
        var (guest, other, viewer) = (portal.GuestOf(link), portal.GuestOf(elsewhere), portal.GuestOf(withoutComments));
        Assert.Equal("share-link-not-opened", (await guest.SendAsync(HttpMethod.Get, "/changes")).Expect(403).ProblemType);
        (await guest.OpenAsync()).Expect(200);
        (await other.OpenAsync()).Expect(200);
        (await viewer.OpenAsync()).Expect(200);
        var start = (await guest.SendAsync(HttpMethod.Get, "/changes")).Expect(200).Text("nextCursor");
        var seen = (await viewer.SendAsync(HttpMethod.Get, "/changes")).Expect(200).Text("nextCursor");

        var comments = $"/api/assets/{asset}/versions/1/comments";
        (await portal.As("agency").PostAsync(comments, new { body = "Among us", visibility = "team" })).Expect(201);
        var said = (await portal.As("agency").PostAsync(comments, new { body = "For you", visibility = "client" })).Expect(201).Id;
        (await other.CommentAsync("Of another customer")).Expect(201);
        var own = (await guest.CommentAsync("Mine")).Expect(201).Id;
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.TellableAsync();

        // It waited when the link ended: what came before is not told any more.
        (await guest.SendAsync(HttpMethod.Get, $"/changes?after={start}")).Expect(403);
        await portal.DoAsync("update portal.share_links set status = 'active', revoked_at = null where id = @Id", link);
        var told = (await guest.SendAsync(HttpMethod.Get, $"/changes?after={start}")).Expect(200).Field("items").AsArray();
        Assert.Equal([said.ToString(), own.ToString(), link.Id.ToString()], told.Select(change => Subject(change!)));
        Assert.Equal("share_link_revoked", told[2]!["type"]!.ToString());
        Assert.Empty((await viewer.SendAsync(HttpMethod.Get, $"/changes?after={seen}")).Expect(200).Field("items").AsArray());
        Assert.DoesNotContain(project.ToString(), told.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(TestPeople.UserId("agency").ToString(), told.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_who_waits_hears_at_once_that_the_link_was_revoked_and_no_comment_of_before()
    {
        var project = await portal.NewProjectAsync("Revoked meanwhile");
        var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var link = await portal.ShareAsync(asset, new { allowComments = true });
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        await portal.TellableAsync();
        var start = (await guest.SendAsync(HttpMethod.Get, "/changes")).Expect(200).Text("nextCursor");
        var waiting = guest.SendAsync(HttpMethod.Get, $"/changes?wait=25&after={start}");
        await WaitingAsync(1);

        var comment = new { body = "Too late", visibility = "client" };
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/versions/1/comments", comment)).Expect(201);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.TellableAsync();
        var told = Assert.Single((await portal.WhileMovingAsync(waiting)).Expect(200).Field("items").AsArray())!;
        Assert.Equal(("share_link_revoked", link.Id.ToString()), (told["type"]!.ToString(), Subject(told)));
    }

    [Fact]
    public async Task Each_event_is_told_once_while_writers_race_and_readers_break_off()
    {
        var result = await new ChangeRace(portal, new(Events: 250, Writers: 5, Restarts: 1, Seed: 7, TimeSpan.FromMinutes(1))).RunAsync();
        Assert.True(result.Violations.Count == 0, string.Join("\n", result.Violations));
    }

    private const string Insert = """
        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
        values (gen_random_uuid(), @Tenant, 'project', @project, 'project_updated', jsonb_build_object('number', @number), now())
        """;

    private static object Row(Guid project, int number) => new { TestPeople.Tenant, project, number };

    private static string Subject(JsonNode change) => change["data"]!["subject"]!["id"]!.ToString();

    /// <summary>The place behind everything that has happened so far, once that may be told.</summary>
    private async Task<string> StartAsync(string person)
    {
        await portal.TellableAsync();
        return (await portal.As(person).FetchAsync(Path)).Expect(200).Text("nextCursor");
    }

    /// <summary>So many changes, once they may be told: some other transaction of the server may still run.</summary>
    private async Task<(IReadOnlyList<JsonNode> Told, string Cursor)> HeardAsync(string person, string after, int count)
    {
        var answer = await Eventually.ValueAsync(
            async () => (await portal.As(person).FetchAsync($"{Path}?after={after}")).Expect(200),
            told => told.Field("items").AsArray().Count >= count, $"{person} to hear {count} changes");
        return ([.. answer.Field("items").AsArray().Select(change => change!)], answer.Text("nextCursor"));
    }

    private async Task<IReadOnlyList<string>> TypesAsync(string person, string after) =>
        [.. (await HeardAsync(person, after, 0)).Told.Select(change => change["type"]!.ToString()).Order(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<string>> NumbersAsync(string after, int count) =>
        [.. (await HeardAsync("agency", after, count)).Told.Select(change => change["data"]!["details"]!["number"]!.ToString())];

    /// <summary>So many have read all that there is, and wait.</summary>
    private Task WaitingAsync(int count) => Eventually.TrueAsync(
        () => portal.Services.GetRequiredService<AwaitChanges>().Waiting == count, $"{count} to wait");

    private async Task<(string Id, JsonNode Change)> FirstOfStreamAsync(string after, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path + query);
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", after);
        using var response = await portal.As("agency").SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        for (var id = ""; ;)
        {
            var line = await reader.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException("The stream ended.");
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return (id, JsonNode.Parse(line[6..])!);
            }
        }
    }
}
