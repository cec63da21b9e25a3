using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.Runtime.Timers;

/// <summary>
/// Runs timers on schedule, each occurrence in one process only.
///
/// The protocol. Every timer has a row with its next due time. A process waits until then and takes the lease by an update that names
/// the row as it read it, so of several processes one wins. It renews the lease while the function runs (no overlap, however long that
/// takes) and at the end writes the next due time, counted from when the run began: occurrences missed during the run or during
/// downtime collapse into one. A process that dies leaves its lease behind; another one takes over once the lease has run out and is
/// still unchanged a grace later, because after a laptop has slept the owner may be alive and about to renew. A function that fails
/// has run; one that is cut short by a stop stays due. Waiting for others, unlike waiting for the schedule, is in real time.
/// </summary>
internal sealed partial class TimerRunner(
    IReadOnlyList<FunctionEntry> timers,
    TimerStore store,
    Func<FunctionEntry, TimerInfo, CancellationToken, Task> run,
    TimeProvider clock,
    ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TakeOverGrace = RenewEvery + TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Reconcile = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource cutting = new();
    private readonly ConcurrentBag<Task> loops = [];

    /// <summary>Migrates, makes sure of every row, then starts waiting; a clock moved after this returns is noticed.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await store.MigrateAsync(ct);
        foreach (var timer in timers)
        {
            var startedAt = clock.GetUtcNow();
            var face = timer.Timer!;
            var row = await store.EnsureAsync(timer.Name, face.Schedule.ToString(), face.Schedule.Next(startedAt), startedAt, ct);
            if (row.NextDue < startedAt && !face.UseMonitor)
            {
                await store.SkipAsync(timer.Name, row, face.Schedule.Next(startedAt), startedAt, ct);
            }

            Log.Scheduled(logger, timer.Name, face.Schedule, row.NextDue);
            loops.Add(Task.Run(() => LoopAsync(timer, startedAt), CancellationToken.None));
        }
    }

    /// <summary>Takes no new run; lets running ones finish until <paramref name="limit"/> is cancelled, then cancels their
    /// tokens.</summary>
    public async Task StopAsync(CancellationToken limit)
    {
        await stopping.CancelAsync();
        await using var cut = limit.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), cutting);
        await Task.WhenAll(loops);
    }

    public async ValueTask DisposeAsync()
    {
        stopping.Dispose();
        cutting.Dispose();
        await store.DisposeAsync();
    }

    private async Task LoopAsync(FunctionEntry timer, DateTimeOffset startedAt)
    {
        var runOnStartup = timer.Timer!.RunOnStartup;
        (DateTimeOffset Lease, long Since)? overdue = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var row = await store.ReadAsync(timer.Name, stopping.Token);
                var now = clock.GetUtcNow();
                overdue = row.LeaseLeft <= TimeSpan.Zero && row.LeaseUntil is { } over
                    ? overdue is { } known && known.Lease == over ? known : (over, TimeProvider.System.GetTimestamp())
                    : null;
                if (row.LeaseUntil is not null
                    && (overdue is null || TimeProvider.System.GetElapsedTime(overdue.Value.Since) < TakeOverGrace))
                {
                    await Task.Delay(Reconcile, TimeProvider.System, stopping.Token);
                }
                else if (row.NextDue > now && !runOnStartup)
                {
                    await ClockWait.UntilAsync(clock, row.NextDue, stopping.Token);
                }
                else if (await store.ClaimAsync(timer.Name, row, Lease, stopping.Token) is { } claimed)
                {
                    runOnStartup = false;
                    await RunClaimedAsync(timer, claimed, now, startedAt);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception outage) when (outage is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException
                or IOException)
            {
                Log.Unreachable(logger, timer.Name, outage);
                await Task.Delay(
                    RetryAfterFailure, TimeProvider.System, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunClaimedAsync(FunctionEntry timer, TimerRow row, DateTimeOffset now, DateTimeOffset startedAt)
    {
        var schedule = timer.Timer!.Schedule;
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cutting.Token);
        using var done = new CancellationTokenSource();
        var renewing = RenewAsync(timer, lost.CancelAsync, done.Token);
        var cutShort = false;
        try
        {
            await run(timer, InfoOf(timer, row, now, startedAt), lost.Token);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            cutShort = true;
            Log.CutShort(logger, timer.Name);
        }
        catch (Exception)
        {
            // Logged where functions are run; a failed run does not stop the schedule.
            cutShort = cutting.IsCancellationRequested;
        }

        await done.CancelAsync();
        await renewing;
        var kept = cutShort
            ? await store.ReleaseAsync(timer.Name, CancellationToken.None)
            : await store.FinishAsync(timer.Name, now, schedule.Next(now), CancellationToken.None);
        if (!kept)
        {
            Log.LeaseLost(logger, timer.Name);
        }
    }

    private async Task RenewAsync(FunctionEntry timer, Func<Task> lost, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(RenewEvery, TimeProvider.System, done);
                if (!await store.RenewAsync(timer.Name, Lease, done))
                {
                    Log.LeaseLost(logger, timer.Name);
                    await lost();
                    return;
                }
            }
            catch (OperationCanceledException) when (done.IsCancellationRequested)
            {
                return;
            }
            catch (Exception outage) when (outage is NpgsqlException or TimeoutException)
            {
                // Tried again at the next beat; if the outage lasts, the lease runs out and the run above loses it.
                Log.Unreachable(logger, timer.Name, outage);
            }
        }
    }

    // Past due: missed while no process was up, or so late that the next occurrence is due as well.
    private static TimerInfo InfoOf(FunctionEntry timer, TimerRow row, DateTimeOffset now, DateTimeOffset startedAt)
    {
        var face = timer.Timer!;
        return new TimerInfo
        {
            IsPastDue = row.NextDue < startedAt || face.Schedule.Next(row.NextDue) <= now,
            ScheduleStatus = face.UseMonitor
                ? new ScheduleStatus
                {
                    Last = row.LastRun?.UtcDateTime ?? default,
                    Next = row.NextDue.UtcDateTime,
                    LastUpdated = row.UpdatedAt.UtcDateTime,
                }
                : null,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Timer {Timer} ({Schedule}) is due next at {Next:u}")]
        public static partial void Scheduled(ILogger logger, string timer, TimerSchedule schedule, DateTimeOffset next);

        [LoggerMessage(LogLevel.Warning, "Timer {Timer} was cut short and stays due")]
        public static partial void CutShort(ILogger logger, string timer);

        [LoggerMessage(LogLevel.Warning, "Timer {Timer} lost its lease to another process while it ran")]
        public static partial void LeaseLost(ILogger logger, string timer);

        [LoggerMessage(LogLevel.Warning, "Timer {Timer}: its row cannot be reached, trying again")]
        public static partial void Unreachable(ILogger logger, string timer, Exception cause);
    }
}
