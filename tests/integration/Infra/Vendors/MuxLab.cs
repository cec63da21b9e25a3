using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

/// <summary>A local Mux with a clock, a webhook endpoint and an API client, on a database of its own.</summary>
internal sealed class MuxLab : IAsyncDisposable
{
    public const string Secret = "muxsecret";
    private readonly TestDatabase? database;

    private MuxLab(TestDatabase? database, TestClock clock, LocalMux mux, WebhookReceiver hooks)
    {
        this.database = database;
        (Clock, Mux, Hooks) = (clock, mux, hooks);
        Api = new HttpClient { BaseAddress = mux.ApiUrl };
        Api.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("id:secret")));
    }

    public TestClock Clock { get; }

    public LocalMux Mux { get; }

    public WebhookReceiver Hooks { get; }

    /// <summary>With credentials.</summary>
    public HttpClient Api { get; }

    /// <summary>Without.</summary>
    public HttpClient Browser { get; } = new();

    public static async Task<MuxLab> StartAsync(bool limits = false, bool listen = true, int burst = 5)
    {
        var database = await PostgresFixture.CloneAsync();
        var clock = new TestClock();
        return await StartAsync(database, database.Admin, clock, limits, listen, burst);
    }

    /// <summary>A second server on somebody's database.</summary>
    public static Task<MuxLab> BesideAsync(string connectionString, TestClock clock) =>
        StartAsync(null, connectionString, clock, false, true, 5);

    public string Database => database!.Admin;

    public async Task<JsonObject> CallAsync(HttpMethod method, string path, JsonNode? body = null, int expected = 200)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await Api.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>Asks for an upload whose answer need not be JSON.</summary>
    public async Task CallStatusAsync(int expected)
    {
        using var response = await Api.PostAsync(new Uri("/video/v1/uploads", UriKind.Relative), null);
        Assert.Equal(expected, (int)response.StatusCode);
    }

    public async Task<JsonObject> CreateUploadAsync(JsonObject? settings = null, int timeout = 3600, string? origin = null)
    {
        var body = new JsonObject
        {
            ["timeout"] = timeout,
            ["new_asset_settings"] = settings
                ?? new JsonObject { ["playback_policies"] = new JsonArray("signed"), ["passthrough"] = "job-42" },
            ["test"] = false,
        };
        if (origin is not null)
        {
            body["cors_origin"] = origin;
        }
        return (await CallAsync(HttpMethod.Post, "/video/v1/uploads", body, 201))["data"]!.AsObject();
    }

    public async Task<HttpResponseMessage> PutAsync(JsonObject upload, byte[] bytes, string? range = null, string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, (string)upload["url"]!) { Content = new ByteArrayContent(bytes) };
        if (range is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Range", range);
        }
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
        }
        return await Browser.SendAsync(request);
    }

    /// <summary>Uploads and lets encoding pass; the asset as the API shows it.</summary>
    public async Task<JsonObject> UploadAsync(byte[] bytes, JsonObject? settings = null)
    {
        var upload = await CreateUploadAsync(settings);
        using (var put = await PutAsync(upload, bytes))
        {
            Assert.Equal(200, (int)put.StatusCode);
        }
        await EncodeAsync();
        return await AssetOfAsync(upload);
    }

    public async Task<JsonObject> AssetOfAsync(JsonObject upload)
    {
        var now = (await CallAsync(HttpMethod.Get, $"/video/v1/uploads/{upload["id"]}"))["data"]!;
        return (await CallAsync(HttpMethod.Get, $"/video/v1/assets/{now["asset_id"]}"))["data"]!.AsObject();
    }

    public async Task EncodeAsync()
    {
        await Mux.WhenIdleAsync();
        Clock.Advance(TimeSpan.FromSeconds(2));
        await Mux.WhenIdleAsync();
    }

    /// <summary>A signing key of the environment, as an app would keep it.</summary>
    public async Task<(string Id, RSA Key)> CreateKeyAsync()
    {
        var key = (await CallAsync(HttpMethod.Post, "/system/v1/signing-keys", expected: 201))["data"]!;
        var rsa = RSA.Create();
        rsa.ImportFromPem(Encoding.ASCII.GetString(Convert.FromBase64String((string)key["private_key"]!)));
        return ((string)key["id"]!, rsa);
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        Browser.Dispose();
        await Mux.DisposeAsync();
        await Hooks.DisposeAsync();
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }

    private static async Task<MuxLab> StartAsync(
        TestDatabase? database, string connectionString, TestClock clock, bool limits, bool listen, int burst)
    {
        var hooks = await WebhookReceiver.StartAsync();
        var mux = await LocalMux.StartAsync(new LocalMuxOptions
        {
            Database = connectionString,
            Clock = clock,
            TokenId = "id",
            TokenSecret = "secret",
            WebhookUrl = listen ? hooks.Address : null,
            WebhookSecret = Secret,
            RateLimitPosts = limits,
            PostBurst = burst,
        });
        return new MuxLab(database, clock, mux, hooks);
    }
}
