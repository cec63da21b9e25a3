using Portal.Foundation.Faults;

namespace Portal.Foundation.Outages;

/// <summary>
/// What this instance knows of outages: read again when it is a few seconds old, so that a switch works everywhere within those, and costs
/// a request nothing. The rows are the truth; while they cannot be read, what needs them is not available.
/// </summary>
public sealed class KnownOutages(OutageQuery query, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);

    private readonly Recent<OutageState> latest = new(Fresh, clock, query.ReadAsync);

    public ValueTask<OutageState> ReadAsync(CancellationToken ct) => latest.ReadAsync(ct);

    /// <summary>The switch that keeps the feature off, as a caller is told of it; null: it works.</summary>
    public async ValueTask<Refusal.FeatureOff?> FindAsync(string feature, CancellationToken ct)
    {
        var outages = await ReadAsync(ct);
        var now = clock.GetUtcNow();
        return outages.Find(feature, now) is { } off ? OutageState.Refuse(feature, off, now) : null;
    }

    /// <summary>This instance has changed something: it reads anew.</summary>
    public void Forget() => latest.Forget();

    public void Dispose() => latest.Dispose();
}
