using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portal.Foundation.Alerts;
using Portal.Foundation.Db;

namespace Portal.Foundation.Timers;

/// <summary>A run of a timer. <paramref name="EndedAt"/> is null while it runs, and for ever when its process died.</summary>
/// <param name="Counts">JSON object, name to number.</param>
public sealed record TimerRun(string Timer, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string Counts, string? Error);

/// <summary>
/// Records what timers did: every timer function does its work through <see cref="RunAsync"/>. One that fails raises the alert
/// timer_failed and fails on, so that the host knows it too.
/// </summary>
public sealed partial class TimerRunStore(PortalDb db, AlertStore alerts, TimeProvider clock, ILogger<TimerRunStore> logger)
{
    private const string Columns = "r.timer, r.started_at, r.ended_at, r.counts::text as counts, r.error";

    public async Task RunAsync(string timer, Func<CancellationToken, Task<RunCounts>> work, CancellationToken ct)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        await db.AcrossTenantsAsync(tx => tx.ExecuteAsync(
            "insert into portal.timer_runs (id, timer, started_at) values (@id, @timer, @now)",
            new { id, timer, now = clock.GetUtcNow() }), ct);
        try
        {
            var counts = await work(ct);
            await EndAsync(id, timer, counts, null);
        }
        catch (Exception e) when (!(e is OperationCanceledException && ct.IsCancellationRequested))
        {
            await FailAsync(id, timer, e);
            throw;
        }
        catch (OperationCanceledException)
        {
            await EndAsync(id, timer, new RunCounts(), "Cut short: the app was stopping. The next run goes on.");
            throw;
        }
    }

    /// <summary>The last runs of each timer, newest first, and the last that failed where it is not among them.</summary>
    public async Task<ILookup<string, TimerRun>> LastAsync(IReadOnlyCollection<string> timers, int runs, CancellationToken ct) =>
        (await db.AcrossTenantsAsync(tx => tx.QueryAsync<TimerRun>($"""
            select {Columns} from unnest(@timers) as t (timer)
             cross join lateral (
                   (select l.* from portal.timer_runs l where l.timer = t.timer order by l.started_at desc, l.id desc limit @runs)
                   union
                   (select f.* from portal.timer_runs f where f.timer = t.timer and f.error is not null order by f.started_at desc,
                   f.id desc limit 1)) r
             order by r.timer, r.started_at desc, r.id desc
            """, new { timers = timers.ToArray(), runs }), ct)).ToLookup(run => run.Timer, StringComparer.Ordinal);

    /// <summary>Forgets runs from before then. How many.</summary>
    public Task<int> PruneAsync(DateTimeOffset before, int limit, CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
        delete from portal.timer_runs where id in (select id from portal.timer_runs where started_at < @before and not idle
        order by started_at limit @limit)
        """, new { before, limit }), ct);

    // Not with the run's own token: what it came to is recorded also when it was told to stop.
    private Task<int> EndAsync(Guid id, string timer, RunCounts counts, string? error) => db.AcrossTenantsAsync(async tx =>
    {
        var idle = error is null && counts.IsIdle;
        if (idle)
        {
            await tx.ExecuteAsync("delete from portal.timer_runs where timer = @timer and idle", new { timer });
        }

        return await tx.ExecuteAsync("""
            update portal.timer_runs set ended_at = @now, counts = @counts::jsonb, error = left(@error, 1000), idle = @idle where id = @id
            """, new { id, now = clock.GetUtcNow(), counts = JsonSerializer.Serialize(counts.Values), error, idle });
    }, CancellationToken.None);

    private async Task FailAsync(Guid id, string timer, Exception e)
    {
        try
        {
            await EndAsync(id, timer, new RunCounts(), $"{e.GetType().Name}: {e.Message}");
            await alerts.AddAsync(
                new(AlertKind.TimerFailed, timer, $"Timer {timer} failed: {Why(e)}.", new { timer }), CancellationToken.None);
        }
        catch (Exception other) when (PostgresFault.IsPassing(other))
        {
            // Most likely why the work failed, too: the run stays without an end, and the host logs the failure.
            Log.NotRecorded(logger, other, timer);
        }
    }

    /// <summary>A database that is slow or away is most often the cause, and then many timers say so.</summary>
    private static string Why(Exception e) => e is NpgsqlException && PostgresFault.IsPassing(e)
        ? "the database did not answer in time, or went away"
        : e.GetType().Name;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The end of a run of timer {Timer} could not be recorded")]
        public static partial void NotRecorded(ILogger logger, Exception e, string timer);
    }
}
