using System.Reflection;
using Npgsql;

namespace Portal.LocalVendors.Hosting;

/// <summary>The schema <c>vendors</c>: created here, used by every local vendor, never part of the app's migrations.</summary>
internal static class VendorDatabase
{
    // Any constant will do; it only has to be the same in every process.
    private const long SchemaLock = 0x56454E444F5253;

    public static async Task<NpgsqlDataSource> OpenAsync(string connectionString, string vendor, CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = $"local-{vendor}",
            MaxPoolSize = 24,
            MinPoolSize = 0,
            Enlist = false,
        };
        var source = NpgsqlDataSource.Create(settings);
        try
        {
            await CreateSchemaAsync(source, ct);
            return source;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    // CREATE … IF NOT EXISTS is not safe against itself in two sessions, hence the lock.
    private static async Task CreateSchemaAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var locking = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction))
        {
            locking.Parameters.AddWithValue(SchemaLock);
            await locking.ExecuteNonQueryAsync(ct);
        }
        foreach (var script in Scripts())
        {
#pragma warning disable CA2100 // The text is embedded in this assembly.
            await using var command = new NpgsqlCommand(script, connection, transaction);
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
    }

    private static IEnumerable<string> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var names = assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .OrderBy(name => !name.Contains(".Hosting.", StringComparison.Ordinal)).ThenBy(name => name, StringComparer.Ordinal);
        foreach (var name in names)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return reader.ReadToEnd();
        }
    }
}
