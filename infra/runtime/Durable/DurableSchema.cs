using System.Reflection;
using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>Brings schema <c>durable</c> up to date from the embedded scripts, in order, each once, under an advisory lock.</summary>
internal static class DurableSchema
{
    private const long LockId = 0x4455_5241_424C_4501;
    private const string Prefix = ".Durable.Schema.";

    public static async Task MigrateAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({LockId})", ct);
        await ExecuteAsync(
            connection,
            """
            create schema if not exists durable;
            create table if not exists durable.schema_migrations (name text primary key, applied_at timestamptz not null default now());
            """,
            ct);

        var applied = await AppliedAsync(connection, ct);
        foreach (var (name, sql) in Scripts().Where(script => !applied.Contains(script.Name)))
        {
            await ExecuteAsync(connection, sql, ct);
            await using var record = new NpgsqlCommand("insert into durable.schema_migrations (name) values ($1)", connection);
            record.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            await record.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
    }

    private static async Task<HashSet<string>> AppliedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("select name from durable.schema_migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static IEnumerable<(string Name, string Sql)> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.Contains(Prefix,
            StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[(resource.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length)..], reader.ReadToEnd());
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        // Embedded scripts and constants only.
#pragma warning disable CA2100
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }
}
