using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations.Page;

/// <summary>
/// Where moments stand on a timeline, in percent. Calls take milliseconds and waits a quarter of an hour: drawn to scale the calls would
/// vanish. So each stretch between two moments gets room by the logarithm of its length; the lengths themselves stand beside the bars in
/// words.
/// </summary>
internal sealed class TimeScale
{
    private const double Floor = 0.35;
    private readonly List<DateTimeOffset> moments;
    private readonly List<double> places = [0];

    public TimeScale(IEnumerable<TimelineEntry> entries, DateTimeOffset now)
    {
        moments = [.. entries.SelectMany(e => new[] { e.Start, e.End ?? e.Due ?? now }).Order().Distinct()];
        for (var i = 1; i < moments.Count; i++)
        {
            places.Add(places[^1] + Floor + Math.Log2(1 + (moments[i] - moments[i - 1]).TotalSeconds));
        }
    }

    public double Of(DateTimeOffset time)
    {
        var i = moments.BinarySearch(time);
        if (i >= 0 || places[^1] == 0)
        {
            return i <= 0 ? 0 : places[i] / places[^1] * 100;
        }

        // Between two moments (the present, mostly): its share of the stretch.
        var after = ~i;
        if (after == 0 || after == moments.Count)
        {
            return after == 0 ? 0 : 100;
        }

        var share = (time - moments[after - 1]) / (moments[after] - moments[after - 1]);
        return (places[after - 1] + (share * (places[after] - places[after - 1]))) / places[^1] * 100;
    }
}
