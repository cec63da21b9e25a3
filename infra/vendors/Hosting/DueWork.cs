using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.LocalVendors.Hosting;

internal sealed record DueRow(long Id, string Kind, string Subject, int Attempts);

/// <summary>Does one piece of due work inside the claim's transaction. Null: done, the row goes. A time: due again then.</summary>
internal delegate Task<DateTimeOffset?> DueHandler(
    DueRow row, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct);

/// <summary>
/// Runs the rows of <c>vendors.due_work</c> of one vendor when they fall due by the given clock.
/// </summary>
/// <remarks>
/// One loop claims rows until none is due, then sleeps until a signal (somebody committed new work), the timer of the next due
/// row, or a slow safety poll in real time (work committed by another process). Claimed rows run side by side, each in its own
/// transaction. A round that began with nothing running and found nothing due proves idleness, which is what tests wait for; it holds
/// until the next signal or the next due row.
/// </remarks>
internal sealed partial class DueWork(string vendor, NpgsqlDataSource data, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private const int MaxParallel = 6;
    private static readonly TimeSpan SafetyPoll = TimeSpan.FromSeconds(5);

    // Timers take no more than seven weeks.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Dictionary<string, (DueHandler Handler, Func<bool> CanRun)> handlers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly SemaphoreSlim slots = new(MaxParallel, MaxParallel);
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private List<TaskCompletionSource> idleWaiters = [];

    // Nothing runs, and nothing that this process knows of is due before then. Null: not known.
    private DateTime? idleUntil;
    private ITimer? timer;
    private Task? loop;
    private int running;
    private long begun;
    private bool disposed;

    /// <summary>How many pieces of work were begun.</summary>
    public long Begun => Volatile.Read(ref begun);

    /// <summary>Names who does a kind of work. While <paramref name="canRun"/> says no, its rows are left for another process or for
    /// later.</summary>
    public void On(string kind, DueHandler handler, Func<bool>? canRun = null) => handlers[kind] = (handler, canRun ?? (() => true));

    public void Start()
    {
        timer = clock.CreateTimer(_ => Signal(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        loop = Task.Run(RunAsync);
    }

    /// <summary>Adds work inside the caller's transaction; call <see cref="Signal"/> after the commit.</summary>
    public Task ScheduleAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string kind, string subject, DateTimeOffset dueAt,
        string lane = "") =>
        connection.ExecuteAsync(
            """
            insert into vendors.due_work (vendor, kind, subject, lane, due_at) values (@vendor, @kind, @subject, @lane, @dueAt)
            """,
            new { vendor, kind, subject, lane, dueAt = dueAt.UtcDateTime }, transaction);

    public void Signal()
    {
        lock (gate)
        {
            idleUntil = null;
            if (wake.CurrentCount == 0)
            {
                wake.Release();
            }
        }
    }

    /// <summary>Completes when nothing is due now and nothing runs; what another process has just committed may not have been seen. Throws
    /// <see cref="TimeoutException"/> after <paramref name="limit"/> of real time.</summary>
    public async Task WhenIdleAsync(TimeSpan limit)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (idleUntil > clock.GetUtcNow().UtcDateTime)
            {
                return;
            }
            idleWaiters.Add(waiter);
        }
        Signal();
        try
        {
            await waiter.Task.WaitAsync(limit, TimeProvider.System, stopping.Token);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(
                $"Local {vendor} was not idle within {limit}: {Volatile.Read(ref running)} running, due: {await DueAsync()}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true))
        {
            return;
        }
        await stopping.CancelAsync();
        if (loop is not null)
        {
            await loop;
        }
        // Every slot back means that nothing runs any more.
        for (var i = 0; i < MaxParallel; i++)
        {
            await slots.WaitAsync();
        }
        if (timer is not null)
        {
            await timer.DisposeAsync();
        }
        stopping.Dispose();
        wake.Dispose();
        slots.Dispose();
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stopping.Token);
                await wake.WaitAsync(SafetyPoll, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The database is away or broken: look again later rather than spin or die.
                Log.RoundFailed(logger, vendor, e);
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
                Signal();
            }
        }
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        List<TaskCompletionSource> asked;
        lock (gate)
        {
            asked = [.. idleWaiters];

            // The safety poll comes without a signal, and may find work.
            idleUntil = null;
        }
        var idleAtStart = Volatile.Read(ref running) == 0;
        var began = clock.GetUtcNow();
        // Most rounds find nothing due, and then this one look has said when to look again.
        var next = await NextAsync(DateTime.UnixEpoch, ct);
        var claimed = 0;
        if (next <= began.UtcDateTime)
        {
            while (await slots.WaitAsync(0, ct))
            {
                if (!await TryStartOneAsync(ct))
                {
                    break;
                }
                claimed++;
            }
            // From the round's beginning: what fell due since the last claim would otherwise be seen by neither.
            next = await NextAsync(began.UtcDateTime, ct);
        }
        SetTimer(next);
        if (idleAtStart && claimed == 0)
        {
            lock (gate)
            {
                idleWaiters = [.. idleWaiters.Except(asked)];

                // A signal since then waits in `wake`.
                idleUntil = wake.CurrentCount == 0 ? next ?? DateTime.MaxValue : null;
            }
            asked.ForEach(waiter => waiter.TrySetResult());
        }
    }

    private async Task<DateTime?> NextAsync(DateTime after, CancellationToken ct)
    {
        await using var connection = await data.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition(
            "select min(due_at) from vendors.due_work where vendor = @vendor and kind = any(@kinds) and due_at > @after",
            new { vendor, kinds = RunnableKinds(), after }, cancellationToken: ct));
    }

    private void SetTimer(DateTime? next)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var wait = TimeSpan.FromTicks(Math.Clamp(((next ?? DateTime.MaxValue) - now).Ticks, 0, LongestWait.Ticks));
        timer!.Change(wait, Timeout.InfiniteTimeSpan);
        // A fake clock may have moved between reading it and setting the timer; the timer would then be late by that much.
        if (clock.GetUtcNow().UtcDateTime >= now + wait)
        {
            Signal();
        }
    }

    // Keeps the slot, the connection and the transaction for the work when a row was claimed; gives all back when not.
    private async Task<bool> TryStartOneAsync(CancellationToken ct)
    {
        NpgsqlConnection? connection = null;
        NpgsqlTransaction? transaction = null;
        try
        {
            connection = await data.OpenConnectionAsync(ct);
            transaction = await connection.BeginTransactionAsync(ct);
            var row = await ClaimAsync(connection, transaction, ct);
            if (row is not null)
            {
                Interlocked.Increment(ref running);
                Interlocked.Increment(ref begun);
                _ = WorkAsync(row, connection, transaction);
                return true;
            }
        }
        catch
        {
            await GiveBackAsync(connection, transaction);
            throw;
        }
        await GiveBackAsync(connection, transaction);
        return false;
    }

    private async Task GiveBackAsync(NpgsqlConnection? connection, NpgsqlTransaction? transaction)
    {
        slots.Release();
        if (transaction is not null)
        {
            await transaction.DisposeAsync();
        }
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    private Task<DueRow?> ClaimAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<DueRow?>(new CommandDefinition(
            """
            select w.id as Id, w.kind as Kind, w.subject as Subject, w.attempts as Attempts
            from vendors.due_work w
            where w.vendor = @vendor and w.kind = any(@kinds) and w.due_at <= @now
              and (w.lane = '' or w.attempts > 0 or not exists (
                    select 1 from vendors.due_work e
                    where e.vendor = w.vendor and e.lane = w.lane and e.lane <> '' and e.id < w.id and e.attempts = 0
                      and e.due_at <= @now))
            order by w.due_at, w.id
            limit 1
            for update skip locked
            """,
            new { vendor, kinds = RunnableKinds(), now = clock.GetUtcNow().UtcDateTime }, transaction, cancellationToken: ct));

    private async Task WorkAsync(DueRow row, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        // Off the loop at once: a handler that computes before its first await must not hold up the claims.
        await Task.Yield();
        try
        {
            var again = await handlers[row.Kind].Handler(row, connection, transaction, stopping.Token);
            await connection.ExecuteAsync(
                again is null
                    ? "delete from vendors.due_work where id = @Id"
                    : "update vendors.due_work set due_at = @again, attempts = attempts + 1 where id = @Id",
                new { row.Id, again = again?.UtcDateTime }, transaction);
            await transaction.CommitAsync(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopping: the transaction rolls back and the row stays due.
        }
        catch (Exception e)
        {
            Log.WorkFailed(logger, vendor, row.Kind, row.Subject, e);
            await PostponeAsync(row, transaction);
        }
        finally
        {
            Interlocked.Decrement(ref running);
            await GiveBackAsync(connection, transaction);
            Signal();
        }
    }

    private async Task PostponeAsync(DueRow row, NpgsqlTransaction transaction)
    {
        try
        {
            await transaction.DisposeAsync();
            await using var connection = await data.OpenConnectionAsync(stopping.Token);
            await connection.ExecuteAsync(
                "update vendors.due_work set due_at = @again, attempts = attempts + 1 where id = @Id",
                new { row.Id, again = clock.GetUtcNow().AddSeconds(Math.Min(60, 1 << Math.Min(row.Attempts, 6))).UtcDateTime });
        }
        catch (Exception e)
        {
            // The row stays due and is tried again by the next round.
            Log.WorkFailed(logger, vendor, row.Kind, row.Subject, e);
        }
    }

    private string[] RunnableKinds() => [.. handlers.Where(handler => handler.Value.CanRun()).Select(handler => handler.Key)];

    private async Task<string> DueAsync()
    {
        await using var connection = await data.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<string>(
            """
            select coalesce(string_agg(kind || ' ' || subject, ', ' order by id), 'nothing')
            from vendors.due_work where vendor = @vendor and kind = any(@kinds) and due_at <= @now
            """,
            new { vendor, kinds = RunnableKinds(), now = clock.GetUtcNow().UtcDateTime }) ?? "nothing";
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Local {Vendor}: looking for due work failed")]
        public static partial void RoundFailed(ILogger logger, string vendor, Exception error);

        [LoggerMessage(2, LogLevel.Error, "Local {Vendor}: {Kind} {Subject} failed and will be tried again")]
        public static partial void WorkFailed(ILogger logger, string vendor, string kind, string subject, Exception error);
    }
}
