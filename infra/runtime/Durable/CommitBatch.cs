using Npgsql;
using NpgsqlTypes;

namespace Portal.Runtime.Durable;

/// <summary>A batch to commit: steps, new instances, messages. No instance id occurs twice among steps and starts.</summary>
internal sealed class CommitBatch
{
    public List<Step> Steps { get; } = [];

    public List<NewInstance> Starts { get; } = [];

    public List<Outgoing> Messages { get; } = [];

    /// <summary>The owner that new instances get.</summary>
    public long Owner { get; set; }
}

/// <summary>What the database made of a batch.</summary>
internal sealed class CommitResult
{
    public HashSet<long> Done { get; } = [];

    /// <summary>Key by id of the instances that were created.</summary>
    public Dictionary<string, long> InstanceCreated { get; } = new(StringComparer.Ordinal);

    /// <summary>Per message of the batch, in the order clients then steps: where it went; null when nobody takes it.</summary>
    public Dictionary<int, Posted> Posted { get; } = [];

    /// <summary>Answers to parents whose child was refused: they are in the parents' inboxes.</summary>
    public List<(long Key, long MessageId, string Event)> Refused { get; } = [];
}

/// <summary>A message now in the inbox of <paramref name="Key"/>, which <paramref name="Owner"/> owns; perhaps behind others.</summary>
internal readonly record struct Posted(long MessageId, long Key, long Owner, Outgoing Message, bool Behind = false);

/// <summary>Sends batches over one connection of its own, with the statement prepared once.</summary>
internal sealed class CommitStore(NpgsqlDataSource database) : IAsyncDisposable
{
    private NpgsqlConnection? connection;
    private NpgsqlCommand? command;

    public async Task<CommitResult> CommitAsync(CommitBatch batch, CancellationToken ct)
    {
        var messages = new List<(long? From, Outgoing Message)>(batch.Messages.Select(message => ((long?)null, message)));
        var starts = new List<NewInstance>(batch.Starts);
        foreach (var step in batch.Steps)
        {
            starts.AddRange(step.Children);
            foreach (var message in step.Outbox)
            {
                messages.Add((step.Key, message));
            }
        }

        try
        {
            var statement = await OpenAsync(ct);
            Fill(statement.Parameters, batch, starts, messages);
            return await ReadAsync(statement, messages, ct);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (command is not null)
        {
            await command.DisposeAsync();
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        (command, connection) = (null, null);
    }

    private static async Task<CommitResult> ReadAsync(
        NpgsqlCommand statement, List<(long? From, Outgoing Message)> messages, CancellationToken ct)
    {
        var result = new CommitResult();
        await using var reader = await statement.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var a = reader.GetInt64(1);
            switch (reader.GetInt32(0))
            {
                case 1: result.Done.Add(a); break;
                case (2 or 5) and var kind:
                    var n = (int)a - 1;
                    result.Posted[n] = new(
                        reader.GetInt64(2), reader.GetInt64(3), long.Parse(reader.GetString(4), null), messages[n].Message, kind == 5);
                    break;
                case 3: result.InstanceCreated.Add(reader.GetString(4), a); break;
                case 4: result.Refused.Add((a, reader.GetInt64(2), reader.GetString(4))); break;
            }
        }

        return result;
    }

    private static void Fill(
        NpgsqlParameterCollection p, CommitBatch batch, List<NewInstance> starts, List<(long? From, Outgoing Message)> messages)
    {
        var steps = batch.Steps;
        // Always in key order, so that two batches never wait for each other in a circle.
        steps.Sort(static (x, y) => x.Key.CompareTo(y.Key));
        Set(p, 0, steps, static s => s.Key);
        Set(p, 1, steps, static s => s.Owner);
        Set(p, 2, steps, static s => s.Epoch);
        Set(p, 3, steps, static s => s.Seq);
        Set(p, 4, steps, static s => s.Fresh);
        Set(p, 5, steps, static s => Lanes.Of(s.Status));
        Set(p, 6, steps, static s => (short)s.Status);
        Set(p, 7, steps, static s => s.OpenTasks);
        Set(p, 8, steps, static s => s.WakeAt);
        Set(p, 9, steps, static s => s.At);
        Set(p, 10, steps, static s => s.Events);
        Set(p, 11, steps, static s => s.CustomStatus);
        Set(p, 12, steps, static s => s.Output);
        Set(p, 13, steps, static s => s.Failure);
        Set(p, 14, steps, static s => s.Input);

        var consumed = steps.SelectMany(static s => s.Consumed, static (s, id) => (s.Key, Id: id)).ToList();
        Set(p, 15, consumed, static c => c.Key);
        Set(p, 16, consumed, static c => c.Id);

        Set(p, 17, starts, static n => n.Parent?.Key);
        Set(p, 18, starts, static n => n.Parent?.TaskId);
        Set(p, 19, starts, static n => n.Parent?.Generation);
        Set(p, 20, starts, static n => n.Parent?.Id);
        Set(p, 21, starts, static n => n.Parent?.Name);
        Set(p, 22, starts, static n => n.Id);
        Set(p, 23, starts, static n => n.Name);
        Set(p, 24, starts, static n => n.Version);
        Set(p, 25, starts, static n => n.Input);
        Set(p, 26, starts, static n => n.Tags);
        Set(p, 27, starts, static n => n.ExecutionId);
        Set(p, 28, starts, static n => n.StartAt);
        Set(p, 29, starts, static n => n.At);
        Set(p, 30, starts, static n => n.RefuseMask);
        Set(p, 31, starts, static n => n.Parent is null ? null : HistoryJson.Write(Failure.Refusal(n.Parent.TaskId, n.Id)));
        ((NpgsqlParameter<long>)p[32]).TypedValue = batch.Owner;

        Set(p, 33, messages, static m => m.From);
        Set(p, 34, messages, static m => m.Message.ToId);
        Set(p, 35, messages, static m => m.Message.ToKey);
        Set(p, 36, messages, static m => m.Message.Generation);
        Set(p, 37, messages, static m => m.Message.MessageId);
        Set(p, 38, messages, static m => m.Message.Json);
    }

    private static void Set<TItem, T>(NpgsqlParameterCollection parameters, int index, List<TItem> items, Func<TItem, T> value)
    {
        var array = new T[items.Count];
        for (var i = 0; i < array.Length; i++)
        {
            array[i] = value(items[i]);
        }

        ((NpgsqlParameter<T[]>)parameters[index]).TypedValue = array;
    }

    private async Task<NpgsqlCommand> OpenAsync(CancellationToken ct)
    {
        if (command is not null)
        {
            return command;
        }

        connection = await database.OpenConnectionAsync(ct);
        command = new NpgsqlCommand(CommitSql.Statement, connection);
        var p = command.Parameters;
        Add<long>(p, NpgsqlDbType.Bigint, 2);
        Add<int>(p, NpgsqlDbType.Integer, 2);
        Add<bool>(p, NpgsqlDbType.Boolean, 1);
        Add<short>(p, NpgsqlDbType.Smallint, 2);
        Add<int>(p, NpgsqlDbType.Integer, 1);
        Add<DateTime?>(p, NpgsqlDbType.TimestampTz, 1);
        Add<DateTime>(p, NpgsqlDbType.TimestampTz, 1);
        Add<string?>(p, NpgsqlDbType.Text, 5);
        Add<long>(p, NpgsqlDbType.Bigint, 2);
        Add<long?>(p, NpgsqlDbType.Bigint, 1);
        Add<int?>(p, NpgsqlDbType.Integer, 2);
        Add<string?>(p, NpgsqlDbType.Text, 7);
        Add<Guid>(p, NpgsqlDbType.Uuid, 1);
        Add<DateTime?>(p, NpgsqlDbType.TimestampTz, 1);
        Add<DateTime>(p, NpgsqlDbType.TimestampTz, 1);
        Add<int>(p, NpgsqlDbType.Integer, 1);
        Add<string?>(p, NpgsqlDbType.Text, 1);
        p.Add(new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint });
        Add<long?>(p, NpgsqlDbType.Bigint, 1);
        Add<string?>(p, NpgsqlDbType.Text, 1);
        Add<long?>(p, NpgsqlDbType.Bigint, 1);
        Add<int?>(p, NpgsqlDbType.Integer, 1);
        Add<long?>(p, NpgsqlDbType.Bigint, 1);
        Add<string?>(p, NpgsqlDbType.Text, 1);
        await command.PrepareAsync(ct);
        return command;
    }

    private static void Add<T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, int count)
    {
        for (var i = 0; i < count; i++)
        {
            parameters.Add(new NpgsqlParameter<T[]> { NpgsqlDbType = NpgsqlDbType.Array | type });
        }
    }
}
