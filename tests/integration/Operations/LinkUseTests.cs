using Microsoft.Extensions.DependencyInjection;
using Portal.Operations.Alerts;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Use of share links that is allowed and unusual: told to on-call by hashes and ids, and over when it is.</summary>
public sealed class LinkUseTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    /// <summary>What else on-call hears of, when the clock moves by hours under deliveries, is not this class's.</summary>
    private const string Ours = "kind in ('address_with_many_links', 'link_with_many_addresses')";

    private const int PerAddress = 5;
    private const int PerLink = 6;
    private Guid asset;

    public async Task InitializeAsync()
    {
        if (!portal.Settings.ContainsKey("Limits:LinksPerAddress"))
        {
            portal.Settings["Limits:LinksPerAddress"] = $"{PerAddress}";
            portal.Settings["Limits:AddressesPerLink"] = $"{PerLink}";
            await portal.RestartHostAsync();
        }

        // What an earlier test opened is no use of this one.
        portal.Clock.Advance(TimeSpan.FromHours(2));
        await portal.ResetAsync();
        await portal.ForgetIncidentsAsync();
        asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), "crew1")).Text("assetId"));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_address_that_asks_for_many_links_is_told_of_until_it_does_no_more()
    {
        var links = await Task.WhenAll(Enumerable.Range(0, PerAddress + 1).Select(_ => portal.ShareAsync(asset)));
        (await portal.As("agency").PostAsync($"/api/share-links/{links[0].Id}/revoke")).Expect(200);

        // Five, of which one is refused; again and again the same, and a sixth by somebody else.
        (await portal.ElsewhereOf(links[0]).OpenAsync()).Expect(403);
        foreach (var link in links[1..PerAddress].Concat(links[1..PerAddress]))
        {
            (await portal.ElsewhereOf(link).OpenAsync()).Expect(200);
        }

        (await portal.ElsewhereOf(links[PerAddress], 2).OpenAsync()).Expect(200);
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await OpenAsync());

        (await portal.ElsewhereOf(links[PerAddress]).OpenAsync()).Expect(200);
        await portal.RunTimerAsync("WatchAlerts");
        var alert = (await AlertAsync()).Single();
        var hash = alert.Text("subject");
        Assert.Matches("^[0-9a-f]{16}$", hash);
        Assert.Equal("address_with_many_links", alert.Text("kind"));
        Assert.Equal(("warning", "open"), (alert.Text("severity"), alert.Text("status")));
        Assert.Equal($"One address asked for {PerAddress + 1} share links within 10 minutes.", alert.Text("summary"));
        Assert.Equal(
            [$$"""{"links": {{PerAddress + 1}}, "ipHash": "{{hash}}"}"""],
            await portal.ListAsync("select details::text from portal.alerts where kind = 'address_with_many_links'"));
        Assert.Equal(
            1, await portal.ScalarAsync<long>("""
                select count(distinct ip_hash) from portal.playback_audit where left(encode(ip_hash, 'hex'), 16) = @hash
                """, new { hash }));

        await MovesAsync(TimeSpan.FromMinutes(10), "address_with_many_links");
        await IsMailedAsync("address_with_many_links");
    }

    [Fact]
    public async Task A_link_that_is_opened_from_many_addresses_is_told_of_until_it_is_no_more()
    {
        var (link, other) = (await portal.ShareAsync(asset), await portal.ShareAsync(asset));
        for (var address = 1; address <= PerLink; address++)
        {
            (await portal.ElsewhereOf(link, address).OpenAsync()).Expect(200);
            (await portal.ElsewhereOf(link, address).OpenAsync()).Expect(200);
        }

        // A seventh that only peeks, and one at another link.
        (await portal.ElsewhereOf(link, PerLink + 1).SendAsync(HttpMethod.Head, "")).Expect(200);
        (await portal.ElsewhereOf(other, PerLink + 1).OpenAsync()).Expect(200);
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await OpenAsync());

        (await portal.ElsewhereOf(link, PerLink + 1).OpenAsync()).Expect(200);
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal([$"link_with_many_addresses {link.Id}"], await OpenAsync());
        Assert.Equal(
            $"Share link {link.Id} of tenant {TestPeople.Tenant} was opened from {PerLink + 1} addresses within an hour.",
            (await AlertAsync()).Single().Text("summary"));
        Assert.Equal(
            [$$"""{"tenantId": "{{TestPeople.Tenant}}", "addresses": {{PerLink + 1}}, "shareLinkId": "{{link.Id}}"}"""],
            await portal.ListAsync("select details::text from portal.alerts where kind = 'link_with_many_addresses'"));

        await MovesAsync(TimeSpan.FromHours(1), "link_with_many_addresses");
        await IsMailedAsync("link_with_many_addresses");
    }

    [Fact]
    public async Task Of_addresses_and_of_links_the_hundred_most_unusual_are_told_of()
    {
        var links = Enumerable.Range(0, 103).Select(_ => Guid.NewGuid()).ToArray();
        await portal.DoAsync("""
            set session_replication_role = replica;
            insert into portal.playback_audit (
                   id, tenant_id, asset_version_id, share_link_id, ip_hash, agent_family, minted_at, token_expires_at, written_in,
                   row_hash)
            select gen_random_uuid(), @tenant, gen_random_uuid(), link.id,
                   decode(lpad(to_hex(address * 856 % 1009), 16, '0') || repeat('0', 48), 'hex'), 'Chrome', @now, @now, 0, ''
              from unnest(@links) with ordinality as link (id, n)
             cross join lateral generate_series(1, @fewest + (n::int - 1) / 2 * 2) as address;
            set session_replication_role = origin;
            """, new { tenant = TestPeople.Tenant, now = portal.Clock.GetUtcNow(), links, fewest = PerLink + 1 });
        var opened = links.SelectMany((link, n) => Enumerable.Range(1, PerLink + 1 + (n / 2 * 2))
            .Select(address => (Link: link.ToString(), Address: $"{address * 856 % 1009:x16}"))).ToList();

        var found = await portal.Host.Services.GetRequiredService<LinkUseStore>().MeasureAsync(CancellationToken.None);

        IEnumerable<string> Told(string what) => found.Where(use => use.What == what).Select(use => $"{use.Subject} {use.Number}");
        Assert.Equal(Most(opened.Select(use => use.Link), PerLink), Told("link"));
        Assert.Equal(Most(opened.Select(use => use.Address), PerAddress), Told("address"));
        Assert.All(found, use => Assert.Equal(use.What == "link" ? TestPeople.Tenant : null, use.TenantId));
    }

    /// <summary>The hundred that are there most often and more than that often, those of one number by their names.</summary>
    private static IEnumerable<string> Most(IEnumerable<string> subjects, int moreThan) => subjects.CountBy(subject => subject)
        .Where(of => of.Value > moreThan).OrderByDescending(of => of.Value).ThenBy(of => of.Key, StringComparer.Ordinal).Take(100)
        .Select(of => $"{of.Key} {of.Value}");

    /// <summary>Everything was at one moment: it is unusual until the time looked at is over, and then no more.</summary>
    private async Task MovesAsync(TimeSpan window, string kind)
    {
        await portal.DeliverAsync();
        portal.Clock.Advance(window - TimeSpan.FromMilliseconds(1));
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Single(await OpenAsync());
        Assert.Equal([$"{kind} 2"], await portal.ListAsync($"select kind || ' ' || times from portal.alerts where {Ours}"));
        portal.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await OpenAsync());
        Assert.Equal(1, await portal.ScalarAsync<long>($"select count(*) from portal.alerts where resolved_by is null and {Ours}"));
        Assert.Equal(0, await portal.ScalarAsync<long>($"select count(*) from portal.alerts where incident_id is not null and {Ours}"));
    }

    /// <summary>Nobody was paged: Operators hear of it with the mail about the day.</summary>
    private async Task IsMailedAsync(string kind)
    {
        portal.Clock.Advance(portal.Clock.GetUtcNow().UtcDateTime.Date.AddDays(1) - portal.Clock.GetUtcNow().UtcDateTime);
        await portal.RunTimerAsync("MailOperators");
        await portal.DeliverAsync();
        Assert.Contains(
            await portal.InboxOfAsync("operator"), mail => mail.Text!.Contains(kind, StringComparison.Ordinal));
        Assert.DoesNotContain(
            await portal.InboxOfAsync("operator"), mail => mail.Text!.Contains("198.51.100", StringComparison.Ordinal));
    }

    private Task<IReadOnlyList<string>> OpenAsync() => portal.ListAsync(
        $"select kind || ' ' || dedup_key from portal.alerts where resolved_at is null and {Ours} order by kind, dedup_key");

    private async Task<IEnumerable<Answer>> AlertAsync()
    {
        var answer = (await portal.As("operator").FetchAsync("/api/ops/alerts?status=open")).Expect(200);
        return answer.Json!["items"]!.AsArray().Select(item => answer with { Json = item })
            .Where(alert => alert.Text("kind").Contains("address", StringComparison.Ordinal));
    }
}
