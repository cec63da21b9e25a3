using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Soak;

/// <summary><see cref="ChangeRace"/> at full count.</summary>
public static class ChangesSoak
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        var options = new ChangeRaceOptions(
            args.Number("--events", 10_000), args.Number("--writers", 8), args.Number("--restarts", 3),
            args.Number("--seed", Random.Shared.Next(1_000_000)), TimeSpan.FromMinutes(10));
        Console.WriteLine($"changes: {options.Events} events, {options.Writers} writers, seed {options.Seed}");
        var portal = new TestPortal { Overrides = SampleWorld.NoLimits };
        try
        {
            await portal.InitializeAsync();
            var result = await new ChangeRace(portal, options).RunAsync();
            foreach (var violation in result.Violations)
            {
                Console.WriteLine($"VIOLATION {violation}");
            }

            Console.WriteLine(
                $"changes: {result.Written} events told to two readers, {result.Others} of others to none, {result.Polls} polls, "
                    + $"{result.Streams} streams, {result.Repeated} answers forgotten, {options.Restarts} restarts, "
                    + $"{result.Violations.Count} violations, seed {options.Seed}, {result.Took.TotalSeconds:0} s in all");
            return result.Violations.Count == 0 ? 0 : 1;
        }
        finally
        {
            await portal.DisposeAsync();
        }
    }
}
