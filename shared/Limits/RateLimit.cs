using Portal.Db;

namespace Portal.Limits;

/// <summary>Whether one more is allowed, and if not, when to come back.</summary>
/// <param name="RetryAfter">Seconds until the window ends.</param>
public sealed record Hit(bool Allowed, int RetryAfter);

/// <summary>
/// "At most N per window", counted in Postgres so that all workers share it. Windows are fixed and aligned to the clock
/// (a day window starts at 00:00 UTC).
/// </summary>
public sealed class RateLimit(PortalDb db, TimeProvider clock)
{
    /// <summary>Uploads a user may create in a day (docs/flows/upload-to-ready.md).</summary>
    public const int UploadsPerDay = 20;

    /// <summary>Playback and share requests from one address in a minute (docs/flows/share-link-opened.md).</summary>
    public const int PlaybacksPerMinute = 100;

    private const string Take = "select allowed, retry_after from portal.take_hit(@key, @now, @window, @limit)";

    public Task<Hit> TakeAsync(string key, TimeSpan window, int limit, CancellationToken ct) =>
        db.AskAsync<Hit>(Take, new { key, now = clock.GetUtcNow(), window, limit }, ct);

    /// <summary>Counts with the transaction: what is rolled back is not counted. Take it last, the row is held until the commit.</summary>
    public Task<Hit> TakeAsync(Tx tx, string key, TimeSpan window, int limit) =>
        tx.GetAsync<Hit>(Take, new { key, now = clock.GetUtcNow(), window, limit });
}
