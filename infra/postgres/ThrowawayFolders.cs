namespace Portal.Postgres;

/// <summary>
/// Clusters that nobody misses lie beside each other in one folder, a process each. Whoever adds one removes those whose process is
/// dead. A lock beside them keeps a folder from being swept between its making and its user's entry.
/// </summary>
internal static class ThrowawayFolders
{
    public static async Task<ClusterUsers> JoinAsync(Cluster cluster, string folder, Account account, CancellationToken ct)
    {
        var parent = Path.GetDirectoryName(folder)!;
        using var turn = await FileLock.TakeAsync(Path.Combine(parent, "lock"), () => { }, ct);
        foreach (var other in Directory.EnumerateDirectories(parent).Where(other => other != folder))
        {
            await SweepAsync(other, account, ct);
        }

        var user = ClusterUsers.Join(cluster.Users);
        Undertaker.Start(folder, cluster.Data, account);
        return user;
    }

    private static async Task SweepAsync(string folder, Account account, CancellationToken ct)
    {
        // One without users has only just been made.
        var users = Path.Combine(folder, "users");
        if (Directory.Exists(users) && !ClusterUsers.Any(users))
        {
            await new Postmaster(Path.Combine(folder, "data"), account).StopAsync(null, fast: false, ct);
            NewCluster.DeleteFolder(folder);
        }
    }
}
