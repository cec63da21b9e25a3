using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Soak;

/// <summary><see cref="FuzzRun"/> at full count.</summary>
public static class FuzzSoak
{
    private const int TellEvery = 2000;

    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        var count = args.Number("--count", 20_000);
        Console.WriteLine($"fuzz: {count} requests, seed {seed}");
        var portal = new TestPortal { Overrides = SampleWorld.NoLimits };
        try
        {
            await portal.InitializeAsync();
            var world = new SampleWorld(portal);
            await world.AddPeopleAsync();
            var result = await new FuzzRun(world, seed).RunAsync(count, sent =>
            {
                if (sent % TellEvery == 0)
                {
                    Console.WriteLine($"{TimeProvider.System.GetElapsedTime(began).TotalSeconds,7:0.0} s  {sent}");
                }
            });
            foreach (var violation in result.Violations)
            {
                Console.WriteLine($"VIOLATION {violation}");
            }

            Console.WriteLine($"answers: {string.Join(", ", result.Statuses.OrderBy(s => s.Key).Select(s => $"{s.Key}: {s.Value}"))}");
            Console.WriteLine(
                $"fuzz: {result.Sent} sent, {result.Violations.Count} violations, seed {seed}, "
                    + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s in all");
            return result.Violations.Count == 0 ? 0 : 1;
        }
        finally
        {
            await portal.DisposeAsync();
        }
    }
}
