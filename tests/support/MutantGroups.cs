namespace Portal.Tests.Support;

/// <summary>Which mutants can be tried at once: of different areas and files, each with test classes that no other of them names. So a
/// test that fails says which of them it noticed.</summary>
public static class MutantGroups
{
    /// <param name="most">How many a group has at the most.</param>
    /// <returns>Each mutant once, in the order in which a group began.</returns>
    public static IReadOnlyList<IReadOnlyList<Mutant>> Of(IEnumerable<Mutant> mutants, int most)
    {
        var groups = new List<List<Mutant>>();
        foreach (var mutant in mutants)
        {
            if (groups.Find(group => group.Count < most && group.TrueForAll(other => AreApart(mutant, other))) is { } open)
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
