using Portal.Tests.Support;
using Portal.Tests.Support.Objectives;

namespace Portal.Tests.Soak;

/// <summary><see cref="TrafficDay"/> at full count: a day.</summary>
public static class ObjectivesSoak
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        var options = new TrafficOptions(
            args.Number("--minutes", 1440), 180, args.Number("--rate", 600), 5, seed,
            [
                // A failure in a quiet hour, and a moment of them later: nobody is to be woken.
                new(30, 2, 1), new(250, 3, 0.02),
                // Slow answers alone.
                new(300, 20, 0, 0.4),
                // Fast, middling and slow burns.
                new(400, 90, 0.02), new(700, 240, 0.008), new(1100, 200, 0.0036),
            ],
            (200, 40));
        Console.WriteLine($"objectives: {options.Minutes} minutes, {options.Instances} instances, seed {seed}");
        await using var database = await PostgresFixture.CloneAsync();
        var result = await new TrafficDay(database, options).RunAsync();
        foreach (var line in result.Moves.Order(StringComparer.Ordinal).Concat(result.Violations.Select(line => $"VIOLATION {line}")))
        {
            Console.WriteLine(line);
        }

        Console.WriteLine(
            $"objectives: {result.Counted} requests, {result.FailedFlushes} flushes failed, "
                + $"{result.Watching.TotalMilliseconds / (options.Minutes + 1):0.0} ms a minute to watch, {result.Violations.Count} violations, "
                + $"seed {seed}, {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s in all");
        return result.Violations.Count == 0 ? 0 : 1;
    }
}
