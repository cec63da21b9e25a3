using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>Reads what an owner needs to bring instances (back) into memory, many per round trip.</summary>
internal sealed class LoadStore(NpgsqlDataSource database)
{
    private const string Rows =
        """
        select key, id, name, version, input, owner, epoch, next_seq, generation, wake_at,
            parent_key, parent_task, parent_generation, parent_id, parent_name
        from durable.instances
        where key = any ($1) and owner = $2 and lane = 0 and quarantine_reason is null
        """;

    private const string History = "select key, seq, at, events from durable.history where key = any ($1) order by key, seq";

    private const string Inbox = "select key, id, generation, event from durable.inbox where key = any ($1) order by id";

    public sealed record Found(InstanceRow Row, List<HistoryStep> History, List<InstanceMessage> Inbox);

    /// <summary>The instances among <paramref name="keys"/> that <paramref name="owner"/> owns and that may run.</summary>
    public async Task<Dictionary<long, Found>> LoadAsync(long[] keys, long owner, CancellationToken ct)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Command(Rows, keys, owner));
        batch.BatchCommands.Add(Command(History, keys));
        batch.BatchCommands.Add(Command(Inbox, keys));
        var found = new Dictionary<long, Found>();
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var row = Row(reader);
            found.Add(row.Key, new(row, [], []));
        }

        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (!found.TryGetValue(reader.GetInt64(0), out var instance))
            {
                continue;
            }

            instance.History.Add(new(reader.GetInt32(1), reader.GetDateTime(2), HistoryJson.ReadStep(reader.GetString(3))));
        }

        await reader.NextResultAsync(ct);
        await foreach (var (key, delivery) in MessagesAsync(reader, ct))
        {
            if (found.TryGetValue(key, out var instance))
            {
                instance.Inbox.Add(delivery);
            }
        }

        return found;
    }

    /// <summary>Messages waiting for instances that are in memory already.</summary>
    public async Task<List<(long Key, InstanceMessage Message)>> MessagesAsync(long[] keys, CancellationToken ct)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Command(Inbox, keys));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        var messages = new List<(long, InstanceMessage)>();
        await foreach (var message in MessagesAsync(reader, ct))
        {
            messages.Add(message);
        }

        return messages;
    }

    private static async IAsyncEnumerable<(long Key, InstanceMessage Message)> MessagesAsync(
        NpgsqlDataReader reader, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        while (await reader.ReadAsync(ct))
        {
            yield return Message(reader);
        }
    }

    private static (long Key, InstanceMessage Message) Message(NpgsqlDataReader reader) => (
        reader.GetInt64(0),
        new(reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetInt32(2), HistoryJson.ReadEvent(reader.GetString(3))));

    private static NpgsqlBatchCommand Command(string sql, long[] keys, long? owner = null)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = keys });
        if (owner is { } id)
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        }

        return command;
    }

    private static InstanceRow Row(NpgsqlDataReader r) =>
        new(
            r.GetInt64(0), r.GetString(1), r.GetString(2), Text(r, 3), Text(r, 4), r.GetInt64(5), r.GetInt32(6), r.GetInt32(7),
            r.GetInt32(8))
        {
            WakeAt = r.IsDBNull(9) ? null : r.GetDateTime(9),
            Parent = r.IsDBNull(10) ? null : new(r.GetInt64(10), r.GetInt32(11), r.GetInt32(12), r.GetString(13), r.GetString(14)),
        };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
