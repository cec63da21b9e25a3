namespace Portal.Operations.Objectives;

/// <summary>An objective as it stands.</summary>
/// <param name="Budget">Good of all in the window of its budget.</param>
/// <param name="Windows">Likewise in each of <see cref="BurnRates.Windows"/>.</param>
/// <param name="History">The window of its budget in parts, the oldest first.</param>
public sealed record ObjectiveLook(
    ServiceObjective Objective, GoodOf Budget, IReadOnlyDictionary<BurnWindow, GoodOf> Windows, IReadOnlyList<ObjectivePoint> History)
{
    public BurnVerdict Verdict => BurnRates.Judge(Objective, Windows);

    public decimal BurnRate(BurnWindow window) => Objective.BurnRate(Windows[window], window.Length);
}

/// <summary>Reads for on-call how the objectives stand, as of the last minute that was measured.</summary>
public sealed class ObjectiveQueries(ObjectiveStore store, TimeProvider clock)
{
    /// <summary>Of a point of the history: there are 120 at most of each objective.</summary>
    public const int PointHours = 6;

    private Looked? latest;

    /// <summary>What was read is kept until the next minute is measured: the page for people on call asks every five seconds.</summary>
    public async Task<(DateTimeOffset Until, IReadOnlyList<ObjectiveLook> Objectives)> AllAsync(CancellationToken ct)
    {
        var measured = await store.MeasuredAsync(ct);
        if (measured is not null && latest is { } known && known.Until == measured)
        {
            return (known.Until, known.Objectives);
        }

        var until = measured ?? WatchObjectives.Minute(clock.GetUtcNow());
        var windows = await store.WindowsAsync(until, ct);
        var history = (await store.HistoryAsync(until, PointHours, ct)).ToLookup(point => point.Objective);
        IReadOnlyList<ObjectiveLook> looks =
        [
            .. ServiceObjectives.All.Select(objective => new ObjectiveLook(
                objective,
                new(history[objective.Name].Sum(point => point.Good), history[objective.Name].Sum(point => point.Total)),
                windows[objective.Name], [.. history[objective.Name]])),
        ];
        latest = measured is null ? null : new(until, looks);
        return (until, looks);
    }

    private sealed record Looked(DateTimeOffset Until, IReadOnlyList<ObjectiveLook> Objectives);
}
