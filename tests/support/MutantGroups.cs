namespace Portal.Tests.Support;

/// <summary>Which mutants can be tried at once: of different areas and files, each with test classes that no other of them names. So a
/// test that fails says which of them it noticed.</summary>
public static class MutantGroups
{
    /// <param name="most">How many a group has at the most.</param>
    /// <param name="isDear">Those for which everything has to be built anew: they come with their like, so that fewer groups are.</param>
    /// <returns>Each mutant once, in the order in which a group began.</returns>
    public static IReadOnlyList<IReadOnlyList<Mutant>> Of(IReadOnlyCollection<Mutant> mutants, int most, Func<Mutant, bool> isDear)
    {
        var groups = new List<List<Mutant>>();
        var dear = mutants.Where(isDear).ToHashSet();
        foreach (var mutant in mutants)
        {
            bool Takes(Mutant other) => dear.Contains(mutant) == dear.Contains(other) && AreApart(mutant, other);
            if (groups.Find(group => group.Count < most && group.TrueForAll(Takes)) is { } open)
            {
                open.Add(mutant);
            }
            else
            {
                groups.Add([mutant]);
            }
        }

        return groups;
    }

    private static bool AreApart(Mutant one, Mutant other) =>
        one.Area != other.Area && one.File != other.File
        && !one.Tests.Any(test => other.Tests.Any(its => Overlap(test.Class, its.Class)));

    private static bool Overlap(string one, string other) =>
        one.Contains(other, StringComparison.Ordinal) || other.Contains(one, StringComparison.Ordinal);
}
