using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portal.Foundation.Limits;
using Portal.Tests.Integration.Infra.Runtime;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>A portal whose limits are small, and whose log can be read.</summary>
public sealed class ObservedPortal : IAsyncLifetime
{
    private const string Separator = " ";

    public ObservedPortal() => Portal = new TestPortal
    {
        AddToApp = app => app.Services.AddLogging(logging => logging.AddProvider(Log)),
        Overrides = new Dictionary<string, string?>
        {
            ["Limits:UserPerMinute"] = "5",
            ["Limits:TenantPerMinute"] = "1000",
            ["Limits:PlaybacksPerMinute"] = "4",
            ["Limits:UploadsPerDay"] = "2",
            ["Limits:FailedAttemptsPerMinute"] = "3",
            ["Limits:AuditReadsPerMinute"] = "2",
            ["Limits:Mode"] = "observe",
        },
    };

    internal TestPortal Portal { get; }

    internal LogLines Log { get; } = new();

    public Task InitializeAsync() => Portal.InitializeAsync();

    public Task DisposeAsync() => Portal.DisposeAsync();

    /// <summary>Lines about limits that were not enforced, since the test began.</summary>
    internal IReadOnlyList<string> LetThrough(int before) => [.. Log.With("is observed").Skip(before)];

    internal async Task SetAsync(string mode, string observed, int user = 5, int tenant = 1000)
    {
        string[] wanted = [mode, observed, Text(user), Text(tenant)];
        string[] names = ["Limits:Mode", "Limits:Observed", "Limits:UserPerMinute", "Limits:TenantPerMinute"];
        if (string.Join(Separator, names.Select(name => Portal.Settings.GetValueOrDefault(name, ""))) == string.Join(Separator, wanted))
        {
            return;
        }

        foreach (var (name, value) in names.Zip(wanted))
        {
            Portal.Settings[name] = value;
        }

        await Portal.RestartHostAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Limits that are only observed refuse nobody and say whom they would have refused; those that protect are never
/// observed.</summary>
public sealed class ObservedLimitTests(ObservedPortal observed) : IClassFixture<ObservedPortal>, IAsyncLifetime
{
    private readonly TestPortal portal = observed.Portal;
    private int before;

    public async Task InitializeAsync()
    {
        await observed.SetAsync("observe", "");
        await portal.ResetAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(2));
        portal.Services.GetRequiredService<LimitFigures>().Take();
        before = observed.Log.With("is observed").Length;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_person_over_an_observed_limit_is_served_hears_that_nothing_is_left_and_is_logged_once_in_a_minute()
    {
        ToTheNextMinute();
        var left = new List<int>();
        for (var i = 0; i < 8; i++)
        {
            left.Add(Header((await ListAsync("admin")).Expect(200), "RateLimit-Remaining"));
        }

        Assert.Equal([4, 3, 2, 1, 0, 0, 0, 0], left);
        var admin = TestPeople.UserId("admin").ToString();
        var line = Assert.Single(observed.LetThrough(before));
        Assert.Contains($"Limit user is observed: it would have refused {admin}", line, StringComparison.Ordinal);
        Assert.Equal([("user", admin, "observe", 3)], Counted());

        // A new minute is a new window, with a line of its own.
        ToTheNextMinute();
        for (var i = 0; i < 5; i++)
        {
            (await ListAsync("admin")).Expect(200);
        }

        Assert.Single(observed.LetThrough(before));
        (await ListAsync("admin")).Expect(200);
        Assert.Equal(2, observed.LetThrough(before).Count);
    }

    [Fact]
    public async Task Somebody_without_a_row_is_told_apart_by_a_hash()
    {
        ToTheNextMinute();
        for (var i = 0; i < 7; i++)
        {
            (await ListAsync("operator")).Expect(403);
        }

        var (limit, key, _, times) = Assert.Single(Counted());
        Assert.Equal(("user", 2), (limit, times));
        Assert.Matches("^[0-9a-f]{16}$", key);
        Assert.DoesNotContain("user_operator", Assert.Single(observed.LetThrough(before)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_over_an_observed_minute_is_served_at_every_door_and_all_that_follows_is_kept()
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), "crew4")).Text("assetId"));
        var link = await portal.ShareAsync(
            asset, new { allowComments = true, allowDownload = true, passphrase = "Four warm words here" });
        await portal.Host.RunTimerAsync("ProcessMuxTasks");
        await portal.SettleAsync();
        ToTheNextMinute();
        portal.Services.GetRequiredService<LimitFigures>().Take();
        before = observed.Log.With("is observed").Length;
        var guest = portal.ElsewhereOf(link, 61);
        (await guest.UnlockAsync("Four warm words here")).Expect(204);
        for (var i = 0; i < 3; i++)
        {
            (await guest.OpenAsync()).Expect(200);
        }

        // The fifth of the minute, and on.
        (await guest.UnlockAsync("Four warm words here")).Expect(204);
        (await guest.OpenAsync()).Expect(200);
        (await guest.SendAsync(HttpMethod.Head, "")).Expect(200);
        (await guest.SendAsync(HttpMethod.Get, "/comments")).Expect(200);
        (await guest.CommentAsync("Lovely")).Expect(201);
        (await guest.VisitAsync()).Expect(200);
        Assert.NotEqual(429, (await guest.SendAsync(HttpMethod.Get, "/download")).Code);
        Assert.NotEqual(429, (await PlayAsync(asset)).Code);
        Assert.Equal(404, (await FromAsync("/api/erasures/by-code/none", 61)).Code);

        var line = Assert.Single(observed.LetThrough(before));
        var (limit, key, mode, times) = Assert.Single(Counted());
        Assert.Equal(("playback", "observe"), (limit, mode));
        Assert.InRange(times, 9, 12);
        Assert.Matches("^[0-9a-f]{16}$", key);
        Assert.Contains($"would have refused {key}", line, StringComparison.Ordinal);
        Assert.DoesNotContain("198.51.100", line, StringComparison.Ordinal);
        Assert.DoesNotContain(link.Text("token"), string.Join('\n', observed.Log.With("is observed")), StringComparison.Ordinal);

        // One viewer, with the playback of each open in the audit: what is let through is no half a request.
        Assert.Equal(1, await portal.ScalarAsync<int>("select opens from portal.share_links where id = @Id", new { link.Id }));
        Assert.True(
            await portal.ScalarAsync<long>("select count(*) from portal.playback_audit where share_link_id = @Id", new { link.Id }) >= 5);

        // What is over is not counted: a minute after the fourth there is room again.
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        (await guest.OpenAsync()).Expect(200);
        Assert.Empty(Counted());
    }

    [Fact]
    public async Task Reads_of_the_audit_log_are_observed_by_tenant()
    {
        ToTheNextMinute();
        for (var i = 0; i < 3; i++)
        {
            (await portal.As("compliance").FetchAsync("/api/audit/verification")).Expect(200);
        }

        Assert.Equal([("audit_reads", TestPeople.Tenant.ToString(), "observe", 1)], Counted());
    }

    [Fact]
    public async Task What_stops_guessing_and_spending_is_enforced_all_the_same()
    {
        var project = await portal.NewProjectAsync();
        (await portal.AskUploadAsync(project, "crew5")).Expect(201);
        (await portal.AskUploadAsync(project, "crew5")).Expect(201);
        (await portal.AskUploadAsync(project, "crew5")).Expect(429);
        ToTheNextMinute();
        for (var i = 0; i < 3; i++)
        {
            (await FromAsync("/api/projects", 71, $"made.up.{i}")).Expect(401);
            (await FromAsync($"/api/share/{Token(i)}", 72)).Expect(404);
        }

        (await FromAsync("/api/projects", 71, "made.up.again")).Expect(429);
        (await FromAsync($"/api/share/{Token(3)}", 72)).Expect(429);
        Assert.Equal(2, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'brute_force'"));
        var counted = Counted();
        Assert.Equal(
            [("failed_attempts", "enforce", 1), ("failed_attempts", "enforce", 1), ("uploads", "enforce", 1)],
            counted.Where(figure => figure.Mode == "enforce").Select(figure => (figure.Limit, figure.Mode, figure.Times)));
        Assert.Contains(counted, figure => figure.Key == TestPeople.UserId("crew5").ToString());
    }

    [Fact]
    public async Task Passphrases_cannot_be_guessed_while_the_minute_of_addresses_is_observed()
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), "crew6")).Text("assetId"));
        var link = await portal.ShareAsync(asset, new { passphrase = "Four warm words here" });
        var quarter = TimeSpan.FromMinutes(15);
        portal.Clock.Advance(quarter - TimeSpan.FromTicks(portal.Clock.GetUtcNow().Ticks % quarter.Ticks));
        for (var i = 0; i < 10; i++)
        {
            Assert.NotEqual(429, (await portal.GuestOf(link).UnlockAsync($"No {i}")).Code);
        }

        (await portal.GuestOf(link).UnlockAsync("Four warm words here")).Expect(429);
    }

    [Fact]
    public async Task A_limit_that_is_not_named_is_enforced()
    {
        await observed.SetAsync("observe", "playback, audit_reads");
        ToTheNextMinute();
        for (var i = 0; i < 5; i++)
        {
            (await ListAsync("crew1")).Expect(200);
        }

        (await ListAsync("crew1")).Expect(429);
        for (var i = 0; i < 6; i++)
        {
            (await FromAsync("/api/erasures/by-code/none", 81)).Expect(404);
        }

        Assert.Equal(
            [("playback", "observe", 2), ("user", "enforce", 1)],
            Counted().Select(figure => (figure.Limit, figure.Mode, figure.Times)));
    }

    [Fact]
    public async Task Names_alone_observe_nothing()
    {
        await observed.SetAsync("enforce", "user");
        ToTheNextMinute();
        for (var i = 0; i < 5; i++)
        {
            (await ListAsync("crew1")).Expect(200);
        }

        (await ListAsync("crew1")).Expect(429);
        Assert.Empty(observed.LetThrough(before));
        Assert.Equal([("user", TestPeople.UserId("crew1").ToString(), "enforce", 1)], Counted());
    }

    [Fact]
    public async Task A_person_who_is_let_through_still_meets_the_limit_of_their_tenant()
    {
        await observed.SetAsync("observe", "user", user: 3, tenant: 6);
        ToTheNextMinute();
        for (var i = 0; i < 6; i++)
        {
            (await ListAsync("crew2")).Expect(200);
        }

        var refused = (await ListAsync("crew2")).Expect(429);
        Assert.Equal((6, 0), (Header(refused, "RateLimit-Limit"), Header(refused, "RateLimit-Remaining")));
        Assert.Equal([("tenant", "enforce", 1), ("user", "observe", 4)], Counted().Select(f => (f.Limit, f.Mode, f.Times)));
    }

    [Fact]
    public async Task A_tenant_whose_limit_is_observed_is_served_and_each_person_keeps_theirs()
    {
        await observed.SetAsync("observe", "tenant", user: 5, tenant: 3);
        ToTheNextMinute();
        for (var i = 0; i < 5; i++)
        {
            (await ListAsync("crew3")).Expect(200);
        }

        var refused = (await ListAsync("crew3")).Expect(429);
        Assert.Equal(5, Header(refused, "RateLimit-Limit"));
        Assert.Equal(
            [("tenant", TestPeople.Tenant.ToString(), "observe", 2), ("user", TestPeople.UserId("crew3").ToString(), "enforce", 1)],
            Counted());
    }

    [Fact]
    public async Task The_release_before_is_admitted_and_refused_as_ever()
    {
        ToTheNextMinute();
        for (var request = 1; request <= 4; request++)
        {
            Assert.Equal(
                request <= 3 ? $"agency t 3 {3 - request}" : "agency f 3 0",
                await portal.ScalarAsync<string>("""
                    select role || ' ' || left(admitted::text, 1) || ' ' || rate_limit || ' ' || rate_remaining
                      from portal.admit_caller('user_crew1', 'org_harbour', @now, 3, 100)
                    """, new { now = portal.Clock.GetUtcNow() }));
        }
    }

    [Theory]
    [InlineData("Limits:Mode", "", "Limits:Mode must be enforce or observe.")]
    [InlineData("Limits:Mode", "Observe", "Limits:Mode must be enforce or observe.")]
    [InlineData("Limits:Observed", "uploads", "Limits:Observed may name user, tenant, playback, audit_reads")]
    [InlineData("Limits:Observed", "user,failed_attempts", "Limits:Observed may name user, tenant, playback, audit_reads")]
    [InlineData("Limits:LinksPerAddress", "0", "Limits:LinksPerAddress and Limits:AddressesPerLink must be 1 to 1000000.")]
    [InlineData("Limits:AddressesPerLink", "1000001", "Limits:LinksPerAddress and Limits:AddressesPerLink must be 1 to 1000000.")]
    public void A_wrong_setting_stops_the_start_in_plain_words(string name, string value, string words)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(portal.Settings)
            .AddInMemoryCollection(new Dictionary<string, string?> { [name] = value }).Build());
        services.AddLogging();
        services.AddPortalCore();
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.StartsWith(words, Assert.Single(fault.Failures), StringComparison.Ordinal);
    }

    private IReadOnlyList<(string Limit, string Key, string Mode, int Times)> Counted() =>
    [
        .. portal.Services.GetRequiredService<LimitFigures>().Take()
            .Select(figure => (figure.Limit, figure.Key, figure.Mode, (int)figure.Times))
            .OrderBy(figure => figure.Limit, StringComparer.Ordinal).ThenBy(figure => figure.Key, StringComparer.Ordinal),
    ];

    private void ToTheNextMinute() =>
        portal.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(portal.Clock.GetUtcNow().Ticks % TimeSpan.TicksPerMinute));

    private static int Header(Answer answer, string name) =>
        int.Parse(answer.Headers.GetValues(name).Single(), CultureInfo.InvariantCulture);

    private static string Token(int number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(43, 'A');

    private Task<Answer> ListAsync(string person) => portal.As(person).FetchAsync("/api/projects");

    private Task<Answer> PlayAsync(Guid asset) => FromAsync($"/api/assets/{asset}/playback", 61, null, HttpMethod.Post, "agency");

    private async Task<Answer> FromAsync(
        string path, int address, string? session = null, HttpMethod? method = null, string? person = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", $"198.51.100.{address}");
        if ((session ?? (person is null ? null : await portal.SessionAsync(person))) is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }
}
