using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Limits hold over all instances, say what is left, and leave others alone.</summary>
public sealed class LimitTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const int PerUser = 5;
    private const int PerTenant = 12;
    private const int Failed = 4;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (portal.Settings["Limits:UserPerMinute"] != $"{PerUser}")
        {
            await portal.Host.DisposeAsync();
            portal.Settings["Limits:UserPerMinute"] = $"{PerUser}";
            portal.Settings["Limits:TenantPerMinute"] = $"{PerTenant}";
            portal.Settings["Limits:FailedAttemptsPerMinute"] = $"{Failed}";
            portal.Settings["Limits:UploadsPerDay"] = "1";
            await portal.StartHostAsync();
        }

        // Each test begins with a minute, wherever the one before it left the clock.
        portal.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(portal.Clock.GetUtcNow().Ticks % TimeSpan.TicksPerMinute));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_person_hears_what_is_left_and_then_waits_for_the_minute()
    {
        for (var left = PerUser - 1; left >= 0; left--)
        {
            var answer = (await ListAsync("admin")).Expect(200);
            Assert.Equal((PerUser, left), (Header(answer, "RateLimit-Limit"), Header(answer, "RateLimit-Remaining")));
            Assert.InRange(Header(answer, "RateLimit-Reset"), 1, 60);
        }

        var refused = (await ListAsync("admin")).Expect(429);
        Assert.Equal("too-many-requests", refused.ProblemType);
        Assert.Equal((PerUser, 0), (Header(refused, "RateLimit-Limit"), Header(refused, "RateLimit-Remaining")));
        Assert.Equal(Header(refused, "RateLimit-Reset"), (int)refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);

        (await ListAsync("agency")).Expect(200);
        portal.Clock.Advance(refused.Headers.RetryAfter.Delta.Value);
        (await ListAsync("admin")).Expect(200);
    }

    [Fact]
    public async Task Fifty_at_once_get_exactly_what_the_limit_allows()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ListAsync("crew1")));
        Assert.Equal(PerUser, answers.Count(a => a.Code == 200));
        Assert.Equal(50 - PerUser, answers.Count(a => a.Code == 429));
    }

    [Fact]
    public async Task A_tenant_has_a_limit_of_its_own_that_one_person_cannot_use_up()
    {
        for (var i = 0; i < PerTenant * 2; i++)
        {
            await ListAsync("crew1");
        }

        (await ListAsync("crew2")).Expect(200);
        var answers = new List<Answer>();
        foreach (var person in new[] { "crew2", "crew3", "crew4" })
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, PerUser - 1).Select(_ => ListAsync(person))));
        }

        var allowed = answers.Count(a => a.Code == 200);
        Assert.Equal(PerTenant - PerUser - 1, allowed);
        Assert.All(answers.Where(a => a.Code == 429), a => Assert.Equal(PerTenant, Header(a, "RateLimit-Limit")));
        (await ListAsync("other-admin")).Expect(200);
    }

    [Fact]
    public async Task Of_two_limits_the_one_that_is_reached_first_is_told()
    {
        for (var i = 0; i < PerUser; i++)
        {
            (await ListAsync("crew1")).Expect(200);
            (await ListAsync("crew2")).Expect(200);
        }

        var answer = (await ListAsync("crew3")).Expect(200);
        Assert.Equal(
            (PerTenant, PerTenant - (2 * PerUser) - 1), (Header(answer, "RateLimit-Limit"), Header(answer, "RateLimit-Remaining")));
    }

    [Fact]
    public async Task Another_instance_counts_on_where_the_first_was()
    {
        for (var i = 0; i < PerUser; i++)
        {
            (await ListAsync("crew5")).Expect(200);
        }

        await portal.Host.DisposeAsync();
        await portal.StartHostAsync();
        (await ListAsync("crew5")).Expect(429);
    }

    [Fact]
    public async Task Somebody_who_is_no_member_is_limited_too()
    {
        for (var i = 0; i < PerUser; i++)
        {
            (await ListAsync("operator")).Expect(403);
        }

        (await ListAsync("operator")).Expect(429);
    }

    [Fact]
    public async Task Made_up_sessions_are_slowed_by_address_and_alerted_once()
    {
        for (var i = 0; i < Failed; i++)
        {
            (await WithTokenAsync($"made.up.{i}")).Expect(401);
        }

        Assert.Equal(0, await AlertsAsync("session"));
        var slowed = (await WithTokenAsync("made.up.again")).Expect(429);
        Assert.NotNull(slowed.Headers.RetryAfter);
        (await WithTokenAsync("made.up.more")).Expect(429);
        Assert.Equal(1, await AlertsAsync("session"));
        (await WithTokenAsync("made.up.elsewhere", "203.0.113.9")).Expect(401);
        (await ListAsync("admin")).Expect(200);
    }

    [Fact]
    public async Task Webhooks_with_wrong_signatures_are_slowed_by_address_and_good_ones_are_not()
    {
        for (var i = 0; i < Failed; i++)
        {
            (await portal.PostSvixAsync("clerk", [("svix-id", $"msg-{i}")], "{}")).Expect(401);
        }

        Assert.NotNull((await portal.PostSvixAsync("clerk", [("svix-id", "msg-again")], "{}")).Expect(429).Headers.RetryAfter);
        Assert.Equal(1, await AlertsAsync("webhook"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select times from portal.alerts where kind = 'webhook_refused'"));
        Assert.Equal(
            ["A webhook of clerk was refused: it has no signature that can be read."],
            await portal.ListAsync("select summary from portal.alerts where kind = 'webhook_refused'"));
        (await portal.SendSvixAsync("clerk", "msg-good", """{"data":{"id":"x"},"object":"event","type":"something.new"}""")).Expect(200);
    }

    [Fact]
    public async Task A_session_that_has_only_expired_is_no_attack()
    {
        var expired = (
            await portal.Clerk.SignInAsync(
                "admin", new() { IssuedAt = portal.Clock.GetUtcNow().AddMinutes(-5), Lifetime = TimeSpan.FromMinutes(1) })).Jwt;
        for (var i = 0; i < Failed * 2; i++)
        {
            (await WithTokenAsync(expired)).Expect(401);
        }

        Assert.Equal(0, await AlertsAsync("session"));
    }

    [Theory]
    [InlineData("nbf")]
    [InlineData("sts")]
    public async Task A_session_that_holds_later_or_is_not_complete_yet_is_no_attack(string claim)
    {
        JsonNode value = claim == "sts" ? "pending" : portal.Clock.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds();
        var early = (await portal.Clerk.SignInAsync("admin", new() { Claims = new() { [claim] = value } })).Jwt;
        for (var i = 0; i < Failed * 2; i++)
        {
            (await WithTokenAsync(early)).Expect(401);
        }

        Assert.Equal(0, await AlertsAsync("session"));
    }

    [Fact]
    public async Task Without_keys_of_Clerk_it_is_503_that_counts_as_no_attempt_and_on_call_hears_once()
    {
        // A process that has just started has no keys yet.
        await portal.RestartHostAsync();
        portal.Clerk.Faults.FailNextApiCalls(
            100, LocalVendors.ApiFault.Status(500), (_, path) => path.StartsWith("/.well-known", StringComparison.Ordinal));
        var session = (await portal.Clerk.SignInAsync("crew6")).Jwt;
        for (var i = 0; i < Failed * 2; i++)
        {
            Assert.True((await WithTokenAsync(session)).Expect(503).Headers.RetryAfter!.Delta > TimeSpan.Zero);
            portal.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(0, await AlertsAsync("session"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select sum(times) from portal.alerts where kind = 'clerk_keys_unavailable'"));
        portal.Clerk.Faults.Clear();
        portal.Clock.Advance(TimeSpan.FromMinutes(2));
        (await ListAsync("crew6")).Expect(200);
    }

    [Fact]
    public async Task Guessing_share_tokens_is_slowed_by_address_and_alerted()
    {
        for (var i = 0; i < Failed; i++)
        {
            (await GuessAsync(i, "198.51.100.7")).Expect(404);
        }

        (await GuessAsync(Failed, "198.51.100.7")).Expect(429);
        Assert.Equal(1, await AlertsAsync("share_token"));
        (await GuessAsync(Failed, "198.51.100.8")).Expect(404);
    }

    [Fact]
    public async Task Guessing_share_tokens_at_the_other_doors_counts_together()
    {
        const string Address = "198.51.100.30";
        for (var i = 0; i < Failed; i++)
        {
            (await GuessAsync(i, Address, i % 2 == 0 ? "/comments" : "/download")).Expect(404);
        }

        (await GuessAsync(Failed, Address, "/download")).Expect(429);
        (await GuessAsync(Failed, Address)).Expect(429);
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'brute_force' and dedup_key like 'share_token:%'"));
    }

    [Fact]
    public async Task Trying_to_unlock_one_unknown_token_after_the_other_is_alerted()
    {
        for (var i = 0; i < Failed; i++)
        {
            (await UnlockAsync(i, "198.51.100.31")).Expect(404);
        }

        (await UnlockAsync(Failed, "198.51.100.31")).Expect(429);
        Assert.Equal(1, await AlertsAsync("share_token"));
    }

    [Fact]
    public async Task An_address_that_the_client_claims_itself_does_not_help_it()
    {
        for (var i = 0; i < Failed; i++)
        {
            (await GuessAsync(i, $"10.9.8.{i}, 198.51.100.20")).Expect(404);
        }

        (await GuessAsync(Failed, "10.9.8.77, 198.51.100.20")).Expect(429);
    }

    [Fact]
    public async Task A_made_up_entry_before_that_of_Azures_front_end_changes_nothing()
    {
        for (var i = 0; i < Failed; i++)
        {
            (await WithTokenAsync($"made.up.{i}", $"10.9.8.{i}, 198.51.100.40:{50123 + i}")).Expect(401);
        }

        (await WithTokenAsync("made.up.again", "10.9.8.77, 198.51.100.40:50200")).Expect(429);
        (await WithTokenAsync("made.up.elsewhere", "198.51.100.40, 198.51.100.41:50123")).Expect(401);
    }

    [Fact]
    public async Task A_proxy_in_front_tells_the_address_in_its_own_header()
    {
        await portal.Host.DisposeAsync();
        portal.Settings["Http:ClientAddressHeader"] = "X-Azure-SocketIP";
        await portal.StartHostAsync();
        try
        {
            for (var i = 0; i < Failed; i++)
            {
                (await WithTokenAsync($"made.up.{i}", $"10.9.8.7, 147.243.2.{i}:443", "198.51.100.42")).Expect(401);
            }

            (await WithTokenAsync("made.up.again", "10.9.8.7, 147.243.2.9:443", "198.51.100.42")).Expect(429);
            (await WithTokenAsync("made.up.elsewhere", "10.9.8.7, 147.243.2.9:443", "198.51.100.43")).Expect(401);
        }
        finally
        {
            await portal.Host.DisposeAsync();
            portal.Settings.Remove("Http:ClientAddressHeader");
            await portal.StartHostAsync();
        }
    }

    [Fact]
    public async Task Windows_that_are_over_are_forgotten_and_no_others()
    {
        (await ListAsync("admin")).Expect(200);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await portal.Host.RunTimerAsync("PruneRateWindows");
        Assert.Equal(PerUser - 2, Header((await ListAsync("admin")).Expect(200), "RateLimit-Remaining"));
        portal.Clock.Advance(TimeSpan.FromMinutes(3));
        await portal.Host.RunTimerAsync("PruneRateWindows");
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.rate_windows"));
    }

    [Fact]
    public async Task A_limit_by_the_day_counts_until_midnight_whatever_is_forgotten_meanwhile()
    {
        var project = await portal.NewProjectAsync();
        (await portal.AskUploadAsync(project)).Expect(201);
        var midnight = new DateTimeOffset(portal.Clock.GetUtcNow().UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        portal.Clock.Advance(midnight - portal.Clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        await portal.Host.RunTimerAsync("PruneRateWindows");
        Assert.Equal(1, await portal.ScalarAsync<long>("select sum(hits) from portal.rate_windows where key like 'uploads:%'"));
        var another = new { projectId = project, title = "Cut", fileName = "cut.mp4", sizeBytes = 5_000_000 };
        (await portal.As("agency").PostAsync("/api/uploads", another)).Expect(429);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await portal.AskUploadAsync(project)).Expect(201);
    }

    private static int Header(Answer answer, string name) =>
        int.Parse(answer.Headers.GetValues(name).Single(), CultureInfo.InvariantCulture);

    private Task<Answer> ListAsync(string person) => portal.As(person).FetchAsync("/api/projects");

    private Task<long> AlertsAsync(string kind) =>
        portal.ScalarAsync<long>(
            "select count(*) from portal.alerts where kind = 'brute_force' and dedup_key like @kind || ':%' and times = 1", new { kind });

    private async Task<Answer> WithTokenAsync(string token, string? forwarded = null, string? socket = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/projects");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("X-Forwarded-For", forwarded ?? "192.0.2.1");
        if (socket is not null)
        {
            request.Headers.Add("X-Azure-SocketIP", socket);
        }

        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }

    private async Task<Answer> GuessAsync(int number, string forwarded, string door = "")
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"/api/share/{number.ToString(CultureInfo.InvariantCulture).PadLeft(43, 'A')}{door}");
        request.Headers.Add("X-Forwarded-For", forwarded);
        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }

    private async Task<Answer> UnlockAsync(int number, string forwarded)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"/api/share/{number.ToString(CultureInfo.InvariantCulture).PadLeft(43, 'A')}/unlock")
        {
            Content = JsonContent.Create(new { passphrase = "a guess" }),
        };
        request.Headers.Add("X-Forwarded-For", forwarded);
        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }
}
