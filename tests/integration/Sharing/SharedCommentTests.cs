using Portal.Tests.Support;

namespace Portal.Tests.Integration.Sharing;

/// <summary>What guests and Clients see and say behind a share link: field by field (docs/api-visibility.md).</summary>
public sealed class SharedCommentTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static Guid asset;

    private static string Path => $"/api/assets/{asset}/versions/1/comments";

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            var project = (await portal.As("admin").PostAsync("/api/projects", new
            {
                name = "With a client",
                memberIds = new[] { TestPeople.UserId("agency"), TestPeople.UserId("client") },
            })).Expect(201).Id;
            asset = Guid.Parse((await portal.UploadReadyAsync(project, bytes: Mp4Sample.Clip())).Text("assetId"));
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_guest_comments_under_the_name_they_give_and_the_team_sees_through_which_link()
    {
        var (guest, link) = await OpenedAsync();
        var said = (
            await guest.CommentAsync(
                "Love the **ending**", new { frame = 3, frameRate = new { numerator = 25, denominator = 1 } })).Expect(201);
        Assert.Equal("you", said.Field("author")["kind"]!.ToString());
        var seen = (await portal.As("agency").FetchAsync($"/api/comments/{said.Id}")).Expect(200);
        Assert.Equal("guest", seen.Field("author")["kind"]!.ToString());
        Assert.Equal("Gwen Guest", seen.Field("author")["name"]!.ToString());
        Assert.Equal(link.Id.ToString(), seen.Text("shareLinkId"));
        Assert.Equal("shared", seen.Text("visibility"));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'comment_added' and aggregate_id = @id", new { id = said.Id }));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.audit_log t where t::text like '%Gwen%'"));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.events t where t::text like '%Gwen%'"));
    }

    [Fact]
    public async Task A_guest_sees_these_fields_and_no_others()
    {
        var (guest, _) = await OpenedAsync();
        var team = (await portal.As("agency").PostAsync(Path, new { body = "For everybody", visibility = "shared" })).Expect(201);
        await guest.CommentAsync("Thanks", new { parentId = team.Id });
        var list = (await guest.SendAsync(HttpMethod.Get, "/comments?limit=200")).Expect(200);
        string[] fields = [
            "author", "body", "bodyHtml", "createdAt", "deletedAt", "editedAt", "endFrame", "frame", "frameRate", "id", "parentId",
            "resolved", "version"
        ];
        foreach (var item in list.Field("items").AsArray())
        {
            Assert.Equal(fields, item!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
            Assert.Equal(["kind", "name"], item["author"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        }

        foreach (var person in new[] { "agency", "admin", "client" })
        {
            Assert.DoesNotContain(TestPeople.UserId(person).ToString(), list.Body, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain($"{person}@portal.example", list.Body, StringComparison.OrdinalIgnoreCase);
        }

        var seen = list.Field("items").AsArray().Single(i => i!["id"]!.ToString() == team.Text("id"))!;
        Assert.Equal("team", seen["author"]!["kind"]!.ToString());
        Assert.Equal("agency", seen["author"]!["name"]!.ToString());
    }

    [Fact]
    public async Task What_the_team_keeps_to_itself_and_what_other_links_say_stays_hidden()
    {
        var (guest, _) = await OpenedAsync();
        var (stranger, _) = await OpenedAsync();
        var inside = (await portal.As("agency").PostAsync(Path, new { body = "internal only" })).Expect(201);
        var open = (await portal.As("agency").PostAsync(Path, new { body = "hello guests", visibility = "shared" })).Expect(201);
        var theirs = (await stranger.CommentAsync("of another client")).Expect(201);
        (await stranger.CommentAsync("reply of another client", new { parentId = open.Id })).Expect(201);
        var answer = new { body = "answer to another client", parentId = theirs.Id };
        var answered = (await portal.As("agency").PostAsync(Path, answer)).Expect(201);
        (await guest.CommentAsync("mine")).Expect(201);

        var bodies = (
            await guest.SendAsync(HttpMethod.Get, "/comments?limit=200")).Expect(200).Field("items").AsArray().Select(i =>
                i!["body"]!.ToString()).ToList();
        Assert.Contains("hello guests", bodies);
        Assert.Contains("mine", bodies);
        Assert.DoesNotContain("internal only", bodies);
        Assert.DoesNotContain(bodies, b => b.Contains("another client", StringComparison.Ordinal));
        foreach (var hidden in new[] { inside.Id, theirs.Id, answered.Id })
        {
            Assert.Equal(
                "/parentId", (
                    await guest.CommentAsync("x", new { parentId = hidden })).Expect(400).Field("errors")[0]!["pointer"]!.ToString());
            (await guest.SendAsync(HttpMethod.Patch, $"/comments/{hidden}", new { body = "x" }, "\"1\"")).Expect(404);
        }
    }

    [Fact]
    public async Task A_signed_in_Client_comments_as_themselves()
    {
        var (client, _) = await OpenedAsync(new { allowComments = true, guestEmails = new[] { "client@portal.example" } }, "client");
        var said = (await client.CommentAsync("As myself", new { name = "Somebody else" })).Expect(201);
        var seen = (await portal.As("agency").FetchAsync($"/api/comments/{said.Id}")).Expect(200).Field("author");
        Assert.Equal(TestPeople.UserId("client").ToString(), seen["userId"]!.ToString());
        Assert.Equal("client", seen["name"]!.ToString());
    }

    [Fact]
    public async Task A_guest_edits_and_deletes_their_own_within_the_time()
    {
        var (guest, _) = await OpenedAsync();
        var (other, _) = await OpenedAsync();
        var said = (await guest.CommentAsync("frist")).Expect(201);
        (await other.SendAsync(HttpMethod.Patch, $"/comments/{said.Id}", new { body = "x" }, said.Tag())).Expect(404);
        (await guest.SendAsync(HttpMethod.Patch, $"/comments/{said.Id}", new { body = "x" })).Expect(428);
        var team = (await portal.As("agency").PostAsync(Path, new { body = "team's", visibility = "shared" })).Expect(201);
        Assert.Equal(
            "not-author", (
                await guest.SendAsync(HttpMethod.Patch, $"/comments/{team.Id}", new { body = "x" }, team.Tag())).Expect(403).ProblemType);
        var edited = (await guest.SendAsync(HttpMethod.Patch, $"/comments/{said.Id}", new { body = "first" }, said.Tag())).Expect(200);
        Assert.Equal("first", edited.Text("body"));
        portal.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(
            "edit-window-over", (
                await guest.SendAsync(
                    HttpMethod.Patch, $"/comments/{said.Id}", new { body = "later" }, edited.Tag())).Expect(409).ProblemType);
        (await guest.SendAsync(HttpMethod.Delete, $"/comments/{said.Id}", etag: edited.Tag())).Expect(204);
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.comments where id = @id and (body <> '' or guest_name is not null)", new { id = said.Id }));
    }

    [Fact]
    public async Task Where_the_link_does_not_allow_it_or_is_over_nothing_is_read_or_said()
    {
        var (silent, _) = await OpenedAsync(new { allowComments = false });
        Assert.Equal("comments-not-allowed", (await silent.SendAsync(HttpMethod.Get, "/comments")).Expect(403).ProblemType);
        Assert.Equal("comments-not-allowed", (await silent.CommentAsync("x")).Expect(403).ProblemType);

        var unopened = portal.GuestOf(await portal.ShareAsync(asset, new { allowComments = true }));
        Assert.Equal("share-link-not-opened", (await unopened.CommentAsync("x")).Expect(403).ProblemType);

        var (guest, link) = await OpenedAsync();
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-unavailable", (await guest.CommentAsync("x")).Expect(403).ProblemType);
        Assert.Equal("share-link-unavailable", (await guest.SendAsync(HttpMethod.Get, "/comments")).Expect(403).ProblemType);
        (await new Guest(portal.Anonymous, new string('B', 43)).CommentAsync("x")).Expect(404);
    }

    [Fact]
    public async Task From_the_second_a_link_ends_nothing_is_read_said_or_downloaded_whether_or_not_the_timer_has_run()
    {
        var (guest, link) = await OpenedAsync(
            new { allowComments = true, allowDownload = true, expiresAt = portal.Clock.GetUtcNow().AddHours(24) });
        portal.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        (await guest.SendAsync(HttpMethod.Get, "/comments")).Expect(200);
        (await guest.CommentAsync("Just in time")).Expect(201);
        (await guest.SendAsync(HttpMethod.Get, "/download")).Expect(409);

        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("active", await portal.ScalarAsync<string>("select status from portal.share_links where id = @Id", new { link.Id }));
        foreach (var answer in new[]
        {
            await guest.SendAsync(HttpMethod.Get, "/comments"), await guest.CommentAsync("Too late"),
            await guest.SendAsync(HttpMethod.Get, "/download"),
        })
        {
            Assert.Equal("share-link-unavailable", answer.Expect(403).ProblemType);
        }
    }

    [Fact]
    public async Task A_guest_who_floods_is_stopped()
    {
        var (guest, _) = await OpenedAsync();
        var answers = new List<Answer>();
        for (var i = 0; i < 21; i++)
        {
            answers.Add(await guest.CommentAsync($"number {i}"));
        }

        Assert.Equal(20, answers.Count(a => a.Code == 201));
        Assert.True(answers[^1].Expect(429).Headers.RetryAfter!.Delta > TimeSpan.Zero);
    }

    [Fact]
    public async Task Reading_is_paged_and_counts_as_no_open()
    {
        var (guest, link) = await OpenedAsync();
        for (var i = 0; i < 3; i++)
        {
            (await guest.CommentAsync($"page {i}")).Expect(201);
        }

        var first = (await guest.SendAsync(HttpMethod.Get, "/comments?sort=newest&limit=2")).Expect(200);
        Assert.Equal(["page 2", "page 1"], first.Field("items").AsArray().Select(i => i!["body"]!.ToString()));
        var second = (
            await guest.SendAsync(HttpMethod.Get, $"/comments?sort=newest&limit=2&cursor={first.Text("nextCursor")}")).Expect(200);
        Assert.Equal("page 0", second.Field("items")[0]!["body"]!.ToString());
        var (other, _) = await OpenedAsync();
        (await other.SendAsync(HttpMethod.Get, $"/comments?sort=newest&cursor={first.Text("nextCursor")}")).Expect(400);
        Assert.Equal(1, await portal.ScalarAsync<int>("select opens from portal.share_links where id = @id", new { id = link.Id }));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.playback_audit where share_link_id = @id", new { id = link.Id }));
    }

    private async Task<(Guest Guest, Answer Link)> OpenedAsync(object? switches = null, string? person = null)
    {
        var link = await portal.ShareAsync(asset, switches ?? new { allowComments = true });
        var guest = portal.GuestOf(link);
        guest.Session = person is null ? null : await portal.SessionAsync(person);
        (await guest.OpenAsync()).Expect(200);
        return (guest, link);
    }
}
