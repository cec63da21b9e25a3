using Microsoft.DurableTask.Client;
using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>One instance as clients and on-call see it.</summary>
internal sealed record InstanceSnapshot(
    string Id, string Name, OrchestrationRuntimeStatus Status, DateTime CreatedAt, DateTime UpdatedAt, long Key, long Owner, short Lane,
    string? QuarantineReason)
{
    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? CustomStatus { get; init; }

    public Failure? Failure { get; init; }

    public string? Version { get; init; }

    public string? Tags { get; init; }

    public bool IsOver => Lane != Lanes.Active;
}

/// <summary>What to list: all conditions hold together; <c>After</c> is the last key of the page before.</summary>
internal sealed record InstanceFilter
{
    public DateTimeOffset? CreatedFrom { get; init; }

    public DateTimeOffset? CreatedTo { get; init; }

    public IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses { get; init; }

    public string? IdPrefix { get; init; }

    public long After { get; init; }

    public int Limit { get; init; } = 100;
}

/// <summary>Reading instances and their histories. Pages go by key, which grows with creation: the last page costs what the first
/// does.</summary>
internal sealed class InstanceQuery(NpgsqlDataSource database)
{
    private const string Columns =
        "id, name, status, created_at, updated_at, key, owner, lane, quarantine_reason, input, output, custom_status, failure, version, "
            + "tags";

    public async Task<InstanceSnapshot?> FindAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"select {Columns} from durable.instances where id = $1");
        Add(command, id);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    public async Task<List<InstanceSnapshot>> ListAsync(InstanceFilter filter, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from durable.instances where {Conditions(filter)} order by key limit $8");
        Fill(command, filter);
        Add(command, filter.Limit);
        var instances = new List<InstanceSnapshot>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            instances.Add(Read(reader));
        }

        return instances;
    }

    /// <summary>Ids of finished instances that match, for purging.</summary>
    public async Task<List<string>> FinishedAsync(InstanceFilter filter, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select id from durable.instances where lane <> 0 and {Conditions(filter)} order by key limit $8");
        Fill(command, filter);
        Add(command, filter.Limit);
        return await IdsAsync(command, ct);
    }

    /// <summary>Instances started by others, directly or further down, as sub-orchestrations.</summary>
    public async Task<List<string>> DescendantsAsync(string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with recursive tree as (
                select key, id from durable.instances where id = $1
                union select i.key, i.id from durable.instances i join tree on i.parent_key = tree.key
            )
            select id from tree where id <> $1
            """);
        Add(command, id);
        return await IdsAsync(command, ct);
    }

    public async Task<List<HistoryStep>> HistoryAsync(long key, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select seq, at, events from durable.history where key = $1 order by seq");
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

    /// <summary>Conditions that are not asked for are left out, so that each shape of question finds its index.</summary>
    private static string Conditions(InstanceFilter filter) => string.Join(
        " and ",
        new[]
        {
            "key > $1",
            filter.CreatedFrom is null ? "$2::timestamptz is null" : "created_at >= $2",
            filter.CreatedTo is null ? "$3::timestamptz is null" : "created_at <= $3",
            filter.Statuses is null
                ? "$4::smallint[] is null and $5::smallint[] is null"
                : "lane = any ($4) and (case when quarantine_reason is null then status else 7 end) = any ($5)",
            filter.IdPrefix is null ? "$6::text is null and $7::text is null" : "id >= $6 and id < $7",
        });

    private static void Fill(NpgsqlCommand command, InstanceFilter filter)
    {
        Add(command, filter.After);
        Add(command, filter.CreatedFrom?.UtcDateTime);
        Add(command, filter.CreatedTo?.UtcDateTime);
        Add(command, filter.Statuses?.Select(Lanes.Of).Distinct().ToArray());
        Add(command, filter.Statuses?.Select(status => (short)status).ToArray());
        Add(command, filter.IdPrefix);
        // The highest code point: in byte order, everything that starts with the prefix lies between.
        Add(command, filter.IdPrefix is { } prefix ? prefix + "\U0010FFFF" : null);
    }

    private static async Task<List<string>> IdsAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var ids = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }

    private static InstanceSnapshot Read(NpgsqlDataReader r)
    {
        var quarantined = Text(r, 8);
        // A quarantined instance shows as suspended: it waits for someone to resume it.
        var status = quarantined is null ? (OrchestrationRuntimeStatus)r.GetInt16(2) : OrchestrationRuntimeStatus.Suspended;
        return new(
            r.GetString(0), r.GetString(1), status, r.GetDateTime(3), r.GetDateTime(4), r.GetInt64(5), r.GetInt64(6), r.GetInt16(7),
            quarantined)
        {
            Input = Text(r, 9),
            Output = Text(r, 10),
            CustomStatus = Text(r, 11),
            Failure = HistoryJson.ReadFailure(Text(r, 12)),
            Version = Text(r, 13),
            Tags = Text(r, 14),
        };
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static void Add<T>(NpgsqlCommand command, T value)
    {
        var parameter = new NpgsqlParameter<T> { TypedValue = value };
        if (value is null && typeof(T) == typeof(DateTime?))
        {
            parameter.NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz;
        }

        command.Parameters.Add(parameter);
    }
}
