using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Foundation.Limits;
using Portal.Functions.Operations.Objectives;
using Portal.Operations.Limits;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What limits refuse is counted by minute and key, added up over instances, and shown to people on call.</summary>
public sealed class LimitFigureTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        if (!portal.Settings.ContainsKey("Limits:Mode"))
        {
            portal.Settings["Limits:UserPerMinute"] = "4";
            portal.Settings["Limits:TenantPerMinute"] = "10";
            portal.Settings["Limits:PlaybacksPerMinute"] = "3";
            portal.Settings["Limits:UploadsPerDay"] = "1";
            portal.Settings["Limits:FailedAttemptsPerMinute"] = "2";
            portal.Settings["Limits:AuditReadsPerMinute"] = "1";
            portal.Settings["Limits:Mode"] = "enforce";
            await portal.RestartHostAsync();
        }

        await portal.ResetAsync();
        ToTheNextMinute();
        Figures.Take();
        await portal.DoAsync("delete from portal.limit_figures");
    }

    private LimitFigures Figures => portal.Services.GetRequiredService<LimitFigures>();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Every_limit_counts_whom_it_refuses_and_nobody_else()
    {
        for (var i = 0; i < 4; i++)
        {
            (await ListAsync("other-admin")).Expect(200);
        }

        Assert.Empty(Figures.Take());
        (await ListAsync("other-admin")).Expect(429);
        (await ListAsync("other-admin")).Expect(429);

        foreach (var person in new[] { "crew1", "crew2", "crew3", "crew4" })
        {
            await ListAsync(person);
            await ListAsync(person);
            await ListAsync(person);
        }

        for (var i = 0; i < 3; i++)
        {
            await FromAsync("/api/erasures/by-code/none", 11);
            await FromAsync($"/api/share/{Token(i)}", 12);
            await FromAsync("/api/projects", 13, $"made.up.{i}");
        }

        (await FromAsync("/api/erasures/by-code/none", 11)).Expect(429);
        (await FromAsync($"/api/share/{Token(3)}", 12)).Expect(429);
        (await FromAsync($"/api/share/{Token(4)}/comments", 12)).Expect(429);
        (await FromAsync($"/api/share/{Token(5)}/unlock", 12, method: HttpMethod.Post)).Expect(429);
        ToTheNextMinute();
        var project = await portal.NewProjectAsync();
        (await portal.AskUploadAsync(project, "crew5")).Expect(201);
        (await portal.AskUploadAsync(project, "crew5")).Expect(429);
        (await portal.As("compliance").FetchAsync("/api/audit/verification")).Expect(200);
        (await portal.As("compliance").FetchAsync("/api/audit/verification")).Expect(429);
        await FlushAsync();

        var stored = await portal.ListAsync("""
            select limit_name || ' ' || mode || ' ' || case when key ~ '^[0-9a-f]{16}$' then 'hash' else key end || ' ' || sum(times)
              from portal.limit_figures group by limit_name, mode, key order by limit_name, mode, key
            """);
        Assert.Equal(
            new[]
            {
                $"audit_reads enforce {TestPeople.Tenant} 1", "failed_attempts enforce hash 1", "failed_attempts enforce hash 1",
                "playback enforce hash 1", "playback enforce hash 3", $"tenant enforce {TestPeople.Tenant} 2",
                $"uploads enforce {TestPeople.UserId("crew5")} 1", $"user enforce {TestPeople.UserId("other-admin")} 2",
            }.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));

        // What is handed in is not handed in again.
        await FlushAsync();
        Assert.Equal(stored, await portal.ListAsync("""
            select limit_name || ' ' || mode || ' ' || case when key ~ '^[0-9a-f]{16}$' then 'hash' else key end || ' ' || sum(times)
              from portal.limit_figures group by limit_name, mode, key order by limit_name, mode, key
            """));
    }

    [Fact]
    public async Task People_on_call_read_an_hour_a_day_and_who_it_was_most_often()
    {
        var minute = portal.Clock.GetUtcNow();
        await AddAsync(minute.AddMinutes(-59), "user", "a", "enforce", 3);
        await AddAsync(minute.AddMinutes(-60), "user", "b", "enforce", 5);
        await AddAsync(minute.AddMinutes(-1439), "user", "a", "observe", 7);
        await AddAsync(minute.AddMinutes(-1440), "user", "a", "enforce", 1000);
        for (var key = 1; key <= 6; key++)
        {
            await AddAsync(minute, "playback", $"000000000000000{key}", "enforce", key);
        }

        await AddAsync(minute, "playback", LimitFigures.Rest, "observe", 100);
        (await portal.As("admin").FetchAsync("/api/ops/limits")).Expect(403);
        var answer = (await portal.As("operator").FetchAsync("/api/ops/limits")).Expect(200);
        var limits = answer.Field("items").AsArray().Select(item => item!).ToDictionary(item => item["name"]!.ToString());
        Assert.Equal(LimitName.All, limits.Keys);
        Assert.Equal(
            ["4 60 enforce", "10 60 enforce", "3 60 enforce", "1 86400 enforce", "1 60 enforce", "2 60 enforce"],
            limits.Values.Select(limit => $"{limit["number"]} {limit["windowSeconds"]} {limit["mode"]}"));
        Assert.Equal(("3/0", "8/7"), (Counts(limits["user"], "lastHour"), Counts(limits["user"], "lastDay")));
        Assert.Equal(["a 3/7", "b 5/0"], Top(limits["user"]));
        Assert.Equal(("21/100", "21/100"), (Counts(limits["playback"], "lastHour"), Counts(limits["playback"], "lastDay")));
        Assert.Equal(Enumerable.Range(2, 5).Reverse().Select(key => $"000000000000000{key} {key}/0"), Top(limits["playback"]));
        Assert.Equal("0/0", Counts(limits["tenant"], "lastDay"));
        Assert.Empty(Top(limits["tenant"]));
    }

    [Fact]
    public async Task Instances_add_to_the_same_rows_and_what_was_not_stored_goes_with_the_next()
    {
        for (var i = 0; i < 5; i++)
        {
            await ListAsync("crew6");
        }

        await portal.DoAsync("alter table portal.limit_figures rename to limit_figures_away");
        try
        {
            await Assert.ThrowsAnyAsync<PostgresException>(FlushAsync);
        }
        finally
        {
            await portal.DoAsync("alter table portal.limit_figures_away rename to limit_figures");
        }

        (await ListAsync("crew6")).Expect(429);
        await FlushAsync();
        Assert.Equal(["2"], await portal.ListAsync("select times::text from portal.limit_figures"));

        // Another instance, in the same minute.
        var figure = new LimitFigure(portal.Clock.GetUtcNow(), "user", TestPeople.UserId("crew6").ToString(), "enforce", 40);
        await portal.Services.GetRequiredService<LimitFigureStore>().AddAsync([figure], CancellationToken.None);
        Assert.Equal(["42"], await portal.ListAsync("select times::text from portal.limit_figures"));
    }

    [Fact]
    public async Task The_app_hands_in_what_limits_refused_when_it_stops()
    {
        portal.AddToApp = app => app.Services.AddHostedService<RequestFigureFlusher>();
        try
        {
            await portal.RestartHostAsync();
            for (var i = 0; i < 5; i++)
            {
                await ListAsync("crew6");
            }

            Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.limit_figures"));
        }
        finally
        {
            portal.AddToApp = null;
            await portal.RestartHostAsync();
        }

        Assert.Equal(["user 1"], await portal.ListAsync("select limit_name || ' ' || times from portal.limit_figures"));
    }

    [Fact]
    public async Task The_overview_shows_limits_that_held_somebody_up()
    {
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("Nobody was over a limit in the last day, and every limit is enforced.", page, StringComparison.Ordinal);
        Assert.Contains("6 held nobody up", page, StringComparison.Ordinal);

        var minute = portal.Clock.GetUtcNow();
        await AddAsync(minute, "playback", "0123456789abcdef", "enforce", 12);
        await AddAsync(minute.AddHours(-2), "tenant", TestPeople.Tenant.ToString(), "observe", 30);

        // However many look, it is read once in five seconds.
        portal.Clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.Contains("6 held nobody up", (await browser.FetchAsync("/ops")).Expect(200).Body, StringComparison.Ordinal);
        portal.Clock.Advance(TimeSpan.FromMilliseconds(1));
        page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        page = page[page.IndexOf("data-part=\"limits\"", StringComparison.Ordinal)..];
        page = page[..page.IndexOf("data-part=\"switches\"", StringComparison.Ordinal)];
        Assert.Contains("12 refused in the last hour, 12 refused in the last day.", page, StringComparison.Ordinal);
        Assert.Contains("0 refused in the last hour, 0 refused and 30 let through in the last day.", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"id\">0123456789abcdef</span> 12", page, StringComparison.Ordinal);
        Assert.Contains("4 held nobody up", page, StringComparison.Ordinal);
        Assert.DoesNotContain(">observed</span>", page, StringComparison.Ordinal);
    }

    private static string Counts(JsonNode limit, string since) => $"{limit[since]!["refused"]}/{limit[since]!["letThrough"]}";

    private static IEnumerable<string> Top(JsonNode limit) =>
        limit["top"]!.AsArray().Select(key => $"{key!["key"]} {key["refused"]}/{key["letThrough"]}");

    private static string Token(int number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(43, 'A');

    private void ToTheNextMinute() =>
        portal.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(portal.Clock.GetUtcNow().Ticks % TimeSpan.TicksPerMinute));

    private Task FlushAsync() => portal.Services.GetRequiredService<FlushLimitFigures>().RunAsync(CancellationToken.None);

    private Task<Answer> ListAsync(string person) => portal.As(person).FetchAsync("/api/projects");

    private Task AddAsync(DateTimeOffset minute, string limit, string key, string mode, int times) => portal.DoAsync(
        "insert into portal.limit_figures (minute, limit_name, key, mode, times) values (@minute, @limit, @key, @mode, @times)",
        new { minute, limit, key, mode, times });

    private async Task<Answer> FromAsync(string path, int address, string? session = null, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", $"198.51.100.{address}");
        if (session is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", session);
        }

        if (method == HttpMethod.Post)
        {
            request.Content = System.Net.Http.Json.JsonContent.Create(new { passphrase = "a guess" });
        }

        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }
}
