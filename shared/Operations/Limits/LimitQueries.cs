using Microsoft.Extensions.Options;
using Portal.Foundation;
using Portal.Foundation.Limits;

namespace Portal.Operations.Limits;

/// <summary>A limit as it is set now, with what it did.</summary>
/// <param name="Top">The keys that were over it most often in the last day.</param>
public sealed record LimitLook(
    string Name, int Number, TimeSpan Window, string Mode, LimitCounts Counts, IReadOnlyList<LimitedKey> Top);

/// <summary>What on-call reads of limits.</summary>
public sealed class LimitQueries : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly LimitFigureStore store;
    private readonly IOptions<LimitOptions> options;
    private readonly Recent<IReadOnlyList<LimitLook>> recent;

    public LimitQueries(LimitFigureStore store, IOptions<LimitOptions> options, TimeProvider clock) =>
        (this.store, this.options, recent) = (store, options, new(OverviewRead.Fresh, clock, AllAsync));

    /// <summary>All limits that settings name, in their order.</summary>
    public async Task<IReadOnlyList<LimitLook>> AllAsync(CancellationToken ct)
    {
        var counts = (await store.CountsAsync(ct)).ToDictionary(count => count.Limit);
        var top = (await store.TopKeysAsync(ct)).ToLookup(key => key.Limit);
        return
        [
            .. LimitName.All.Select(name => new LimitLook(
                name, NumberOf(options.Value, name), name == LimitName.Uploads ? TimeSpan.FromDays(1) : Minute, options.Value.ModeOf(name),
                counts.GetValueOrDefault(name) ?? new(name, 0, 0, 0, 0), [.. top[name]])),
        ];
    }

    /// <inheritdoc cref="OverviewRead.Fresh"/>
    public ValueTask<IReadOnlyList<LimitLook>> RecentAsync(CancellationToken ct) => recent.ReadAsync(ct);

    public void Dispose() => recent.Dispose();

    private static int NumberOf(LimitOptions limits, string name) => name switch
    {
        LimitName.User => limits.UserPerMinute,
        LimitName.Tenant => limits.TenantPerMinute,
        LimitName.Playback => limits.PlaybacksPerMinute,
        LimitName.Uploads => limits.UploadsPerDay,
        LimitName.AuditReads => limits.AuditReadsPerMinute,
        LimitName.FailedAttempts => limits.FailedAttemptsPerMinute,
        _ => throw new InvalidOperationException($"A limit without a number: {name}."),
    };
}
