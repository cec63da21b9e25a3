using Microsoft.DurableTask.Client;
using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>An instance ended past its owner, who must forget it; and the parent in whose inbox an answer now lies.</summary>
internal sealed record Terminated(long Key, long? ParentKey, long ParentOwner);

/// <summary>
/// What people do to instances without asking their code: terminate, release, rewind, purge. Each takes the row's lock, and what changes
/// history also raises the epoch: a step that its owner is just committing loses its fence, so exactly one of the two happens.
/// </summary>
internal sealed class InstanceChanges(NpgsqlDataSource database)
{
    /// <summary>Ends an active instance with an output, and tells its parent. Null: unknown or already finished.</summary>
    public async Task<Terminated?> TerminateAsync(string id, string? output, DateTime now, CancellationToken ct)
    {
        if (await ParentOfAsync(id, ct) is not { } link)
        {
            return null;
        }

        HistoryEvent[] events = [
            new ExecutionTerminated(output), new ExecutionCompleted((int)OrchestrationRuntimeStatus.Terminated, output, null)
        ];
        var answer = new SubOrchestrationFailed(
            link.ParentTask, new(Failure.Terminated, $"The orchestration '{id}' was terminated.", null, null));
        await using var command = database.CreateCommand(
            """
            with ended as (
                update durable.instances
                set lane = 2, status = 5, output = $2, epoch = epoch + 1, next_seq = next_seq + 1, open_tasks = 0, wake_at = null,
                    quarantine_reason = null, updated_at = $3
                where key = $1 and lane = 0
                returning key, next_seq - 1 as seq, parent_key, parent_generation
            ), written as (
                insert into durable.history (key, seq, at, events) select key, seq, $3, $4 from ended
            ), emptied as (
                delete from durable.inbox b using ended e where b.key = e.key
            ), answered as (
                insert into durable.inbox (key, generation, event)
                select p.key, e.parent_generation, $5 from ended e join durable.instances p on p.key = e.parent_key and p.lane = 0
                returning key
            )
            select e.key, p.key, p.owner from ended e left join durable.instances p on p.key = e.parent_key and p.lane = 0
            """);
        Add(command, link.Key);
        Add(command, output);
        Add(command, now);
        Add(command, HistoryJson.Write([.. events]));
        Add(command, HistoryJson.Write((HistoryEvent)answer));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? ReadTerminated(reader) : null;
    }

    /// <summary>Lets a quarantined instance run again. Null: it is not quarantined.</summary>
    public async Task<(long Key, long Owner)?> ReleaseAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update durable.instances set quarantine_reason = null, strikes = 0, on_trial = false
            where id = $1 and lane = 0 and quarantine_reason is not null
            returning key, owner
            """);
        Add(command, id);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetInt64(0), reader.GetInt64(1)) : null;
    }

    /// <summary>Takes an instance out of circulation until someone resumes it; its owner's doing.</summary>
    public async Task QuarantineAsync(long key, long owner, string reason, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "update durable.instances set quarantine_reason = $3 where key = $1 and owner = $2 and lane = 0");
        Add(command, key);
        Add(command, owner);
        Add(command, reason);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Removes finished instances and their histories; running ones stay. Returns how many went.</summary>
    public async Task<int> PurgeAsync(IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with locked as (
                select key from durable.instances where id = any ($1) and lane <> 0 order by key for update
            ), gone as (
                delete from durable.instances i using locked l where i.key = l.key returning i.key
            ), histories as (
                delete from durable.history h using gone g where h.key = g.key
            ), messages as (
                delete from durable.inbox b using gone g where b.key = g.key
            )
            select count(*)::int from gone
            """);
        Add(command, ids.ToArray());
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>
    /// Makes a failed instance run on from before its failure. <paramref name="rewind"/> decides what is kept. Null: unknown, or not
    /// failed.
    /// </summary>
    public async Task<Rewound?> RewindAsync(
        string id, long owner, DateTime now, Func<IReadOnlyList<HistoryStep>, Rewound> rewind, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var find = new NpgsqlCommand(
            "select key from durable.instances where id = $1 and status = 3 and lane = 2 for update", connection);
        Add(find, id);
        if (await find.ExecuteScalarAsync(ct) is not long key)
        {
            return null;
        }

        var rewound = rewind(await HistoryAsync(connection, key, ct));
        await using var update = new NpgsqlCommand(
            """
            with forgotten as (
                delete from durable.history where key = $1
            ), waiting as (
                insert into durable.inbox (key, event) select $1, e from unnest($7::text[]) with ordinality as u(e, n) order by n
            )
            update durable.instances
            set lane = 0, status = 0, output = null, failure = null, owner = $2, epoch = epoch + 1, strikes = 0,
                open_tasks = $3, next_seq = $4, updated_at = $5, wake_at = $6
            where key = $1
            """,
            connection);
        Add(update, key);
        Add(update, owner);
        Add(update, rewound.OpenTasks);
        Add(update, rewound.Kept.Count);
        Add(update, now);
        Add(update, rewound.WakeAt);
        Add(update, rewound.Waiting.Select(HistoryJson.Write).ToArray());
        await update.ExecuteNonQueryAsync(ct);
        foreach (var step in rewound.Kept)
        {
            await WriteAsync(connection, key, step, ct);
        }

        await transaction.CommitAsync(ct);
        return rewound with { Key = key };
    }

    private static async Task<List<HistoryStep>> HistoryAsync(NpgsqlConnection connection, long key, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select seq, at, events from durable.history where key = $1 order by seq", connection);
        Add(command, key);
        var steps = new List<HistoryStep>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            steps.Add(
            new(reader.GetInt32(0), reader.GetDateTime(1), HistoryJson.ReadStep(reader.GetString(2))));
        }

        return steps;
    }

    private static async Task WriteAsync(NpgsqlConnection connection, long key, HistoryStep step, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "insert into durable.history (key, seq, at, events) values ($1, $2, $3, $4)", connection);
        Add(command, key);
        Add(command, step.Seq);
        Add(command, step.At);
        Add(command, HistoryJson.Write([.. step.Events]));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A parent link never changes under a key, so it may be read before.</summary>
    private async Task<(long Key, int ParentTask)?> ParentOfAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select key, coalesce(parent_task, 0) from durable.instances where id = $1");
        Add(command, id);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetInt64(0), reader.GetInt32(1)) : null;
    }

    private static Terminated ReadTerminated(NpgsqlDataReader reader) =>
        new(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.IsDBNull(2) ? 0 : reader.GetInt64(2));

    private static void Add<T>(NpgsqlCommand command, T value) => command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
}
