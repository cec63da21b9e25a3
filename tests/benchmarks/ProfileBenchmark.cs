using System.Diagnostics;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// Where the time of <c>upload</c> goes: processor time of this process and of Postgres, commits, syncs and log volume per instance, what
/// the runtime allocates and waits for, the dearest statements (where <c>pg_stat_statements</c> is loaded), and the queries of an idle
/// engine.
/// </summary>
public static class ProfileBenchmark
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);

    // A connection that has gone idle reports what it did up to ten seconds late.
    private static readonly TimeSpan StatisticsDelay = TimeSpan.FromSeconds(11);

    public static Task RunAsync(BenchmarkArguments arguments) =>
        OrchestrationsBenchmark.WithEngineAsync(arguments, async (engine, rows, _) =>
    {
        var count = arguments.Count ?? 20_000;
        await OrchestrationsBenchmark.InstancesAsync(engine, rows, "Upload", 3_000, raise: true);
        var limit = await OrchestrationsBenchmark.RawCommitsAsync(rows, TimeSpan.FromSeconds(3));
        await using var server = await ServerMeter.OpenAsync(rows);
        await Task.Delay(StatisticsDelay, TimeProvider.System);

        var before = await server.ReadAsync();
        var here = ProcessMeter.Read();
        var measured = await OrchestrationsBenchmark.InstancesAsync(engine, rows, "Upload", count, raise: true);
        var used = ProcessMeter.Read() - here;
        await Task.Delay(StatisticsDelay, TimeProvider.System);
        var done = await server.ReadAsync() - before;
        measured.Print("profile-upload", count, limit);
        Print(count, measured.Took, used, done);
        foreach (var (statement, calls, milliseconds) in await server.StatementsAsync())
        {
            BenchmarkLine.Print("profile-statement", new()
            {
                ["calls"] = calls,
                ["ms"] = Math.Round(milliseconds),
                ["us_per_instance"] = Math.Round(milliseconds * 1000 / count, 1),
                ["statement"] = statement,
            });
        }

        await PrintIdleAsync();
    });

    private static void Print(int count, TimeSpan took, ProcessMeter used, ServerFigures server)
    {
        var capacity = took.TotalSeconds * Environment.ProcessorCount;
        BenchmarkLine.Print("profile-cpu", new()
        {
            ["app_us_per_instance"] = Microseconds(used.Cpu, count),
            ["postgres_us_per_instance"] = Microseconds(server.Cpu, count),
            ["app_share"] = Math.Round(used.Cpu.TotalSeconds / capacity, 3),
            ["postgres_share"] = Math.Round(server.Cpu.TotalSeconds / capacity, 3),
            ["machine_busy"] = Math.Round(used.MachineBusy.TotalSeconds / capacity, 3),
        });
        BenchmarkLine.Print("profile-database", new()
        {
            ["commits_per_instance"] = Math.Round((double)server.Commits / count, 3),
            ["syncs_per_instance"] = Math.Round((double)server.Syncs / count, 3),
            ["wal_bytes_per_instance"] = server.WalBytes / count,
            ["wal_mb_per_s"] = Math.Round(server.WalBytes / took.TotalSeconds / 1e6, 2),
            ["heap_only_updates"] = Math.Round(server.Updates == 0 ? 0 : (double)server.HotUpdates / server.Updates, 3),
        });
        BenchmarkLine.Print("profile-runtime", new()
        {
            ["allocated_bytes_per_instance"] = used.Allocated / count,
            ["collections"] = used.Collections,
            ["collection_pause_ms"] = Math.Round(used.Pause.TotalMilliseconds, 1),
            ["collection_pause_share"] = Math.Round(used.Pause / took, 4),
            ["lock_contentions_per_instance"] = Math.Round((double)used.Contentions / count, 3),
            ["cpu_by_thread_us_per_instance"] = used.Threads.Where(
                thread => thread.Value > TimeSpan.Zero).OrderByDescending(thread => thread.Value).Take(6)
                .ToDictionary(thread => thread.Key, thread => Microseconds(thread.Value, count)),
        });
    }

    /// <summary>Counted where they are sent: the server's own counters include its autovacuum.</summary>
    private static async Task PrintIdleAsync()
    {
        var queries = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = _ => Interlocked.Increment(ref queries),
        };
        ActivitySource.AddActivityListener(listener);
        var here = ProcessMeter.Read();
        var watch = Stopwatch.StartNew();
        await Task.Delay(Idle, TimeProvider.System);
        var used = ProcessMeter.Read() - here;
        BenchmarkLine.Print("idle", new()
        {
            ["seconds"] = Math.Round(watch.Elapsed.TotalSeconds, 1),
            ["queries_per_s"] = Math.Round(queries / watch.Elapsed.TotalSeconds, 2),
            ["limit_per_s"] = 1,
            ["app_cpu_ms_per_s"] = Math.Round(used.Cpu.TotalMilliseconds / watch.Elapsed.TotalSeconds, 2),
        });
    }

    private static double Microseconds(TimeSpan time, int count) => Math.Round(time.TotalMicroseconds / count, 1);
}
