using Portal.LocalVendors;
using Portal.Tests.Integration.Operations;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>Mails in a real browser as mail programs show them: on a phone and on a desk, light and dark, with long words and a tenant's
/// colours.</summary>
[TakesLong]
public sealed class MailScreensTests(TestPortal portal) : IClassFixture<TestPortal>
{
    [BrowserFact]
    public async Task Every_mail_is_readable_at_any_width_in_light_and_dark_and_has_no_script()
    {
        var mails = await MailsAsync();
        Assert.Equal(["digest", "invite", "mention", "project", "ready", "report", "share", "withdrawn"], mails.Keys.Order());
        using var browser = new Chromium();
        foreach (var (name, mail) in mails)
        {
            var file = Path.Combine(AppContext.BaseDirectory, $"mail-{name}.html");
            await File.WriteAllTextAsync(file, mail.Html);
            browser.Go(new Uri(file));
            foreach (var (width, dark) in new[] { (375, false), (375, true), (1280, false), (1280, true) })
            {
                browser.Size(width, 800);
                browser.Dark(dark);
                Assert.True(browser.Run<long>("return document.documentElement.scrollWidth") <= width, $"{name} is wider than {width}.");
                Assert.True(
                    Contrast(browser) >= 4.5,
                    $"{name} ({(dark ? "dark" : "light")}) has text that can hardly be read: {Contrast(browser):0.0}.");
                browser.Picture($"mail-{name}-{width}-{(dark ? "dark" : "light")}");
            }

            Assert.Empty(browser.All("script, iframe, form, object"));
            Assert.Empty(browser.Complaints());
            Assert.NotNull(mail.Text);
        }
    }

    /// <summary>The lowest contrast of a text to what is painted behind it (WCAG 2.2, 1.4.3).</summary>
    private static double Contrast(Chromium browser) => Convert.ToDouble(browser.Run<object>("""
        const rgb = c => c.match(/[\d.]+/g).map(Number);
        const lum = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
        const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
        let least = 21;
        for (const e of document.querySelectorAll('body *')) {
          if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.offsetHeight) continue;
          const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(behind(e))].sort((x, y) => y - x);
          least = Math.min(least, (a + .05) / (b + .05));
        }
        return least;
        """), System.Globalization.CultureInfo.InvariantCulture);

    private async Task<Dictionary<string, InboxMessage>> MailsAsync()
    {
        await portal.DoAsync(
            "update portal.tenants set name = 'Harbour & Sons Film', accent_color = '#b4531a', residency_contact = "
                + "'privacy@harbour.example', digest_hour = 0 where id = @id", new { id = TestPeople.Tenant });

        var project = (await portal.As("admin").PostAsync("/api/projects", new
        {
            name = "Winter campaign with a-name-that-does-not-want-to-break-anywhere-at-all",
            description = "Three films for the web.\nThe first is due in June.",
            memberIds = new[] { TestPeople.UserId("agency"), TestPeople.UserId("crew1") },
        })).Expect(201).Id;
        var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        await portal.DeliverAsync();
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/versions/1/comments", new
        {
            body = "Could we hold this shot for another second?\nThe logo comes too early.",
            frame = 5,
            frameRate = new { numerator = 25, denominator = 1 },
            mentions = new[] { TestPeople.UserId("crew1") },
        })).Expect(201);
        var link = await portal.ShareAsync(
            asset, new { guestEmails = new[] { "guest@client.example" }, allowComments = true, passphrase = "a good passphrase" });
        await portal.DeliverAsync();
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        await portal.NewTaskAsync(
            project, "Grade the opening", new { dueDate = "2026-01-05", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        await portal.NewTaskAsync(
            project, "Pick the music",
            new { dueDate = $"{portal.Clock.GetUtcNow().AddHours(11):yyyy-MM-dd}", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        (
            await portal.As("admin").PostAsync(
                "/api/invites", new { email = "somebody.with.a.long.name@invited.example", role = "client" })).Expect(201);
        await portal.DoAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (gen_random_uuid(), @tenant, 'residency_report', gen_random_uuid(), 'residency_report_generated',
            jsonb_build_object('sha256', repeat('a7', 32)), @now)
            """, new { tenant = TestPeople.Tenant, now = portal.Clock.GetUtcNow() });

        await portal.DeliverAsync();
        await portal.Host.RunTimerAsync("SendDigests");
        portal.Clock.Advance(TimeSpan.FromDays(40));
        await portal.Host.RunTimerAsync("ExpireInvites");
        await portal.DeliverAsync();
        var crew = await portal.InboxOfAsync("crew1");
        var guest = await portal.InboxOfAsync("guest@client.example");
        return new()
        {
            ["project"] = crew.First(m => m.Subject.StartsWith("You are part", StringComparison.Ordinal)),
            ["ready"] = crew.First(m => m.Subject.EndsWith("is ready", StringComparison.Ordinal)),
            ["mention"] = crew.First(m => m.Subject.Contains("mentioned", StringComparison.Ordinal)),
            ["digest"] = crew.First(m => m.Subject.StartsWith("Your ", StringComparison.Ordinal)),
            ["share"] = guest[0],
            ["withdrawn"] = guest[1],
            ["invite"] = (await portal.InboxOfAsync("admin")).First(m => m.Subject.Contains("expired", StringComparison.Ordinal)),
            ["report"] = (await portal.InboxOfAsync("privacy@harbour.example"))[0],
        };
    }
}
