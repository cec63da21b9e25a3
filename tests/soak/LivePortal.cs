using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Soak;

/// <summary>
/// The portal in real time: the app in a process of its own, the vendors in this one, as the real ones outlive us. Mux encodes in 0.3 s
/// and takes any number of POSTs, so that a run has more uploads in it.
/// </summary>
public sealed class LivePortal : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1.5);
    private readonly string settingsFile = Path.GetTempFileName();
    private readonly TestDatabase database;
    private readonly HttpClient http;

    private LivePortal(
        TestDatabase database, LocalMux mux, LocalClerk clerk, LocalResend resend, LocalBlob blob, LocalPagerDuty pagerDuty,
        FastClock? clock)
    {
        this.database = database;
        Clock = clock;
        (Mux, Clerk, Resend, Blob, PagerDuty) = (mux, clerk, resend, blob, pagerDuty);
        App = new AppProcess(settingsFile, database.Admin, TestSettings.FreePort(), Lease, clock);
        Mux.WebhookUrl = new Uri(App.Address, "/api/webhooks/mux");
        Clerk.WebhookUrl = new Uri(App.Address, "/api/webhooks/clerk");
        Resend.WebhookUrl = new Uri(App.Address, "/api/webhooks/resend");
        http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = App.Address,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public AppProcess App { get; }

    /// <summary>Null: real time.</summary>
    public FastClock? Clock { get; }

    public LocalMux Mux { get; }

    public LocalClerk Clerk { get; }

    public LocalResend Resend { get; }

    public LocalBlob Blob { get; }

    public LocalPagerDuty PagerDuty { get; }

    public TestDatabase Database => database;

    /// <summary>Everything but the app, which <see cref="AppProcess.Start"/> starts.</summary>
    /// <param name="clock">Of the app and the vendors; null: real time.</param>
    /// <param name="settings">Of the app, over the usual ones.</param>
    public static async Task<LivePortal> StartAsync(FastClock? clock = null, IReadOnlyDictionary<string, string?>? settings = null)
    {
        TimeProvider time = clock is null ? TimeProvider.System : clock;
        var database = await PostgresFixture.CloneAsync();
        var mux = await LocalMux.StartAsync(new LocalMuxOptions
        {
            Database = database.Admin,
            Clock = time,
            EncodingTime = TimeSpan.FromMilliseconds(300),
            RateLimitPosts = false,
        });
        var clerk = await LocalClerk.StartAsync(new LocalClerkOptions { Database = database.Admin, Clock = time });
        var resend = await LocalResend.StartAsync(
            new LocalResendOptions { Database = database.Admin, Clock = time, RequestsPerSecond = 0 });
        var blob = await LocalBlob.StartAsync(new LocalBlobOptions { Database = database.Admin, Clock = time });
        var pagerDuty = await LocalPagerDuty.StartAsync(
            new LocalPagerDutyOptions { Database = database.Admin, Clock = time, EventsPerMinute = 0 });
        await TestPeople.AddAsync(database.Admin, clerk, time.GetUtcNow());
        var portal = new LivePortal(database, mux, clerk, resend, blob, pagerDuty, clock);
        await portal.WriteSettingsAsync(settings ?? new Dictionary<string, string?>());
        return portal;
    }

    /// <summary>One call as that person. Throws <see cref="HttpRequestException"/> or <see cref="IOException"/> when the app dies under
    /// it.</summary>
    /// <param name="person">Null: without a session.</param>
    /// <param name="key">Idempotency-Key.</param>
    public async Task<Answer> CallAsync(string? person, HttpMethod method, string path, object? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (person is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await Clerk.SignInAsync(person)).Jwt);
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        request.Content = body is null
            ? null
            : new StringContent(JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8, "application/json");
        return await (await http.SendAsync(request)).ReadAsync();
    }

    /// <summary>Runs a timer function now, as the host's admin route does.</summary>
    public async Task RunTimerAsync(string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/admin/functions/{name}", UriKind.Relative));
        request.Headers.Add("x-functions-key", TestSettings.MasterKey);
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
        foreach (var vendor in new IAsyncDisposable[] { Mux, Clerk, Resend, Blob, PagerDuty })
        {
            await vendor.DisposeAsync();
        }

        http.Dispose();
        await database.DisposeAsync();
        File.Delete(settingsFile);
    }

    private async Task WriteSettingsAsync(IReadOnlyDictionary<string, string?> more)
    {
        var settings = await TestSettings.MakeAsync(database, Mux, Clerk, Resend, Blob, PagerDuty, App.Address);
        settings["Mux:PostGap"] = "00:00:00.020";
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        await File.WriteAllTextAsync(settingsFile, JsonSerializer.Serialize(settings));
    }
}
