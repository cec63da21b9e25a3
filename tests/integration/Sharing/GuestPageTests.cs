using System.Text.RegularExpressions;
using OpenQA.Selenium;
using Portal.Tests.Integration.Operations;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Sharing;

/// <summary>A share link as a page, for people with a browser and nothing else. Its rules are those of the API.</summary>
[TakesLong]
public sealed partial class GuestPageTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Passphrase = "correct horse battery";
    private static Guid asset;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            var upload = await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Demo());
            asset = Guid.Parse(upload.Text("assetId"));
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_page_is_whole_before_a_script_runs_and_opens_once()
    {
        var link = await portal.ShareAsync(asset, new { allowComments = true, allowDownload = true, maxOpens = 1 });
        Assert.Equal($"http://127.0.0.1:{portal.Address.Port}/s/{link.Text("token")}", link.Text("url"));
        var guest = portal.GuestOf(link);

        var page = (await guest.VisitAsync()).Expect(200);

        Assert.StartsWith("<!doctype html>", page.Body, StringComparison.Ordinal);
        Assert.Contains("<h1>Cut one</h1>", page.Body, StringComparison.Ordinal);
        Assert.Contains("<span>Version 1</span><span>0:08</span>", page.Body, StringComparison.Ordinal);
        Assert.Matches("Open for [67] days, until <time [^>]+>[A-Z][a-z]+day [^<]+ time</time>", page.Body);
        Assert.Contains("No comments yet.", page.Body, StringComparison.Ordinal);
        Assert.Contains($"href=\"/s/{link.Text("token")}/download\"", page.Body, StringComparison.Ordinal);
        Assert.Equal(200, await FetchAsync(Attribute(page, "source src")));
        Assert.Equal(200, await FetchAsync(Attribute(page, "poster")));
        Assert.Equal(
            [$"path=/s/{link.Text("token")}", $"path=/api/share/{link.Text("token")}"],
            guest.Cookies.Select(cookie => cookie.Split("; ").Single(part => part.StartsWith("path=", StringComparison.Ordinal))));

        // The same viewer on the page and at the API, however often.
        (await guest.VisitAsync()).Expect(200);
        (await guest.OpenAsync()).Expect(200);
        (await guest.CommentAsync("Of the same guest")).Expect(201);
        page = (await guest.VisitAsync()).Expect(200);
        Assert.Contains("Of the same guest", page.Body, StringComparison.Ordinal);
        Assert.Contains("<input id=\"name\" name=\"name\" value=\"Gwen Guest\"", page.Body, StringComparison.Ordinal);
        Assert.Equal(1, await OpensAsync(link));
        (await portal.GuestOf(link).VisitAsync()).Expect(410);
    }

    [Fact]
    public async Task The_name_that_a_guest_gave_last_is_theirs_wherever_in_the_film_they_spoke()
    {
        var guest = portal.GuestOf(await portal.ShareAsync(asset, new { allowComments = true }));
        (await guest.VisitAsync()).Expect(200);
        (await guest.CommentAsync("Late in it", new { frame = 100 })).Expect(201);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await guest.CommentAsync("Early in it", new { frame = 5, name = "Gwen of Harbour" })).Expect(201);

        var page = (await guest.VisitAsync()).Expect(200);
        Assert.Contains("<input id=\"name\" name=\"name\" value=\"Gwen of Harbour\"", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_our_own_files_and_media_of_Mux_are_loaded()
    {
        var page = await portal.GuestOf(await portal.ShareAsync(asset)).VisitAsync();

        var mux = $"http://127.0.0.1:{portal.Mux.StreamUrl.Port} https://*.mux.com";
        Assert.Equal(
            [
                "default-src 'none'", "script-src 'self'", "style-src 'self'", $"img-src 'self' {mux}", $"media-src blob: {mux}",
                $"connect-src 'self' {mux}", "worker-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
            ],
            Header(page, "Content-Security-Policy").Split("; "));
        Assert.Equal(
            ("no-store", "same-origin", "noindex", "DENY"),
            (Header(page, "Cache-Control"), Header(page, "Referrer-Policy"), Header(page, "X-Robots-Tag"),
                Header(page, "X-Frame-Options")));
        Assert.DoesNotMatch("<script(?! type=\"module\" src=\"/s/assets/)|<style|style=|\\son[a-z]+=", page.Body);
    }

    [Fact]
    public async Task The_page_is_light_and_its_files_are_kept_for_ever_by_their_names()
    {
        var page = await portal.GuestOf(await portal.ShareAsync(asset, new { allowComments = true })).VisitAsync();
        var files = Asset().Matches(page.Body).Select(match => match.Value).Distinct().ToList();
        Assert.Equal(
            ["hls.js", "hls.licence.txt", "hls.worker.js", "icon.svg", "page.css", "page.js"],
            files.Select(Name).Order(StringComparer.Ordinal));

        var weight = page.Body.Length;
        foreach (var file in files)
        {
            var named = (await portal.Anonymous.FetchAsync(file)).Expect(200);
            Assert.Equal("public, max-age=31536000, immutable", Header(named, "Cache-Control"));
            Assert.Equal("public, no-cache", Header(await portal.Anonymous.FetchAsync(file.Split('?')[0]), "Cache-Control"));
            weight += Name(file).StartsWith("hls.", StringComparison.Ordinal) ? 0 : named.Body.Length;
        }

        Assert.InRange(weight, 10_000, 60_000);
        Assert.Contains("Apache License", (await portal.Anonymous.FetchAsync("/s/assets/hls.licence.txt")).Body, StringComparison.Ordinal);
        (await portal.Anonymous.FetchAsync("/s/assets/none.js")).Expect(404);

        static string Name(string file) => file["/s/assets/".Length..].Split('?')[0];
    }

    [Fact]
    public async Task Every_page_leads_to_the_privacy_notice_which_is_a_page_for_each_jurisdiction()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        Assert.Contains("<a href=\"/privacy\">Privacy notice</a>", (await portal.GuestOf(link).VisitAsync()).Body, StringComparison.Ordinal);

        var notice = (await portal.Anonymous.FetchAsync("/privacy")).Expect(200);
        Assert.StartsWith("default-src 'none'", Header(notice, "Content-Security-Policy"), StringComparison.Ordinal);
        var whole = (await portal.Anonymous.FetchAsync("/api/privacy-notice")).Expect(200).Json!;
        foreach (var section in whole["sections"]!.AsArray())
        {
            Assert.Contains($"<li><a href=\"#{section!["id"]}\">", notice.Body, StringComparison.Ordinal);
            Assert.Contains($"<section id=\"{section["id"]}\"", notice.Body, StringComparison.Ordinal);
        }

        Assert.All(
            whole["purposes"]!.AsArray(),
            purpose => Assert.Contains($"<h3>{purpose!["title"]}</h3>", notice.Body, StringComparison.Ordinal));
        Assert.Contains("<td><code>portal_viewer</code></td>", notice.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", notice.Body, StringComparison.Ordinal);

        var european = (await portal.Anonymous.FetchAsync("/privacy?jurisdiction=eu")).Expect(200);
        Assert.Contains("aria-current=\"page\">Europe", european.Body, StringComparison.Ordinal);
        Assert.NotEqual(notice.Body, european.Body);
        foreach (var wrong in new[] { "?jurisdiction=mars", "?version=2020-01-01", "?version=yesterday" })
        {
            var none = (await portal.Anonymous.FetchAsync($"/privacy{wrong}")).Expect(404);
            Assert.Contains("There is no such notice", none.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_passphrase_is_taken_by_a_form_of_this_page_alone()
    {
        var link = await portal.ShareAsync(asset, new { passphrase = Passphrase });
        var guest = portal.GuestOf(link);
        var asked = (await guest.VisitAsync()).Expect(401);
        Assert.Contains($"<form method=\"post\" action=\"/s/{link.Text("token")}\">", asked.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Cut one", asked.Body, StringComparison.Ordinal);

        // Without a word where it comes from, or from elsewhere.
        foreach (var (name, value) in new[] { ("Accept", "*/*"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
            ("Origin", "https://elsewhere.example"), ("Origin", "null") })
        {
            var other = portal.GuestOf(link);
            other.Headers[name] = value;
            (await other.SubmitAsync(Passphrase)).Expect(403);
            Assert.Empty(other.Cookies);
        }

        guest.Headers["Sec-Fetch-Site"] = "same-origin";
        Assert.Contains("Enter the passphrase", (await guest.SubmitAsync("")).Expect(400).Body, StringComparison.Ordinal);
        var wrong = await guest.SubmitAsync("correct horse");
        Assert.Contains("That is not the passphrase", wrong.Expect(403).Body, StringComparison.Ordinal);
        Assert.Empty(guest.Cookies);
        var right = (await guest.SubmitAsync(Passphrase)).Expect(303);
        Assert.Equal($"/s/{link.Text("token")}", Header(right, "Location"));
        Assert.Contains("Cut one", (await guest.VisitAsync()).Expect(200).Body, StringComparison.Ordinal);

        // Browsers that do not say where a form comes from name its origin.
        var old = portal.GuestOf(link);
        old.Headers["Origin"] = $"http://127.0.0.1:{portal.Address.Port}";
        (await old.SubmitAsync(Passphrase)).Expect(303);
    }

    [Fact]
    public async Task Guessing_on_the_page_is_slowed_down_as_at_the_API()
    {
        var guest = portal.GuestOf(await portal.ShareAsync(asset, new { passphrase = Passphrase }));
        guest.Headers["Sec-Fetch-Site"] = "same-origin";
        (await guest.UnlockAsync("wrong at the API")).Expect(403);
        for (var i = 0; i < 9; i++)
        {
            (await guest.SubmitAsync($"wrong {i}")).Expect(403);
        }

        var slowed = (await guest.SubmitAsync(Passphrase)).Expect(429);
        Assert.Contains("Try again in", slowed.Body, StringComparison.Ordinal);
        Assert.InRange(int.Parse(Header(slowed, "Retry-After"), null), 1, 900);
    }

    [Fact]
    public async Task A_link_that_has_ended_says_so_and_what_to_do_and_nothing_of_whose_it_was()
    {
        var revoked = await portal.ShareAsync(asset);
        var watching = portal.GuestOf(revoked);
        (await watching.VisitAsync()).Expect(200);
        (await portal.As("agency").PostAsync($"/api/share-links/{revoked.Id}/revoke")).Expect(200);
        var expired = await portal.ShareAsync(asset);
        await portal.DoAsync(
            "update portal.share_links set expires_at = @now where id = @Id", new { now = portal.Clock.GetUtcNow(), expired.Id });
        foreach (var guest in new[] { watching, portal.GuestOf(expired) })
        {
            var ended = (await guest.VisitAsync()).Expect(410);
            Assert.Contains("Ask the person who sent it for a new link", ended.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("Cut one", ended.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("class=\"brand\"", ended.Body, StringComparison.Ordinal);
        }

        var unknown = await new Guest(portal.Anonymous, new string('A', 43)).VisitAsync();
        Assert.Contains("There is no such link", unknown.Expect(404).Body, StringComparison.Ordinal);
        (await watching.VisitAsync("/comments")).Expect(410);
        (await watching.VisitAsync("/download")).Expect(410);
    }

    [Fact]
    public async Task Who_must_sign_in_is_shown_to_the_portal()
    {
        var page = (await portal.GuestOf(await portal.ShareAsync(asset, new { requireSignIn = true })).VisitAsync()).Expect(401);
        Assert.Contains("href=\"http://localhost:3000\"", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_that_look_before_people_do_open_nothing()
    {
        var link = await portal.ShareAsync(asset, new { maxOpens = 1 });
        var robot = portal.GuestOf(link);
        robot.Headers["User-Agent"] = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";
        var preview = (await robot.VisitAsync()).Expect(200);
        Assert.Contains("<h1>Cut one</h1>", preview.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("token=", preview.Body, StringComparison.Ordinal);
        Assert.Empty(robot.Cookies);

        var prefetch = portal.GuestOf(link);
        prefetch.Headers["Sec-Purpose"] = "prefetch;prerender";
        (await prefetch.VisitAsync()).Expect(503);
        var head = (await portal.GuestOf(link).VisitAsync(method: HttpMethod.Head)).Expect(200);
        Assert.Empty(head.Body);
        Assert.Equal(0, await OpensAsync(link));
    }

    [Fact]
    public async Task What_people_wrote_is_text_on_the_page()
    {
        const string Hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";
        await portal.DoAsync("update portal.assets set title = @Hostile where id = @asset", new { Hostile, asset });
        await portal.DoAsync(
            "update portal.tenants set name = @Hostile, accent_color = '#b4531a', logo_url = @logo where id = @id",
            new { Hostile, logo = "https://logo.example/a.png\"; script-src *", id = TestPeople.Tenant });
        try
        {
            var guest = portal.GuestOf(await portal.ShareAsync(asset, new { allowComments = true }));
            (await guest.VisitAsync()).Expect(200);
            (await guest.CommentAsync(Hostile + "\n\n[click](javascript:alert(3)) <b>bold</b>", new { name = Hostile })).Expect(201);

            var page = (await guest.VisitAsync()).Expect(200);

            Assert.Equal(1, Regex.Count(page.Body, "<script"));
            Assert.DoesNotMatch("<img src=x|<b>|href=\"javascript:", page.Body);
            Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page.Body, StringComparison.Ordinal);
            var policy = Header(page, "Content-Security-Policy");
            Assert.Contains("https://*.mux.com https://logo.example; media-src", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("script-src *", policy, StringComparison.Ordinal);
            Assert.Contains("<style>:root{--brand:#b4531a;--on-brand:#ffffff}</style>", page.Body, StringComparison.Ordinal);
            Assert.Matches("style-src 'self' 'sha256-[^']+';", policy);
        }
        finally
        {
            await portal.DoAsync("update portal.assets set title = 'Cut one' where id = @asset", new { asset });
            await portal.DoAsync(
                "update portal.tenants set name = 'Harbour', accent_color = null, logo_url = null where id = @id",
                new { id = TestPeople.Tenant });
        }
    }

    [Fact]
    public async Task A_page_of_another_tenant_is_in_its_name_and_takes_no_cookie_of_ours()
    {
        var ours = portal.GuestOf(await portal.ShareAsync(asset, new { allowComments = true }));
        Assert.Contains("<span class=\"brand\">Harbour</span>", (await ours.VisitAsync()).Expect(200).Body, StringComparison.Ordinal);
        var admin = portal.As("other-admin");
        var project = (await admin.PostAsync("/api/projects", new { name = "Theirs" })).Expect(201).Id;
        var upload = await portal.UploadReadyAsync(project, "other-admin");
        var link = await admin.PostAsync("/api/share-links", new { assetId = upload.Text("assetId"), allowComments = true });
        var theirs = portal.GuestOf(link.Expect(201));
        theirs.Headers["Cookie"] = string.Join("; ", ours.Cookies.Select(cookie => cookie.Split(';')[0]));

        (await theirs.VisitAsync("/comments")).Expect(403);
        var page = (await theirs.VisitAsync()).Expect(200);

        Assert.DoesNotContain("Harbour", page.Body, StringComparison.Ordinal);
        Assert.Equal(1, await OpensAsync(link));
    }

    [Fact]
    public async Task Comments_beyond_200_are_on_pages_of_their_own()
    {
        var link = await portal.ShareAsync(asset, new { allowComments = true });
        var guest = portal.GuestOf(link);
        (await guest.VisitAsync()).Expect(200);
        (await guest.CommentAsync("The first", new { frame = 50 })).Expect(201);
        await CopyCommentsAsync(199);
        var first = (await guest.VisitAsync()).Expect(200);
        Assert.Equal(200, Regex.Count(first.Body, "<li class=\"comment\""));
        Assert.DoesNotContain("More comments", first.Body, StringComparison.Ordinal);
        Assert.Contains("data-at=\"2\">0:02</a>", first.Body, StringComparison.Ordinal);

        await CopyCommentsAsync(1);
        first = (await guest.VisitAsync()).Expect(200);
        Assert.Equal(200, Regex.Count(first.Body, "<li class=\"comment\""));
        var more = Attribute(first, "href", "id=\"more\"")[$"/s/{link.Text("token")}".Length..];
        var second = (await guest.VisitAsync(more)).Expect(200);
        Assert.Equal(1, Regex.Count(second.Body, "<li class=\"comment\""));

        (await guest.VisitAsync(more + "x")).Expect(404);
        (await portal.GuestOf(link).VisitAsync(more)).Expect(403);
        var other = portal.GuestOf(await portal.ShareAsync(asset, new { allowComments = true }));
        (await other.VisitAsync()).Expect(200);
        (await other.VisitAsync(more)).Expect(404);
        var closed = portal.GuestOf(await portal.ShareAsync(asset));
        Assert.DoesNotContain("id=\"comments\"", (await closed.VisitAsync()).Expect(200).Body, StringComparison.Ordinal);
        (await closed.VisitAsync("/comments")).Expect(403);
    }

    [Fact]
    public async Task A_download_leads_to_the_file_once_it_is_there()
    {
        var guest = portal.GuestOf(await portal.ShareAsync(asset, new { allowDownload = true }));
        (await guest.VisitAsync("/download")).Expect(403);
        (await guest.VisitAsync()).Expect(200);
        var preparing = await guest.VisitAsync("/download");
        if (preparing.Code != 303)
        {
            Assert.Contains("Try again in half a minute", preparing.Expect(409).Body, StringComparison.Ordinal);
            await portal.DoAsync("update portal.asset_versions set download_name = 'highest.mp4' where asset_id = @asset", new { asset });
        }

        var there = Header((await guest.VisitAsync("/download")).Expect(303), "Location");
        Assert.StartsWith(portal.Mux.StreamUrl.ToString(), there, StringComparison.Ordinal);
        var without = portal.GuestOf(await portal.ShareAsync(asset));
        (await without.VisitAsync()).Expect(200);
        (await without.VisitAsync("/download")).Expect(403);
    }

    [Fact]
    public async Task Visits_and_requests_to_the_API_count_together_against_an_address()
    {
        var guest = portal.ElsewhereOf(await portal.ShareAsync(asset));
        for (var i = 0; i < 50; i++)
        {
            (await guest.VisitAsync()).Expect(200);
            (await guest.OpenAsync()).Expect(200);
        }

        var limited = (await guest.VisitAsync()).Expect(429);
        Assert.StartsWith("<!doctype html>", limited.Body, StringComparison.Ordinal);
        Assert.InRange(int.Parse(Header(limited, "Retry-After"), null), 1, 60);
    }

    [BrowserFact]
    public async Task A_guest_enters_a_passphrase_watches_comments_and_is_cut_off()
    {
        var upload = await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Demo());
        var film = Guid.Parse(upload.Text("assetId"));
        (await portal.As("agency").PostAsync($"/api/assets/{film}/versions/1/comments", new
        {
            body = "Is the **second** shot too long? Compare https://example.com/cut-2",
            frame = 100,
            visibility = "client",
        })).Expect(201);
        var link = await portal.ShareAsync(film, new { passphrase = Passphrase, allowComments = true, allowDownload = true });
        var page = new Uri(portal.Address, $"/s/{link.Text("token")}");
        using var browser = new Chromium();
        browser.Go(page);
        LookAt(browser, "guest-passphrase");
        Assert.Equal("input Passphrase", browser.Focused);
        browser.Press("not the one", Keys.Enter);
        await SeenAsync(browser, "#fault", "not the passphrase");
        browser.Press(Passphrase, Keys.Enter);
        await SeenAsync(browser, "h1", "Cut one");
        LookAt(browser, "guest-page");
        Assert.DoesNotContain(browser.Complaints(), Unexpected);

        // Left open for so long that the address in it has ended: play asks for another. From then on by keys: the video has the focus.
        portal.Clock.Advance(TimeSpan.FromMinutes(16));
        // It is short, and must not be at its end by the time that the key is pressed.
        browser.Run<object?>("document.getElementById('video').loop = true; return null");
        await PlayAsync(browser);
        await Eventually.ValueAsync(() => Time(browser), at => at > 0.5, "the video to play");
        browser.Press("k");
        Assert.True(browser.Run<bool>("return document.getElementById('video').paused"));
        browser.Get("#body").SendKeys("Love *this* one");
        browser.Get("#name").SendKeys("Gwen Guest");
        browser.Get("#write button.button").Click();
        await SeenAsync(browser, "#comments", "Love this one");
        Assert.Equal("Gwen Guest", browser.Text("#as strong"));
        browser.Run<object?>("document.querySelector('[data-act=edit]').click(); return null");
        browser.Press(Keys.End, ", really", Keys.Tab, Keys.Tab, Keys.Enter);
        await SeenAsync(browser, "#comments", "really");
        Assert.Contains("edited", browser.Text("#comments"), StringComparison.Ordinal);
        browser.Run<object?>("document.querySelector('[data-act=reply]').click(); return null");
        browser.Press("Me too", Keys.Tab, Keys.Tab, Keys.Enter);
        await SeenAsync(browser, "li.reply", "Me too");
        browser.Run<object?>("document.querySelector('a[data-at=\"4\"]').click(); return null");
        await Eventually.ValueAsync(() => Time(browser), at => at is >= 4 and < 4.2, "the video to stand at the comment's moment");
        Assert.Equal(1, await OpensAsync(link));
        LookAt(browser, "guest-page-watching");

        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        browser.Press("k");
        await SeenAsync(browser, "#over", "no longer available");
        Assert.Equal("section", browser.Focused.Split(' ')[0]);
        Assert.False(browser.Has("section.comments"));
        Assert.Equal(0L, browser.Run<long>("const v = document.getElementById('video'); return v.hasAttribute('src') ? 9 : v.readyState"));
        LookAt(browser, "guest-cut-off");
        Assert.DoesNotContain(browser.Complaints(), Unexpected);
        browser.Go(page);
        LookAt(browser, "guest-ended");
    }

    [BrowserFact]
    public async Task The_page_says_how_a_playback_went_and_that_it_failed_where_nothing_plays()
    {
        var upload = await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Demo());
        var film = Guid.Parse(upload.Text("assetId"));
        var page = new Uri(portal.Address, $"/s/{(await portal.ShareAsync(film)).Text("token")}");
        using var browser = new Chromium();
        browser.Go(page);
        await PlayAsync(browser);
        await Eventually.ValueAsync(() => Time(browser), at => at > 0.2, "the video to play");
        browser.Go(new Uri(portal.Address, "/privacy"));
        await SaidAsync(film, "ended - Chrome", "started - Chrome");
        Assert.DoesNotContain(browser.Complaints(), Unexpected);

        // Another playback, without its token, which is left while the page still looks for an address that plays.
        browser.Go(page);
        browser.Run<object?>("""
            const open = XMLHttpRequest.prototype.open;
            XMLHttpRequest.prototype.open = function (method, address, ...more) {
              return open.call(this, method, address.split('?')[0], ...more);
            };
            window.fetch = (_, how) => { window.looksForAnother ||= !how; return Promise.reject(new TypeError('away')); };
            return null;
            """);
        await PlayAsync(browser);
        await Eventually.TrueAsync(
            () => browser.Run<bool>("return window.looksForAnother === true"), "the page to look for another address");
        browser.Go(new Uri(portal.Address, "/privacy"));
        await SaidAsync(film, "ended - Chrome", "failed refused Chrome", "started - Chrome");
    }

    /// <summary>The button is there once the player has been fetched.</summary>
    private static async Task PlayAsync(Chromium browser)
    {
        await Eventually.TrueAsync(() => browser.Get("#play").Displayed, "the button to play");
        browser.Get("#play").Click();
    }

    private async Task SaidAsync(Guid film, params string[] said) => await Eventually.ValueAsync(
        () => portal.ListAsync("""
            select concat_ws(' ', e.type, coalesce(e.error_code, '-'), e.agent_family)
              from portal.playback_events e join portal.asset_versions v on v.id = e.asset_version_id
             where v.asset_id = @film order by 1
            """, new { film }),
        rows => rows.SequenceEqual(said), $"the page to have said {string.Join(", ", said)}");

    private static double Time(Chromium browser) =>
        Convert.ToDouble(browser.Run<object>("return document.getElementById('video').currentTime"), null);

    /// <summary>A refusal is a status, which the browser notes; what its policy forbids or a script throws is a fault.</summary>
    private static bool Unexpected(string complaint) =>
        !complaint.Contains("the server responded with a status of 4", StringComparison.Ordinal);

    private static async Task SeenAsync(Chromium browser, string css, string text) => await Eventually.ValueAsync(
        () => browser.Has(css) ? browser.Text(css) : "", seen => seen.Contains(text, StringComparison.Ordinal), $"{css} to say {text}");

    /// <summary>On a desk, at 200 % zoom, on a phone; light and dark.</summary>
    private static void LookAt(Chromium browser, string name)
    {
        foreach (var width in new[] { 390, 640, 1280 })
        {
            browser.Size(width, 844);
            foreach (var dark in new[] { false, true })
            {
                browser.Dark(dark);
                var look = $"{name}-{width}-{(dark ? "dark" : "light")}";
                Assert.Equal("", browser.Run<string>(Accessibility.Faults) is { Length: > 0 } faults ? $"{look}: {faults}" : "");
                browser.Picture(look);
            }
        }
    }

    private static string Header(Answer answer, string name) => string.Join(", ", answer.Headers.GetValues(name));

    /// <summary>Of the page's HTML, as a browser reads it.</summary>
    private static string Attribute(Answer page, string name, string beside = "") => System.Net.WebUtility.HtmlDecode(
        Regex.Match(page.Body, $"{name}=\"([^\"]+)\"[^>]*{beside}").Groups[1].Value);

    private static async Task<int> FetchAsync(string address)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(address));
        return (int)answer.StatusCode;
    }

    private Task<int> OpensAsync(Answer link) =>
        portal.ScalarAsync<int>("select opens from portal.share_links where id = @Id", new { link.Id });

    private Task CopyCommentsAsync(int count) => portal.DoAsync("""
        insert into portal.comments (id, tenant_id, seq, root_seq, sort_frame, project_id, asset_id, asset_version_id, share_link_id,
               viewer_id, guest_name, visibility, body, frame, rate_numerator, rate_denominator, created_at, updated_at)
        select gen_random_uuid(), c.tenant_id, n.seq, n.seq, c.sort_frame, c.project_id, c.asset_id, c.asset_version_id, c.share_link_id,
               c.viewer_id, c.guest_name, c.visibility, c.body, c.frame, c.rate_numerator, c.rate_denominator, c.created_at, c.updated_at
          from (select * from portal.comments order by seq desc limit 1) c,
               lateral (select nextval('portal.comment_seq') as seq from generate_series(1, @count)) n
        """, new { count });

    [GeneratedRegex("/s/assets/[a-z.]+\\?v=[0-9a-f]{12}")]
    private static partial Regex Asset();
}
