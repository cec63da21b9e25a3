using System.Globalization;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Mutants;

/// <summary>
/// Applies the mutants of tests/mutants to a copy of the checkout, one at a time or a few together, and runs the tests that each names,
/// which first have to pass without it.
/// </summary>
public static class MutantsSoak
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        var chosen = Choose(args, seed);
        await using var copy = await MutantCopy.MakeAsync(Checkout.Require(), args.Text("--copy"));
        Console.WriteLine($"mutants: {chosen.Count}, seed {seed}; the copy is built after {Seconds(began)}");
        await copy.RunUnchangedAsync(chosen);
        Console.WriteLine($"mutants: the tests they name ran unchanged after {Seconds(began)}");
        var (killed, at) = (0, 0);
        foreach (var group in MutantGroups.Of(chosen, args.Number("--together", 1), copy.ChangesConstant))
        {
            var started = TimeProvider.System.GetTimestamp();
            var noticed = group.Count > 1 ? await copy.TryTogetherAsync(group) : [];
            foreach (var mutant in group)
            {
                var verdict = noticed.TryGetValue(mutant, out var test)
                    ? new(MutantOutcome.Killed, $"{test}, beside others")
                    : await copy.TryAsync(mutant, args.Has("--area"));
                killed += verdict.Outcome == MutantOutcome.Killed ? 1 : 0;
                Console.WriteLine($"{++at,4}/{chosen.Count} {Word(verdict.Outcome)} {mutant.Name}: {verdict.By} ({Seconds(started)})");
            }
        }

        Console.WriteLine($"mutants: {killed} of {chosen.Count} killed, seed {seed}, {Seconds(began)} in all");
        return killed == chosen.Count ? 0 : 1;
    }

    private static List<Mutant> Choose(SoakArguments args, int seed)
    {
        var all = Mutant.All().Where(mutant => mutant.Equivalent is null);
        if (args.Text("--only") is { } parts)
        {
            var any = parts.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var areas = Mutant.All().Select(mutant => mutant.Area).ToHashSet();
            all = all.Where(mutant => any.Any(
                part => areas.Contains(part) ? mutant.Area == part : mutant.Name.Contains(part, StringComparison.Ordinal)));
        }

        var chosen = all.ToArray();
        if (args.Has("--sample"))
        {
            new Random(seed).Shuffle(chosen);
            chosen = [.. chosen.Take(args.Number("--sample", chosen.Length))];
        }

        return [.. chosen];
    }

    private static string Word(MutantOutcome outcome) => outcome switch
    {
        MutantOutcome.Killed => "killed  ",
        MutantOutcome.Survived => "SURVIVED",
        _ => "REFUSED ",
    };

    private static string Seconds(long since) =>
        string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(since).TotalSeconds:0} s");
}
