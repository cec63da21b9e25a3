using System.Collections.Concurrent;
using System.Diagnostics;

namespace Portal.Postgres;

/// <summary>
/// A shell that waits for this process to end, however it ends, and then stops a throw-away server and deletes its folder: it reads
/// from a pipe that only this process holds open. Windows has none; there the next start sweeps.
/// </summary>
internal static class ServerReaper
{
    // $0 is the pid file, $1 the folder, the rest the way to run something as the server's account.
    private const string Script = """
        trap '' HUP INT TERM
        exec >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
        while read -r _; do :; done
        pid=$(head -n 1 "$0")
        folder=$1
        shift
        if [ -n "$pid" ]; then
            "$@" /bin/sh -c "kill -QUIT $pid"
            attempts=0
            while kill -0 "$pid" && [ $attempts -lt 100 ]; do attempts=$((attempts + 1)); sleep 0.1; done
        fi
        rm -rf -- "$folder"
        """;

    // A collected Process would close its pipe and bury the living.
    private static readonly ConcurrentBag<Process> Kept = [];

    public static void Start(string folder, string dataFolder, Account account)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/", RedirectStandardInput = true };
        string[] arguments = ["-c", Script, Path.Combine(dataFolder, "postmaster.pid"), folder, .. account.Wrap([])];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (Process.Start(start) is { } reaper)
        {
            Kept.Add(reaper);
        }
    }
}
