using Portal.Tests.Support;

namespace Portal.Tests.Integration.Sharing;

/// <summary>What guests and Clients see and say behind a share link: field by field (docs/api-visibility.md).</summary>
public sealed class SharedCommentTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static Guid project;
    private static Guid asset;

    private static string Path => $"/api/assets/{asset}/versions/1/comments";

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            project = (await portal.As("admin").PostAsync("/api/projects", new
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
        Assert.Equal("client", seen.Text("visibility"));
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
        var team = (await portal.As("agency").PostAsync(Path, new { body = "For everybody", visibility = "client" })).Expect(201);
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
        var open = (await portal.As("agency").PostAsync(Path, new { body = "hello guests", visibility = "client" })).Expect(201);
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
    public async Task A_Client_reads_and_is_told_of_threads_meant_for_them_on_what_is_shared_with_them_alone()
    {
        var own = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var path = $"/api/assets/{own}/versions/1/comments";
        var (agency, client) = (portal.As("agency"), portal.As("client"));
        var mentions = new[] { TestPeople.UserId("client") };
        Assert.Equal("/mentions", Pointer(await agency.PostAsync(path, new { body = "Not shared", visibility = "client", mentions })));
        (await client.FetchAsync(path)).Expect(404);

        var addressed = new { allowComments = true, guestEmails = new[] { "client@portal.example" } };
        var (reader, link) = await OpenedAsync(own, addressed, "client");
        var inside = (await agency.PostAsync(path, new { body = "Of the team" })).Expect(201);
        Assert.Equal("/mentions", Pointer(await agency.PostAsync(path, new { body = "Of the team", mentions })));
        var open = (await agency.PostAsync(path, new { body = "For you", visibility = "client", mentions })).Expect(201);
        var asked = (await reader.CommentAsync("Why so late?")).Expect(201);
        var answered = (await agency.PostAsync(path, new { body = "Because", parentId = asked.Id })).Expect(201);
        var (stranger, _) = await OpenedAsync(own, new { allowComments = true });
        var theirs = (await stranger.CommentAsync("Of another customer")).Expect(201);
        var among = (await stranger.CommentAsync("Also of another", new { parentId = open.Id })).Expect(201);
        var toThem = (await agency.PostAsync(path, new { body = "To the other", parentId = theirs.Id })).Expect(201);
        await portal.DeliverAsync();

        Assert.Equal(
            new[] { open.Id, asked.Id, answered.Id }.Select(id => id.ToString()).Order(),
            (await client.FetchAsync($"{path}?limit=100")).Column("id").Order());
        foreach (var (comment, status) in new[]
        {
            (open, 200), (asked, 200), (answered, 200), (inside, 404), (theirs, 404), (among, 404), (toThem, 404),
        })
        {
            (await client.FetchAsync($"/api/comments/{comment.Id}")).Expect(status);
        }

        var told = await portal.ToldAsync("client", "comment_added");
        Assert.Equal(
            [true, false, true, false, false, false],
            new[] { open, asked, answered, inside, theirs, among }.Select(comment => told.Contains(comment.Id)));
        Assert.Single(await portal.InboxOfAsync("client"), mail => mail.Text!.Contains(open.Id.ToString(), StringComparison.Ordinal));
        Assert.Contains("agency mentioned you on “", await TextAsync(open.Id), StringComparison.Ordinal);

        // The link is gone: so is what it showed, also from what they were told before.
        (await agency.PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        var late = (await agency.PostAsync(path, new { body = "Too late", parentId = asked.Id })).Expect(201);
        await portal.DeliverAsync();
        (await client.FetchAsync(path)).Expect(404);
        (await client.FetchAsync($"/api/comments/{open.Id}")).Expect(404);
        Assert.DoesNotContain(late.Id, await portal.ToldAsync("client", "comment_added"));
        Assert.Equal("Something happened that you can no longer see.", await TextAsync(open.Id));

        async Task<string> TextAsync(Guid comment) =>
            (await client.FetchAsync("/api/notifications?type=comment_added&limit=200")).Expect(200).Field("items").AsArray()
                .Single(n => n!["subjectId"]!.ToString() == comment.ToString())!["text"]!.ToString();
    }

    [Fact]
    public async Task What_a_Client_wrote_through_a_link_that_takes_no_comments_any_more_is_not_shown_through_another()
    {
        var addressed = new { allowComments = true, guestEmails = new[] { "client@portal.example" } };
        var (client, link) = await OpenedAsync(addressed, "client");
        var (_, other) = await OpenedAsync(addressed, "client");
        var open = (await portal.As("agency").PostAsync(Path, new { body = "For clients", visibility = "client" })).Expect(201);
        var thread = (await client.CommentAsync("Through the first")).Expect(201);
        var reply = (await client.CommentAsync("Also through the first", new { parentId = open.Id })).Expect(201);
        await ReadsAsync(200);

        var closed = (await portal.As("agency").EditAsync($"/api/share-links/{link.Id}", new { allowComments = false }, link)).Expect(200);
        await ReadsAsync(404);
        (await portal.As("agency").EditAsync($"/api/share-links/{link.Id}", new { allowComments = true }, closed)).Expect(200);
        await ReadsAsync(200);
        (await portal.As("agency").PostAsync($"/api/share-links/{other.Id}/revoke")).Expect(200);
        await ReadsAsync(200);

        async Task ReadsAsync(int status)
        {
            (await portal.As("client").FetchAsync($"/api/comments/{open.Id}")).Expect(200);
            (await portal.As("client").FetchAsync($"/api/comments/{thread.Id}")).Expect(status);
            (await portal.As("client").FetchAsync($"/api/comments/{reply.Id}")).Expect(status);
        }
    }

    [Fact]
    public async Task A_Client_who_may_not_read_any_more_when_the_mail_is_sent_gets_none()
    {
        var own = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var (_, link) = await OpenedAsync(own, new { allowComments = true, guestEmails = new[] { "client@portal.example" } }, "client");
        await portal.DeliverAsync();
        var said = (await portal.As("agency").PostAsync(
            $"/api/assets/{own}/versions/1/comments",
            new { body = "Look", visibility = "client", mentions = new[] { TestPeople.UserId("client") } })).Expect(201);
        portal.Resend.Faults.FailNextApiCalls(1, LocalVendors.ApiFault.Status(500));
        var before = portal.Resend.Requests.Count("POST", "/emails");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await Eventually.TrueAsync(() => portal.Resend.Requests.Count("POST", "/emails") > before, "Resend to have answered with 500");
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.DeliverMovingAsync();

        // The attempt before may have gone through: Resend answered it with 500.
        Assert.Equal(
            "skipped perhaps sent: may_not_read_any_more", await portal.ScalarAsync<string>(
                "select concat_ws(' ', status, reason) from portal.deliveries where aggregate_id = @id", new { id = said.Id }));
        Assert.DoesNotContain(
            await portal.InboxOfAsync("client"), mail => mail.Text!.Contains(said.Id.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("named", false, false, true)]
    [InlineData("named, in capitals", false, false, true)]
    [InlineData("named", true, false, false)]
    [InlineData("named, opened", true, false, true)]
    [InlineData("opened", false, false, true)]
    [InlineData("opened", false, true, false)]
    [InlineData("", false, false, false)]
    [InlineData("named, silent", false, false, false)]
    [InlineData("named, expired", false, false, false)]
    [InlineData("named, elsewhere", false, false, false)]
    public async Task What_is_shared_with_a_Client_is_what_their_links_open(string how, bool passphrase, bool signIn, bool reads)
    {
        var guest = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", $"guest{Guid.NewGuid():N}"[..12], "client");
        var email = await portal.ScalarAsync<string>("select email from portal.users where id = @guest", new { guest });
        if (!how.Contains("elsewhere", StringComparison.Ordinal))
        {
            (await portal.As("admin").SetAsync($"/api/projects/{project}/members/{guest}")).Expect(200);
        }

        var link = await portal.ShareAsync(asset, new
        {
            allowComments = !how.Contains("silent", StringComparison.Ordinal),
            guestEmails = how.Contains("named", StringComparison.Ordinal) ? new[] { email } : [],
            passphrase = passphrase ? "a long passphrase" : null,
        });
        await using var connection = await portal.OpenAsync();
        await Dapper.SqlMapper.ExecuteAsync(connection, """
            insert into portal.share_viewers (id, tenant_id, share_link_id, viewer_hash, ip_hash, agent_family, first_seen_at,
               last_seen_at, user_id)
            select gen_random_uuid(), tenant_id, id, sha256(id::text::bytea), sha256('ip'), 'other', @now, @now, @guest
              from portal.share_links where id = @id and @opened;
            update portal.users set email = upper(email) where id = @guest and @capitals;
            update portal.share_links set require_sign_in = @signIn, expires_at = case when @expired then @now else expires_at end
             where id = @id;
            """, new
        {
            id = link.Id,
            guest,
            signIn,
            opened = how.Contains("opened", StringComparison.Ordinal),
            expired = how.Contains("expired", StringComparison.Ordinal),
            capitals = how.Contains("capitals", StringComparison.Ordinal),
            now = portal.Clock.GetUtcNow(),
        });
        var said = (await portal.As("agency").PostAsync(Path, new { body = "For clients", visibility = "client" })).Expect(201);
        var handle = email[..email.IndexOf('@', StringComparison.Ordinal)];
        (await portal.As(handle).FetchAsync($"/api/comments/{said.Id}")).Expect(reads ? 200 : 404);
        (await portal.As(handle).FetchAsync(Path)).Expect(reads ? 200 : 404);
    }

    [Fact]
    public async Task A_guest_edits_and_deletes_their_own_within_the_time()
    {
        var (guest, _) = await OpenedAsync();
        var (other, _) = await OpenedAsync();
        var said = (await guest.CommentAsync("frist")).Expect(201);
        (await other.SendAsync(HttpMethod.Patch, $"/comments/{said.Id}", new { body = "x" }, said.Tag())).Expect(404);
        (await guest.SendAsync(HttpMethod.Patch, $"/comments/{said.Id}", new { body = "x" })).Expect(428);
        var team = (await portal.As("agency").PostAsync(Path, new { body = "team's", visibility = "client" })).Expect(201);
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
    public async Task A_guest_does_not_edit_what_they_have_deleted()
    {
        var (guest, _) = await OpenedAsync();
        var said = (await guest.CommentAsync("Taken back")).Expect(201);
        (await guest.SendAsync(HttpMethod.Delete, $"/comments/{said.Id}", etag: said.Tag())).Expect(204);
        var edit = await guest.SendAsync(HttpMethod.Patch, $"/comments/{said.Id}", new { body = "again" }, "\"2\"");
        Assert.Equal("comment-deleted", edit.Expect(409).ProblemType);
        Assert.Equal(2, await portal.ScalarAsync<int>(
            "select version from portal.comments where id = @Id and body = '' and deleted_at is not null", new { said.Id }));
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
            await guest.SendAsync(HttpMethod.Get, "/download"), await guest.OpenAsync(),
        })
        {
            Assert.Equal("share-link-unavailable", answer.Expect(403).ProblemType);
        }
    }

    [Fact]
    public async Task A_guest_speaks_of_the_version_that_their_link_plays_and_once_it_is_gone_of_nothing()
    {
        var own = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var first = await portal.ScalarAsync<Guid>("select id from portal.asset_versions where asset_id = @own", new { own });
        var (held, _) = await OpenedAsync(own, new { allowComments = true, assetVersionId = first });
        var (latest, _) = await OpenedAsync(own, new { allowComments = true });
        Assert.Equal((1, 1), (await SpokenOfAsync(held), await SpokenOfAsync(latest)));

        // Of a version that is not ready nobody speaks.
        await portal.AddVersionAsync(own, 3, "pending");
        await portal.AddVersionAsync(own, 2);
        Assert.Equal((1, 2), (await SpokenOfAsync(held), await SpokenOfAsync(latest)));
        foreach (var number in new[] { 1, 2 })
        {
            await portal.DoAsync(
                "update portal.asset_versions set status = 'archived', archived_at = @now where asset_id = @own and number = @number",
                new { own, number, now = portal.Clock.GetUtcNow() });
            Assert.Equal((null, number == 1 ? 2 : null), (await SpokenOfAsync(held), await SpokenOfAsync(latest)));
        }

        async Task<int?> SpokenOfAsync(Guest guest)
        {
            var said = await guest.CommentAsync("Nice");
            if (said.Code != 201)
            {
                Assert.Equal("share-link-unavailable", said.Expect(403).ProblemType);
                return null;
            }

            return await portal.ScalarAsync<int>(
                "select v.number from portal.comments c join portal.asset_versions v on v.id = c.asset_version_id where c.id = @Id",
                new { said.Id });
        }
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("erased")]
    public async Task In_a_portal_that_is_deleted_nothing_is_opened_read_said_unlocked_or_downloaded(string gone)
    {
        var (guest, link) = await OpenedAsync(new { allowComments = true, allowDownload = true });
        var locked = portal.GuestOf(await portal.ShareAsync(asset, new { passphrase = "open sesame" }));
        var said = await SayAsync();
        Assert.DoesNotContain(said, answer => answer.Code is 403 or 404);
        await BecomesAsync(gone);
        try
        {
            Assert.All(await SayAsync(), answer => Assert.Equal("share-link-unavailable", answer.Expect(403).ProblemType));
            (await portal.GuestOf(link).VisitAsync()).Expect(410);
        }
        finally
        {
            await BecomesAsync("active");
        }

        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.comments where share_link_id = @Id", new { link.Id }));

        async Task<Answer[]> SayAsync() =>
        [
            await guest.OpenAsync(), await guest.SendAsync(HttpMethod.Get, "/comments"), await guest.CommentAsync("Hello"),
            await guest.SendAsync(HttpMethod.Get, "/download"), await locked.UnlockAsync("open sesame"),
        ];
        Task BecomesAsync(string status) => portal.DoAsync("""
            update portal.tenants set status = @status, deleted_at = case when @status <> 'active' then @now::timestamptz end
             where id = @id
            """, new { status, id = TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
    }

    [Fact]
    public async Task A_guest_who_floods_is_stopped()
    {
        var (guest, link) = await OpenedAsync();
        var other = portal.GuestOf(link);
        (await other.OpenAsync()).Expect(200);
        var answers = new List<Answer>();
        for (var i = 0; i < 21; i++)
        {
            answers.Add(await guest.CommentAsync($"number {i}"));
        }

        Assert.Equal(20, answers.Count(a => a.Code == 201));
        Assert.True(answers[^1].Expect(429).Headers.RetryAfter!.Delta > TimeSpan.Zero);
        (await other.CommentAsync("Not held up")).Expect(201);
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

    private static string Pointer(Answer answer) => answer.Expect(400).Field("errors")[0]!["pointer"]!.ToString();

    private Task<(Guest Guest, Answer Link)> OpenedAsync(object? switches = null, string? person = null) =>
        OpenedAsync(asset, switches, person);

    private async Task<(Guest Guest, Answer Link)> OpenedAsync(Guid of, object? switches, string? person = null)
    {
        var link = await portal.ShareAsync(of, switches ?? new { allowComments = true });
        var guest = portal.GuestOf(link);
        guest.Session = person is null ? null : await portal.SessionAsync(person);
        (await guest.OpenAsync()).Expect(200);
        return (guest, link);
    }
}
