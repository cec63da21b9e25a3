using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.LocalVendors;
using Portal.Sharing.ShareLinks;
using Portal.Tests.Support;
using Portal.Videos;

namespace Portal.Tests.Integration.Sharing;

/// <summary>A link after it was made: its switches, its end, who opened it, downloads, and revoking it so that nothing plays any
/// more.</summary>
public sealed class ShareLinkChangeTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static Guid asset;
    private static Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            project = await portal.NewProjectAsync();
            asset = await ReadyAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Switches_change_under_the_version_that_was_read()
    {
        var link = await portal.ShareAsync(asset, new { maxOpens = 5, label = "First", guestEmails = new[] { "a@guest.example" } });
        var path = $"/api/share-links/{link.Id}";
        Assert.Equal("version-required", (await PatchAsync(path, new { label = "x" }, null)).Expect(428).ProblemType);
        var changed = (
            await PatchAsync(
                path, new { allowComments = true, maxOpens = (int?)null, label = "Second", guestEmails = new[] { "b@guest.example" } },
                link.Tag())).Expect(200);
        Assert.True((bool)changed.Field("allowComments"));
        Assert.Null(changed.Json!["maxOpens"]);
        Assert.Equal("Second", changed.Text("label"));
        Assert.Equal("b@guest.example", changed.Field("guestEmails")[0]!.ToString());
        Assert.Equal("version-stale", (await PatchAsync(path, new { label = "Third" }, link.Tag())).Expect(412).ProblemType);
        var switched = (await PatchAsync(path, new { requireSignIn = true, notify = "every" }, changed.Tag())).Expect(200);
        var read = (await portal.As("agency").FetchAsync(path)).Expect(200);
        Assert.Equal(("3", "3"), (switched.Text("version"), read.Text("version")));
        Assert.Equal(
            ("true", "every", "true", "Second"),
            (read.Text("requireSignIn"), read.Text("notify"), read.Text("allowComments"), read.Text("label")));
        Assert.Equal("sign-in-required", (await portal.GuestOf(link).OpenAsync()).Expect(401).ProblemType);
        Assert.Equal(
            2, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'share_link_updated' and entity_id = @id", new { id = link.Id }));
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log t where entity_id = @id and (t::text like '%guest.example%' or t::text like "
                    + "'%Second%')", new { id = link.Id }));
    }

    [Fact]
    public async Task Guests_who_are_added_later_are_mailed_and_the_others_not_again()
    {
        var (first, second) = ($"first-{Guid.NewGuid():N}@guest.example", $"second-{Guid.NewGuid():N}@guest.example");
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { first } });
        await portal.DeliverAsync();
        var changed = (
            await PatchAsync($"/api/share-links/{link.Id}", new { guestEmails = new[] { first, second } }, link.Tag())).Expect(200);
        (await PatchAsync($"/api/share-links/{link.Id}", new { label = "Nothing to send" }, changed.Tag())).Expect(200);
        await portal.DeliverAsync();

        Assert.Single(await portal.InboxOfAsync(first));
        Assert.Contains(link.Text("token"), Assert.Single(await portal.InboxOfAsync(second)).Text!, StringComparison.Ordinal);
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.events e where aggregate_id = @id and e::text like '%guest.example%'", new { id = link.Id }));
    }

    [Fact]
    public async Task A_link_is_sent_again_to_those_who_ask_for_it()
    {
        var (one, two) = ($"one-{Guid.NewGuid():N}@guest.example", $"two-{Guid.NewGuid():N}@guest.example");
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { one, two } });
        await portal.DeliverAsync();
        var send = $"/api/share-links/{link.Id}/send";

        (await portal.As("agency").PostAsync(send, new { guestEmails = new[] { two.ToUpperInvariant() } })).Expect(204);
        await portal.DeliverAsync();
        Assert.Equal((1, 2), ((await portal.InboxOfAsync(one)).Count, (await portal.InboxOfAsync(two)).Count));

        (await portal.As("agency").PostAsync(send, new { })).Expect(204);
        await portal.DeliverAsync();
        Assert.Equal((2, 3), ((await portal.InboxOfAsync(one)).Count, (await portal.InboxOfAsync(two)).Count));

        var stranger = await portal.As("agency").PostAsync(send, new { guestEmails = new[] { "stranger@guest.example" } });
        Assert.Contains("/guestEmails", stranger.Expect(400).Body, StringComparison.Ordinal);
        var among = $"among-{Guid.NewGuid():N}@guest.example";
        var mixed = await portal.As("agency").PostAsync(send, new { guestEmails = new[] { one, among } });
        Assert.Contains("/guestEmails", mixed.Expect(400).Body, StringComparison.Ordinal);
        await portal.DeliverAsync();
        Assert.Equal((2, 0), ((await portal.InboxOfAsync(one)).Count, (await portal.InboxOfAsync(among)).Count));
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-not-sendable", (await portal.As("agency").PostAsync(send, new { })).Expect(409).ProblemType);
        var lonely = await portal.ShareAsync(asset);
        (await portal.As("agency").PostAsync($"/api/share-links/{lonely.Id}/send", new { })).Expect(409);
    }

    [Fact]
    public async Task Who_may_manage_a_link_can_have_its_address_again_and_lists_leave_it_out()
    {
        var link = await portal.ShareAsync(asset);
        var read = (await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}")).Expect(200);
        Assert.Equal((link.Text("token"), $"{link.Json!["url"]}"), (read.Text("token"), $"{read.Json!["url"]}"));
        (await portal.As("client").FetchAsync($"/api/share-links/{link.Id}")).Expect(403);
        Assert.DoesNotContain(
            link.Text("token"), (await portal.As("agency").FetchAsync("/api/share-links")).Expect(200).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_is_not_closed_under_those_who_opened_it_and_a_revoked_one_not_changed()
    {
        var link = await portal.ShareAsync(asset);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        var path = $"/api/share-links/{link.Id}";
        Assert.Equal("opened-more-often", (await PatchAsync(path, new { maxOpens = 1 }, link.Tag())).Expect(409).ProblemType);
        (await portal.As("agency").PostAsync($"{path}/revoke")).Expect(200);
        Assert.Equal("share-link-revoked", (await PatchAsync(path, new { label = "x" }, link.Tag())).Expect(409).ProblemType);

        // In the version that it has by now, too.
        var revoked = (await portal.As("agency").FetchAsync(path)).Expect(200);
        var late = new { label = "x", allowDownload = true, guestEmails = new[] { "late@guest.example" } };
        Assert.Equal("share-link-revoked", (await PatchAsync(path, late, revoked.Tag())).Expect(409).ProblemType);
        Assert.Equal(revoked.Body, (await portal.As("agency").FetchAsync(path)).Expect(200).Body);
        Assert.Equal(0, await portal.AuditedAsync(link.Id, "share_link_updated"));
    }

    [Fact]
    public async Task As_many_may_open_a_link_from_now_on_as_have()
    {
        var link = await portal.ShareAsync(asset);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        var path = $"/api/share-links/{link.Id}";
        (await PatchAsync(path, new { maxOpens = 1 }, link.Tag())).Expect(409);
        Assert.Equal(2, (int)(await PatchAsync(path, new { maxOpens = 2 }, link.Tag())).Expect(200).Field("maxOpens"));
        (await portal.GuestOf(link).OpenAsync()).Expect(403);
    }

    [Fact]
    public async Task An_expired_link_opens_again_once_extended()
    {
        var link = await portal.ShareAsync(asset, new { expiresAt = portal.Clock.GetUtcNow().AddHours(24) });
        portal.Clock.Advance(TimeSpan.FromHours(24));
        (await portal.GuestOf(link).OpenAsync()).Expect(403);
        Assert.Equal("expired", (await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}")).Expect(200).Text("status"));
        await portal.Host.RunTimerAsync("ExpireShareLinks");
        Assert.Equal("expired", await StatusAsync(link));
        Assert.Equal(1, await EventsAsync("share_link_expired", link));

        // Its switches change meanwhile, as those of one that is active.
        var expired = (await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}")).Expect(200);
        var labelled = (await PatchAsync($"/api/share-links/{link.Id}", new { label = "Over" }, expired.Tag())).Expect(200);
        Assert.Equal(("expired", "Over"), (labelled.Text("status"), labelled.Text("label")));

        var path = $"/api/share-links/{link.Id}/extend";
        Assert.Equal("/expiresAt", (await ExtendAsync(path, 8 * 24)).Expect(400).Field("errors")[0]!["pointer"]!.ToString());
        var extended = (await ExtendAsync(path, 48)).Expect(200);
        Assert.Equal("active", extended.Text("status"));
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        Assert.Equal(1, await EventsAsync("share_link_extended", link));
        Assert.Equal("not-later", (await ExtendAsync(path, 30)).Expect(409).ProblemType);

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-revoked", (await ExtendAsync(path, 100)).Expect(409).ProblemType);
    }

    [Fact]
    public async Task An_expired_link_is_revoked_for_good()
    {
        var link = await portal.ShareAsync(asset, new { expiresAt = portal.Clock.GetUtcNow().AddHours(24) });
        portal.Clock.Advance(TimeSpan.FromHours(24));
        await portal.Host.RunTimerAsync("ExpireShareLinks");
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal(("revoked", 1), (await StatusAsync(link), await EventsAsync("share_link_revoked", link)));
        var extend = await ExtendAsync($"/api/share-links/{link.Id}/extend", 48);
        Assert.Equal("share-link-revoked", extend.Expect(409).ProblemType);
    }

    [Fact]
    public async Task Eight_extensions_to_the_same_end_have_one_winner()
    {
        var link = await portal.ShareAsync(asset, new { expiresAt = portal.Clock.GetUtcNow().AddHours(24) });
        var until = portal.Clock.GetUtcNow().AddHours(72);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(
                _ => portal.As("agency").PostAsync($"/api/share-links/{link.Id}/extend", new { expiresAt = until })));
        Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers.Where(a => a.Code != 200), a => Assert.Equal("not-later", a.Expect(409).ProblemType));
        Assert.Equal(1, await EventsAsync("share_link_extended", link));
    }

    [Fact]
    public async Task The_log_of_opens_names_browsers_and_counts_their_tokens()
    {
        var link = await portal.ShareAsync(asset);
        var guest = portal.GuestOf(link);
        await guest.OpenAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(5));
        await guest.OpenAsync();
        await portal.GuestOf(link).OpenAsync();
        var opens = (await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}/opens?limit=1")).Expect(200);
        var newest = Assert.Single(opens.Field("items").AsArray())!;
        Assert.Equal(1, (int)newest["mintedTokens"]!);
        var older = (
            await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}/opens?cursor={opens.Text("nextCursor")}")).Expect(200);
        var first = Assert.Single(older.Field("items").AsArray())!;
        Assert.Equal(2, (int)first["mintedTokens"]!);
        Assert.Equal(TimeSpan.FromMinutes(5), Time(first["lastSeenAt"]!.ToString()) - Time(first["firstSeenAt"]!.ToString()));
        (await portal.As("other-admin").FetchAsync($"/api/share-links/{link.Id}/opens")).Expect(404);
        Assert.Empty(
            (
                await portal.As("agency").FetchAsync(
                    $"/api/share-links/{(await portal.ShareAsync(asset)).Id}/opens")).Expect(200).Field("items").AsArray());
    }

    [Fact]
    public async Task Who_opened_a_link_is_for_those_who_see_its_project()
    {
        var elsewhere = await portal.NewProjectAsync("Elsewhere");
        var upload = await portal.UploadReadyAsync(elsewhere, "crew2", Mp4Sample.Clip());
        var link = await portal.ShareAsync(Guid.Parse(upload.Text("assetId")));
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        var path = $"/api/share-links/{link.Id}/opens?total=true";
        Assert.Single((await portal.As("crew3").FetchAsync(path)).Expect(200).Field("items").AsArray());

        // They see other links, of a project that is still theirs.
        (await portal.As("admin").DropAsync($"/api/projects/{elsewhere}/members/{TestPeople.UserId("crew3")}")).Expect(204);
        var other = await portal.ShareAsync(asset);
        (await portal.GuestOf(other).OpenAsync()).Expect(200);
        Assert.Single((await portal.As("crew3").FetchAsync($"/api/share-links/{other.Id}/opens")).Expect(200).Field("items").AsArray());
        (await portal.As("crew3").FetchAsync(path)).Expect(404);
        (await portal.As("crew3").FetchAsync($"/api/share-links/{link.Id}")).Expect(404);
        Assert.Equal(1, (int)(await portal.As("admin").FetchAsync(path)).Expect(200).Field("total"));
    }

    [Fact]
    public async Task A_hard_revoke_kills_what_is_out_and_other_links_go_on()
    {
        var own = await ReadyAsync();
        var (doomed, other) = (await portal.ShareAsync(own), await portal.ShareAsync(own));
        var (one, two) = (portal.GuestOf(doomed), portal.GuestOf(other));
        var url = (await one.OpenAsync()).Expect(200).Text("playbackUrl");
        (await two.OpenAsync()).Expect(200);
        Assert.Equal(HttpStatusCode.OK, await PlayAsync(url));

        var done = (await portal.As("agency").PostAsync($"/api/share-links/{doomed.Id}/hard-revoke")).Expect(200);
        Assert.Equal("revoked", done.Text("status"));
        Assert.NotNull(done.Json!["hardRevokedAt"]);
        Assert.Equal(HttpStatusCode.NotFound, await PlayAsync(url));
        (await one.OpenAsync()).Expect(403);
        var renewed = (await two.OpenAsync()).Expect(200).Text("playbackUrl");
        Assert.NotEqual(url.Split('?')[0], renewed.Split('?')[0]);
        Assert.Equal(HttpStatusCode.OK, await PlayAsync(renewed));
        Assert.Equal(
            "share-link-hard-revoked", (
                await portal.As("agency").PostAsync($"/api/share-links/{doomed.Id}/hard-revoke")).Expect(409).ProblemType);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.mux_tasks where done_at is null"));
    }

    [Fact]
    public async Task A_hard_revoke_gets_through_once_Mux_is_back_and_makes_one_playback_id()
    {
        var own = await ReadyAsync();
        var link = await portal.ShareAsync(own);
        var url = (await portal.GuestOf(link).OpenAsync()).Expect(200).Text("playbackUrl");
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);

        // The new playback id is made, but its answer is lost; then Mux is away.
        portal.Mux.Faults.FailNextAfterEffect(
            1, ApiFault.ConnectionAbort, (method, path) => method == "POST" && path.EndsWith("/playback-ids", StringComparison.Ordinal));
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
        Assert.Equal(HttpStatusCode.OK, await PlayAsync(url));
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.Status(503), (method, _) => method == "DELETE");
        for (var round = 0; round < 3; round++)
        {
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
            await portal.Host.RunTimerAsync("ProcessMuxTasks");
        }

        Assert.Equal(HttpStatusCode.NotFound, await PlayAsync(url));
        Assert.Equal(
            1, portal.Mux.Requests.All.Count(r => r.Method == "POST" && r.Path.EndsWith("/playback-ids", StringComparison.Ordinal)));
        Assert.Equal(
            "done", await portal.ScalarAsync<string>(
                "select c.outcome from portal.mux_tasks c join portal.asset_versions v on v.id = c.asset_version_id where v.asset_id = "
                    + "@own", new { own }));
        var fresh = portal.GuestOf(await portal.ShareAsync(own));
        Assert.Equal(HttpStatusCode.OK, await PlayAsync((await fresh.OpenAsync()).Expect(200).Text("playbackUrl")));
    }

    [Fact]
    public async Task A_hard_revoke_kills_what_was_minted_of_older_versions_too()
    {
        var own = await ReadyAsync();
        var link = await portal.ShareAsync(own);
        var guest = portal.GuestOf(link);
        var older = (await guest.OpenAsync()).Expect(200).Text("playbackUrl");
        var upload = (await portal.AskUploadAsync(project, "crew1", assetId: own)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        var newer = (await guest.OpenAsync()).Expect(200).Text("playbackUrl");
        Assert.NotEqual(older.Split('?')[0], newer.Split('?')[0]);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await PlayAsync(older), await PlayAsync(newer)));

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
        await WorkOffAsync();
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (await PlayAsync(older), await PlayAsync(newer)));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    public async Task A_hard_revoke_leaves_versions_alone_of_which_no_token_of_the_link_lives(int seconds, bool kills)
    {
        var own = await ReadyAsync();
        var (link, other) = (await portal.ShareAsync(own), await portal.ShareAsync(own));
        var opened = (await portal.GuestOf(link).OpenAsync()).Expect(200);
        var upload = (await portal.AskUploadAsync(project, "crew1", assetId: own)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        (await portal.GuestOf(other).OpenAsync()).Expect(200);
        portal.Clock.AdvanceTo(Time(opened.Text("urlExpiresAt")).AddSeconds(seconds));

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
        await WorkOffAsync();
        int[] expected = kills ? [1, 2] : [2];
        Assert.Equal(expected, await portal.ScalarAsync<int[]>("""
            select array_agg(v.number order by v.number) from portal.mux_tasks t join portal.asset_versions v on v.id = t.asset_version_id
             where v.asset_id = @own and t.kind = 'replace_playback_id' and t.outcome = 'done'
            """, new { own }));
    }

    [Fact]
    public async Task A_hard_revoke_leaves_versions_alone_that_other_links_alone_played()
    {
        var own = await ReadyAsync();
        var other = await portal.ShareAsync(own);
        (await portal.GuestOf(other).OpenAsync()).Expect(200);
        var upload = (await portal.AskUploadAsync(project, "crew1", assetId: own)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        var link = await portal.ShareAsync(own);
        var first = await portal.ScalarAsync<Guid>(
            "select id from portal.asset_versions where asset_id = @own and number = 1", new { own });
        var held = await portal.ShareAsync(own, new { assetVersionId = first });

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
        Assert.Equal([2], await ReplacedAsync());

        // One that is held to a version has never played another.
        (await portal.As("agency").PostAsync($"/api/share-links/{held.Id}/hard-revoke")).Expect(200);
        Assert.Equal([1, 2], await ReplacedAsync());

        async Task<IReadOnlyList<int>> ReplacedAsync() => await portal.ScalarAsync<int[]>("""
            select array_agg(v.number order by v.number) from portal.mux_tasks t join portal.asset_versions v on v.id = t.asset_version_id
             where v.asset_id = @own and t.kind = 'replace_playback_id'
            """, new { own });
    }

    [Fact]
    public async Task Two_links_of_one_video_are_hard_revoked_while_Mux_is_away()
    {
        var own = await ReadyAsync();
        var (one, two) = (await portal.ShareAsync(own), await portal.ShareAsync(own));
        var url = (await portal.GuestOf(one).OpenAsync()).Expect(200).Text("playbackUrl");
        var playing = new Uri(url).Segments[^1].Split('.')[0];
        portal.Mux.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        foreach (var link in new[] { one, two })
        {
            (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
        }

        Assert.Equal(1, await UndoneAsync(playing));
        portal.Mux.Faults.Clear();
        await WorkOffAsync();
        Assert.Equal(0, await UndoneAsync(playing));
        Assert.Equal(HttpStatusCode.NotFound, await PlayAsync(url));
    }

    [Fact]
    public async Task Two_workers_on_two_hard_revokes_leave_no_version_with_a_playback_id_that_is_gone()
    {
        var own = await ReadyAsync();
        var urls = new List<string>();
        var slow = "";
        for (var round = 0; round < 2; round++)
        {
            var link = await portal.ShareAsync(own);
            urls.Add((await portal.GuestOf(link).OpenAsync()).Expect(200).Text("playbackUrl"));
            if (round == 0)
            {
                // Mux does not delete the first playback id for a while: the next revoke finds it beside the one that it replaces.
                slow = new Uri(urls[0]).Segments[^1].Split('.')[0];
                portal.Mux.Faults.FailNextApiCalls(
                    3, ApiFault.Status(503), (method, path) => method == "DELETE" && path.EndsWith(slow, StringComparison.Ordinal));
            }

            (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
            if (round == 1)
            {
                // A worker that is about to delete it would take it from under the version.
                Assert.NotEqual(slow, await portal.ScalarAsync<string>(
                    "select playback_id from portal.asset_versions where asset_id = @own", new { own }));
            }

            await WorkOffAsync(rounds: 1);
        }

        Assert.Equal(1, await UndoneAsync(slow));
        await WorkOffAsync();
        Assert.Equal(0, await UndoneAsync(slow));
        var fresh = portal.GuestOf(await portal.ShareAsync(own));
        Assert.Equal(HttpStatusCode.OK, await PlayAsync((await fresh.OpenAsync()).Expect(200).Text("playbackUrl")));
        Assert.All(await Task.WhenAll(urls.Select(PlayAsync)), status => Assert.Equal(HttpStatusCode.NotFound, status));
    }

    [Fact]
    public async Task A_guest_downloads_the_file_where_the_link_allows_it()
    {
        var own = await ReadyAsync();
        var refused = portal.GuestOf(await portal.ShareAsync(own));
        await refused.OpenAsync();
        Assert.Equal("download-not-allowed", (await refused.SendAsync(HttpMethod.Get, "/download")).Expect(403).ProblemType);

        var link = await portal.ShareAsync(own, new { allowDownload = true });
        var guest = portal.GuestOf(link);
        Assert.Equal("share-link-not-opened", (await guest.SendAsync(HttpMethod.Get, "/download")).Expect(403).ProblemType);
        await guest.OpenAsync();
        var early = (await guest.SendAsync(HttpMethod.Get, "/download")).Expect(409);
        Assert.Equal("download-preparing", early.ProblemType);
        Assert.True(early.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        await RenderedAsync(own);

        var minted = await MintedAsync(link);
        (await guest.SendAsync(HttpMethod.Head, "/download")).Expect(200);
        Assert.Equal(minted, await MintedAsync(link));
        var file = (await guest.SendAsync(HttpMethod.Get, "/download")).Expect(200);
        Assert.Equal(minted + 1, await MintedAsync(link));
        Assert.InRange(Time(file.Text("urlExpiresAt")) - portal.Clock.GetUtcNow(), TimeSpan.FromMinutes(13), TimeSpan.FromMinutes(15));
        using var http = new HttpClient();
        Assert.Equal(Mp4Sample.Clip(), await http.GetByteArrayAsync(new Uri(file.Text("url"))));
        Assert.EndsWith(".mp4", file.Text("url").Split('?')[0], StringComparison.Ordinal);

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-unavailable", (await guest.SendAsync(HttpMethod.Get, "/download")).Expect(403).ProblemType);
        Assert.Equal(minted + 1, await MintedAsync(link));
    }

    [Fact]
    public async Task A_file_is_made_when_downloads_are_switched_on_and_once_for_all_links()
    {
        var own = await ReadyAsync();
        var link = await portal.ShareAsync(own);
        var path = $"/api/share-links/{link.Id}";
        var labelled = (await PatchAsync(path, new { label = "Still none" }, link.Tag())).Expect(200);
        Assert.Equal(0, await RenditionsAsync(own));
        var allowed = (await PatchAsync(path, new { allowDownload = true }, labelled.Tag())).Expect(200);
        Assert.Equal(1, await RenditionsAsync(own));
        await portal.ShareAsync(own, new { allowDownload = true });
        (await PatchAsync(path, new { allowDownload = false }, allowed.Tag())).Expect(200);
        Assert.Equal(1, await RenditionsAsync(own));

        var another = await ReadyAsync();
        await portal.ShareAsync(another, new { allowDownload = true });
        Assert.Equal(1, await RenditionsAsync(another));
    }

    [Fact]
    public async Task A_file_that_is_there_is_downloaded_after_a_hard_revoke_of_another_link_as_before()
    {
        var own = await ReadyAsync();
        var (doomed, link) = (await portal.ShareAsync(own), await portal.ShareAsync(own, new { allowDownload = true }));
        await RenderedAsync(own);
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        (await guest.SendAsync(HttpMethod.Get, "/download")).Expect(200);

        (await portal.As("agency").PostAsync($"/api/share-links/{doomed.Id}/hard-revoke")).Expect(200);
        await WorkOffAsync();
        var file = (await guest.SendAsync(HttpMethod.Get, "/download")).Expect(200);
        using var http = new HttpClient();
        Assert.Equal(Mp4Sample.Clip(), await http.GetByteArrayAsync(new Uri(file.Text("url"))));
        Assert.Equal(1, await RenditionsAsync(own));
    }

    /// <summary>The link was looked at before, and may have changed since.</summary>
    [Theory]
    [InlineData("status = 'revoked', revoked_at = @now, revoked_by = created_by")]
    [InlineData("expires_at = @now")]
    [InlineData("allow_download = false")]
    public async Task A_download_is_minted_only_while_the_link_allows_it(string change)
    {
        var link = await portal.ShareAsync(asset, new { allowDownload = true });
        await portal.ShareAsync(asset, new { allowDownload = true });
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        var version = await portal.ScalarAsync<Guid>("select id from portal.asset_versions where asset_id = @asset", new { asset });
        var viewer = await portal.ScalarAsync<Guid>("select id from portal.share_viewers where share_link_id = @Id", new { link.Id });
        var (tenant, now) = (new TenantId(TestPeople.Tenant), portal.Clock.GetUtcNow());
        var guest = new GuestLink(
            "open", null, null, tenant, new(link.Id), new(project), new(asset), new(version), 1, viewer, false, null, now.AddDays(1), null,
            "t", true, true, "p", "highest.mp4", null, null, null);
        Assert.Equal((true, 2L), (await MintAsync(), await MintedAsync(link)));
        await portal.ScalarAsync<Guid>($"update portal.share_links set {change} where id = @Id returning id", new { link.Id, now });
        Assert.Equal((false, 2L), (await MintAsync(), await MintedAsync(link)));

        Task<bool> MintAsync() => portal.Services.GetRequiredService<PortalDb>().InTenantAsync(
            tenant,
            tx => portal.Services.GetRequiredService<ShareAccessStore>().KeepMintAsync(tx, tenant, guest, new([1], "other", "test"), now),
            default);
    }

    [Fact]
    public async Task A_download_URL_never_outlives_its_link()
    {
        var own = await ReadyAsync();
        var link = await portal.ShareAsync(own, new { allowDownload = true, expiresAt = portal.Clock.GetUtcNow().AddHours(24) });
        await RenderedAsync(own);
        portal.Clock.Advance(Time(link.Text("expiresAt")) - portal.Clock.GetUtcNow() - TimeSpan.FromMinutes(4));
        var guest = portal.GuestOf(link);
        await guest.OpenAsync();
        Assert.True(
            Time((await guest.SendAsync(HttpMethod.Get, "/download")).Expect(200).Text("urlExpiresAt")) <= Time(link.Text("expiresAt")));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<HttpStatusCode> PlayAsync(string url)
    {
        using var http = new HttpClient();
        return (await http.GetAsync(new Uri(url))).StatusCode;
    }

    private async Task<Guid> ReadyAsync() =>
        Guid.Parse((await portal.UploadReadyAsync(project, "crew1", Mp4Sample.Clip())).Text("assetId"));

    private Task<long> RenditionsAsync(Guid own) => portal.ScalarAsync<long>("""
        select count(*) from portal.mux_tasks t join portal.asset_versions v on v.id = t.asset_version_id
         where v.asset_id = @own and t.kind = 'rendition'
        """, new { own });

    private Task<long> UndoneAsync(string playbackId) => portal.ScalarAsync<long>(
        "select count(*) from portal.mux_tasks where old_playback_id = @playbackId and done_at is null", new { playbackId });

    /// <summary>Two workers at once, as often as it takes.</summary>
    private async Task WorkOffAsync(int rounds = 6)
    {
        var tasks = portal.Services.GetRequiredService<ProcessMuxTasks>();
        for (var round = 0; round < rounds; round++)
        {
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAll(tasks.RunAsync(null, default), tasks.RunAsync(null, default));
        }
    }

    /// <summary>The tasks and Mux's own time pass until the file is there.</summary>
    private async Task RenderedAsync(Guid own)
    {
        for (var round = 0; round < 6; round++)
        {
            await portal.Host.RunTimerAsync("ProcessMuxTasks");
            portal.Clock.Advance(TimeSpan.FromSeconds(30));
            await portal.SettleAsync();
        }

        Assert.Equal(
            "highest.mp4", await portal.ScalarAsync<string>(
                "select download_name from portal.asset_versions where asset_id = @own", new { own }));
    }

    private Task<Answer> PatchAsync(string path, object body, string? tag) =>
        portal.As("agency").ChangeAsync(HttpMethod.Patch, path, body, tag);

    private Task<Answer> ExtendAsync(string path, int hours) =>
        portal.As("agency").PostAsync(path, new { expiresAt = portal.Clock.GetUtcNow().AddHours(hours) });

    private Task<string> StatusAsync(Answer link) =>
        portal.ScalarAsync<string>("select status from portal.share_links where id = @id", new { id = link.Id });

    private Task<long> EventsAsync(string type, Answer link) =>
        portal.ScalarAsync<long>(
            "select count(*) from portal.events where type = @type and aggregate_id = @id", new { type, id = link.Id });

    private Task<long> MintedAsync(Answer link) =>
        portal.ScalarAsync<long>("select count(*) from portal.playback_audit where share_link_id = @id", new { id = link.Id });
}
