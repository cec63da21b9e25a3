using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Portal.Postgres;

/// <summary>The server process that a data folder's <c>postmaster.pid</c> names.</summary>
internal sealed class Postmaster(string dataFolder, Account account)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private string PidFile => Path.Combine(dataFolder, "postmaster.pid");

    /// <summary>The file's text; null if there is none.</summary>
    public string? ReadPidFile()
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

    /// <summary>
    /// The running server's process id. Null if none runs on this data folder; a file that names a dead process, or one that got the
    /// number later, is then removed, because Postgres would take the latter for a living server.
    /// </summary>
    public async Task<int?> FindAsync(CancellationToken ct)
    {
        if (ReadPidFile() is not { } text)
        {
            return null;
        }

        if (int.TryParse(text.Split('\n')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            && await IsOnThisFolderAsync(processId, text, ct))
        {
            return processId;
        }

        File.Delete(PidFile);
        return null;
    }

    /// <summary>Ends the server: politely, then at once, then by force.</summary>
    public async Task StopAsync(string? pgCtl, bool fast, CancellationToken ct)
    {
        if (await FindAsync(ct) is not { } processId)
        {
            return;
        }

        (string Mode, string Signal, int Seconds)[] ways = [("fast", "INT", 10), ("immediate", "QUIT", 5)];
        foreach (var (mode, signal, seconds) in fast ? ways : ways[1..])
        {
            await SignalAsync(pgCtl, mode, signal, processId, ct);
            if (await IsGoneAsync(TimeSpan.FromSeconds(seconds), ct))
            {
                return;
            }
        }

        await KillAsync(processId, ct);
        if (!await IsGoneAsync(TimeSpan.FromSeconds(10), ct))
        {
            throw new PostgresStartException($"The Postgres server with process id {processId} on {dataFolder} does not end.");
        }
    }

    /// <summary>Signals rather than pg_ctl where there are signals: they need no binaries, and those may be gone.</summary>
    private async Task SignalAsync(string? pgCtl, string mode, string signal, int processId, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
        {
            if (pgCtl is not null)
            {
                await account.RunAsync([pgCtl, "stop", "-D", dataFolder, "-m", mode, "-W"], ct: ct);
            }

            return;
        }

        await account.RunAsync(["/bin/sh", "-c", $"kill -{signal} {processId}"], ct: ct);
    }

    private async Task KillAsync(int processId, CancellationToken ct)
    {
        if (!OperatingSystem.IsWindows())
        {
            await account.RunAsync(["/bin/sh", "-c", $"kill -KILL {processId}"], ct: ct);
            return;
        }

        using var process = Process.GetProcessById(processId);
        process.Kill(entireProcessTree: true);
    }

    private async Task<bool> IsGoneAsync(TimeSpan limit, CancellationToken ct)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < limit)
        {
            if (await FindAsync(ct) is null)
            {
                return true;
            }

            await Task.Delay(Pause, time, ct);
        }

        return false;
    }

    private async Task<bool> IsOnThisFolderAsync(int processId, string pidFile, CancellationToken ct)
    {
        if (OperatingSystem.IsLinux())
        {
            return await IsOnThisFolderOnLinuxAsync(processId, pidFile, ct);
        }

        if (OperatingSystem.IsWindows())
        {
            return IsPostgresProcess(processId);
        }

        var answer = await Command.RunAsync(
            ["ps", "-o", "command=", "-p", processId.ToString(CultureInfo.InvariantCulture)], "/", ct: ct);
        return answer.Output.Contains("postgres", StringComparison.Ordinal)
            && answer.Output.Contains(dataFolder, StringComparison.Ordinal);
    }

    /// <summary>
    /// A server's current folder is its data folder: the same pid file there means the same folder, whatever it is called by now.
    /// Asked as the server's account, since even root may be barred from looking into another account's process (in a container).
    /// The first three lines are the id, the folder and the start; later ones change.
    /// </summary>
    private async Task<bool> IsOnThisFolderOnLinuxAsync(int processId, string pidFile, CancellationToken ct)
    {
        var there = $"/proc/{processId}/cwd/postmaster.pid";
        if (account.IsOther)
        {
            var answer = await account.RunAsync(["/bin/sh", "-c", $"cat {there}"], ct: ct);
            return answer.Succeeded && Identity(answer.Output) == Identity(pidFile);
        }

        try
        {
            return Identity(await File.ReadAllTextAsync(there, ct)) == Identity(pidFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No such process, or somebody else's: not ours either way.
            return false;
        }

        static string Identity(string text) => string.Join('\n', text.Split('\n').Take(3));
    }

    private static bool IsPostgresProcess(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.ProcessName.StartsWith("postgres", StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }
}
