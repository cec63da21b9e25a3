using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.LocalVendors;
using Portal.Paging;
using Portal.Playback;
using Portal.Vendors.Mux;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// The API beside raw Npgsql running the same statements over as many connections: app and Postgres as processes of their own, the load from this one.
/// <c>--count</c> seconds a measurement (5), <c>--only list,share-open</c>, <c>--finished 1</c> for a hundredth of the data (trying out).
/// </summary>
public static class ApiBenchmark
{
    private const double ShareOpenGoal = 0.6;
    private const double DeepPageGoal = 1.2;
    private const double MintGoalMs = 300;
    private const int AuditRows = 300_000;
    private static readonly int[] Connections = [8, 64];

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        var span = TimeSpan.FromSeconds(arguments.Count ?? 5);
        var scale = arguments.Finished == 0 ? 1 : 0.01;
        await using var database = await BenchmarkDatabase.CreateAsync(arguments.Database);
        await using var clerk = await LocalClerk.StartAsync(new LocalClerkOptions { Database = database.ConnectionString });
        var began = Stopwatch.GetTimestamp();
        var data = await ApiData.SeedAsync(database, clerk, scale);
        await FillAuditAsync(database.ConnectionString, (int)(AuditRows * scale));
        await Console.Error.WriteLineAsync($"Seeded in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s.");

        await using var app = await ApiApp.StartAsync(data.Settings.Values, database.ConnectionString, FreePort());
        await using var scenarios = new Scenarios(data);
        var faults = new List<string>();
        var memory = new List<double>();
        foreach (var scenario in (await scenarios.RecordAsync()).Where(s => arguments.Wants(s.Name)))
        {
            foreach (var connections in Connections)
            {
                faults.AddRange(await CompareAsync(scenario, connections, span, app.Port, data.Settings.App));
                memory.Add(app.MemoryMb);
            }
        }

        if (arguments.Wants("page")) faults.AddRange(await DeepPageAsync(scenarios, data, app.Port, database.ConnectionString));
        if (arguments.Wants("mint")) faults.AddRange(Mint(scenarios.Portal));
        if (arguments.Wants("plan")) faults.AddRange(await Plans.CheckAsync(scenarios, data.Settings.App));
        Print(new() { ["name"] = "memory", ["app_mb"] = memory });
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', faults));
        }
    }

    private static async Task<IReadOnlyList<string>> CompareAsync(Scenario scenario, int connections, TimeSpan span, int port, string database)
    {
        var reached = await Measure.RunAsync(connections, span, () => HttpWorker.OpenAsync(port, scenario.Ask));
        var raw = await Measure.RunAsync(connections, span, () => RawWorker.OpenAsync(database, scenario.Trips, scenario.Values));
        var ratio = raw.PerSecond == 0 ? 0 : Math.Round(reached.PerSecond / raw.PerSecond, 3);
        Print(new()
        {
            ["name"] = scenario.Name,
            ["connections"] = connections,
            ["per_s"] = reached.PerSecond,
            ["p50_ms"] = reached.P50,
            ["p99_ms"] = reached.P99,
            ["raw_per_s"] = raw.PerSecond,
            ["ratio"] = ratio,
        });
        var faults = reached.Faults.ToList();
        if (scenario.Name == "share-open" && ratio < ShareOpenGoal)
        {
            faults.Add($"share-open at {connections} connections: {ratio} of raw, the goal is {ShareOpenGoal}.");
        }

        return faults;
    }

    /// <summary>The first page and the 10 000th in turns, so that nothing but the depth differs.</summary>
    private static async Task<IReadOnlyList<string>> DeepPageAsync(Scenarios scenarios, ApiData data, int port, string database)
    {
        const int Turns = 400;
        await using var connection = new NpgsqlConnection(database);
        var tenant = data.Tenants[0];
        var (id, at) = await connection.QuerySingleAsync<(Guid, DateTimeOffset)>("""
            select id, created_at from portal.tasks where tenant_id = @tenant order by created_at desc, id desc
            offset least(499949, (select count(*) from portal.tasks where tenant_id = @tenant) - 60) limit 1
            """, new { tenant });
        var cursor = scenarios.Portal.GetRequiredService<Cursors>().Write(Position.Of(at, id), tenant, "tasks:newest");
        Ask[] asks = [new("GET", "/api/tasks?limit=50", data.Sessions[0]), new("GET", $"/api/tasks?limit=50&cursor={cursor}", data.Sessions[0])];
        List<double>[] times = [[], []];
        var turn = 0;
        await using var worker = await HttpWorker.OpenAsync(port, () => asks[turn % 2]);
        for (; turn < Turns; turn++)
        {
            var start = Stopwatch.GetTimestamp();
            if (await worker.OnceAsync() is { } fault)
            {
                return [fault];
            }

            times[turn % 2].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        var (first, deep) = (Reached.At([.. times[0].Order()], 0.5), Reached.At([.. times[1].Order()], 0.5));
        var ratio = Math.Round(deep / first, 3);
        Print(new() { ["name"] = "page-10000", ["first_p50_ms"] = first, ["p50_ms"] = deep, ["ratio"] = ratio });
        return ratio <= DeepPageGoal ? [] : [$"The 10 000th page costs {ratio} times the first."];
    }

    /// <summary>Tokens for videos that nobody has watched this minute: each is signed anew, twice (stream and poster).</summary>
    private static IReadOnlyList<string> Mint(IServiceProvider portal)
    {
        var mint = portal.GetRequiredService<MintPlayback>();
        var expires = portal.GetRequiredService<PlaybackTokens>().Expiry(null);
        var times = new List<double>();
        for (var i = 0; i < 1000; i++)
        {
            var start = Stopwatch.GetTimestamp();
            mint.For($"minted{i}", expires);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        var p99 = Reached.At(times, 0.99);
        Print(new() { ["name"] = "mint", ["per_s"] = Math.Round(1000 / times.Sum() * 1000, 1), ["p50_ms"] = Reached.At(times, 0.5), ["p99_ms"] = p99, ["limit_ms"] = MintGoalMs });
        return p99 < MintGoalMs ? [] : [$"Minting takes {p99} ms at p99."];
    }

    private static async Task FillAuditAsync(string database, int rows)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.ExecuteAsync("""
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, occurred_at)
            select gen_random_uuid(), t.id, 'user', gen_random_uuid()::text, 'task_updated', 'task', gen_random_uuid(), '{"status": "pending"}', now() - make_interval(secs => n)
              from generate_series(1, @each) n, portal.tenants t where t.clerk_org_id like 'org_bench_%'
            """, new { each = rows / ApiData.TenantCount }, commandTimeout: 900);
        await connection.ExecuteAsync("vacuum analyze portal.audit_log", commandTimeout: 900);
    }

    private static void Print(Dictionary<string, object?> line) => Console.WriteLine(JsonSerializer.Serialize(line));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
