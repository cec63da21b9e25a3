using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Portal.Postgres;

/// <summary>
/// A Postgres to work with, had by itself: one that is named, or one that this class starts from what is on the machine or from npm.
/// A server it starts outlives a killed process and is taken over by the next one; processes that use the same folder share it and
/// the last one out stops it.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string DataFolder = "motion-mavericks-portal";

    private readonly Cluster? cluster;
    private readonly PostgresServerOptions options;
    private IDisposable? user;

    private PostgresServer(
        string connectionString, string origin, PostgresServerOptions options, Cluster? cluster = null, IDisposable? user = null)
    {
        ConnectionString = connectionString;
        Origin = origin;
        this.options = options;
        this.cluster = cluster;
        this.user = user;
    }

    /// <summary>The superuser's, database <c>postgres</c>; for a given server, what was given.</summary>
    public string ConnectionString { get; }

    /// <summary>Where this server comes from, for people.</summary>
    public string Origin { get; }

    /// <summary>Where its files are; empty for a given server.</summary>
    public string Folder => cluster?.Folder ?? "";

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
                : new PostgresServer(await CheckAsync(given, ct), "given", options);
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

        using (await FileLock.TakeAsync(cluster.LockFile, null, ct))
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

        using (await FileLock.TakeAsync(cluster.LockFile, null, CancellationToken.None))
        {
            leaving.Dispose();
            if (FileLock.TryTake(cluster.InUseFile) is { } last)
            {
                await cluster.StopAsync(fast: !options.Throwaway, CancellationToken.None);
                last.Dispose();
            }
        }

        // Pooled connections of this process point at a server that is gone.
        await using var connection = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(connection);
        if (options.Throwaway)
        {
            // Whoever sweeps may be at it as well.
            Cluster.TryDelete(Folder);
        }
    }

    internal static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A server that somebody named: looked at once, so that a wrong address is a clear message at the start.</summary>
    private static async Task<string> CheckAsync(string given, CancellationToken ct)
    {
        try
        {
            var address = DatabaseAddress.Parse(given);
            await using var connection = new NpgsqlConnection(address);
            await connection.OpenAsync(ct);
            return connection.PostgreSqlVersion.Major >= ServerBinaries.OldestMajor
                ? address
                : throw new PostgresStartException(
                    $"The given database is PostgreSQL {connection.PostgreSqlVersion}; {ServerBinaries.OldestMajor} or newer is needed.");
        }
        catch (ArgumentException exception)
        {
            throw new PostgresStartException(exception.Message, exception);
        }
        catch (NpgsqlException exception)
        {
            var cause = exception.InnerException is null ? "" : $" ({exception.InnerException.Message})";
            throw new PostgresStartException(
                $"The given database (--database or {PostgresServerOptions.DatabaseVariable}) does not answer: {exception.Message}{cause}",
                exception);
        }
    }

    private static async Task<PostgresServer> StartOwnAsync(
        PostgresServerOptions options, IProgress<string> progress, CancellationToken ct)
    {
        var account = await PickAccountAsync(ct);
        var place = await FindPlaceAsync(options.StateFolder ?? DefaultStateFolder(), options.Name, account, progress, ct);
        var cluster = At(Path.Combine(place, options.Name));
        using var turn = await FileLock.TakeAsync(
            cluster.LockFile, () => progress.Report("Waiting for another process that is starting Postgres …"), ct);
        if (options.Fresh)
        {
            using var alone = FileLock.TryTake(cluster.InUseFile) ?? throw new PostgresStartException(
                "The local database is in use by another process; end that one before starting over.");
            await cluster.StopAsync(fast: false, ct);
            cluster.Delete();
        }

        var user = options.Throwaway ? await Throwaway.JoinAsync(cluster, At, ct) : FileLock.Share(cluster.InUseFile);
        try
        {
            var (address, origin) = await cluster.RunAsync(ct);
            return new PostgresServer(address, origin, options, cluster, user);
        }
        catch
        {
            user.Dispose();
            throw;
        }

        Cluster At(string folder) => new(folder, Path.Combine(place, "npm"), account, options, progress);
    }

    /// <summary>Postgres refuses to run as root, so a launcher started by root runs it under an unprivileged account.</summary>
    /// <returns>Null: the server runs as we do.</returns>
    private static async Task<string?> PickAccountAsync(CancellationToken ct)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        foreach (var name in new[] { "postgres", "_postgres", "nobody" })
        {
            if ((await Command.RunAsync(["id"], name, ct: ct)).Succeeded)
            {
                return name;
            }
        }

        throw new PostgresStartException(
            "Postgres does not run as root, and there is no other account (postgres, nobody) to run it under. "
            + "Start as an ordinary user, or name a database with --database or PORTAL_DATABASE.");
    }

    /// <summary>The <c>.portal</c> of the checkout this program was built in, or of the one around the current folder.</summary>
    private static string DefaultStateFolder() =>
        (Checkout.Find() ?? Checkout.Above(Environment.CurrentDirectory)) is { } checkout
            ? Path.Combine(checkout, ".portal")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), DataFolder);

    /// <summary>
    /// The state folder, with the cluster's folder made in it; else, where the server cannot work there (root's home is closed to its
    /// account, a file system keeps no permissions, a shell would read the path), a folder where the system keeps data, the same one at
    /// every start.
    /// </summary>
    private static async Task<string> FindPlaceAsync(
        string stateFolder, string name, string? account, IProgress<string> progress, CancellationToken ct)
    {
        stateFolder = Path.GetFullPath(stateFolder);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stateFolder)))[..12];
        var data = account is null ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) : "/var/lib";
        var other = Path.Combine(data, DataFolder, hash);
        if (await TryPlaceAsync(stateFolder, name, account, ct) is not { } refusal)
        {
            return stateFolder;
        }

        progress.Report($"Postgres keeps its files in {other} ({stateFolder}: {refusal}).");
        return await TryPlaceAsync(other, name, account, ct) is not { } again
            ? other
            : throw new PostgresStartException(
                $"No folder was found where Postgres can keep its files.\n{stateFolder}: {refusal}\n{other}: {again}");
    }

    /// <returns>Why the folder cannot be used, or null.</returns>
    private static async Task<string?> TryPlaceAsync(string place, string name, string? account, CancellationToken ct)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path.Combine(place, name));
                return null;
            }

            if (place.AsSpan().IndexOfAny("\"$`\\\n") >= 0)
            {
                return "the path has characters that a shell would read";
            }

            // One by one: folders between, made with whatever umask is set, must let the account through.
            var mode = account is null ? Private : Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            var folder = place;
            foreach (var part in (string[])["", .. name.Split('/')])
            {
                folder = Path.Combine(folder, part);
                if (!Directory.Exists(folder))
                {
                    Directory.CreateDirectory(folder);
                    File.SetUnixFileMode(folder, mode);
                }
            }

            File.SetUnixFileMode(folder, mode);
            await Cluster.GiveAsync(folder, account, ct);
            return File.GetUnixFileMode(folder) != mode ? "the file system keeps no permissions"
                : (await Command.RunAsync(["test", "-w", folder], account, ct: ct)).Succeeded ? null
                : $"the account {account ?? Environment.UserName} cannot work there";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}
