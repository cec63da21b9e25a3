using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace Portal.LocalVendors.Hosting;

/// <summary>
/// The schema <c>vendors</c>: created here, used by every local vendor, never part of the app's migrations. The vendors of one process on
/// one database share their connections: each that Postgres has to open costs more than most of what is then asked.
/// </summary>
internal sealed class VendorDatabase : IAsyncDisposable
{
    // Any constant will do; it only has to be the same in every process.
    private const long SchemaLock = 0x56454E444F5253;

    // What five vendors do at most at one time, each with a connection held while the app, which may ask the same vendors, answers a
    // webhook; and some for those requests.
    private const int MaxConnections = 40;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, Pool> Pools = [];

    private readonly string address;
    private readonly Pool pool;
    private bool disposed;

    private VendorDatabase(string address, Pool pool)
    {
        this.address = address;
        this.pool = pool;
    }

    public NpgsqlDataSource Data => pool.Data;

    /// <summary>Dispose of it when done: the last one closes the connections.</summary>
    public static async Task<VendorDatabase> OpenAsync(string connectionString, CancellationToken ct)
    {
        VendorDatabase database;
        lock (Gate)
        {
            if (!Pools.TryGetValue(connectionString, out var pool))
            {
                Pools[connectionString] = pool = new(Build(connectionString));
            }
            pool.Users++;
            database = new(connectionString, pool);
        }
        try
        {
            await database.pool.Schema.Value.WaitAsync(ct);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true))
        {
            return;
        }
        lock (Gate)
        {
            if (--pool.Users > 0)
            {
                return;
            }
            Pools.Remove(address);
        }
        await Data.DisposeAsync();
    }

    // Nothing outlives a transaction, so that nobody resets a connection; the tables are small, so that a plan that was made once will do;
    // and the types are Postgres's own, so that the catalog need not be asked for others.
    private static NpgsqlDataSource Build(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "local-vendors",
            MaxPoolSize = MaxConnections,
            NoResetOnClose = true,
            MaxAutoPrepare = 30,
            AutoPrepareMinUsages = 2,
            Enlist = false,
        };
        return new NpgsqlDataSourceBuilder(settings.ConnectionString)
            .ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build();
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

    private sealed class Pool(NpgsqlDataSource data)
    {
        public NpgsqlDataSource Data { get; } = data;

        /// <summary>Made by the first, waited for by the others.</summary>
        public Lazy<Task> Schema { get; } = new(() => CreateSchemaAsync(data, CancellationToken.None));

        public int Users { get; set; }
    }
}
