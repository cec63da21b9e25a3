using Dapper;
using Npgsql;
using Portal.Postgres;

namespace Portal.Local;

/// <summary>
/// The database of a local portal: a server of its own or a given one, marked as local by the schema <c>local</c>. A database that
/// holds a portal without the mark is somebody's real one and is not touched.
/// </summary>
internal sealed class LocalDatabase : IAsyncDisposable
{
    private const string OwnDatabase = "portal";

    // Held shared by every launcher while it runs; starting over wants it alone.
    private const long LauncherLock = 767_825_100;

    private static readonly string[] Schemas = ["portal", "durable", "runtime", "vendors", "local"];

    private readonly PostgresServer server;
    private NpgsqlConnection? holder;

    private LocalDatabase(PostgresServer server, string address)
    {
        this.server = server;
        Address = new NpgsqlConnectionStringBuilder(address) { ApplicationName = "portal-local" }.ConnectionString;
        Data = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Address) { MaxPoolSize = 4 });
    }

    /// <summary>As the owner of everything.</summary>
    public string Address { get; }

    public string App => As("portal_app");

    public string System => As("portal_system");

    public NpgsqlDataSource Data { get; }

    /// <summary>Where it is, for people.</summary>
    public string Description
    {
        get
        {
            var builder = new NpgsqlConnectionStringBuilder(Address);
            return $"{builder.Database} on {builder.Host}:{builder.Port}, {server.Origin}";
        }
    }

    /// <summary>Somebody's, not the launcher's.</summary>
    public bool IsGiven => server.Folder.Length == 0;

    /// <exception cref="PostgresStartException">There is no server to be had.</exception>
    /// <exception cref="LauncherException">It is in use, or not a local portal's.</exception>
    public static async Task<LocalDatabase> OpenAsync(LauncherArguments arguments, IProgress<string> progress, CancellationToken ct)
    {
        var options = new PostgresServerOptions { ConnectionString = arguments.Database, Fresh = arguments.Fresh };
        var server = await PostgresServer.StartAsync(options, progress, ct);
        LocalDatabase? database = null;
        try
        {
            var given = server.Folder.Length == 0;
            if (arguments.Fresh && !given)
            {
                progress.Report("The local data was thrown away.");
            }

            database = new LocalDatabase(server, given ? server.ConnectionString : await server.EnsureDatabaseAsync(OwnDatabase, ct));
            if (!given || arguments.Verb != Verb.Import)
            {
                await database.ClaimAsync(arguments.Fresh && given, progress, ct);
            }

            return database;
        }
        catch
        {
            await (database?.DisposeAsync() ?? server.DisposeAsync());
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (holder is not null)
        {
            await holder.DisposeAsync();
        }

        await Data.DisposeAsync();
        await server.DisposeAsync();
    }

    private async Task ClaimAsync(bool startOver, IProgress<string> progress, CancellationToken ct)
    {
        holder = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Address) { Pooling = false, KeepAlive = 60 }.ConnectionString);
        await holder.OpenAsync(ct);
        if (startOver)
        {
            await StartOverAsync(holder, progress, ct);
        }

        await holder.ExecuteAsync("select pg_advisory_lock_shared(@LauncherLock)", new { LauncherLock });
        if (startOver)
        {
            await holder.ExecuteAsync("select pg_advisory_unlock(@LauncherLock)", new { LauncherLock });
        }

        await using var transaction = await holder.BeginTransactionAsync(ct);
        await holder.ExecuteAsync("select pg_advisory_xact_lock(@key)", new { key = LauncherLock + 1 }, transaction);
        await RefuseUnlessLocalAsync(holder);
        await holder.ExecuteAsync(
            """
            create schema if not exists local;
            create table if not exists local.secrets (
                name       text primary key,
                value      text not null,
                created_at timestamptz not null default now()
            );
            """, null, transaction);
        await transaction.CommitAsync(ct);
    }

    private async Task StartOverAsync(NpgsqlConnection connection, IProgress<string> progress, CancellationToken ct)
    {
        if (!await connection.ExecuteScalarAsync<bool>("select pg_try_advisory_lock(@LauncherLock)", new { LauncherLock }))
        {
            throw new LauncherException("The database is in use by another launcher; end that one before starting over.");
        }

        await RefuseUnlessLocalAsync(connection);
        progress.Report(
            $"Dropping from {new NpgsqlConnectionStringBuilder(Address).Database}: schemas {string.Join(", ", Schemas)}; table "
                + "public.schema_migrations");
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync(
            $"set local client_min_messages = warning; drop schema if exists {string.Join(", ", Schemas)} cascade; drop table if exists "
                + "public.schema_migrations",
            null, transaction);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Demo people in a database of real people would be a way in; dropping its tables would be worse.</summary>
    private async Task RefuseUnlessLocalAsync(NpgsqlConnection connection)
    {
        if (!IsGiven
            || await connection.ExecuteScalarAsync<bool>(
                "select to_regnamespace('local') is not null or to_regclass('portal.tenants') is null"))
        {
            return;
        }

        if (await connection.ExecuteScalarAsync<bool>("select exists (select from portal.tenants where clerk_org_id <> 'platform')"))
        {
            throw new LauncherException(
                $"The database {new NpgsqlConnectionStringBuilder(Address).Database} holds a portal that this launcher did not make: it "
                    + "is left alone. "
                + "Give --database an empty one.");
        }
    }

    // A start-up option: what a connection is reset to, so the role is still the role however often the connection is used again. As in
    // production, nobody resets it: nothing outlives a transaction.
    private string As(string role)
    {
        var builder = new NpgsqlConnectionStringBuilder(Address) { MaxPoolSize = 20, NoResetOnClose = true };
        builder.Options = $"{builder.Options} -c role={role}".TrimStart();
        return builder.ConnectionString;
    }
}
