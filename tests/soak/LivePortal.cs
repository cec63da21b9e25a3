using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Soak;

/// <summary>
/// The portal in real time: the app in a process of its own, the vendors in this one, as the real ones outlive us. Mux encodes in 0.3 s and
/// takes any number of POSTs, so that a run has more uploads in it.
/// </summary>
public sealed class LivePortal : IAsyncDisposable
{
    private const string MasterKey = "soak-master-key";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1.5);
    private static readonly string Key = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes("portal-soak-key")));
    private readonly string settingsFile = Path.GetTempFileName();
    private readonly TestDatabase database;
    private readonly HttpClient http;

    private LivePortal(TestDatabase database, LocalMux mux, LocalClerk clerk, LocalBlob blob)
    {
        this.database = database;
        (Mux, Clerk, Blob) = (mux, clerk, blob);
        App = new AppProcess(settingsFile, database.Admin, FreePort(), Lease);
        Mux.WebhookUrl = new Uri(App.Address, "/api/webhooks/mux");
        http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = App.Address,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public AppProcess App { get; }

    public LocalMux Mux { get; }

    public LocalClerk Clerk { get; }

    public LocalBlob Blob { get; }

    /// <summary>Everything but the app, which <see cref="AppProcess.Start"/> starts.</summary>
    public static async Task<LivePortal> StartAsync()
    {
        var database = await PostgresFixture.CloneAsync();
        var mux = await LocalMux.StartAsync(new LocalMuxOptions
        {
            Database = database.Admin,
            EncodingTime = TimeSpan.FromMilliseconds(300),
            RateLimitPosts = false,
        });
        var clerk = await LocalClerk.StartAsync(new LocalClerkOptions { Database = database.Admin });
        var blob = await LocalBlob.StartAsync(new LocalBlobOptions { Database = database.Admin });
        await TestPeople.AddAsync(database.Admin, clerk, TimeProvider.System.GetUtcNow());
        var portal = new LivePortal(database, mux, clerk, blob);
        await portal.WriteSettingsAsync();
        return portal;
    }

    /// <summary>One call as that person. Throws <see cref="HttpRequestException"/> or <see cref="IOException"/> when the app dies under it.</summary>
    public async Task<Answer> CallAsync(string person, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await Clerk.SignInAsync(person)).Jwt);
        request.Content = body is null ? null : new StringContent(JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8, "application/json");
        return await (await http.SendAsync(request)).ReadAsync();
    }

    /// <summary>Runs a timer function now, as the host's admin route does.</summary>
    public async Task RunTimerAsync(string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/admin/functions/{name}", UriKind.Relative));
        request.Headers.Add("x-functions-key", MasterKey);
        request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        (await (await http.SendAsync(request)).ReadAsync()).Expect(202);
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args = null)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        return (await connection.QueryAsync<T>(sql, args)).AsList();
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.ExecuteAsync(sql);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        foreach (var vendor in new IAsyncDisposable[] { Mux, Clerk, Blob })
        {
            await vendor.DisposeAsync();
        }

        http.Dispose();
        await database.DisposeAsync();
        File.Delete(settingsFile);
    }

    private async Task WriteSettingsAsync()
    {
        var signing = await NewSigningKeyAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Database:App"] = database.App,
            ["Database:System"] = database.System,
            ["Mux:ApiUrl"] = Mux.ApiUrl.ToString(),
            ["Mux:StreamUrl"] = Mux.StreamUrl.ToString(),
            ["Mux:ImageUrl"] = Mux.ImageUrl.ToString(),
            ["Mux:TokenId"] = "local-mux-token",
            ["Mux:TokenSecret"] = "local-mux-secret",
            ["Mux:WebhookSecret"] = Mux.WebhookSecret,
            ["Mux:SigningKeyId"] = signing.Id,
            ["Mux:SigningPrivateKey"] = signing.PrivateKey,
            ["Mux:PostGap"] = "00:00:00.020",
            ["Clerk:Issuer"] = Clerk.Issuer,
            ["Clerk:JwksUrl"] = Clerk.JwksUrl.ToString(),
            ["Clerk:AuthorizedParties"] = "http://localhost:3000",
            ["Blob:ApiUrl"] = Blob.ApiUrl.ToString(),
            ["Blob:ReadWriteToken"] = Blob.ReadWriteToken,
            ["Blob:CallbackUrl"] = new Uri(App.Address, "/api/webhooks/blob").ToString(),
            ["ShareLinks:Keys:k1"] = Key,
            ["ShareLinks:CurrentKey"] = "k1",
            ["Privacy:HashKey"] = Key,
            ["Paging:CursorKey"] = Key,
            ["Keys:Master"] = MasterKey,
        };
        await File.WriteAllTextAsync(settingsFile, JsonSerializer.Serialize(settings));
    }

    private async Task<(string Id, string PrivateKey)> NewSigningKeyAsync()
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Mux.ApiUrl, "/system/v1/signing-keys"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("local-mux-token:local-mux-secret"u8));
        var data = (await (await client.SendAsync(request)).ReadAsync()).Expect(201).Field("data");
        return (((JsonNode)data["id"]!).ToString(), data["private_key"]!.ToString());
    }

    /// <summary>The same for every life of the app: Mux keeps posting to it.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
