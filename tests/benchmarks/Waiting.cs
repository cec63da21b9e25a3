using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors;
using Portal.Postgres;
using Portal.Tests.Benchmarks.Api;
using Portal.Tests.Support;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// A thousand requests that wait for changes at one process of the app, all of one tenant, so that each change wakes all of them: what
/// they cost while nothing happens, and how long after a commit each has heard of it. App, Postgres and clients share the machine.
/// <c>--count</c> clients (1000).
/// </summary>
public static class Waiting
{
    private const double QuietCoreLimit = 0.25;
    private const int ConnectionLimit = 20;
    private const double StatementsLimit = 300;
    private const double HeardLimitMs = 3000;
    private const int Changes = 10;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SessionAge = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        var clients = arguments.Count ?? 1000;
        await using var database = await BenchmarkDatabase.CreateAsync(arguments.Database);
        await Migrator.ApplyAsync(database.ConnectionString);
        await using var clerk = await LocalClerk.StartAsync(new LocalClerkOptions { Database = database.ConnectionString });
        await TestPeople.AddAsync(database.ConnectionString, clerk, TimeProvider.System.GetUtcNow());
        var settings = ApiSettings.New(database.ConnectionString, clerk).Values;
        settings["Changes:WaitsPerPerson"] = $"{clients}";
        settings["Changes:MaxWaiting"] = $"{clients}";
        await using var app = await ApiApp.StartAsync(settings, database.ConnectionString, TestSettings.FreePort());
        await using var owner = NpgsqlDataSource.Create(database.ConnectionString);
        using var crowd = new Crowd(app.Port, clerk);
        await crowd.JoinAsync(clients);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);

        var (cpu, commits) = (app.Cpu, await CommitsAsync(owner));
        var most = 0L;
        for (var second = 0; second < Quiet.TotalSeconds; second++)
        {
            most = Math.Max(most, await ConnectionsAsync(owner));
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        BenchmarkLine.Print("changes-quiet", new()
        {
            ["clients"] = clients,
            ["app_cores"] = Math.Round((app.Cpu - cpu) / Quiet, 3),
            ["limit_cores"] = QuietCoreLimit,
            ["statements_per_s"] = Math.Round((await CommitsAsync(owner) - commits) / Quiet.TotalSeconds, 1),
            ["limit_statements_per_s"] = StatementsLimit,
            ["busy_connections"] = most,
            ["limit_connections"] = ConnectionLimit,
            ["app_mb"] = app.MemoryMb,
        });
        await ChangeAsync(crowd, owner, clients, app);
    }

    private static async Task ChangeAsync(Crowd crowd, NpgsqlDataSource owner, int clients, ApiApp app)
    {
        var heard = new List<double>();
        var cpu = app.Cpu;
        for (var i = 0; i < Changes; i++)
        {
            var id = Guid.NewGuid();
            await using var connection = await owner.OpenConnectionAsync();
            await connection.ExecuteAsync("""
                insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
                values (@id, @Tenant, 'tenant', @Tenant, 'tenant_changed', '{}', now())
                """, new { id, TestPeople.Tenant });
            var began = Stopwatch.GetTimestamp();
            var times = await crowd.HeardAsync(id, clients);
            heard.AddRange(times.Select(at => Stopwatch.GetElapsedTime(began, at).TotalMilliseconds));

            // Until those who were told to come again are back: it is about who waits.
            await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System);
        }

        var sorted = heard.Order().ToArray();
        BenchmarkLine.Print("changes-heard", new()
        {
            ["clients"] = clients,
            ["changes"] = Changes,
            ["heard"] = sorted.Length,
            ["limit_heard"] = clients * Changes,
            ["p50_ms"] = Math.Round(sorted[sorted.Length / 2]),
            ["p99_ms"] = Math.Round(sorted[(int)(sorted.Length * 0.99)]),
            ["limit_p99_ms"] = HeardLimitMs,
            ["told_to_come_again"] = crowd.Refused,
            ["app_cpu_us_each"] = Math.Round((app.Cpu - cpu).TotalMicroseconds / sorted.Length),
        });
    }

    private static async Task<long> CommitsAsync(NpgsqlDataSource owner)
    {
        await using var connection = await owner.OpenConnectionAsync();
        return await connection.QuerySingleAsync<long>(
            "select xact_commit from pg_stat_database where datname = current_database()");
    }

    private static async Task<long> ConnectionsAsync(NpgsqlDataSource owner)
    {
        await using var connection = await owner.OpenConnectionAsync();
        return await connection.QuerySingleAsync<long>("""
            select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()
            """);
    }

    /// <summary>Clients that ask again and again, each from its own place.</summary>
    private sealed class Crowd(int port, LocalClerk clerk) : IDisposable
    {
        private readonly HttpClient http = new(new SocketsHttpHandler()) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        private readonly CancellationTokenSource end = new();
        private readonly ConcurrentDictionary<Guid, ConcurrentBag<long>> heard = [];
        private readonly SemaphoreSlim signing = new(1);
        private readonly List<Task> waiting = [];
        private (string Jwt, long At)? session;
        private int refused;

        /// <summary>How often one of them was told to come again.</summary>
        public int Refused => Volatile.Read(ref refused);

        public async Task JoinAsync(int clients)
        {
            var start = (await AskAsync("/api/changes"))["nextCursor"]!.ToString();
            foreach (var group in Enumerable.Range(0, clients).Chunk(50))
            {
                foreach (var _ in group)
                {
                    waiting.Add(Task.Run(() => WaitAsync(start)));
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            }
        }

        public async Task<IReadOnlyCollection<long>> HeardAsync(Guid change, int count)
        {
            var began = Stopwatch.GetTimestamp();
            var times = heard.GetOrAdd(change, _ => []);
            while (times.Count < count && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }

            return times;
        }

        public void Dispose()
        {
            end.Cancel();
            http.Dispose();
            end.Dispose();
            signing.Dispose();
        }

        private async Task WaitAsync(string after)
        {
            while (!end.IsCancellationRequested)
            {
                var told = await AskAsync($"/api/changes?wait=25&after={after}");
                after = told["nextCursor"]!.ToString();
                foreach (var change in told["items"]!.AsArray())
                {
                    heard.GetOrAdd(Guid.Parse(change!["data"]!["id"]!.ToString()), _ => []).Add(Stopwatch.GetTimestamp());
                }
            }
        }

        private async Task<JsonNode> AskAsync(string path)
        {
            while (true)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await SessionAsync());
                using var response = await http.SendAsync(request, end.Token);
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                {
                    response.EnsureSuccessStatusCode();
                    return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
                }

                // A thousand come back at once, more than a process lets in: who is refused comes again when it is told to.
                Interlocked.Increment(ref refused);
                await Task.Delay(response.Headers.RetryAfter!.Delta!.Value, TimeProvider.System, end.Token);
            }
        }

        private async Task<string> SessionAsync()
        {
            await signing.WaitAsync();
            try
            {
                if (session is not { } known || Stopwatch.GetElapsedTime(known.At) > SessionAge)
                {
                    session = known = ((await clerk.SignInAsync("admin")).Jwt, Stopwatch.GetTimestamp());
                }

                return known.Jwt;
            }
            finally
            {
                signing.Release();
            }
        }
    }
}
