using System.Diagnostics;
using Dapper;
using Npgsql;
using Portal.Functions.Operations.Objectives;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// What a request pays for being counted: the same requests with and without the middleware, in turns, many short rounds of one process.
/// Processor time of the app for each request is compared, not requests a second, for what others do on the machine changes the latter
/// by more. Of every pair of rounds, whose order changes from pair to pair, there is one ratio; the median of all counts.
/// </summary>
public static class CountingCost
{
    private const double Goal = 0.03;
    private const int Connections = 8;
    private const int Pairs = 40;

    /// <summary>Counted and compared may differ by what is under way when the switch is turned.</summary>
    private const double Slack = 0.02;

    private const string Nothing = "live";

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    /// <summary>
    /// One that does nothing but answer, so that what counting costs is seen at all. It has no limit: some microseconds are a great share
    /// of nothing.
    /// </summary>
    private static readonly Ask Live = new("GET", "/api/health/live");

    public static async Task<IReadOnlyList<string>> CompareAsync(IReadOnlyList<Scenario> all, ApiApp app, string database)
    {
        var faults = new List<string>();
        foreach (var (name, next) in all.Where(each => each.Name is "get" or "list").Select(each => (each.Name, each.Ask)).Prepend(
            (Nothing, () => Live)))
        {
            faults.AddRange(await CompareAsync(name, next, app, database));
        }

        return faults;
    }

    private static async Task<IReadOnlyList<string>> CompareAsync(string name, Func<Ask> next, ApiApp app, string database)
    {
        var workers = new List<IWorker>();
        for (var i = 0; i < Connections; i++)
        {
            workers.Add(await HttpWorker.OpenAsync(app.Port, next));
        }

        // Compiled to the end, either way.
        foreach (var count in new[] { true, false, true, false })
        {
            await RunAsync(workers, app, count);
        }

        await FlushedAsync(database);
        var pairs = new List<(Spent With, Spent Without)>();
        for (var pair = 0; pair < Pairs; pair++)
        {
            var first = await RunAsync(workers, app, pair % 2 == 0);
            var second = await RunAsync(workers, app, pair % 2 != 0);
            pairs.Add(pair % 2 == 0 ? (first, second) : (second, first));
        }

        foreach (var worker in workers)
        {
            await worker.DisposeAsync();
        }

        return Report(name, pairs, await FlushedAsync(database));
    }

    private static List<string> Report(string name, List<(Spent With, Spent Without)> pairs, long counted)
    {
        var ratios = pairs.Select(pair => pair.With.Each / pair.Without.Each).Order().ToList();
        var cost = Reached.At(ratios.ConvertAll(ratio => (ratio - 1) * 100), 0.5) / 100;
        var requests = pairs.Sum(pair => pair.With.Requests);
        BenchmarkLine.Print($"counting-{name}", new()
        {
            ["pairs"] = pairs.Count,
            ["with_us"] = Median(pairs.Select(pair => pair.With.Each)),
            ["without_us"] = Median(pairs.Select(pair => pair.Without.Each)),
            ["cost"] = Math.Round(cost, 4),
            ["limit"] = name == Nothing ? null : Goal,
            ["quartile_1"] = Math.Round(Reached.At(ratios.ConvertAll(ratio => ratio * 100), 0.25) / 100, 4),
            ["quartile_3"] = Math.Round(Reached.At(ratios.ConvertAll(ratio => ratio * 100), 0.75) / 100, 4),
            ["requests"] = requests,
            ["counted"] = counted,
        });
        var faults = new List<string>();
        if (cost > Goal && name != Nothing)
        {
            faults.Add($"Counting adds {cost:P1} to {name}; the limit is {Goal:P0}.");
        }

        if (Math.Abs(counted - requests) > requests * Slack)
        {
            faults.Add($"Of {name}, {counted} requests were counted while {requests} were to be: the switch does not work.");
        }

        return faults;
    }

    private static double Median(IEnumerable<double> values) => Reached.At([.. values.Order()], 0.5);

    private static async Task<Spent> RunAsync(List<IWorker> workers, ApiApp app, bool count)
    {
        await app.CountRequestsAsync(count);
        var cpu = app.Cpu;
        var began = Stopwatch.GetTimestamp();
        var done = await Task.WhenAll(workers.Select(worker => Task.Run(() => LoopAsync(worker, began))));
        return new(done.Sum(), app.Cpu - cpu);
    }

    private static async Task<int> LoopAsync(IWorker worker, long began)
    {
        var requests = 0;
        while (Stopwatch.GetElapsedTime(began) < Round)
        {
            if (await worker.OnceAsync() is { } fault)
            {
                throw new InvalidOperationException(fault);
            }

            requests++;
        }

        return requests;
    }

    /// <summary>What was counted since the last time, once the app has handed it in.</summary>
    private static async Task<long> FlushedAsync(string database)
    {
        await Task.Delay(RequestFigureFlusher.Every + Round, TimeProvider.System);
        await using var connection = new NpgsqlConnection(database);
        return await connection.ExecuteScalarAsync<long>(
            "with taken as (delete from portal.request_figures returning requests) select coalesce(sum(requests), 0)::bigint from taken");
    }

    private readonly record struct Spent(int Requests, TimeSpan Cpu)
    {
        /// <summary>Microseconds of processor time for each.</summary>
        public double Each => Cpu.TotalMicroseconds / Requests;
    }
}
