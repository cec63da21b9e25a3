using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Alerts;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What to do is one click away from what is wrong: the playbook at /ops, and the ways that lead to it.</summary>
public sealed partial class OpsRunbookTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Home = "/ops/runbooks/playbook/README.md";

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.ScalarAsync<long>("with gone as (delete from portal.incidents returning *) select count(*) from gone");
        await portal.ScalarAsync<long>("with gone as (delete from portal.timer_runs returning *) select count(*) from gone");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Every_link_of_the_runbooks_leads_to_one_that_is_there()
    {
        using var browser = await portal.SignedInAsync();
        Assert.Equal(Home, (await browser.FetchAsync("/ops/runbooks")).Expect(303).Headers.Location!.ToString());
        var pages = new Dictionary<string, string>(StringComparer.Ordinal);
        var links = new List<(string From, Uri To)>();
        var next = new Queue<string>([Home]);
        while (next.TryDequeue(out var path))
        {
            if (pages.TryAdd(path, pages.ContainsKey(path) ? "" : (await browser.FetchAsync(path)).Expect(200).Body))
            {
                var here = new Uri("http://ops" + path);
                var found = ArticleOf(pages[path]).Select(link => new Uri(here, link)).Where(link => link.Host == "ops").ToList();
                links.AddRange(found.Select(link => (path, link)));
                found.ForEach(link => next.Enqueue(link.AbsolutePath));
            }
        }

        Assert.True(pages.Count > 30, $"{pages.Count} pages");
        Assert.All(links.Where(link => link.To.Fragment.Length > 0), link => Assert.True(
            pages[link.To.AbsolutePath].Contains($"id=\"{link.To.Fragment[1..]}\"", StringComparison.Ordinal), $"{link.From}: {link.To}"));
        Assert.DoesNotContain("owner: Reliability Engineer", pages["/ops/runbooks/playbook/operations/vendor-outage-runbooks.md"],
            StringComparison.Ordinal);
        (await browser.FetchAsync("/ops/runbooks/playbook/gone.md")).Expect(404);
        (await browser.FetchAsync("/ops/runbooks/changelog.md")).Expect(404);
    }

    [Fact]
    public async Task They_are_for_people_on_call()
    {
        using var stranger = portal.Browser();
        (await stranger.FetchAsync(Home)).Expect(303);
    }

    /// <summary>In its line of the table of alerts, or in a runbook that names it.</summary>
    [Fact]
    public async Task Every_alert_leads_to_where_it_is_written_what_to_do()
    {
        var alerts = portal.Services.GetRequiredService<AlertStore>();
        using var browser = await portal.SignedInAsync();
        foreach (var kind in AlertKind.All)
        {
            await portal.ScalarAsync<long>("with gone as (delete from portal.alerts returning *) select count(*) from gone");
            await alerts.AddAsync(new(kind, "x", $"{kind}."), CancellationToken.None);
            var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
            var to = Uri.UnescapeDataString(ToDo().Match(page).Groups["to"].Value);
            var (path, anchor) = to.Split('#') is [var file, var id] ? (file, id) : (to, "");
            var runbook = (await browser.FetchAsync(path)).Expect(200).Body;
            Assert.Contains($"<code>{kind.Name}</code>", runbook, StringComparison.Ordinal);
            Assert.True(anchor.Length == 0 || runbook.Contains($"id=\"{anchor}\"", StringComparison.Ordinal), $"{kind}: {to}");
            if (kind.Severity == AlertSeverity.Critical)
            {
                var item = Incidents().Matches(page).Single(match => match.Groups["name"].Value == kind.Name);
                var incident = (await browser.FetchAsync(item.Groups["path"].Value)).Expect(200).Body;
                Assert.Contains($"<h1>{kind.Name}</h1>", incident, StringComparison.Ordinal);
                Assert.Contains($"""What to do: <a href="{to}">""", incident, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task While_calls_fail_the_page_does_not_say_that_all_is_well_and_names_the_runbook_once_somebody_is_needed()
    {
        portal.Mux.Faults.FailNextApiCalls(1000, ApiFault.Status(503), (_, path) => path.StartsWith("/video", StringComparison.Ordinal));
        var project = await portal.NewProjectAsync();
        var upload = (await portal.AskUploadAsync(project)).Expect(202);
        using var browser = await portal.SignedInAsync();
        await Eventually.ValueAsync(
            async () => await portal.ScalarAsync<int>("select attempts from portal.upload_jobs where id = @id", new { id = upload.Id }),
            attempts => attempts == 1, "a call to fail");
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("but calls fail: 1 of what runs is tried again.", page, StringComparison.Ordinal);
        Assert.Contains("Nothing to press. Calls of ours fail, and go on being made: 1 of these wait", page, StringComparison.Ordinal);
        Assert.DoesNotContain("All is well", page, StringComparison.Ordinal);
        var instance = $"/ops/instances/{upload.Id}-1";
        Assert.DoesNotContain("What to do:", (await browser.FetchAsync(instance)).Expect(200).Body, StringComparison.Ordinal);

        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(30), async () => await portal.ScalarAsync<int>(
                "select attempts from portal.upload_jobs where id = @id", new { id = upload.Id }) == 4, "the fourth call to fail");
        page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("0 incidents, 1 alert, 0 failed, 1 stuck.", page, StringComparison.Ordinal);
        Assert.Contains($"""<a class="id" href="{instance}">""", page, StringComparison.Ordinal);
        Assert.Contains(
            """What to do: <a href="/ops/runbooks/playbook/operations/an-upload-is-stuck.md">An upload is stuck</a>.""",
            (await browser.FetchAsync(instance)).Expect(200).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_orchestration_that_failed_names_its_runbook()
    {
        await portal.StartUnknownAsync("nightly-1");
        using var browser = await portal.SignedInAsync();
        Assert.Contains(
            """What to do: <a href="/ops/runbooks/playbook/operations/an-orchestration-failed.md">An orchestration failed</a>.""",
            (await browser.FetchAsync("/ops/instances/nightly-1")).Expect(200).Body, StringComparison.Ordinal);
    }

    /// <summary>The links of the document itself, without those around it.</summary>
    private static IEnumerable<string> ArticleOf(string page) => Link()
        .Matches(page[page.IndexOf("<article", StringComparison.Ordinal)..page.IndexOf("</article>", StringComparison.Ordinal)])
        .Select(match => match.Groups["to"].Value);

    [GeneratedRegex("""<a href="(?<to>[^"]+)""")]
    private static partial Regex Link();

    [GeneratedRegex("""What to do: <a href="(?<to>[^"]+)""")]
    private static partial Regex ToDo();

    [GeneratedRegex("""class="item-name" href="(?<path>/ops/incidents/[^"]+)">(?<name>\w+) <span""")]
    private static partial Regex Incidents();
}
