using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class ResendTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private TestDatabase database = null!;
    private WebhookReceiver hooks = null!;
    private LocalResend resend = null!;
    private HttpClient api = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CloneAsync();
        hooks = await WebhookReceiver.StartAsync();
        await StartAsync(0);
    }

    public async Task DisposeAsync()
    {
        api.Dispose();
        await resend.DisposeAsync();
        await hooks.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Sent_message_is_in_the_inbox_and_is_delivered_by_the_clock()
    {
        var sent = await SendAsync(Message());
        var message = Assert.Single(await resend.InboxAsync("guest@client.example"));
        Assert.Equal((string)sent["id"]!, message.Id.ToString());
        Assert.Equal(("Your link", "<p>hi</p>"), (message.Subject, message.Html));
        Assert.Empty(await resend.InboxAsync("other@client.example"));
        Assert.Equal("sent", (string)(await CallAsync(HttpMethod.Get, $"/emails/{sent["id"]}"))["last_event"]!);
        await resend.WhenIdleAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        await resend.WhenIdleAsync();
        Assert.Equal("delivered", (string)(await CallAsync(HttpMethod.Get, $"/emails/{sent["id"]}"))["last_event"]!);
        Assert.Equal(["email.sent", "email.delivered"], hooks.Types);
        var hook = hooks.All[0];
        Assert.Equal(
            SvixSigner.Sign(resend.WebhookSecret, hook.Headers["svix-id"], clock.Start, hook.Body), hook.Headers["svix-signature"]);
        Assert.Equal("type", hook.Json.Select(member => member.Key).Last());
        Assert.Equal("share", (string)hook.Json["data"]!["tags"]!["kind"]!);
        await CallAsync(HttpMethod.Get, $"/emails/{Guid.NewGuid()}", expected: 404);
    }

    [Fact]
    public async Task Emails_are_listed_in_pages_and_the_domain_is_verified()
    {
        for (var n = 1; n <= 3; n++)
        {
            await SendAsync(Message($"guest{n}@client.example"));
        }

        string[] People(JsonObject list) => [.. list["data"]!.AsArray().Select(email => (string)email!["to"]![0]!)];
        var first = await CallAsync(HttpMethod.Get, "/emails?limit=2");
        Assert.Equal(["guest3@client.example", "guest2@client.example"], People(first));
        Assert.Equal(("list", true), ((string)first["object"]!, (bool)first["has_more"]!));
        Assert.False(first["data"]![0]!.AsObject().ContainsKey("html"));
        var rest = await CallAsync(HttpMethod.Get, $"/emails?limit=2&after={first["data"]![1]!["id"]}");
        Assert.Equal(["guest1@client.example"], People(rest));
        Assert.False((bool)rest["has_more"]!);
        var back = await CallAsync(HttpMethod.Get, $"/emails?before={rest["data"]![0]!["id"]}");
        Assert.Equal(2, back["data"]!.AsArray().Count);
        await CallAsync(HttpMethod.Get, "/emails?limit=0", expected: 422);

        var domain = (await CallAsync(HttpMethod.Get, "/domains"))["data"]!.AsArray().Single()!;
        Assert.Equal(("portal.localhost", "verified"), ((string)domain["name"]!, (string)domain["status"]!));
        Assert.Equal(
            domain.ToJsonString(), (await CallAsync(HttpMethod.Get, "/domains"))["data"]![0]!.ToJsonString());
    }

    [Fact]
    public async Task Bounce_and_complaint_addresses_do_as_they_say()
    {
        await SendAsync(Message("bounced@resend.dev"));
        await SendAsync(Message("Someone <complained+1@resend.dev>"));
        await resend.WhenIdleAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        await resend.WhenIdleAsync();
        Assert.Equal(["email.bounced", "email.complained", "email.delivered", "email.sent", "email.sent"], hooks.Types.Order());
        var bounce = hooks.All.Single(hook => hook.Type == "email.bounced").Json["data"]!;
        Assert.Equal("Permanent", (string)bounce["bounce"]!["type"]!);
        Assert.Equal(["bounced", "complained"], (await resend.InboxAsync()).Select(message => message.LastEvent));
    }

    [Fact]
    public async Task Same_key_and_payload_gives_the_first_answer_for_a_day()
    {
        var first = await SendAsync(Message(), key: "outbox/1");
        var again = await SendAsync(Message(), key: "outbox/1");
        Assert.Equal((string)first["id"]!, (string)again["id"]!);
        Assert.Single(await resend.InboxAsync());
        var other = await SendAsync(Message("else@client.example"), key: "outbox/1", expected: 409);
        Assert.Equal("invalid_idempotent_request", (string)other["name"]!);
        clock.Advance(TimeSpan.FromHours(24));
        var late = await SendAsync(Message(), key: "outbox/1");
        Assert.NotEqual((string)first["id"]!, (string)late["id"]!);
        Assert.Equal(2, (await resend.InboxAsync()).Count);
        await SendAsync(Message(), key: new string('k', 257), expected: 400);
    }

    [Fact]
    public async Task Key_in_use_is_refused_and_many_at_once_send_once()
    {
        await using (var connection = new NpgsqlConnection(database.Admin + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await using var holding = new NpgsqlCommand("select pg_advisory_lock(hashtextextended('resend/busy', 0))", connection);
            await holding.ExecuteNonQueryAsync();
            var refused = await SendAsync(Message(), key: "busy", expected: 409);
            Assert.Equal("concurrent_idempotent_requests", (string)refused["name"]!);
        }

        var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            using var request = Request(Message(), "many");
            using var response = await api.SendAsync(request);
            return (int)response.StatusCode;
        }));
        Assert.All(statuses, status => Assert.Contains(status, new[] { 200, 409 }));
        Assert.Single(await resend.InboxAsync());
    }

    [Fact]
    public async Task Refused_message_does_not_use_its_key_up()
    {
        await SendAsync(new JsonObject { ["from"] = "a@b.example" }, key: "k", expected: 422);
        await SendAsync(Message(), key: "k");
    }

    [Theory]
    [InlineData("from", null, "missing_required_field")]
    [InlineData("from", "nobody", "validation_error")]
    [InlineData("to", null, "missing_required_field")]
    [InlineData("to", "two words@x.example", "validation_error")]
    [InlineData("subject", null, "missing_required_field")]
    [InlineData("html", null, "missing_required_field")]
    [InlineData("scheduled_at", "whenever", "invalid_parameter")]
    public async Task Messages_that_cannot_be_sent_are_refused_in_resends_shape(string field, string? value, string name)
    {
        var message = Message();
        message[field] = value;
        var refused = await SendAsync(message, expected: 422);
        Assert.Equal((name, 422), ((string)refused["name"]!, (int)refused["statusCode"]!));
        Assert.NotEmpty((string)refused["message"]!);
        Assert.Empty(await resend.InboxAsync());
    }

    [Fact]
    public async Task Batch_is_all_or_nothing_unless_permissive()
    {
        var batch = new JsonArray(Message("a@x.example"), new JsonObject(), Message("b@x.example"));
        await CallAsync(HttpMethod.Post, "/emails/batch", batch.DeepClone(), 422);
        Assert.Empty(await resend.InboxAsync());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/emails/batch") { Content = JsonContent.Create((JsonNode)batch) };
        request.Headers.Add("x-batch-validation", "permissive");
        using var response = await api.SendAsync(request);
        var body = await response.Content.ReadFromJsonAsync<JsonObject>();
        Assert.Equal(2, body!["data"]!.AsArray().Count);
        Assert.Equal(1, (int)body["errors"]![0]!["index"]!);
        Assert.Equal(2, (await resend.InboxAsync()).Count);
    }

    [Fact]
    public async Task Scheduled_message_goes_at_its_time_unless_cancelled()
    {
        var message = Message();
        message["scheduled_at"] = clock.GetUtcNow().AddHours(1).ToString("O");
        var kept = await SendAsync(message.DeepClone().AsObject());
        var cancelled = await SendAsync(message.DeepClone().AsObject());
        await CallAsync(HttpMethod.Post, $"/emails/{cancelled["id"]}/cancel");
        await resend.WhenIdleAsync();
        clock.Advance(TimeSpan.FromHours(1));
        await resend.WhenIdleAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        await resend.WhenIdleAsync();
        Assert.Equal(["delivered", "canceled"], (await resend.InboxAsync()).Select(one => one.LastEvent));
        await CallAsync(HttpMethod.Post, $"/emails/{kept["id"]}/cancel", expected: 422);
    }

    [Fact]
    public async Task Caller_without_user_agent_or_key_is_refused()
    {
        using var bare = new HttpClient { BaseAddress = resend.ApiUrl };
        bare.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "re_local_key");
        using var noAgent = await bare.PostAsJsonAsync(new Uri("/emails", UriKind.Relative), Message());
        Assert.Equal((403, "error code: 1010"), ((int)noAgent.StatusCode, await noAgent.Content.ReadAsStringAsync()));
        api.DefaultRequestHeaders.Authorization = null;
        Assert.Equal("missing_api_key", (string)(await SendAsync(Message(), expected: 401))["name"]!);
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "re_wrong");
        Assert.Equal("validation_error", (string)(await SendAsync(Message(), expected: 401))["name"]!);
    }

    [Fact]
    public async Task Third_request_in_a_second_is_told_to_wait_by_headers()
    {
        await resend.DisposeAsync();
        await StartAsync(2);
        await SendAsync(Message());
        await SendAsync(Message());
        using var request = Request(Message(), null);
        using var response = await api.SendAsync(request);
        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("1", response.Headers.GetValues("retry-after").Single());
        Assert.Equal(
            ("2", "0"), (
                response.Headers.GetValues("ratelimit-limit").Single(), response.Headers.GetValues("ratelimit-remaining").Single()));
        clock.Advance(TimeSpan.FromMilliseconds(500));
        await SendAsync(Message());
    }

    [Fact]
    public async Task Answer_lost_after_the_effect_is_found_again_by_its_key()
    {
        resend.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(Message(), key: "k"));
        await SendAsync(Message(), key: "k");
        Assert.Single(await resend.InboxAsync());
    }

    [Fact]
    public async Task Inbox_page_shows_messages_and_lets_nothing_of_them_run()
    {
        var message = Message();
        message["subject"] = "<script>alert(1)</script>";
        message["html"] = "<img src=x onerror=\"alert(2)\">";
        await SendAsync(message);
        using var response = await api.GetAsync(resend.InboxUrl);
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("&lt;script&gt;alert(1)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("iframe sandbox", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var inbox = JsonNode.Parse(await api.GetStringAsync(new Uri("/local/inbox", UriKind.Relative)))!.AsArray();
        Assert.Equal("guest@client.example", (string)inbox.Single()!["to"]![0]!);
    }

    private static JsonObject Message(string to = "guest@client.example") => new()
    {
        ["from"] = "Portal <no-reply@portal.example>",
        ["to"] = new JsonArray(to),
        ["subject"] = "Your link",
        ["html"] = "<p>hi</p>",
        ["tags"] = new JsonArray(new JsonObject { ["name"] = "kind", ["value"] = "share" }),
    };

    private async Task StartAsync(int rate)
    {
        resend = await LocalResend.StartAsync(new LocalResendOptions
        {
            Database = database.Admin,
            Clock = clock,
            WebhookUrl = hooks.Address,
            RequestsPerSecond = rate,
        });
        api = new HttpClient { BaseAddress = resend.ApiUrl };
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "re_local_key");
        api.DefaultRequestHeaders.UserAgent.ParseAdd("tests/1");
    }

    private static HttpRequestMessage Request(JsonObject message, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/emails") { Content = JsonContent.Create((JsonNode)message) };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }
        return request;
    }

    private async Task<JsonObject> SendAsync(JsonObject message, string? key = null, int expected = 200)
    {
        using var request = Request(message, key);
        return await AnswerAsync(request, expected);
    }

    private async Task<JsonObject> CallAsync(HttpMethod method, string path, JsonNode? body = null, int expected = 200)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        return await AnswerAsync(request, expected);
    }

    private async Task<JsonObject> AnswerAsync(HttpRequestMessage request, int expected)
    {
        using var response = await api.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == expected, $"{request.Method} {request.RequestUri}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }
}
