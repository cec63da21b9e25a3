using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
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
            // Those that work on rows that are due, and as many again for requests. Nothing outlives a transaction.
            MaxPoolSize = 12,
            NoResetOnClose = true,
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

    // One process at a time, and only when the scripts changed: CREATE INDEX IF NOT EXISTS locks tables even when there is nothing
    // to create, and would wait for (or deadlock with) the open transactions of servers at work on this database.
    private static async Task CreateSchemaAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        var scripts = Scripts().ToList();
        var version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(scripts))));
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync("select pg_advisory_xact_lock(@SchemaLock)", new { SchemaLock }, transaction);
        var present = await connection.ExecuteScalarAsync<string?>(
            "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'vendors'", null, transaction);
        if (present == version)
        {
            return;
        }
        foreach (var script in scripts)
        {
            await connection.ExecuteAsync(script, null, transaction);
        }
        await connection.ExecuteAsync($"comment on schema vendors is '{version}'", null, transaction);
        await transaction.CommitAsync(ct);
    }

    private static IEnumerable<string> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        // The shared tables first.
        var names = assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .OrderBy(name => !name.Contains(".Hosting.", StringComparison.Ordinal)).ThenBy(name => name, StringComparer.Ordinal);
        foreach (var name in names)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return reader.ReadToEnd();
        }
    }
}
