using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;

namespace Portal.Postgres;

/// <summary>
/// One data folder and its server. All of it happens under the cluster's lock; the order of the steps makes a kill between any two
/// of them harmless: a new data folder gets its name only when it is complete, and the state file names a port before the server
/// takes it.
/// </summary>
internal sealed class Cluster(string folder, string npmFolder, string? account, PostgresServerOptions options, IProgress<string> progress)
{
    private const string Superuser = "postgres";
    private const int PortAttempts = 5;
    private const long LongestLog = 10 * 1024 * 1024;

    // What is only there while something is made or deleted has a name of its own at every attempt, since a kill leaves such things behind
    // and perhaps a program that still writes into one (initdb lives on without us): the next start sweeps.
    private const string Temporary = "tmp-";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan AdoptLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // The server lives on when we are killed: it must not hold files that we were given open, such as somebody's lock or pipe.
    private static readonly string[] LetGo = OperatingSystem.IsWindows()
        ? []
        : ["/bin/sh", "-c", "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec \"$0\" \"$@\""];

    public string Folder => folder;

    public string LockFile => Path.Combine(folder, "lock");

    /// <summary>Shared by everybody who uses the server, as long as they live; the last one out stops it.</summary>
    public string InUseFile => Path.Combine(folder, "in-use");

    public string PidFile => Path.Combine(Data, "postmaster.pid");

    private string Data => Path.Combine(folder, "data");

    private string StateFile => Path.Combine(folder, "state.json");

    private string LogFile => Path.Combine(Data, "server.log");

    /// <summary>Takes over a server that runs on this folder already, left by a killed process or used by a living one; else starts
    /// one, on a new data folder if there is none.</summary>
    /// <returns>The superuser's connection string, and where the server comes from.</returns>
    public async Task<(string Address, string Origin)> RunAsync(CancellationToken ct)
    {
        var state = LoadState();
        if (FindServer() is not null)
        {
            if (state is not null && await IsOursAsync(state, ct))
            {
                return (Address(state), $"PostgreSQL in {state.Binaries} (already running)");
            }

            progress.Report("A Postgres server was left over and does not answer as it should: stopping it.");
            await StopAsync(fast: true, ct);
        }

        Sweep();
        var version = Path.Combine(Data, "PG_VERSION");
        int? major = File.Exists(version)
            ? int.Parse(await File.ReadAllTextAsync(version, ct), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) : null;
        var named = options.Binaries ?? Environment.GetEnvironmentVariable(PostgresServerOptions.BinariesVariable);
        var binaries = await ServerBinaries.ChooseAsync(named, npmFolder, major, account, progress, ct);
        if (Directory.Exists(Data) && (state is null || major != binaries.Major))
        {
            SetAside(state is null ? "its password is lost" : $"it is of PostgreSQL {major}, the server is {binaries.Major}");
        }

        if (!Directory.Exists(Data))
        {
            state = await MakeDataAsync(binaries, ct);
        }

        return (Address(await StartServerAsync(state! with { Binaries = binaries.Folder }, binaries, ct)), binaries.Origin);
    }

    /// <summary>Ends the running server and starts it again where it was.</summary>
    public async Task RestartAsync(bool fast, CancellationToken ct)
    {
        var state = LoadState() ?? throw new PostgresStartException($"There is no cluster in {folder}.");
        await StopAsync(fast, ct);
        var binaries = await ServerBinaries.TryAsync(state.Binaries, "", account, ct)
            ?? throw new PostgresStartException($"The server's programs in {state.Binaries} are gone.");
        if ((await StartServerAsync(state, binaries, ct)).Port != state.Port)
        {
            throw new PostgresStartException($"Another process took port {state.Port} while the server restarted.");
        }
    }

    /// <summary>Ends the server: politely if it may take a moment, then at once, then by force.</summary>
    public async Task StopAsync(bool fast, CancellationToken ct)
    {
        if (LoadState()?.Binaries is { } binaries)
        {
            foreach (var (mode, seconds) in fast ? [("fast", "10"), ("immediate", "5")] : new[] { ("immediate", "5") })
            {
                if (FindServer() is null)
                {
                    return;
                }

                await Command.RunAsync(
                    [Path.Combine(binaries, "pg_ctl"), "stop", "-D", Data, "-m", mode, "-w", "-t", seconds, "-s"], account, ct: ct);
            }
        }

        if (FindServer() is { } left)
        {
            left.Kill();
            await left.WaitForExitAsync(ct).WaitAsync(AdoptLimit, TimeProvider.System, ct);
        }
    }

    public void Delete()
    {
        if (Directory.Exists(Data))
        {
            Directory.Move(Data, TemporaryPath());
        }

        Sweep();
    }

    /// <summary>
    /// The running server's process. Null if none runs on this data folder; a file that names a dead process, or one that got the
    /// number later, is then removed, because Postgres would take the latter for a living server.
    /// </summary>
    private Process? FindServer()
    {
        if (ReadPidFile() is not { } text)
        {
            return null;
        }

        if (int.TryParse(text.Split('\n')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            try
            {
                var process = Process.GetProcessById(id);
                if (process.ProcessName.StartsWith("postgres", StringComparison.OrdinalIgnoreCase) && IsOnThisFolder(id, text))
                {
                    return process;
                }
            }
            catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
            {
                // No such process, or it ended meanwhile.
            }
        }

        File.Delete(PidFile);
        return null;
    }

    /// <summary>
    /// A server's current folder is its data folder: the same pid file there means the same folder, whatever it is called by now. Where a
    /// system does not tell, a Postgres of that number is taken for ours. Asked as the server's account, since even root may be barred
    /// from looking into another account's process (in a container). The first three lines are the id, the folder and the start; later
    /// ones change.
    /// </summary>
    private bool IsOnThisFolder(int id, string pidFile)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        var there = Command.RunAsync(["cat", $"/proc/{id}/cwd/postmaster.pid"], account).GetAwaiter().GetResult();
        return there.Succeeded && Identity(there.Output) == Identity(pidFile);

        static string Identity(string text) => string.Join('\n', text.Split('\n').Take(3));
    }

    private string? ReadPidFile()
    {
        try
        {
            return File.ReadAllText(PidFile);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>True once the server answers to our password and reads our pid file as its own.</summary>
    private async Task<bool> IsOursAsync(State state, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < AdoptLimit)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Address(state) + ";Pooling=false;Timeout=5;Command Timeout=5");
                await connection.OpenAsync(ct);
                await using var command = new NpgsqlCommand("select pg_read_file('postmaster.pid')", connection);
                return await command.ExecuteScalarAsync(ct) as string == ReadPidFile();
            }
            catch (NpgsqlException exception) when (IsStarting(exception) && FindServer() is not null)
            {
                await Task.Delay(Pause, TimeProvider.System, ct);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                return false;
            }
        }

        return false;

        // Replaying its log after a crash, ending, or not listening yet.
        static bool IsStarting(NpgsqlException exception) =>
            exception is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow }
            || exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
    }

    private async Task<State> MakeDataAsync(ServerBinaries binaries, CancellationToken ct)
    {
        progress.Report($"Making a database cluster with PostgreSQL {binaries.Version} in {Data} …");
        var half = TemporaryPath();
        var password = RandomNumberGenerator.GetHexString(48, lowercase: true);
        var passwordFile = $"{half}.password";
        WritePrivate(passwordFile, password);
        await GiveAsync(passwordFile, account, ct);
        // Code point order everywhere, as in production; UTF-8 letters where the server or the system knows them.
        string[] locale = binaries.Major >= 17 ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            : OperatingSystem.IsLinux() ? ["--locale=C.UTF-8"] : ["--locale=C"];
        var made = await Command.RunAsync(
            [
                binaries.InitDb, "-D", half, "-U", Superuser, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8",
                "--lc-messages=C", "--no-instructions", .. locale, .. options.Durable ? (string[])[] : ["--no-sync"],
            ],
            account, limit: TimeSpan.FromMinutes(5), ct: ct);
        File.Delete(passwordFile);
        if (!made.Succeeded)
        {
            throw new PostgresStartException($"initdb of PostgreSQL {binaries.Version} in {binaries.Folder} failed:\n{made.Text}");
        }

        var state = new State(Loopback.FreePort(), password, binaries.Folder);
        Save(state);
        Directory.Move(half, Data);
        return state;
    }

    private async Task<State> StartServerAsync(State state, ServerBinaries binaries, CancellationToken ct)
    {
        if (File.Exists(LogFile) && new FileInfo(LogFile).Length > LongestLog)
        {
            File.Delete(LogFile);
        }

        for (var attempt = 1; ; attempt++)
        {
            if (attempt > 1 || Loopback.Try(state.Port) is not null)
            {
                state = state with { Port = Loopback.FreePort() };
            }

            Save(state);
            var logged = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
            var result = await Command.RunAsync(
                [
                    .. LetGo, binaries.PgCtl, "start", "-D", Data, "-l", LogFile, "-s", "-w", "-t", $"{StartLimit.TotalSeconds:0}", "-o",
                    Settings(state.Port),
                ],
                account, limit: StartLimit + TimeSpan.FromSeconds(10), ct: ct);
            if (result.Succeeded)
            {
                return await IsOursAsync(state, ct) ? state : throw new PostgresStartException(
                    $"PostgreSQL {binaries.Version} runs on {Data} but does not take the password in {StateFile}. If the data is of no "
                    + "worth, delete the folder with both.");
            }

            var said = File.Exists(LogFile) ? (await File.ReadAllTextAsync(LogFile, ct))[(int)logged..] : "";
            if (attempt == PortAttempts || !said.Contains("could not bind", StringComparison.Ordinal))
            {
                throw new PostgresStartException(
                    $"PostgreSQL {binaries.Version} did not start on {Data}. If the data is of no worth, delete that folder.\n"
                    + (said.Length > 0 ? said.Trim() : result.Text));
            }
        }
    }

    /// <summary>On the command line rather than in the data folder's files: the next start may choose differently.</summary>
    private string Settings(int port)
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={port}", "unix_socket_directories=", $"max_connections={options.MaxConnections}",
            "shared_buffers=128MB", "max_wal_size=1GB", $"timezone={options.TimeZone}", "log_timezone=UTC",
            // Compiling a plan costs more than the short statements of this application run.
            "jit=off",
            .. options.Durable
                ? (string[])[]
                : ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"],
            $"autovacuum={(options.Autovacuum ? "on" : "off")}",
        ];
        return string.Join(' ', settings.Select(setting => $"-c {setting}"));
    }

    private void SetAside(string reason)
    {
        var aside = $"{Data}-{TimeProvider.System.GetUtcNow():yyyyMMddHHmmss}";
        progress.Report($"The database in {Data} cannot be used ({reason}). It is kept as {aside}; starting with an empty one.");
        Directory.Move(Data, aside);
    }

    private static string Address(State state) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = state.Port,
        Username = Superuser,
        Password = state.Password,
        Database = "postgres",
        SslMode = SslMode.Disable,
    }.ConnectionString;

    private State? LoadState()
    {
        try
        {
            return JsonSerializer.Deserialize<State>(File.ReadAllText(StateFile));
        }
        catch (Exception exception) when (exception is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the file in one step: a crash leaves the old one or the new one.</summary>
    private void Save(State state)
    {
        var next = TemporaryPath();
        WritePrivate(next, JsonSerializer.Serialize(state));
        File.Move(next, StateFile, overwrite: true);
    }

    private static void WritePrivate(string path, string text)
    {
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, create);
        writer.Write(text);
        writer.Flush();
        ((FileStream)writer.BaseStream).Flush(flushToDisk: true);
    }

    /// <summary>Gives a file or folder of ours to the server's account; does not follow a link.</summary>
    internal static async Task GiveAsync(string path, string? account, CancellationToken ct)
    {
        if (account is not null && await Command.RunAsync(["chown", "-h", account, path], ct: ct) is { Succeeded: false } refused)
        {
            throw new PostgresStartException($"Could not give {path} to the account {account}: {refused.Text}");
        }
    }

    private string TemporaryPath() => Path.Combine(folder, $"{Temporary}{Guid.NewGuid():N}");

    private void Sweep()
    {
        foreach (var path in Directory.GetFileSystemEntries(folder, Temporary + "*"))
        {
            TryDelete(path);
        }
    }

    /// <summary>What somebody still writes into, or deletes as well, is in nobody's way.</summary>
    internal static void TryDelete(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start tries again.
        }
    }

    /// <summary>What the folder remembers between runs. Holds the superuser's password, so only its owner may read the file.</summary>
    private sealed record State(int Port, string Password, string Binaries);
}
