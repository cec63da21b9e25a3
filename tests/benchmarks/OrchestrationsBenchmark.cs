using System.Collections.Concurrent;
using System.Diagnostics;
using Dapper;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Portal.Runtime.Durable;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// Orchestrations per second beside the commits per second that raw Npgsql reaches with inserts of the same size, on the same database in
/// the same run. <c>upload</c> is the portal's main job: an activity inserts a row, an event arrives, an activity updates it.
/// </summary>
public static class OrchestrationsBenchmark
{
    private const int Concurrency = 50;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static Task RunAsync(BenchmarkArguments arguments) => WithEngineAsync(arguments, async (engine, rows, work) =>
    {
        // Once through everything, so that nothing measured pays for the compiler or for empty caches.
        await InstancesAsync(engine, rows, "Upload", 200, raise: true);
        await InstancesAsync(engine, rows, "Sequence", 100, raise: false);
        var limit = await RawCommitsAsync(rows, TimeSpan.FromSeconds(3));

        var count = arguments.Count ?? 10_000;
        if (arguments.Wants("upload"))
        {
            (await InstancesAsync(engine, rows, "Upload", count, raise: true)).Print("upload", count, limit);
        }

        if (arguments.Wants("sequence"))
        {
            (
            await InstancesAsync(engine, rows, "Sequence", count / 4, raise: false)).Print("sequence", count / 4, limit);
        }

        if (arguments.Wants("fan-out"))
        {
            (
            await InstancesAsync(engine, rows, "FanOut", count / 50, raise: false)).Print("fan-out", count / 50, limit);
        }

        if (arguments.Wants("timers"))
        {
            (
            await InstancesAsync(engine, rows, "Timers", count / 4, raise: false)).Print("timers", count / 4, limit);
        }

        if (arguments.Wants("idle-latency"))
        {
            (await IdleLatencyAsync(engine, work)).Print("idle-latency", 200, limit);
        }
    });

    /// <summary>A started engine on a database of the benchmark's own, with as many finished instances in it as asked for.</summary>
    internal static async Task WithEngineAsync(
        BenchmarkArguments arguments, Func<DurableEngine, NpgsqlDataSource, BenchmarkFunctions, Task> run)
    {
        await using var database = await BenchmarkDatabase.CreateAsync(arguments.Database);
        var settings = new NpgsqlConnectionStringBuilder(
            database.ConnectionString)
        { MaxPoolSize = Concurrency, MaxAutoPrepare = 10, AutoPrepareMinUsages = 2 };
        await using var rows = NpgsqlDataSource.Create(settings.ConnectionString);
        await PrepareAsync(rows);

        var work = new BenchmarkFunctions(rows);
        await using var engine = await DurableEngine.CreateAsync(
            new() { ConnectionString = database.ConnectionString, MaxConcurrentActivities = Concurrency }, work,
            NullLoggerFactory.Instance);
        await FillAsync(rows, arguments.Finished);
        await engine.StartAsync();
        await run(engine, rows, work);
    }

    private static async Task PrepareAsync(NpgsqlDataSource rows)
    {
        await using var connection = await rows.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "create table uploads (id text primary key, state text not null, note text, at timestamptz not null default now())");
        await connection.ExecuteAsync(
            "create table raw_uploads (id text primary key, state text not null, note text, at timestamptz not null default now())");
    }

    /// <summary>Finished instances with histories, as years of use leave behind: what a step costs must not grow with them.</summary>
    internal static async Task FillAsync(NpgsqlDataSource rows, int finished)
    {
        if (finished == 0)
        {
            return;
        }

        await using var connection = await rows.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            with made as (
                insert into durable.instances (id, name, lane, status, owner, next_seq, created_at, updated_at, execution_id, input,
                   output)
                select replace(gen_random_uuid()::text, '-', ''), 'Upload', 1, 1, 0, 4, now(), now(), gen_random_uuid(), '"input"',
                   '"output"'
                from generate_series(1, @finished)
                returning key
            )
            insert into durable.history (key, seq, at, events)
            select key, s, now(), '[{"type":"TaskCompleted","Id":0,"Result":"a result of some length, as results are"}]'
            from made cross join generate_series(0, 3) s;
            """,
            new { finished },
            commandTimeout: 600);
        foreach (var table in new[] { "durable.instances", "durable.history" })
        {
            await connection.ExecuteAsync("vacuum analyze " + table,
            commandTimeout: 600);
        }
    }

    /// <summary>Starts <paramref name="count"/> instances, then raises their event, then waits until all have ended.</summary>
    internal static async Task<Measured> InstancesAsync(
        DurableEngine engine, NpgsqlDataSource rows, string orchestrator, int count, bool raise)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7().ToString("N")).ToList();
        var since = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        BenchmarkFunctions.Finished = new(StringComparer.Ordinal);
        var watch = Stopwatch.StartNew();
        await ForEachAsync(ids, async id =>
        {
            since[id] = Stopwatch.GetTimestamp();
            await engine.Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, id, new StartOrchestrationOptions(id));
        });
        var started = watch.Elapsed;
        if (raise)
        {
            await ForEachAsync(ids, async id =>
            {
                since[id] = Stopwatch.GetTimestamp();
                await engine.Client.RaiseEventAsync(id, "ready", new { Asset = id });
            });
        }

        var raised = watch.Elapsed;
        while (await ActiveAsync(rows) > 0)
        {
            if (watch.Elapsed > Limit)
            {
                throw new TimeoutException($"{orchestrator}: not all ended within {Limit}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        watch.Stop();
        if (Environment.GetEnvironmentVariable("BENCH_PHASES") is not null)
        {
            await Console.Error.WriteLineAsync($"{orchestrator}: started {started}, raised {raised}, ended {watch.Elapsed}");
        }

        return new(watch.Elapsed, [.. ids.Where(BenchmarkFunctions.Finished.ContainsKey)
            .Select(id => Stopwatch.GetElapsedTime(since[id], BenchmarkFunctions.Finished[id]).TotalMilliseconds)]);
    }

    /// <summary>From the call that starts an instance to its first activity, with nothing else going on.</summary>
    private static async Task<Measured> IdleLatencyAsync(DurableEngine engine, BenchmarkFunctions work)
    {
        var times = new List<double>();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 200; i++)
        {
            var id = Guid.CreateVersion7().ToString("N");
            var reached = work.Expect(id);
            var since = Stopwatch.GetTimestamp();
            await engine.Client.ScheduleNewOrchestrationInstanceAsync("Latency", id, new StartOrchestrationOptions(id));
            times.Add(Stopwatch.GetElapsedTime(since, await reached).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        return new(watch.Elapsed, times);
    }

    internal static async Task<double> RawCommitsAsync(NpgsqlDataSource rows, TimeSpan span)
    {
        var done = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Concurrency).Select(_ => Task.Run(async () =>
        {
            while (watch.Elapsed < span)
            {
                await using var command = rows.CreateCommand("insert into raw_uploads (id, state, note) values ($1, 'uploading', $2)");
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Guid.CreateVersion7().ToString("N") });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "an upload of a file with a name" });
                await command.ExecuteNonQueryAsync();
                Interlocked.Increment(ref done);
            }
        })));
        return done / watch.Elapsed.TotalSeconds;
    }

    private static async Task<long> ActiveAsync(NpgsqlDataSource rows)
    {
        await using var command = rows.CreateCommand("select count(*) from durable.instances where lane = 0");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static Task ForEachAsync(IEnumerable<string> ids, Func<string, Task> action)
    {
        var queue = new ConcurrentQueue<string>(ids);
        return Task.WhenAll(Enumerable.Range(0, Concurrency).Select(_ => Task.Run(async () =>
        {
            while (queue.TryDequeue(out var id))
            {
                await action(id);
            }
        })));
    }

    internal sealed record Measured(TimeSpan Took, IReadOnlyList<double> Milliseconds)
    {
        public void Print(string name, int count, double limit) => new BenchmarkResult(name, count, Took, Milliseconds, limit).Print();
    }
}
