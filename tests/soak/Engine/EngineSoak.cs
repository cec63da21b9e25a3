using System.Globalization;
using Npgsql;
using Portal.Postgres;

namespace Portal.Tests.Soak.Engine;

/// <summary><see cref="EngineLoop"/> at full count, on a Postgres of its own with fsync on, since it is crashed as well.</summary>
public static class EngineSoak
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        var options = new EngineLoopOptions(
            args.Number("--kills", 1000), seed, args.Number("--workers", 3), args.Number("--in-flight", 120), RestartEvery: 40,
            Pause: TimeSpan.FromMilliseconds(500), Limit: TimeSpan.FromMinutes(5));
        Console.WriteLine($"engine: {options.Kills} kills, {options.Workers} workers, seed {seed}");
        await using var server = await StartServerAsync();
        var database = await server.EnsureDatabaseAsync("engine");
        await using var loop = new EngineLoop(
            server, database, options, line =>
                Console.WriteLine($"{TimeProvider.System.GetElapsedTime(began).TotalSeconds,7:0.0} s  {line}"));
        var result = await loop.RunAsync();
        foreach (var violation in result.Violations)
        {
            Console.WriteLine($"VIOLATION {violation}");
        }

        NpgsqlConnection.ClearAllPools();
        Console.WriteLine(
            $"engine: {result.Kills} kills, {result.Restarts} restarts of Postgres, {result.Cuts} times connections cut, "
                + $"{result.Freezes} freezes, {result.Stops} graceful stops "
            + $"(longest {result.LongestStop.TotalSeconds:0.0} s); {result.Figures.Instances} instances, {result.Figures.Steps} steps, "
            + $"{result.Figures.TakeOvers} take-overs, "
            + $"{result.Figures.Effects} effects, {result.Figures.RunAgain} activities run again, {result.Resumed} quarantined and resumed, "
            + $"{result.Deadlocks} deadlocks, "
            + $"settled in {result.Settling.TotalSeconds:0} s, {result.Violations.Count} violations, seed {seed}, "
            + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s in all");
        return result.Violations.Count == 0 ? 0 : 1;
    }

    /// <summary>A server of its own, whatever PORTAL_DATABASE says: it is restarted, and it has to keep what it has committed.</summary>
    public static Task<PostgresServer> StartServerAsync() => PostgresServer.StartAsync(new PostgresServerOptions
    {
        ConnectionString = "",
        Name = string.Create(CultureInfo.InvariantCulture, $"soak/{Environment.ProcessId}"),
        Throwaway = true,
    });
}
