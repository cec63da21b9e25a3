namespace Portal.Foundation.Limits;

/// <summary>How many requests a limit has refused in a minute, or would have.</summary>
/// <param name="Key">Whose: an id, or the beginning of a keyed hash; <see cref="LimitFigures.Rest"/> for all that are not named.</param>
/// <param name="Mode">One of <see cref="LimitMode"/>: under observe they were let through.</param>
public sealed record LimitFigure(DateTimeOffset Minute, string Limit, string Key, string Mode, long Times);

/// <summary>
/// Counts in memory what limits refuse, or would have. Only a request that is over a limit comes here; what has come together is taken to
/// the database with the figures of requests. However many addresses an attack comes from, what is kept of it is bounded.
/// </summary>
public sealed class LimitFigures(TimeProvider clock)
{
    /// <summary>Keys that a process tells apart in a minute.</summary>
    public const int MostKeys = 1000;

    /// <summary>Keys that are stored by name at a time, for each limit: the most frequent.</summary>
    public const int KeysStored = 20;

    /// <summary>The key of all that are not named.</summary>
    public const string Rest = "others";

    private readonly Lock gate = new();
    private readonly HashSet<(string Limit, string Key)> seen = [];
    private Dictionary<(DateTimeOffset Minute, string Limit, string Key, string Mode), long> counts = [];
    private DateTimeOffset seenIn;

    /// <summary>True: the first of this key in this minute, in this process.</summary>
    public bool Count(string limit, string key, string mode)
    {
        var now = clock.GetUtcNow();
        var minute = now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerMinute));
        lock (gate)
        {
            if (minute != seenIn)
            {
                seen.Clear();
                seenIn = minute;
            }

            var isKnown = seen.Contains((limit, key));
            var isFirst = !isKnown && seen.Count < MostKeys && seen.Add((limit, key));
            Add((minute, limit, isKnown || isFirst ? key : Rest, mode), 1);
            return isFirst;
        }
    }

    /// <summary>Takes out what was counted since the last time.</summary>
    public IReadOnlyList<LimitFigure> Take()
    {
        Dictionary<(DateTimeOffset Minute, string Limit, string Key, string Mode), long> taken;
        lock (gate)
        {
            (taken, counts) = (counts, []);
        }

        return
        [
            .. taken.GroupBy(count => (count.Key.Minute, count.Key.Limit, count.Key.Mode)).SelectMany(group =>
            {
                var named = group.Where(count => count.Key.Key != Rest)
                    .OrderByDescending(count => count.Value).ThenBy(count => count.Key.Key, StringComparer.Ordinal).Take(KeysStored)
                    .Select(count => new LimitFigure(group.Key.Minute, group.Key.Limit, count.Key.Key, group.Key.Mode, count.Value))
                    .ToList();
                var rest = group.Sum(count => count.Value) - named.Sum(figure => figure.Times);
                return rest == 0 ? named : [.. named, new(group.Key.Minute, group.Key.Limit, Rest, group.Key.Mode, rest)];
            }),
        ];
    }

    /// <summary>They could not be stored: they go with the next.</summary>
    public void PutBack(IReadOnlyList<LimitFigure> figures)
    {
        lock (gate)
        {
            foreach (var figure in figures)
            {
                Add((figure.Minute, figure.Limit, figure.Key, figure.Mode), figure.Times);
            }
        }
    }

    private void Add((DateTimeOffset Minute, string Limit, string Key, string Mode) cell, long times) =>
        counts[cell] = counts.GetValueOrDefault(cell) + times;
}
