using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Portal.Sharing.ShareLinks;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Sharing;

/// <summary>What a share link may ask of a guest: a passphrase, to be signed in, to be the one it is addressed to.</summary>
public sealed class ShareAccessTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Passphrase = "correct horse battery";
    private static Guid asset;

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
            asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_passphrase_is_asked_for_once_and_the_cookie_opens_from_then_on()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase, maxOpens = 1 });
        Assert.True((bool)link.Field("hasPassphrase"));
        var guest = portal.GuestOf(link);
        Assert.Equal("passphrase-required", (await guest.OpenAsync()).Expect(401).ProblemType);
        Assert.Equal(0, await OpensAsync(link));
        Assert.Equal("wrong-passphrase", (await guest.UnlockAsync("correct horse")).Expect(403).ProblemType);
        Assert.Empty(guest.Cookies);

        (await guest.UnlockAsync(Passphrase)).Expect(204);
        var cookie = Assert.Single(guest.Cookies);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"path=/api/share/{link.Text("token")}", cookie, StringComparison.OrdinalIgnoreCase);
        var left = DateTimeOffset.Parse(link.Text("expiresAt"), CultureInfo.InvariantCulture) - portal.Clock.GetUtcNow();
        Assert.Contains($"max-age={left.TotalSeconds:0};", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("passphrase-required", (await portal.GuestOf(link).OpenAsync()).Expect(401).ProblemType);
        (await guest.OpenAsync()).Expect(200);
        (await guest.OpenAsync()).Expect(200);
        Assert.Equal(1, await OpensAsync(link));
        Assert.Equal(
            "passphrase-required", (
                await portal.GuestOf(
                    await portal.ShareAsync(asset, new { passphrase = Passphrase })).OpenAsync()).Expect(401).ProblemType);
    }

    [Fact]
    public async Task A_viewer_with_a_key_of_their_own_is_counted_once_however_often_they_open_at_once()
    {
        var link = await portal.ShareAsync(asset, new { maxOpens = 1 });
        var guests = Enumerable.Range(0, 8).Select(_ => portal.GuestOf(link)).ToList();
        guests.ForEach(guest => guest.Headers["Portal-Viewer"] = "a-key-of-my-own-0123456789");

        var answers = await portal.WhileLinkIsHeldAsync(link, guests, guest => guest.OpenAsync());

        Assert.All(answers, answer => answer.Expect(200));
        Assert.Equal(1, await OpensAsync(link));
        (await portal.GuestOf(link).OpenAsync()).Expect(403);
    }

    [Fact]
    public async Task A_viewers_key_is_of_one_link()
    {
        var (one, two) = (
            await portal.ShareAsync(asset, new { allowComments = true }), await portal.ShareAsync(asset, new { allowComments = true }));
        Guest Of(Answer link) =>
            new(portal.Anonymous, link.Text("token")) { Headers = { ["Portal-Viewer"] = "a-key-for-two-links-0123456789" } };
        (await Of(one).OpenAsync()).Expect(200);
        Assert.Equal("share-link-not-opened", (await Of(two).CommentAsync("Not yet")).Expect(403).ProblemType);

        // Nor does the link know anybody by the key of somebody else.
        foreach (var other in new[] { null, "a-key-of-somebody-else-0123456789" })
        {
            var stranger = portal.GuestOf(one);
            if (other is not null)
            {
                stranger.Headers["Portal-Viewer"] = other;
            }

            Assert.Equal("share-link-not-opened", (await stranger.CommentAsync("Not mine")).Expect(403).ProblemType);
        }

        (await Of(two).OpenAsync()).Expect(200);
        Assert.Equal((1, 1), (await OpensAsync(one), await OpensAsync(two)));
    }

    [Theory]
    [InlineData(22)]
    [InlineData(100)]
    public async Task A_key_of_22_to_100_characters_is_a_viewers_own(int length)
    {
        var link = await portal.ShareAsync(asset, new { maxOpens = 1 });
        for (var i = 0; i < 2; i++)
        {
            var guest = portal.GuestOf(link);
            guest.Headers["Portal-Viewer"] = new string('k', length);
            (await guest.OpenAsync()).Expect(200);
        }
    }

    [Theory]
    [InlineData("too-short")]
    [InlineData("twenty-one-characters")]
    [InlineData("has spaces in it, and is long enough")]
    public async Task A_key_that_could_be_guessed_or_is_none_is_passed_over(string key)
    {
        var link = await portal.ShareAsync(asset, new { maxOpens = 1 });
        var guest = portal.GuestOf(link);
        guest.Headers["Portal-Viewer"] = key;
        (await guest.OpenAsync()).Expect(200);
        Assert.DoesNotContain(key, Assert.Single(guest.Cookies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_another_site_that_keeps_no_cookies_gets_by_with_headers()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase, maxOpens = 1, allowComments = true });
        Guest Page() => new(portal.Anonymous, link.Text("token")) { Headers = { ["Origin"] = "http://localhost:3000" } };

        var unlocked = (await Page().UnlockAsync(Passphrase)).Expect(204);
        var page = Page();
        page.Headers["Portal-Unlock"] = Assert.Single(unlocked.Headers.GetValues("Portal-Unlock"));
        var opened = (await page.OpenAsync()).Expect(200);

        var next = Page();
        next.Headers["Portal-Unlock"] = page.Headers["Portal-Unlock"];
        next.Headers["Portal-Viewer"] = Assert.Single(opened.Headers.GetValues("Portal-Viewer"));
        (await next.OpenAsync()).Expect(200);
        (await next.CommentAsync("From afar")).Expect(201);
        Assert.Equal(1, await OpensAsync(link));
        Assert.Contains(
            "Portal-Viewer", Assert.Single(opened.Headers.GetValues("Access-Control-Expose-Headers")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https", "http://localhost:3000", "samesite=none; httponly; partitioned")]
    [InlineData("https", "https://elsewhere.example", "samesite=lax; httponly")]
    [InlineData("http", "http://localhost:3000", "samesite=lax; httponly")]
    public async Task Over_https_the_portals_own_pages_get_a_cookie_that_works_across_sites(string scheme, string origin, string ends)
    {
        var guest = portal.GuestOf(await portal.ShareAsync(asset));
        guest.Headers["Origin"] = origin;
        guest.Headers["X-Forwarded-Proto"] = scheme;

        var opened = (await guest.OpenAsync()).Expect(200);

        var cookie = Assert.Single(guest.Cookies);
        Assert.EndsWith(ends, cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(scheme == "https", cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(origin == "http://localhost:3000", opened.Headers.Contains("Portal-Viewer"));
    }

    [Fact]
    public async Task A_members_viewer_cookie_without_their_session_is_a_guests()
    {
        var link = await portal.ShareAsync(asset, new { allowComments = true });
        var guest = portal.GuestOf(link);
        guest.Session = await portal.SessionAsync("client");
        (await guest.OpenAsync()).Expect(200);
        Assert.Equal($"{TestPeople.UserId("client")}", await AuthorAsync(await guest.CommentAsync("Signed in")));

        guest.Session = null;
        Assert.Equal("", await AuthorAsync(await guest.CommentAsync("Signed out")));

        // Who opened the link stays known to those who gave it.
        (await guest.OpenAsync()).Expect(200);
        var opens = (await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}/opens")).Expect(200);
        Assert.Equal([TestPeople.UserId("client").ToString()], opens.Column("userId"));
        guest.Session = await portal.SessionAsync("agency");
        Assert.Equal("", await AuthorAsync(await guest.CommentAsync("Somebody else")));
    }

    private Task<string> AuthorAsync(Answer comment) => portal.ScalarAsync<string>(
        "select coalesce(author_id::text, '') from portal.comments where id = @id", new { comment.Expect(201).Id });

    [Fact]
    public async Task The_passphrase_is_kept_as_a_slow_hash_and_shown_nowhere()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        (await portal.GuestOf(link).UnlockAsync("not the one")).Expect(403);
        Assert.True(
            await portal.ScalarAsync<int>(
                "select passphrase_iterations from portal.share_links where id = @id", new { id = link.Id }) >= 600_000);
        foreach (var table in new[] { "share_links", "audit_log", "events", "idempotency_keys", "share_unlocks" })
        {
            Assert.Equal(
                0, await portal.ScalarAsync<long>(
                    $"select count(*) from portal.{table} t where t::text like '%' || @Passphrase || '%'", new { Passphrase }));
        }

        Assert.DoesNotContain(
            "passphrase\"", (
                await portal.As("agency").FetchAsync($"/api/share-links/{link.Id}")).Expect(200).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guessing_is_slowed_down_audited_and_reported_and_a_right_passphrase_is_no_guess()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        var other = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        ToTheNext(TimeSpan.FromMinutes(15));
        var guesses = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => portal.GuestOf(link).UnlockAsync($"guess number {i}")));
        Assert.All(guesses, guess => Assert.Equal("wrong-passphrase", guess.Expect(403).ProblemType));
        (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(204);
        (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(204);
        Assert.Equal(0, await AlertsAsync(link));

        guesses = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => portal.GuestOf(link).UnlockAsync($"last guess {i}")));
        Assert.Single(guesses, guess => guess.Code == 403);
        Assert.Equal(2, guesses.Count(guess => guess.Code == 429 && guess.Headers.RetryAfter!.Delta > TimeSpan.Zero));
        Assert.Equal(1, await AlertsAsync(link));
        (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(429);
        Assert.Equal(
            10, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'share_link_unlock_failed' and entity_id = @id",
                new { id = link.Id }));

        // Neither another link's guests at this address nor this link's at another are held up.
        (await portal.GuestOf(other).UnlockAsync(Passphrase)).Expect(204);
        (await portal.ElsewhereOf(link).UnlockAsync(Passphrase)).Expect(204);
        portal.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(429);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(204);
    }

    [Fact]
    public async Task A_link_takes_a_hundred_wrong_passphrases_an_hour_from_all_addresses_together()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        ToTheNext(TimeSpan.FromHours(1));
        (await portal.ElsewhereOf(link, 1).UnlockAsync("wrong")).Expect(403);
        await portal.DoAsync("update portal.rate_windows set hits = 98 where key = 'unlock-link:' || @Id", new { link.Id });
        (await portal.ElsewhereOf(link, 2).UnlockAsync(Passphrase)).Expect(204);
        Assert.Equal(0, await AlertsAsync(link));
        (await portal.ElsewhereOf(link, 3).UnlockAsync("wrong")).Expect(403);
        Assert.Equal(1, await AlertsAsync(link));
        (await portal.ElsewhereOf(link, 4).UnlockAsync("wrong")).Expect(403);
        Assert.True((await portal.ElsewhereOf(link, 5).UnlockAsync(Passphrase)).Expect(429).Headers.RetryAfter!.Delta > TimeSpan.Zero);
        portal.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        (await portal.ElsewhereOf(link, 5).UnlockAsync(Passphrase)).Expect(429);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await portal.ElsewhereOf(link, 5).UnlockAsync(Passphrase)).Expect(204);
    }

    [Fact]
    public async Task Many_passphrases_at_once_wait_for_a_turn_outside_of_transactions_and_the_rest_comes_back_later()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        var open = portal.GuestOf(await portal.ShareAsync(asset));
        var passphrases = portal.Services.GetRequiredService<Passphrases>();
        var turns = await Task.WhenAll(Enumerable.Range(0, Passphrases.AtOnce).Select(_ => passphrases.TakeTurnAsync(default).AsTask()));
        var waiting = portal.As("agency").PostAsync("/api/share-links", new { assetId = asset, passphrase = Passphrase });
        await Eventually.TrueAsync(() => passphrases.Waiting == 1, "the new link to wait for a turn");
        await Eventually.TrueAsync(
            async () => await portal.ScalarAsync<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'") == 0,
            "no transaction to be open meanwhile");

        var more = Task.WhenAll(Enumerable.Range(1, Passphrases.MaxWaiting - 1).Select(_ => PassOnAsync()));
        var refused = (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(503);
        Assert.Equal("unavailable", refused.ProblemType);
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        (await portal.As("agency").PostAsync("/api/share-links", new { assetId = asset, passphrase = Passphrase })).Expect(503);
        (await open.OpenAsync()).Expect(200);

        Array.ForEach(turns, turn => turn.Dispose());
        (await waiting).Expect(201);
        await more;
        (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(204);

        async Task PassOnAsync()
        {
            using var turn = await passphrases.TakeTurnAsync(default);
        }
    }

    [Fact]
    public async Task What_unlocks_one_link_opens_no_other()
    {
        var one = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        var two = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        var guest = portal.GuestOf(one);
        (await guest.UnlockAsync(Passphrase)).Expect(204);
        var unlock = Assert.Single(guest.Cookies).Split(';')[0].Split('=')[1];
        Assert.Equal((200, 401), (await OpenWithAsync(one), await OpenWithAsync(two)));

        async Task<int> OpenWithAsync(Answer link)
        {
            var other = portal.GuestOf(link);
            other.Headers["Portal-Unlock"] = unlock;
            return (await other.OpenAsync()).Code;
        }
    }

    [Fact]
    public async Task Unlocking_answers_like_opening_for_what_is_not_there_or_over()
    {
        (await new Guest(portal.Anonymous, new string('A', 43)).UnlockAsync(Passphrase)).Expect(404);
        var open = portal.GuestOf(await portal.ShareAsync(asset));
        (await open.UnlockAsync("anything at all")).Expect(204);
        Assert.Empty(open.Cookies);

        var revoked = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        (await portal.As("agency").PostAsync($"/api/share-links/{revoked.Id}/revoke")).Expect(200);
        Assert.Equal("share-link-unavailable", (await portal.GuestOf(revoked).UnlockAsync(Passphrase)).Expect(403).ProblemType);
    }

    [Fact]
    public async Task From_its_end_on_a_link_does_not_unlock_whether_or_not_the_timer_has_run()
    {
        var link = await portal.ShareAsync(
            asset, new { passphrase = Passphrase, expiresAt = portal.Clock.GetUtcNow().AddHours(24) });
        portal.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        (await portal.GuestOf(link).UnlockAsync(Passphrase)).Expect(204);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("active", await portal.ScalarAsync<string>("select status from portal.share_links where id = @Id", new { link.Id }));
        foreach (var words in new[] { Passphrase, "not the one" })
        {
            Assert.Equal("share-link-unavailable", (await portal.GuestOf(link).UnlockAsync(words)).Expect(403).ProblemType);
        }

        Assert.Equal(1, await UnlocksAsync(link));
    }

    [Fact]
    public async Task A_new_passphrase_closes_the_door_for_those_who_knew_the_old_one()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        var guest = portal.GuestOf(link);
        (await guest.UnlockAsync(Passphrase)).Expect(204);
        (await guest.OpenAsync()).Expect(200);

        var path = $"/api/share-links/{link.Id}";
        var tag = (await portal.As("agency").FetchAsync(path)).Expect(200).Tag();
        var unlocked = await portal.ScalarAsync<byte[]>(
            "select unlock_hash from portal.share_unlocks where share_link_id = @Id", new { link.Id });
        (await portal.As("agency").ChangeAsync(HttpMethod.Patch, path, new { passphrase = "another passphrase" }, tag)).Expect(200);
        Assert.Equal(0, await UnlocksAsync(link));

        // Somebody who gave the old one at that very moment is written down a moment later.
        await portal.DoAsync("""
            insert into portal.share_unlocks (tenant_id, share_link_id, unlock_hash, passphrase_version, created_at)
            select tenant_id, id, @unlocked, passphrase_version - 1, updated_at from portal.share_links where id = @Id
            """, new { link.Id, unlocked });
        Assert.Equal("passphrase-required", (await guest.OpenAsync()).Expect(401).ProblemType);
        (await guest.UnlockAsync("another passphrase")).Expect(204);
        (await guest.OpenAsync()).Expect(200);

        tag = (await portal.As("agency").FetchAsync(path)).Expect(200).Tag();
        var removed = (
            await portal.As("agency").ChangeAsync(HttpMethod.Patch, path, new JsonObject { ["passphrase"] = null }, tag)).Expect(200);
        Assert.False((bool)removed.Field("hasPassphrase"));
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
    }

    [Fact]
    public async Task A_link_for_signed_in_people_opens_for_those_it_is_meant_for()
    {
        // crew1 is of another project.
        await portal.NewProjectAsync();
        var link = await portal.ShareAsync(asset, new { requireSignIn = true, guestEmails = new[] { "Client@Portal.example" } });
        Assert.Equal("sign-in-required", (await portal.GuestOf(link).OpenAsync()).Expect(401).ProblemType);
        var expired = portal.GuestOf(link);
        expired.Session = await portal.SessionAsync("client");
        portal.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("sign-in-required", (await expired.OpenAsync()).Expect(401).ProblemType);

        foreach (var (person, code) in new[] { ("client", 200), ("admin", 200), ("agency", 200), ("compliance", 403), ("crew1", 403),
            ("other-admin", 401) })
        {
            var guest = portal.GuestOf(link);
            guest.Session = await portal.SessionAsync(person);
            var answer = await guest.OpenAsync();
            Assert.True(answer.Code == code, $"{person} got {answer.Code}: {answer.Body}");
            Assert.True(code != 403 || answer.ProblemType == "not-addressed", answer.Body);
        }

        Assert.Equal(3, await OpensAsync(link));
        Assert.Equal(TestPeople.UserId("client"), await portal.ScalarAsync<Guid>(
            "select user_id from portal.share_viewers where share_link_id = @id and user_id = @user",
            new { id = link.Id, user = TestPeople.UserId("client") }));
    }

    [Fact]
    public async Task A_Client_whom_the_link_does_not_name_is_refused()
    {
        await portal.ShareAsync(asset, new { requireSignIn = true, guestEmails = new[] { "client@portal.example" } });
        var link = await portal.ShareAsync(asset, new { requireSignIn = true, guestEmails = new[] { "somebody@else.example" } });
        var guest = portal.GuestOf(link);
        guest.Session = await portal.SessionAsync("client");
        Assert.Equal("not-addressed", (await guest.OpenAsync()).Expect(403).ProblemType);
        Assert.Equal(0, await OpensAsync(link));
        Assert.Equal("not_addressed", await portal.ScalarAsync<string>(
            "select new_value ->> 'reason' from portal.audit_log where action = 'share_link_refused' and entity_id = @id",
            new { id = link.Id }));
    }

    [Fact]
    public async Task A_deactivated_person_is_nobody_to_a_link_for_signed_in_people()
    {
        var id = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", "leaver", "admin");
        var guest = portal.GuestOf(await portal.ShareAsync(asset, new { requireSignIn = true, allowComments = true }));
        guest.Session = await portal.SessionAsync("leaver");
        (await guest.OpenAsync()).Expect(200);
        (await guest.SendAsync(HttpMethod.Get, "/comments")).Expect(200);
        (await portal.As("admin").PostAsync($"/api/users/{id}/deactivate")).Expect(200);
        Assert.Equal("sign-in-required", (await guest.OpenAsync()).Expect(401).ProblemType);
        Assert.Equal("sign-in-required", (await guest.SendAsync(HttpMethod.Get, "/comments")).Expect(401).ProblemType);
    }

    [Fact]
    public async Task An_impersonated_session_is_nobody_to_a_link_for_signed_in_people()
    {
        var guest = portal.GuestOf(await portal.ShareAsync(asset, new { requireSignIn = true }));
        guest.Session = (await portal.Clerk.SignInAsync("admin", new() { Actor = "user_support" })).Jwt;
        Assert.Equal("sign-in-required", (await guest.OpenAsync()).Expect(401).ProblemType);
    }

    [Fact]
    public async Task A_Client_finds_what_is_addressed_to_them_and_nothing_else()
    {
        var mine = await portal.ShareAsync(
            asset, new
            {
                guestEmails = new[] { "client@portal.example", "friend@else.example" },
                label = "Secret label",
                allowComments = true,
            });
        var notMine = await portal.ShareAsync(asset, new { guestEmails = new[] { "friend@else.example" } });
        var colleagues = await portal.ShareAsync(asset, new { guestEmails = new[] { "crew1@portal.example" } });
        var ended = await portal.ShareAsync(asset, new { guestEmails = new[] { "client@portal.example" } });
        await portal.DoAsync(
            "update portal.share_links set expires_at = @now where id = @Id",
            new { ended.Id, now = portal.Clock.GetUtcNow() });
        var found = await SharedWithClientAsync();
        Assert.Contains(mine.Id, found.Select(Id));
        Assert.Empty(found.Select(Id).Intersect([notMine.Id, colleagues.Id, ended.Id]));
        var item = found.Single(i => Id(i) == mine.Id);
        Assert.Equal(
            [
                "allowComments", "allowDownload", "createdAt", "expiresAt", "hasPassphrase", "id", "projectId", "title", "token", "url",
                "versionNumber"
            ],
            item.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));

        var guest = new Guest(portal.Anonymous, item["token"]!.ToString()) { Session = await portal.SessionAsync("client") };
        (await guest.OpenAsync()).Expect(200);

        // Taken off the project, they find nothing of it any more, and another project does not stand in.
        var membership = $"/api/projects/{item["projectId"]}/members/{TestPeople.UserId("client")}";
        var elsewhere = await portal.NewProjectAsync();
        (await portal.As("admin").SetAsync($"/api/projects/{elsewhere}/members/{TestPeople.UserId("client")}")).Expect(200);
        (await portal.As("admin").DropAsync(membership)).Expect(204);
        Assert.Empty(await SharedWithClientAsync());
        (await portal.As("admin").SetAsync(membership)).Expect(200);
        Assert.Contains(mine.Id, (await SharedWithClientAsync()).Select(Id));

        (await portal.As("agency").PostAsync($"/api/share-links/{mine.Id}/revoke")).Expect(200);
        Assert.DoesNotContain(mine.Id, (await SharedWithClientAsync()).Select(Id));
        (await portal.As("agency").FetchAsync("/api/shared-with-me")).Expect(403);
        (await portal.As("client").FetchAsync($"/api/assets/{asset}")).Expect(403);
        (await portal.As("client").FetchAsync($"/api/share-links/{mine.Id}")).Expect(403);
    }

    [Fact]
    public async Task A_Client_is_told_which_version_a_link_plays_and_of_no_link_that_plays_nothing()
    {
        var project = await portal.ScalarAsync<Guid>("select project_id from portal.assets where id = @asset", new { asset });
        var own = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var first = await portal.ScalarAsync<Guid>("select id from portal.asset_versions where asset_id = @own", new { own });
        var guestEmails = new[] { "client@portal.example" };
        var held = await portal.ShareAsync(own, new { assetVersionId = first, guestEmails });
        var latest = await portal.ShareAsync(own, new { guestEmails });
        Assert.Equal((1, 1), (await VersionAsync(held), await VersionAsync(latest)));

        await portal.AddVersionAsync(own, 2);
        Assert.Equal((1, 2), (await VersionAsync(held), await VersionAsync(latest)));
        foreach (var number in new[] { 2, 1 })
        {
            await portal.DoAsync(
                "update portal.asset_versions set status = 'archived' where asset_id = @own and number = @number",
                new { own, number });
            Assert.Equal(number == 2 ? (1, 1) : (null, null), (await VersionAsync(held), await VersionAsync(latest)));
        }

        async Task<int?> VersionAsync(Answer link) =>
            (int?)(await SharedWithClientAsync()).SingleOrDefault(i => Id(i) == link.Id)?["versionNumber"];
    }

    [Fact]
    public async Task Addresses_of_guests_stand_in_their_own_table_only()
    {
        const string Address = "very.private@guest.example";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/share-links");
        request.Headers.Add("Idempotency-Key", "addresses");
        request.Content = System.Net.Http.Json.JsonContent.Create(
            new { assetId = asset, guestEmails = new[] { Address, "Very.Private@guest.example" } });
        var link = (await (await portal.As("agency").SendAsync(request)).ReadAsync()).Expect(201);
        Assert.Equal([Address], link.Field("guestEmails").AsArray().Select(e => e!.ToString()));
        foreach (var table in new[] { "share_links", "audit_log", "events", "idempotency_keys", "share_viewers" })
        {
            Assert.Equal(
                0, await portal.ScalarAsync<long>(
                    $"select count(*) from portal.{table} t where t::text ilike '%' || @Address || '%'", new { Address }));
        }

        Assert.Equal(
            1, await portal.ScalarAsync<long>("select count(*) from portal.share_link_guests where email = @Address", new { Address }));
    }

    [Fact]
    public async Task HEAD_asks_for_the_same_and_counts_nothing()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        var guest = portal.GuestOf(link);
        Assert.Equal(HttpStatusCode.Unauthorized, (await guest.SendAsync(HttpMethod.Head, "")).Status);
        (await guest.UnlockAsync(Passphrase)).Expect(204);
        (await guest.SendAsync(HttpMethod.Head, "")).Expect(200);
        Assert.Equal(0, await OpensAsync(link));
    }

    [Fact]
    public async Task A_guess_is_taken_back_from_the_windows_it_was_counted_in_and_from_no_other()
    {
        var (link, now) = (Guid.NewGuid(), portal.Clock.GetUtcNow());
        var own = $"unlock-link:{link}";
        await portal.DoAsync("""
            insert into portal.rate_windows (key, window_start, window_end, hits) values
                (@own, @now - interval '2 seconds', @now, 5), (@own, @now, @now + interval '2 seconds', 5),
                (@own, @now - interval '1 second', @now + interval '1 second', 0),
                (@own, @now + interval '1 second', @now + interval '3 seconds', 5),
                (@address, @now, @now + interval '1 second', 5), (@others, @now, @now + interval '1 second', 5)
            """, new { own, now, address = $"unlock:{link}:01", others = $"unlock:{link}:02" });
        await portal.DoAsync("select portal.take_back_guess(@link, '\\x01', @now)", new { link, now });
        Assert.Equal(["unlock 01 4", "unlock 02 5", "unlock-link -1 0", "unlock-link -2 5", "unlock-link 0 4", "unlock-link 1 5"],
            await portal.ListAsync("""
                select case when key = @own then 'unlock-link ' || extract(epoch from window_start - @now)::int
                            else 'unlock ' || right(key, 2) end || ' ' || hits
                  from portal.rate_windows where key like '%' || @link || '%' order by 1
                """, new { own, now, link = link.ToString() }));
    }

    /// <summary>Where a window of that length begins.</summary>
    private void ToTheNext(TimeSpan window) =>
        portal.Clock.Advance(window - TimeSpan.FromTicks(portal.Clock.GetUtcNow().Ticks % window.Ticks));

    private Task<long> UnlocksAsync(Answer link) =>
        portal.ScalarAsync<long>("select count(*) from portal.share_unlocks where share_link_id = @Id", new { link.Id });

    private Task<long> AlertsAsync(Answer link) => portal.ScalarAsync<long>(
        "select count(*) from portal.alerts where kind = 'passphrase_guessing' and dedup_key = @id", new { id = link.Text("id") });

    private static Guid Id(JsonNode item) => Guid.Parse(item["id"]!.ToString());

    private async Task<IReadOnlyList<JsonNode>> SharedWithClientAsync() =>
        [.. (await portal.As("client").FetchAsync("/api/shared-with-me?limit=200")).Expect(200).Field("items").AsArray().Select(i => i!)];

    private Task<int> OpensAsync(Answer link) =>
        portal.ScalarAsync<int>("select opens from portal.share_links where id = @id", new { id = link.Id });
}
