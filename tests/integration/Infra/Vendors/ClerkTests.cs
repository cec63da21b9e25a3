using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class ClerkTests : IAsyncLifetime
{
    private static readonly LocalPerson Admin = new(
        "admin", "user_admin", "admin@demo.example", "Ada Admin", "org_1", "demo", "org:admin");
    private readonly TestClock clock = new();
    private TestDatabase database = null!;
    private WebhookReceiver hooks = null!;
    private LocalClerk clerk = null!;
    private HttpClient api = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CloneAsync();
        hooks = await WebhookReceiver.StartAsync();
        clerk = await StartAsync();
        await clerk.AddPersonAsync(Admin);
        api = new HttpClient { BaseAddress = clerk.Address };
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk_test_localclerk");
    }

    public async Task DisposeAsync()
    {
        api.Dispose();
        await clerk.DisposeAsync();
        await hooks.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Session_token_has_the_claims_of_version_2_and_verifies_by_the_jwks()
    {
        var session = await clerk.SignInAsync("admin");
        var (header, claims) = Read(session.Jwt);
        Assert.Equal("RS256", (string)header["alg"]!);
        Assert.StartsWith("ins_", (string)header["kid"]!, StringComparison.Ordinal);
        Assert.Equal("https://clerk.portal.localhost", (string)claims["iss"]!);
        Assert.Equal("user_admin", (string)claims["sub"]!);
        Assert.Equal(2, (int)claims["v"]!);
        Assert.Equal("""{"id":"org_1","rol":"admin","slg":"demo"}""", claims["o"]!.ToJsonString());
        Assert.Equal(clock.GetUtcNow().ToUnixTimeSeconds() + 60, (long)claims["exp"]!);
        Assert.True((long)claims["nbf"]! <= (long)claims["iat"]!);
        Assert.Equal("http://localhost:3000", (string)claims["azp"]!);
        Assert.True(await VerifiesAsync(session.Jwt));
        Assert.False(await VerifiesAsync(session.Jwt[..^2] + (session.Jwt[^2] == 'A' ? "BA" : "AA")));
    }

    [Fact]
    public async Task Tokens_can_be_wrong_in_every_way_a_test_needs()
    {
        using var strange = RSA.Create(2048);
        Assert.False(await VerifiesAsync((await clerk.SignInAsync("admin", new ClerkTokenOverrides { SignWith = strange })).Jwt));
        var (header, claims) = Read((await clerk.SignInAsync("admin", new ClerkTokenOverrides
        {
            IssuedAt = clock.GetUtcNow().AddHours(-1),
            Lifetime = TimeSpan.FromMinutes(1),
            Issuer = "https://evil.example",
            AuthorizedParty = "",
            Actor = "user_support",
            KeyId = "other",
            Algorithm = "none",
            Claims = new JsonObject { ["sid"] = null, ["extra"] = 1 },
        })).Jwt);
        Assert.Equal(clock.GetUtcNow().AddMinutes(-59).ToUnixTimeSeconds(), (long)claims["exp"]!);
        Assert.Equal("https://evil.example", (string)claims["iss"]!);
        Assert.False(claims.ContainsKey("azp"));
        Assert.False(claims.ContainsKey("sid"));
        Assert.Equal(1, (int)claims["extra"]!);
        Assert.Equal("user_support", (string)claims["act"]!["sub"]!);
        Assert.Equal(("none", "other"), ((string)header["alg"]!, (string)header["kid"]!));
        var (_, old) = Read((await clerk.SignInAsync("admin", new ClerkTokenOverrides { Version = 1 })).Jwt);
        Assert.Equal("org:admin", (string)old["org_role"]!);
        Assert.False(old.ContainsKey("o"));
    }

    [Fact]
    public async Task Sign_in_route_gives_a_token_and_knows_only_registered_people()
    {
        using var good = await api.PostAsJsonAsync(new Uri("/local/sign-in", UriKind.Relative), new { person = "admin" });
        var body = await good.Content.ReadFromJsonAsync<JsonObject>();
        Assert.True(await VerifiesAsync((string)body!["jwt"]!));
        Assert.Equal(clock.GetUtcNow().AddSeconds(60), (DateTimeOffset)body["expires_at"]!);
        using var unknown = await api.PostAsJsonAsync(new Uri("/local/sign-in", UriKind.Relative), new { person = "nobody" });
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    [Fact]
    public async Task Rotated_key_signs_and_the_old_one_stays_until_withdrawn()
    {
        var before = (await clerk.SignInAsync("admin")).Jwt;
        var kid = await clerk.RotateKeyAsync();
        var after = (await clerk.SignInAsync("admin")).Jwt;
        Assert.Equal(kid, (string)Read(after).Header["kid"]!);
        Assert.True(await VerifiesAsync(before));
        Assert.True(await VerifiesAsync(after));
        await clerk.RotateKeyAsync(keepOld: false);
        Assert.False(await VerifiesAsync(after));
        Assert.True(await VerifiesAsync((await clerk.SignInAsync("admin")).Jwt));
    }

    [Fact]
    public async Task Process_beside_it_signs_with_the_same_key_for_the_same_people()
    {
        await using var other = await StartAsync();
        Assert.True(await VerifiesAsync((await other.SignInAsync("admin")).Jwt));
    }

    [Fact]
    public async Task Invitation_is_created_listed_expires_and_is_revoked_once()
    {
        var made = await CallAsync(
            HttpMethod.Post, "/v1/invitations",
            new JsonObject
            {
                ["email_address"] = "new@demo.example",
                ["expires_in_days"] = 7,
                ["public_metadata"] = new JsonObject { ["role"] = "client" },
            });
        Assert.Equal("pending", (string)made["status"]!);
        Assert.Equal(clock.GetUtcNow().AddDays(7).ToUnixTimeMilliseconds(), (long)made["expires_at"]!);
        Assert.Equal("client", (string)made["public_metadata"]!["role"]!);
        var duplicate = await CallAsync(
            HttpMethod.Post, "/v1/invitations", new JsonObject { ["email_address"] = "NEW@demo.example" }, 400);
        Assert.Equal("duplicate_record", (string)duplicate["errors"]![0]!["code"]!);
        await CallAsync(HttpMethod.Post, "/v1/invitations", new JsonObject { ["email_address"] = Admin.Email }, 422);
        await CallAsync(HttpMethod.Post, "/v1/invitations", new JsonObject { ["email_address"] = "no address" }, 422);
        await CallAsync(
            HttpMethod.Post, "/v1/invitations", new JsonObject { ["email_address"] = "a@b.example", ["expires_in_days"] = 366 }, 422);
        clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal("expired", (string)(await CallAsync(HttpMethod.Get, "/v1/invitations?paginated=true"))["data"]![0]!["status"]!);
        var revoked = await CallAsync(HttpMethod.Post, $"/v1/invitations/{made["id"]}/revoke");
        Assert.Equal(("revoked", true), ((string)revoked["status"]!, (bool)revoked["revoked"]!));
        await CallAsync(HttpMethod.Post, $"/v1/invitations/{made["id"]}/revoke", expected: 400);
        await CallAsync(HttpMethod.Post, "/v1/invitations/none/revoke", expected: 404);
        await clerk.WhenIdleAsync();
        Assert.Empty(hooks.All);
    }

    [Fact]
    public async Task Organization_invitation_tells_by_webhook_until_it_is_accepted()
    {
        var made = await CallAsync(
            HttpMethod.Post, "/v1/organizations/org_1/invitations",
            new JsonObject { ["email_address"] = "new@demo.example", ["role"] = "org:member" });
        // What is told of an invitation and of a user is told in no order.
        await clerk.WhenIdleAsync();
        Assert.True(
            await clerk.AcceptInvitationAsync((string)made["id"]!, new LocalPerson("new", "user_new", "new@demo.example", "Nina New")));
        Assert.False(
            await clerk.AcceptInvitationAsync((string)made["id"]!, new LocalPerson("again", "user_again", "again@demo.example", "A")));
        await clerk.WhenIdleAsync();
        Assert.Equal(
            [
                "organizationInvitation.created", "user.created", "organizationInvitation.accepted", "organizationMembership.created"
            ], hooks.Types);
        Assert.Equal("member", (string)Read((await clerk.SignInAsync("new")).Jwt).Claims["o"]!["rol"]!);
        var user = await CallAsync(HttpMethod.Get, "/v1/users/user_new");
        Assert.Equal("new@demo.example", (string)user["email_addresses"]![0]!["email_address"]!);
        await CallAsync(HttpMethod.Get, "/v1/users/none", expected: 404);
    }

    [Fact]
    public async Task Users_are_counted_paged_keep_their_times_and_tell_their_organizations_name()
    {
        await clerk.AddPersonAsync(new LocalPerson(
            "second", "user_second", "second@demo.example", "Sam Second", "org_2", "second", "org:member",
            OrganizationName: "Second & Co"));
        clock.Advance(TimeSpan.FromHours(1));
        await clerk.AddPersonAsync(Admin);
        var admin = await CallAsync(HttpMethod.Get, "/v1/users/user_admin");
        Assert.Equal(clock.Start.ToUnixTimeMilliseconds(), (long)admin["created_at"]!);
        Assert.Equal(clock.Start.ToUnixTimeMilliseconds(), (long)admin["updated_at"]!);
        await clerk.UpdatePersonAsync("admin", name: "Ada Changed");
        admin = await CallAsync(HttpMethod.Get, "/v1/users/user_admin");
        Assert.Equal(clock.Start.ToUnixTimeMilliseconds(), (long)admin["created_at"]!);
        Assert.Equal(clock.GetUtcNow().ToUnixTimeMilliseconds(), (long)admin["updated_at"]!);

        Assert.Equal(2, (int)(await CallAsync(HttpMethod.Get, "/v1/users/count"))["total_count"]!);
        var count = await CallAsync(HttpMethod.Get, "/v1/users/count?email_address=second@demo.example");
        Assert.Equal(("total_count", 1), ((string)count["object"]!, (int)count["total_count"]!));
        using var page = await api.GetAsync(new Uri("/v1/users?limit=1&offset=1", UriKind.Relative));
        Assert.Equal("application/json", page.Content.Headers.ContentType!.ToString());
        Assert.Equal("user_second", (string)Assert.Single((await page.Content.ReadFromJsonAsync<JsonArray>())!)!["id"]!);

        var memberships = await CallAsync(HttpMethod.Get, "/v1/users/user_second/organization_memberships");
        Assert.Equal("Second & Co", (string)memberships["data"]![0]!["organization"]!["name"]!);
        Assert.Equal(clock.Start.ToUnixTimeMilliseconds(), (long)memberships["data"]![0]!["created_at"]!);
    }

    [Fact]
    public async Task Invitation_opens_in_a_browser_and_is_accepted_there_once()
    {
        await clerk.AddPersonAsync(Admin with { OrganizationName = "Demo <Films>" });
        await CallAsync(
            HttpMethod.Post, "/v1/organizations/org_1/invitations",
            new JsonObject { ["email_address"] = "new@demo.example", ["role"] = "org:boss" }, 404);
        var made = await CallAsync(
            HttpMethod.Post, "/v1/organizations/org_1/invitations",
            new JsonObject { ["email_address"] = "new@demo.example", ["role"] = "org:member" });
        var link = new Uri((string)made["url"]!);
        using var browser = new HttpClient();
        var page = await browser.GetStringAsync(link);
        Assert.Contains("Demo &lt;Films&gt;", page, StringComparison.Ordinal);
        Assert.Contains("new@demo.example", page, StringComparison.Ordinal);

        using var form = new FormUrlEncodedContent(
            [new("ticket", link.Query["?ticket=".Length..]), new("name", "Nina New")]);
        using var accepted = await browser.PostAsync(new Uri(clerk.Address, link.AbsolutePath), form);
        Assert.Equal(200, (int)accepted.StatusCode);
        Assert.Contains("Signed in as Nina New", await accepted.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var claims = Read((await clerk.SignInAsync("new@demo.example")).Jwt).Claims;
        Assert.Equal(("org_1", "demo"), ((string)claims["o"]!["id"]!, (string)claims["o"]!["slg"]!));
        using var gone = await browser.GetAsync(link);
        Assert.Equal(410, (int)gone.StatusCode);
        await clerk.WhenIdleAsync();
        Assert.Contains("organizationInvitation.accepted", hooks.Types);
    }

    [Fact]
    public async Task Somebody_of_a_new_tenant_signs_up_with_an_organization_of_their_own()
    {
        using var made = await api.PostAsJsonAsync(
            new Uri("/local/sign-up", UriKind.Relative),
            new { email = "nora@new.example", name = "Nora New", organization = "New Films" });
        var session = (await made.Content.ReadFromJsonAsync<JsonObject>())!;
        var claims = Read((string)session["jwt"]!).Claims;
        Assert.Equal(("admin", "new-films"), ((string)claims["o"]!["rol"]!, (string)claims["o"]!["slg"]!));
        using var again = await api.PostAsJsonAsync(new Uri("/local/sign-in", UriKind.Relative), new { person = "nora@new.example" });
        Assert.Equal((string)session["user_id"]!, (string)(await again.Content.ReadFromJsonAsync<JsonObject>())!["user_id"]!);
        using var taken = await api.PostAsJsonAsync(
            new Uri("/local/sign-up", UriKind.Relative), new { email = "NORA@new.example", name = "N", organization = "O" });
        Assert.Equal(422, (int)taken.StatusCode);

        var page = await api.GetStringAsync(clerk.Address);
        Assert.Contains("New Films", page, StringComparison.Ordinal);
        using var form = new FormUrlEncodedContent([new("person", "nora@new.example")]);
        using var shown = await api.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
        Assert.Contains("Signed in as Nora New", await shown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await clerk.WhenIdleAsync();
        Assert.Equal(["user.created", "organizationMembership.created"], hooks.Types);
    }

    [Fact]
    public async Task Hundred_and_first_invitation_in_an_hour_is_told_to_wait()
    {
        for (var i = 0; i < 100; i++)
        {
            await CallAsync(HttpMethod.Post, "/v1/invitations", new JsonObject { ["email_address"] = $"p{i}@demo.example" });
        }
        using var refused = await api.PostAsJsonAsync(
            new Uri("/v1/invitations", UriKind.Relative), new { email_address = "more@demo.example" });
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(36), refused.Headers.RetryAfter!.Delta);
        clock.Advance(TimeSpan.FromSeconds(36));
        await CallAsync(HttpMethod.Post, "/v1/invitations", new JsonObject { ["email_address"] = "more@demo.example" });
    }

    [Fact]
    public async Task Webhook_is_signed_by_svix_and_repeated_with_the_same_id_after_its_gaps()
    {
        hooks.Answer = _ => 500;
        await clerk.EmitUserAsync("user.updated", "admin");
        await clerk.WhenIdleAsync();
        clock.Advance(TimeSpan.FromSeconds(5));
        await clerk.WhenIdleAsync();
        Assert.Equal(2, hooks.All.Count);
        Assert.Single(hooks.All.Select(hook => hook.Headers["svix-id"]).Distinct());
        Assert.Equal(2, hooks.All.Select(hook => hook.Headers["svix-timestamp"]).Distinct().Count());
        var last = hooks.All[1];
        Assert.Equal(
            SvixSigner.Sign(
                clerk.WebhookSecret, last.Headers["svix-id"], clock.GetUtcNow(), last.Body), last.Headers["svix-signature"]);
        Assert.Equal("event", (string)last.Json["object"]!);
        Assert.Equal(clock.Start.ToUnixTimeMilliseconds(), (long)last.Json["timestamp"]!);
        hooks.AnswerHeaders["webhook-delivery"] = "abort-message";
        clock.Advance(TimeSpan.FromMinutes(5));
        await clerk.WhenIdleAsync();
        clock.Advance(TimeSpan.FromDays(2));
        await clerk.WhenIdleAsync();
        Assert.Equal(3, hooks.All.Count);
    }

    [Fact]
    public void Svix_signature_matches_the_published_vector()
    {
        // From the Svix documentation; python3's hmac gives the same.
        Assert.Equal(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            SvixSigner.Sign(
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330),
                """{"test": 2432232314}"""u8));
        Assert.Throws<FormatException>(() => SvixSigner.Sign("secret", "m", clock.GetUtcNow(), "x"u8));
    }

    [Fact]
    public async Task Backend_api_wants_the_secret_key_and_errors_have_clerks_shape()
    {
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk_test_wrong");
        var refused = await CallAsync(HttpMethod.Get, "/v1/jwks", expected: 401);
        Assert.NotEmpty((string)refused["clerk_trace_id"]!);
        Assert.Equal("authentication_invalid", (string)refused["errors"]![0]!["code"]!);
    }

    private Task<LocalClerk> StartAsync() =>
        LocalClerk.StartAsync(new LocalClerkOptions { Database = database.Admin, Clock = clock, WebhookUrl = hooks.Address });

    private async Task<JsonObject> CallAsync(HttpMethod method, string path, JsonNode? body = null, int expected = 200)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await api.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    private static (JsonObject Header, JsonObject Claims) Read(string jwt)
    {
        var parts = jwt.Split('.');
        return (
            JsonNode.Parse(
                Base64Url.DecodeFromChars(parts[0]))!.AsObject(), JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!.AsObject());
    }

    // As a verifier does it: the key by kid from the public address.
    private async Task<bool> VerifiesAsync(string jwt)
    {
        using var http = new HttpClient();
        var keys = await http.GetFromJsonAsync<JsonObject>(clerk.JwksUrl);
        var kid = (string)Read(jwt).Header["kid"]!;
        if (keys!["keys"]!.AsArray().FirstOrDefault(one => (string)one!["kid"]! == kid) is not { } key)
        {
            return false;
        }
        using var rsa = RSA.Create(new RSAParameters
        {
            Modulus = Base64Url.DecodeFromChars((string)key["n"]!),
            Exponent = Base64Url.DecodeFromChars((string)key["e"]!),
        });
        var cut = jwt.LastIndexOf('.');
        return rsa.VerifyData(
            Encoding.ASCII.GetBytes(jwt[..cut]), Base64Url.DecodeFromChars(jwt.AsSpan(cut + 1)), HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1);
    }
}
