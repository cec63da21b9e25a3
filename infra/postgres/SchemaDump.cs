using System.Diagnostics.CodeAnalysis;
using System.Text;
using Npgsql;

namespace Portal.Postgres;

/// <summary>
/// A database's schema as text: to read, and to compare a fresh run of the migrations with <c>schema.sql</c>. Equal schemas give
/// equal text on every server version; it is no script to run.
/// </summary>
public static class SchemaDump
{
    // The local runtime's and the local vendor servers' tables are theirs.
    private static readonly string[] NotOurs = ["durable", "vendors"];

    /// <summary>Migrates a fresh database on the server, reads its schema, and drops it again.</summary>
    /// <param name="server">A connection string that may create databases.</param>
    /// <param name="ct">Stops; the database is dropped nevertheless.</param>
    public static Task<string> OfFreshDatabaseAsync(string server, CancellationToken ct = default) =>
        OfFreshDatabaseAsync(server, Migration.In(), DatabaseFunction.In(), ct);

    /// <inheritdoc cref="OfFreshDatabaseAsync(string, CancellationToken)"/>
    public static async Task<string> OfFreshDatabaseAsync(
        string server, IReadOnlyList<Migration> migrations, IReadOnlyList<DatabaseFunction>? functions = null,
        CancellationToken ct = default)
    {
        var name = $"portal_schema_{Guid.NewGuid():N}";
        await ExecuteAsync(server, $"create database {name} template template0", ct);
        try
        {
            var address = new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ConnectionString;
            await Migrator.ApplyAsync(address, migrations, functions ?? [], ct);
            return await OfAsync(address, ct);
        }
        finally
        {
            await ExecuteAsync(server, $"drop database {name} with (force)", CancellationToken.None);
        }
    }

    /// <summary>The schema of a database as it is.</summary>
    public static async Task<string> OfAsync(string connectionString, CancellationToken ct = default)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        // One moment for all queries, and names qualified wherever they are printed.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
        await using (var prepare = new NpgsqlCommand("set local search_path to ''", connection))
        {
            await prepare.ExecuteNonQueryAsync(ct);
        }

        var text = new StringBuilder("-- The schema that the migrations make, read from the catalog. Not to be edited:\n")
            .Append("-- dotnet run --project infra/postgres -- schema > infra/postgres/schema.sql\n")
            .Append("-- What functions do is in functions/<name>.sql.\n");
        (string Title, string Sql)[] sections =
        [
            ("Extensions", SchemaQueries.Extensions), ("Roles", SchemaQueries.Roles), ("Schemas", SchemaQueries.Schemas),
            ("Types", SchemaQueries.Types), ("Tables, views, sequences", SchemaQueries.Relations), ("Functions", SchemaQueries.Functions),
        ];
        foreach (var (title, sql) in sections)
        {
            await AppendAsync(text, title, sql, connection, ct);
        }

        return text.ToString();
    }

    [SuppressMessage("Security", "CA2100", Justification = "Constants of this project.")]
    private static async Task AppendAsync(StringBuilder text, string title, string sql, NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (sql.Contains("$1", StringComparison.Ordinal))
        {
            command.Parameters.AddWithValue(NotOurs);
        }

        await using var reader = await command.ExecuteReaderAsync(ct);
        var any = false;
        while (await reader.ReadAsync(ct))
        {
            if (!any)
            {
                text.Append('\n').Append("-- ").Append(title).Append('\n');
                any = true;
            }

            text.Append(reader.GetString(0)).Append('\n');
        }
    }

    [SuppressMessage("Security", "CA2100", Justification = "A name made above.")]
    private static async Task ExecuteAsync(string server, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
