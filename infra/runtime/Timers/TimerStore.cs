using System.Data.Common;
using Dapper;
using Npgsql;

namespace Portal.Runtime.Timers;

/// <summary>What the table says of one timer. <see cref="LeaseLeft"/> is by the database's clock and negative once the lease is
/// over.</summary>
internal sealed record TimerRow(
    DateTimeOffset NextDue, DateTimeOffset? LastRun, DateTimeOffset UpdatedAt, DateTimeOffset? LeaseUntil, TimeSpan? LeaseLeft);

/// <summary>
/// All SQL of timers. Schedules go by the host's clock. Leases go by the database's: they are about processes that died, and a test
/// that moves its clock kills nobody.
/// </summary>
internal sealed class TimerStore(NpgsqlDataSource database, string hub) : IAsyncDisposable
{
    // Any constant will do; it only has to differ from other advisory locks in the database.
    private const long MigrationLock = 0x706f_7274_746d_7273;

    private readonly Guid owner = Guid.NewGuid();

    public async Task MigrateAsync(CancellationToken ct)
    {
        using var resource = typeof(TimerStore).Assembly.GetManifestResourceStream(
            Array.Find(
                typeof(TimerStore).Assembly.GetManifestResourceNames(), name => name.EndsWith("timers.sql", StringComparison.Ordinal))!)!;
        using var reader = new StreamReader(resource);
        var sql = await reader.ReadToEndAsync(ct);

        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync(Command("select pg_advisory_xact_lock(@MigrationLock)", new { MigrationLock }, ct));
        await connection.ExecuteAsync(Command(sql, null, ct));
        await transaction.CommitAsync(ct);
    }

    /// <summary>Makes sure of a row. A changed schedule starts anew from <paramref name="next"/>: what the old one missed is not made up
    /// for.</summary>
    public Task<TimerRow> EnsureAsync(string name, string schedule, DateTimeOffset next, DateTimeOffset now, CancellationToken ct) =>
        QueryAsync(
            """
            insert into runtime.timers (hub, name, schedule, next_due, updated_at)
            values (@hub, @name, @schedule, @next, @now)
            on conflict (hub, name) do update
               set schedule = excluded.schedule,
                   next_due = case when timers.schedule = excluded.schedule then timers.next_due else excluded.next_due end,
                   updated_at = case when timers.schedule = excluded.schedule then timers.updated_at else excluded.updated_at end
            returning next_due, last_run, updated_at, lease_until, lease_until - clock_timestamp()
            """,
            new { hub, name, schedule, next, now },
            ct)!;

    public Task<TimerRow> ReadAsync(string name, CancellationToken ct) =>
        QueryAsync(
            """
            select next_due, last_run, updated_at, lease_until, lease_until - clock_timestamp()
              from runtime.timers where hub = @hub and name = @name
            """,
            new { hub, name },
            ct)!;

    /// <summary>Takes the lease if the row is still as it was read; null if another process was faster.</summary>
    public Task<TimerRow?> ClaimAsync(string name, TimerRow seen, TimeSpan lease, CancellationToken ct) =>
        QueryAsync(
            """
            update runtime.timers set lease_owner = @owner, lease_until = clock_timestamp() + @lease
             where hub = @hub and name = @name and next_due = @NextDue and lease_until is not distinct from @LeaseUntil
            returning next_due, last_run, updated_at, lease_until, lease_until - clock_timestamp()
            """,
            new { hub, name, owner, lease, seen.NextDue, seen.LeaseUntil },
            ct);

    /// <summary>False if the lease was lost to another process.</summary>
    public Task<bool> RenewAsync(string name, TimeSpan lease, CancellationToken ct) =>
        ExecuteAsync(
            "update runtime.timers set lease_until = clock_timestamp() + @lease "
                + "where hub = @hub and name = @name and lease_owner = @owner",
            new { hub, name, owner, lease },
            ct);

    /// <summary>Records a run and gives the lease back; false, changing nothing, if it was lost meanwhile.</summary>
    public Task<bool> FinishAsync(string name, DateTimeOffset ran, DateTimeOffset next, CancellationToken ct) =>
        ExecuteAsync(
            """
            update runtime.timers
               set last_run = @ran, next_due = @next, updated_at = @ran, lease_owner = null, lease_until = null
             where hub = @hub and name = @name and lease_owner = @owner
            """,
            new { hub, name, owner, ran, next },
            ct);

    /// <summary>Gives the lease back with the occurrence still due: the run was cut short.</summary>
    public Task<bool> ReleaseAsync(string name, CancellationToken ct) =>
        ExecuteAsync(
            "update runtime.timers set lease_owner = null, lease_until = null where hub = @hub and name = @name and lease_owner = @owner",
            new { hub, name, owner },
            ct);

    /// <summary>Passes over a missed occurrence, unless someone is running it.</summary>
    public Task<bool> SkipAsync(string name, TimerRow seen, DateTimeOffset next, DateTimeOffset now, CancellationToken ct) =>
        ExecuteAsync(
            """
            update runtime.timers set next_due = @next, updated_at = @now
             where hub = @hub and name = @name and next_due = @NextDue and lease_owner is null
            """,
            new { hub, name, next, now, seen.NextDue },
            ct);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task<TimerRow?> QueryAsync(string sql, object parameters, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var reader = await connection.ExecuteReaderAsync(Command(sql, parameters, ct));
        return await reader.ReadAsync(ct) ? Row(reader) : null;
    }

    private static TimerRow Row(DbDataReader reader) => new(
        reader.GetFieldValue<DateTimeOffset>(0),
        Optional<DateTimeOffset>(reader, 1),
        reader.GetFieldValue<DateTimeOffset>(2),
        Optional<DateTimeOffset>(reader, 3),
        Optional<TimeSpan>(reader, 4));

    private static T? Optional<T>(DbDataReader reader, int column)
        where T : struct => reader.IsDBNull(column) ? null : reader.GetFieldValue<T>(column);

    private async Task<bool> ExecuteAsync(string sql, object parameters, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(Command(sql, parameters, ct)) == 1;
    }

    private static CommandDefinition Command(string sql, object? parameters, CancellationToken ct) =>
        new(sql, parameters, cancellationToken: ct);
}
