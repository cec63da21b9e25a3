namespace Portal.Foundation.Timers;

/// <summary>What a run of a timer found and did, by name. All zero: there was nothing to do.</summary>
public sealed class RunCounts
{
    private readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> Values => counts;

    public bool IsIdle => counts.Values.All(count => count == 0);

    public static RunCounts Of(string name, long count) => new RunCounts().Add(name, count);

    public RunCounts Add(string name, long count)
    {
        counts[name] = counts.GetValueOrDefault(name) + count;
        return this;
    }
}
