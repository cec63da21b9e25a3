using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>An instance taken over, and whether it needs attention at once.</summary>
internal readonly record struct Claimed(long Key, DateTime? WakeAt, bool HasWork, bool IsSuspect);

/// <summary>Worker rows: leases, who is dead, and whose instances are free. Leases run by the database's clock.</summary>
internal sealed class WorkerStore(NpgsqlDataSource database, DurableEngineOptions options)
{
    public const string Channel = "durable";

    public async Task<long> RegisterAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with hello as (select pg_notify('durable', 'hello'))
            insert into durable.workers (name, lease_until)
            select $1, clock_timestamp() + $2 from hello
            returning id
            """);
        Add(command, $"{Environment.MachineName}:{Environment.ProcessId}");
        Add(command, options.LeaseDuration);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Renews the lease and declares others dead whose lease has run out. Null: we were declared dead ourselves.</summary>
    public async Task<int?> RenewAsync(long worker, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with mine as (
                update durable.workers set lease_until = clock_timestamp() + $2 where id = $1 and not dead and not stopped returning id
            ), died as (
                update durable.workers set dead = true where lease_until < clock_timestamp() and not dead and not stopped and id <> $1
                   returning id
            ), swept as (
                -- Not at once: a statement that began before the death may still be about to give it an instance.
                delete from durable.workers w
                where (w.dead or w.stopped) and w.lease_until < clock_timestamp() - interval '1 hour'
                    and not exists (select from durable.instances i where i.owner = w.id and i.lane = 0)
            )
            select (select count(*) from mine)::int, (select count(*) from durable.workers where not dead and not stopped
               and id <> $1)::int
            """);
        Add(command, worker);
        Add(command, options.LeaseDuration);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetInt32(0) == 1 ? reader.GetInt32(1) : null;
    }

    /// <summary>
    /// Takes free instances, oldest first. An instance that a crash left with work in hand gets a strike. From
    /// <see cref="DurableEngineOptions.SuspectAfterCrashes"/> on it is a suspect and runs alone (<see cref="PoisonDetector"/>); further
    /// strikes are given only for crashes during its trial. With the last one it is quarantined: owned, visible, and not run until someone
    /// resumes it.
    /// </summary>
    public async Task<List<Claimed>> ClaimAsync(long worker, DateTime now, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with free as materialized (
                select id, dead from durable.workers where dead or stopped
                union all select 0, false
            ), picked as materialized (
                select i.key, exists (select from free where free.id = i.owner and free.dead) and (i.strikes < $5 or i.on_trial) as blamed,
                    (i.next_seq = 0 and (i.wake_at is null or i.wake_at <= $2)) or i.open_tasks > 0
                        or coalesce(i.wake_at <= $2, false) or exists (select from durable.inbox b where b.key = i.key) as has_work
                from durable.instances i
                where i.lane = 0 and i.owner = any (array(select id from free))
                order by i.key
                limit $3
                for update of i skip locked
            )
            update durable.instances i
            set owner = $1, epoch = i.epoch + 1,
                strikes = i.strikes + case when p.blamed and p.has_work then 1 else 0 end, on_trial = false,
                quarantine_reason = case
                    when i.quarantine_reason is null and p.blamed and p.has_work and i.strikes + 1 >= $4
                    then 'Quarantined: taken over ' || (i.strikes + 1) || ' times from crashed processes without a step of progress.'
                    else i.quarantine_reason end
            from picked p
            where i.key = p.key
            returning i.key, i.wake_at, p.has_work and i.quarantine_reason is null, i.strikes >= $5
            """);
        Add(command, worker);
        Add(command, now);
        Add(command, limit);
        Add(command, options.QuarantineAfterCrashes);
        Add(command, options.SuspectAfterCrashes);
        var claimed = new List<Claimed>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            claimed.Add(Read(reader));
        }

        return claimed;
    }

    /// <summary>Before a suspect runs. False: it is not ours to run.</summary>
    public async Task<bool> MarkOnTrialAsync(long key, long worker, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "update durable.instances set on_trial = true where key = $1 and owner = $2 and lane = 0 and quarantine_reason is null");
        Add(command, key);
        Add(command, worker);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>
    /// Instances of ours that something waits for. Cheap look: messages. Full look, after an answer got lost: unstarted ones and open
    /// activities too.
    /// </summary>
    public async Task<List<Claimed>> DueAsync(long worker, DateTime now, bool full, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select i.key, i.wake_at, true, false from durable.instances i
            where i.key in (select b.key from durable.inbox b) and i.owner = $1 and i.lane = 0 and i.quarantine_reason is null
                and not (i.next_seq = 0 and i.wake_at > $2)
            union
            select i.key, i.wake_at, i.open_tasks > 0 or i.next_seq = 0 and (i.wake_at is null or i.wake_at <= $2), false
            from durable.instances i
            where $3 and i.owner = $1 and i.lane = 0 and i.quarantine_reason is null
                and (i.next_seq = 0 or i.open_tasks > 0 or i.wake_at is not null)
            """);
        Add(command, worker);
        Add(command, now);
        Add(command, full);
        var due = new List<Claimed>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            due.Add(Read(reader));
        }

        return due;
    }

    /// <summary>Messages whose instance has finished or been replaced meanwhile, and what is left of the replaced one's history; rare, and
    /// in nobody's way.</summary>
    public async Task SweepInboxAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with late as (
                delete from durable.inbox b where not exists (select from durable.instances i where i.key = b.key and i.lane = 0)
                returning key
            )
            delete from durable.history h using (select distinct key from late) l
            where h.key = l.key and not exists (select from durable.instances i where i.key = l.key)
            """);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Gives everything up at once: one row, however many instances.</summary>
    public async Task StopAsync(long worker, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "with bye as (update durable.workers set stopped = true, lease_until = clock_timestamp() where id = $1 returning id) select "
                + "pg_notify('durable', 'work') from bye");
        Add(command, worker);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Something due by <paramref name="now"/> that no process has finished; for tests that wait until nothing is left.</summary>
    public async Task<string?> LeftoverAsync(DateTime now, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select i.id || ' (' || case when i.next_seq = 0 then 'not started' when i.open_tasks > 0
               then i.open_tasks || ' activities open'
                when i.wake_at <= $1 then 'timer due' else 'message waiting' end || ', owner ' || i.owner || ')'
            from durable.instances i
            where i.lane = 0 and i.quarantine_reason is null and not (i.next_seq = 0 and i.wake_at > $1)
                and (i.next_seq = 0 or i.open_tasks > 0 or i.wake_at <= $1 or exists (select from durable.inbox b where b.key = i.key))
            order by i.key limit 1
            """);
        Add(command, now);
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    private static Claimed Read(NpgsqlDataReader reader) =>
        new(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetDateTime(1), reader.GetBoolean(2), reader.GetBoolean(3));

    private static void Add<T>(NpgsqlCommand command, T value) => command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
}
