using System.Globalization;
using Dapper;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Portal.Postgres;
using Portal.Runtime.Durable;

namespace Portal.Tests.Soak.Engine;

/// <param name="Kills">How many processes are killed.</param>
/// <param name="Workers">Processes that run at a time.</param>
/// <param name="InFlight">Instances under way, about.</param>
/// <param name="RestartEvery">Postgres is restarted after so many kills, in turn fast and as after a crash.</param>
/// <param name="Pause">At most so long between two kills.</param>
/// <param name="Limit">For everything to settle after the last kill.</param>
public sealed record EngineLoopOptions(int Kills, int Seed, int Workers, int InFlight, int RestartEvery, TimeSpan Pause, TimeSpan Limit);

/// <summary>What a run saw. <see cref="Violations"/> is empty when every instance ended well with every effect exactly once.</summary>
public sealed record EngineLoopResult(
    int Kills, int Restarts, int Cuts, int Freezes, int Stops, TimeSpan LongestStop, int Resumed, int Deadlocks, TimeSpan Settling,
    EngineFigures Figures,
    IReadOnlyList<string> Violations);

/// <summary>
/// Engine processes are killed with SIGKILL, one after the other or all at once, while they run a mixed workload; in between connections
/// are cut, Postgres is restarted, a process is frozen past its lease or stopped gracefully. Spare processes stand ready, since a start
/// takes longer than the pause between two kills.
/// </summary>
public sealed class EngineLoop(PostgresServer server, string database, EngineLoopOptions options, Action<string> report) : IAsyncDisposable
{
    private const int CutEvery = 7;
    private const int FreezeEvery = 20;
    private const int StopEvery = 15;
    private const int KillAllEvery = 30;
    private const int ReportEvery = 25;
    private static readonly EngineTimes Times = new(TimeSpan.FromSeconds(1.5), TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(5));

    private readonly Random random = new(options.Seed);
    private readonly List<EngineWorker> running = [];
    private readonly Queue<EngineWorker> spares = [];
    private readonly List<Task> thawing = [];
    private readonly EngineFeeder feeder = new(database, options.Seed, options.InFlight);
    private readonly DeadlockCount deadlocks = new(database, server.Folder);
    private TimeSpan longestStop;
    private int kills;
    private int restarts;
    private int cuts;
    private int freezes;
    private int stops;

    public async Task<EngineLoopResult> RunAsync()
    {
        await using var rows = NpgsqlDataSource.Create(database);
        var workload = new EngineWorkload(rows);
        await using var dormant = await DurableEngine.CreateAsync(
            new() { ConnectionString = database }, workload, NullLoggerFactory.Instance);
        var client = dormant.Client;
        await feeder.PrepareAsync();
        while (spares.Count < options.Workers)
        {
            spares.Enqueue(EngineWorker.Start(database, Times));
        }

        while (running.Count < options.Workers)
        {
            await ReplaceAsync();
        }

        for (var round = 1; kills < options.Kills; round++)
        {
            await RoundAsync(round, client);
        }

        report("the last kill is done; waiting for everything to end");
        var began = TimeProvider.System.GetTimestamp();
        var settled = await SettleAsync(client, began);
        var settling = TimeProvider.System.GetElapsedTime(began);
        foreach (var worker in running.ToList())
        {
            await StopAsync(worker);
        }

        var violations = new List<string>(settled);
        violations.AddRange(await InspectAsync(database, workload));
        var locked = await deadlocks.CountAsync();
        if (locked > 0)
        {
            violations.Add($"{locked} deadlocks");
        }

        return new(
            kills, restarts, cuts, freezes, stops, longestStop, feeder.Resumed, locked, settling,
            await new EngineFindings(database).FiguresAsync(), violations);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(thawing);
        foreach (var worker in running.Concat(spares))
        {
            await worker.DisposeAsync();
        }
    }

    private async Task RoundAsync(int round, DurableTaskClient client)
    {
        await feeder.TopUpAsync(client);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, (int)options.Pause.TotalMilliseconds)), TimeProvider.System);
        if (round % CutEvery == 0)
        {
            await CutAsync();
        }

        if (round % StopEvery == 0 && running.Find(worker => !worker.IsFrozen) is { } leaving)
        {
            await StopAsync(leaving);
        }

        while (running.Count == 0)
        {
            await ReplaceAsync();
        }

        if (round % FreezeEvery == 0)
        {
            Freeze(Any());
        }

        var victims = round % KillAllEvery == 0 ? running.ToList() : [Any()];
        foreach (var victim in victims)
        {
            await KillAsync(victim);
        }

        if (round % options.RestartEvery == 0)
        {
            await RestartAsync();
        }

        while (running.Count < options.Workers)
        {
            await ReplaceAsync();
        }

        foreach (var ended in running.Where(worker => worker.HasEnded).ToList())
        {
            await BuryAsync(ended);
        }

        if (round % ReportEvery == 0)
        {
            report($"{kills} kills, {restarts} restarts, {await feeder.StateAsync()}");
        }
    }

    private EngineWorker Any() => running[random.Next(running.Count)];

    private async Task KillAsync(EngineWorker victim)
    {
        kills++;
        running.Remove(victim);
        await victim.DisposeAsync();
    }

    /// <summary>A worker that ended though nobody asked it to: what it said last is a finding of its own.</summary>
    private async Task BuryAsync(EngineWorker ended)
    {
        running.Remove(ended);
        report($"worker {ended.Id} ended by itself: {string.Join(" | ", ended.Lines.TakeLast(5))}");
        await ended.DisposeAsync();
    }

    private async Task ReplaceAsync()
    {
        spares.Enqueue(EngineWorker.Start(database, Times));
        var next = spares.Dequeue();
        if (await next.GoAsync())
        {
            running.Add(next);
        }
        else
        {
            await BuryAsync(next);
        }
    }

    private async Task StopAsync(EngineWorker worker)
    {
        stops++;
        running.Remove(worker);
        var took = await worker.StopAsync();
        longestStop = took > longestStop ? took : longestStop;
        await worker.DisposeAsync();
    }

    private void Freeze(EngineWorker worker)
    {
        freezes++;
        thawing.Add(worker.FreezeAsync(Times.Lease * 2));
    }

    private async Task CutAsync()
    {
        cuts++;
        await EngineFeeder.TryAsync(database, connection => connection.ExecuteAsync(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and "
                + "random() < 0.5"));
    }

    private async Task RestartAsync()
    {
        await deadlocks.KeepAsync();
        await server.RestartAsync(fast: restarts++ % 2 == 0);
    }

    private async Task<List<string>> SettleAsync(DurableTaskClient client, long began)
    {
        var reported = 0;
        while (await feeder.UnfinishedAsync(client) is > 0 and var left)
        {
            var waited = TimeProvider.System.GetElapsedTime(began);
            if (waited > options.Limit)
            {
                return [
                string.Create(CultureInfo.InvariantCulture, $"{left} instances did not end within {options.Limit}")
            ];
            }

            if ((int)waited.TotalSeconds / 10 > reported)
            {
                reported++;
                report($"{left} left");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        return [];
    }

    /// <summary>First what the processes' own housekeeping would do in time: declare the last of the killed dead, sweep messages to the
    /// finished.</summary>
    private static async Task<IReadOnlyList<string>> InspectAsync(string database, EngineWorkload workload)
    {
        NpgsqlConnection.ClearAllPools();
        await Task.Delay(Times.Lease, TimeProvider.System);
        await using var last = await DurableEngine.CreateAsync(
            new() { ConnectionString = database }, workload, NullLoggerFactory.Instance);
        await last.StartAsync();
        for (var round = 0; round < 12; round++)
        {
            await last.RunHousekeepingAsync();
        }

        await last.StopAsync();
        return await new EngineFindings(database).ViolationsAsync(last, workload);
    }
}
