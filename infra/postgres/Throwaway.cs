using System.Collections.Concurrent;
using System.Diagnostics;

namespace Portal.Postgres;

/// <summary>
/// Clusters that nobody misses, a process each. They go with their process, however it ends; should what removes them be killed as well,
/// the next one beside them does. A mark in the folder says that it is one of them.
/// </summary>
internal static class Throwaway
{
    private const string Mark = "throwaway";

    // Waits for this process to end, by a pipe that only this process holds open, and then stops the server and deletes the folder.
    // Windows has no such shell. $0 is the pid file, $1 the folder.
    private const string Reaper = """
        trap '' HUP INT TERM
        exec >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
        while read -r _; do :; done
        pid=$(head -n 1 "$0")
        if [ -n "$pid" ]; then
            kill -QUIT "$pid"
            attempts=0
            while kill -0 "$pid" && [ $attempts -lt 100 ]; do attempts=$((attempts + 1)); sleep 0.1; done
        fi
        rm -rf -- "$1"
        """;

    // A collected Process would close its pipe.
    private static readonly ConcurrentBag<Process> Reapers = [];

    /// <summary>Sweeps what is beside it and marks this one as used, both under a lock that keeps a folder from being swept in
    /// between.</summary>
    /// <param name="cluster">The new one.</param>
    /// <param name="beside">Makes what is needed to stop another folder's server.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<IDisposable> JoinAsync(Cluster cluster, Func<string, Cluster> beside, CancellationToken ct)
    {
        var parent = Path.GetDirectoryName(cluster.Folder)!;
        using var turn = await FileLock.TakeAsync(Path.Combine(parent, "lock"), null, ct);
        foreach (var other in Directory.EnumerateDirectories(parent).Where(each => File.Exists(Path.Combine(each, Mark))).Select(beside))
        {
            if (FileLock.TryTake(other.InUseFile) is { } abandoned)
            {
                await other.StopAsync(fast: false, ct);
                abandoned.Dispose();
                Cluster.TryDelete(other.Folder);
            }
        }

        await File.WriteAllTextAsync(Path.Combine(cluster.Folder, Mark), "", ct);
        var user = FileLock.Share(cluster.InUseFile);
        if (!OperatingSystem.IsWindows())
        {
            var start = new ProcessStartInfo("/bin/sh", ["-c", Reaper, cluster.PidFile, cluster.Folder])
            {
                WorkingDirectory = "/",
                RedirectStandardInput = true,
            };
            Reapers.Add(Process.Start(start)!);
        }

        return user;
    }
}
