using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Dapper;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portal.Foundation.Db;
using Portal.Foundation.Outbox;
using Portal.Functions;
using Portal.Functions.Operations.Objectives;
using Portal.LocalVendors;
using Portal.Operations.Alerts;
using Portal.Runtime;
using Portal.Sharing.ShareLinks;
using Portal.Tests.Support.Statements;
using Xunit;

namespace Portal.Tests.Support;

/// <summary>
/// The whole portal for tests: the app on the local runtime, local Mux, Clerk, Resend, Blob and PagerDuty servers, one database, one
/// shared clock. Tests speak HTTP to it and look at rows; timers run when a test says so. One for a test class:
/// <c>IClassFixture&lt;TestPortal&gt;</c>.
/// </summary>
public sealed class TestPortal : IAsyncLifetime
{
    private const int MostRounds = 4;

    // Not truncated: every backend would plan anew what has to do with the table.
    private const string FreshLimits = "delete from portal.rate_windows; update portal.vendor_rate_limits set next_at = '-infinity'";

    private readonly TestDatabase database = new();
    private readonly Dictionary<string, HttpClient> clients = [];
    private readonly ConcurrentDictionary<string, LocalSession> sessions = [];
    private readonly int port = TestSettings.FreePort();
    private HttpClient plain = null!;
    private IAsyncDisposable? elsewhere;
    private ServiceProvider? elsewhereServices;

    public TestClock Clock { get; init; } = new();

    /// <summary>
    /// Runs the app somewhere else than on the fast runtime in this process: given the settings and the port, starts it and answers what
    /// stops it. Vendors then live in real time, as the app does; <see cref="Host"/> is not there.
    /// </summary>
    public Func<IReadOnlyDictionary<string, string?>, int, Task<IAsyncDisposable>>? StartElsewhere { get; init; }

    /// <summary>The app's address.</summary>
    public Uri Address => Host?.Address ?? new Uri($"http://127.0.0.1:{port}");

    /// <summary>The app's services; elsewhere, the same registrations over the same settings.</summary>
    public IServiceProvider Services => Host?.Services ?? (elsewhereServices ??= new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(Settings).Build())
        .AddLogging()
        .AddPortalCore()
        .BuildServiceProvider());

    public TestDatabase Database => database;

    public LocalMux Mux { get; private set; } = null!;

    public LocalClerk Clerk { get; private set; } = null!;

    /// <summary>Takes any number of mails a second.</summary>
    public LocalResend Resend { get; private set; } = null!;

    public LocalBlob Blob { get; private set; } = null!;

    /// <summary>Takes any number of events a minute.</summary>
    public LocalPagerDuty PagerDuty { get; private set; } = null!;

    public FunctionsHost Host { get; private set; } = null!;

    /// <summary>Without a session.</summary>
    public HttpClient Anonymous => plain;

    /// <summary>Settings of this portal alone, over the usual ones.</summary>
    public IReadOnlyDictionary<string, string?> Overrides { get; init; } = new Dictionary<string, string?>();

    /// <summary>Registers after the app itself: what a test puts in the place of something. Takes effect at the next start.</summary>
    public Action<IFunctionsWorkerApplicationBuilder>? AddToApp { get; set; }

    /// <summary>What the app is told, the same for a second process on this database.</summary>
    public Dictionary<string, string?> Settings { get; private set; } = [];

    public async Task InitializeAsync()
    {
        await database.InitializeAsync();
        TimeProvider time = StartElsewhere is null ? Clock : TimeProvider.System;
        Mux = await LocalMux.StartAsync(new LocalMuxOptions { Database = database.Admin, Clock = time, NewKey = TestKeys.Next });
        Clerk = await LocalClerk.StartAsync(new LocalClerkOptions { Database = database.Admin, Clock = time, NewKey = TestKeys.Next });
        Resend = await LocalResend.StartAsync(new LocalResendOptions { Database = database.Admin, Clock = time, RequestsPerSecond = 0 });
        Blob = await LocalBlob.StartAsync(new LocalBlobOptions { Database = database.Admin, Clock = time });
        PagerDuty = await LocalPagerDuty.StartAsync(
            new LocalPagerDutyOptions { Database = database.Admin, Clock = time, EventsPerMinute = 0 });
        await TestPeople.AddAsync(database.Admin, Clerk, Clock.GetUtcNow());
        Settings = await TestSettings.MakeAsync(database, Mux, Clerk, Resend, Blob, PagerDuty, new Uri($"http://127.0.0.1:{port}"));
        Settings["Mux:CallTimeout"] = "00:00:15";

        // Tests move the clock by hours while something is under way.
        Settings["AzureFunctionsJobHost:functionTimeout"] = "-1";
        foreach (var (name, value) in Overrides)
        {
            Settings[name] = value;
        }

        await StartHostAsync();
    }

    /// <summary>Stops the app and starts it again, with what the settings are by now.</summary>
    public async Task RestartHostAsync()
    {
        await Host.DisposeAsync();
        await StartHostAsync();
    }

    /// <summary>Starts the app (again).</summary>
    public async Task StartHostAsync()
    {
        if (StartElsewhere is not null)
        {
            elsewhere = await StartElsewhere(Settings, port);
            Attend();
            return;
        }

        Host = await FunctionsHost.StartAsync(new FunctionsHostOptions
        {
            ContentRoot = AppContext.BaseDirectory,
            Functions = typeof(PortalApp).Assembly,
            ConfigureApp = builder =>
            {
                builder.AddPortal();
                builder.Services.AddSingleton(database.Portal).AddSingleton<PassphraseHash, RememberedPassphrases>()
                    .AddSingleton<ReadCertificateEnd>((_, _) => Task.FromResult<DateTimeOffset?>(null));

                // As timers do, it runs when a test says so.
                builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(RequestFigureFlusher)));
                if (StatementLog.Folder is not null)
                {
                    builder.Services.AddSingleton<PortalDb, ProbedDb>();
                }

                AddToApp?.Invoke(builder);
            },
            DurableDatabase = database.Admin,
            DurableConnections = database.Engine,
            Port = port,
            Clock = Clock,
            Settings = Settings,
            TimersEnabled = false,
            ConfigureLogging = logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(),
        });
        Attend();
    }

    /// <summary>Clients and vendors speak to the app that has just started.</summary>
    private void Attend()
    {
        plain?.Dispose();
        plain = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address };
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }

        clients.Clear();
        Mux.WebhookUrl = new Uri(Address, "/api/webhooks/mux");
        Clerk.WebhookUrl = new Uri(Address, "/api/webhooks/clerk");
        Resend.WebhookUrl = new Uri(Address, "/api/webhooks/resend");
    }

    /// <summary>A client that is signed in as that person at every call.</summary>
    public HttpClient As(string person)
    {
        if (!clients.TryGetValue(person, out var client))
        {
            client = new HttpClient(new SignedIn(this, person)) { BaseAddress = Address };
            clients[person] = client;
        }

        return client;
    }

    /// <summary>A session token of that person, used again until it is about to end, as browsers do.</summary>
    public async Task<string> SessionAsync(string person)
    {
        var now = (StartElsewhere is null ? Clock : TimeProvider.System).GetUtcNow();
        if (!sessions.TryGetValue(person, out var session) || session.ExpiresAt - TimeSpan.FromSeconds(10) <= now)
        {
            sessions[person] = session = await Clerk.SignInAsync(person);
        }

        return session.Jwt;
    }

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        return connection;
    }

    public async Task<T> ScalarAsync<T>(string sql, object? args = null)
    {
        await using var connection = await OpenAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, args))!;
    }

    /// <summary>Statements whose answer nobody needs.</summary>
    public async Task DoAsync(string sql, object? args = null)
    {
        await using var connection = await OpenAsync();
        await connection.ExecuteAsync(sql, args);
    }

    /// <summary>Everything due by the clock is done: orchestrations, vendors' work, webhooks.</summary>
    public async Task SettleAsync()
    {
        // Until nobody had anything to do: what one does gives work to another, which may have been looked at before.
        for (var round = 0; round < MostRounds; round++)
        {
            var before = VendorActivity;
            await EngineIdleAsync();
            await Mux.WhenIdleAsync();
            await Clerk.WhenIdleAsync();
            await Resend.WhenIdleAsync();
            await Blob.WhenIdleAsync();
            if (Host is not null && VendorActivity == before)
            {
                return;
            }
        }

        await EngineIdleAsync();
    }

    private Task EngineIdleAsync() => Host is null ? Task.CompletedTask : Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(30));

    private long VendorActivity => Mux.Activity + Clerk.Activity + Resend.Activity + Blob.Activity;

    /// <summary>Runs a timer now. Elsewhere it runs behind: wait for what it does.</summary>
    public async Task RunTimerAsync(string name)
    {
        if (Host is not null)
        {
            await Host.RunTimerAsync(name);
            return;
        }

        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"/admin/functions/{name}")
        { Headers = { { "x-functions-key", TestSettings.MasterKey } } };
        using var response = await plain.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
    }

    /// <summary>Moves the clock while a call waits for time to pass.</summary>
    public async Task<T> WhileMovingAsync<T>(Task<T> call, TimeSpan? step = null)
    {
        await Eventually.MovingAsync(
            Clock, step ?? TimeSpan.FromMilliseconds(100), () => Task.FromResult(call.IsCompleted), "the call to answer");
        return await call;
    }

    /// <summary>Back to faultless vendors and fresh limits, for the next test of a class.</summary>
    public async Task ResetAsync()
    {
        Mux.Faults.Clear();
        Mux.Requests.Clear();
        Clerk.Faults.Clear();
        Clerk.Requests.Clear();
        Resend.Faults.Clear();
        Resend.Requests.Clear();
        PagerDuty.Faults.Clear();
        PagerDuty.Requests.Clear();
        await DoAsync(FreshLimits + "; delete from portal.alerts");
    }

    /// <summary>As if nobody had asked for anything yet.</summary>
    public Task ForgetLimitsAsync() => DoAsync(FreshLimits);

    public async Task DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        try
        {
            await EventsAreInTheCatalogueAsync();
        }
        finally
        {
            await StopAsync();
        }
    }

    /// <summary>What the tests of a class made the app write, with its audit row, has the fields that the catalogue of events
    /// says.</summary>
    private async Task EventsAreInTheCatalogueAsync()
    {
        await using var connection = await OpenAsync();
        var written = await connection.QueryAsync<(string Type, string[] Fields)>("""
            select distinct e.type, array(select k from jsonb_object_keys(e.payload) k order by k) as fields
              from (select * from portal.events order by event_id desc limit 2000) e
             where exists (select 1 from portal.audit_log a
                            where a.tenant_id = e.tenant_id and a.entity_id = e.aggregate_id and a.new_value = e.payload)
            """);
        Assert.All(written, e =>
        {
            Assert.NotNull(EventType.Find(e.Type));
            var fields = EventType.Find(e.Type)!.Payload;
            Assert.Equal((e.Type, ""), (e.Type, string.Join(' ', e.Fields.Except(fields.Select(field => field.TrimEnd('?'))))));
            Assert.Equal((e.Type, ""), (e.Type, string.Join(' ', fields.Where(field => !field.EndsWith('?')).Except(e.Fields))));
        });
    }

    private async Task StopAsync()
    {

        foreach (var vendor in new IAsyncDisposable?[] { elsewhere, elsewhereServices, Mux, Clerk, Resend, Blob, PagerDuty })
        {
            if (vendor is not null)
            {
                await vendor.DisposeAsync();
            }
        }

        await database.DisposeAsync();
    }

    private sealed class SignedIn(TestPortal portal, string person)
        : DelegatingHandler(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            request.Headers.Authorization ??= new AuthenticationHeaderValue("Bearer", await portal.SessionAsync(person));
            return await base.SendAsync(request, ct);
        }
    }
}
