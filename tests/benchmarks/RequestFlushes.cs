using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using Portal.Foundation.Db;
using Portal.Operations.Objectives;
using Portal.Postgres;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// Fifty instances hand in their figures once a second each, at moments of their own, of the same minute and the same functions: what one
/// flush takes on one Postgres that waits for its disk. Also what a request pays for being counted.
/// </summary>
public static class RequestFlushes
{
    private const int Instances = 50;
    private const int Functions = 20;
    private const double LimitMs = 5;

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        await using var database = await BenchmarkDatabase.CreateAsync(arguments.Database);
        await Migrator.ApplyAsync(database.ConnectionString);
        await using var system = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = Instances, Options = "-c role=portal_system" }
                .ConnectionString);
        await using var sources = new PortalDataSources(system, system);
        var store = new RequestFigureStore(new PortalDb(sources), TimeProvider.System);
        var seconds = arguments.Count ?? 20;
        await MeasureAsync(store, 3);
        var times = (await MeasureAsync(store, seconds)).Order().ToArray();
        BenchmarkLine.Print("request-flush", new()
        {
            ["instances"] = Instances,
            ["rows"] = Functions * 2,
            ["flushes"] = times.Length,
            ["p50_ms"] = Math.Round(times[times.Length / 2], 2),
            ["p99_ms"] = Math.Round(times[(int)(times.Length * 0.99)], 2),
            ["limit_ms"] = LimitMs,
        });
        Count();
    }

    private static async Task<IEnumerable<double>> MeasureAsync(RequestFigureStore store, int seconds)
    {
        var times = new ConcurrentBag<double>();
        await Task.WhenAll(Enumerable.Range(0, Instances).Select(async instance =>
        {
            var id = Guid.NewGuid();
            await Task.Delay(TimeSpan.FromSeconds(1d * instance / Instances), TimeProvider.System);
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
            for (var number = 1; number <= seconds; number++)
            {
                var batch = new FigureBatch(id, number, Figures());
                var began = Stopwatch.GetTimestamp();
                await store.AddAsync(batch, CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                await timer.WaitForNextTickAsync();
            }
        }));
        return times;
    }

    private static List<RequestFigure> Figures()
    {
        var minute = WatchObjectives.Minute(TimeProvider.System.GetUtcNow());
        return
        [
            .. from function in Enumerable.Range(0, Functions)
               from bound in new[] { 25, 100 }
               select new RequestFigure(minute, $"Function{function}", RequestOutcome.Ok, bound, 7),
        ];
    }

    /// <summary>On the path of a request there is this and nothing else.</summary>
    private static void Count()
    {
        const int Requests = 5_000_000;
        var figures = new RequestFigures(TimeProvider.System);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Requests; i++)
        {
            figures.Count("ReadMe", 200, TimeSpan.FromMilliseconds(12));
        }

        BenchmarkLine.Print("request-count", new()
        {
            ["requests"] = Requests,
            ["ns_each"] = Math.Round(Stopwatch.GetElapsedTime(began).TotalNanoseconds / Requests, 1),
        });
    }
}
