using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Who gets in, and how answers look at the edge.</summary>
public sealed class SessionTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task No_session_is_401_as_a_problem_with_a_request_id()
    {
        var answer = (await portal.Anonymous.FetchAsync("/api/projects")).Expect(401);
        Assert.Equal("unauthenticated", answer.ProblemType);
        Assert.Equal(answer.Text("requestId"), answer.Headers.GetValues("x-request-id").Single());
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task The_request_id_is_the_callers_trace_id()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/health/live");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await portal.Anonymous.SendAsync(request);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", response.Headers.GetValues("x-request-id").Single());
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("issuer")]
    [InlineData("authorized party")]
    [InlineData("another key")]
    [InlineData("unknown key id")]
    [InlineData("algorithm none")]
    [InlineData("not yet valid")]
    [InlineData("pending")]
    [InlineData("garbage")]
    public async Task A_session_that_is_not_right_is_401(string fault)
    {
        using var otherKey = RSA.Create(2048);
        var overrides = fault switch
        {
            "expired" =>
                new ClerkTokenOverrides { IssuedAt = portal.Clock.GetUtcNow().AddMinutes(-5), Lifetime = TimeSpan.FromMinutes(4) },
            "issuer" => new() { Issuer = "https://clerk.evil.example" },
            "authorized party" => new() { AuthorizedParty = "https://evil.example" },
            "another key" => new() { SignWith = otherKey },
            "unknown key id" => new() { KeyId = "ins_unknown" },
            "algorithm none" => new() { Algorithm = "none" },
            "not yet valid" => new() { Claims = new() { ["nbf"] = portal.Clock.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds() } },
            "pending" => new() { Claims = new() { ["sts"] = "pending" } },
            _ => new ClerkTokenOverrides(),
        };
        var jwt = fault == "garbage" ? "a.b.c" : (await portal.Clerk.SignInAsync("admin", overrides)).Jwt;
        (await SendAsync(jwt)).Expect(401);
    }

    [Fact]
    public async Task Old_style_claims_and_tokens_without_azp_are_accepted()
    {
        (await SendAsync((await portal.Clerk.SignInAsync("admin", new() { Version = 1 })).Jwt)).Expect(200);
        (await SendAsync((await portal.Clerk.SignInAsync("admin", new() { AuthorizedParty = "" })).Jwt)).Expect(200);
    }

    [Fact]
    public async Task Roles_decide_and_strangers_are_told_apart_from_the_unassigned()
    {
        var project = await portal.NewProjectAsync();
        Assert.Equal("forbidden", (await portal.As("agency").PostAsync("/api/projects", new { name = "Mine" })).Expect(403).ProblemType);
        Assert.Equal("forbidden", (await portal.As("compliance").FetchAsync($"/api/projects/{project}")).Expect(403).ProblemType);
        (await portal.As("client").FetchAsync($"/api/projects/{project}")).Expect(404);
        (await portal.As("agency").FetchAsync($"/api/projects/{project}")).Expect(200);
        Assert.Equal("no-tenant", (await portal.As("operator").FetchAsync("/api/projects")).Expect(403).ProblemType);
        (await portal.As("admin").PostAsync($"/api/ops/uploads/{Guid.NewGuid()}/replay", new { reason = "x" })).Expect(403);
        (await portal.As("operator").PostAsync($"/api/ops/uploads/{Guid.NewGuid()}/replay", new { reason = "x" })).Expect(404);
    }

    [Fact]
    public async Task Impersonation_reaches_the_audit_log_and_is_no_operator()
    {
        var jwt = (await portal.Clerk.SignInAsync("admin", new() { Actor = "user_support" })).Jwt;
        var created = (await SendAsync(jwt, HttpMethod.Post, """{"name":"Seen through other eyes"}""")).Expect(201);
        Assert.Equal(
            "user_support", await portal.ScalarAsync<string>(
                "select impersonator_id from portal.audit_log where entity_id = @id", new { id = created.Id }));
        var acting = (await portal.Clerk.SignInAsync("operator", new() { Actor = "user_support" })).Jwt;
        (await SendAsync(acting, HttpMethod.Post, """{"reason":"x"}""", $"/api/ops/uploads/{Guid.NewGuid()}/replay")).Expect(403);
    }

    [Theory]
    [InlineData("""{"name":""", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"name":"   "}""", 400)]
    [InlineData("""{"name":"a\u0000b"}""", 400)]
    [InlineData("""{"name":"a","owner":"me"}""", 400)]
    [InlineData("""{"name":"a","memberIds":["00000000-0000-0000-0000-000000000001"]}""", 400)]
    [InlineData("""{"name":{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}}}""", 400)]
    public async Task Bad_input_is_named_and_nothing_is_made(string json, int code)
    {
        var before = await portal.ScalarAsync<long>("select count(*) from portal.projects");
        var answer = (await SendAsync((await portal.Clerk.SignInAsync("admin")).Jwt, HttpMethod.Post, json)).Expect(code);
        Assert.NotEmpty(answer.Field("errors").AsArray());
        Assert.Equal(before, await portal.ScalarAsync<long>("select count(*) from portal.projects"));
    }

    [Fact]
    public async Task A_large_body_is_413_and_another_media_type_415()
    {
        var jwt = (await portal.Clerk.SignInAsync("admin")).Jwt;
        (await SendAsync(jwt, HttpMethod.Post, $$"""{"name":"{{new string('x', 70_000)}}"}""")).Expect(413);
        (await SendAsync(jwt, HttpMethod.Post, "name=x", mediaType: "application/x-www-form-urlencoded")).Expect(415);
    }

    [Theory]
    [InlineData(64 * 1024, 400)]
    [InlineData((64 * 1024) + 1, 413)]
    public async Task A_body_may_have_64_KiB_whether_or_not_it_says_its_length(int bytes, int code)
    {
        const string Empty = """{"name":""}""";
        var body = Empty.Insert(Empty.Length - 2, new('x', bytes - Empty.Length));
        foreach (var saysLength in new[] { true, false })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/projects")
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
            request.Headers.TransferEncodingChunked = !saysLength;
            (await (await portal.As("admin").SendAsync(request)).ReadAsync()).Expect(code);
        }
    }

    [Fact]
    public async Task Lists_come_in_pages_whose_cursor_cannot_be_made_up_or_carried_elsewhere()
    {
        for (var i = 0; i < 3; i++)
        {
            await portal.NewProjectAsync($"Page {i}");
            portal.Clock.Advance(TimeSpan.FromMilliseconds(5));
        }

        var first = (await portal.As("admin").FetchAsync("/api/projects?limit=2")).Expect(200);
        var second = (await portal.As("admin").FetchAsync($"/api/projects?limit=2&cursor={first.Text("nextCursor")}")).Expect(200);
        var ids = first.Field("items").AsArray().Concat(second.Field("items").AsArray()).Select(p => p!["id"]!.ToString()).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(2, first.Field("items").AsArray().Count);

        (await portal.As("admin").FetchAsync("/api/projects?cursor=abc")).Expect(400);
        (await portal.As("admin").FetchAsync($"/api/assets?cursor={first.Text("nextCursor")}")).Expect(400);
        (await portal.As("other-admin").FetchAsync($"/api/projects?cursor={first.Text("nextCursor")}")).Expect(400);
        (await portal.As("admin").FetchAsync("/api/projects?limit=201")).Expect(400);
    }

    [Fact]
    public async Task The_twenty_first_upload_of_a_day_is_429()
    {
        var project = await portal.NewProjectAsync();
        for (var i = 0; i < 20; i++)
        {
            (await portal.AskUploadAsync(project, "crew6")).Expect(201);
        }

        (await portal.AskUploadAsync(project, "crew6")).Expect(429);
        (await portal.AskUploadAsync(project, "crew5")).Expect(201);
    }

    [Fact]
    public async Task Health_answers_live_and_ready()
    {
        (await portal.Anonymous.FetchAsync("/api/health/live")).Expect(200);
        (await portal.Anonymous.FetchAsync("/api/health/ready")).Expect(200);
    }

    [Fact]
    public async Task Readiness_asks_the_database_once_a_second_however_many_ask()
    {
        (await portal.Anonymous.FetchAsync("/api/health/ready")).Expect(200);
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("alter table portal.upload_jobs rename to upload_jobs_away");
        try
        {
            (await portal.Anonymous.FetchAsync("/api/health/ready")).Expect(200);
            portal.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("not-ready", (await portal.Anonymous.FetchAsync("/api/health/ready")).Expect(503).ProblemType);
        }
        finally
        {
            await connection.ExecuteAsync("alter table portal.upload_jobs_away rename to upload_jobs");
        }

        (await portal.Anonymous.FetchAsync("/api/health/ready")).Expect(503);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await portal.Anonymous.FetchAsync("/api/health/ready")).Expect(200);
    }

    private async Task<Answer> SendAsync(
        string jwt, HttpMethod? method = null, string? body = null, string path = "/api/projects", string mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", jwt);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        }

        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }
}
