using System.Net.Http.Json;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Sharing;

/// <summary>The team's comments on a version: threads, places, mentions, resolving, editing, deleting.</summary>
public sealed class CommentTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static Guid project;
    private static Guid asset;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            project = await portal.NewProjectAsync();
            asset = Guid.Parse((await portal.UploadReadyAsync(project, bytes: Mp4Sample.Clip())).Text("assetId"));
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_comment_carries_its_place_as_whole_numbers_and_both_forms_of_its_text()
    {
        var comment = (await AddAsync(new
        {
            body = "The **cut** is late <script>alert(1)</script> [see](https://example.com/a) [x](javascript:alert(1))",
            frame = 2,
            endFrame = 5,
            frameRate = new { numerator = 24000, denominator = 1001 },
        })).Expect(201);
        Assert.Equal(2, (int)comment.Field("frame"));
        Assert.Equal(5, (int)comment.Field("endFrame"));
        Assert.Equal(24000, (int)comment.Field("frameRate")["numerator"]!);
        Assert.Equal(1001, (int)comment.Field("frameRate")["denominator"]!);
        Assert.StartsWith("The **cut**", comment.Text("body"), StringComparison.Ordinal);
        var html = comment.Text("bodyHtml");
        Assert.Contains("<strong>cut</strong>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("javascript:", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<a href=\"https://example.com/a\" rel=\"nofollow noopener\">see</a>", html, StringComparison.Ordinal);
        Assert.Equal(comment.Body, (await portal.As("agency").FetchAsync($"/api/comments/{comment.Id}")).Expect(200).Body);
    }

    [Theory]
    [InlineData(23.976, 24000, 1001)]
    [InlineData(25.0, 25, 1)]
    [InlineData(null, null, null)]
    public async Task Without_a_rate_of_its_own_a_place_has_the_version_s(double? measured, int? numerator, int? denominator)
    {
        var own = await NewVersionAsync();
        await using (var connection = await portal.OpenAsync())
        {
            await Dapper.SqlMapper.ExecuteAsync(
                connection, "update portal.asset_versions set frame_rate = @measured where asset_id = @own", new { own, measured });
        }

        var comment = await AddAsync(new { body = "Here", frame = 0 }, own);
        if (numerator is null)
        {
            Assert.Equal("/frameRate", Pointer(comment));
            return;
        }

        var rate = comment.Expect(201).Field("frameRate");
        Assert.Equal((numerator, denominator), ((int)rate["numerator"]!, (int)rate["denominator"]!));
    }

    [Theory]
    [InlineData("{\"body\":\"x\",\"frame\":1.5}", "/frame")]
    [InlineData("{\"body\":\"x\",\"frame\":5,\"endFrame\":4,\"frameRate\":{\"numerator\":25,\"denominator\":1}}", "/endFrame")]
    [InlineData("{\"body\":\"x\",\"endFrame\":4}", "/endFrame")]
    [InlineData("{\"body\":\"x\",\"frame\":80000000,\"frameRate\":{\"numerator\":25,\"denominator\":1}}", "/frame")]
    [InlineData("{\"body\":\"x\",\"frame\":1,\"endFrame\":80000000,\"frameRate\":{\"numerator\":25,\"denominator\":1}}", "/endFrame")]
    [InlineData("{\"body\":\"x\",\"frame\":1,\"frameRate\":{\"numerator\":25,\"denominator\":0}}", "/frameRate/denominator")]
    [InlineData("{\"body\":\"x\",\"frameRate\":{\"numerator\":25,\"denominator\":1}}", "/frameRate")]
    [InlineData("{\"body\":\"  \"}", "/body")]
    [InlineData("{\"body\":\"x\",\"visibility\":\"everyone\"}", "/visibility")]
    public async Task A_place_that_is_none_is_refused(string json, string pointer)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        var answer = (await (await portal.As("agency").PostAsync(new Uri(Path(), UriKind.Relative), content)).ReadAsync()).Expect(400);
        Assert.Equal(pointer, answer.Field("errors")[0]!["pointer"]!.ToString());
    }

    [Fact]
    public async Task Replies_stay_with_their_thread_in_the_order_of_the_video_one_level_deep()
    {
        var own = await NewVersionAsync();
        var late = (await AddAsync(At(4, "late"), own)).Expect(201);
        var early = (await AddAsync(At(1, "early"), own)).Expect(201);
        (await AddAsync(new { body = "whole" }, own)).Expect(201);
        var reply = (await AddAsync(new { body = "reply to early", parentId = early.Id }, own)).Expect(201);
        (await AddAsync(new { body = "reply to late", parentId = late.Id }, own)).Expect(201);
        (await AddAsync(new { body = "second to early", parentId = early.Id }, own)).Expect(201);

        Assert.Equal(["whole", "early", "reply to early", "second to early", "late", "reply to late"], await BodiesAsync(own, ""));
        Assert.Equal(
            ["late", "early", "whole", "reply to early", "reply to late", "second to early"], await BodiesAsync(own, "&sort=oldest"));
        Assert.Equal(
            ["second to early", "reply to late", "reply to early", "whole", "early", "late"], await BodiesAsync(own, "&sort=newest"));
        Assert.Equal("/parentId", Pointer(await AddAsync(new { body = "deeper", parentId = reply.Id }, own)));
        Assert.Equal("/frame", Pointer(await AddAsync(new { body = "elsewhere", parentId = early.Id, frame = 3 }, own)));
        Assert.Equal("/parentId", Pointer(await AddAsync(new { body = "other version", parentId = early.Id })));
    }

    [Fact]
    public async Task Pages_do_not_shift_when_comments_come_in_between()
    {
        var own = await NewVersionAsync();
        for (var i = 0; i < 5; i++)
        {
            (await AddAsync(At(i, $"at {i}"), own)).Expect(201);
        }

        var first = (await portal.As("agency").FetchAsync($"{Path(own)}?limit=2")).Expect(200);
        (await AddAsync(At(0, "came late"), own)).Expect(201);
        var second = (await portal.As("agency").FetchAsync($"{Path(own)}?limit=2&cursor={first.Text("nextCursor")}")).Expect(200);
        Assert.Equal(["at 2", "at 3"], second.Field("items").AsArray().Select(i => i!["body"]!.ToString()));
        (await portal.As("agency").FetchAsync($"{Path(own)}?sort=newest&cursor={first.Text("nextCursor")}")).Expect(400);

        string[] inTime = ["at 0", "at 1", "at 2", "at 3", "at 4", "came late"];
        var (agency, oldest) = (portal.As("agency"), $"{Path(own)}?sort=oldest");
        Assert.Equal(inTime, await agency.WalkAsync(oldest, "body", 2));
        Assert.Equal(inTime.Reverse(), await agency.WalkAsync($"{oldest}&order=desc", "body", 2));
    }

    [Fact]
    public async Task Of_eight_edits_of_one_version_of_a_comment_one_wins()
    {
        var said = (await AddAsync(new { body = "first" }, await NewVersionAsync())).Expect(201);

        // Held until all have read it: each waits with its words for the others.
        var answers = await portal.WhileHeldAsync(
            "select 1 from portal.comments where id = @Id for update", new { said.Id },
            () => Enumerable.Range(1, 8).Select(i => portal.As("agency").ChangeAsync(
                HttpMethod.Patch, $"/api/comments/{said.Id}", new { body = $"words {i}" }, said.Tag())));

        var won = Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers.Where(a => a.Code != 200), a => a.Expect(412));
        var now = (await portal.As("agency").FetchAsync($"/api/comments/{said.Id}")).Expect(200);
        Assert.Equal((won.Text("body"), won.Tag()), (now.Text("body"), now.Tag()));
    }

    [Fact]
    public async Task A_thread_is_resolved_and_reopened_once_each()
    {
        var own = await NewVersionAsync();
        var thread = (await AddAsync(At(1, "fix this"), own)).Expect(201);
        var reply = (await AddAsync(new { body = "done", parentId = thread.Id }, own)).Expect(201);
        (await AddAsync(At(2, "open"), own)).Expect(201);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => portal.As("agency").PostAsync($"/api/comments/{thread.Id}/resolve")));
        Assert.Single(answers, a => a.Code == 200);
        Assert.All(
            answers.Where(a => a.Code != 200), a => Assert.Contains("resolved", a.Expect(409).Text("detail"), StringComparison.Ordinal));
        Assert.Equal(["fix this", "done"], await BodiesAsync(own, "&resolved=true"));
        Assert.Equal(["open"], await BodiesAsync(own, "&resolved=false"));
        Assert.Equal(
            "comment-not-resolvable", (await portal.As("agency").PostAsync($"/api/comments/{reply.Id}/resolve")).Expect(409).ProblemType);
        Assert.Null((await portal.As("agency").PostAsync($"/api/comments/{thread.Id}/reopen")).Expect(200).Json!["resolvedAt"]);
        (await portal.As("agency").PostAsync($"/api/comments/{thread.Id}/reopen")).Expect(409);
    }

    [Fact]
    public async Task Its_author_edits_within_a_quarter_of_an_hour_and_nobody_else_does()
    {
        var comment = (await AddAsync(new { body = "first" })).Expect(201);
        var path = $"/api/comments/{comment.Id}";
        Assert.Equal(
            "version-required", (
                await portal.As("agency").ChangeAsync(HttpMethod.Patch, path, new { body = "x" }, null)).Expect(428).ProblemType);
        Assert.Equal(
            "not-author", (
                await portal.As("admin").ChangeAsync(HttpMethod.Patch, path, new { body = "x" }, comment.Tag())).Expect(403).ProblemType);
        Assert.Equal(
            "not-author", (
                await portal.As("crew1").ChangeAsync(HttpMethod.Patch, path, new { body = "x" }, comment.Tag())).Expect(403).ProblemType);
        var edited = (await portal.As("agency").ChangeAsync(HttpMethod.Patch, path, new { body = "second" }, comment.Tag())).Expect(200);
        Assert.Equal("second", edited.Text("body"));
        Assert.NotNull(edited.Json!["editedAt"]);
        (await portal.As("agency").ChangeAsync(HttpMethod.Patch, path, new { body = "third" }, comment.Tag())).Expect(412);
        portal.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        edited = (await portal.As("agency").ChangeAsync(HttpMethod.Patch, path, new { body = "in time" }, edited.Tag())).Expect(200);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            "edit-window-over", (
                await portal.As("agency").ChangeAsync(
                    HttpMethod.Patch, path, new { body = "third" }, edited.Tag())).Expect(409).ProblemType);
    }

    [Fact]
    public async Task A_deleted_comment_leaves_a_tombstone_without_words()
    {
        var own = await NewVersionAsync();
        var thread = (await AddAsync(new { body = "regretted words", mentions = new[] { TestPeople.UserId("crew1") } }, own)).Expect(201);
        (await AddAsync(new { body = "an answer", parentId = thread.Id }, own)).Expect(201);
        var path = $"/api/comments/{thread.Id}";
        Assert.Equal(
            "not-author", (await portal.As("crew1").ChangeAsync(HttpMethod.Delete, path, null, thread.Tag())).Expect(403).ProblemType);
        portal.Clock.Advance(TimeSpan.FromDays(1));
        (await portal.As("admin").ChangeAsync(HttpMethod.Delete, path, null, thread.Tag())).Expect(204);

        var tombstone = (await portal.As("agency").FetchAsync(path)).Expect(200);
        Assert.Equal("", tombstone.Text("body"));
        Assert.Equal("", tombstone.Text("bodyHtml"));
        Assert.NotNull(tombstone.Json!["deletedAt"]);
        Assert.Empty(tombstone.Field("mentions").AsArray());
        Assert.Equal(["", "an answer"], await BodiesAsync(own, ""));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.comments where body like '%regretted%'"));
        Assert.Equal(
            "comment-deleted", (
                await portal.As("admin").ChangeAsync(HttpMethod.Delete, path, null, tombstone.Tag())).Expect(409).ProblemType);
        Assert.Equal("thread-closed", (await AddAsync(new { body = "too late", parentId = thread.Id }, own)).Expect(409).ProblemType);
    }

    [Fact]
    public async Task A_deleted_comment_is_neither_edited_nor_resolved_nor_reopened()
    {
        var own = await NewVersionAsync();
        foreach (var act in new[] { "resolve", "reopen" })
        {
            var thread = (await AddAsync(new { body = "taken back" }, own)).Expect(201);
            if (act == "reopen")
            {
                thread = (await portal.As("agency").PostAsync($"/api/comments/{thread.Id}/resolve")).Expect(200);
            }

            var path = $"/api/comments/{thread.Id}";
            (await portal.As("agency").ChangeAsync(HttpMethod.Delete, path, null, thread.Tag())).Expect(204);
            var tombstone = (await portal.As("agency").FetchAsync(path)).Expect(200);
            var edit = await portal.As("agency").ChangeAsync(HttpMethod.Patch, path, new { body = "again" }, tombstone.Tag());
            Assert.Equal("comment-deleted", edit.Expect(409).ProblemType);
            var moved = (await portal.As("agency").PostAsync($"{path}/{act}")).Expect(409);
            Assert.Equal("The comment is deleted.", moved.Text("detail"));
            Assert.Equal(tombstone.Body, (await portal.As("agency").FetchAsync(path)).Body);
        }
    }

    [Fact]
    public async Task A_thread_takes_five_hundred_replies()
    {
        var own = await NewVersionAsync();
        var thread = (await AddAsync(new { body = "talk" }, own)).Expect(201);
        var first = (await AddAsync(new { body = "1", parentId = thread.Id }, own)).Expect(201);
        await using (var connection = await portal.OpenAsync())
        {
            await Dapper.SqlMapper.ExecuteAsync(connection, """
                insert into portal.comments (id, tenant_id, seq, root_seq, sort_frame, project_id, asset_id, asset_version_id, parent_id,
                   author_id, visibility, body, created_at, updated_at)
                select gen_random_uuid(), tenant_id, nextval('portal.comment_seq'), root_seq, sort_frame, project_id, asset_id,
                   asset_version_id, parent_id, author_id, visibility, body, created_at, updated_at
                  from portal.comments, generate_series(2, 499) where id = @id
                """, new { id = first.Id });
        }

        (await AddAsync(new { body = "500", parentId = thread.Id }, own)).Expect(201);
        Assert.Equal("thread-closed", (await AddAsync(new { body = "501", parentId = thread.Id }, own)).Expect(409).ProblemType);
        Assert.Equal(500, await portal.ScalarAsync<long>(
            "select count(*) from portal.comments where parent_id = @id", new { id = thread.Id }));
    }

    [Fact]
    public async Task Who_is_named_in_a_comment_that_is_deleted_before_its_mail_goes_gets_none()
    {
        await portal.DeliverAsync();
        var mails = (await portal.InboxOfAsync("crew2")).Count;
        var comment = (await AddAsync(new { body = "regretted", mentions = new[] { TestPeople.UserId("crew2") } })).Expect(201);
        (await portal.As("agency").ChangeAsync(HttpMethod.Delete, $"/api/comments/{comment.Id}", null, comment.Tag())).Expect(204);

        await portal.DeliverAsync();

        Assert.Equal(mails, (await portal.InboxOfAsync("crew2")).Count);
        Assert.Equal(
            ["skipped comment_deleted"],
            await portal.ListAsync(
                "select status || ' ' || reason from portal.deliveries where aggregate_id = @id and recipient = @to",
                new { id = comment.Id, to = $"user:{TestPeople.UserId("crew2")}" }));
    }

    [Fact]
    public async Task Mentions_name_people_who_see_the_thread_and_the_event_names_them_by_id()
    {
        var crew = TestPeople.UserId("crew1");
        var comment = (
            await AddAsync(
                new { body = "@crew1 look, very private words", mentions = new[] { crew, TestPeople.UserId("admin") } })).Expect(201);
        Assert.Contains(crew.ToString(), comment.Field("mentions").AsArray().Select(m => m!.ToString()));
        foreach (var stranger in new[] { "other-admin", "compliance", "client" })
        {
            Assert.Equal("/mentions", Pointer(await AddAsync(new { body = "x", mentions = new[] { TestPeople.UserId(stranger) } })));
            Assert.Equal("/mentions", Pointer(await AddAsync(new { body = "x", mentions = new[] { crew, TestPeople.UserId(stranger) } })));
        }

        var payload = await portal.ScalarAsync<string>(
            "select payload::text from portal.events where type = 'comment_added' and aggregate_id = @id", new { id = comment.Id });
        Assert.Contains(crew.ToString(), payload, StringComparison.Ordinal);
        Assert.DoesNotContain("private", payload, StringComparison.Ordinal);
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.audit_log t where t::text like '%very private words%'"));
    }

    [Fact]
    public async Task An_edit_takes_mentions_away_and_without_a_word_of_them_leaves_them()
    {
        var (crew, admin) = (TestPeople.UserId("crew1"), TestPeople.UserId("admin"));
        var comment = (await AddAsync(new { body = "Look", mentions = new[] { crew, admin } })).Expect(201);
        foreach (var (change, left) in new (object, Guid[])[]
        {
            (new { body = "Look here" }, [crew, admin]), (new { mentions = new[] { admin } }, [admin]),
            (new { mentions = new[] { crew } }, [crew]), (new { mentions = Array.Empty<Guid>() }, []),
        })
        {
            comment = (await portal.As("agency").EditAsync($"/api/comments/{comment.Id}", change, comment)).Expect(200);
            Assert.Equal(
                left.Select(user => user.ToString()).Order(StringComparer.Ordinal),
                comment.Field("mentions").AsArray().Select(m => m!.ToString()).Order(StringComparer.Ordinal));
        }

        Assert.Empty((await portal.As("agency").FetchAsync($"/api/comments/{comment.Id}")).Expect(200).Field("mentionNames").AsArray());
    }

    [Fact]
    public async Task By_author_only_theirs_are_listed()
    {
        var own = await NewVersionAsync();
        (await AddAsync(new { body = "agency's" }, own)).Expect(201);
        (await portal.As("crew1").PostAsync(Path(own), new { body = "crew's" })).Expect(201);
        Assert.Equal(["crew's"], await BodiesAsync(own, $"&authorId={TestPeople.UserId("crew1")}"));
    }

    [Fact]
    public async Task The_same_request_again_writes_one_comment()
    {
        var own = await NewVersionAsync();
        var ids = new List<Guid>();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Path(own)) { Content = JsonContent.Create(new { body = "once" }) };
            request.Headers.Add("Idempotency-Key", $"comment-{own}");
            ids.Add((await (await portal.As("agency").SendAsync(request)).ReadAsync()).Expect(201).Id);
        }

        Assert.Single(ids.Distinct());
        Assert.Equal(["once"], await BodiesAsync(own, ""));
    }

    [Fact]
    public async Task What_is_not_ready_or_not_theirs_takes_no_comment()
    {
        var waiting = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        Assert.Equal(
            "version-not-ready", (await AddAsync(new { body = "x" }, Guid.Parse(waiting.Text("assetId")))).Expect(409).ProblemType);
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/versions/9/comments", new { body = "x" })).Expect(404);
        (await portal.As("other-admin").PostAsync(Path(), new { body = "x" })).Expect(404);
        (await portal.As("client").PostAsync(Path(), new { body = "x" })).Expect(403);
        (await portal.As("client").FetchAsync(Path())).Expect(404);
        (await portal.As("compliance").FetchAsync(Path())).Expect(403);
    }

    private static object At(int frame, string body) => new { body, frame, frameRate = new { numerator = 25, denominator = 1 } };

    private static string Path(Guid? of = null) => $"/api/assets/{of ?? asset}/versions/1/comments";

    private static string Pointer(Answer answer) => answer.Expect(400).Field("errors")[0]!["pointer"]!.ToString();

    private Task<Answer> AddAsync(object comment, Guid? of = null) => portal.As("agency").PostAsync(Path(of), comment);

    /// <summary>A version that nobody has commented on: rows like those of the uploaded one.</summary>
    private async Task<Guid> NewVersionAsync()
    {
        var id = Guid.NewGuid();
        await using var connection = await portal.OpenAsync();
        await Dapper.SqlMapper.ExecuteAsync(connection, """
            insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
            select @id, tenant_id, project_id, 'Copy', created_by, created_at, updated_at from portal.assets where id = @asset;
            insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, mux_asset_id, playback_id,
               created_at, updated_at)
            select gen_random_uuid(), tenant_id, @id, 1, 'ready', file_name, size_bytes, @id::text, @id::text, created_at, updated_at
              from portal.asset_versions where asset_id = @asset and number = 1
            """, new { id, asset });
        return id;
    }

    private async Task<IEnumerable<string>> BodiesAsync(Guid of, string query) =>
        (
            await portal.As("agency").FetchAsync($"{Path(of)}?limit=100{query}")).Expect(200).Field("items").AsArray().Select(i =>
                i!["body"]!.ToString());
}
