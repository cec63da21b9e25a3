using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portal.Foundation.Db;

namespace Portal.Foundation.Limits;

/// <summary>Whether one more is allowed, and if not, when to come back.</summary>
/// <param name="RetryAfter">Seconds until the window ends.</param>
/// <param name="Hits">Which of the window's it is, this one included.</param>
public sealed record Hit(bool Allowed, int RetryAfter, int Hits);

/// <summary>
/// "At most N per window", counted in Postgres so that all workers share it. Windows are fixed and aligned to the clock
/// (a day window starts at 00:00 UTC); that of playback requests slides.
/// </summary>
public sealed partial class RateLimitStore(
    PortalDb db, IOptions<LimitOptions> options, LimitRefusals refusals, TimeProvider clock, ILogger<RateLimitStore> logger)
{
    /// <summary>Uploads a user may create in a day, unless settings say otherwise (docs/flows/upload-to-ready.md).</summary>
    public const int UploadsPerDay = 20;

    /// <summary>Playback and share requests from one address in a minute, unless settings say otherwise
    /// (docs/flows/share-link-opened.md).</summary>
    public const int PlaybacksPerMinute = 100;

    private const string Take = "select allowed, retry_after, hits from portal.take_hit(@key, @now, @window, @limit)";

    public LimitOptions Limits => options.Value;

    public Task<Hit> TakeAsync(string key, TimeSpan window, int limit, CancellationToken ct) =>
        db.AskAsync<Hit>(Take, new { key, now = clock.GetUtcNow(), window, limit }, ct);

    /// <summary>
    /// A share, guest or playback request of an address: all are one bucket, over any minute. The database functions that guests ask take
    /// theirs themselves.
    /// </summary>
    public async Task<Hit> TakePlaybackAsync(Requester requester, CancellationToken ct) => Judge(
        LimitName.Playback, requester.ShownHash, await db.AskAsync<Hit>(
            "select allowed, retry_after, hits from portal.take_playback_hit(@IpHash, @now, @limit)",
            new { requester.IpHash, now = clock.GetUtcNow(), limit = Limits.PlaybacksPerMinute }, ct));

    /// <summary>Counts with the transaction: what is rolled back is not counted. Take it last, the row is held until the commit.</summary>
    public Task<Hit> TakeAsync(Tx tx, string key, TimeSpan window, int limit) =>
        tx.GetAsync<Hit>(Take, new { key, now = clock.GetUtcNow(), window, limit });

    /// <inheritdoc cref="LimitRefusals.Judge"/>
    public Hit Judge(string limit, string key, Hit hit) => refusals.Judge(limit, key, hit);

    /// <inheritdoc cref="LimitRefusals.Refuses"/>
    public bool Refuses(string limit, string key) => refusals.Refuses(limit, key);

    /// <summary>Forgets windows that are over. How many.</summary>
    public async Task<int> PruneAsync(CancellationToken ct)
    {
        var gone = await db.AcrossTenantsAsync(
            tx => tx.ExecuteAsync(
                "delete from portal.rate_windows where window_end < @before", new { before = clock.GetUtcNow().AddMinutes(-1) }), ct);
        Log.Pruned(logger, gone);
        return gone;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} rate windows pruned")]
        public static partial void Pruned(ILogger logger, int count);
    }
}
