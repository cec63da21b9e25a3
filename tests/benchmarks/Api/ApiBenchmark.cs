using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Portal.LocalVendors;
using Portal.Vendors.Mux;
using Portal.Videos;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// The API beside raw Npgsql running the same statements over as many connections: app and Postgres as processes of their own, the load
/// from this one. <c>--count</c> seconds a measurement (5), <c>--only list,share-open</c> (also page, mint, plan, counting, memory),
/// <c>--small</c> for a tenth of the data.
/// </summary>
public static class ApiBenchmark
{
    private const double ShareOpenGoal = 0.6;
    private const double MintGoalMs = 300;
    private const double MemoryGoal = 1.2;
    private const int MemorySlices = 10;
    private static readonly int[] Connections = [8, 64];

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        var span = TimeSpan.FromSeconds(arguments.Count ?? 5);
        await using var database = await BenchmarkDatabase.CreateAsync(arguments.Database);
        await using var clerk = await LocalClerk.StartAsync(new LocalClerkOptions { Database = database.ConnectionString });
        var began = Stopwatch.GetTimestamp();
        var data = await ApiData.SeedAsync(database, clerk, arguments.Small ? 0.1 : 1);
        await Console.Error.WriteLineAsync($"Seeded in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s.");

        await using var app = await ApiApp.StartAsync(data.Settings.Values, database.ConnectionString, FreePort());
        await using var scenarios = new Scenarios(data);
        var faults = new List<string>();
        if (arguments.Wants("plan"))
        {
            faults.AddRange(await Plans.CheckAsync(scenarios, data.Settings.App));
        }

        if (arguments.Wants("page"))
        {
            faults.AddRange(await DeepPages.CompareAsync(scenarios, data, app.Port, database.ConnectionString));
        }

        if (arguments.Wants("mint"))
        {
            faults.AddRange(Mint(scenarios.Portal));
        }

        var all = await scenarios.RecordAsync();
        foreach (var scenario in all.Where(s => arguments.Wants(s.Name)))
        {
            // Once at full speed and not counted: what is measured is compiled, and its pages are read.
            await Measure.RunAsync(Connections[^1], span, () => HttpWorker.OpenAsync(app.Port, scenario.Ask));
            foreach (var connections in Connections)
            {
                faults.AddRange(await CompareAsync(scenario, connections, span, app.Port, data.Settings.App));
            }
        }

        if (arguments.Wants("counting"))
        {
            faults.AddRange(await CountingCost.CompareAsync(all, app, database.ConnectionString));
        }

        if (arguments.Wants("memory"))
        {
            faults.AddRange(await MemoryAsync(all, span, app));
        }

        if (faults.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', faults));
        }
    }

    /// <summary>Half of raw before and half after, so that what the machine does beside does not count for one side only.</summary>
    private static async Task<IReadOnlyList<string>> CompareAsync(
        Scenario scenario, int connections, TimeSpan span, int port, string database)
    {
        Task<Reached> RawAsync() =>
            Measure.RunAsync(connections, span / 2, () => RawWorker.OpenAsync(database, scenario.Trips, scenario.Values));
        var before = await RawAsync();
        var reached = await Measure.RunAsync(connections, span, () => HttpWorker.OpenAsync(port, scenario.Ask));
        var after = await RawAsync();
        var raw = Math.Round((before.PerSecond + after.PerSecond) / 2, 1);
        var ratio = raw == 0 ? 0 : Math.Round(reached.PerSecond / raw, 3);
        BenchmarkLine.Print(scenario.Name, new()
        {
            ["connections"] = connections,
            ["per_s"] = reached.PerSecond,
            ["p50_ms"] = reached.P50,
            ["p99_ms"] = reached.P99,
            ["raw_per_s"] = raw,
            ["ratio"] = ratio,
        });
        var faults = reached.Faults.ToList();
        if (scenario.Name == "share-open" && ratio < ShareOpenGoal)
        {
            faults.Add($"share-open at {connections} connections: {ratio} of raw, the goal is {ShareOpenGoal}.");
        }

        return faults;
    }

    /// <summary>Tokens for videos that nobody has watched this minute: each is signed anew, twice (stream and poster).</summary>
    private static IReadOnlyList<string> Mint(IServiceProvider portal)
    {
        const int Count = 1000;
        var mint = portal.GetRequiredService<MintPlayback>();
        var expires = portal.GetRequiredService<PlaybackTokens>().Expiry(null);
        var times = new List<double>();
        for (var i = 0; i < Count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            mint.For($"minted{i}", expires);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        var perSecond = Math.Round(Count / times.Sum() * 1000, 1);
        times.Sort();
        var p99 = Reached.At(times, 0.99);
        BenchmarkLine.Print(
            "mint", new() { ["per_s"] = perSecond, ["p50_ms"] = Reached.At(times, 0.5), ["p99_ms"] = p99, ["limit_ms"] = MintGoalMs });
        return p99 < MintGoalMs ? [] : [$"Minting takes {p99} ms at p99."];
    }

    /// <summary>All scenarios mixed, slice after slice: what the app holds of the machine's memory has to stay level.</summary>
    private static async Task<IReadOnlyList<string>> MemoryAsync(IReadOnlyList<Scenario> all, TimeSpan span, ApiApp app)
    {
        var held = new List<double>();
        var faults = new List<string>();
        for (var slice = 0; slice < MemorySlices; slice++)
        {
            var reached = await Measure.RunAsync(
                Connections[^1], span, () => HttpWorker.OpenAsync(app.Port, () => all[Random.Shared.Next(all.Count)].Ask()));
            faults.AddRange(reached.Faults);
            held.Add(app.MemoryMb);
            BenchmarkLine.Print("memory", new() { ["slice"] = slice + 1, ["per_s"] = reached.PerSecond, ["working_set_mb"] = held[^1] });
        }

        var growth = held[^1] / held[1];
        return growth <= MemoryGoal
            ? faults
            : [.. faults, $"The app's memory grew to {Math.Round(growth, 2)} times what it was after the second slice."];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
