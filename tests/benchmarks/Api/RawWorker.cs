using System.Security.Cryptography;
using Npgsql;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// What stands for a recorded value when its statements are sent again: the tenant, the person, the task of this round. Every other id and
/// random value of the recording is made anew, once a round.
/// </summary>
public sealed class Substitutes
{
    private readonly Dictionary<object, object> known = [];

    public void Add(object recorded, object now) => known[Comparable(recorded)] = now;

    public object Of(object recorded)
    {
        if (known.TryGetValue(Comparable(recorded), out var now))
        {
            return now;
        }

        object? made = recorded switch
        {
            Guid => Guid.CreateVersion7(),
            byte[] { Length: 32 } => RandomNumberGenerator.GetBytes(32),
            _ => null,
        };
        if (made is not null)
        {
            Add(recorded, made);
        }

        return made ?? recorded;
    }

    private static object Comparable(object value) => value is byte[] bytes ? Convert.ToHexString(bytes) : value;
}

/// <summary>Plain Npgsql on a connection of its own: the recorded statements in the recorded round trips, nothing else.</summary>
public sealed class RawWorker(NpgsqlConnection connection, IReadOnlyList<Trip> trips, Func<Substitutes> next) : IWorker
{
    public static async Task<IWorker> OpenAsync(string database, IReadOnlyList<Trip> trips, Func<Substitutes> next)
    {
        var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        return new RawWorker(connection, trips, next);
    }

    public async Task<string?> OnceAsync()
    {
        var values = next();
        NpgsqlTransaction? transaction = null;
        foreach (var trip in trips)
        {
            if (trip.Begins)
            {
                transaction = await connection.BeginTransactionAsync();
            }
            else if (trip.Commits)
            {
                await transaction!.CommitAsync();
                await transaction.DisposeAsync();
            }
            else
            {
                await SendAsync(trip, values);
            }
        }

        return null;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task SendAsync(Trip trip, Substitutes values)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in trip.Statements)
        {
            var command = new NpgsqlBatchCommand(statement.Sql);
            foreach (var value in statement.Values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = values.Of(value) });
            }

            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync();
        do
        {
            while (await reader.ReadAsync())
            {
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    reader.GetValue(i);
                }
            }
        }
        while (await reader.NextResultAsync());
    }
}
