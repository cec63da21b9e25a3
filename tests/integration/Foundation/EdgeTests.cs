using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>What a browser and a stranger see of the edge: CORS, security headers, unknown addresses, media types.</summary>
public sealed class EdgeTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Origin = "http://localhost:3000";
    private int changes;

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("/api/projects", "GET, HEAD, POST, OPTIONS")]
    [InlineData("/api/projects/0198a3f0-0000-7000-8000-000000000000", "GET, HEAD")]
    [InlineData("/api/share/token-of-a-guest", "GET, HEAD")]
    public async Task A_preflight_of_the_portal_says_what_it_may_send(string path, string methods)
    {
        using var answer = await SendAsync(HttpMethod.Options, path, ("Origin", Origin), ("Access-Control-Request-Method", "GET"));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(Origin, One(answer, "Access-Control-Allow-Origin"));
        Assert.Equal("true", One(answer, "Access-Control-Allow-Credentials"));
        Assert.Equal("7200", One(answer, "Access-Control-Max-Age"));
        Assert.Equal("Origin", One(answer, "Vary"));
        Assert.All(
            methods.Split(", "), method => Assert.Contains(method, One(answer, "Access-Control-Allow-Methods"), StringComparison.Ordinal));
        foreach (var header in new[] { "Authorization", "Content-Type", "Idempotency-Key", "If-Match" })
        {
            Assert.Contains(header, One(answer, "Access-Control-Allow-Headers"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_answer_itself_and_every_refusal_can_be_read_by_the_portal()
    {
        foreach (var path in new[] { "/api/health/live", "/api/projects", "/api/nothing", $"/api/share/{new string('A', 43)}" })
        {
            using var answer = await SendAsync(HttpMethod.Get, path, ("Origin", Origin));
            Assert.Equal(Origin, One(answer, "Access-Control-Allow-Origin"));
            foreach (var header in new[] { "ETag", "Location", "RateLimit-Remaining", "Retry-After", "x-request-id",
                "Idempotency-Replayed" })
            {
                Assert.Contains(header, One(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_refusal_of_any_layer_carries_all_that_every_answer_carries()
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("alter table portal.projects rename to projects_away");
        try
        {
            // Refused by its media type, by its session, by its route; answered by a fault of ours.
            await HoldsAsync(406, ("Accept", "image/png"));
            await HoldsAsync(401, ("Authorization", "Bearer no.such.session"));
            await HoldsAsync(500, ("Authorization", $"Bearer {(await portal.Clerk.SignInAsync("admin")).Jwt}"));
        }
        finally
        {
            await connection.ExecuteAsync("alter table portal.projects_away rename to projects");
        }

        async Task HoldsAsync(int code, (string, string) header)
        {
            using var answer = await SendAsync(HttpMethod.Get, "/api/projects", ("Origin", Origin), header);
            Assert.Equal(code, (int)answer.StatusCode);
            Assert.Equal(Origin, One(answer, "Access-Control-Allow-Origin"));
            Assert.Equal("nosniff", One(answer, "X-Content-Type-Options"));
            var problem = await answer.ReadAsync();
            Assert.Equal(One(answer, "x-request-id"), problem.Text("requestId"));
        }
    }

    [Theory]
    [InlineData(Origin, null, Origin)]
    [InlineData(null, null, null)]
    [InlineData("https://evil.example", null, null)]
    [InlineData(Origin, "https://other.example", "https://other.example")]
    public async Task An_upload_is_sent_from_the_page_that_asks_unless_it_says_otherwise(string? origin, string? said, string? expected)
    {
        var project = await portal.NewProjectAsync("Sent from");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/uploads")
        {
            Content = JsonContent.Create(new { projectId = project, fileName = "a.mp4", sizeBytes = 10, corsOrigin = said }),
        };
        request.Headers.TryAddWithoutValidation("Origin", origin);
        using var answer = await portal.WhileMovingAsync(portal.As("agency").SendAsync(request));
        var job = (await answer.ReadAsync()).Expect(201).Id;
        Assert.Equal(
            expected, await portal.ScalarAsync<string?>("select cors_origin from portal.upload_jobs where id = @job", new { job }));
    }

    [Theory]
    [InlineData("http://localhost:3001")]
    [InlineData("https://localhost:3000")]
    [InlineData("http://localhost:3000.evil.example")]
    [InlineData("HTTP://LOCALHOST:3000")]
    [InlineData("null")]
    public async Task Another_origin_is_told_nothing(string origin)
    {
        foreach (var method in new[] { HttpMethod.Options, HttpMethod.Get })
        {
            using var answer = await SendAsync(method, "/api/health/live", ("Origin", origin), ("Access-Control-Request-Method", "GET"));
            Assert.DoesNotContain(answer.Headers, h => h.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
            Assert.Equal("Origin", One(answer, "Vary"));
        }
    }

    [Fact]
    public async Task Every_answer_tells_browsers_what_not_to_do_with_it()
    {
        foreach (var (method, path) in new[]
                 {
                     (
                         HttpMethod.Get, "/api/health/live"), (HttpMethod.Get, "/api/projects"), (HttpMethod.Get, "/api/nothing"), (
                             HttpMethod.Delete, "/api/projects"),
                     (HttpMethod.Options, "/api/projects"), (HttpMethod.Post, "/api/webhooks/mux"), (
                         HttpMethod.Head, $"/api/share/{new string('A', 43)}"),
                 })
        {
            using var answer = await SendAsync(method, path);
            Assert.Equal("nosniff", One(answer, "X-Content-Type-Options"));
            Assert.Equal("DENY", One(answer, "X-Frame-Options"));
            Assert.Equal("no-referrer", One(answer, "Referrer-Policy"));
            Assert.Contains("no-store", One(answer, "Cache-Control"), StringComparison.Ordinal);
            Assert.Contains("default-src 'none'", One(answer, "Content-Security-Policy"), StringComparison.Ordinal);
            Assert.StartsWith("max-age=", One(answer, "Strict-Transport-Security"), StringComparison.Ordinal);
            Assert.NotEmpty(One(answer, "x-request-id"));
            Assert.False(answer.Headers.Contains("Server"), "The server's name is nobody's business.");
        }
    }

    [Fact]
    public async Task An_unknown_address_is_a_problem()
    {
        foreach (var path in new[] { "/api/nothing", "/api/projects/no-guid", "/api/projects/0198a3f0-0000-7000-8000-000000000000/nothing",
            "/api/" })
        {
            var answer = (await portal.Anonymous.FetchAsync(path)).Expect(404);
            Assert.Equal("no-such-route", answer.ProblemType);
            Assert.Equal(answer.Headers.GetValues("x-request-id").Single(), answer.Text("requestId"));
        }
    }

    [Fact]
    public async Task A_method_that_an_address_does_not_know_is_405_with_those_it_knows()
    {
        using var response = await SendAsync(HttpMethod.Delete, "/api/projects");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["GET", "HEAD", "OPTIONS", "POST"], response.Content.Headers.Allow.Order());
        using var share = await SendAsync(HttpMethod.Put, "/api/share/some-token");
        Assert.Equal(["GET", "HEAD", "OPTIONS"], share.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData("text/html", 406)]
    [InlineData("application/json;q=0", 406)]
    [InlineData("application/xml, image/*", 406)]
    [InlineData("application/json", 200)]
    [InlineData("application/*", 200)]
    [InlineData("text/html, */*;q=0.1", 200)]
    [InlineData("no media type", 200)]
    public async Task An_Accept_that_allows_no_JSON_is_refused(string accept, int code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/projects");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        (await (await portal.As("admin").SendAsync(request)).ReadAsync()).Expect(code);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonp")]
    public async Task A_body_that_is_no_JSON_by_its_media_type_is_415(string type)
    {
        using var content = new StringContent("{\"name\":\"A\"}", Encoding.UTF8, type);
        using var response = await portal.As("admin").PostAsync(new Uri("/api/projects", UriKind.Relative), content);
        Assert.Equal("unsupported-media-type", (await response.ReadAsync()).Expect(415).ProblemType);
    }

    [Fact]
    public async Task A_body_far_too_large_is_refused_in_our_own_words_and_on_the_same_connection()
    {
        // Sends all of it before it reads the answer, as a host does that passes requests on.
        using var content = new ByteArrayContent(new byte[40 * 1024 * 1024]);
        content.Headers.ContentType = new("application/json");
        using var response = await portal.As("admin").PostAsync(new Uri("/api/projects", UriKind.Relative), content);
        var refused = (await response.ReadAsync()).Expect(413);
        Assert.Equal("too-large", refused.ProblemType);
        Assert.Null(response.Headers.ConnectionClose);
        Assert.Contains("64 KiB", refused.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signs_and_letters_of_any_language_stand_in_answers_as_they_are()
    {
        const string Name = "Müller + Søn & 日本 <1> 'x'";
        var made = (await portal.As("admin").PostAsync("/api/projects", new { name = Name })).Expect(201);
        Assert.Contains($"\"name\":\"{Name}\"", made.Body, StringComparison.Ordinal);
        var refused = await portal.As("admin").FetchAsync("/api/projects?sort=a%2Bb");
        Assert.DoesNotContain("\\u", refused.Expect(400).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, deflate, BR", "br")]
    [InlineData("br;q=0, gzip;q=0.5", "gzip")]
    [InlineData("deflate", null)]
    [InlineData("", null)]
    public async Task A_large_answer_is_compressed_as_its_caller_takes_it(string takes, string? coding)
    {
        using var plain = await portal.Anonymous.GetAsync(new Uri("/api/openapi.json", UriKind.Relative));
        var whole = await plain.Content.ReadAsByteArrayAsync();
        using var answer = await SendAsync(HttpMethod.Get, "/api/openapi.json", ("Accept-Encoding", takes));
        Assert.Equal(coding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Contains("Accept-Encoding", One(answer, "Vary"), StringComparison.Ordinal);
        var body = await answer.Content.ReadAsStreamAsync();
        await using var read = coding switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        using var text = new MemoryStream();
        await read.CopyToAsync(text);
        Assert.Equal(whole, text.ToArray());

        // The tag is still the one to ask again with.
        using var again = await SendAsync(HttpMethod.Get, "/api/openapi.json", ("If-None-Match", answer.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task A_small_answer_goes_out_as_it_is()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/api/health/live", ("Accept-Encoding", "br"));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        using var refused = await SendAsync(HttpMethod.Get, "/api/projects", ("Accept-Encoding", "br"));
        Assert.Empty(refused.Content.Headers.ContentEncoding);
    }

    [Theory]
    [InlineData("*", 200)]
    [InlineData("\"1\"", 200)]
    [InlineData("1", 200)]
    [InlineData("W/\"1.abc\"", 200)]
    [InlineData("\"2\"", 412)]
    [InlineData("\"0\"", 400)]
    [InlineData("**", 400)]
    [InlineData(null, 428)]
    public async Task If_Match_takes_a_tag_its_version_alone_or_any(string? match, int code)
    {
        var project = (await portal.As("admin").PostAsync("/api/projects", new { name = "Matched" })).Expect(201).Id;
        Assert.Equal(code, await ChangeAsync(project, match));
        // Any is whichever it has by now.
        Assert.Equal(200, await ChangeAsync(project, "*"));
        Assert.Equal("Changed 2", (await portal.As("admin").FetchAsync($"/api/projects/{project}")).Text("description"));
    }

    [Fact]
    public async Task Only_a_read_is_answered_with_304_and_a_write_does_what_it_says()
    {
        using var write = new HttpRequestMessage(HttpMethod.Post, "/api/projects");
        write.Headers.TryAddWithoutValidation("If-None-Match", "*");
        write.Content = JsonContent.Create(new { name = "Made all the same" });
        var made = (await (await portal.As("admin").SendAsync(write)).ReadAsync()).Expect(201);
        Assert.Equal("Made all the same", made.Text("name"));
        foreach (var (method, tag, code) in new[]
        {
            (HttpMethod.Get, "*", 304), (HttpMethod.Head, made.Headers.ETag!.ToString(), 304), (HttpMethod.Get, "\"1.other\"", 200),
        })
        {
            using var read = new HttpRequestMessage(method, $"/api/projects/{made.Id}");
            read.Headers.TryAddWithoutValidation("If-None-Match", tag);
            Assert.Equal(code, (int)(await portal.As("admin").SendAsync(read)).StatusCode);
        }
    }

    [Fact]
    public async Task HEAD_is_GET_without_the_body()
    {
        await portal.NewProjectAsync("For HEAD");
        using var got = await portal.As("admin").GetAsync(new Uri("/api/projects", UriKind.Relative));
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/projects");
        using var head = await portal.As("admin").SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(got.Headers.ETag, head.Headers.ETag);
        Assert.Equal(got.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_body_that_is_not_valid_HTTP_is_400_and_no_fault_of_ours()
    {
        var jwt = (await portal.Clerk.SignInAsync("admin")).Jwt;
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(portal.Host.Address.Host, portal.Host.Address.Port);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {jwt}\r\nContent-Type: "
                + "application/json\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"));
        var buffer = new byte[4096];
        var answer = Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer));
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    private async Task<int> ChangeAsync(Guid project, string? match)
    {
        changes++;
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/projects/{project}")
        {
            Content = JsonContent.Create(new { description = $"Changed {changes}" }),
        };
        if (match is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", match);
        }

        using var answer = await portal.As("admin").SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static string One(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values)
            ? string.Join(", ", values)
            : throw new Xunit.Sdk.XunitException($"No {name} in {answer.StatusCode} of {answer.RequestMessage!.RequestUri}");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await portal.Anonymous.SendAsync(request);
    }
}
