using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>Each event of the table in docs/flows/events.md, from the front door to the last effect: state, audit, event, notifications,
/// mails, analytics.</summary>
public sealed class EventFlowTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly Guid Agency = TestPeople.UserId("agency");

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Invite_created_is_told_to_the_other_Admins_and_counted()
    {
        await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", "second-admin", "admin");
        var before = await portal.CountedAsync("invites_created", null);
        var invite = (
            await portal.As("admin").PostAsync("/api/invites", new { email = "new@invited.example", role = "client" })).Expect(201);
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(invite.Id, "invite_created");
        Assert.Equal([invite.Id], await portal.ToldAsync("second-admin", "invite_created"));
        Assert.Empty(await portal.ToldAsync("admin", "invite_created"));
        Assert.Empty(await portal.ToldAsync("agency", "invite_created"));
        Assert.Equal(before + 1, await portal.CountedAsync("invites_created", null));
        // The magic link is Clerk's mail, not ours.
        Assert.Empty(await portal.InboxOfAsync("new@invited.example"));
    }

    [Fact]
    public async Task Invite_expired_is_mailed_to_Admins_with_a_way_to_send_it_again()
    {
        var invite = (
            await portal.As("admin").PostAsync("/api/invites", new { email = "late@invited.example", role = "agency" })).Expect(201);
        portal.Clock.Advance(TimeSpan.FromDays(40));
        await portal.Host.RunTimerAsync("ExpireInvites");
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(invite.Id, "invite_expired");
        Assert.Equal("expired", (await portal.As("admin").FetchAsync($"/api/invites/{invite.Id}")).Text("status"));
        var mail = Assert.Single(
            await portal.InboxOfAsync("admin"), m => m.Subject.Contains("late@invited.example", StringComparison.Ordinal));
        Assert.Contains($"https://portal.example/invites/{invite.Id}", mail.Text!, StringComparison.Ordinal);
        Assert.Contains($"https://portal.example/invites/{invite.Id}", mail.Html!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Project_created_is_told_and_mailed_to_the_Agency_people_assigned_to_it()
    {
        var producer = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", "producing-admin", "admin");
        var project = (
            await portal.As("admin").PostAsync(
                "/api/projects",
                new
                {
                    name = "Harbour <b>lights</b>",
                    memberIds = new[] { Agency, TestPeople.UserId("client"), producer },
                })).Expect(201).Id;
        var later = await portal.NewProjectAsync("Joined later");
        await portal.DeliverAsync();

        // An Admin hears of it who is a member, also one who becomes it.
        Assert.Equal([project], await portal.ToldAsync("producing-admin", "project_created"));
        (await portal.As("admin").SetAsync($"/api/projects/{later}/members/{producer}")).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal([later], await portal.ToldAsync("producing-admin", "project_member_added"));

        await portal.RecordedOnceAsync(project, "project_created");
        Assert.Contains(project, await portal.ToldAsync("agency", "project_created"));
        Assert.DoesNotContain(project, await portal.ToldAsync("client", "project_created"));
        Assert.DoesNotContain(project, await portal.ToldAsync("admin", "project_created"));
        Assert.DoesNotContain(project, await portal.ToldAsync("crew1", "project_created"));
        var mail = Assert.Single(await portal.InboxOfAsync("agency"), m => m.Subject.Contains("Harbour", StringComparison.Ordinal));
        Assert.Equal(("Harbour", "no-reply@portal.example"), (mail.From.Split('<')[0].Trim(), mail.From.Split('<', '>')[1]));
        Assert.Contains("Harbour &lt;b&gt;lights&lt;/b&gt;", mail.Html!, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>lights", mail.Html!, StringComparison.Ordinal);
        Assert.Contains("“Harbour <b>lights</b>”", mail.Text!, StringComparison.Ordinal);
        Assert.Equal("List-Unsubscribe=One-Click", mail.Header("List-Unsubscribe-Post"));
        Assert.Equal(1, await portal.CountedAsync("projects_created", project));
    }

    [Fact]
    public async Task Template_applied_seeds_the_plan_writes_one_audit_entry_and_counts_its_tasks()
    {
        var project = await portal.NewProjectAsync();
        var template = (await portal.As("admin").PostAsync("/api/milestone-templates", new
        {
            name = $"Launch {project}",
            items = new[] { new { name = "Cut", startDay = 0, dueDay = 5,
                tasks = new[] { new { title = "Rough", dueDay = 2 }, new { title = "Fine", dueDay = 4 } } } },
        })).Expect(201);
        (
            await portal.As("admin").PostAsync(
                $"/api/projects/{project}/apply-template", new { templateId = template.Id, startDate = "2026-04-01" })).Expect(201);
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(project, "milestone_template_applied");
        Assert.Equal(
            (1, 2), (await portal.CountedAsync("templates_applied", project), await portal.CountedAsync("tasks_created", project)));
        Assert.Equal(
            2, await portal.ScalarAsync<int>("select tasks from portal.project_progress where project_id = @project", new { project }));
    }

    [Fact]
    public async Task Task_status_changed_is_told_to_watchers_and_assignees_but_not_to_who_did_it()
    {
        var project = await portal.NewProjectAsync();
        var task = await portal.NewTaskAsync(
            project, more: new
            {
                watcherIds = new[] { TestPeople.UserId("crew1"), Agency },
                assigneeIds = new[] { TestPeople.UserId("crew2") },
            });
        (await portal.MoveTaskAsync(task.Id, "done")).Expect(200);
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(task.Id, "task_status_changed");
        Assert.Contains(task.Id, await portal.ToldAsync("crew1", "task_status_changed"));
        Assert.Contains(task.Id, await portal.ToldAsync("crew2", "task_status_changed"));
        Assert.DoesNotContain(task.Id, await portal.ToldAsync("agency", "task_status_changed"));
        Assert.DoesNotContain(task.Id, await portal.ToldAsync("crew3", "task_status_changed"));
        Assert.Equal((1, 1), (await portal.CountedAsync("tasks_created", project), await portal.CountedAsync("tasks_completed", project)));
        Assert.Equal(
            "1 of 1", await portal.ScalarAsync<string>(
                "select done || ' of ' || tasks from portal.project_progress where project_id = @project", new { project }));
    }

    [Fact]
    public async Task Asset_uploaded_then_ready_is_counted_told_and_mailed_to_uploader_and_project()
    {
        var project = await portal.NewProjectAsync("Reel");
        var upload = await portal.UploadReadyAsync(project);
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(upload.Id, "asset_uploaded");
        await portal.RecordedOnceAsync(upload.Id, "mux_asset_ready");
        var asset = Guid.Parse(upload.Text("assetId"));
        Assert.Equal((1, 1), (await portal.CountedAsync("uploads", project), await portal.CountedAsync("uploads_ready", project)));
        Assert.Contains(asset, await portal.ToldAsync("agency", "mux_asset_ready"));
        Assert.Contains(asset, await portal.ToldAsync("crew1", "mux_asset_ready"));
        Assert.DoesNotContain(asset, await portal.ToldAsync("client", "mux_asset_ready"));
        foreach (var person in new[] { "agency", "crew1" })
        {
            var mail = Assert.Single(await portal.InboxOfAsync(person), m => m.Text!.Contains(asset.ToString(), StringComparison.Ordinal));
            Assert.Contains("Reel", mail.Text!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_Admin_who_uploads_to_a_project_they_are_no_member_of_hears_when_the_video_is_ready()
    {
        var project = await portal.NewProjectAsync("Visited");
        var asset = Guid.Parse((await portal.UploadReadyAsync(project, "admin")).Text("assetId"));
        await portal.DeliverAsync();

        Assert.Contains(asset, await portal.ToldAsync("admin", "mux_asset_ready"));
        Assert.Single(await portal.InboxOfAsync("admin"), m => m.Text!.Contains(asset.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asset_failed_is_told_to_the_uploader_and_Admins_and_mailed_to_the_uploader_with_its_reason_kept()
    {
        var project = await portal.NewProjectAsync();
        var upload = (await portal.AskUploadAsync(project, "crew4")).Expect(201);
        portal.Mux.Faults.FailNextEncodings(1, "The codec is on strike.");
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "failed");
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(upload.Id, "asset_process_failed");
        var asset = Guid.Parse(upload.Text("assetId"));
        Assert.Equal([asset], await portal.ToldAsync("crew4", "asset_process_failed"));
        Assert.Contains(asset, await portal.ToldAsync("admin", "asset_process_failed"));
        Assert.Empty(await portal.ToldAsync("crew5", "asset_process_failed"));
        var mail = Assert.Single(
            await portal.InboxOfAsync("crew4"), m => m.Text!.Contains(asset.ToString(), StringComparison.Ordinal));
        Assert.Contains("The codec is on strike.", mail.Text!, StringComparison.Ordinal);
        Assert.DoesNotContain(
            await portal.InboxOfAsync("crew5"), m => m.Text!.Contains(asset.ToString(), StringComparison.Ordinal));
        Assert.Contains("codec", (await portal.As("crew4").FetchAsync($"/api/uploads/{upload.Id}")).Body, StringComparison.Ordinal);
        Assert.Equal(1, await portal.CountedAsync("uploads_failed", project));
    }

    [Fact]
    public async Task Share_link_created_mails_each_guest_a_token_that_opens_and_is_stored_nowhere()
    {
        var (project, asset) = await ReadyAssetAsync("Teaser");
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { "gwen@client.example", "gus@client.example" } });
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(link.Id, "share_link_created");
        var mail = Assert.Single(await portal.InboxOfAsync("gwen@client.example"));
        Assert.Single(await portal.InboxOfAsync("gus@client.example"));
        Assert.Contains(link.Text("token"), mail.Text!, StringComparison.Ordinal);
        Assert.Contains(link.Text("token"), mail.Html!, StringComparison.Ordinal);
        (await new Guest(portal.Anonymous, link.Text("token")).OpenAsync()).Expect(200);
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.deliveries where row_to_json(deliveries)::text like '%' || @token || '%' or "
                + "row_to_json(deliveries)::text like '%client.example%'", new { token = link.Text("token") }));
        Assert.Equal(1, await portal.CountedAsync("share_links_created", project));
    }

    [Theory]
    [InlineData("off", 0, 0, 0)]
    [InlineData("first", 1, 1, 1)]
    [InlineData("every", 1, 1, 2)]
    [InlineData("daily", 0, 0, 0)]
    public async Task Share_link_opened_is_told_to_its_owner_as_the_link_says(string mode, int afterOne, int afterTwo, int tenMinutesLater)
    {
        var (project, asset) = await ReadyAssetAsync("Opened");
        var link = await portal.ShareAsync(asset, new { notify = mode });
        var told = new List<int>();
        // The second opens it a second before ten minutes are over, the third when they are.
        foreach (var wait in new[] { 0, 599, 1 })
        {
            portal.Clock.Advance(TimeSpan.FromSeconds(wait));
            (await portal.GuestOf(link).OpenAsync()).Expect(200);
            await portal.DeliverAsync();
            told.Add((await portal.ToldAsync("agency", "share_link_opened")).Count(id => id == link.Id));
        }

        Assert.Equal([afterOne, afterTwo, tenMinutesLater], told);
        Assert.Equal(
            (3, 3), (await portal.AuditedAsync(link.Id, "share_link_opened"), await portal.EventsAsync(link.Id, "share_link_opened")));
        Assert.Equal(3, await portal.CountedAsync("share_link_opens", project));
        Assert.Equal("3", (await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}")).Text("opens"));
    }

    [Fact]
    public async Task Share_link_revoked_is_mailed_to_guests_and_told_to_Admins()
    {
        var (project, asset) = await ReadyAssetAsync("Withdrawn");
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { "gone@client.example" } });
        await portal.DeliverAsync();
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(link.Id, "share_link_revoked");
        Assert.Equal(2, (await portal.InboxOfAsync("gone@client.example")).Count);
        var mail = (await portal.InboxOfAsync("gone@client.example"))[^1];
        Assert.Contains("no longer shared", mail.Subject, StringComparison.Ordinal);
        Assert.DoesNotContain(link.Text("token"), mail.Html! + mail.Text, StringComparison.Ordinal);
        Assert.Contains(link.Id, await portal.ToldAsync("admin", "share_link_revoked"));
        (await portal.GuestOf(link).OpenAsync()).Expect(403);
        Assert.Equal(1, await portal.CountedAsync("share_links_revoked", project));
    }

    [Fact]
    public async Task A_link_that_is_revoked_before_its_mail_went_out_is_not_mailed_at_all()
    {
        var (_, asset) = await ReadyAssetAsync("Never sent");
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { "never@client.example" } });
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.DeliverAsync();

        Assert.Empty(await portal.InboxOfAsync("never@client.example"));
        Assert.Equal(
            ["link_not_active_any_more", "never_had_the_link"],
            await portal.ListAsync("select reason from portal.deliveries where aggregate_id = @id order by seq", new { id = link.Id }));
    }

    [Fact]
    public async Task Comment_added_is_told_to_participants_and_mailed_to_who_is_mentioned()
    {
        var (project, asset) = await ReadyAssetAsync("Talked about");
        var thread = (await portal.As("crew1").PostAsync($"/api/assets/{asset}/versions/1/comments", new { body = "First" })).Expect(201);
        await portal.DeliverAsync();
        Assert.Contains(thread.Id, await portal.ToldAsync("agency", "comment_added"));

        var reply = (await portal.As("crew2").PostAsync($"/api/assets/{asset}/versions/1/comments",
            new { body = "Look <script>alert(1)</script> here", parentId = thread.Id, mentions = new[] { TestPeople.UserId("crew3") } }))
                .Expect(201);
        await portal.DeliverAsync();

        await portal.RecordedOnceAsync(reply.Id, "comment_added");
        Assert.Contains(reply.Id, await portal.ToldAsync("crew1", "comment_added"));
        Assert.Contains(reply.Id, await portal.ToldAsync("crew3", "comment_added"));
        Assert.DoesNotContain(reply.Id, await portal.ToldAsync("crew2", "comment_added"));
        Assert.DoesNotContain(reply.Id, await portal.ToldAsync("crew4", "comment_added"));
        var mail = Assert.Single(await portal.InboxOfAsync("crew3"), m => m.Text!.Contains(reply.Id.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("<script", mail.Html!, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(await portal.InboxOfAsync("crew1"), m => m.Text!.Contains(reply.Id.ToString(), StringComparison.Ordinal));
        Assert.Equal(2, await portal.CountedAsync("comments", project));
    }

    [Fact]
    public async Task Who_has_deleted_their_only_comment_hears_no_more_of_the_thread()
    {
        var (_, asset) = await ReadyAssetAsync("Taken back");
        var comments = $"/api/assets/{asset}/versions/1/comments";
        var thread = (await portal.As("crew1").PostAsync(comments, new { body = "First" })).Expect(201);
        var regretted = await ReplyAsync("crew2");
        var before = await ReplyAsync("crew1");
        Assert.Contains(before.Id, await portal.ToldAsync("crew2", "comment_added"));

        (await portal.As("crew2").DropAsync($"/api/comments/{regretted.Id}", regretted)).Expect(204);
        var after = await ReplyAsync("crew1");
        Assert.DoesNotContain(after.Id, await portal.ToldAsync("crew2", "comment_added"));
        Assert.Contains(after.Id, await portal.ToldAsync("agency", "comment_added"));

        async Task<Answer> ReplyAsync(string person)
        {
            var reply = (await portal.As(person).PostAsync(comments, new { body = "And", parentId = thread.Id })).Expect(201);
            await portal.DeliverAsync();
            return reply;
        }
    }

    [Fact]
    public async Task Nobody_hears_what_they_have_switched_off_or_muted_or_may_not_see()
    {
        var project = await portal.NewProjectAsync("Quiet");
        (await portal.As("crew5").WriteAsync(HttpMethod.Patch, "/api/me", new { mutedProjectIds = new[] { project } }, null)).Expect(200);
        (
            await portal.As("crew6").WriteAsync(
                HttpMethod.Patch, "/api/me", new { notifications = new[] { new { type = "mux_asset_ready", email = false } } },
                null)).Expect(200);
        var upload = await portal.UploadReadyAsync(project);
        await portal.DeliverAsync();

        var asset = Guid.Parse(upload.Text("assetId"));
        Assert.DoesNotContain(asset, await portal.ToldAsync("crew5", "mux_asset_ready"));
        Assert.Contains(asset, await portal.ToldAsync("crew6", "mux_asset_ready"));
        Assert.DoesNotContain(await portal.InboxOfAsync("crew5"), m => m.Text!.Contains(asset.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(await portal.InboxOfAsync("crew6"), m => m.Text!.Contains(asset.ToString(), StringComparison.Ordinal));
        Assert.Contains(await portal.InboxOfAsync("crew3"), m => m.Text!.Contains(asset.ToString(), StringComparison.Ordinal));
    }

    private async Task<(Guid Project, Guid Asset)> ReadyAssetAsync(string name)
    {
        var project = await portal.NewProjectAsync(name);
        return (project, Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId")));
    }
}
