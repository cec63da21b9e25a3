using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;

namespace Portal.Postgres;

/// <summary>
/// One data folder and its server. All of it happens under the cluster's lock; the order of the steps makes a kill between any two
/// of them harmless: a new data folder gets its name only when it is complete, and the state file names a port before the server
/// takes it.
/// </summary>
internal sealed partial class Cluster(string folder, Account account, PostgresServerOptions options, IProgress<string> progress)
{
    private const int PortAttempts = 5;
    private const long LongestLog = 10 * 1024 * 1024;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan AdoptLimit = TimeSpan.FromSeconds(30);

    // The server lives on when we are killed: it must not hold files that we were given open, such as somebody's lock or pipe.
    private static readonly string[] LetGo = OperatingSystem.IsWindows()
        ? []
        : ["/bin/sh", "-c", "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec \"$0\" \"$@\""];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public string Data => Path.Combine(folder, "data");

    public string StateFile => Path.Combine(folder, "state.json");

    public string LockFile => Path.Combine(folder, "lock");

    public string Users => Path.Combine(folder, "users");

    public Postmaster Postmaster => new(Data, account);

    private string LogFile => Path.Combine(Data, "server.log");

    /// <summary>The major version the data is of; null if there is no data.</summary>
    public int? DataMajor => File.Exists(Path.Combine(Data, "PG_VERSION"))
        ? int.Parse(File.ReadAllText(Path.Combine(Data, "PG_VERSION")).Trim(), CultureInfo.InvariantCulture)
        : null;

    /// <summary>Takes over a server that runs on this folder already, left by a killed process or used by a living one.</summary>
    /// <returns>Null if none runs, or it does not answer as ours; that one is stopped.</returns>
    public async Task<ClusterState?> AdoptAsync(CancellationToken ct)
    {
        if (await Postmaster.FindAsync(ct) is null)
        {
            return null;
        }

        var state = ClusterState.Load(StateFile);
        if (state is not null && await IsOursAsync(state, ct))
        {
            return state;
        }

        progress.Report("A Postgres server was left over and does not answer as it should: stopping it.");
        await Postmaster.StopAsync(state?.PgCtl, fast: true, ct);
        return null;
    }

    /// <summary>Makes the data folder if there is none and starts the server.</summary>
    public async Task<ClusterState> StartAsync(ServerBinaries binaries, CancellationToken ct)
    {
        StaleFiles.Sweep(folder);
        var state = ClusterState.Load(StateFile);
        if (Directory.Exists(Data) && (state is null || DataMajor != binaries.Major))
        {
            SetAside(state is null ? "its password is lost" : $"it is of PostgreSQL {DataMajor}, the server is {binaries.Major}");
        }

        if (!Directory.Exists(Data))
        {
            progress.Report($"Making a database cluster with PostgreSQL {binaries.Version} in {Data} …");
            var half = StaleFiles.NewPath(folder);
            var password = await new NewCluster(half, account, options.Durable).MakeAsync(binaries, ct);
            state = new ClusterState(LoopbackPort.Free(), password, binaries.Folder, binaries.Origin);
            state.Save(StateFile);
            Directory.Move(half, Data);
        }

        return await StartServerAsync(state! with { Binaries = binaries.Folder, Origin = binaries.Origin }, binaries, ct);
    }

    /// <summary>Ends the running server and starts it again where it was.</summary>
    public async Task RestartAsync(bool fast, CancellationToken ct)
    {
        var state = ClusterState.Load(StateFile) ?? throw new PostgresStartException($"There is no cluster in {folder}.");
        await Postmaster.StopAsync(state.PgCtl, fast, ct);
        var binaries = await ServerBinaries.TryAsync(state.Binaries, state.Origin, account, ct)
            ?? throw new PostgresStartException($"The server's programs in {state.Binaries} are gone.");
        var started = await StartServerAsync(state, binaries, ct);
        if (started.Port != state.Port)
        {
            throw new PostgresStartException(
                $"Another process took port {state.Port} while the server restarted; it is on {started.Port} now.");
        }
    }

    public void Delete()
    {
        if (Directory.Exists(Data))
        {
            Directory.Move(Data, StaleFiles.NewPath(folder));
        }

        StaleFiles.Sweep(folder);
    }

    public static string ConnectionString(ClusterState state) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = state.Port,
        Username = NewCluster.Superuser,
        Password = state.Password,
        Database = "postgres",
        SslMode = SslMode.Disable,
    }.ConnectionString;

    /// <summary>True once the server answers to our password and reads our pid file as its own.</summary>
    private async Task<bool> IsOursAsync(ClusterState state, CancellationToken ct)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < AdoptLimit)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString(state) + ";Pooling=false;Timeout=5;Command Timeout=5");
                await connection.OpenAsync(ct);
                await using var command = new NpgsqlCommand(
                    "select pg_read_file('postmaster.pid'), current_setting('data_directory')", connection);
                await using var reader = await command.ExecuteReaderAsync(ct);
                await reader.ReadAsync(ct);
                return reader.GetString(0) == Postmaster.ReadPidFile() && UnixFolders.RealPath(reader.GetString(1)) == Data;
            }
            catch (NpgsqlException exception) when (IsStarting(exception))
            {
                if (await Postmaster.FindAsync(ct) is null)
                {
                    return false;
                }

                await Task.Delay(Pause, time, ct);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Replaying its log after a crash, ending, or not listening yet.</summary>
    private static bool IsStarting(NpgsqlException exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow }
        || exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };

    private async Task<ClusterState> StartServerAsync(ClusterState state, ServerBinaries binaries, CancellationToken ct)
    {
        if (LogLength() > LongestLog)
        {
            File.Delete(LogFile);
        }

        CommandResult? result = null;
        for (var attempt = 0; attempt < PortAttempts; attempt++)
        {
            if (attempt > 0 || !LoopbackPort.IsFree(state.Port))
            {
                state = state with { Port = LoopbackPort.Free() };
            }

            state.Save(StateFile);
            var logged = LogLength();
            result = await account.RunAsync(
                [
                    .. LetGo, binaries.PgCtl, "start", "-D", Data, "-l", LogFile, "-s", "-w", "-t", $"{StartLimit.TotalSeconds:0}", "-o",
                    Settings(state.Port)
                ],
                StartLimit + TimeSpan.FromSeconds(10),
                ct);
            if (result.Succeeded)
            {
                return await IsOursAsync(state, ct) ? state : throw new PostgresStartException(
                    $"PostgreSQL {binaries.Version} runs on {Data} but does not take the password in {StateFile}. If the data is of no "
                    + "worth, delete the folder with both.");
            }

            var said = LogSince(logged);
            result = result with { Error = said.Length > 0 ? said : result.Text };
            if (!SaysPortTaken(said))
            {
                break;
            }
        }

        throw new PostgresStartException(
            $"PostgreSQL {binaries.Version} did not start on {Data}. If the data is of no worth, delete that folder.\n{result?.Text}");
    }

    /// <summary>On the command line rather than in the data folder's files: the next start may choose differently.</summary>
    private string Settings(int port)
    {
        if (!TimeZonePattern().IsMatch(options.TimeZone))
        {
            throw new PostgresStartException($"'{options.TimeZone}' is no name of a time zone.");
        }

        Dictionary<string, string> settings = new()
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = port.ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = "",
            ["max_connections"] = options.MaxConnections.ToString(CultureInfo.InvariantCulture),
            ["shared_buffers"] = "128MB",
            ["max_wal_size"] = "1GB",
            ["timezone"] = options.TimeZone,
            ["log_timezone"] = "UTC",
            // Compiling a plan costs more than the short statements of this application run.
            ["jit"] = "off",
        };
        if (!options.Durable)
        {
            foreach (var name in new[] { "fsync", "synchronous_commit", "full_page_writes" })
            {
                settings[name] = "off";
            }

            settings["wal_level"] = "minimal";
            settings["max_wal_senders"] = "0";
        }

        return string.Join(' ', settings.Select(setting => $"-c {setting.Key}={setting.Value}"));
    }

    private void SetAside(string reason)
    {
        var aside = $"{Data}-{TimeProvider.System.GetUtcNow():yyyyMMddHHmmss}";
        progress.Report($"The database in {Data} cannot be used ({reason}). It is kept as {aside}; starting with an empty one.");
        Directory.Move(Data, aside);
    }

    private long LogLength() => File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;

    private string LogSince(long position)
    {
        if (!File.Exists(LogFile))
        {
            return "";
        }

        using var file = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(position, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Trim();
    }

    private static bool SaysPortTaken(string log) =>
        log.Contains("could not bind", StringComparison.Ordinal)
            || log.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal);

    [GeneratedRegex("^[A-Za-z0-9_/+-]+$")]
    private static partial Regex TimeZonePattern();
}
