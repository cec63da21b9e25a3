namespace Portal.Tests.Soak.Erasures;

/// <summary><see cref="EraseLoop"/> at full count.</summary>
public static class ErasuresSoak
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        var options = new EraseLoopOptions(
            args.Number("--kills", 100), seed, args.Number("--tenant-every", 5), TimeSpan.FromMinutes(10));
        Console.WriteLine($"erasures: {options.Kills} kills, seed {seed}");
        await using var portal = await EraseLoop.StartPortalAsync(options);
        var result = await new EraseLoop(portal, options, SoakOutput.Since(began)).RunAsync();
        var code = SoakOutput.Conclude(result.Violations, portal.App);

        var killedAt = result.KilledAt.OrderByDescending(c => c.Value).Select(c => $"{c.Key} {c.Value}");
        Console.WriteLine($"killed at: {string.Join(", ", killedAt)}");
        Console.WriteLine(
            $"erasures: {result.Kills} kills, {result.Asked} erasures, {result.Tenants} of them of tenants, "
                + $"{result.LostAnswers} answers lost, {result.TakeOvers} take-overs, settled in {result.Settling.TotalSeconds:0} s, "
                + $"{result.Violations.Count} violations, seed {seed}, "
                + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s in all");
        return code;
    }
}
