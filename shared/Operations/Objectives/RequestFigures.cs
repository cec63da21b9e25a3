using System.Collections.Concurrent;
using Portal.Foundation.Telemetry;

namespace Portal.Operations.Objectives;

/// <summary>How many requests a function has answered in a minute, by outcome and time taken.</summary>
/// <param name="UnderMs">One of <see cref="RequestFigures.Bounds"/>: the answer took less.</param>
public sealed record RequestFigure(DateTimeOffset Minute, string Function, string Outcome, int UnderMs, long Requests);

/// <summary>What became of a request.</summary>
public static class RequestOutcome
{
    /// <summary>2xx, 3xx.</summary>
    public const string Ok = "ok";

    /// <summary>4xx: the caller's doing.</summary>
    public const string Refused = "refused";

    /// <summary>5xx: ours.</summary>
    public const string Failed = "failed";

    public static IReadOnlyList<string> All { get; } = [Ok, Refused, Failed];

    /// <summary>Its place among <see cref="All"/>.</summary>
    public static int PlaceOf(int status) => status >= 500 ? 2 : status >= 400 ? 1 : 0;
}

/// <summary>
/// Counts requests in memory. What a request pays is a look-up and an interlocked increment;
/// <see cref="FlushRequestFigures"/> takes what
/// has come together to the database. A minute is that in which the answer began, to the millisecond, whenever it is flushed.
/// </summary>
public sealed class RequestFigures(TimeProvider clock)
{
    /// <summary>Figures that could not be stored for so many minutes are given up; until then an objective is measured again.</summary>
    public const int LongestDelay = 360;

    /// <summary>Upper bounds in milliseconds, each excluded; the last has none.</summary>
    public static readonly IReadOnlyList<int> Bounds = [25, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000, 60_000, int.MaxValue];

    private readonly ConcurrentDictionary<long, FigureMinute> minutes = [];
    private FigureMinute latest = new(0);
    private long givenUp;

    public void Count(string function, int status, TimeSpan took)
    {
        var minute = clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerMinute;
        var counted = Volatile.Read(ref latest);
        if (counted.Minute != minute)
        {
            counted = Begin(minute);
        }

        var outcome = RequestOutcome.PlaceOf(status);
        Interlocked.Increment(ref counted.Of(function)[Cell(outcome, took)]);
        PortalMetrics.Request(function, RequestOutcome.All[outcome], took);
    }

    /// <summary>Takes out what was counted since the last time.</summary>
    /// <returns>Figures, and how many requests have become too old to be stored.</returns>
    public (IReadOnlyList<RequestFigure> Figures, long GivenUp) Take()
    {
        var now = clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerMinute;
        LetGo(now);
        var figures = new List<RequestFigure>();
        foreach (var (minute, counted) in minutes)
        {
            // Who had hold of the minute when it ended has had a minute to add to it by the time that it goes.
            if (minute < now - 1)
            {
                minutes.TryRemove(minute, out _);
            }

            figures.AddRange(counted.Take());
        }

        return (figures, Interlocked.Exchange(ref givenUp, 0));
    }

    private FigureMinute Begin(long minute)
    {
        LetGo(minute);
        var begun = minutes.GetOrAdd(minute, at => new(at));
        Volatile.Write(ref latest, begun);
        return begun;
    }

    /// <summary>However long the database is away, no more than <see cref="LongestDelay"/> minutes are kept.</summary>
    private void LetGo(long now)
    {
        foreach (var minute in minutes.Keys.Where(minute => minute < now - LongestDelay))
        {
            if (minutes.TryRemove(minute, out var old))
            {
                Interlocked.Add(ref givenUp, old.Take().Sum(figure => figure.Requests));
            }
        }
    }

    private static int Cell(int outcome, TimeSpan took)
    {
        var bound = 0;
        while (bound < Bounds.Count - 1 && took.Ticks >= Bounds[bound] * TimeSpan.TicksPerMillisecond)
        {
            bound++;
        }

        return (outcome * Bounds.Count) + bound;
    }

    private sealed class FigureMinute(long minute)
    {
        private readonly ConcurrentDictionary<string, long[]> functions = new(StringComparer.Ordinal);

        public long Minute => minute;

        public long[] Of(string function) => functions.TryGetValue(function, out var cells)
            ? cells
            : functions.GetOrAdd(function, _ => new long[RequestOutcome.All.Count * Bounds.Count]);

        public IEnumerable<RequestFigure> Take()
        {
            var at = new DateTimeOffset(minute * TimeSpan.TicksPerMinute, TimeSpan.Zero);
            foreach (var (function, cells) in functions)
            {
                for (var cell = 0; cell < cells.Length; cell++)
                {
                    if (Interlocked.Exchange(ref cells[cell], 0) is > 0 and var requests)
                    {
                        yield return new(at, function, RequestOutcome.All[cell / Bounds.Count], Bounds[cell % Bounds.Count], requests);
                    }
                }
            }
        }
    }
}
