using Dapper;
using Grpc.Core;
using Microsoft.DurableTask.Client;
using Npgsql;

namespace Portal.Tests.Soak.Engine;

/// <summary>Keeps so many instances under way: some it starts itself, from a process that runs no engine; the others the workers
/// start.</summary>
public sealed class EngineFeeder(string database, int seed, int inFlight)
{
    private readonly Random random = new(seed);
    private int made;

    /// <summary>Quarantined instances (killed ten times without a step in between) that were resumed, as on-call would.</summary>
    public int Resumed { get; private set; }

    /// <summary>Runs something unless the database is away just now.</summary>
    public static async Task<T?> TryAsync<T>(string database, Func<NpgsqlConnection, Task<T>> action)
    {
        try
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            return await action(connection);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException)
        {
            return default;
        }
    }

    public async Task PrepareAsync()
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.ExecuteAsync(EngineWorkload.Tables);
    }

    public async Task TopUpAsync(DurableTaskClient client)
    {
        if (await TryAsync(database, UnfinishedAsync) is not { } unfinished)
        {
            return;
        }

        var ours = new List<(string Kind, string Id)>();
        var ids = new List<string>();
        var kinds = new List<string>();
        for (var n = unfinished; n < inFlight; n++)
        {
            var kind = EngineWorkload.Kinds[random.Next(EngineWorkload.Kinds.Count)];
            var id = $"{kind}-{++made}";
            ids.Add(id);
            kinds.Add(kind);
            if (made % 10 == 0)
            {
                ours.Add((kind, id));
            }
        }

        await TryAsync(database, connection => connection.ExecuteAsync(
            "insert into soak.todo (id, kind) select * from unnest(@ids, @kinds) on conflict do nothing", new { ids, kinds }));
        try
        {
            foreach (var (kind, id) in ours)
            {
                await EngineWorkload.StartAsync(client, kind, id, CancellationToken.None).WaitAsync(
                TimeSpan.FromSeconds(1), TimeProvider.System);
            }

            await ResumeAsync(client);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException
            or RpcException { StatusCode: StatusCode.Unavailable })
        {
            // The database is away; a worker starts them later.
        }
    }

    /// <summary>Instances not ended and roots not started; quarantined ones are resumed on the way. Null: the database is away.</summary>
    public async Task<long?> UnfinishedAsync(DurableTaskClient client)
    {
        await ResumeAsync(client);
        return await TryAsync(database, UnfinishedAsync) ?? 1;
    }

    public async Task<string> StateAsync() => await TryAsync(database, connection => connection.QuerySingleAsync<string>(
        """
        select count(*) filter (where lane = 1) || ' instances completed, ' || count(*) filter (where lane = 0) || ' under way, '
            || count(*) filter (where lane = 2) || ' failed, ' || coalesce(sum(epoch - 1), 0) || ' taken over'
        from durable.instances
        """)) ?? "the database is away";

    private static async Task<long?> UnfinishedAsync(NpgsqlConnection connection) => await connection.QuerySingleAsync<long>(
        "select (select count(*) from durable.instances where lane = 0) + (select count(*) from soak.todo where state = 0)");

    private async Task ResumeAsync(DurableTaskClient client)
    {
        var quarantined = await TryAsync(database, connection =>
            connection.QueryAsync<string>("select id from durable.instances where lane = 0 and quarantine_reason is not null"));
        foreach (var id in quarantined ?? [])
        {
            Resumed++;
            await client.ResumeInstanceAsync(id, "killed by us, not by its code");
        }
    }
}

/// <summary>Deadlocks that Postgres has seen: its counters, which a crash resets, and its log.</summary>
public sealed class DeadlockCount(string database, string serverFolder)
{
    private int kept;

    /// <summary>Before a restart takes the counters away.</summary>
    public async Task KeepAsync() => kept = Math.Max(kept, await ReadAsync());

    public async Task<int> CountAsync()
    {
        var log = Path.Combine(serverFolder, "data", "server.log");
        var logged = 0;
        await foreach (var line in File.ReadLinesAsync(log))
        {
            if (line.Contains("deadlock detected", StringComparison.Ordinal))
            {
                logged++;
            }
        }

        return Math.Max(logged, Math.Max(kept, await ReadAsync()));
    }

    private Task<int> ReadAsync() => EngineFeeder.TryAsync(database, connection =>
        connection.QuerySingleAsync<int>("select deadlocks::int from pg_stat_database where datname = current_database()"));
}
