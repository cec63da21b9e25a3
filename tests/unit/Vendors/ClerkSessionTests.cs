using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Logging;
using Portal.Foundation.Alerts;
using Portal.Tests.Support;
using Portal.Vendors.Clerk;

namespace Portal.Tests.Unit.Vendors;

/// <summary>Which session tokens are believed, until when, and what happens while Clerk's keys cannot be had.</summary>
public sealed class ClerkSessionTests : IDisposable
{
    private const string Issuer = "https://clerk.portal.example";
    private static readonly RSA Key = RSA.Create(2048);
    private readonly IOptions<ClerkOptions> options = Options.Create(
        new ClerkOptions { Issuer = Issuer, AuthorizedParties = "https://portal.example, https://admin.portal.example" });
    private readonly TestClock clock = new();
    private readonly KeysPage page = new();
    private readonly HttpClient http;
    private readonly ClerkKeys keys;
    private readonly ClerkSessions sessions;
    private readonly List<Alert> alerts = [];

    public ClerkSessionTests()
    {
        http = new(page);
        keys = NewKeys();
        sessions = new(keys, new(clock), options, clock);
        page.Answer = Jwks("k1");
    }

    [Fact]
    public async Task A_good_session_says_who_where_and_who_is_behind_it()
    {
        Assert.Equal(new ClerkSession("user_1", "sess_1", "org_2", "user_9", true), (await CheckAsync(Claims(c =>
        {
            c["o"] = new { id = "org_2", rol = "admin" };
            c["org_id"] = "org_old";
            c["act"] = new { sub = "user_9" };
        }))).Session);
        var old = (await CheckAsync(Claims(c => c["org_id"] = "org_old"))).Session;
        Assert.Equal(new ClerkSession("user_1", "sess_1", "org_old", null), old);
        Assert.Equal("", (await CheckAsync(With("sid", null))).Session?.SessionId);
        Assert.Equal(new ClerkSession("user_1", "sess_1", null, null), (await CheckAsync(Claims(c => c["org_id"] = null!))).Session);
    }

    [Theory]
    [InlineData("""{ "o": { "id": "org_1", "rol": "admin" } }""", true)]
    [InlineData("""{ "o": { "id": "org_1", "rol": "member" } }""", false)]
    [InlineData("""{ "o": { "id": "org_1" } }""", false)]
    [InlineData("""{ "o": { "id": "org_1", "rol": "member" }, "org_id": "org_2", "org_role": "org:admin" }""", false)]
    [InlineData("""{ "o": { "id": "org_1", "rol": "org:admin" } }""", false)]
    [InlineData("""{ "org_id": "org_1", "org_role": "org:admin" }""", true)]
    [InlineData("""{ "org_id": "org_1", "org_role": "admin" }""", false)]
    [InlineData("""{ "org_id": "org_1", "org_role": "org:member" }""", false)]
    public async Task Who_is_admin_of_the_organization_is_read_of_the_claim_that_names_it(string claims, bool admin)
    {
        var more = JsonSerializer.Deserialize<Dictionary<string, object>>(claims)!;
        var session = (await CheckAsync(Claims(c => more.ToList().ForEach(claim => c[claim.Key] = claim.Value)))).Session!;
        Assert.Equal(("org_1", admin), (session.OrganizationId, session.IsOrganizationAdmin));
    }

    [Theory]
    [InlineData("iss", "https://clerk.portal.example/", "issuer")]
    [InlineData("iss", "HTTPS://clerk.portal.example", "issuer")]
    [InlineData("iss", null, "issuer")]
    [InlineData("azp", "https://evil.example", "authorized_party")]
    [InlineData("azp", "https://portal.example, https://admin.portal.example", "authorized_party")]
    [InlineData("azp", "", "authorized_party")]
    [InlineData("sts", "pending", "pending")]
    [InlineData("sub", null, "subject")]
    [InlineData("sub", "", "subject")]
    [InlineData("exp", null, "expired")]
    [InlineData("exp", 0, "expired")]
    [InlineData("exp", "soon", "malformed")]
    public async Task A_claim_that_is_not_right_is_named(string claim, object? value, string fault) =>
        Assert.Equal(fault, (await CheckAsync(With(claim, value))).Fault);

    [Theory]
    [InlineData("azp", null)]
    [InlineData("azp", "https://admin.portal.example")]
    [InlineData("nbf", null)]
    [InlineData("sts", null)]
    [InlineData("aud", "somebody")]
    public async Task A_claim_that_may_differ_or_lack_does_not_matter(string claim, object? value) =>
        Assert.NotNull((await CheckAsync(With(claim, value))).Session);

    [Fact]
    public async Task Times_are_held_to_our_clock_with_five_seconds_of_patience_of_a_session_that_is_known_too()
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal("not_yet_valid", (await CheckAsync(Claims(c => c["nbf"] = now + 6))).Fault);
        Assert.NotNull((await CheckAsync(Claims(c => c["nbf"] = now + 5))).Session);
        Assert.Equal("expired", (await CheckAsync(Claims(c => c["exp"] = now - 5))).Fault);
        Assert.NotNull((await CheckAsync(Claims(c => c["exp"] = now - 4))).Session);

        var token = Token(Claims(c => c["exp"] = now + 30));
        Assert.NotNull((await sessions.CheckAsync(token, default)).Session);
        clock.Advance(TimeSpan.FromSeconds(34));
        Assert.NotNull((await sessions.CheckAsync(token, default)).Session);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("expired", (await sessions.CheckAsync(token, default)).Fault);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("rs256")]
    [InlineData("RSA-OAEP")]
    public async Task Only_RS256_is_looked_at(string algorithm)
    {
        Assert.Equal("algorithm", (await sessions.CheckAsync(Token(Claims(), algorithm), default)).Fault);
        Assert.Equal(0, page.Calls);
    }

    [Fact]
    public async Task A_signature_by_another_key_or_over_other_claims_is_refused()
    {
        using var other = RSA.Create(2048);
        Assert.Equal("signature", (await sessions.CheckAsync(Token(Claims(), signWith: other), default)).Fault);
        var parts = Token(Claims()).Split('.');
        var others = Part(Claims(c => c["sub"] = "user_2"));
        Assert.Equal("signature", (await sessions.CheckAsync($"{parts[0]}.{others}.{parts[2]}", default)).Fault);
        Assert.Equal("signature", (await sessions.CheckAsync($"{parts[0]}.{parts[1]}.", default)).Fault);
        Assert.Equal("signature", (await sessions.CheckAsync($"{parts[0]}.{parts[1]}.!!", default)).Fault);
    }

    [Fact]
    public async Task What_is_no_token_is_malformed_and_nothing_that_is_sent_throws()
    {
        var encrypted = $"{Part("""{"alg":"RSA-OAEP","enc":"A256GCM"}""")}.a.b.c.d";
        string[] lists = [$"{Part("[]")}.{Part("{}")}.AA", $"{Part("{}")}.{Part("[]")}.AA"];
        foreach (var text in (string[])["", ".", "..", "a.b.c", "a.b.c.d.e", "bearer", new string('a', 8193), encrypted, .. lists])
        {
            Assert.Equal("malformed", (await sessions.CheckAsync(text, default)).Fault);
        }

        var good = Token(Claims());
        var random = new Random(7);
        for (var i = 0; i < 3000; i++)
        {
            var text = good.ToCharArray();
            for (var hit = random.Next(1, 4); hit > 0; hit--)
            {
                text[random.Next(text.Length)] = (char)random.Next(0x20, i % 2 == 0 ? 0x7f : 0x3000);
            }

            // The last character of a signature carries bits that say nothing: another one may be the same signature.
            Assert.True((await sessions.CheckAsync(new(text), default)).Session is null || new string(text)[..^1] == good[..^1]);
        }
    }

    [Fact]
    public async Task A_token_longer_than_8192_is_not_read()
    {
        var room = 8192 - Token(Claims(c => c["x"] = "")).Length;
        Assert.NotNull((await CheckAsync(Claims(c => c["x"] = new string('x', (room * 3 / 4) - 3)))).Session);
        Assert.Equal("malformed", (await CheckAsync(Claims(c => c["x"] = new string('x', (room * 3 / 4) + 3)))).Fault);
    }

    [Fact]
    public async Task Who_asks_while_the_first_fetches_the_keys_waits_and_gets_in_too()
    {
        var silence = new TaskCompletionSource();
        page.Wait = silence.Task;
        var both = new[] { CheckAsync(Claims()), CheckAsync(Claims(c => c["sid"] = "sess_2")) };
        Assert.All(both, one => Assert.False(one.IsCompleted));
        silence.SetResult();
        Assert.All(await Task.WhenAll(both), one => Assert.NotNull(one.Session));
        Assert.Equal(1, page.Calls);
    }

    [Fact]
    public async Task Keys_are_good_for_a_day_to_the_tick_and_on_call_hears_when_it_is_over()
    {
        Assert.NotNull((await CheckAsync(Claims())).Session);
        page.Answer = null;
        clock.Advance(TimeSpan.FromHours(24));
        Assert.NotNull((await CheckAsync(Claims())).Session);
        Assert.Empty(alerts);
        clock.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<HttpRequestException>(() => CheckAsync(Claims()));
        var alert = Assert.Single(alerts);
        Assert.Equal(("clerk", "Clerk's keys cannot be fetched: nobody can sign in."), (alert.DedupKey, alert.Summary));
    }

    [Fact]
    public async Task Made_up_key_ids_fetch_at_most_once_in_ten_seconds_and_a_new_key_is_found()
    {
        Assert.NotNull((await CheckAsync(Claims())).Session);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal("unknown_key", (await sessions.CheckAsync(Token(Claims(), kid: $"made-up-{i}"), default)).Fault);
        }

        Assert.Equal(1, page.Calls);
        page.Answer = Jwks("k1", "k2");
        Assert.Equal("unknown_key", (await sessions.CheckAsync(Token(Claims(), kid: "k2"), default)).Fault);
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull((await sessions.CheckAsync(Token(Claims(), kid: "k2"), default)).Session);
        Assert.Equal(2, page.Calls);
    }

    [Fact]
    public async Task A_withdrawn_key_is_forgotten_after_five_minutes()
    {
        Assert.NotNull((await CheckAsync(Claims())).Session);
        page.Answer = Jwks("k2");
        clock.Advance(TimeSpan.FromMinutes(4));
        Assert.NotNull((await CheckAsync(Claims())).Session);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("unknown_key", (await CheckAsync(Claims())).Fault);
    }

    [Fact]
    public async Task A_session_that_was_found_good_is_believed_for_a_minute_more()
    {
        var token = Token(Claims(c => c["exp"] = clock.GetUtcNow().ToUnixTimeSeconds() + 600));
        Assert.NotNull((await sessions.CheckAsync(token, default)).Session);
        clock.Advance(TimeSpan.FromSeconds(59));
        page.Answer = Jwks("k2");
        Assert.Equal("unknown_key", (await sessions.CheckAsync(Token(Claims(), kid: "unheard-of"), default)).Fault);

        Assert.NotNull((await sessions.CheckAsync(token, default)).Session);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("unknown_key", (await sessions.CheckAsync(token, default)).Fault);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("<html>")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","kid":"","use":"sig","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","kid":"k1"}]}""")]
    public async Task Keys_that_cannot_be_had_are_an_outage_and_no_fault_of_the_session(string? answer)
    {
        page.Answer = answer;
        await Assert.ThrowsAsync<HttpRequestException>(() => CheckAsync(Claims()));
        // Not asked again within ten seconds, and still no fault of the session.
        await Assert.ThrowsAsync<HttpRequestException>(() => CheckAsync(Claims()));
        Assert.Equal(1, page.Calls);

        // On-call hears of it once, however often it is attempted.
        clock.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<HttpRequestException>(() => CheckAsync(Claims()));
        Assert.Same(AlertKind.ClerkKeysUnavailable, Assert.Single(alerts).Kind);
        page.Answer = Jwks("k1");
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull((await CheckAsync(Claims())).Session);
        Assert.Empty(alerts);

        // What we had stays good for a day; an id that we do not have cannot be judged.
        page.Answer = answer;
        clock.Advance(TimeSpan.FromHours(23));
        Assert.NotNull((await CheckAsync(Claims())).Session);
        await Assert.ThrowsAsync<HttpRequestException>(() => sessions.CheckAsync(Token(Claims(), kid: "k2"), default));
        Assert.Empty(alerts);
        clock.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<HttpRequestException>(() => CheckAsync(Claims()));
        Assert.Single(alerts);
        page.Answer = Jwks("k1");
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull((await CheckAsync(Claims())).Session);
        Assert.Empty(alerts);
    }

    [Fact]
    public async Task The_first_keys_that_a_process_gets_end_the_alert_of_another_one()
    {
        page.Answer = null;
        await Assert.ThrowsAsync<HttpRequestException>(() => CheckAsync(Claims()));
        Assert.Single(alerts);
        page.Answer = Jwks("k1");
        using var started = NewKeys();

        Assert.NotNull(await started.FindAsync("k1", default));

        Assert.Empty(alerts);
    }

    [Fact]
    public async Task Nobody_waits_for_fresh_keys_who_has_one_that_is_stale()
    {
        Assert.NotNull((await CheckAsync(Claims())).Session);
        clock.Advance(TimeSpan.FromMinutes(6));
        var silence = new TaskCompletionSource();
        page.Wait = silence.Task;
        using var leave = new CancellationTokenSource();
        var fetching = sessions.CheckAsync(Token(Claims()), leave.Token);
        Assert.NotNull((await CheckAsync(Claims(c => c["sid"] = "sess_2"))).Session);
        Assert.False(fetching.IsCompleted);

        // Whoever fetches does it for all: leaving does not stop it.
        await leave.CancelAsync();
        silence.SetResult();
        Assert.NotNull((await fetching).Session);
        Assert.Equal(2, page.Calls);
    }

    [Fact]
    public void The_library_shows_no_personal_values() =>
        Assert.False(IdentityModelEventSource.ShowPII || IdentityModelEventSource.LogCompleteSecurityArtifact);

    public void Dispose()
    {
        keys.Dispose();
        http.Dispose();
        page.Dispose();
    }

    private ClerkKeys NewKeys() => new(
        http, options, (alert, _) =>
        {
            alerts.Add(alert);
            return Task.CompletedTask;
        },
        (kind, key, _) =>
        {
            alerts.RemoveAll(alert => alert.Kind == kind && alert.DedupKey == key);
            return Task.CompletedTask;
        },
        clock);

    private Task<SessionCheck> CheckAsync(string claims) => sessions.CheckAsync(Token(claims), default);

    /// <summary>Good claims with another one; null leaves it out.</summary>
    private string With(string claim, object? value) => Claims(c =>
    {
        c.Remove(claim);
        if (value is not null)
        {
            c[claim] = value;
        }
    });

    private string Claims(Action<Dictionary<string, object>>? change = null)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["azp"] = "https://portal.example",
            ["sub"] = "user_1",
            ["sid"] = "sess_1",
            ["sts"] = "active",
            ["nbf"] = now - 10,
            ["exp"] = now + 60,
        };
        change?.Invoke(claims);
        return JsonSerializer.Serialize(claims);
    }

    private string Token(string claims, string algorithm = "RS256", string kid = "k1", RSA? signWith = null)
    {
        var message = $"{Part(JsonSerializer.Serialize(new { alg = algorithm, kid, typ = "JWT" }))}.{Part(claims)}";
        var signature = (signWith ?? Key).SignData(Encoding.ASCII.GetBytes(message), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{message}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private string Jwks(params string[] ids)
    {
        var numbers = Key.ExportParameters(includePrivateParameters: false);
        return JsonSerializer.Serialize(new
        {
            keys = ids.Select(kid => new
            {
                use = "sig",
                kty = "RSA",
                kid,
                alg = "RS256",
                n = Base64Url.EncodeToString(numbers.Modulus),
                e = Base64Url.EncodeToString(numbers.Exponent),
            }),
        });
    }

    /// <summary>Clerk's keys; no answer is a refused connection.</summary>
    private sealed class KeysPage : HttpMessageHandler
    {
        public string? Answer { get; set; }

        public Task Wait { get; set; } = Task.CompletedTask;

        public int Calls { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls++;
            await Wait;
            return Answer is { } text
                ? new(HttpStatusCode.OK) { Content = new StringContent(text) }
                : throw new HttpRequestException("Connection refused");
        }
    }
}
