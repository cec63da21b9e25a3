using Portal.Tests.Soak.Fire;

namespace Portal.Tests.Soak;

/// <summary><see cref="EventFire"/> at full count.</summary>
public static class EventsSoak
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        var options = new EventFireOptions(
            args.Number("--events", 10_000), args.Number("--kills", 60), seed, args.Number("--rate", 10), Silences: true,
            TimeSpan.FromMinutes(30));
        Console.WriteLine($"events: {options.Events}, {options.Kills} kills, seed {seed}");
        await using var portal = await EventFire.StartPortalAsync(options);
        var result = await new EventFire(portal, options, SoakOutput.Since(began)).RunAsync();
        var code = SoakOutput.Conclude(result.Violations, portal.App);

        Console.WriteLine($"faults: {string.Join(", ", result.Faults.OrderByDescending(f => f.Value).Select(f => $"{f.Key} {f.Value}"))}");
        Console.WriteLine(
            $"events: {result.Events} events at {result.Events / result.Acting.TotalSeconds:0}/s, {result.Kills} kills, "
                + $"{result.Faults.Values.Sum()} faults, {result.LostAnswers} answers lost, "
            + $"{result.Notifications} notifications, {result.Mails} mails, {result.Skipped} not sent any more ({result.Perhaps} "
            + $"perhaps), {result.TakeOvers} take-overs, "
            + $"settled in {result.Settling.TotalSeconds:0} s, {result.Violations.Count} violations, seed {seed}, "
            + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s in all");
        return code;
    }
}
