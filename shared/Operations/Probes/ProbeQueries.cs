using Portal.Foundation;

namespace Portal.Operations.Probes;

/// <summary>What on-call sees of the probe.</summary>
/// <param name="ShareLinkId">Null: off.</param>
/// <param name="Runs">Of the last hour, the newest first.</param>
public sealed record ProbeLook(Guid? ShareLinkId, IReadOnlyList<ProbeRun> Runs)
{
    public int Ended => Runs.Count(run => run.Outcome is not null);

    public int Good => Runs.Count(run => run.IsGood);

    /// <summary>The last that has ended; null: none has in the last hour.</summary>
    public ProbeRun? Last => Runs.FirstOrDefault(run => run.Outcome is not null);
}

/// <summary>Reads for on-call what the probe came to.</summary>
public sealed class ProbeQueries : IDisposable
{
    private readonly ProbeGuest guest;
    private readonly ProbeStore store;
    private readonly TimeProvider clock;
    private readonly Recent<ProbeLook> recent;

    public ProbeQueries(ProbeGuest guest, ProbeStore store, TimeProvider clock) =>
        (this.guest, this.store, this.clock, recent) = (guest, store, clock, new(OverviewRead.Fresh, clock, ReadAsync));

    public async Task<ProbeLook> ReadAsync(CancellationToken ct) =>
        new(guest.Link?.Value, await store.LastHourAsync(clock.GetUtcNow(), ct));

    /// <inheritdoc cref="OverviewRead.Fresh"/>
    public ValueTask<ProbeLook> RecentAsync(CancellationToken ct) => recent.ReadAsync(ct);

    public void Dispose() => recent.Dispose();
}
