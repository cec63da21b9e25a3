namespace Portal.Postgres;

/// <summary>
/// Clusters that nobody misses, a process each. Whoever adds one removes those beside it whose process is dead; a mark in the folder
/// says that it is one of them. A lock beside them keeps a folder from being swept between its mark and its user's entry.
/// </summary>
internal static class ThrowawayFolders
{
    private const string Mark = "throwaway";

    public static async Task<ClusterUsers> JoinAsync(Cluster cluster, string folder, Account account, CancellationToken ct)
    {
        var parent = Path.GetDirectoryName(folder)!;
        using var turn = await FileLock.TakeAsync(Path.Combine(parent, "lock"), () => { }, ct);
        foreach (var other in Directory.EnumerateDirectories(parent).Where(other => other != folder))
        {
            await SweepAsync(other, account, ct);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, Mark), "", ct);
        var user = ClusterUsers.Join(cluster.Users);
        ServerReaper.Start(folder, cluster.Data, account);
        return user;
    }

    private static async Task SweepAsync(string folder, Account account, CancellationToken ct)
    {
        if (File.Exists(Path.Combine(folder, Mark)) && !ClusterUsers.Any(Path.Combine(folder, "users")))
        {
            await new Postmaster(Path.Combine(folder, "data"), account).StopAsync(null, fast: false, ct);
            StaleFiles.TryDeleteFolder(folder);
        }
    }
}
