namespace Portal.Tests.Soak;

/// <summary><see cref="KillLoop"/> at full count, in real time to the end.</summary>
public static class KillsSoak
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        var options = new KillLoopOptions(args.Number("--count", 300), seed, args.Has("--hurry"), TimeSpan.FromMinutes(20));
        Console.WriteLine($"kills: {options.Kills}, seed {seed}");
        await using var portal = await LivePortal.StartAsync();
        var result = await new KillLoop(portal, options, SoakOutput.Since(began)).RunAsync();
        Console.WriteLine($"killed at: {Join(result.KilledAt)}");
        Console.WriteLine($"alerts: {Join(result.Alerts)}");
        var code = SoakOutput.Conclude(result.Violations, portal.App);

        Console.WriteLine(
            $"kills: {result.Kills} kills, {result.Uploads} uploads, {result.LostAnswers} answers lost, {result.AskedAgain} asked again, "
                + $"{result.TakeOverEpochs} take-overs, " +
            $"{result.SpareMuxUploads} spare Mux uploads, settled in {result.Settling.TotalSeconds:0} s, {result.Violations.Count} "
                + $"violations, seed {seed}, " +
            $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s in all");
        return code;
    }

    private static string Join(IReadOnlyDictionary<string, int> counts) =>
        string.Join(", ", counts.OrderByDescending(c => c.Value).Select(c => $"{c.Key} {c.Value}"));
}
